"""The subgame-perfect equilibrium (Selten 1965) of selfish players, with the tie rule that each game states."""

from dataclasses import dataclass

from gamesim.behaviour.sizes import games_of, planned
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class Spe(ExactPolicy):
    """Plays the subgame-perfect equilibrium of players who care for their own earnings alone.

    In a finitely repeated game that is the equilibrium of a single round wherever that one is unique.  On a network
    it is that of a group of the size that is there; one choice for several groups must be the equilibrium in each.
    """

    def prepare(self, setting: Setting) -> "Spe":
        """Refuse games for which no equilibrium is written down, also not for one choice that counts in all groups."""
        for game in games_of(setting):
            setting.rehearse(game.selfish)
        for stage in setting.decisions():
            if len(setting.sizes) > 1 and not setting.separate and not setting.game.stage(stage).sees:
                plans = [game.selfish(stage, {}, 1) for game in games_of(setting)]
                known = [float(plan[0]) for plan in plans if not isinstance(plan, ActionDistribution)]
                if len(known) < len(plans) or len(set(known)) > 1:
                    raise GamesimError(
                        f"spe: no equilibrium of {setting.game.name}.{stage} is written down for a choice in groups of "
                        "different sizes"
                    )
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the equilibrium action, or the equilibrium mixture."""
        plan = planned(obs, lambda game: game.selfish)
        return plan if isinstance(plan, ActionDistribution) else certain(obs.space.nearest(plan))
