"""Social welfare with different weights on those who are worse and better off (Charness & Rabin 2002)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class CharnessRabin(Chooser):
    """Weighs others' earnings, more where it is ahead (Charness & Rabin 2002, section II, without reciprocity).

    ``U = (1 - w) own + w other`` with ``w = rho`` where it earns more than the other and ``w = sigma`` where it earns
    less; the mean over the others where there are several.  Social welfare preferences are ``1 >= rho >= sigma > 0``,
    difference aversion is ``sigma < 0 < rho < 1``, and competitive preferences are ``sigma <= rho <= 0``.  The defaults
    are those usually quoted from their Table VI, and were not checked against it.

    Parameters
    ----------
    rho : Parameter
        Weight on those who earn less.
    sigma : Parameter
        Weight on those who earn more; negative is envy.
    precision, beliefs
        As in `Chooser`.
    """

    rho: Parameter = personal(0.424, most=1)
    sigma: Parameter = personal(0.023, most=1)

    fitted = {"rho": (-1.0, 1.0), "sigma": (-1.0, 1.0), "precision": (0.0, 10.0)}

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Add the weighted differences to what is earned."""
        gaps = outcomes.others - outcomes.own[:, None]
        behind = outcomes.expect(np.maximum(gaps, 0).mean(axis=1))
        ahead = outcomes.expect(np.maximum(-gaps, 0).mean(axis=1))
        return outcomes.expect(outcomes.own) + of["sigma"] * behind - of["rho"] * ahead
