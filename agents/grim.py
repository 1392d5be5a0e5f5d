"""The grim trigger: cooperates until somebody defects, and never again (Friedman 1971)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, own_defections
from gamesim.observation import Observations


@dataclass(frozen=True)
class Grim(Deterministic):
    """Cooperates until it or the other defected, and then defects for good (Friedman 1971)."""

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Look for any defection, one's own by error included."""
        either: Bools = np.any(own_defections(obs) | others_defections(obs), axis=0)
        return either
