"""A stooge with a memory of three rounds (Nydegger 1978, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, Played, none
from gamesim.observation import Observations
from gamesim.past import State

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

    def begin(self, people: int) -> State:
        """Nothing has been played."""
        return {"sum": none(people)}

    def follow(self, state: State, played: Played) -> State:
        """Weight the last round 16, the one before it 4 and the one before that 1."""
        return {"sum": state["sum"] // 4 + 16 * (2 * played.betrayed + played.defected)}

    def defects(self, obs: Observations, state: State) -> Bools:
        """Look the sum of the last three rounds up, or a defection among the first two."""
        betrayed_so_far = (state["sum"] & (32 | 8)) > 0
        defects: Bools = np.where(state["rounds"] < 3, betrayed_so_far, np.isin(state["sum"], DEFECTED))
        return defects
