"""The norm of equal shares: gives half, asks for half, cooperates."""

from dataclasses import dataclass

from gamesim.distribution import ActionDistribution, certain
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class EqualSplit(ExactPolicy):
    """Shares equally, as far as the rules allow; halves of a step go up."""

    def prepare(self, setting: Setting) -> "EqualSplit":
        """Refuse games in which there is nothing to split."""
        setting.rehearse(setting.game.equal_split)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Put all probability on the equal split."""
        return certain(obs.space.nearest(obs.game.equal_split(obs.stage, obs.seen, len(obs))))
