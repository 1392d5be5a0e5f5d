"""The prisoner's dilemma, and every other symmetric 2x2 game by its payoffs.

======  ========  ==================
role    decision  actions
======  ========  ==================
player  choose    cooperate, defect
======  ========  ==================

Payoffs: `reward` for two cooperators, `punishment` for two defectors, `temptation` for a defector and `sucker`
for a cooperator who meet.  Temptation > reward > punishment > sucker is a prisoner's dilemma; other orders are
a stag hunt, chicken, harmony and so on.  Players read of options A and B, not of cooperation.

Selfish players take their dominant action (both defect in the dilemma).  Without one, they take the symmetric
pure equilibrium that is risk-dominant (Harsanyi & Selten 1988; at a tie, cooperation), and where none is
symmetric they mix.  45 % of people on record cooperate in the first round.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.game import ActionSpace, Choice, Floats, Game, Play, parameter, stage
from gamesim.matrix import best_alike, largest_total, paid, symmetric_equilibrium


@dataclass(frozen=True)
class PrisonersDilemma(Game):
    """Two players cooperate or defect at the same time (Flood & Dresher 1950; Rapoport & Chammah 1965)."""

    reward: float = parameter(400.0, unit="money", help="each of two cooperators earns")
    sucker: float = parameter(0.0, unit="money", help="a cooperator who meets a defector earns")
    temptation: float = parameter(700.0, unit="money", help="a defector who meets a cooperator earns")
    punishment: float = parameter(300.0, unit="money", help="each of two defectors earns")

    roles = ("player", "player")
    equilibrium = (
        "the dominant action; else the risk-dominant equilibrium (at a tie, cooperation); else mixes"
    )
    efficiency = "whichever pair of actions has the largest sum"
    stake_parameter = "temptation"
    sources = (
        "Rapoport & Chammah 1965, Prisoner's Dilemma, University of Michigan Press",
        "Harsanyi & Selten 1988, A General Theory of Equilibrium Selection in Games, MIT Press",
    )
    rules = {
        "player": (
            "You and another person each choose {options} at the same time. If both choose {cooperate}, each earns "
            "{reward}. If both choose {defect}, each earns {punishment}. If one chooses {cooperate} and the other "
            "{defect}, the one who chose {cooperate} earns {sucker} and the one who chose {defect} earns "
            "{temptation}.",
            "Two participants, you and one other, pick one of two options without knowing the other's pick. "
            "{cooperate} and {cooperate}: {reward} for each. {defect} and {defect}: {punishment} for each. You "
            "{cooperate}, the other {defect}: {sucker} for you and {temptation} for the other. You {defect}, the "
            "other {cooperate}: {temptation} for you and {sucker} for the other.",
            "Your earnings depend on your choice and on that of another participant. Choosing {cooperate} brings "
            "you {reward} if the other chooses {cooperate} too and {sucker} if the other chooses {defect}. "
            "Choosing {defect} brings you {temptation} if the other chooses {cooperate} and {punishment} if the "
            "other chooses {defect} too. The other faces the same rule.",
            "You are matched with one person. Each of you takes option {cooperate} or option {defect}, both at "
            "once. When you both take {cooperate} you get {reward} each; when you both take {defect} you get "
            "{punishment} each; when you differ, whoever took {defect} gets {temptation} and whoever took "
            "{cooperate} gets {sucker}.",
        ),
    }
    ask = {
        "choose": (
            "Do you choose {options}?",
            "Which option do you take, {options}?",
            "State your choice: {options}.",
        )
    }
    words = {"other": ("{cooperate}", "{defect}")}
    recall = {"player": "you chose {choose} and the other chose {other}"}

    @stage(by="player")
    def choose(self, play: Play) -> ActionSpace:
        """Cooperate or defect."""
        return Choice(("cooperate", "defect"), ("A", "B"))

    def table(self) -> Floats:
        """Give the own earnings, rows the own action, columns the other's: (2, 2) float."""
        return np.array([[self.reward, self.sucker], [self.temptation, self.punishment]])

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Look both actions up in the payoff table."""
        return {"player": paid(self.table(), play["choose"], play.partner("choose"))}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other chose."""
        return {"player": {"other": play.partner("choose")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Play the equilibrium named in the module's docstring."""
        return symmetric_equilibrium(self.table(), size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take the action that gives both the most when both take it."""
        return best_alike(self.table(), size)

    def efficient_payoff(self) -> float:
        """Give the largest sum in the table."""
        return largest_total(self.table())
