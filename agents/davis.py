"""Ten rounds of cooperation, then the grim trigger (Davis, in Axelrod 1980)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, Played, never
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class Davis(Deterministic):
    """Cooperates for ten rounds, and then as long as the other has never defected (Axelrod 1980).

    Eighth in Axelrod's first tournament.
    """

    def begin(self, people: int) -> State:
        """Nobody has defected."""
        return {"ever": never(people)}

    def follow(self, state: State, played: Played) -> State:
        """Look for any defection of the other's."""
        return {"ever": state["ever"] | played.betrayed}

    def defects(self, obs: Observations, state: State) -> Bools:
        """Never forgive from the eleventh round on."""
        defects: Bools = state["ever"] & (state["rounds"] >= 10)
        return defects
