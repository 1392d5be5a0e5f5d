"""The dictator game: one player divides money, the other receives.

=========  ========  ==================  =====
role       decision  range               unit
=========  ========  ==================  =====
dictator   give      0 to endowment      money
recipient  none
=========  ========  ==================  =====

Selfish players give nothing; every division is efficient.  People on record give about a quarter, and a
fifth of them give exactly half.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Dictator(Game):
    """One player divides an endowment; the other has no say (Forsythe et al. 1994)."""

    endowment: float = parameter(100.0, unit="money", above=0, help="money to divide")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit that can be given")

    roles = ("dictator", "recipient")
    equilibrium = "gives nothing"
    efficiency = "any division: the sum is always the endowment"
    sources = (
        "Forsythe, Horowitz, Savin & Sefton 1994, Games and Economic Behavior 6:347-369",
        "Engel 2011, Experimental Economics 14:583-610",
    )
    rules = {
        "dictator": (
            "You have been paired with another person. You have {endowment} to divide between the two of you. "
            "You decide how much of it the other person gets, and you keep the rest. The other person has no "
            "say and must take what you give.",
            "There are two people in this task: you and somebody you do not know. {endowment} is at your "
            "disposal. Whatever part you hand over belongs to the other person, and what is left belongs to "
            "you. The other person makes no decision.",
            "You were given {endowment}. You may pass any part of it, or none, to another participant who "
            "received nothing. That participant cannot accept or reject: your decision settles what both of "
            "you earn.",
            "This is a decision about sharing {endowment} with one other participant. You alone decide. The "
            "other participant earns what you give, and you earn the remainder.",
        ),
        "recipient": (
            "You have been paired with another person who divides {endowment} between the two of you. You get "
            "what that person gives. You have nothing to decide.",
        ),
    }
    ask = {
        "give": (
            "How much do you give to the other person?",
            "What amount do you pass to the other person?",
            "State the amount that goes to the other person.",
        )
    }
    recall = {"dictator": "you gave {give}", "recipient": "you were given {give}"}

    @stage(by="dictator")
    def give(self, play: Play) -> ActionSpace:
        """Choose what the recipient gets."""
        return Amount(0, self.endowment, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the recipient what is given and the dictator the rest."""
        return {"dictator": self.endowment - play["give"], "recipient": play["give"]}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the recipient what was given."""
        return {"recipient": {"give": play["give"]}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Give nothing."""
        return np.zeros(size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Give half."""
        return np.full(size, self.endowment / 2)

    def efficient_payoff(self) -> float:
        """Give the endowment."""
        return self.endowment
