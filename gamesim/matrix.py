"""Two players with two actions each: what a payoff table pays, and what selfish players of it do.

A table is (2, 2) float: rows are the own action, columns the other's, cells the own earnings.
"""

from __future__ import annotations

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.streams import Floats

FIRST, SECOND = 0.0, 1.0


def paid(table: Floats, own: Floats, other: Floats) -> Floats:
    """Look earnings up.

    Parameters
    ----------
    table : (2, 2) float
    own, other : (M,) float
        Actions 0 and 1, NaN where there is none.

    Returns
    -------
    (M,) float
        NaN where either action is missing.
    """
    cell = 2 * own + other
    missing = np.isnan(cell)
    return np.where(missing, np.nan, table.ravel()[np.where(missing, 0, cell).astype(np.int64)])


def mixture(first: float) -> ActionDistribution:
    """Take the first action with a probability, else the second."""
    return ActionDistribution(np.array([FIRST, SECOND]), np.array([[first, 1 - first]]))


def symmetric_equilibrium(table: Floats, size: int) -> Floats | ActionDistribution:
    """Give the symmetric equilibrium of two players who face the same table.

    It is the dominant action where there is one.  Of two pure equilibria it is the risk-dominant one (Harsanyi &
    Selten 1988; at a tie, the first action); where no pure one is symmetric, both mix.

    Parameters
    ----------
    table : (2, 2) float
    size : int
        Number of deciders.
    """
    stay = table[0, 0] - table[1, 0]
    leave = table[1, 1] - table[0, 1]
    if stay >= 0 and leave >= 0:
        return np.full(size, FIRST if stay >= leave else SECOND)
    if stay >= 0 or leave >= 0:
        return np.full(size, FIRST if stay >= 0 else SECOND)
    return mixture(float(leave / (stay + leave)))


def best_alike(table: Floats, size: int) -> Floats:
    """Give the action that earns both the most when both take it (at a tie, the first): (D,) float."""
    return np.full(size, FIRST if table[0, 0] >= table[1, 1] else SECOND)


def largest_total(table: Floats) -> float:
    """Give the largest sum that two players who face the same table can earn."""
    return float((table + table.T).max())
