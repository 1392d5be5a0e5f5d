"""The public goods game with punishment: members see what the others gave and may pay to take money from them.

======  =========================  ==============  ======
role    decision                   range           unit
======  =========================  ==============  ======
member  contribute                 0 to endowment  money
member  punish_1, punish_2, ...    0 to most       points
======  =========================  ==============  ======

First everybody contributes, as in `public_goods`.  Then each member assigns points to each other member, one stage
for each: `punish_1` is for the other who contributed least, `punish_2` for the next, and so on; equals are listed in
an order drawn by chance.  Each stage shows the mean of all others and their contributions up to the one it is about.
Fehr & Gaechter list the others in random order and all at once.

With ``effect=percent`` a point takes `deduction` per cent of what the punished earned in the first part, at most all
of it; with ``effect=amount`` it takes `deduction` units of money.  With ``cost=convex`` p points for one member cost
1, 2, 4, 6, 9, 12, 16, 20, 25, 30 for p = 1 to 10, which is (p + 1)^2 / 4 without its fraction; with ``cost=linear``
each point costs 1.  Earnings can be negative, since punishing is paid for whatever is left.  The defaults are those
of Fehr & Gaechter (2000); Fehr & Gaechter (2002) is ``effect=amount deduction=3 cost=linear``.

Selfish players do not punish, since it costs, and so contribute nothing as long as `mpcr` is at most 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import counted, plain
from gamesim.game import Floats, Play, parameter
from gamesim.peers import PLACES, PointsAfterContributions, asked, told, towards


def _either(numbers: Floats, things: str) -> str:
    *some, last = numbers.tolist()
    return f"{', '.join(map(plain, some))} or {plain(last)} {things}" if some else counted(last, things)


@dataclass(frozen=True)
class PeerPunishment(PointsAfterContributions):
    """Members of a group contribute, then pay to punish each other (Fehr & Gaechter 2000)."""

    effect: str = parameter(
        "percent", options=("percent", "amount"), help="what a point takes: a share or money"
    )
    deduction: float = parameter(10.0, above=0, help="per cent, or money, that a point takes away")
    cost: str = parameter(
        "convex", options=("convex", "linear"), help="how points for one member add up in cost"
    )

    action = "punish"
    equilibrium = "punishes nobody; contributes nothing when mpcr is at most 1 (at 1: indifferent, nothing)"
    efficiency = "everybody contributes everything when mpcr times members exceeds 1, and nobody is punished"
    sources = (
        "Fehr & Gaechter 2000, American Economic Review 90:980-994",
        "Fehr & Gaechter 2002, Nature 415:137-140",
    )
    rules = told("{harm} {price} The others can do the same to you.", "{harm} {price}", "{harm} {price}")
    ask = asked(action)

    contribute = PointsAfterContributions.contribute
    punish_1, punish_2, punish_3, punish_4, punish_5, punish_6, punish_7, punish_8, punish_9 = (
        towards("punish", place) for place in PLACES
    )

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the project, take what points take, and charge those who assigned them."""
        first, points = self.project(play), self.taken(play)
        if self.effect == "percent":
            left = first * np.maximum(0, 1 - points * self.deduction / 100)
        else:
            left = first - points * self.deduction
        paid = np.sum([self._price(given) for given in self.given(play)], axis=0)
        return {"member": play.settled("member", left - paid)}

    def _price(self, points: Floats) -> Floats:
        return points if self.cost == "linear" else np.floor((points + 1) ** 2 / 4)

    def facts(self) -> Mapping[str, float | str]:
        """Say what points cost and what they take."""
        points = np.arange(1.0, self.most + 1)
        prices = _either(self._price(points), "units")
        convex = f"Giving the same member {_either(points, 'points')} costs you {prices}."
        share = f"{plain(self.deduction)} % of what that member earned in the first part, at most all of it"
        return {
            "price": "Each point costs you 1 unit." if self.cost == "linear" else convex,
            "harm": "Each point that a member receives takes away "
            f"{share if self.effect == 'percent' else self.money(self.deduction)}.",
        }

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it and nobody is punished."""
        return self.group_size * self.endowment * max(1.0, self.mpcr * self.group_size)
