"""Generous tit for tat: forgives a defection now and then (Nowak & Sigmund 1992)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class GenerousTitForTat(Response):
    """Copies the other, but cooperates after a defection with some probability (Nowak & Sigmund 1992).

    The largest generosity that pays is ``min(1 - (T - R) / (R - S), (R - P) / (T - P))``: one third for payoffs
    5, 3, 1, 0, the default.

    Parameters
    ----------
    generosity : Parameter
        Probability of cooperating after the other defected.
    error
        As in `Strategy`.
    """

    generosity: Parameter = personal(1 / 3, least=0, most=1)

    fitted = {"generosity": (0.0, 1.0), "error": (0.0, 0.5)}

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        generous = self.generosity.of(obs)
        return 1.0, generous, 1.0, generous, 1.0
