"""Giving as consumption of two goods, with constant elasticity of substitution (Andreoni & Miller 2002)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.errors import GamesimError
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class CesAltruism(Chooser):
    """Trades own against others' earnings (Andreoni & Miller 2002, section 4).

    ``U = (a * own ** rho + (1 - a) * other ** rho) ** (1 / rho)``, other the mean of the others; rho near 1 seeks the
    largest sum, far below 0 equality, and 0 is Cobb-Douglas.  The defaults are those usually quoted from their Table IV
    for the weakly selfish and were not checked against it.  Of 176 subjects 22.7 per cent were selfish (a = 1), 14.2
    equalised (rho far below 0) and 6.2 maximised the sum (a = 0.5, rho = 1); the others were near to one of these.

    Parameters
    ----------
    a : Parameter
        Weight on own earnings.
    rho : Parameter
        Willingness to trade one for the other; the elasticity of substitution is ``1 / (1 - rho)``.
    precision, beliefs
        As in `Chooser`.
    """

    a: Parameter = personal(0.758, least=0, most=1)
    rho: Parameter = personal(0.621, most=1)

    fitted = {"a": (0.0, 1.0), "rho": (-5.0, 1.0), "precision": (0.0, 10.0)}
    curved = True

    def check(self, outcomes: Prospects, decision: str) -> None:
        """Refuse losses, which have no power."""
        if outcomes.least < 0:
            raise GamesimError(f"ces_altruism: {decision} can bring losses, which the model does not cover")

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Give the mean of power rho of both earnings."""
        # In logarithms, so that no power is too large or too small to be written.
        with np.errstate(divide="ignore"):
            own, other = np.log(outcomes.own), np.log(outcomes.others.mean(axis=1))
            weights = np.log(of["a"]), np.log1p(-of["a"])
        plain = np.abs(of["rho"]) < 1e-6
        rho = np.where(plain, 1.0, of["rho"])
        with np.errstate(invalid="ignore"):
            # A weight of 0 removes its good, even where that is worth minus infinity.
            first = np.where(of["a"] > 0, weights[0] + rho * own, -np.inf)
            second = np.where(of["a"] < 1, weights[1] + rho * other, -np.inf)
            douglas = np.where(of["a"] > 0, of["a"] * own, 0) + np.where(
                of["a"] < 1, (1 - of["a"]) * other, 0
            )
        mean = np.logaddexp(first, second) / rho
        return outcomes.expect(np.exp(np.where(plain, douglas, mean)))
