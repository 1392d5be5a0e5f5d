"""Third-party punishment: a bystander may pay to take money from a dictator.

===========  ========  ====================  ======
role         decision  range                 unit
===========  ========  ====================  ======
dictator     transfer  0 to endowment        money
recipient    none
third_party  punish    0 to third_endowment  points
===========  ========  ====================  ======

A dictator gives what they like to a recipient who has nothing.  A third person sees it and may assign points: each
costs that person 1 and takes `deduction` from the dictator, whose earnings can become negative.  The defaults are
those of Fehr & Fischbacher (2004).  They asked third parties by the strategy method, for every possible transfer;
here they answer the transfer that was made.

Selfish players: the third party does not punish, and the dictator gives nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class ThirdPartyPunishment(Game):
    """A dictator divides money, and a third person may punish at a cost (Fehr & Fischbacher 2004)."""

    endowment: float = parameter(100.0, unit="money", above=0, help="the dictator's money")
    step: float = parameter(10.0, unit="money", above=0, help="smallest unit that can be given")
    third_endowment: float = parameter(50.0, unit="money", above=0, help="the third party's money")
    deduction: float = parameter(3.0, unit="money", above=0, help="what a point takes from the dictator")

    roles = ("dictator", "recipient", "third_party")
    equilibrium = "gives nothing, punishes nobody"
    efficiency = "nobody is punished: the sum is then both endowments"
    sources = ("Fehr & Fischbacher 2004, Evolution and Human Behavior 25:63-87",)
    rules = {
        "dictator": (
            "There are three people: you, a recipient and an observer. You have {endowment} and decide how much of it "
            "the recipient gets; the recipient has nothing and no say. The observer has {third_endowment}, sees what "
            "you gave, and may assign points to you. Each point costs the observer 1 unit and takes {deduction} away "
            "from you.",
            "You hold {endowment} and may pass any part of it to a second participant, who starts with nothing and "
            "only receives. A third participant, who holds {third_endowment}, learns your decision and can pay 1 unit "
            "for each point given to you; every point lowers your earnings by {deduction}.",
            "Your task is to share {endowment} with another person, who must take what you give. Somebody else "
            "watches, with {third_endowment} of their own, and can spend part of it on points against you: 1 unit "
            "spent makes one point, and one point costs you {deduction}.",
        ),
        "recipient": (
            "There are three people. One has {endowment} and decides how much of it you get. Another sees it and may "
            "pay to take money from the first. You have nothing to decide.",
        ),
        "third_party": (
            "There are three people: a giver, a recipient and you. The giver has {endowment} and decides how much of "
            "it the recipient gets; the recipient has nothing and no say. You have {third_endowment}, see what was "
            "given, and may assign points to the giver. Each point costs you 1 unit and takes {deduction} away from "
            "the giver.",
            "A first participant holds {endowment} and may pass any part of it to a second one, who starts with "
            "nothing and only receives. You hold {third_endowment}, learn that decision and can pay 1 unit for each "
            "point given to the first participant; every point lowers that participant's earnings by {deduction}.",
            "Somebody's task is to share {endowment} with another person, who must take what is given. You watch, with "
            "{third_endowment} of your own, and can spend part of it on points against the one who shares: 1 unit "
            "spent makes one point, and one point costs that person {deduction}.",
        ),
    }
    ask = {
        "transfer": (
            "How much do you give to the other person?",
            "What amount do you pass on?",
            "State the amount that the other person gets.",
        ),
        "punish": (
            "{transfer} was given. How many points do you assign?",
            "The amount passed on was {transfer}. What number of points do you give?",
            "The other person got {transfer}. State the number of points that you assign.",
        ),
    }
    recall = {
        "dictator": "you gave {transfer}, received {punish} against you, and earned {earned}",
        "recipient": "you were given {transfer}",
        "third_party": "{transfer} was given, you assigned {punish}, and you earned {earned}",
    }

    @stage(by="dictator")
    def transfer(self, play: Play) -> ActionSpace:
        """Choose what the recipient gets."""
        return Amount(0, self.endowment, self.step)

    @stage(by="third_party", sees=("transfer",), called="for the giver")
    def punish(self, play: Play) -> ActionSpace:
        """Choose the points against the dictator."""
        return Amount(0, self.third_endowment, unit="points")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the transfer, charge the points to both."""
        given, points = play["transfer"], play["punish"]
        return {
            "dictator": self.endowment - given - self.deduction * points,
            "recipient": play.settled("recipient", given),
            "third_party": play.settled("third_party", self.third_endowment - points),
        }

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the dictator the points, and the others what was given."""
        return {
            "dictator": {"punish": play["punish"]},
            "recipient": {"transfer": play["transfer"]},
            "third_party": {"transfer": play["transfer"]},
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Give nothing; punish nobody."""
        return np.zeros(size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Give half; punish nobody."""
        return np.full(size, self.endowment / 2 if stage == "transfer" else 0.0)

    def efficient_payoff(self) -> float:
        """Give both endowments."""
        return self.endowment + self.third_endowment
