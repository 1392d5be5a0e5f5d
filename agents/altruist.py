"""Pure altruism, the opposite of warm glow (Andreoni 1990): whatever leaves others the most."""

from collections.abc import Mapping
from dataclasses import dataclass

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.streams import Floats


@dataclass(frozen=True)
class Altruist(Chooser):
    """Maximises what the others earn: gives everything away, contributes everything, cooperates.

    In public goods that is unconditional cooperation; it plays every game with others in it.
    """

    fitted = {"precision": (0.0, 10.0)}

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Count what the others earn alone."""
        return outcomes.kindness[None, :]
