"""The trust game: what is sent grows, and may be returned.

========  ========  ======================  =====
role      decision  range                   unit
========  ========  ======================  =====
investor  send      0 to endowment          money
trustee   return    0 to factor times sent  money
========  ========  ======================  =====

Selfish players: the trustee returns nothing, so the investor sends nothing.  Sending everything is efficient.
People on record send about 42 % and return, of 50 sent, about 59 of the 150 that arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Trust(Game):
    """An investor sends money that is multiplied; a trustee returns what they like (Berg et al. 1995)."""

    endowment: float = parameter(100.0, unit="money", above=0, help="the investor's money")
    factor: float = parameter(3.0, above=1, help="what one unit sent becomes")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit sent or returned")

    roles = ("investor", "trustee")
    equilibrium = "sends nothing, returns nothing"
    efficiency = "sends everything: the sum is then factor times endowment"
    sources = (
        "Berg, Dickhaut & McCabe 1995, Games and Economic Behavior 10:122-142",
        "Johnson & Mislin 2011, Journal of Economic Psychology 32:865-889",
    )
    rules = {
        "investor": (
            "You are the investor and have {endowment}. You may send any part of it to another person, the "
            "trustee. What you send is multiplied by {factor} on its way. The trustee then decides how much "
            "of what arrived goes back to you. You earn what you kept plus what comes back.",
            "You hold {endowment}. Each unit that you transfer to your partner turns into {factor} units for "
            "the partner, who afterwards chooses freely how much to hand back to you. Your earnings are what "
            "you did not transfer plus what is handed back.",
            "With {endowment} in hand you choose how much to entrust to another participant. The amount grows "
            "to {factor} times its size. That participant may return any part of it, or nothing. You end with "
            "what you held back plus what is returned.",
            "There are two roles, investor and trustee, and you are the investor, with {endowment}. The "
            "trustee receives {factor} times what you send and then decides what to return. You keep what "
            "you do not send and whatever the trustee returns.",
        ),
        "trustee": (
            "You are the trustee. Another person, the investor, had {endowment} and could send any part of it "
            "to you. What was sent was multiplied by {factor} on its way. You decide how much of what arrived "
            "goes back to the investor, and you keep the rest.",
            "Your partner held {endowment} and could transfer any part of it. Each unit transferred turned "
            "into {factor} units for you. You choose freely how much to hand back; what you do not hand back "
            "is yours.",
            "Another participant with {endowment} in hand chose how much to entrust to you. The amount grew "
            "to {factor} times its size. You may return any part of it, or nothing, and you end with what you "
            "do not return.",
            "There are two roles, investor and trustee, and you are the trustee. The investor started with "
            "{endowment}; you receive {factor} times what the investor sent, then decide what to return and "
            "keep the remainder.",
        ),
    }
    ask = {
        "send": (
            "How much do you send?",
            "What amount do you transfer to the other person?",
            "State the amount that you send.",
        ),
        "return": (
            "The investor sent {send}, so {pot} arrived. How much do you return?",
            "{send} was sent to you and became {pot}. What amount do you hand back?",
            "You received {pot}, since {send} was sent. State the amount that you return.",
        ),
    }
    money_names = ("pot",)
    recall = {
        "investor": "you sent {send} and {return} came back",
        "trustee": "{send} was sent to you and you returned {return}",
    }

    def check(self) -> None:
        """Refuse a factor that would make amounts which cannot be returned in whole steps."""
        if not float(self.factor).is_integer():
            raise GamesimError(
                f"trust: factor = {self.factor!r} must be a whole number, so that every amount that arrives "
                "is a whole number of steps"
            )

    @stage(by="investor")
    def send(self, play: Play) -> ActionSpace:
        """Choose what to send."""
        return Amount(0, self.endowment, self.step)

    @stage(by="trustee", sees=("send",))
    def return_(self, play: Play) -> ActionSpace:
        """Choose what to return of what arrived."""
        return Amount(0, self.factor * play["send"], self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the investor what was kept and returned, the trustee what was not returned."""
        return {
            "investor": self.endowment - play["send"] + play["return"],
            "trustee": self.factor * play["send"] - play["return"],
        }

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other did."""
        return {"investor": {"return": play["return"]}, "trustee": {"send": play["send"]}}

    def derived(self, seen: Mapping[str, float]) -> Mapping[str, float]:
        """Work out what arrived at the trustee."""
        return {"pot": self.factor * seen["send"]} if "send" in seen else {}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Send nothing; return nothing."""
        return np.zeros(size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Send everything; return what makes both earn the same, as far as that is possible."""
        if stage == "send":
            return np.full(size, self.endowment)
        fair: Floats = ((self.factor + 1) * seen["send"] - self.endowment) / 2
        return np.maximum(fair, 0)

    def efficient_payoff(self) -> float:
        """Give what the two earn together when everything is sent."""
        return self.factor * self.endowment
