"""Whether persons differ from each other and resemble themselves: the individuals behind a distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_FULL = 10
"""Numbers of persons that leave out more than this many for each choice are given anew."""
Floats = npt.NDArray[np.float64]


def icc(values: npt.ArrayLike, persons: npt.ArrayLike) -> float:
    """Share of the variance that lies between persons: ICC(1) of a one-way analysis of variance.

    With mean squares B between and W within persons and n0 the adjusted number of values a person,
    ICC = (B - W) / (B + (n0 - 1) W) (Shrout & Fleiss 1979, for unequal numbers as in Donner 1986). A mixture
    redrawn every round has an ICC near 0 however well it matches each round's distribution.

    Parameters
    ----------
    values : array_like, shape (R,)
        Choices; NaN is left out.
    persons : array_like, shape (R,)
        Who made them.

    Returns
    -------
    float
        NaN when nobody has two values, or when all values are equal.
    """
    chosen, who = _known(values, persons)
    sizes = np.bincount(who).astype(np.float64)
    there = sizes > 0
    means = np.bincount(who, chosen)[there] / sizes[there]
    sizes = sizes[there]
    total, people = sizes.sum(), len(sizes)
    if people < 2 or total <= people:
        return float("nan")
    grand = float(chosen.mean())
    squares = float(((chosen - grand) ** 2).sum())
    spread = float((sizes * (means - grand) ** 2).sum())
    between, within = spread / (people - 1), (squares - spread) / (total - people)
    adjusted = (total - (sizes**2).sum() / total) / (people - 1)
    below = between + (adjusted - 1) * within
    return float((between - within) / below) if squares > 0 and below > 0 else float("nan")


def _known(values: npt.ArrayLike, *codes: npt.ArrayLike) -> tuple[Any, ...]:
    """Keep the choices that are known, with persons as numbers from 0, and rounds."""
    chosen = np.asarray(values, np.float64)
    columns = [np.asarray(each) for each in codes]
    known = ~(np.isnan(chosen) | np.any([pd.isna(each) for each in columns], axis=0))
    if not known.all():
        chosen, columns = chosen[known], [each[known] for each in columns]
    return (
        chosen,
        pd.factorize(columns[0])[0].astype(np.int64),
        *(each.astype(np.int64) for each in columns[1:]),
    )


def lag1(values: npt.ArrayLike, persons: npt.ArrayLike, rounds: npt.ArrayLike) -> float:
    """Correlate a person's choices with the same person's choices one round before, pooled over persons.

    Parameters
    ----------
    values, persons, rounds : array_like, shape (R,)
        Choices, who made them (a person and play together), and the round they were made in.

    Returns
    -------
    float
        NaN with fewer than three pairs or no variance.
    """
    chosen, who, when = _known(values, persons, rounds)
    if not len(chosen):
        return float("nan")
    # One place a person and round, and one that stays empty before the first round of each.
    when = when - when.min() + 1
    span = int(when.max()) + 1
    place = who * span + when
    if np.bincount(place).max() > 1:
        now, then = _merged(chosen, place)
    else:
        laid = np.full((int(who.max()) + 1) * span, np.nan)
        laid[place] = chosen
        follows = ~np.isnan(laid[1:]) & ~np.isnan(laid[:-1])
        now, then = laid[1:][follows], laid[:-1][follows]
    if len(now) < 3 or now.std() == 0 or then.std() == 0:
        return float("nan")
    return float(np.corrcoef(now, then)[0, 1])


def _merged(chosen: Floats, place: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Pair every choice with all of the round before, where there are several a round."""
    rows = pd.DataFrame({"value": chosen, "place": place})
    pairs = rows.merge(rows.assign(place=place + 1), on="place", suffixes=("", "_before"))
    return pairs["value"].to_numpy(np.float64), pairs["value_before"].to_numpy(np.float64)
