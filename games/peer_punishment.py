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

from gamesim.actions import plain
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage
from gamesim.peers import MOST_PEERS, PLACES, SIGNALS, asked, look, ranked, received, towards


def _either(numbers: Floats) -> str:
    *some, last = [plain(float(number)) for number in numbers]
    return f"{', '.join(some)} or {last}" if some else last


@dataclass(frozen=True)
class PeerPunishment(Game):
    """Members of a group contribute, then pay to punish each other (Fehr & Gaechter 2000)."""

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, most=MOST_PEERS + 1, help="members of a group")
    mpcr: float = parameter(0.4, above=0, help="marginal per-capita return: what one unit pays each member")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit contributed")
    most: int = parameter(10, least=1, help="most points for one member")
    effect: str = parameter(
        "percent", options=("percent", "amount"), help="what a point takes: a share or money"
    )
    deduction: float = parameter(10.0, above=0, help="per cent, or money, that a point takes away")
    cost: str = parameter(
        "convex", options=("convex", "linear"), help="how points for one member add up in cost"
    )

    equilibrium = "punishes nobody; contributes nothing when mpcr is at most 1 (at 1: indifferent, nothing)"
    efficiency = "everybody contributes everything when mpcr times members exceeds 1, and nobody is punished"
    sources = (
        "Fehr & Gaechter 2000, American Economic Review 90:980-994",
        "Fehr & Gaechter 2002, Nature 415:137-140",
    )
    signals = SIGNALS
    rules = {
        "member": (
            "You are in a group of {group_size} people, and there are two parts. In the first part each has "
            "{endowment} and decides how much of it to put into a common project; every unit put into it by anybody "
            "pays {mpcr} units to each member of the group. You earn what you keep plus what the project pays you. In "
            "the second part you see what the others contributed and may assign to each of them up to {most} points. "
            "{harm} {price} The others can do the same to you.",
            "Your group has {group_size} members, each with {endowment}. First all decide at the same time what part "
            "to contribute to a group account, which returns {mpcr} to every member for each unit in it; what is not "
            "contributed is kept. Then everybody learns the contributions and can give each other member between 0 "
            "and {most} points. {harm} {price}",
            "Together with others, {group_size} people in all, you can finance a shared fund out of {endowment} of "
            "your own. For each unit in the fund each of you receives {mpcr}. What you do not pay in stays yours. "
            "Afterwards each member may hand out points, at most {most} to any one of the others, knowing what they "
            "paid in. {harm} {price}",
        )
    }
    ask = {
        "contribute": (
            "How much do you contribute?",
            "What amount do you put in?",
            "State your contribution.",
        ),
        **{f"punish_{place}": asked(place) for place in PLACES},
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

    punish_1, punish_2, punish_3, punish_4, punish_5, punish_6, punish_7, punish_8, punish_9 = (
        towards("punish", place) for place in PLACES
    )

    def signal(self, name: str, play: Play) -> Floats:
        """Show the mean of the others, to the cent, and the contribution at a place of their list."""
        return look(name, play, "contribute")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the project, take what points take, and charge those who assigned them."""
        first = self.endowment - play["contribute"] + self.mpcr * play.total("contribute")
        points = received(play, ranked(play, "contribute"), self._stages())
        if self.effect == "percent":
            left = first * np.maximum(0, 1 - points * self.deduction / 100)
        else:
            left = first - points * self.deduction
        paid = np.sum([self._price(play[name]) for name in self._stages()], axis=0)
        return {"member": play.settled("member", left - paid)}

    def _stages(self) -> list[str]:
        return [f"punish_{place}" for place in PLACES[: self.group_size - 1]]

    def _price(self, points: Floats) -> Floats:
        return points if self.cost == "linear" else np.floor((points + 1) ** 2 / 4)

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others contributed, and how many points were assigned and received."""
        listed = {name: look(name, play, "contribute") for name in SIGNALS[: self.group_size]}
        return {
            "member": {
                **listed,
                "assigned": np.sum([play[name] for name in self._stages()], axis=0),
                "received": received(play, ranked(play, "contribute"), self._stages()),
            }
        }

    def facts(self) -> Mapping[str, float | str]:
        """Say what points cost and what they take."""
        points = np.arange(1.0, self.most + 1)
        convex = (
            f"Giving the same member {_either(points)} points costs you {_either(self._price(points))} units."
        )
        share = f"{plain(self.deduction)} % of what that member earned in the first part, at most all of it"
        return {
            "price": "Each point costs you 1 unit." if self.cost == "linear" else convex,
            "harm": "Each point that a member receives takes away "
            f"{share if self.effect == 'percent' else self.money(self.deduction)}.",
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Punish nobody; contribute nothing, or everything where a unit pays its giver more than it costs."""
        return np.full(size, self.endowment if stage == "contribute" and self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute half, as in `public_goods`, and punish nobody."""
        return np.full(size, self.endowment / 2 if stage == "contribute" else 0.0)

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it and nobody is punished."""
        return self.group_size * self.endowment * max(1.0, self.mpcr * self.group_size)
