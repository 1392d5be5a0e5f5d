"""People on record, drawn one by one from the marginal record of the decision.

It knows how often each choice was made and nothing else: no person, no memory.  So more than one round needs
``human@iid=true``, which says that every round is drawn afresh.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesim.actions import Choice
from gamesim.distribution import ActionDistribution, per_space, spread
from gamesim.errors import GamesimError
from gamesim.humans import Reference, find
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats


@dataclass(frozen=True)
class Human(ExactPolicy):
    """Draws from human records: one vote a subject, amounts by share of the stake.

    Parameters
    ----------
    dataset : str
        Which body of records.
    iid : bool
        Draw every round afresh, as if each were the first.
    """

    dataset: str = "moblab"
    iid: bool = False

    def prepare(self, setting: Setting) -> "Human":
        """Refuse decisions without a record, other rules, and memory that records of single choices lack."""
        used = []
        for stage in setting.decisions():
            reference = self._reference(setting.game.name, stage)
            used.append(reference.name)
            if stage in setting.game.methods and reference.method != setting.game.methods[stage]:
                raise GamesimError(f"human: {reference.name} was asked by {reference.method}")
            for name, value in reference.parameters.items():
                held = getattr(setting.game, name, None)
                if not isinstance(held, int | float) or not np.isclose(held, value, rtol=1e-3):
                    raise GamesimError(
                        f"human: {setting.game.name}.{stage} is on record with {name} {value:g} only, not {held!r}"
                    )
        if setting.rounds > 1 and not self.iid:
            raise GamesimError(
                f"human: the record has no memory, but {setting.rounds} rounds are to be played; write "
                "human@iid=true to draw each round afresh, or use human_kernel"
            )
        ready = copy.copy(self)
        object.__setattr__(ready, "_used", used)
        return ready

    def describe(self) -> dict[str, Any]:
        """Add the records it draws from."""
        return super().describe() | {
            "trained_on": [self.dataset],
            "references": list(getattr(self, "_used", ())),
        }

    def notes(self) -> list[str]:
        """Say that rounds are drawn afresh."""
        return (
            ["human@iid=true: every round is drawn afresh, so there are no individuals in it"]
            if self.iid
            else []
        )

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the recorded shares."""
        reference = self._reference(obs.game.name, obs.stage)
        shares = reference.counts() / reference.counts().sum()
        if isinstance(obs.space, Choice):
            return ActionDistribution(obs.space.support(), _by_label(reference, shares, obs.space)[None, :])
        return per_space(obs.space, len(obs), lambda legal: shares @ spread(len(shares), len(legal)))

    def _reference(self, game: str, stage: str) -> Reference:
        found = find(f"{game}.{stage}", dataset=self.dataset, default=True)
        with_counts = [each for each in found if each.has_counts]
        if with_counts:
            return with_counts[0]
        if found:
            raise GamesimError(
                f"human: of {game}.{stage} only figures are published ({found[0].name}), no distribution to draw from"
            )
        others = sorted({each.dataset for each in find(f"{game}.{stage}") if each.has_counts})
        hint = f"; write human@dataset={others[0]}" if others else ""
        raise GamesimError(f"human: {self.dataset} has no record of {game}.{stage}{hint}")


def _by_label(reference: Reference, shares: Floats, space: Choice) -> Floats:
    by_name: Mapping[str, float] = dict(zip(reference.labels, shares, strict=True))
    return np.array([by_name[label] for label in space.labels])
