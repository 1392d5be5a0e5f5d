"""Always the same action: a control, and a partner whose behaviour is known."""

from dataclasses import dataclass

import numpy as np

from gamesim.actions import Choice, plain
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError, unknown
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class Fixed(ExactPolicy):
    """Always plays one action: ``fixed@action=40``, or a label such as ``fixed@action=defect``.

    Where the action is more than is legal (to return 50 of 30), the most that is legal is played.

    Parameters
    ----------
    action : str
        An amount in game units, or the label of an option.
    """

    action: str

    def prepare(self, setting: Setting) -> "Fixed":
        """Refuse an action that no decision allows."""
        for stage in setting.decisions():
            space = setting.game.space_at_most(stage)
            value = self._value(
                space.labels if isinstance(space, Choice) else (), f"{setting.game.name}.{stage}"
            )
            if not space.contains(np.array([value])).all():
                low, high = space.support()[[0, -1]]
                raise GamesimError(
                    f"fixed@action={self.action}: {setting.game.name}.{stage} allows {plain(low)} to {plain(high)} "
                    f"in steps of {plain(space.support()[1] - low)}"
                )
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Put all probability on the action."""
        labels = obs.space.labels if isinstance(obs.space, Choice) else ()
        value = self._value(labels, obs.decision)
        return certain(obs.space.nearest(np.full(len(obs), value)))

    def _value(self, labels: tuple[str, ...], decision: str) -> float:
        if labels:
            if self.action not in labels:
                raise unknown("action", self.action, labels, where=decision)
            return float(labels.index(self.action))
        try:
            return float(self.action)
        except ValueError:
            raise GamesimError(f"fixed@action={self.action}: {decision} takes a number") from None
