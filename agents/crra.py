"""Constant relative risk aversion, in choices among risks (Pratt 1964; Holt & Laury 2002)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.errors import GamesimError
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class Crra(Chooser):
    """Takes the action of the largest expected utility ``x ** (1 - r) / (1 - r)``, at r = 1 ``log(x)``.

    In the bomb task it opens ``(1 - r) / (2 - r)`` of the boxes.  At r of 1 and more earning nothing has a utility of
    minus infinity.  Where every action risks it all are equally bad, and as at any tie the one that leaves others the
    most is taken, of these the lowest: no box is opened, but a proposer who may be rejected offers everything.  The
    default is a round figure.

    Parameters
    ----------
    r : Parameter
        Relative risk aversion; 0 is neutral, negative is seeking.
    precision
        As in `Chooser`, per unit of the certainty equivalent, which is in game units.
    beliefs
        As in `Chooser`.
    """

    r: Parameter = personal(0.4, free="negative seeks risk")

    fitted = {"r": (-2.0, 3.0), "precision": (0.0, 10.0)}
    social = False
    curved = True

    def check(self, outcomes: Prospects, decision: str) -> None:
        """Refuse losses, of which the model has no utility."""
        if outcomes.own.min() < 0:
            raise GamesimError(f"crra: {decision} can bring losses, of which this utility is not defined")

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Give the certainty equivalent of every action, which orders actions as expected utility does."""
        power = 1 - of["r"]
        log = np.abs(power) < 1e-6
        power = np.where(log, 1.0, power)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = max(float(outcomes.own.max()), 1e-300)
            shares = outcomes.own / scale
            mean = outcomes.expect(shares**power)
            certain = np.where(log, np.exp(outcomes.expect(np.log(shares))), mean ** (1 / power))
        return scale * certain
