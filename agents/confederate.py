"""A confederate of the experimenter: says one message and contributes one share, whatever others say and do."""

from dataclasses import dataclass

import numpy as np

from gamesim.actions import Amount, Text
from gamesim.errors import GamesimError
from gamesim.messages import clean
from gamesim.observation import Observations
from gamesim.parameters import ranged
from gamesim.policy import Decisions, Policy, Setting


@dataclass(frozen=True)
class Confederate(Policy):
    """Says a given message and gives a given share: ``confederate@says="Let us all give 20"@share=1``.

    Parameters
    ----------
    says : str
        What it says wherever something may be said; nothing unless given.
    share : float
        What it does wherever it decides on an amount, as a share of the largest.
    """

    says: str = ""
    share: float = ranged(0.5, least=0, most=1)

    speaks = True
    lookback = 0

    def prepare(self, setting: Setting) -> "Confederate":
        """Refuse a message that is too long, and choices among options."""
        for stage in setting.talks():
            space = setting.game.space_at_most(stage)
            if isinstance(space, Text) and len(clean(self.says)) > space.max_chars:
                raise GamesimError(
                    f"confederate@says has {len(clean(self.says))} characters, but {setting.game.name}.{stage} allows "
                    f"{space.max_chars}"
                )
        for stage in setting.decisions():
            if not isinstance(setting.game.space_at_most(stage), Amount):
                raise GamesimError(
                    f"confederate gives a share of an amount, and {setting.game.name}.{stage} is a choice among options"
                )
        return self

    def decide(self, obs: Observations) -> Decisions:
        """Say the message, or give the share."""
        if isinstance(obs.space, Text):
            return Decisions(np.full(len(obs), obs.messages.enter(self.says)), "rule")
        return Decisions(np.broadcast_to(obs.space.at(self.share), (len(obs),)), "rule")
