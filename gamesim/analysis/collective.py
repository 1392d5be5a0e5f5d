"""What a group shows and no member does: inequality, settling, end-game effect.  Arrays in, numbers out."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
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
