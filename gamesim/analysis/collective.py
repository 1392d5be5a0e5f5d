"""What a group shows and no member does: inequality, assortment, settling, end-game effect.  Arrays in, numbers out."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

STAYS = 3
"""Rounds that must lie within the band before a series counts as settled."""


QUARTERED = 8
"""Least rounds of which a quarter is told from another."""


class Interval(NamedTuple):
    """A mean over sessions with its limits, (T,) float each, and of how many sessions it is, (T,) int."""

    value: Floats
    low: Floats
    high: Floats
    sessions: Ints


def over_sessions(
    values: Floats, level: float = 0.95, least: float = -math.inf, most: float = math.inf
) -> Interval:
    """Average over sessions, with the interval of Student's t.

    Sessions are the independent units: whoever plays in one meets nobody of another.

    Parameters
    ----------
    values : (T, S) float
        One row a point in time, one column a session; missing values are left out.
    level : float
        Of the interval.
    least, most : float
        Ends of the range of the measure, at which limits are cut.

    Returns
    -------
    Interval
        Limits are NaN where fewer than two sessions have a value.

    Notes
    -----
    Student 1908, Biometrika 6:1-25.
    """
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    squares = np.where(known, values - mean[:, None], 0.0) ** 2
    several = count > 1
    free = np.where(several, count - 1, 1)
    half = np.where(
        several,
        stdtrit(free, 0.5 + level / 2) * np.sqrt(squares.sum(axis=1) / free / np.maximum(count, 1)),
        np.nan,
    )
    return Interval(mean, np.clip(mean - half, least, most), np.clip(mean + half, least, most), count)


def gini(values: Floats) -> Floats:
    """Measure inequality: half the mean absolute difference of two draws, over the mean.

    Parameters
    ----------
    values : (..., N) float
        What everybody has; missing values must be left out beforehand.

    Returns
    -------
    (...) float
        0 where all have the same, (N - 1) / N where one has everything; NaN where somebody has less than nothing or
        nobody has anything, for which it is not defined.

    Notes
    -----
    Gini 1912, Variabilita e mutabilita; computed from ranks as in Sen 1973, On Economic Inequality.
    """
    ordered = np.sort(values, axis=-1)
    n = ordered.shape[-1]
    total = ordered.sum(axis=-1)
    ranks = 2.0 * np.arange(1, n + 1) - n - 1
    defined = (total > 0) & (ordered[..., 0] >= 0)
    return cast(Floats, np.where(defined, ordered @ ranks / np.where(defined, n * total, 1.0), np.nan))


def adjacency(n: int, edges: Ints) -> csr_array:
    """Make the sparse adjacency of an undirected network: (n, n) float, from pairs of nodes, (E, 2) int."""
    low, high = edges[:, 0], edges[:, 1]
    both = np.concatenate([low, high]), np.concatenate([high, low])
    return csr_array((np.ones(2 * len(edges)), both), shape=(n, n))


def assortativity(links: csr_array, values: Floats) -> Floats:
    """Correlate what stands at the two ends of the edges.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.
    values : (N, K) float
        K times one number a node; edges with a missing end are left out.

    Returns
    -------
    (K,) float
        From -1 to 1; NaN where there is no edge or the ends do not vary.

    Notes
    -----
    Newman 2003, Physical Review E 67:026126, equation 21: networkx's ``numeric_assortativity_coefficient``, which
    walks over all edges in Python, for many rounds at once.
    """
    known = (~np.isnan(values)).astype(np.float64)
    degree = (links @ known) * known
    ends = degree.sum(axis=0)
    whole = np.where(ends > 0, ends, 1.0)
    filled = np.where(known > 0, values, 0.0)
    # Around the mean of the ends, so that large amounts lose no digits.
    apart = (filled - (degree * filled).sum(axis=0) / whole) * known
    variance = (degree * apart**2).sum(axis=0) / whole
    shared = (apart * (links @ apart)).sum(axis=0) / whole
    varies = variance > 1e-12 * np.maximum(1.0, np.abs(filled).max(axis=0, initial=0.0)) ** 2
    result = np.full(len(ends), np.nan)
    np.divide(shared, variance, out=result, where=varies & (ends > 0))
    return result


def nominal_assortativity(links: csr_array, options: Floats, many: int) -> Floats:
    """Tell how far edges join those who took the same of several options.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.
    options : (N, K) float
        K times the option of each node, from 0 to `many` - 1; edges with a missing end are left out.
    many : int
        How many options there are; with two it equals `assortativity`.

    Returns
    -------
    (K,) float
        1 where all edges join likes; NaN where there is no edge or all ends are alike.

    Notes
    -----
    Newman 2003, equation 2: networkx's ``attribute_assortativity_coefficient``.
    """
    degree = links @ (~np.isnan(options)).astype(np.float64)
    alike, ends = [], []
    for option in range(many):
        took = (options == option).astype(np.float64)
        alike.append((took * (links @ took)).sum(axis=0))
        ends.append((took * degree).sum(axis=0))
    total = np.sum(ends, axis=0)
    whole = np.where(total > 0, total, 1.0)
    chance = (np.array(ends) ** 2).sum(axis=0) / whole**2
    varies = (total > 0) & (chance < 1 - 1e-12)
    result = np.full(len(total), np.nan)
    np.divide(np.sum(alike, axis=0) / whole - chance, 1 - chance, out=result, where=varies)
    return result


def settled(values: Floats, band: float) -> Floats:
    """Find the first round from which a series stays within a band until its end.

    Parameters
    ----------
    values : (T, S) float
        One row a round, one column a session.
    band : float
        Largest difference between any two of the rounds that remain, in the unit of the values.

    Returns
    -------
    (S,) float
        Number of the round, from 1; NaN where fewer than `STAYS` rounds remain or one of these is missing.
    """
    backwards = values[::-1]
    width = np.maximum.accumulate(backwards, axis=0) - np.minimum.accumulate(backwards, axis=0)
    stays = (width <= band + 1e-12).sum(axis=0)
    return np.where(stays >= STAYS, len(values) - stays + 1.0, np.nan)


def drift(values: Floats) -> Floats:
    """Subtract from the mean of the last quarter of the rounds that of the quarter before: (T, S) float -> (S,) float.

    NaN with fewer than `QUARTERED` rounds.
    """
    if len(values) < QUARTERED:
        return np.full(values.shape[1], np.nan)
    quarter = len(values) // 4
    return cast(Floats, values[-quarter:].mean(axis=0) - values[-2 * quarter : -quarter].mean(axis=0))


def end_game(values: Floats) -> Floats:
    """Subtract the mean of the rounds before from the last round: (T, S) float -> (S,) float."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    return cast(Floats, values[-1] - values[:-1].mean(axis=0))
