"""The traveler's dilemma: both are paid the lower claim, and whoever claims less is rewarded.

======  ========  ===========  =====
role    decision  range        unit
======  ========  ===========  =====
player  claim     low to high  money
======  ========  ===========  =====

Two equal claims are paid.  Else both are paid the lower claim, and `reward` is added for who made it and taken from
the other.  The defaults are the story of Basu (1994); Capra, Goeree, Gomez & Holt (1999) used claims from 80 to 200
and rewards from 5 to 80.

As long as the reward exceeds one step, undercutting always pays, and the lowest claim is the only equilibrium.  With
a reward of at most a step, selfish players make the largest claim, the best of their equilibria.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class TravelersDilemma(Game):
    """Two players claim money; the lower claim counts, and pays more to its maker (Basu 1994)."""

    low: float = parameter(2.0, unit="money", least=0, help="smallest claim")
    high: float = parameter(100.0, unit="money", above=0, help="largest claim")
    reward: float = parameter(2.0, unit="money", above=0, help="moves from the higher to the lower claim")
    step: float = parameter(1.0, unit="money", above=0, help="distance between claims")

    roles = ("player", "player")
    equilibrium = "the lowest claim (if the reward is at most a step: the largest)"
    efficiency = "both make the largest claim"
    stake_parameter = "high"
    sources = (
        "Basu 1994, American Economic Review 84(2):391-395",
        "Capra, Goeree, Gomez & Holt 1999, American Economic Review 89:678-690",
    )
    rules = {
        "player": (
            "You and another person each claim an amount from {low} to {high}, both at the same time. If the claims "
            "are equal, each is paid that amount. If they differ, both are paid the lower claim, with {reward} added "
            "for the person who made the lower claim and {reward} subtracted for the person who made the higher one.",
            "Two participants, you and one other, name a sum of at least {low} and at most {high} without knowing the "
            "other's. Equal sums are paid out. Otherwise the smaller sum counts for both: whoever named it gets it "
            "plus {reward}, and the other gets it minus {reward}.",
            "You make a claim between {low} and {high}, and so does another participant. What you both receive is the "
            "lower of the two claims. If yours is the lower one you also receive a reward of {reward}; if yours is "
            "the higher one you pay a penalty of {reward}; if they are the same there is neither.",
        )
    }
    ask = {
        "claim": (
            "What amount do you claim?",
            "How large is your claim?",
            "State your claim.",
        )
    }
    money_names = ("other",)
    recall = {"player": "you claimed {claim}, the other claimed {other}, and you earned {earned}"}

    def check(self) -> None:
        """Refuse a range without a choice."""
        if self.low >= self.high:
            raise GamesimError(f"travelers_dilemma: low = {self.low!r} must be below high = {self.high!r}")

    @stage(by="player")
    def claim(self, play: Play) -> ActionSpace:
        """Choose a claim."""
        return Amount(self.low, self.high, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the lower claim, and move the reward from the higher to the lower."""
        own, other = play["claim"], play.partner("claim")
        return {"player": np.minimum(own, other) + self.reward * np.sign(np.round(other - own, 9))}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other claimed."""
        return {"player": {"other": play.partner("claim")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Make the lowest claim, or the largest where undercutting does not pay."""
        return np.full(size, self.low if self.reward > self.step else self.high)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Make the largest claim, which gives both the most and the same."""
        return np.full(size, self.high)

    def efficient_payoff(self) -> float:
        """Give two largest claims."""
        return 2 * self.high
