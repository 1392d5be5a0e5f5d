"""The hump-shaped contributor: follows others up to a point only (Fischbacher, Gaechter & Fehr 2001)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.contributions import Contributor
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class HumpShaped(Contributor):
    """Contributes a triangle of the others' mean (Fischbacher, Gaechter & Fehr 2001).

    Below `peak` it gives `rise` for each unit of the others; above, `fall` less for each.  Of 44 subjects 6 were of
    this type, with the peak near half of the money.  The default slopes are round figures.

    Parameters
    ----------
    peak : Parameter
        Share at which contributions are largest.
    rise, fall : Parameter
        Slopes below and above it.
    start, update, persistence, drift
        As in `Contributor`.
    """

    peak: Parameter = personal(0.5, least=0, most=1)
    rise: Parameter = personal(0.8, least=0)
    fall: Parameter = personal(0.8, least=0)

    fitted = {**Contributor.fitted, "peak": (0.0, 1.0), "rise": (0.0, 2.0), "fall": (0.0, 2.0)}

    def schedule(self, believed: Floats, obs: Observations) -> Floats:
        """Give the triangle."""
        peak = self.peak.of(obs)
        below, above = np.minimum(believed, peak), np.maximum(believed - peak, 0)
        share: Floats = self.rise.of(obs) * below - self.fall.of(obs) * above
        return share
