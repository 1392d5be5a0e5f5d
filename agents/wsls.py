"""Win-stay, lose-shift, or Pavlov (Nowak & Sigmund 1993)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Wsls(Response):
    """Repeats its choice after the other cooperated, and changes it after the other defected (Nowak & Sigmund 1993).

    So it cooperates after rounds in which both did the same.
    """

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return 1.0, 0.0, 0.0, 1.0, 1.0
