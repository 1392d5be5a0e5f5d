"""The public goods game with rewards: members see what the others gave and may pay to give them money.

======  =======================  ==============  ======
role    decision                 range           unit
======  =======================  ==============  ======
member  contribute               0 to endowment  money
member  reward_1, reward_2, ...  0 to most       points
======  =======================  ==============  ======

First everybody contributes, as in `public_goods`.  Then each member assigns points to each other member, one stage
for each: `reward_1` is for the other who contributed least, `reward_2` for the next, and so on; equals are listed in
an order drawn by chance.  Each stage shows the mean of all others and their contributions up to the one it is about.
A point costs its giver 1 and brings its receiver `gain`.  With ``gain=1`` rewards only move money (Sefton, Shupp &
Walker 2007); with more they create it (Rand et al. 2009, where 4 units became 12, all or nothing).

Selfish players do not reward, since it costs, and so contribute nothing as long as `mpcr` is at most 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import Floats, Play, parameter
from gamesim.peers import PLACES, PointsAfterContributions, asked, told, towards


@dataclass(frozen=True)
class PeerReward(PointsAfterContributions):
    """Members of a group contribute, then pay to reward each other (Sefton, Shupp & Walker 2007)."""

    most: int = parameter(4, least=1, help="most points for one member")
    gain: float = parameter(3.0, unit="money", above=0, help="what a point brings its receiver")

    action = "reward"
    equilibrium = "rewards nobody; contributes nothing when mpcr is at most 1 (at 1: indifferent, nothing)"
    efficiency = (
        "everybody contributes everything when mpcr times members exceeds 1, and assigns all points when gain "
        "exceeds 1"
    )
    sources = (
        "Sefton, Shupp & Walker 2007, Economic Inquiry 45:671-690",
        "Rand, Dreber, Ellingsen, Fudenberg & Nowak 2009, Science 325:1272-1275",
    )
    rules = told(
        "Each point costs you 1 unit and brings {gain} to the member who receives it. The others can do the same "
        "for you.",
        "Whoever gives a point pays 1 unit for it; whoever gets it earns {gain}.",
        "A point is worth {gain} to the one who gets it and costs 1 unit to the one who gives it.",
    )
    ask = asked(action)

    contribute = PointsAfterContributions.contribute
    reward_1, reward_2, reward_3, reward_4, reward_5, reward_6, reward_7, reward_8, reward_9 = (
        towards("reward", place) for place in PLACES
    )

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the project and the points received, and charge the points assigned."""
        paid = np.sum(self.given(play), axis=0)
        return {"member": play.settled("member", self.project(play) + self.gain * self.taken(play) - paid)}

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions and points are what is best for it."""
        project = self.endowment * max(1.0, self.mpcr * self.group_size)
        return self.group_size * (project + (self.group_size - 1) * self.most * max(0.0, self.gain - 1))
