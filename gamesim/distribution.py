"""A batch of probability distributions over actions, kept once for all rows that share one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from gamesim.actions import ActionSpace, Amount
from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class ActionDistribution:
    """The exact probabilities with which each decider of a batch acts.

    Parameters
    ----------
    values : (L,) or (U, L) float
        Actions, in game units.
    probabilities : (U, L) float
        One distribution a row, each summing to 1.
    row : (D,) int, optional
        Which of the U distributions belongs to which decider; without it all share a single one, and several are one
        a decider.
    """

    values: Floats
    probabilities: Floats
    row: Ints | None = None

    def __post_init__(self) -> None:
        p = self.probabilities
        if p.ndim != 2:
            raise ValueError(
                f"probabilities of shape {p.shape} must have one row a distribution: [[0.3, 0.7]]"
            )
        if self.values.shape not in ((p.shape[1],), p.shape):
            raise ValueError(
                f"values of shape {self.values.shape} do not fit probabilities of shape {p.shape}"
            )
        if self.row is not None and len(self.row) and not 0 <= self.row.min() <= self.row.max() < len(p):
            raise ValueError(
                f"row goes from {self.row.min()} to {self.row.max()}, but there are {len(p)} distributions"
            )
        if not (p >= 0).all() or not np.allclose(p.sum(axis=1), 1, rtol=0, atol=1e-6):
            raise ValueError("probabilities must not be negative or missing, and must sum to 1 in every row")

    def among(self, size: int) -> ActionDistribution:
        """Say which distribution belongs to which of `size` deciders, where it is one a decider.

        Raises
        ------
        ValueError
            When there are neither one nor as many as deciders.
        """
        if self.row is None and len(self.probabilities) == 1:
            return self
        given, what = (
            (self.probabilities, "rows of probabilities")
            if self.row is None
            else (self.row, "entries of row")
        )
        if len(given) != size:
            raise ValueError(
                f"{len(given)} {what} for {size} deciders: give one row of probabilities for all, one a decider, "
                "or say by row which belongs to whom"
            )
        return replace(self, row=np.arange(size)) if self.row is None else self

    def values_of(self, row: int) -> Floats:
        """Give the actions of one of the U distributions: (L,)."""
        return cast(Floats, self.values[row]) if self.values.ndim == 2 else self.values

    def sample(self, u: Floats) -> tuple[Floats, Floats]:
        """Draw one action a decider by inverting the distribution function.

        Parameters
        ----------
        u : (D,) float
            Uniform draws on [0, 1).

        Returns
        -------
        actions : (D,) float
        probability : (D,) float
            With which each was drawn.
        """
        if self.row is None and len(self.probabilities) != 1:
            return self.among(len(u)).sample(u)
        cumulative = np.cumsum(self.probabilities, axis=1)
        # Divided by its own last value the sum ends at exactly 1, so nothing of probability 0 is ever drawn.
        cumulative /= cumulative[:, -1:]
        if self.row is None:
            place = np.searchsorted(cumulative[0], u, side="right")
            return self.values_of(0)[place], self.probabilities[0][place]
        width = cumulative.shape[1]
        shelves = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
        place = np.searchsorted(shelves, u + self.row, side="right") - self.row * width
        # A draw next to 1 may round up to the next shelf.
        place = np.minimum(place, width - 1)
        values = self.values[self.row, place] if self.values.ndim == 2 else self.values[place]
        probability = self.probabilities[self.row, place]
        rounded = probability == 0
        if rounded.any():
            last = width - 1 - np.argmax(self.probabilities[:, ::-1] > 0, axis=1)
            place = np.where(rounded, last[self.row], place)
            values = self.values[self.row, place] if self.values.ndim == 2 else self.values[place]
            probability = self.probabilities[self.row, place]
        return values, probability


def certain(actions: Floats) -> ActionDistribution:
    """Give the distribution of deciders who do exactly this: (D,) float."""
    distinct, row = np.unique(actions, return_inverse=True)
    return ActionDistribution(
        distinct[:, None], np.ones((len(distinct), 1)), row.astype(np.int64) if len(distinct) > 1 else None
    )


def joined(parts: Sequence[tuple[Ints, ActionDistribution]]) -> ActionDistribution:
    """Put the distributions of some deciders each, by their rows of the whole batch, into one of all."""
    width = max(part.probabilities.shape[1] for _, part in parts)
    values: list[Floats] = []
    probabilities: list[Floats] = []
    row = np.empty(sum(len(rows) for rows, _ in parts), dtype=np.int64)
    for rows, part in parts:
        row[rows] = sum(len(each) for each in values) + (0 if part.row is None else part.row)
        spare = ((0, 0), (0, width - part.probabilities.shape[1]))
        values.append(np.pad(np.broadcast_to(part.values, part.probabilities.shape), spare, mode="edge"))
        probabilities.append(np.pad(part.probabilities, spare))
    return ActionDistribution(np.concatenate(values), np.concatenate(probabilities), row)


def uniform(space: ActionSpace, size: int) -> ActionDistribution:
    """Give every legal action the same probability.

    Parameters
    ----------
    space : ActionSpace
        What each decider may do.
    size : int
        Number of deciders, D.
    """
    return per_space(space, size, lambda values: np.full(len(values), 1 / len(values)))


def per_space(space: ActionSpace, size: int, weigh: Callable[[Floats], Floats]) -> ActionDistribution:
    """Give each decider the distribution that belongs to its own range of actions.

    Parameters
    ----------
    space : ActionSpace
        What each decider may do; deciders with equal ranges share one distribution.
    size : int
        Number of deciders, D.
    weigh : callable
        From the legal actions of one range, (L,) float, to their probabilities, (L,) float.
    """
    if not isinstance(space, Amount) or not space.varies:
        values = space.support()
        return ActionDistribution(values, weigh(values)[None, :])
    bounds = np.column_stack([np.broadcast_to(np.asarray(b), (size,)) for b in (space.low, space.high)])
    _, first, row = np.unique(bounds, axis=0, return_index=True, return_inverse=True)
    supports = [space.support(int(i)) for i in first]
    width = max(len(values) for values in supports)
    values = np.zeros((len(supports), width))
    probabilities = np.zeros((len(supports), width))
    for i, support in enumerate(supports):
        values[i, : len(support)] = support
        probabilities[i, : len(support)] = weigh(support)
    return ActionDistribution(values, probabilities, row.ravel().astype(np.int64))


def spread(points: int, actions: int) -> Floats:
    """Carry shares on one even grid over to the legal actions of another.

    Parameters
    ----------
    points : int
        Points of the first grid, from nothing to all: A.
    actions : int
        Legal actions, from nothing to all: L.

    Returns
    -------
    (A, L) float
        Each row sums to 1: all on the nearest action, or half each where two are equally near.
    """
    place = np.arange(points) / max(points - 1, 1) * (actions - 1)
    weights = np.zeros((points, actions))
    for rounding in (0.5 - 1e-9, 0.5 + 1e-9):
        weights[np.arange(points), np.floor(place + rounding).astype(np.int64)] += 0.5
    return weights
