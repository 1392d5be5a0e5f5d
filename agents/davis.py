"""Ten rounds of cooperation, then the grim trigger (Davis, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections
from gamesim.observation import Observations


@dataclass(frozen=True)
class Davis(Deterministic):
    """Cooperates for ten rounds, and then as long as the other has never defected (Axelrod 1980).

    Eighth in Axelrod's first tournament.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Look for any defection of the other's from the eleventh round on."""
        ever: Bools = np.any(others_defections(obs), axis=0)
        return ever & (obs.round > 10)
