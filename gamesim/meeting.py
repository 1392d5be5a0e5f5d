"""What every matching is, and everything that is told about it: the one place that knows matchings by name.

A `Kind` says how choices count, how groups follow from a network and what becomes of them, and holds the words for
players, notes, reports and comparisons.  Whoever treats matchings differently asks it, never for the name.  The
function that forms the groups stands under the same name in `gamesim.matching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gamesim.errors import unknown


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A matching, but for the function that forms its groups.

    Parameters
    ----------
    name : str
    on_network : bool
        Whether groups are formed on a network, and need one.
    choice : {"one", "together", "apart"}
        What a choice counts in: the one group that an agent is in, all groups that it is in, or one of several, for
        each of which it decides separately.
    around : bool
        Whether a group is everybody around an agent, so that the network says how large it is; other groups on a
        network are pairs.
    lasting : bool
        Whether groups stay together for a supergame, as those of partners do, whatever becomes of the links meanwhile.
    repeated : str
        Who is met from round to round, as players read it after "You do this 10 times"; empty where `one` and `many`
        say it.
    one, many : str
        What a player with one neighbour on a network reads, and one with another number of them.  May speak of
        ``{many}``, the number; ``{elsewhere}``, what groups of other sizes are like; ``{neighbour}`` or ``{group}``,
        what is decided for; ``{whom}``, one of those with whom it can be paired; ``{again}`` and ``{sits}``, how long
        pairs last and who finds none sits out.
    none : str
        What a player without neighbours reads; `many` unless given.
    link : str
        What a link means, for players who decide about links; may speak of ``{elsewhere}``.  Empty where links decide
        nothing, or agents decide separately for each group.
    others : (str, str)
        What those in a group are called, if it is one and if they are several.
    alone : str
        What becomes of an agent without neighbours, as a note says it.
    departure : str
        In what it departs from groups formed without regard to anything, beside people; empty where it does not.
    earned : str
        What the earnings of a decision are of, as a report says it; empty where an agent is in one group.
    unpaired : str
        Who sits out though they have neighbours, as a note says it; empty where nobody does.
    other : str
        The matching of the same groups in which choices count the other way.
    hint : str
        What the help adds to its name.
    everybody : bool
        Whether everybody meets everybody, so that games of chance length are as many as that takes.
    """

    name: str
    on_network: bool
    choice: Literal["one", "together", "apart"]
    around: bool
    lasting: bool
    repeated: str
    one: str
    many: str
    none: str = ""
    link: str = ""
    others: tuple[str, str]
    alone: str
    departure: str
    earned: str
    unpaired: str = ""
    other: str = ""
    hint: str = ""
    everybody: bool = False

    @property
    def together(self) -> bool:
        """Whether an agent decides once for all groups that it is in."""
        return self.choice == "together"

    @property
    def apart(self) -> bool:
        """Whether an agent decides separately for each of the groups that it is in."""
        return self.choice == "apart"

    @property
    def pairs(self) -> bool:
        """Whether groups are pairs of neighbours."""
        return self.on_network and not self.around

    def setting(self, many: int) -> str:
        """Give what a player with so many neighbours reads."""
        if many == 1:
            return self.one
        return self.none if self.none and not many else self.many


def sits(*, lasting: bool) -> str:
    """Say for how long somebody sits out who finds nobody to be paired with."""
    return "sits out until pairs are formed anew" if lasting else "sits the round out"


def _mixed(name: str, repeated: str, departure: str = "", *, everybody: bool = False) -> Kind:
    """Describe groups formed of everybody in a session; neighbours, where there are any, are only looked at."""
    return Kind(
        name=name,
        on_network=False,
        choice="one",
        around=False,
        lasting=True,
        repeated=repeated,
        one="You have 1 neighbour, but play with whomever you are matched with.",
        many="You have {many} neighbours, but play with whomever you are matched with.",
        others=_ANYBODY,
        alone="plays like all others, but sees no neighbours",
        departure=departure,
        earned="",
        everybody=everybody,
    )


_ANYBODY = ("the person you meet", "the others in your group")
_NO_NEIGHBOURS = "You have no neighbours, so you play alone."

