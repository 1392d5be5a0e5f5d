"""Logit choice among the expected earnings of each action, under stated beliefs (McFadden 1974; Luce 1959)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class QuantalResponse(Chooser):
    """Takes actions with probability proportional to ``exp(precision * expected earnings)``.

    Beliefs are stated, not in equilibrium: for that see ``qre``.

    Parameters
    ----------
    precision : Parameter
        Per unit of game money; 0 is uniform play, ``inf`` the best reply. The default is no estimate.
    beliefs
        As in `Chooser`.
    """

    precision: Parameter = personal(0.1, least=0, endless=True)

    fitted = {"precision": (0.0, 10.0)}
    social = False

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Count own expected earnings alone."""
        return outcomes.expect(outcomes.own)[None, :]
