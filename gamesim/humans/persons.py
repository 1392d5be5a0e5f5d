"""Whether persons differ from each other and resemble themselves: the individuals behind a distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_FULL = 10
"""Most places for each choice, of persons and of rounds, that are laid out."""
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
    who, *rounds = columns
    # Numbers that leave few out are taken as they stand.
    if who.dtype.kind != "i" or who.min(initial=0) < 0 or who.max(initial=0) > _FULL * len(who):
        who = pd.factorize(who)[0]
    whole = (each if each.dtype.kind == "i" else each.astype(np.int64) for each in rounds)
    return chosen, who.astype(np.int64, copy=False), *whole


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
    least = int(when.min()) - 1
    span = int(when.max()) - least + 1
    if (int(who.max()) + 1) * span > _FULL * len(who):
        who = pd.factorize(who)[0].astype(np.int64, copy=False)
    place = who * span
    place += when
    place -= least
    size = (int(who.max()) + 1) * span
    laid = np.full(size if size <= _FULL * len(who) else 0, np.nan)
    if len(laid):
        laid[place] = chosen
    there = ~np.isnan(laid)
    if np.count_nonzero(there) < len(chosen):
        now, then = _merged(chosen, place)
    else:
        follows = there[1:] & there[:-1]
        now, then = laid[1:][follows], laid[:-1][follows]
    if len(now) < 3 or np.ptp(now) == 0 or np.ptp(then) == 0:
        return float("nan")
    now, then = now - now.mean(), then - then.mean()
    return float(now @ then / np.sqrt((now @ now) * (then @ then)))


def _merged(chosen: Floats, place: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Pair every choice with all of the round before, where there are several a round or few of the rounds."""
    rows = pd.DataFrame({"value": chosen, "place": place})
    pairs = rows.merge(rows.assign(place=place + 1), on="place", suffixes=("", "_before"))
    return pairs["value"].to_numpy(np.float64), pairs["value_before"].to_numpy(np.float64)
