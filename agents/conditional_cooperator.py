"""Conditional cooperation: gives more the more others give (Fischbacher, Gaechter & Fehr 2001)."""

from dataclasses import dataclass

from gamesim.behaviour.contributions import Contributor
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class ConditionalCooperator(Contributor):
    """Contributes ``intercept + slope * others' mean`` (Fischbacher, Gaechter & Fehr 2001).

    A slope below 1 is the self-serving bias under which contributions decay.  The default slope is a round figure.  The
    schedules of all subjects of Fischbacher & Gaechter (2010) average ``intercept=0.0478, slope=0.425``; what they did
    in play, beliefs and schedules together (Table 2, model 3), is ``intercept=-0.0121, slope=0.769``.

    Parameters
    ----------
    intercept : Parameter
        Share of the own money given whatever others give; negative holds something back.
    slope : Parameter
        What is added for each unit that the others are believed to give on average; negative gives less, the more they
        give.
    start, update, persistence, drift
        As in `Contributor`.
    """

    intercept: Parameter = personal(0.0, least=-1, most=1)
    slope: Parameter = personal(0.8, free="what comes out is cut to what is legal")

    fitted = {**Contributor.fitted, "intercept": (-1.0, 1.0), "slope": (-2.0, 2.0)}

    def schedule(self, believed: Floats, obs: Observations) -> Floats:
        """Give the line."""
        return self.intercept.of(obs) + self.slope.of(obs) * believed
