"""Tit for tat that gives up on those who play at random (Stein & Rapoport, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, rounds_left, seems_random
from gamesim.observation import Observations


@dataclass(frozen=True)
class SteinRapoport(Deterministic):
    """Plays tit for tat after four rounds of cooperation, and defects in the last two (Axelrod 1980).

    Every fifteen rounds it tests whether the other cooperates as often as not, and if so defects for the next fifteen.
    The paper's test looks at how the other responds, in words that leave much open; as in the Axelrod package
    it is a chi-squared test, at 5 %, of all that the other did. Sixth in Axelrod's first tournament.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Look at the last round, and at the last test."""
        if rounds_left(obs) < 2:
            return np.ones(len(obs), dtype=np.bool_)
        others = others_defections(obs)
        if obs.round <= 4:
            return np.zeros(len(obs), dtype=np.bool_)
        defects: Bools = others[-1]
        if obs.round >= 15:
            tested = obs.round // 15 * 15 - 1
            defects = defects | seems_random(others[:tested])[-1]
        return defects
