"""Every legal action with the same probability: the zero point of every likeness scale."""

from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution, uniform
from gamesim.observation import Observations
from gamesim.policy import Decisions, ExactPolicy


@dataclass(frozen=True)
class Uniform(ExactPolicy):
    """Plays every legal action with the same probability."""

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give equal probabilities."""
        return uniform(obs.space, len(obs))

    def decide(self, obs: Observations) -> Decisions:
        """Draw in closed form, which for ranges of any size costs one multiplication."""
        exact = self.distribution(obs)
        return Decisions(
            obs.space.uniform(obs.draws.uniform()),
            "exact",
            probability=np.broadcast_to(exact.probabilities[:, 0], (len(obs),))
            if exact.row is None
            else exact.probabilities[exact.row, 0],
            distribution=exact,
        )
