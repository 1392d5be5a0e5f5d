"""Tit for tat that gives up on those who play at random (Stein & Rapoport, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, Played, never, none, rounds_left, seems_random
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class SteinRapoport(Deterministic):
    """Plays tit for tat after four rounds of cooperation, and defects in the last two (Axelrod 1980).

    Every fifteen rounds it tests whether the other cooperates as often as not, and if so defects for the next fifteen.
    The paper's test looks at how the other responds, in words that leave much open; as in the Axelrod package
    it is a chi-squared test, at 5 %, of all that the other did. Sixth in Axelrod's first tournament.
    """

    def begin(self, people: int) -> State:
        """Nobody has defected."""
        return {"betrayed": never(people), "betrayals": none(people), "random": never(people)}

    def follow(self, state: State, played: Played) -> State:
        """Count defections, and test before every fifteenth round."""
        betrayals = state["betrayals"] + played.betrayed
        tested = (state["rounds"] + 1) % 15 == 0
        random = np.where(tested, seems_random(betrayals, state["rounds"]), state["random"])
        return {"betrayed": played.betrayed, "betrayals": betrayals, "random": random}

    def defects(self, obs: Observations, state: State) -> Bools:
        """Look at the last round, and at the last test."""
        if rounds_left(obs) < 2:
            return np.ones(len(obs), dtype=np.bool_)
        defects: Bools = (state["betrayed"] | state["random"]) & (state["rounds"] >= 4)
        return defects
