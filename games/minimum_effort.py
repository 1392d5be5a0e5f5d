"""The minimum effort game, or weak-link game: the least that anybody does counts for all.

======  ========  =============  =======
role    decision  range          unit
======  ========  =============  =======
member  effort    1 to highest   numbers
======  ========  =============  =======

A member earns ``base + benefit * lowest effort in the group - cost * own effort``.  The defaults are game A of Van
Huyck, Battalio & Beil (1990), in cents: seven efforts, 130 for each if all choose 7 and 70 if all choose 1; their
groups had 14 to 16 members.

Every common effort is an equilibrium where the benefit is at least the cost.  Selfish players take the one that
maximises the potential (Monderer & Shapley 1996), which in pairs is risk dominance: the highest effort if the benefit
is at least group size times cost, else the lowest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class MinimumEffort(Game):
    """Members choose efforts, and the lowest one pays them all (Van Huyck, Battalio & Beil 1990)."""

    group_size: int = parameter(14, least=2, help="members of a group")
    highest: int = parameter(7, least=2, help="largest effort")
    benefit: float = parameter(20.0, unit="money", above=0, help="for each unit of the lowest effort")
    cost: float = parameter(10.0, unit="money", least=0, help="of each unit of the own effort")
    base: float = parameter(60.0, unit="money", least=0, help="what everybody earns anyhow")

    equilibrium = "the highest effort if benefit is at least group size times cost, else the lowest"
    efficiency = "everybody makes the highest effort when the benefit exceeds the cost"
    stake_parameter = "benefit"
    sources = (
        "Van Huyck, Battalio & Beil 1990, American Economic Review 80:234-248",
        "Monderer & Shapley 1996, Games and Economic Behavior 14:124-143",
    )
    rules = {
        "member": (
            "You are in a group of {group_size} {group_size:person|people}. Everybody chooses a whole number from 1 "
            "to {highest} at the same time. You earn {base}, plus {benefit} times the smallest number chosen by "
            "anybody in the group, minus {cost} times the number that you chose yourself.",
            "Each of {group_size} {group_size:participant|participants}, you among them, picks a whole number between "
            "1 and {highest}. What counts is the lowest number picked: each unit of it brings you {benefit}. Each "
            "unit of your own number costs you {cost}. On top of that you receive {base}.",
            "Your group has {group_size} {group_size:member|members}, and each names a whole number, at least 1 and "
            "at most {highest}. Your earnings start at {base}. They rise by {benefit} for every unit of the smallest "
            "number named in the group, you included, and fall by {cost} for every unit of your own.",
        )
    }
    ask = {
        "effort": (
            "Which number do you choose?",
            "What number do you pick?",
            "State your number.",
        )
    }
    recall = {"member": "you chose {effort}, the smallest number was {lowest}, and you earned {earned}"}

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def effort(self, play: Play) -> ActionSpace:
        """Choose an effort."""
        return Amount(1, self.highest, unit="numbers")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the lowest effort and charge the own one."""
        return {"member": self.base + self.benefit * self._lowest(play) - self.cost * play["effort"]}

    def _lowest(self, play: Play) -> Floats:
        seats = play.seats("member")
        return seats.spread(seats.smallest(play["effort"]))

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member the lowest effort."""
        return {"member": {"lowest": self._lowest(play)}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Make the effort at which the potential is largest."""
        return np.full(size, self.highest if self.benefit >= self.group_size * self.cost else 1.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Make the common effort that gives all the most."""
        return np.full(size, self.highest if self.benefit >= self.cost else 1.0)

    def efficient_payoff(self) -> float:
        """Give what a group earns at the best common effort."""
        gain = self.benefit - self.cost
        return self.group_size * (self.base + max(gain, gain * self.highest))
