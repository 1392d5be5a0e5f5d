"""What answers that could not be used might have changed: figures with them put in, and their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gamesim.analysis.beside import Interval
from gamesim.analysis.distance import mean_sd, normalised, w1n
from gamesim.analysis.votes import Simulated

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Missing:
    """A comparison with the missing answers put in; the answers known keep their weight.

    Nothing is assumed of the missing but that each would have been a legal action (Manski 1989, J. Human
    Resources 24:343-360: worst-case bounds).

    Parameters
    ----------
    n : int
        Votes that are missing; the row's own `n` counts the others.
    by_status : mapping of str to int
        The unusable answers behind them, by why: ``unreadable``, ``out_of_range``, ``refused``, ``truncated``,
        ``transport``.
    mean_low, mean_high : float
        Mean with all missing at the lowest, and at the highest legal action, in the unit of the row's mean.
    w1n_uniform : float
        Normalised Wasserstein-1 distance with the missing uniform over the legal actions.
    w1n_best, w1n_worst : float
        The least and the largest distance that any legal answers in their place could give; NaN, as above,
        where only figures are published.
    """

    n: int
    by_status: Mapping[str, int]
    mean_low: float
    mean_high: float
    w1n_uniform: float
    w1n_best: float
    w1n_worst: float


def imputed(
    simulated: Simulated,
    n: int,
    by_status: Mapping[str, int],
    human: Floats,
    span: Interval,
    labels: bool,
) -> Missing | None:
    """Put the missing answers in at their worst, at their best and at uniform.

    Parameters
    ----------
    simulated : Simulated
        The answers known.
    n, by_status
        As in `Missing`.
    human : ndarray, shape (L,)
        The humans on the support of `simulated`; empty where they have no distribution, or none may be used.
    span : (float, float)
        The legal range of the humans.
    labels : bool
        Whether actions are labels, whose mean is the share of the first.

    Returns
    -------
    Missing or None
        None when nothing is missing.
    """
    if n == 0:
        return None
    share = n / (n + simulated.n)
    values = (simulated.support == 0).astype(np.float64) if labels else simulated.support
    legal = values[simulated.uniform > 0]
    known = (1 - share) * mean_sd(values, simulated.p)[0]
    means = known + share * float(legal.min()), known + share * float(legal.max())
    if not len(human):
        return Missing(n, by_status, *means, *[float("nan")] * 3)
    given = (simulated.support, simulated.p, share, simulated.uniform, human, span)
    return Missing(n, by_status, *means, with_uniform(*given), nearest(*given), farthest(*given))


def with_uniform(
    support: Floats, known: Floats, share: float, legal: Floats, human: npt.ArrayLike, span: Interval
) -> float:
    """Measure the distance with a share of uniform answers.

    Parameters
    ----------
    support : ndarray, shape (L,)
        Increasing.
    known : ndarray, shape (L,)
        The distribution of the answers known.
    share : float
        The share of answers that are missing.
    legal : ndarray, shape (L,)
        The uniform distribution over the legal actions.
    human : array_like, shape (L,)
        Weights.
    span : (float, float)
        The legal range.

    Returns
    -------
    float
        Normalised Wasserstein-1 distance.
    """
    return w1n(support, (1 - share) * known + share * legal, human, *span)


def farthest(
    support: Floats, known: Floats, share: float, legal: Floats, human: npt.ArrayLike, span: Interval
) -> float:
    """Find the largest distance that legal answers in place of the missing can give, exactly.

    The distance is convex in the distribution of the missing, so it is largest where they all do the same.  That
    need not be an end of the range: where humans split between both ends and the known answers lie in the
    middle, the middle is farthest.  Every legal action is tried; two running sums give all distances at once.

    Parameters
    ----------
    support, known, share, legal, human, span
        As in `with_uniform`.

    Returns
    -------
    float
        Normalised Wasserstein-1 distance.
    """
    gaps, behind = _behind(support, known, share, human)
    before = np.concatenate([[0.0], np.cumsum(np.abs(behind) * gaps)])
    after = np.concatenate([[0.0], np.cumsum((np.abs(behind + share) * gaps)[::-1])])[::-1]
    return float((before + after)[legal > 0].max()) / (span[1] - span[0])


def nearest(
    support: Floats, known: Floats, share: float, legal: Floats, human: npt.ArrayLike, span: Interval
) -> float:
    """Find the least distance that legal answers in place of the missing can give, exactly.

    The cumulative distribution of the missing may be any that rises from 0 to 1 and steps at legal actions only.
    The one that comes nearest to the humans is an isotonic regression under absolute loss: from left to right the
    least loss so far is a convex function of the height reached, kept as the places where its slope changes.

    Parameters
    ----------
    support, known, share, legal, human, span
        As in `with_uniform`.

    Returns
    -------
    float
        Normalised Wasserstein-1 distance.
    """
    gaps, behind = _behind(support, known, share, human)
    allowed = np.flatnonzero(legal > 0)
    first, last = allowed[0], allowed[-1]
    # Before the first legal action none of the missing has answered, after the last one all have.
    total = float(np.abs(behind[:first]) @ gaps[:first] + np.abs(behind[last:] + share) @ gaps[last:])
    wanted = np.clip(-behind / share, 0.0, 1.0)
    total += float(np.abs(behind + share * wanted)[first:last] @ gaps[first:last])
    bends: list[tuple[float, float]] = []
    for start, stop in pairwise(allowed):
        slope = 0.0
        for place in range(start, stop):
            weight = share * float(gaps[place])
            heappush(bends, (-float(wanted[place]), 2 * weight))
            total -= weight * float(wanted[place])
            slope += weight
        while slope > 0:
            height, weight = heappop(bends)
            total -= min(weight, slope) * height
            if weight > slope:
                heappush(bends, (height, weight - slope))
            slope -= weight
    return max(total, 0.0) / (span[1] - span[0])


def _behind(support: Floats, known: Floats, share: float, human: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Give the gaps of the support and, over each, how far the known answers alone lie below the humans."""
    gaps: Floats = np.diff(support)
    lead = (1 - share) * np.cumsum(normalised(known)) - np.cumsum(normalised(human))
    return gaps, lead[:-1]
