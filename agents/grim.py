"""The grim trigger: cooperates until somebody defects, and never again (Friedman 1971)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy, cooperated
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class Grim(Strategy):
    """Cooperates until it or the other defected, and then defects for good (Friedman 1971)."""

    lookback = None

    def cooperation(self, obs: Observations) -> Floats:
        """Look for any defection, one's own by error included."""
        own, others = cooperated(obs, len(obs.past))
        defected = (own < 0.5) | (others < 0.5)
        return np.asarray(~defected.any(axis=0), dtype=np.float64)
