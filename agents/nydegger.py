"""A stooge with a memory of three rounds (Nydegger 1978, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, own_defections
from gamesim.observation import Observations

DEFECTED = (1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61)
"""Sums of the last three rounds after which it defects."""


@dataclass(frozen=True)
class Nydegger(Deterministic):
    """Looks its choice up by the last three rounds, weighted 16, 4 and 1 (Axelrod 1980).

    Each round counts 2 if the other defected and 1 if oneself did. The paper weights the rounds "in chronological
    order"; as in the Axelrod package the last one weighs 16. It begins with tit for tat for three rounds, but defects
    in the third if it alone cooperated in the first and alone defected in the second. Third in Axelrod's first
    tournament.
    """

    lookback = 3

    def defects(self, obs: Observations) -> Bools:
        """Sum up the last three rounds."""
        others = others_defections(obs, 3)
        defects: Bools = np.zeros(len(obs), dtype=np.bool_)
        if obs.round == 2:
            defects = others[0]
        elif obs.round == 3:
            defects = others[0] | others[1]
        elif obs.round > 3:
            defects = np.isin(np.array([1, 4, 16]) @ (2 * others + own_defections(obs, 3)), DEFECTED)
        return defects
