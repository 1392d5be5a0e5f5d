"""Whether persons differ from each other and resemble themselves: the individuals behind a distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    rows = pd.DataFrame({"value": np.asarray(values, np.float64), "person": np.asarray(persons)}).dropna()
    groups = rows.groupby("person", sort=False)["value"]
    sizes, means = groups.size().to_numpy(np.float64), groups.mean().to_numpy(np.float64)
    total, people = sizes.sum(), len(sizes)
    if people < 2 or total <= people:
        return float("nan")
    grand = float(rows["value"].mean())
    squares = float(((rows["value"] - grand) ** 2).sum())
    spread = float((sizes * (means - grand) ** 2).sum())
    between, within = spread / (people - 1), (squares - spread) / (total - people)
    adjusted = (total - (sizes**2).sum() / total) / (people - 1)
    below = between + (adjusted - 1) * within
    return float((between - within) / below) if squares > 0 and below > 0 else float("nan")


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
    rows = pd.DataFrame(
        {"value": np.asarray(values, np.float64), "person": np.asarray(persons), "round": np.asarray(rounds)}
    ).dropna()
    before = rows.assign(round=rows["round"] + 1)
    pairs = rows.merge(before, on=["person", "round"], suffixes=("", "_before"))
    now, then = pairs["value"].to_numpy(np.float64), pairs["value_before"].to_numpy(np.float64)
    if len(pairs) < 3 or now.std() == 0 or then.std() == 0:
        return float("nan")
    return float(np.corrcoef(now, then)[0, 1])
