"""The norm of equal shares: gives half, asks for half, cooperates."""

from dataclasses import dataclass

from gamesim.behaviour.sizes import games_of, planned
from gamesim.distribution import ActionDistribution, certain
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class EqualSplit(ExactPolicy):
    """Shares equally, as far as the rules allow; halves of a step go up."""

    def prepare(self, setting: Setting) -> "EqualSplit":
        """Refuse games in which there is nothing to split."""
        for game in games_of(setting):
            setting.rehearse(game.equal_split)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Put all probability on the equal split."""
        plan = planned(obs, lambda game: game.equal_split)
        assert not isinstance(plan, ActionDistribution)
        return certain(obs.space.nearest(plan))
