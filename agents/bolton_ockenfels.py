"""Equity, reciprocity and competition: people care for their share of the whole (Bolton & Ockenfels 2000)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.errors import GamesimError
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class BoltonOckenfels(Chooser):
    """Likes own earnings and an equal share (the example of Bolton & Ockenfels 2000, section II).

    ``v = own / c - (weight / 2) * (own / total - 1 / n) ** 2``, with c the largest total that the decision can bring
    and n the people in the group; where nothing is earned the share counts as equal.  In the dictator game it keeps
    ``1 / 2 + 1 / weight`` of the money, or all: the default gives a quarter, and is no estimate.

    Parameters
    ----------
    weight : Parameter
        Of an equal share against own earnings: b / a in the paper.
    precision
        As in `Chooser`, per unit of v, which is a share of c.
    beliefs
        As in `Chooser`.
    """

    weight: Parameter = personal(4.0, least=0)

    fitted = {"weight": (0.0, 50.0), "precision": (0.0, 100.0)}

    def check(self, outcomes: Prospects, decision: str) -> None:
        """Refuse losses, of which nobody has a share."""
        if outcomes.least < 0:
            raise GamesimError(f"bolton_ockenfels: {decision} can bring losses, of which there are no shares")

    def alone(self, outcomes: Prospects) -> Floats:
        """Count own earnings alone, as a share of the largest."""
        return self.utilities(outcomes, {"weight": np.zeros((1, 1))})

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Take the distance from the equal share from what is earned."""
        total = outcomes.own + outcomes.others.sum(axis=1)
        equal = 1 / (1 + outcomes.others.shape[1])
        share = np.divide(outcomes.own, total, out=np.full(len(total), equal), where=total > 0)
        largest = max(float(total.max()), 1e-300)
        return outcomes.expect(outcomes.own / largest) - of["weight"] / 2 * outcomes.expect(
            (share - equal) ** 2
        )
