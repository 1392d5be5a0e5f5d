"""The equilibrium of players who all choose amounts, and to whom the others matter by their sum alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gamesim.actions import Amount
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.streams import Floats

Earned = Callable[[Floats, Floats], Floats]
"""From own amounts and sums of the others' amounts to own earnings."""

TOLERANCE = 1e-9
HALVINGS = 50


def symmetric(
    decision: str, space: Amount, players: int, continuous: float, earned: Earned, size: int
) -> Floats | ActionDistribution:
    """Give the symmetric equilibrium on a grid, next to that of amounts of any fineness.

    It is one of the two amounts around that one if either is a best reply to itself, the lower if both are; else the
    mixture of the two in which both earn the same.

    Parameters
    ----------
    decision : str
        What is decided, for the error.
    space : Amount
        The legal amounts, the same for all.
    players : int
        All of them.
    continuous : float
        The amount that is the best reply to itself where all numbers are legal.
    earned : callable
        Earnings of one player.
    size : int
        Number of deciders, D.

    Returns
    -------
    (D,) float, or a mixture

    Raises
    ------
    GamesimError
        Where neither is an equilibrium.
    """
    grid, others = space.support(), players - 1
    place = np.clip((continuous - grid[0]) / space.step, 0, len(grid) - 1)
    around = grid[[math.floor(place), math.ceil(place)]]
    for each in around:
        if _best(np.array([each]), grid, earned(grid, np.asarray(others * each))):
            return np.full(size, each)
    totals = others * around[0] + space.step * np.arange(players)
    paid = earned(grid[:, None], totals[None, :])
    gain = earned(around[1:], totals) - earned(around[:1], totals)
    least, most = 0.0, 1.0
    for _ in range(HALVINGS):
        share = (least + most) / 2
        least, most = (share, most) if gain @ _chances(others, share) > 0 else (least, share)
    if not _best(around, grid, paid @ _chances(others, share)):
        raise GamesimError(f"{decision}: no symmetric equilibrium was found on these steps")
    return ActionDistribution(around, np.array([[1 - share, share]]))


def _best(played: Floats, grid: Floats, paid: Floats) -> bool:
    """Tell whether none of the legal amounts pays more than those that are played."""
    mine = paid[np.isin(grid, played)]
    return bool(mine.min() >= paid.max() - TOLERANCE * max(1.0, abs(float(paid.max()))))


def _chances(others: int, share: float) -> Floats:
    """Give with which probability 0, 1, ... of the others take the larger amount: (others + 1,) float."""
    many = np.arange(others + 1)
    ways = [math.lgamma(others + 1) - math.lgamma(k + 1) - math.lgamma(others - k + 1) for k in many.tolist()]
    chances: Floats = np.exp(ways + many * math.log(share) + (others - many) * math.log1p(-share))
    return chances
