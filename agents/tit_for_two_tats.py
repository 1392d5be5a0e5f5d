"""Tit for two tats: defects after two defections in a row (Axelrod 1984)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, Played, none
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class TitForTwoTats(Deterministic):
    """Defects if the other defected in both of the last two rounds, and cooperates otherwise (Axelrod 1984)."""

    def begin(self, people: int) -> State:
        """Nobody has defected."""
        return {"running": none(people)}

    def follow(self, state: State, played: Played) -> State:
        """Count the defections in a row."""
        return {"running": (state["running"] + 1) * played.betrayed}

    def defects(self, obs: Observations, state: State) -> Bools:
        """Look for two defections in a row."""
        twice: Bools = state["running"] >= 2
        return twice
