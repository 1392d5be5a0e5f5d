"""The first-price sealed-bid auction: the highest bid wins and is paid.

======  ========  ============  =====
role    decision  range         unit
======  ========  ============  =====
bidder  bid       0 to highest  money
======  ========  ============  =====

Each bidder is shown a private value, drawn for every round from 0, step, ..., highest, each equally likely.  The
highest bid wins, by lot among equals, and earns its maker the own value less the bid, which is negative if that
was higher than the value; the rest earn nothing.

Selfish and risk-neutral players bid ``(bidders - 1) / bidders`` of their value, the equilibrium for values from a
continuum (Vickrey 1961), as near as steps allow.  People bid more (Cox, Roberson & Smith 1982).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class FirstPriceAuction(Game):
    """Bidders with private values bid once; the highest bid wins and is paid (Cox, Roberson & Smith 1982)."""

    group_size: int = parameter(4, least=2, help="bidders in an auction")
    highest: float = parameter(100.0, unit="money", above=0, help="largest value, and largest bid")
    step: float = parameter(1.0, unit="money", above=0, help="distance between values, and between bids")

    equilibrium = "bids (bidders - 1) / bidders of the value, as near as steps allow"
    efficiency = "at most the largest value, for a bidder who has it and pays nothing"
    stake_parameter = "highest"
    sources = (
        "Vickrey 1961, Journal of Finance 16:8-37",
        "Cox, Roberson & Smith 1982, Research in Experimental Economics 2:1-43",
    )
    signals = ("value",)
    rules = {
        "bidder": (
            "You are one of {group_size} people who bid for the same object. What it is worth differs from person to "
            "person: for each it is an amount from 0 to {highest}, every amount being equally likely, and only you "
            "know yours. All bid at the same time, up to {highest}. Whoever bids most gets the object and pays the own "
            "bid, earning the own value less the bid. The rest earn nothing. A tie is decided by lot.",
            "An item is sold among {group_size} bidders, you among them, by sealed bids of at most {highest}. Each "
            "bidder has a private value for it, drawn at random between 0 and {highest}. The highest bidder wins and "
            "pays what was bid; the gain is that bidder's value minus the bid. Nobody else gains or pays anything. "
            "Equal highest bids draw lots.",
            "In this auction {group_size} participants, you included, each hand in one bid, at most {highest}. You "
            "know what winning is worth to you; for everybody else it is likewise some amount between 0 and "
            "{highest}, all equally probable. The largest bid wins (by lot if there are several), costs its maker that "
            "bid and brings the value. Losing brings and costs nothing.",
        )
    }
    ask = {
        "bid": (
            "Your value is {value}. How much do you bid?",
            "To you it is worth {value}. What is your bid?",
            "Winning is worth {value} to you. State your bid.",
        )
    }
    money_names = ("value", "winning")
    recall = {
        "bidder": "your value was {value}, you bid {bid}, the highest bid was {winning}, and you earned {earned}"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many bidders as the auction has."""
        return ("bidder",) * self.group_size

    @stage(by="bidder", sees=("value",))
    def bid(self, play: Play) -> ActionSpace:
        """Choose a bid."""
        return Amount(0, self.highest, self.step)

    def signal(self, name: str, play: Play) -> Floats:
        """Draw everybody's private value."""
        return Amount(0, self.highest, self.step).uniform(play.chance("value", "bidder"))

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the winner the value less the bid."""
        seats = play.seats("bidder")
        order = np.lexsort((play.chance("lot", "bidder"), np.nan_to_num(play["bid"]), seats.group()))
        last = np.cumsum(np.broadcast_to(seats.sizes, seats.groups)) - 1
        won = np.zeros(len(order), dtype=bool)
        won[order[last]] = True
        gain = np.where(won, self.signal("value", play) - play["bid"], 0.0)
        return {"bidder": play.settled("bidder", gain)}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each bidder the own value again, and the highest bid."""
        seats = play.seats("bidder")
        return {
            "bidder": {
                "value": self.signal("value", play),
                "winning": -seats.spread(seats.smallest(-play["bid"])),
            }
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Bid as much below the value as the number of bidders allows."""
        part = (self.group_size - 1) / self.group_size
        return Amount(0, self.highest, self.step).nearest(part * seen["value"])

    def efficient_payoff(self) -> float:
        """Give the largest value."""
        return self.highest
