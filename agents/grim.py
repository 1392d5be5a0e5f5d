"""The grim trigger: cooperates until somebody defects, and never again (Friedman 1971)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, Played, never
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class Grim(Deterministic):
    """Cooperates until it or the other defected, and then defects for good (Friedman 1971)."""

    def begin(self, people: int) -> State:
        """Nobody has defected."""
        return {"ever": never(people)}

    def follow(self, state: State, played: Played) -> State:
        """Look for any defection, one's own by error included."""
        return {"ever": state["ever"] | played.defected | played.betrayed}

    def defects(self, obs: Observations, state: State) -> Bools:
        """Never forgive."""
        return state["ever"]
