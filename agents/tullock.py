"""A tenth less cooperation than the other showed (Tullock, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Played, Remembering, none
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Tullock(Remembering):
    """Cooperates for eleven rounds, then with the frequency of the other's last ten less 0.1 (Axelrod 1980).

    Thirteenth in Axelrod's first tournament.
    """

    def begin(self, people: int) -> State:
        """Nobody has defected."""
        return {"betrayals": none(people)}

    def follow(self, state: State, played: Played) -> State:
        """Keep the other's last ten moves, a bit each."""
        return {"betrayals": (2 * state["betrayals"] + played.betrayed) % 2**10}

    def respond(self, obs: Observations, state: State) -> Floats:
        """Count the other's defections in the last ten rounds."""
        kind = np.maximum(0.9 - np.bitwise_count(state["betrayals"]) / 10, 0.0)
        return np.where(state["rounds"] < 11, 1.0, kind)
