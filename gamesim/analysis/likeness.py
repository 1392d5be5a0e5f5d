"""How alike two distributions are, and all figures that stand beside that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gamesim.analysis import beside
from gamesim.analysis.beside import Interval, Noise
from gamesim.analysis.distance import BINS, binned, entropy_ratio, mean_sd, sd_ratio, tv, w1n
from gamesim.analysis.votes import Simulated
from gamesim.humans import Reference, Votes

Floats = npt.NDArray[np.float64]
NAN = float("nan")


class Likeness(NamedTuple):
    """All that compares two distributions, and the humans as counts on the common support."""

    human: Floats
    human_moments: tuple[float, float]
    w1n: float
    tv: float
    sd_ratio: float
    entropy_ratio: float
    intervals: dict[str, Interval]
    floor: Noise
    perfect: Noise
    between: tuple[tuple[str, float], ...]
    rivals: dict[str, float]


def likeness_to(
    simulated: Simulated,
    reference: Reference,
    others: Sequence[Reference],
    votes: Votes,
    resamples: int,
    rng: np.random.Generator,
) -> Likeness:
    """Hold simulated votes against a human record.

    Parameters
    ----------
    simulated : Simulated
    reference : Reference
    others : sequence of Reference
        Among which other human populations are looked for.
    votes : {"subject", "decision"}
    resamples : int
        Redraws behind each interval and each figure of noise.
    rng : numpy.random.Generator

    Returns
    -------
    Likeness
    """
    if not reference.has_counts:
        return _from_figures(simulated, reference)
    support, span = simulated.support, (reference.low, reference.high)
    human = np.zeros(len(support), dtype=np.int64)
    human[np.searchsorted(support, np.round(reference.support, 12))] = reference.counts(votes)
    bins = len(reference.labels) or BINS
    ours, theirs = (binned(support, side, *span, bins) for side in (simulated.p, human))
    intervals = {
        "human sampling": beside.human_sampling(simulated, human, span, resamples, rng),
        "simulation": beside.simulation(simulated, human, span, resamples, rng),
    }
    if len(simulated.wordings):
        intervals["wording"] = beside.wording(simulated, human, span, resamples, rng)
    floor = beside.floor(support, human, span, resamples, rng)
    return Likeness(
        human=human / human.sum(),
        human_moments=moments(reference, support, human),
        w1n=w1n(support, simulated.p, human, *span),
        tv=tv(ours, theirs),
        sd_ratio=sd_ratio(support, simulated.p, human),
        entropy_ratio=entropy_ratio(ours, theirs),
        intervals=intervals,
        floor=floor,
        perfect=beside.perfect(simulated, human, span, resamples, rng),
        between=beside.other_people(reference, others, votes),
        rivals={**beside.rivals(reference, support, human, simulated.uniform), "human marginal": floor.mean},
    )


def _from_figures(simulated: Simulated, reference: Reference) -> Likeness:
    """Compare with published figures: a share of one of two options is a distribution, a mean is not."""
    mean, sd = (
        reference.figures[name].value if name in reference.figures else NAN for name in ("mean", "sd")
    )
    human, gap = np.zeros(0), NAN
    if len(reference.labels) == 2 and not math.isnan(mean):
        human, sd = np.array([mean, 1 - mean]), math.sqrt(mean * (1 - mean))
        gap = tv(simulated.p, human)
    nothing = Noise(NAN, NAN)
    return Likeness(human, (mean, sd), gap, gap, NAN, NAN, {}, nothing, nothing, (), {})


def moments(reference: Reference, support: Floats, weights: npt.ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation; of choosing the first label where there are labels."""
    values = (support == 0).astype(np.float64) if reference.labels else support
    return mean_sd(values, weights)
