"""The subgame-perfect equilibrium (Selten 1965) of selfish players, with the tie rule that each game states."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class Spe(ExactPolicy):
    """Plays the subgame-perfect equilibrium of players who care for their own earnings alone.

    In a finitely repeated game that is the equilibrium of a single round wherever that one is unique.  On a network
    it is that of a group of the size that is there; one choice for several groups must be the equilibrium in each.
    """

    def prepare(self, setting: Setting) -> "Spe":
        """Refuse games for which no equilibrium is written down."""
        setting.rehearse(setting.game.selfish)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the equilibrium action, or the equilibrium mixture."""
        if obs.apart is not None and len(np.unique(obs.apart.size)) > 1:
            plan: Floats | ActionDistribution = _by_size(obs, obs.apart.size, obs.seen)
        elif obs.apart is not None:
            game = obs.game.sized(int(obs.apart.size[0]))
            plan = game.selfish(obs.stage, obs.seen, len(obs))
        elif obs.matching == "neighbourhoods" and obs.neighbours is not None:
            network = obs.neighbours.network
            everybody = _by_size(obs, network.degree + 1, {})
            if (network.most(everybody) != -network.most(-everybody))[obs.agent].any():
                raise _unwritten(obs)
            plan = everybody[obs.agent]
        else:
            plan = obs.game.selfish(obs.stage, obs.seen, len(obs))
        return plan if isinstance(plan, ActionDistribution) else certain(obs.space.nearest(plan))


def _by_size(obs: Observations, sizes: Ints, seen: Mapping[str, Floats]) -> Floats:
    """Give the equilibrium action in groups of some sizes: (K,) float, from (K,) int and what is seen in each."""
    plans = np.empty(len(sizes))
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        known = {name: values[rows] for name, values in seen.items()}
        plan = obs.game.sized(int(size)).selfish(obs.stage, known, len(rows))
        if isinstance(plan, ActionDistribution):
            raise _unwritten(obs)
        plans[rows] = plan
    return plans


def _unwritten(obs: Observations) -> GamesimError:
    return GamesimError(
        f"spe: no equilibrium of {obs.decision} is written down for a choice in groups of different sizes"
    )
