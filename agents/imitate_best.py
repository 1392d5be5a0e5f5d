"""Imitate the best: do what the best-earning neighbour did, oneself included (Nowak & May 1992)."""

from dataclasses import dataclass

import numpy as np

from gamesim.actions import Choice
from gamesim.behaviour.imitation import Imitator
from gamesim.neighbours import Neighbours
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class ImitateBest(Imitator):
    """Takes over what the best earner among itself and its neighbours did; whoever nobody beats stays."""

    def next_actions(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Copy the best of the closed neighbourhood."""
        network, actions = around.network, around.actions(obs.stage)
        if isinstance(obs.space, Choice):
            taken = network.best_action(around.earned, actions, len(obs.space.labels))[around.agent]
        else:
            earned = np.where(np.isnan(actions), np.nan, around.earned)
            taken = actions[network.best(earned)[around.agent]]
        return taken, np.ones(len(obs))
