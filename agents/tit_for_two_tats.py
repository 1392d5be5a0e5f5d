"""Tit for two tats: defects after two defections in a row (Axelrod 1984)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections
from gamesim.observation import Observations


@dataclass(frozen=True)
class TitForTwoTats(Deterministic):
    """Defects if the other defected in both of the last two rounds, and cooperates otherwise (Axelrod 1984)."""

    lookback = 2

    def defects(self, obs: Observations) -> Bools:
        """Look for two defections in a row."""
        twice: Bools = others_defections(obs, 2).sum(axis=0) == 2
        return twice
