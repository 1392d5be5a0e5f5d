"""Majority rule: do what most neighbours do (Galam 2002; conformity in Boyd & Richerson 1985)."""

from dataclasses import dataclass

import numpy as np

from gamesim.actions import Choice
from gamesim.behaviour.imitation import Imitator
from gamesim.behaviour.on_networks import first_of_best
from gamesim.neighbours import Neighbours
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class Majority(Imitator):
    """Takes the option that most of its neighbours took.

    At a tie it keeps its own if that is among them, and else takes the first. Its own action does not count as a vote.
    """

    looks_at = "actions"
    only_choices = True

    def next_actions(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Count the neighbours of each option."""
        assert isinstance(obs.space, Choice)
        actions = around.actions(obs.stage)
        votes = np.array(
            [
                around.network.matrix @ (actions == option).astype(np.float64)
                for option in range(len(obs.space.labels))
            ]
        )
        taken = np.where(votes.any(axis=0), first_of_best(votes, actions), actions)
        return taken[around.agent], np.ones(len(obs))
