"""The common-pool resource game: what one takes out lowers the return for all.

======  ========  ==============  =====
role    decision  range           unit
======  ========  ==============  =====
member  invest    0 to endowment  units
======  ========  ==============  =====

Each member divides units between a safe return `outside` a unit and the common pool, where a unit earns
``first - slope * all units in the pool``.  The defaults are those of Ostrom, Gardner & Walker (1994), in cents, with
10 units for each of 8 members: 36 units in all are best for the group, and 64, 8 each, are the equilibrium.

Selfish players put in ``(first - outside) / (slope * (members + 1))`` where these are whole units.  Else they put in
the number next to it that is the best reply to itself, the lower if both are; if neither is, they mix the two so that
both earn the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.equilibrium import symmetric
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class CommonPool(Game):
    """Members of a group use a resource that pays less the more is used (Ostrom, Gardner & Walker 1994)."""

    endowment: int = parameter(10, least=1, help="units that each member divides")
    group_size: int = parameter(8, least=2, help="members of a group")
    outside: float = parameter(5.0, unit="money", least=0, help="for each unit kept out of the pool")
    first: float = parameter(23.0, unit="money", above=0, help="return of a unit in an empty pool")
    slope: float = parameter(
        0.25, unit="money", above=0, help="what each unit in the pool takes from every one"
    )

    equilibrium = (
        "(first - outside) / (slope * (members + 1)); between units, the number next to it that is the best reply to "
        "itself, or a mixture of both"
    )
    efficiency = "the group puts in (first - outside) / (2 * slope)"
    sources = (
        "Ostrom, Gardner & Walker 1994, Rules, Games, and Common-Pool Resources, University of Michigan Press",
        "Walker, Gardner & Ostrom 1990, Journal of Environmental Economics and Management 19:203-211",
    )
    rules = {
        "member": (
            "You are in a group of {group_size} {group_size:person|people}. Each has {endowment} "
            "{endowment:unit|units} and decides how many to invest in a common pool. A unit that you do not invest "
            "earns you {outside}. A unit in the pool earns its owner {first}, less {slope} for every unit in the "
            "pool, whoever invested it.",
            "Each of the {group_size} {group_size:member|members} of your group holds {endowment} "
            "{endowment:unit|units} and may put any number of them into a joint market. Every unit held back pays "
            "{outside}. Every unit in the market pays {first} minus {slope} times the number of units that the whole "
            "group has put there.",
            "Together with others, {group_size} {group_size:person|people} in all, you can use a shared resource. You "
            "hold {endowment} {endowment:unit|units}. Units kept are worth {outside} each. Units put into the "
            "resource return {first} each, but this return falls by {slope} with each unit put in by anybody, you "
            "included.",
        )
    }
    ask = {
        "invest": (
            "How many units do you put in?",
            "What number of units do you invest?",
            "State the number of units that you put in.",
        )
    }
    recall = {
        "member": (
            "you invested {invest}, the others on average {others_mean} {others_mean:unit|units}, and you earned "
            "{earned}",
            "you invested {invest} and earned {earned}",
        )
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def invest(self, play: Play) -> ActionSpace:
        """Choose how many units go into the pool."""
        return Amount(0, self.endowment, unit="units")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the units kept and the units in the pool."""
        own = play["invest"]
        return {"member": self._earned(own, play.total("invest") - own)}

    def _earned(self, own: Floats, others: Floats) -> Floats:
        return self.outside * (self.endowment - own) + own * (self.first - self.slope * (own + others))

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others invested on average."""
        return {"member": {"others_mean": play.others_mean("invest")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Put in what is the best reply to itself, or mix."""
        return symmetric(
            f"{self.name}.{stage}",
            Amount(0, self.endowment),
            self.group_size,
            (self.first - self.outside) / (self.slope * (self.group_size + 1)),
            self._earned,
            size,
        )

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Put in an equal share of what is best for the group, as near as units allow."""
        return Amount(0, self.endowment).nearest(np.full(size, self._best() / self.group_size))

    def _best(self) -> float:
        most = self.group_size * self.endowment
        return min(max((self.first - self.outside) / (2 * self.slope), 0.0), most)

    def efficient_payoff(self) -> float:
        """Give what a group earns that puts in what is best for it, fractions of units allowed."""
        best = self._best()
        return self.outside * (self.group_size * self.endowment - best) + best * (
            self.first - self.slope * best
        )
