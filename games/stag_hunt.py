"""The stag hunt: hunting together pays most, hunting alone is safe.

======  ========  =========
role    decision  actions
======  ========  =========
player  choose    stag, hare
======  ========  =========

Payoffs: `together` for two who hunt stag, `alone` for one who hunts stag while the other hunts hare, `tempted` for
that other, and `safe` for two who hunt hare; together > tempted >= safe > alone.  The defaults are the simple
coordination game of Cooper, DeJong, Forsythe & Ross (1992).  Players read of options A and B.

Both pairs of equal actions are equilibria.  Selfish players take the risk-dominant one (Harsanyi & Selten 1988; at a
tie, stag): under the defaults hare, although stag pays both more.
"""

from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Play, parameter, stage
from gamesim.matrix import Symmetric, symmetric_rules


@dataclass(frozen=True)
class StagHunt(Symmetric):
    """Two players meet at the better of two equilibria, or play safe (Rousseau 1755; Cooper et al. 1992)."""

    together: float = parameter(1000.0, unit="money", help="each of two who hunt stag earns")
    alone: float = parameter(0.0, unit="money", help="one who hunts stag alone earns")
    tempted: float = parameter(
        800.0, unit="money", help="one who hunts hare while the other hunts stag earns"
    )
    safe: float = parameter(800.0, unit="money", help="each of two who hunt hare earns")

    equilibrium = "the risk-dominant one of the two (at a tie, stag)"
    efficiency = "both hunt stag"
    stake_parameter = "together"
    sources = (
        "Cooper, DeJong, Forsythe & Ross 1992, Quarterly Journal of Economics 107:739-771",
        "Harsanyi & Selten 1988, A General Theory of Equilibrium Selection in Games, MIT Press",
    )
    rules = symmetric_rules(
        "stag", "hare", both_first="together", first_alone="alone", second_alone="tempted", both_second="safe"
    )
    words = {"other": ("{stag}", "{hare}")}

    def check(self) -> None:
        """Refuse payoffs that make another game."""
        if not self.together > self.tempted >= self.safe > self.alone:
            raise GamesimError(
                "stag_hunt: payoffs must be in the order together > tempted >= safe > alone; for other orders use "
                "prisoners_dilemma or two_by_two"
            )

    @stage(by="player")
    def choose(self, play: Play) -> ActionSpace:
        """Hunt stag or hare."""
        return Choice(("stag", "hare"), ("A", "B"))

    def table(self) -> Floats:
        """Give the own earnings, rows the own action, columns the other's: (2, 2) float."""
        return np.array([[self.together, self.alone], [self.tempted, self.safe]])
