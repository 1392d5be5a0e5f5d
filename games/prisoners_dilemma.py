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

from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Choice, Floats, Play, parameter, stage
from gamesim.matrix import Symmetric, symmetric_rules


@dataclass(frozen=True)
class PrisonersDilemma(Symmetric):
    """Two players cooperate or defect at the same time (Flood & Dresher 1950; Rapoport & Chammah 1965)."""

    reward: float = parameter(400.0, unit="money", help="each of two cooperators earns")
    sucker: float = parameter(0.0, unit="money", help="a cooperator who meets a defector earns")
    temptation: float = parameter(700.0, unit="money", help="a defector who meets a cooperator earns")
    punishment: float = parameter(300.0, unit="money", help="each of two defectors earns")

    equilibrium = (
        "the dominant action; else the risk-dominant equilibrium (at a tie, cooperation); else mixes"
    )
    stake_parameter = "temptation"
    sources = (
        "Rapoport & Chammah 1965, Prisoner's Dilemma, University of Michigan Press",
        "Harsanyi & Selten 1988, A General Theory of Equilibrium Selection in Games, MIT Press",
    )
    rules = symmetric_rules(
        "cooperate",
        "defect",
        both_first="reward",
        first_alone="sucker",
        second_alone="temptation",
        both_second="punishment",
    )
    words = {"other": ("{cooperate}", "{defect}")}

    @stage(by="player")
    def choose(self, play: Play) -> ActionSpace:
        """Cooperate or defect."""
        return Choice(("cooperate", "defect"), ("A", "B"))

    def table(self) -> Floats:
        """Give the own earnings, rows the own action, columns the other's: (2, 2) float."""
        return np.array([[self.reward, self.sucker], [self.temptation, self.punishment]])
