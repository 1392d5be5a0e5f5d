"""Chicken, or hawk and dove: whoever does not give way wins, unless both do not.

======  ========  ===============
role    decision  actions
======  ========  ===============
player  choose    swerve, straight
======  ========  ===============

Payoffs: `win` for one who goes straight while the other swerves, `both` for two who swerve, `give_way` for one who
swerves alone, and `crash` for two who go straight; win > both > give_way > crash.  The defaults are an example and
stand for no single experiment.  Players read of options A and B.

The pure equilibria are unequal: one swerves, the other does not.  Selfish players mix so that the other is
indifferent, which is the only equilibrium that treats both alike.
"""

from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Play, parameter, stage
from gamesim.matrix import Symmetric, symmetric_rules


@dataclass(frozen=True)
class Chicken(Symmetric):
    """Two players give way or not; the worst is when neither does (Rapoport & Chammah 1966)."""

    win: float = parameter(500.0, unit="money", help="one who goes straight while the other swerves earns")
    both: float = parameter(300.0, unit="money", help="each of two who swerve earns")
    give_way: float = parameter(
        100.0, unit="money", help="one who swerves while the other goes straight earns"
    )
    crash: float = parameter(0.0, unit="money", help="each of two who go straight earns")

    equilibrium = "both mix so that the other is indifferent"
    stake_parameter = "win"
    sources = (
        "Rapoport & Chammah 1966, American Behavioral Scientist 10:10-28",
        "Maynard Smith & Price 1973, Nature 246:15-18",
    )
    rules = symmetric_rules(
        "swerve",
        "straight",
        both_first="both",
        first_alone="give_way",
        second_alone="win",
        both_second="crash",
    )
    words = {"other": ("{swerve}", "{straight}")}

    def check(self) -> None:
        """Refuse payoffs that make another game."""
        if not self.win > self.both > self.give_way > self.crash:
            raise GamesimError(
                "chicken: payoffs must be in the order win > both > give_way > crash; for other orders use "
                "prisoners_dilemma or two_by_two"
            )

    @stage(by="player")
    def choose(self, play: Play) -> ActionSpace:
        """Swerve or go straight."""
        return Choice(("swerve", "straight"), ("A", "B"))

    def table(self) -> Floats:
        """Give the own earnings, rows the own action, columns the other's: (2, 2) float."""
        return np.array([[self.both, self.give_way], [self.win, self.crash]])
