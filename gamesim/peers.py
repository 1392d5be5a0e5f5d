"""Members of a group who act towards each other one by one, from the one who did least to the one who did most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gamesim.game import ActionSpace, Amount, Game, Play, Stage, parameter, stage
from gamesim.streams import Floats, Ints

MOST_PEERS = 9
PLACES = tuple(range(1, MOST_PEERS + 1))
NTH = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
RANKS = ("lowest", *(f"{nth}-lowest" for nth in NTH))
MEAN = "others_mean"
SIGNALS = (MEAN, *(f"other_{place}" for place in PLACES))
"""What members see of each other: the mean of the others, and what the others did, least first."""


def towards(action: str, place: int) -> Stage:
    """Make the stage at which each member gives points to the other at a place of the list.

    Parameters
    ----------
    action : str
        Such as ``"punish"``, for a stage ``punish_1``.
    place : int
        From 1, for the other who did least.  The stage is played in groups that are large enough, shows the list up
        to that place, and allows 0 to the game's ``most`` points.
    """

    def give(game: Any, play: Play) -> Amount:
        return Amount(0, game.most, unit="points")

    give.__name__ = f"{action}_{place}"
    sees = SIGNALS[: place + 1]
    whom = f"for the {RANKS[place - 1]} other contributor"
    return stage(by="member", sees=sees, when=lambda game: game.group_size > place, called=whom)(give)


def look(name: str, play: Play, stage: str) -> Floats:
    """Give the mean of the others to two decimals, or what the other at a place did: (M,) float."""
    if name == MEAN:
        return np.round(play.others_mean(stage), 2)
    return play[stage][ranked(play, stage)[:, SIGNALS.index(name) - 1]]


def ranked(play: Play, stage: str) -> Ints:
    """Put the others of everybody's group in the order of what they did, least first.

    Parameters
    ----------
    play : Play
        All groups of the same size K.
    stage : str
        What they are ordered by; equals are in an order drawn by chance, the same for all who look at them.

    Returns
    -------
    (M, K - 1) int
        Seats of the others.
    """
    role = play.game.decider(stage)
    size = play.game.seats_of(role)
    values = play.by_group(role, play[stage])
    order = np.lexsort((play.by_group(role, play.chance("listing", role)), values), axis=1)
    seen = np.repeat(order, size, axis=0)
    others = seen[seen != np.tile(np.arange(size), len(values))[:, None]].reshape(-1, size - 1)
    listed: Ints = others + size * np.repeat(np.arange(len(values)), size)[:, None]
    return listed


def received(play: Play, others: Ints, stages: Sequence[str]) -> Floats:
    """Sum what everybody was given by the others: (M,) float.

    Parameters
    ----------
    play : Play
    others : (M, K - 1) int
        Towards whom each acts, as given by `ranked`.
    stages : sequence of str
        The stages at which they act, in the same order.
    """
    given = np.column_stack([play[stage] for stage in stages])
    return np.bincount(others.ravel(), given.ravel(), len(others)).astype(np.float64)


@dataclass(frozen=True)
class PointsAfterContributions(Game):
    """Members of a group contribute, see what the others gave, and assign points to each other.

    A game of this kind names `action`, takes over `contribute` as its first stage, has a stage of `towards` for each
    place, and says what points cost and bring.
    """

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, most=MOST_PEERS + 1, help="members of a group")
    mpcr: float = parameter(0.4, above=0, help="marginal per-capita return: what one unit pays each member")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit contributed")
    most: int = parameter(10, least=1, help="most points for one member")

    action: ClassVar[str]
    """What giving points is called, such as ``"punish"``."""

    signals = SIGNALS
    money_names = SIGNALS
    recall: ClassVar[Mapping[str, str]] = {
        "member": "you contributed {contribute}, the others on average {others_mean}; you assigned {assigned} "
        "{assigned:point|points} and received {received}; you earned {earned}"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution."""
        return Amount(0, self.endowment, self.step)

    def signal(self, name: str, play: Play) -> Floats:
        """Show the mean of the others, to the cent, and the contribution at a place of their list."""
        return look(name, play, "contribute")

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others contributed, and how many points were assigned and received."""
        listed = {name: look(name, play, "contribute") for name in SIGNALS[: self.group_size]}
        points = {"assigned": np.sum(self.given(play), axis=0), "received": self.taken(play)}
        return {"member": listed | points}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Assign no points; contribute nothing, or everything where a unit pays its giver more than it costs."""
        return np.full(size, self.endowment if stage == "contribute" and self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute half, as in `public_goods`, and assign no points."""
        return np.full(size, self.endowment / 2 if stage == "contribute" else 0.0)

    def project(self, play: Play) -> Floats:
        """Give what each member has after the first part: (M,) float."""
        return self.endowment - play["contribute"] + self.mpcr * play.total("contribute")

    def given(self, play: Play) -> list[Floats]:
        """Give the points that each member assigned, place by place: (M,) float each."""
        return [play[name] for name in self._places()]

    def taken(self, play: Play) -> Floats:
        """Give how many points each member received: (M,) float."""
        return received(play, ranked(play, "contribute"), self._places())

    def _places(self) -> list[str]:
        return [f"{self.action}_{place}" for place in PLACES[: self.group_size - 1]]


def told(*ends: str) -> Mapping[str, tuple[str, ...]]:
    """Write the rules of a game with points in three ways, each with its own end: what points cost and bring."""
    first, second, third = ends
    return {
        "member": (
            "You are in a group of {group_size} people, and there are two parts. In the first "
            "part each has {endowment} and decides how much of it to put into a common project; every unit put into "
            "it by anybody pays {mpcr} {mpcr:unit|units} to each member of the group. You earn what you keep plus "
            "what the project pays you. In the second part you see what the others contributed and may assign to each "
            "of them up to {most} {most:point|points}. "
            f"{first}",
            "Your group has {group_size} members, each with {endowment}. First all decide at the "
            "same time what part to contribute to a group account, which returns {mpcr} to every member for each unit "
            "in it; what is not contributed is kept. Then everybody learns the contributions and can give each other "
            "member between 0 "
            f"and {{most}} points. {second}",
            "Together with others, {group_size} people in all, you can finance a shared fund out "
            "of {endowment} of your own. For each unit in the fund each of you receives {mpcr}. What you do not pay "
            "in stays yours. Afterwards each member may hand out points, at most {most} to any one of the others, "
            "knowing what they "
            f"paid in. {third}",
        )
    }


def asked(action: str) -> Mapping[str, tuple[str, ...]]:
    """Ask for the contribution, and for the points of the other at each place, in several ways."""
    contribute = ("How much do you contribute?", "What amount do you put in?", "State your contribution.")
    return {"contribute": contribute} | {f"{action}_{place}": _asked_at(place) for place in PLACES}


def _asked_at(place: int) -> tuple[str, ...]:
    listed = ", ".join(f"{{other_{k}}}" for k in range(1, place + 1))
    last = f"{{other_{place}}}"
    return (
        "The others contributed {others_mean} on average. Listed from the lowest contribution up to the one it is "
        f"about now: {listed}. How many points do you assign to the member who contributed {last}?",
        f"From the smallest contribution to the present one, the others put in {listed}; the mean of all others is "
        f"{{others_mean}}. What number of points does the member who put in {last} get from you?",
        f"Contributions of the others in rising order, as far as now: {listed}. All of them average {{others_mean}}. "
        f"State the points that you assign to the member with {last}.",
    )
