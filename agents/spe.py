"""The subgame-perfect equilibrium (Selten 1965) of selfish players, with the tie rule that each game states."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.sizes import games_of, of_size, planned
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats


@dataclass(frozen=True)
class Spe(ExactPolicy):
    """Plays the subgame-perfect equilibrium of players who care for their own earnings alone.

    In a finitely repeated game that is the equilibrium of a single round wherever that one is unique.  On a network
    it is that of a group of the size that is there; one choice for several groups must be the equilibrium in each.
    """

    def prepare(self, setting: Setting) -> "Spe":
        """Refuse games for which no equilibrium is written down."""
        for game in games_of(setting):
            setting.rehearse(game.selfish)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the equilibrium action, or the equilibrium mixture."""
        if obs.sizes is None or not len(obs):
            plan = obs.game.selfish(obs.stage, obs.seen, len(obs))
        elif obs.matching == "neighbourhoods" and obs.neighbours is not None:
            plan = _in_all_groups(obs, obs.neighbours.network)
        else:
            plan = planned(obs.game, obs.stage, obs.sizes, obs.seen, lambda game: game.selfish)
        return plan if isinstance(plan, ActionDistribution) else certain(obs.space.nearest(plan))


def _in_all_groups(obs: Observations, network: Network) -> Floats | ActionDistribution:
    """Give the equilibrium of one choice that counts in the groups of all neighbours, which must be one for all."""
    if not np.ptp(network.degree):
        return of_size(obs.game, int(network.degree[0]) + 1).selfish(obs.stage, {}, len(obs))
    everybody = planned(obs.game, obs.stage, network.degree + 1, {}, lambda game: game.selfish)
    if (
        isinstance(everybody, ActionDistribution)
        or (network.most(everybody) != -network.most(-everybody))[obs.agent].any()
    ):
        raise GamesimError(
            f"spe: no equilibrium of {obs.decision} is written down for a choice in groups of different sizes"
        )
    return everybody[obs.agent]
