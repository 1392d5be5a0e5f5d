"""Inequity aversion: people mind having less than others, and having more (Fehr & Schmidt 1999)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import Prospects
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class FehrSchmidt(Chooser):
    """Likes own earnings and dislikes differences (Fehr & Schmidt 1999, equation 1).

    ``U_i = x_i - alpha * mean_j max(x_j - x_i, 0) - beta * mean_j max(x_i - x_j, 0)``, x in game units, j over the
    others of the group.  The paper assumes 0 <= beta < 1 and beta <= alpha, of which the second is not enforced here;
    what lies beyond is ``charness_rabin`` with rho = beta and sigma = -alpha.  The defaults are the means of the
    distribution in its Table III: alpha 0, 0.5, 1, 4 and beta 0, 0.25, 0.6, 0.6 for 30, 30, 30 and 10 per cent.

    Parameters
    ----------
    alpha : Parameter
        Aversion to having less, per unit of difference.
    beta : Parameter
        Aversion to having more, per unit of difference; from 0.5 on a dictator gives half.
    precision, beliefs
        As in `Chooser`.
    """

    alpha: Parameter = personal(0.85, least=0)
    beta: Parameter = personal(0.315, least=0, most=1)

    fitted = {"alpha": (0.0, 5.0), "beta": (0.0, 1.0), "precision": (0.0, 10.0)}

    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Take what being behind and being ahead cost from what is earned."""
        gaps = outcomes.others - outcomes.own[:, None]
        behind = outcomes.expect(np.maximum(gaps, 0).mean(axis=1))
        ahead = outcomes.expect(np.maximum(-gaps, 0).mean(axis=1))
        return outcomes.expect(outcomes.own) - of["alpha"] * behind - of["beta"] * ahead
