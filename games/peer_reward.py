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

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage
from gamesim.peers import MOST_PEERS, PLACES, SIGNALS, asked, look, ranked, received, towards


@dataclass(frozen=True)
class PeerReward(Game):
    """Members of a group contribute, then pay to reward each other (Sefton, Shupp & Walker 2007)."""

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, most=MOST_PEERS + 1, help="members of a group")
    mpcr: float = parameter(0.4, above=0, help="marginal per-capita return: what one unit pays each member")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit contributed")
    most: int = parameter(4, least=1, help="most points for one member")
    gain: float = parameter(3.0, unit="money", above=0, help="what a point brings its receiver")

    equilibrium = "rewards nobody; contributes nothing when mpcr is at most 1 (at 1: indifferent, nothing)"
    efficiency = (
        "everybody gives everything to the project, and all points when they bring more than they cost"
    )
    sources = (
        "Sefton, Shupp & Walker 2007, Economic Inquiry 45:671-690",
        "Rand, Dreber, Ellingsen, Fudenberg & Nowak 2009, Science 325:1272-1275",
    )
    signals = SIGNALS
    rules = {
        "member": (
            "You are in a group of {group_size} people, and there are two parts. In the first part each has "
            "{endowment} and decides how much of it to put into a common project; every unit put into it by anybody "
            "pays {mpcr} units to each member of the group. You earn what you keep plus what the project pays you. In "
            "the second part you see what the others contributed and may assign to each of them up to {most} points. "
            "Each point costs you 1 unit and brings {gain} to the member who receives it. The others can do the same "
            "for you.",
            "Your group has {group_size} members, each with {endowment}. First all decide at the same time what part "
            "to contribute to a group account, which returns {mpcr} to every member for each unit in it; what is not "
            "contributed is kept. Then everybody learns the contributions and can give each other member between 0 "
            "and {most} points. Whoever gives a point pays 1 unit for it; whoever gets it earns {gain}.",
            "Together with others, {group_size} people in all, you can finance a shared fund out of {endowment} of "
            "your own. For each unit in the fund each of you receives {mpcr}. What you do not pay in stays yours. "
            "Afterwards each member may hand out points, at most {most} to any one of the others, knowing what they "
            "paid in. A point is worth {gain} to the one who gets it and costs 1 unit to the one who gives it.",
        )
    }
    ask = {
        "contribute": (
            "How much do you contribute?",
            "What amount do you put in?",
            "State your contribution.",
        ),
        **{f"reward_{place}": asked(place) for place in PLACES},
    }
    money_names = SIGNALS
    recall = {
        "member": "you contributed {contribute}, the others on average {others_mean}; you assigned {assigned} points "
        "and received {received}; you earned {earned}"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution."""
        return Amount(0, self.endowment, self.step)

    reward_1, reward_2, reward_3, reward_4, reward_5, reward_6, reward_7, reward_8, reward_9 = (
        towards("reward", place) for place in PLACES
    )

    def signal(self, name: str, play: Play) -> Floats:
        """Show the mean of the others, to the cent, and the contribution at a place of their list."""
        return look(name, play, "contribute")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the project and the points received, and charge the points assigned."""
        first = self.endowment - play["contribute"] + self.mpcr * play.total("contribute")
        points = received(play, ranked(play, "contribute"), self._stages())
        return {"member": play.settled("member", first + self.gain * points - self._assigned(play))}

    def _stages(self) -> list[str]:
        return [f"reward_{place}" for place in PLACES[: self.group_size - 1]]

    def _assigned(self, play: Play) -> Floats:
        return np.asarray(np.sum([play[name] for name in self._stages()], axis=0))

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others contributed, and how many points were assigned and received."""
        listed = {name: look(name, play, "contribute") for name in SIGNALS[: self.group_size]}
        return {
            "member": {
                **listed,
                "assigned": self._assigned(play),
                "received": received(play, ranked(play, "contribute"), self._stages()),
            }
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Reward nobody; contribute nothing, or everything where a unit pays its giver more than it costs."""
        return np.full(size, self.endowment if stage == "contribute" and self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute half, as in `public_goods`, and reward nobody."""
        return np.full(size, self.endowment / 2 if stage == "contribute" else 0.0)

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions and points are what is best for it."""
        project = self.endowment * max(1.0, self.mpcr * self.group_size)
        return self.group_size * (project + (self.group_size - 1) * self.most * max(0.0, self.gain - 1))
