"""Tit for two tats: defects after two defections in a row (Axelrod 1984)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy, cooperated
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class TitForTwoTats(Strategy):
    """Defects if the other defected in both of the last two rounds, and cooperates otherwise (Axelrod 1984)."""

    lookback = 2

    def cooperation(self, obs: Observations) -> Floats:
        """Look for two defections in a row."""
        if len(obs.past) < 2:
            return np.ones(len(obs))
        _, others = cooperated(obs, 2)
        return np.asarray(~(others < 0.5).all(axis=0), dtype=np.float64)
