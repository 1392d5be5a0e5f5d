"""Win-stay, lose-shift, or Pavlov (Nowak & Sigmund 1993)."""

from dataclasses import dataclass

from gamesim.observation import Observations
from gamesim.strategies import Response
from gamesim.streams import Floats


@dataclass(frozen=True)
class Wsls(Response):
    """Repeats its choice after the other cooperated, and changes it after the other defected (Nowak & Sigmund 1993).

    So it cooperates after rounds in which both did the same.
    """

    def plan(self, obs: Observations) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return 1.0, 0.0, 0.0, 1.0, 1.0
