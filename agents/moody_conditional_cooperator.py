"""Moody conditional cooperation: responds to cooperators only after cooperating (Grujic et al. 2010)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class MoodyConditionalCooperator(Response):
    """Cooperates by its own last choice and the share of its neighbours that cooperated.

    After cooperating the probability is ``constant + slope * share``; after defecting ``moody_constant + moody_slope *
    share``, both ends cut to 0 and 1 (Grujic et al. 2010; Gracia-Lazaro et al. 2012, where it falls or stays flat after
    defecting). The defaults have that shape and are round figures, not estimates.

    Parameters
    ----------
    constant, slope : Parameter
        Of the line after cooperating.
    moody_constant, moody_slope : Parameter
        Of the line after defecting.
    start : Parameter
        Probability of cooperating in the first round.
    error
        As in `Strategy`.
    """

    constant: Parameter = personal(0.4, free="both ends are cut to 0 and 1")
    slope: Parameter = personal(0.4, free="both ends are cut to 0 and 1")
    moody_constant: Parameter = personal(0.3, free="both ends are cut to 0 and 1")
    moody_slope: Parameter = personal(0.0, free="both ends are cut to 0 and 1")
    start: Parameter = personal(0.6, least=0, most=1)

    fitted = {
        "constant": (0.0, 1.0),
        "slope": (-1.0, 1.0),
        "moody_constant": (0.0, 1.0),
        "moody_slope": (-1.0, 1.0),
        "start": (0.0, 1.0),
        "error": (0.0, 0.5),
    }

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        low, moody = self.constant.of(obs), self.moody_constant.of(obs)
        high, moody_high = low + self.slope.of(obs), moody + self.moody_slope.of(obs)
        ends = [np.clip(each, 0, 1) for each in (high, low, moody_high, moody)]
        return *ends, self.start.of(obs)
