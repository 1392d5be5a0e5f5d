"""Two rounds of punishment: the trigger strategy T2 of Dal Bo & Frechette (2011)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, punishing
from gamesim.observation import Observations


@dataclass(frozen=True)
class T2(Deterministic):
    """Cooperates; a defection of the other triggers two rounds of defection (Dal Bo & Frechette 2011).

    Then it cooperates again, whatever the other did meanwhile.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Follow the punishments from the first round on."""
        return punishing(others_defections(obs), first=2)
