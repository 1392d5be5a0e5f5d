"""How far two distributions over amounts lie from each other.

All functions take weights (counts or probabilities) over one common, increasing support of L values;
`together` puts two distributions on one. Weights need not sum to 1. Where a function takes a batch, the
batch dimensions come first and the support is last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import entr, rel_entr  # scipy.stats takes longer to load than most games to play

from gamesim.errors import GamesimError

Floats = npt.NDArray[np.float64]

BINS = 11


def normalised(weights: npt.ArrayLike) -> Floats:
    """Divide weights by their sum.

    Parameters
    ----------
    weights : array_like, shape (..., L)

    Returns
    -------
    ndarray, shape (..., L)

    Raises
    ------
    GamesimError
        If weights are negative, not finite or sum to nothing.
    """
    values = np.asarray(weights, dtype=np.float64)
    total = values.sum(axis=-1, keepdims=True)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any() or (total <= 0).any():
        raise GamesimError("a distribution needs weights that are finite, not negative and not all zero")
    shares: Floats = values / total
    return shares


def together(
    support: npt.ArrayLike, weights: npt.ArrayLike, other: npt.ArrayLike, other_weights: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Put two distributions on one support.

    Parameters
    ----------
    support, weights : array_like, shape (L,)
        The first distribution; values may repeat.
    other, other_weights : array_like, shape (M,)
        The second one.

    Returns
    -------
    support, p, q : ndarray, shape (K,)
        All values in increasing order, and both distributions on them, each summing to 1.
    """
    first, second = np.asarray(support, dtype=np.float64), np.asarray(other, dtype=np.float64)
    # Shares of a stake arrive by different divisions; twelve decimals join values that are meant to be equal.
    values, place = np.unique(np.round(np.concatenate([first, second]), 12), return_inverse=True)
    p = np.bincount(place[: len(first)], weights=np.asarray(weights, np.float64), minlength=len(values))
    q = np.bincount(place[len(first) :], weights=np.asarray(other_weights, np.float64), minlength=len(values))
    return values, normalised(p), normalised(q)


