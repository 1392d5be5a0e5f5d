"""Conditional cooperation: gives more the more others give, and somewhat less than they do."""

from dataclasses import dataclass

from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.strategies import Contributor
from gamesim.streams import Floats


@dataclass(frozen=True)
class ConditionalCooperator(Contributor):
    """Contributes ``intercept + slope * others' mean`` (Fischbacher, Gaechter & Fehr 2001).

    A slope below 1 is the self-serving bias under which contributions decay (Fischbacher & Gaechter 2010). Half of
    people are of this type. The default slope is a round figure, not an estimate.

    Parameters
    ----------
    intercept : Parameter
        Share of the own money given whatever others give.
    slope : Parameter
        What is added for each unit that the others give on average.
    start
        As in `Contributor`.
    """

    intercept: Parameter = personal(0.0, least=-1, most=1)
    slope: Parameter = personal(0.8)

    fitted = {"intercept": (-1.0, 1.0), "slope": (-2.0, 2.0), "start": (0.0, 1.0)}

    def schedule(self, believed: Floats, obs: Observations) -> Floats:
        """Give the line."""
        return self.intercept.of(obs) + self.slope.of(obs) * believed
