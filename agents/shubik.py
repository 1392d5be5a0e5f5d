"""Retaliation that grows longer each time (Shubik 1970; Axelrod 1980)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, punishing
from gamesim.observation import Observations


@dataclass(frozen=True)
class Shubik(Deterministic):
    """Punishes a defection by one round of defection, the next one by two, and so on (Axelrod 1980).

    What the other does while it is punished does not count. Fifth in Axelrod's first tournament.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Follow the punishments from the first round on."""
        return punishing(others_defections(obs), first=1, longer=1)
