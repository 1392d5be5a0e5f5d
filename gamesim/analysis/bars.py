"""A distribution in about eleven bars, for terminals and plots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamesim.analysis.comparison import Row
from gamesim.analysis.distance import BINS, binned


class Bar(NamedTuple):
    """One bar: where it stands, and the shares of simulated and human choices; NaN where not known."""

    label: str
    simulated: float
    human: float


def bars(row: Row, bins: int = BINS) -> list[Bar]:
    """Put both distributions of a comparison in bars.

    Parameters
    ----------
    row : Row
        Of a comparison.
    bins : int
        Evenly spaced points over the legal range, each choice at its nearest (halves upwards); with labels
        there is one bar a label.

    Returns
    -------
    list of Bar
        Shares over the bars sum to 1.
    """
    labels = row.source.labels
    points = len(labels) or bins
    names = labels or _ranges(row, points)
    ours = binned(row.support, row.simulated, row.low, row.high, points)
    theirs = [float("nan")] * points
    if len(row.human):
        theirs = binned(row.support, row.human, row.low, row.high, points).tolist()
    return [Bar(*each) for each in zip(names, ours.tolist(), theirs, strict=True)]


def _ranges(row: Row, points: int) -> tuple[str, ...]:
    """Name each bar by the least and the largest amount in it, on the humans' grid."""
    grid = row.source.support
    place = np.floor((grid - row.low) / (row.high - row.low) * (points - 1) + 0.5 + 1e-9)
    held = [grid[place == bar] for bar in range(points)]
    return tuple("-".join(f"{end:g}" for end in dict.fromkeys((*each[:1], *each[-1:]))) for each in held)
