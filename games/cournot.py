"""Cournot competition: firms choose quantities, and the price falls with their sum.

======  ========  =========  =====
role    decision  range      unit
======  ========  =========  =====
firm    quantity  0 to most  units
======  ========  =========  =====

The price is ``intercept - slope * total quantity``, not below 0, and a firm earns ``(price - cost) * quantity``,
which can be negative.  The defaults are the market of Huck, Normann & Oechssler (2004) with two firms: 33 each in
equilibrium, 24.75 each if they collude, 49.5 each if the price equals cost.

Selfish players produce ``(intercept - cost) / (slope * (firms + 1))`` where that is a legal quantity.  Else they
produce the quantity next to it that is the best reply to itself, the lower if both are; if neither is, as with five
firms, they mix the two so that both earn the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.equilibrium import symmetric
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Cournot(Game):
    """Firms choose how much to produce for one market (Cournot 1838; Huck, Normann & Oechssler 2004)."""

    group_size: int = parameter(2, least=2, help="firms in a market")
    intercept: float = parameter(100.0, unit="money", above=0, help="price at which nothing is sold")
    slope: float = parameter(1.0, unit="money", above=0, help="what each unit takes from the price")
    cost: float = parameter(1.0, unit="money", least=0, help="of each unit produced")
    most: float = parameter(100.0, above=0, help="largest quantity of a firm")
    step: float = parameter(1.0, above=0, help="distance between quantities")

    equilibrium = (
        "(intercept - cost) / (slope * (firms + 1)); between steps, the one next to it that is the best reply to "
        "itself, or a mixture of both"
    )
    efficiency = "for the firms: together they produce (intercept - cost) / (2 * slope), as a monopoly would"
    stake_parameter = "most"
    sources = ("Huck, Normann & Oechssler 2004, Journal of Economic Behavior & Organization 53:435-446",)
    rules = {
        "firm": (
            "You are {group_size:the only firm that sells a good|one of {group_size} firms that sell the same good} "
            "in one market. All choose at the same time how much to produce, from 0 to {most} {most:unit|units}. The "
            "price of a unit is {intercept} less {slope} for every unit that all firms produce together, but never "
            "below zero. Each unit costs you {cost}. You earn the price less the cost for every unit of yours.",
            "There {group_size:is|are} {group_size} {group_size:producer|producers} of the same product, and you are "
            "one of them. Each decides on a quantity between 0 and {most} without knowing those of the rest. The more "
            "is produced in all, the lower the price: it starts at {intercept} and falls by {slope} with each unit, "
            "down to zero at the least. Your profit on a unit is the price minus {cost}.",
            "In this market {group_size} {group_size:seller|sellers}, you included, bring quantities of up to {most} "
            "{most:unit|units} each. Every unit is sold at the same price, {intercept} minus {slope} times the number "
            "of all units, or nothing if that is negative. Bringing a unit costs its seller {cost}. What you sell "
            "your units for, less what they cost, is yours.",
        )
    }
    ask = {
        "quantity": (
            "What quantity do you choose?",
            "How many units do you produce?",
            "State your quantity.",
        )
    }
    money_names = ("price",)
    recall = {
        "firm": (
            "you produced {quantity}, the others on average {others_mean} {others_mean:unit|units}, the price was "
            "{price}, and you earned {earned}",
            "you produced {quantity}, the price was {price}, and you earned {earned}",
        )
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many firms as the market has."""
        return ("firm",) * self.group_size

    @stage(by="firm")
    def quantity(self, play: Play) -> ActionSpace:
        """Choose a quantity."""
        return Amount(0, self.most, self.step, unit="units")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the price less the cost for every unit."""
        return {"firm": (self._price(play) - self.cost) * play["quantity"]}

    def _price(self, play: Play) -> Floats:
        return self._price_at(play.total("quantity"))

    def _price_at(self, total: Floats) -> Floats:
        return np.maximum(self.intercept - self.slope * total, 0.0)

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each firm what the others produced on average, and the price."""
        return {"firm": {"others_mean": play.others_mean("quantity"), "price": self._price(play)}}

    def _markup(self) -> float:
        return max(0.0, (self.intercept - self.cost) / self.slope)

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Produce what is the best reply to itself, or mix."""
        return symmetric(
            f"{self.name}.{stage}",
            Amount(0, self.most, self.step),
            self.group_size,
            self._markup() / (self.group_size + 1),
            lambda own, others: (self._price_at(own + others) - self.cost) * own,
            size,
        )

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Produce an equal share of what a monopoly would, as near as steps allow."""
        each = self._markup() / 2 / self.group_size
        return Amount(0, self.most, self.step).nearest(np.full(size, each))

    def efficient_payoff(self) -> float:
        """Give the profit of a monopoly, fractions of units allowed."""
        total = min(self._markup() / 2, self.group_size * self.most)
        return total * (self.intercept - self.slope * total - self.cost) if total else 0.0
