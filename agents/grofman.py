"""Cooperation, less often after different choices (Grofman, in Axelrod 1980)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Grofman(Response):
    """Cooperates after rounds in which both did the same, and else with probability 2/7 (Axelrod 1980).

    Fourth in Axelrod's first tournament.
    """

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return 1.0, 2 / 7, 2 / 7, 1.0, 1.0
