"""Members of a group who act towards each other one by one, from the one who did least to the one who did most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesim.game import Amount, Play, Stage, stage
from gamesim.streams import Floats, Ints

MOST_PEERS = 9
PLACES = tuple(range(1, MOST_PEERS + 1))
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
    return stage(by="member", sees=sees, when=lambda game: game.group_size > place)(give)


def asked(place: int) -> tuple[str, ...]:
    """Ask for the points of the other at a place, in a game of contributions, in several ways."""
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
