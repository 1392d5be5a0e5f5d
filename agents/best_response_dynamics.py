"""Best replies to neighbours on a network, with or without noise (Ellison 1993; Blume 1993)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gamesim.behaviour.choosing import drawn, logit
from gamesim.behaviour.on_networks import NetworkRule, first_of_best
from gamesim.behaviour.outcomes import payoff_table, rival_stage
from gamesim.behaviour.sizes import each_game
from gamesim.distribution import ActionDistribution
from gamesim.neighbours import Neighbours
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class BestResponseDynamics(NetworkRule):
    """Replies to what its neighbours did last, as if they would do it again (Ellison 1993).

    What an action earns is summed over all neighbours.  With finite precision the reply is logit (Blume 1993).  At a
    tie it keeps its own action if that is among the best, else it takes the first.

    Parameters
    ----------
    precision : Parameter
        Per unit of what is earned from all neighbours together, the same for all; ``inf`` takes the best reply.
    start
        As in `NetworkRule`.
    """

    precision: Parameter = personal(math.inf, least=0)

    looks_at = "actions"
    only_choices = True
    only_pairs = True
    tabled = True
    fitted = {"precision": (0.0, 10.0)}

    def next_actions(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Reply to all neighbours at once."""
        earned, seen = self._earned(obs, around)
        if not self.precision.varies and math.isinf(self.precision.value):
            actions = around.actions(obs.stage)[around.agent]
            return np.where(seen, first_of_best(earned.T, actions), actions), np.ones(len(obs))
        weights = logit(earned, self.precision.of(obs)[:, None], np.zeros(earned.shape[1]))
        taken, probability = drawn(obs.space.support(), weights, obs.draws.uniform())
        return np.where(seen, taken, np.nan), probability

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities of every option."""
        around = obs.neighbours
        if (
            around is None
            or around.play is None
            or (not self.precision.varies and math.isinf(self.precision.value))
        ):
            return super().distribution(obs)
        earned, seen = self._earned(obs, around)
        weights = logit(earned, self.precision.of(obs)[:, None], np.zeros(earned.shape[1]))
        weights[~seen] = self.first(obs).probabilities[0]
        return ActionDistribution(obs.space.support(), weights, np.arange(len(obs)))

    def _earned(self, obs: Observations, around: Neighbours) -> tuple[Floats, NDArray[np.bool_]]:
        """Give what each option would earn against all neighbours, (D, L) float, and who saw any, (D,) bool."""
        (game,), _ = each_game(obs)
        actions = around.actions(rival_stage(game, obs.stage) or obs.stage)
        table = payoff_table(game, obs.stage)
        met = np.stack(
            [
                (around.network.matrix @ (actions == option).astype(np.float64))[around.agent]
                for option in range(table.shape[1])
            ],
            axis=1,
        )
        return met @ table.T, np.asarray(met.any(axis=1))
