"""Death-birth imitation: copy a neighbour with probability proportional to its fitness (Ohtsuki et al. 2006)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.copying import Copier, Ties
from gamesim.errors import GamesimError
from gamesim.parameters import ranged
from gamesim.streams import Floats


@dataclass(frozen=True)
class ImitateProportional(Copier):
    """Copies a neighbour in proportion to ``1 - intensity + intensity * earned`` (Ohtsuki et al. 2006).

    Whoever decides anew has died: its own action counts for nothing, unless it has no neighbours.  The paper's process
    lets one agent at a time decide: ``--update death_birth``.

    Parameters
    ----------
    intensity : float
        w in the paper: 0 copies at random, 1 by earnings alone.
    start
        As in `Imitator`.
    """

    intensity: float = ranged(0.01, least=0, most=1)

    fitted = {"intensity": (0.0, 1.0)}

    def chances(self, ties: Ties) -> Floats:
        """Share out everybody's place among the neighbours."""
        fitness = 1 - self.intensity + self.intensity * ties.around.earned[ties.other]
        known = np.nan_to_num(fitness)
        if (known < 0).any():
            raise GamesimError(
                f"imitate_proportional: somebody earned {ties.around.earned[ties.other].min():g}, which makes its "
                "fitness negative; take a smaller intensity or larger payoffs"
            )
        known = np.where(np.isnan(ties.actions[ties.other]), 0.0, known)
        total = ties.total(known)[ties.decider]
        # Where nobody has any fitness, all are alike.
        count = ties.size[ties.decider]
        return np.divide(known, total, out=1 / count.astype(np.float64), where=total > 0)
