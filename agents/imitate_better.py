"""Imitate whoever does better: the more a random neighbour earned beyond oneself, the likelier (Schlag 1998)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.copying import Copier, Ties
from gamesim.behaviour.outcomes import payoff_table
from gamesim.streams import Floats


@dataclass(frozen=True)
class ImitateBetter(Copier):
    """Draws one neighbour and copies it in proportion to how much more it earned (Schlag 1998).

    The probability is ``(P_j - P_i) / (k D)``, and 0 where the neighbour j earned less.  P is what was earned in the
    last round, summed over all games with neighbours; k is the larger of the two numbers of neighbours, and D lies
    between the largest and the smallest payoff of one game (Santos & Pacheco 2005, Physical Review Letters
    95:098104).
    """

    only_choices = True
    only_declared = True
    tabled = True

    def chances(self, ties: Ties) -> Floats:
        """Compare everybody with each neighbour."""
        return ties.by_gain(ties.around.earned, ties.around.network.degree, self._range(ties))

    def _range(self, ties: Ties) -> float:
        assert ties.around.play is not None
        table = payoff_table(ties.around.play.game, ties.stage)
        return float(np.ptp(table)) or 1.0
