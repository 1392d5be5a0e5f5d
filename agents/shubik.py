"""Retaliation that grows longer each time (Shubik 1970; Axelrod 1980)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Punishing


@dataclass(frozen=True)
class Shubik(Punishing):
    """Punishes a defection by one round of defection, the next one by two, and so on (Axelrod 1980).

    What the other does while it is punished does not count. Fifth in Axelrod's first tournament.
    """

    first = 1
    longer = 1
