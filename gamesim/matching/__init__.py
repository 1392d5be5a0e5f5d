"""Who meets whom in a round: every matching by its name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gamesim.errors import unknown
from gamesim.groups import Groups, Seats
from gamesim.matching.on_networks import (
    edges,
    neighbourhoods,
    random_neighbour,
    separate_edges,
    separate_neighbourhoods,
)
from gamesim.matching.scene import ANY, Scene
from gamesim.matching.well_mixed import (
    assortative,
    assortative_type,
    partner,
    perfect_stranger,
    round_robin,
    stranger,
)
from gamesim.streams import key, words

__all__ = [
    "MATCHINGS",
    "NEIGHBOURHOODS",
    "ON_NETWORKS",
    "SEPARATE",
    "Matching",
    "Scene",
    "find_matching",
    "formed",
]

Matching = Callable[[Scene], Groups]

MATCHINGS: dict[str, Matching] = {
    each.__name__: each
    for each in (
        *(stranger, perfect_stranger, partner, round_robin, edges, separate_edges, neighbourhoods),
        *(separate_neighbourhoods, random_neighbour, assortative, assortative_type),
    )
}
SEPARATE = ("separate_edges", "separate_neighbourhoods")
"""Matchings under which an agent decides separately for each of the groups it is in."""
NEIGHBOURHOODS = ("neighbourhoods", "separate_neighbourhoods")
"""Matchings under which the network says how large a group is."""
ON_NETWORKS = ("edges", "neighbourhoods", *SEPARATE, "random_neighbour")


def find_matching(name: str) -> Matching:
    """Find a matching by name.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    if name not in MATCHINGS:
        raise unknown("matching", name, MATCHINGS)
    return MATCHINGS[name]


def formed(matching: Matching, scene: Scene, step: int) -> Groups:
    """Form the groups of a round, with roles drawn within them where they are drawn anew.

    Parameters
    ----------
    matching : callable
    scene : Scene
    step : int
        Number of the round in the run, from 1.
    """
    groups = matching(scene)
    if not scene.cast.rotating:
        return groups
    by_group = groups.seats[ANY].agent.reshape(len(groups), -1)
    agents = by_group.ravel()
    streams = words(key(scene.seed, "roles", step), np.arange(scene.cast.sessions))
    drawn = words(streams[agents // scene.cast.n], agents % scene.cast.n).reshape(by_group.shape)
    by_group = np.take_along_axis(by_group, np.argsort(drawn, axis=1, kind="stable"), axis=1)
    seats, start = {}, 0
    for role in dict.fromkeys(scene.game.roles):
        many = scene.game.seats_of(role)
        seats[role] = Seats(by_group[:, start : start + many].ravel(), many)
        start += many
    return Groups(seats, groups.sessions)
