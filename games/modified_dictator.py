"""The modified dictator game: the equal amount at which one gives up the larger part.

=========  ========  =======================  =====
role       decision  range                    unit
=========  ========  =======================  =====
dictator   switch    0 to endowment and step  money
recipient  none
=========  ========  =======================  =====

A dictator chooses between `endowment` for oneself with nothing for the other, and an equal amount for both, for every
equal amount from 0 to the endowment (Blanco, Engelmann & Normann 2011).  The choices are stated as one number, the
smallest equal amount that is taken; one step above the endowment means that none is.  One equal amount is drawn and
paid as chosen.

In the model of Fehr & Schmidt (1999) who is indifferent at the equal amount x has an aversion to being ahead of
``beta = 1 - x / endowment``; `ModifiedDictator.beta` gives the bounds that a switch puts on it.  Selfish players
switch at the endowment, where they are indifferent (the tie rule).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class ModifiedDictator(Game):
    """One player trades an own larger part for equal amounts (Blanco, Engelmann & Normann 2011)."""

    endowment: float = parameter(
        20.0, unit="money", above=0, help="money for the dictator who does not share"
    )
    step: float = parameter(1.0, unit="money", above=0, help="distance between equal amounts")

    roles = ("dictator", "recipient")
    equilibrium = "switches at the endowment (indifferent there, and takes equal amounts)"
    efficiency = "the endowment is drawn as the equal amount, and taken"
    methods = {"switch": "list of choices, stated by its switching point"}
    sources = (
        "Blanco, Engelmann & Normann 2011, Games and Economic Behavior 72:321-338",
        "Fehr & Schmidt 1999, Quarterly Journal of Economics 114:817-868",
    )
    rules = {
        "dictator": (
            "You have been paired with another person, who has no say. There is a list of choices. In each you choose "
            "between {endowment} for you with nothing for the other, and an equal amount for both of you. The equal "
            "amount rises from {nothing} to {endowment} in steps of {step}. You state the smallest equal amount that "
            "you take; you take all larger ones too. Say {never} if you take none. One choice of the list is drawn at "
            "random and paid.",
            "There are two people in this task, you and somebody you do not know, and only you decide. Either you keep "
            "{endowment} and the other gets nothing, or both get the same amount. This amount can be anything between "
            "{nothing} and {endowment} in steps of {step}; it is drawn at random afterwards. Name the least amount for "
            "both that you prefer to keeping everything, or {never} if there is none.",
            "You decide between two ways of paying you and another participant: {endowment} to you alone, or one and "
            "the same sum to each. Sums from {nothing} to {endowment} are possible, {step} apart, and chance picks "
            "one. With sums below the number that you state you are paid alone; from that number on both are paid. The "
            "number {never} means that you are always paid alone.",
        ),
        "recipient": (
            "You have been paired with another person who chooses between money for themselves alone and equal amounts "
            "for both of you. You have nothing to decide.",
        ),
    }
    ask = {
        "switch": (
            "What is the smallest equal amount that you take?",
            "From which amount for both on do you choose the same for both?",
            "State the least amount at which both of you are to be paid.",
        )
    }
    money_names = ("amount",)
    recall = {
        "dictator": "you named {switch}, the amount drawn was {amount}, and you earned {earned}",
        "recipient": "you were given {earned}",
    }

    @stage(by="dictator")
    def switch(self, play: Play) -> ActionSpace:
        """State the smallest equal amount that is taken."""
        return Amount(0, self.endowment + self.step, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the amount that was drawn to both, or the endowment to the dictator."""
        amount = self._amount(play)
        shared = np.where(np.isnan(play["switch"]), np.nan, amount >= play["switch"] - self.step / 2)
        return {
            "dictator": shared * amount + (1 - shared) * self.endowment,
            "recipient": shared * amount,
        }

    def _amount(self, play: Play) -> Floats:
        return Amount(0, self.endowment, self.step).uniform(play.chance("amount", "dictator"))

    def beta(self, switch: Floats) -> tuple[Floats, Floats]:
        """Give the bounds that switches put on the aversion to being ahead (Fehr & Schmidt 1999).

        Parameters
        ----------
        switch : (D,) float

        Returns
        -------
        low, high : (D,) float
            Whoever switches at x is indifferent above x - step and up to x.
        """
        low: Floats = 1 - switch / self.endowment
        return low, low + self.step / self.endowment

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the dictator the amount that was drawn."""
        return {"dictator": {"amount": self._amount(play)}}

    def facts(self) -> Mapping[str, float | str]:
        """Say how never taking equal amounts is stated."""
        return {"never": self.money(self.endowment + self.step), "nothing": self.money(0)}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Switch at the endowment."""
        return np.full(size, self.endowment)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take every equal amount."""
        return np.zeros(size)

    def efficient_payoff(self) -> float:
        """Give the endowment for both."""
        return 2 * self.endowment
