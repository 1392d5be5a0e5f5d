"""Members of a group who act towards each other one by one, from the one who did least to the one who did most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamesim.game import Play
from gamesim.streams import Floats, Ints

MOST_PEERS = 9
PLACES = tuple(range(1, MOST_PEERS + 1))


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
    values = play[stage].reshape(-1, size)
    order = np.lexsort((play.chance("listing", role).reshape(-1, size), values), axis=1)
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