def w1(support: npt.ArrayLike, p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Wasserstein-1 distance, in the units of the support: the area between the cumulative distributions."""
    between, gaps = _between(support, p, q)
    return float(np.abs(between) @ gaps)


def w1n(support: npt.ArrayLike, p: npt.ArrayLike, q: npt.ArrayLike, low: float, high: float) -> float:
    """Wasserstein-1 distance divided by the legal range `high` - `low`: from 0 to 1."""
    return w1(support, p, q) / _range(low, high)


def w1n_batch(support: npt.ArrayLike, p: npt.ArrayLike, q: npt.ArrayLike, low: float, high: float) -> Floats:
    """Wasserstein-1 distances of many pairs on one support, divided by the legal range.

    Parameters
    ----------
    support : array_like, shape (L,)
        Increasing.
    p, q : array_like, shape (..., L)
        Weights that broadcast against each other.
    low, high : float
        The legal range.

    Returns
    -------
    ndarray, shape (...)
    """
    between, gaps = _between(support, p, q)
    distances: Floats = np.abs(between) @ gaps / _range(low, high)
    return distances


def _between(support: npt.ArrayLike, p: npt.ArrayLike, q: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Give how far the cumulative distributions lie apart after each value but the last, and for how long."""
    gaps = np.diff(np.asarray(support, dtype=np.float64))
    between = np.cumsum(normalised(p), axis=-1) - np.cumsum(normalised(q), axis=-1)
    return between[..., :-1], gaps


def _range(low: float, high: float) -> float:
    if not high > low:
        raise GamesimError(f"the legal range {low:g} to {high:g} is empty")
    return high - low


def binned(
    support: npt.ArrayLike, weights: npt.ArrayLike, low: float, high: float, bins: int = BINS
) -> Floats:
    """Collect weights in evenly spaced points of the legal range, the nearest to each value, halves upwards.

    With 11 points over 0 to 100 these are the values rounded to tens, as in published dictator histograms;
    total variation, Jensen-Shannon divergence and entropy depend on this choice, which is why it is stated
    with them.

    Parameters
    ----------
    support : array_like, shape (L,)
    weights : array_like, shape (..., L)
    low, high : float
        The legal range; values beyond it go to its ends.
    bins : int
        Number of points, at least 2.

    Returns
    -------
    ndarray, shape (..., bins)
        Sums to 1 along the last axis.
    """
    if bins < 2:
        raise GamesimError(f"a binning needs at least 2 points, not {bins}")
    values = np.asarray(support, dtype=np.float64)
    place = np.floor((values - low) / _range(low, high) * (bins - 1) + 0.5 + 1e-9)
    member = np.clip(place, 0, bins - 1)[:, None] == np.arange(bins)
    collected: Floats = normalised(weights) @ member.astype(np.float64)
    return collected


def tv(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Total variation: half the sum of absolute differences, from 0 to 1; ignores the order of the values."""
    return float(0.5 * np.abs(normalised(p) - normalised(q)).sum())


def jsd(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Jensen-Shannon *divergence* in bits, from 0 to 1: the square of what scipy's `jensenshannon` gives."""
    one, other = normalised(p), normalised(q)
    middle = (one + other) / 2
    return max(0.0, float((rel_entr(one, middle) + rel_entr(other, middle)).sum() / np.log(4)))


def ks(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Kolmogorov-Smirnov distance: the largest gap between the cumulative distributions."""
    return float(np.abs(np.cumsum(normalised(p)) - np.cumsum(normalised(q))).max())


def energy(support: npt.ArrayLike, p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """Energy distance D, the *root* of 2 E|X-Y| - E|X-X'| - E|Y-Y'|, as scipy does (Szekely & Rizzo 2013)."""
    between, gaps = _between(support, p, q)
    return float(np.sqrt(2 * (between**2 @ gaps)))


def mean_sd(support: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[float, float]:
    """Mean and population standard deviation of a distribution."""
    values, p = np.asarray(support, dtype=np.float64), normalised(weights)
    mean = float(p @ values)
    return mean, float(np.sqrt(p @ (values - mean) ** 2))


def sd_ratio(support: npt.ArrayLike, p: npt.ArrayLike, human: npt.ArrayLike) -> float:
    """Divide the standard deviation by the humans': below 1, simulated people differ too little."""
    return _ratio(mean_sd(support, p)[1], mean_sd(support, human)[1])


def entropy_ratio(p: npt.ArrayLike, human: npt.ArrayLike) -> float:
    """Shannon entropy as a multiple of the humans', on one stated binning."""
    return _ratio(float(entr(normalised(p)).sum()), float(entr(normalised(human)).sum()))


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


@dataclass(frozen=True)
class MassPoints:
    """Shares of choices at the bottom, exactly in the middle and at the top of the legal range."""

    none: float
    half: float
    all: float


def mass_points(support: npt.ArrayLike, weights: npt.ArrayLike, low: float, high: float) -> MassPoints:
    """Shares of choices at `low`, at the midpoint and at `high`."""
    values, p = np.asarray(support, dtype=np.float64), normalised(weights)
    tolerance = 1e-9 * _range(low, high)
    points = [float(p[np.abs(values - at) <= tolerance].sum()) for at in (low, (low + high) / 2, high)]
    return MassPoints(*points)


@dataclass(frozen=True)
class Turing:
    """How often a simulated choice passes for the more human of two."""

    win: float
    tie: float
    loss: float


def turing(simulated: npt.ArrayLike, human: npt.ArrayLike) -> Turing:
    """Play the Turing test of Mei, Xie, Yuan & Jackson (2024) in closed form.

    One simulated and one human choice are drawn; the one whose bin is the more frequent among humans wins.
    Always playing the humans' mode does best, so this rewards typical choices and not human variety: humans
    against humans win and lose alike, and a figure above theirs is no praise.

    Parameters
    ----------
    simulated, human : array_like, shape (bins,)
        Weights over the same bins; ten equal ones over the legal range in the study.

    Returns
    -------
    Turing
        Probabilities that the simulated choice wins, ties and loses.
    """
    ours, theirs = normalised(simulated), normalised(human)
    gap = theirs[:, None] - theirs[None, :]
    met = ours[:, None] * theirs[None, :]
    level = np.abs(gap) < 1e-12
    win, tie = float(met[(gap > 0) & ~level].sum()), float(met[level].sum())
    return Turing(win, tie, 1 - win - tie)


def bootstrap_w1n(
    support: npt.ArrayLike,
    counts: npt.ArrayLike,
    other: npt.ArrayLike,
    low: float,
    high: float,
    *,
    resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """Redraw the units behind `counts` with replacement and measure the distance from `other` each time.

    Redrawing n units with replacement is one multinomial draw of n over the support, so no unit is ever
    touched.

    Parameters
    ----------
    support : array_like, shape (L,)
        Increasing.
    counts : array_like of int, shape (L,)
        Units at each value.
    other : array_like, shape (L,) or (resamples, L)
        Weights of the distribution that stays, or one for each resample.
    low, high : float
        The legal range.
    resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (resamples,)
        Normalised Wasserstein-1 distances.
    """
    whole = np.asarray(counts, dtype=np.int64)
    redrawn = rng.multinomial(int(whole.sum()), normalised(whole), size=resamples)
    return w1n_batch(support, redrawn, other, low, high)


def split_half_w1n(
    support: npt.ArrayLike,
    counts: npt.ArrayLike,
    low: float,
    high: float,
    *,
    splits: int,
    rng: np.random.Generator,
) -> Floats:
    """Split the units behind `counts` at random in halves and measure the distance between the halves.

    A half is one multivariate hypergeometric draw of half the units.

    Parameters
    ----------
    support, counts, low, high
        As in `bootstrap_w1n`.
    splits : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (splits,)
        Normalised Wasserstein-1 distances; NaN when there are fewer than two units.
    """
    whole = np.asarray(counts, dtype=np.int64)
    if whole.sum() < 2:
        return np.full(splits, np.nan)
    half = rng.multivariate_hypergeometric(whole, int(whole.sum()) // 2, size=splits, method="marginals")
    return w1n_batch(support, half, whole - half, low, high)
