"""Unconditional cooperation in the dilemma."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class AlwaysCooperate(Strategy):
    """Cooperates whatever happens."""

    lookback = 0

    def cooperation(self, obs: Observations) -> Floats:
        """Give the probability of cooperating."""
        return np.ones(len(obs))
