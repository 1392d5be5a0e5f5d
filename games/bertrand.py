"""Bertrand competition: the lowest price takes the market.

======  ========  ===========  =====
role    decision  range        unit
======  ========  ===========  =====
seller  price     low to high  money
======  ========  ===========  =====

The seller with the lowest price earns it; sellers who share the lowest price divide it.  This is the game of
Dufwenberg & Gneezy (2000), with prices from 2 to 100 and two, three or four sellers.

Undercutting pays until the lowest price is reached: selfish players ask for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Bertrand(Game):
    """Sellers name prices, and the lowest one sells (Bertrand 1883; Dufwenberg & Gneezy 2000)."""

    group_size: int = parameter(2, least=2, help="sellers in a market")
    low: float = parameter(2.0, unit="money", least=0, help="smallest price")
    high: float = parameter(100.0, unit="money", above=0, help="largest price")
    step: float = parameter(1.0, unit="money", above=0, help="distance between prices")

    equilibrium = "the lowest price"
    efficiency = "for the sellers: all ask for the largest price"
    stake_parameter = "high"
    sources = ("Dufwenberg & Gneezy 2000, International Journal of Industrial Organization 18:7-22",)
    rules = {
        "seller": (
            "You are {group_size:the only person and|one of {group_size} people who each} choose an amount from {low} "
            "to {high} at the same time. The one who chose the lowest amount earns it, and the rest earn nothing. If "
            "several chose the lowest, they share it equally.",
            "There is a market with {group_size} {group_size:seller|sellers}, and you are one of them. Each names a "
            "price, at least {low} and at most {high}, without knowing the prices of the rest. Only the seller with "
            "the lowest price makes a sale and is paid that price; at a tie the payment is divided equally.",
            "{group_size} {group_size:competitor|competitors}, you among them, each make a bid between {low} and "
            "{high}. The smallest bid wins and its maker is paid exactly what was bid; all the others get nothing. "
            "Equal smallest bids split the payment.",
        )
    }
    ask = {
        "price": (
            "Which amount do you choose?",
            "What amount do you name?",
            "State your amount.",
        )
    }
    money_names = ("lowest",)
    recall = {"seller": "you chose {price}, the lowest was {lowest}, and you earned {earned}"}

    def check(self) -> None:
        """Refuse a range without a choice."""
        if self.low >= self.high:
            raise GamesimError(f"bertrand: low = {self.low!r} must be below high = {self.high!r}")

    @property
    def roles(self) -> tuple[str, ...]:
        """As many sellers as the market has."""
        return ("seller",) * self.group_size

    @stage(by="seller")
    def price(self, play: Play) -> ActionSpace:
        """Choose a price."""
        return Amount(self.low, self.high, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the lowest price to whoever asked for it."""
        seats = play.seats("seller")
        lowest = self._lowest(play)
        sold = np.where(np.isnan(lowest), np.nan, play["price"] <= lowest + 1e-9)
        return {"seller": lowest * sold / seats.spread(seats.total(sold))}

    def _lowest(self, play: Play) -> Floats:
        seats = play.seats("seller")
        return seats.spread(seats.smallest(play["price"]))

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each seller the lowest price."""
        return {"seller": {"lowest": self._lowest(play)}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Ask for the lowest price."""
        return np.full(size, self.low)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Ask for the largest price, which gives all the most and the same."""
        return np.full(size, self.high)

    def efficient_payoff(self) -> float:
        """Give the largest price."""
        return self.high