STRANGER = _mixed("stranger", "with other people drawn at random each time")
PERFECT_STRANGER = _mixed("perfect_stranger", "with people each time whom you have not met before")
PARTNER = _mixed("partner", "with the same people each time")
ROUND_ROBIN = _mixed(
    "round_robin", "with somebody new each time until you have met everybody", everybody=True
)
ASSORTATIVE = _mixed(
    "assortative",
    "each time with people who have earned about as much as you so far",
    "likes meet by earnings",
)
ASSORTATIVE_TYPE = _mixed(
    "assortative_type", "each time with people who decide in the same way as you", "likes meet by policy"
)
EDGES = Kind(
    name="edges",
    on_network=True,
    choice="together",
    around=False,
    lasting=False,
    repeated="",
    one="You have 1 neighbour: you make one choice, it counts with that neighbour, and you earn the sum.",
    many="You have {many} neighbours: you make one choice, it counts with each of them, and you earn the sum.",
    none=_NO_NEIGHBOURS,
    link="People who are linked are neighbours and play with each other.",
    others=("your neighbour", "your neighbours"),
    alone="decides, but plays with nobody and earns nothing",
    departure="one choice for all neighbours",
    earned="in the games with all neighbours together",
    other="separate_edges",
)
NEIGHBOURHOODS = Kind(
    name="neighbourhoods",
    on_network=True,
    choice="together",
    around=True,
    lasting=False,
    repeated="",
    one="You have 1 neighbour, who is your group with you. Your one choice counts in your own group and in the "
    "group of your neighbour, and you earn the sum.{elsewhere}",
    many="You have {many} neighbours, who are your group with you. Your one choice counts in your own group and in "
    "the group of each of your neighbours, and you earn the sum.{elsewhere}",
    none=_NO_NEIGHBOURS,
    link="People who are linked are neighbours, and each of them is a member of the other's group. A link that is made "
    "or cut changes the number of members of both groups; {elsewhere}.",
    others=("your neighbour", "your neighbours"),
    alone="plays alone, in a group of one",
    departure="one choice for the own group and those of the neighbours",
    earned="in the own group and those of all neighbours together",
    other="separate_neighbourhoods",
    hint="one choice for all",
)
SEPARATE_EDGES = Kind(
    name="separate_edges",
    on_network=True,
    choice="apart",
    around=False,
    lasting=False,
    repeated="with your neighbours each time",
    one="You have 1 neighbour and play a game with that neighbour; you earn the sum. You decide for every game "
    "separately; this decision is for the game with neighbour {neighbour}.",
    many="You have {many} neighbours and play a game with each of them; you earn the sum. You decide for every game "
    "separately; this decision is for the game with neighbour {neighbour}.",
    none=_NO_NEIGHBOURS,
    others=("this neighbour", "this neighbour"),
    alone="plays with nobody and is not in the table",
    departure="a choice for each neighbour",
    earned="in one game; an agent has one with each of its neighbours, and earns the sum",
    other="edges",
)
SEPARATE_NEIGHBOURHOODS = Kind(
    name="separate_neighbourhoods",
    on_network=True,
    choice="apart",
    around=True,
    lasting=False,
    repeated="with your neighbours each time",
    one="You have 1 neighbour. Together you are in your own group, and you are in the group of that neighbour; you "
    "earn the sum. You decide for every group separately; this decision is for {group}.",
    many="You have {many} neighbours. With all of them you are in your own group, and you are in the group of each "
    "of your neighbours; you earn the sum. You decide for every group separately; this decision is for {group}.",
    none=_NO_NEIGHBOURS,
    others=("the person you meet", "the others in this group"),
    alone="plays alone, in a group of one",
    departure="a choice for each of the groups around oneself and the neighbours",
    earned="in one group; an agent is in its own and in those of its neighbours, and earns the sum",
    other="neighbourhoods",
)
RANDOM_NEIGHBOUR = Kind(
    name="random_neighbour",
    on_network=True,
    choice="one",
    around=False,
    lasting=True,
    repeated="",
    one="You have 1 neighbour; who finds nobody free {sits}.",
    many="You have {many} neighbours and are paired with {whom} at random{again}; who finds nobody free {sits}.",
    link="People who are linked are neighbours and may be paired with each other when pairs are formed.",
    others=_ANYBODY,
    alone="sits out and is not in the table",
    departure="pairs of neighbours",
    earned="",
    unpaired="finds no neighbour left to be paired with",
)
KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        *(STRANGER, PERFECT_STRANGER, PARTNER, ROUND_ROBIN, ASSORTATIVE, ASSORTATIVE_TYPE),
        *(EDGES, NEIGHBOURHOODS, SEPARATE_EDGES, SEPARATE_NEIGHBOURHOODS, RANDOM_NEIGHBOUR),
    )
}
"""Every matching by its name, in the order in which they are listed."""


def kind_of(name: str, *, where: str = "") -> Kind:
    """Find what a matching is by its name.

    Parameters
    ----------
    name : str
    where : str
        The file in which the name stands, if any.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    if name not in KINDS:
        raise unknown("matching", name, KINDS, where=where)
    return KINDS[name]


def of_settings(settings: Mapping[str, Any]) -> Kind:
    """Find what the matching of a run is; strangers, unless its settings name it.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    return kind_of(settings.get("matching", STRANGER.name))


def on_networks() -> list[str]:
    """Name the matchings that form groups on a network."""
    return [each.name for each in KINDS.values() if each.on_network]


def repeated() -> dict[str, str]:
    """Say by matching who is met from round to round, where it is said."""
    return {each.name: each.repeated for each in KINDS.values() if each.repeated}


def listed() -> str:
    """Name all matchings as the help does."""

    def names(*, on_network: bool) -> str:
        found = [each for each in KINDS.values() if each.on_network == on_network]
        return ", ".join(f"{each.name} ({each.hint})" if each.hint else each.name for each in found)

    return f"{names(on_network=False)}; on a network {names(on_network=True)}."
