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

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Game, Play, parameter, stage
from gamesim.matrix import best_alike, largest_total, paid, symmetric_equilibrium


@dataclass(frozen=True)
class Chicken(Game):
    """Two players give way or not; the worst is when neither does (Rapoport & Chammah 1966)."""

    win: float = parameter(500.0, unit="money", help="one who goes straight while the other swerves earns")
    both: float = parameter(300.0, unit="money", help="each of two who swerve earns")
    give_way: float = parameter(
        100.0, unit="money", help="one who swerves while the other goes straight earns"
    )
    crash: float = parameter(0.0, unit="money", help="each of two who go straight earns")

    roles = ("player", "player")
    equilibrium = "both mix so that the other is indifferent"
    efficiency = "whichever pair of actions has the largest sum"
    stake_parameter = "win"
    sources = (
        "Rapoport & Chammah 1966, American Behavioral Scientist 10:10-28",
        "Maynard Smith & Price 1973, Nature 246:15-18",
    )
    rules = {
        "player": (
            "You and another person each choose {options} at the same time. If both choose {swerve}, each earns "
            "{both}. If both choose {straight}, each earns {crash}. If one chooses {swerve} and the other {straight}, "
            "the one who chose {swerve} earns {give_way} and the one who chose {straight} earns {win}.",
            "Two participants, you and one other, pick one of two options without knowing the other's pick. "
            "{swerve} and {swerve}: {both} for each. {straight} and {straight}: {crash} for each. You {swerve}, the "
            "other {straight}: {give_way} for you and {win} for the other. You {straight}, the other {swerve}: {win} "
            "for you and {give_way} for the other.",
            "Your earnings depend on your choice and on that of another participant. Choosing {swerve} brings you "
            "{both} if the other chooses {swerve} too and {give_way} if the other chooses {straight}. Choosing "
            "{straight} brings you {win} if the other chooses {swerve} and {crash} if the other chooses {straight} "
            "too. The other faces the same rule.",
            "You are matched with one person. Each of you takes option {swerve} or option {straight}, both at once. "
            "When you both take {swerve} you get {both} each; when you both take {straight} you get {crash} each; "
            "when you differ, whoever took {straight} gets {win} and whoever took {swerve} gets {give_way}.",
        )
    }
    ask = {
        "choose": (
            "Do you choose {options}?",
            "Which option do you take, {options}?",
            "State your choice: {options}.",
        )
    }
    words = {"other": ("{swerve}", "{straight}")}
    recall = {"player": "you chose {choose} and the other chose {other}"}

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

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Look both actions up in the payoff table."""
        return {"player": paid(self.table(), play["choose"], play.partner("choose"))}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other chose."""
        return {"player": {"other": play.partner("choose")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Swerve with the probability that makes the other indifferent."""
        return symmetric_equilibrium(self.table(), size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Swerve, which gives both the most and the same."""
        return best_alike(self.table(), size)

    def efficient_payoff(self) -> float:
        """Give the largest sum in the table."""
        return largest_total(self.table())
