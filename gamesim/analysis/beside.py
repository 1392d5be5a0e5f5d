"""What stands beside a likeness figure: noise, floors, other people and naive rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gamesim.analysis.distance import (
    bootstrap_w1n,
    normalised,
    split_half_w1n,
    together,
    w1n,
    w1n_batch,
)
from gamesim.analysis.votes import Simulated
from gamesim.humans import Reference, Votes

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

MISSING = (float("nan"), float("nan"))
LEVEL = (2.5, 97.5)
MANY_CLUSTERS = 10_000
_AT_A_TIME = 4_000_000


@dataclass(frozen=True)
class Noise:
    """What a distance comes to by chance alone.

    Parameters
    ----------
    mean, high : float
        Mean and 95th percentile of the normalised Wasserstein-1 distance.
    """

    mean: float
    high: float


def interval(distances: Floats) -> Interval:
    """Give the 95 % percentile interval of redrawn distances."""
    low, high = np.percentile(distances, LEVEL)
    return float(low), float(high)


def noise(distances: Floats) -> Noise:
    """Summarise distances that arise by chance."""
    if np.isnan(distances).any():
        return Noise(float("nan"), float("nan"))
    return Noise(float(distances.mean()), float(np.percentile(distances, 95)))


def human_sampling(
    simulated: Simulated,
    human: npt.NDArray[np.int64],
    span: Interval,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    """Redraw the human subjects and hold the simulated distribution fixed."""
    return interval(bootstrap_w1n(simulated.support, human, simulated.p, *span, resamples=resamples, rng=rng))


def simulation(
    simulated: Simulated,
    human: npt.NDArray[np.int64],
    span: Interval,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    """Redraw the simulated choices, by independent unit, and hold the humans fixed.

    Exact probabilities leave nothing to redraw: the interval has no width. It says how far the figure
    would move if the simulation were run again, and shrinks with the number of agents; it is no test of
    likeness.
    """
    p = simulated.p
    if simulated.is_exact:
        exact = w1n(simulated.support, p, human, *span)
        return exact, exact
    if len(simulated.clusters):
        return _over_clusters(simulated.clusters, simulated, human, span, resamples, rng)
    if simulated.unit != "decision":
        return MISSING
    drawn = int(simulated.drawn.sum())
    redrawn = rng.multinomial(drawn, simulated.drawn / drawn, size=resamples) + simulated.exact
    return interval(w1n_batch(simulated.support, redrawn, human, *span))


def wording(
    simulated: Simulated,
    human: npt.NDArray[np.int64],
    span: Interval,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    """Redraw the wordings: how far the figure depends on how the question was put."""
    return _over_clusters(simulated.wordings, simulated, human, span, resamples, rng)


def wording_sd(simulated: Simulated, labels: bool) -> float:
    """Estimate how far the mean choice differs from wording to wording beyond chance, as a standard deviation.

    The variance component between wordings of a one-way random-effects model, by the analysis of variance with
    unequal numbers (Searle, Casella & McCulloch 1992, Variance Components, section 3.6), 0 where it comes out
    negative.  Exact probabilities have no noise of draws to take off: there it is the standard deviation of the
    means.

    Parameters
    ----------
    simulated : Simulated
    labels : bool
        Whether actions are labels, whose mean is the share of the first.

    Returns
    -------
    float
        In the units of the reference, or a share; NaN with fewer than two wordings, or drawn once each.
    """
    weights = simulated.wordings
    values = (simulated.support == 0).astype(np.float64) if labels else simulated.support
    if len(weights) < 2:
        return float("nan")
    sizes = weights.sum(axis=1)
    means = weights @ values / sizes
    if not simulated.drawn.any():
        return float(means.std(ddof=1))
    total, spare = sizes.sum(), sizes.sum() - len(sizes)
    if spare < 1:
        return float("nan")
    within = float((weights * (values - means[:, None]) ** 2).sum() / spare)
    centre = float(sizes @ means / total)
    between = float(sizes @ (means - centre) ** 2 / (len(sizes) - 1))
    typical = float((total - (sizes**2).sum() / total) / (len(sizes) - 1))
    return float(np.sqrt(max(between - within, 0.0) / typical))


def _over_clusters(
    clusters: Floats,
    simulated: Simulated,
    human: npt.NDArray[np.int64],
    span: Interval,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    size = len(clusters)
    many = np.ones(size, dtype=np.int64)
    if size > MANY_CLUSTERS:
        # Those that are alike are redrawn together: the same chances with fewer draws.
        clusters, times = np.unique(clusters, axis=0, return_counts=True)
        many = times.astype(np.int64)
    at_a_time = max(1, _AT_A_TIME // len(clusters))
    redrawn = [
        rng.multinomial(size, many / size, size=min(at_a_time, resamples - start)) @ clusters
        for start in range(0, resamples, at_a_time)
    ]
    return interval(w1n_batch(simulated.support, np.concatenate(redrawn), human, *span))


def perfect(
    simulated: Simulated,
    human: npt.NDArray[np.int64],
    span: Interval,
    resamples: int,
    rng: np.random.Generator,
) -> Noise:
    """Score a simulator that is the human distribution itself, at the sample sizes at hand.

    It makes n draws like the simulation (none where that is exact), and is held against a human sample as
    large as the one on record.
    """
    chances, subjects = normalised(human), int(human.sum())
    people = rng.multinomial(subjects, chances, size=resamples)
    made = chances if simulated.is_exact else rng.multinomial(simulated.n, chances, size=resamples)
    return noise(w1n_batch(simulated.support, made, people, *span))


def floor(
    support: Floats, human: npt.NDArray[np.int64], span: Interval, splits: int, rng: np.random.Generator
) -> Noise:
    """Hold one half of the human subjects against the other."""
    return noise(split_half_w1n(support, human, *span, splits=splits, rng=rng))


def rivals(
    reference: Reference, support: Floats, human: npt.NDArray[np.int64], uniform: Floats
) -> dict[str, float]:
    """Score predictors that know nothing of the person or the situation.

    Parameters
    ----------
    reference : Reference
    support : ndarray, shape (L,)
    human : ndarray, shape (L,)
        Counts.
    uniform : ndarray, shape (L,)
        The distribution of a player to whom every legal action of the run is alike, on the same support.

    Returns
    -------
    dict of str to float
        ``uniform``: every legal amount alike. ``constant median``: everybody does what the median human did.
    """
    span = (reference.low, reference.high)
    cumulative = np.cumsum(human) / human.sum()
    median = np.zeros(len(support))
    median[int(np.searchsorted(cumulative, 0.5 - 1e-12))] = 1.0
    return {
        "uniform": w1n(support, uniform, human, *span),
        "constant median": w1n(support, median, human, *span),
    }


def other_people(
    reference: Reference, others: Sequence[Reference], votes: Votes
) -> tuple[tuple[str, float], ...]:
    """Measure how far other human populations lie from this one in the same decision, on shares of the range.

    Only records of the same protocol count: method, stake, round, labels, condition and rules.

    Returns
    -------
    tuple of (str, float)
        Name of the other reference and normalised Wasserstein-1 distance, nearest first.
    """
    found = []
    for other in others:
        if not other.has_counts or _protocol(other) != _protocol(reference):
            continue
        if (other.dataset, other.population) == (reference.dataset, reference.population):
            continue
        ours, theirs = _shares(reference, other, votes), _shares(other, reference, votes)
        found.append((other.name, w1n(*together(*ours, *theirs), 0.0, 1.0)))
    return tuple(sorted(found, key=lambda item: item[1]))


def _protocol(reference: Reference) -> tuple[object, ...]:
    return (
        reference.decision,
        reference.method,
        reference.stake,
        reference.round,
        reference.labels,
        dict(reference.given),
        dict(reference.parameters),
    )


def _shares(one: Reference, other: Reference, votes: Votes) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Give a record as shares of its range, on the coarser grid of the two."""
    shares = (one.support - one.low) / (one.high - one.low)
    steps = [each.step / (each.high - each.low) for each in (one, other)]
    grid = max(steps)
    return np.floor(shares / grid + 0.5 + 1e-9) * grid, one.counts(votes)
