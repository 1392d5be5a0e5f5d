"""Pairwise comparison: copy a random neighbour, the likelier the better it did (Szabo & Toke 1998)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from gamesim.behaviour.copying import Copier, Ties
from gamesim.parameters import ranged
from gamesim.streams import Floats


@dataclass(frozen=True)
class ImitateFermi(Copier):
    """Draws one neighbour and copies it with probability ``1 / (1 + exp((own - other) / noise))``.

    Both are what was earned in the last round, summed over all games with neighbours (Szabo & Toke 1998; the
    function is Fermi's).

    Parameters
    ----------
    noise : float
        K in the paper, in game units; 0.1 there, for payoffs of about 1. At 0 the better are copied surely
        and equals with probability 1/2.
    start
        As in `Imitator`.
    """

    noise: float = ranged(0.1, least=0)

    fitted = {"noise": (0.0, 10.0)}

    def chances(self, ties: Ties) -> Floats:
        """Compare everybody with each neighbour."""
        earned = ties.around.earned
        gap = earned[ties.other] - earned[ties.around.agent][ties.decider]
        chance: Floats = expit(gap / self.noise) if self.noise else np.heaviside(gap, 0.5)
        chance /= ties.size[ties.decider]
        return chance
