"""Tit for tat that defects now and then (Joss, in Axelrod 1980)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Joss(Response):
    """Cooperates with probability 0.9 after the other did, and never after a defection (Axelrod 1980).

    Twelfth in Axelrod's first tournament.
    """

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return 0.9, 0.0, 0.9, 0.0, 1.0
