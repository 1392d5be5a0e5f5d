"""A tenth less cooperation than the other showed (Tullock, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy, others_defections
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class Tullock(Strategy):
    """Cooperates for eleven rounds, then with the frequency of the other's last ten less 0.1 (Axelrod 1980).

    Thirteenth in Axelrod's first tournament.
    """

    lookback = 10

    def cooperation(self, obs: Observations) -> Floats:
        """Count the other's defections in the last ten rounds."""
        if obs.round <= 11:
            return np.ones(len(obs))
        kind: Floats = np.maximum(0.9 - others_defections(obs, 10).mean(axis=0), 0.0)
        return kind
