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

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Game, Play, parameter, stage
from gamesim.matrix import best_alike, largest_total, paid, symmetric_equilibrium


@dataclass(frozen=True)
class StagHunt(Game):
    """Two players meet at the better of two equilibria, or play safe (Rousseau 1755; Cooper et al. 1992)."""

    together: float = parameter(1000.0, unit="money", help="each of two who hunt stag earns")
    alone: float = parameter(0.0, unit="money", help="one who hunts stag alone earns")
    tempted: float = parameter(
        800.0, unit="money", help="one who hunts hare while the other hunts stag earns"
    )
    safe: float = parameter(800.0, unit="money", help="each of two who hunt hare earns")

    roles = ("player", "player")
    equilibrium = "the risk-dominant one of the two (at a tie, stag)"
    efficiency = "both hunt stag"
    stake_parameter = "together"
    sources = (
        "Cooper, DeJong, Forsythe & Ross 1992, Quarterly Journal of Economics 107:739-771",
        "Harsanyi & Selten 1988, A General Theory of Equilibrium Selection in Games, MIT Press",
    )
    rules = {
        "player": (
            "You and another person each choose {options} at the same time. If both choose {stag}, each earns "
            "{together}. If both choose {hare}, each earns {safe}. If one chooses {stag} and the other {hare}, the one "
            "who chose {stag} earns {alone} and the one who chose {hare} earns {tempted}.",
            "Two participants, you and one other, pick one of two options without knowing the other's pick. {stag} "
            "and {stag}: {together} for each. {hare} and {hare}: {safe} for each. You {stag}, the other {hare}: "
            "{alone} for you and {tempted} for the other. You {hare}, the other {stag}: {tempted} for you and {alone} "
            "for the other.",
            "Your earnings depend on your choice and on that of another participant. Choosing {stag} brings you "
            "{together} if the other chooses {stag} too and {alone} if the other chooses {hare}. Choosing {hare} "
            "brings you {tempted} if the other chooses {stag} and {safe} if the other chooses {hare} too. The other "
            "faces the same rule.",
            "You are matched with one person. Each of you takes option {stag} or option {hare}, both at once. When "
            "you both take {stag} you get {together} each; when you both take {hare} you get {safe} each; when you "
            "differ, whoever took {hare} gets {tempted} and whoever took {stag} gets {alone}.",
        )
    }
    ask = {
        "choose": (
            "Do you choose {options}?",
            "Which option do you take, {options}?",
            "State your choice: {options}.",
        )
    }
    words = {"other": ("{stag}", "{hare}")}
    recall = {"player": "you chose {choose} and the other chose {other}"}

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

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Look both actions up in the payoff table."""
        return {"player": paid(self.table(), play["choose"], play.partner("choose"))}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other chose."""
        return {"player": {"other": play.partner("choose")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Play the risk-dominant equilibrium."""
        return symmetric_equilibrium(self.table(), size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Hunt stag, which gives both the most and the same."""
        return best_alike(self.table(), size)

    def efficient_payoff(self) -> float:
        """Give what two who hunt stag earn."""
        return largest_total(self.table())
