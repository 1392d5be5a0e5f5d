"""Two rounds of punishment: the trigger strategy T2 of Dal Bo & Frechette (2011)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy, cooperated
from gamesim.observation import Observations
from gamesim.streams import Floats


@dataclass(frozen=True)
class T2(Strategy):
    """Cooperates; a defection of the other triggers two rounds of defection (Dal Bo & Frechette 2011).

    Then it cooperates again, whatever the other did meanwhile.
    """

    lookback = None

    def cooperation(self, obs: Observations) -> Floats:
        """Follow the punishments from the first round on."""
        _, others = cooperated(obs, len(obs.past))
        left = np.zeros(len(obs))
        for share in others:
            left = np.where(left > 0, left - 1, np.where(share < 0.5, 2.0, 0.0))
        return np.asarray(left == 0, dtype=np.float64)
