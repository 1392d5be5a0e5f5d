"""The money request game: ask for much, or for just one step less than the other and win a bonus.

======  ========  ===========  =====
role    decision  range        unit
======  ========  ===========  =====
player  request   low to high  money
======  ========  ===========  =====

Both receive what they request; who requests exactly one step less than the other receives `bonus` on top.  With the
defaults it is the 11-20 game of Arad & Rubinstein (2012), made to count steps of reasoning: 20 is step 0, 19 the
best reply to it is step 1, and so on.

Selfish players mix as in the symmetric equilibrium.  With the defaults 15 to 20 have the probabilities 25, 25, 20,
15, 10 and 5 per cent.  With a bonus of at most a step they request the most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class MoneyRequest(Game):
    """Two players request money; undercutting by one step pays a bonus (Arad & Rubinstein 2012)."""

    low: float = parameter(11.0, unit="money", least=0, help="smallest request")
    high: float = parameter(20.0, unit="money", above=0, help="largest request")
    bonus: float = parameter(20.0, unit="money", above=0, help="for requesting one step less than the other")
    step: float = parameter(1.0, unit="money", above=0, help="distance between requests")

    roles = ("player", "player")
    equilibrium = "mixes so that every request in use earns as much as the largest one"
    efficiency = (
        "one requests the most and the other a step less, or both the most if the bonus is below a step"
    )
    stake_parameter = "high"
    sources = ("Arad & Rubinstein 2012, American Economic Review 102:3561-3573",)
    rules = {
        "player": (
            "You and another person each request an amount of money from {low} to {high}, both at the same time. Each "
            "receives the amount requested. A player who asks for exactly {step} less than the other player receives "
            "{bonus} in addition.",
            "Two participants, you and one other, name a sum of at least {low} and at most {high} without knowing the "
            "other's. Whatever you name is paid to you. If your sum is lower than the other's by exactly {step}, you "
            "get another {bonus}.",
            "You will be paid the amount you ask for, which lies between {low} and {high}. Another participant is "
            "asked the same. Whoever asks for precisely {step} less than the other also gets a bonus of {bonus}.",
        )
    }
    ask = {
        "request": (
            "What amount do you request?",
            "How much do you ask for?",
            "State your request.",
        )
    }
    money_names = ("other",)
    recall = {"player": "you requested {request}, the other requested {other}, and you earned {earned}"}

    def check(self) -> None:
        """Refuse a range without a choice."""
        if self.low >= self.high:
            raise GamesimError(f"money_request: low = {self.low!r} must be below high = {self.high!r}")

    @stage(by="player")
    def request(self, play: Play) -> ActionSpace:
        """Choose a request."""
        return Amount(self.low, self.high, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the request, and the bonus to who requests a step less."""
        own, other = play["request"], play.partner("request")
        won = np.abs(other - own - self.step) < self.step / 2
        return {"player": play.settled("player", own + self.bonus * won)}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other requested."""
        return {"player": {"other": play.partner("request")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> ActionDistribution:
        """Mix as in the symmetric equilibrium.

        A request k steps below the largest earns as much as that one if the request above it has the probability
        k * step / bonus.  Going down, each gets what makes the next as good, until nothing is left.
        """
        requests = Amount(self.low, self.high, self.step).support()
        wanted = self.step / self.bonus * np.arange(1, len(requests) + 1)
        wanted[-1] = 1.0
        down = np.diff(np.minimum(np.cumsum(wanted), 1.0), prepend=0.0)
        return ActionDistribution(requests, down[None, ::-1])

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Request the most, which gives both the same."""
        return np.full(size, self.high)

    def efficient_payoff(self) -> float:
        """Give the largest sum of two requests and a bonus."""
        return 2 * self.high + max(0.0, self.bonus - self.step)
