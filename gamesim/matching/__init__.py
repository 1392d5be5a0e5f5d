"""Who meets whom in a round: a function for every kind of matching in `gamesim.meeting`, under its name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gamesim.groups import Groups, Seats
from gamesim.matching import on_networks, well_mixed
from gamesim.matching.scene import ANY, Scene
from gamesim.meeting import KINDS, kind_of
from gamesim.streams import key, words

__all__ = ["MATCHINGS", "Matching", "Scene", "find_matching", "formed"]

Matching = Callable[[Scene], Groups]

MATCHINGS: dict[str, Matching] = {
    name: getattr(on_networks if kind.on_network else well_mixed, name) for name, kind in KINDS.items()
}


def find_matching(name: str) -> Matching:
    """Find a matching by name.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    return MATCHINGS[kind_of(name).name]


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
