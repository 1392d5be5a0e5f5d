"""The subgame-perfect equilibrium (Selten 1965) of selfish players, with the tie rule that each game states."""

from dataclasses import dataclass

from gamesim.distribution import ActionDistribution, certain
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class Spe(ExactPolicy):
    """Plays the subgame-perfect equilibrium of players who care for their own earnings alone.

    In a finitely repeated game that is the equilibrium of a single round wherever that one is unique.
    """

    def prepare(self, setting: Setting) -> "Spe":
        """Refuse games for which no equilibrium is written down."""
        setting.rehearse(setting.game.selfish)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the equilibrium action, or the equilibrium mixture."""
        plan = obs.game.selfish(obs.stage, obs.seen, len(obs))
        return plan if isinstance(plan, ActionDistribution) else certain(obs.space.nearest(plan))
