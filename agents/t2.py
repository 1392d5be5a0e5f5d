"""Two rounds of punishment: the trigger strategy T2 of Dal Bo & Frechette (2011)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Punishing


@dataclass(frozen=True)
class T2(Punishing):
    """Cooperates; a defection of the other triggers two rounds of defection (Dal Bo & Frechette 2011).

    Then it cooperates again, whatever the other did meanwhile.
    """

    first = 2
