"""Whether persons differ from each other and resemble themselves: the individuals behind a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

_DIGITS = 1e-12
"""Squares that are this small a share of those they are the difference of are nothing."""


class _Choices(NamedTuple):
    """Number, sum and sum of squares of the choices of each person in a round: (P,) float each."""

    n: Floats
    total: Floats
    squares: Floats


class Individuals:
    """Sums over the choices of persons, to which rounds are added one after another.

    Parameters
    ----------
    persons : int
        Persons are numbers below it.
    sessions : int
        How many sessions they are of, the same number in each, one after another.
    """

    def __init__(self, persons: int, sessions: int = 1) -> None:
        self.sessions = sessions
        self._persons = persons
        self._n, self._total = np.zeros(persons), np.zeros(persons)
        self._squares = np.zeros(sessions)
        # Number of pairs of successive choices, sums, sums of squares and of products.
        self._pairs = np.zeros((6, sessions))
        self._last: _Choices | None = None
        self._when = 0

    def widen(self, persons: int) -> None:
        """Make room for more persons, the same number in each session; the first ones of each are those of before."""

        def wider(values: Floats) -> Floats:
            laid = np.zeros((self.sessions, persons // self.sessions))
            laid[:, : self._persons // self.sessions] = values.reshape(self.sessions, -1)
            return laid.ravel()

        self._n, self._total = wider(self._n), wider(self._total)
        if self._last is not None:
            self._last = _Choices(*(wider(each) for each in self._last))
        self._persons = persons

    def add(self, values: Floats, persons: Ints, rounds: Ints) -> None:
        """Count the choices of some rounds, none of which was counted before.

        Parameters
        ----------
        values : (R,) float
            Choices; NaN is left out.
        persons, rounds : (R,) int
            Who made them and when.  Rounds of several calls rise.
        """
        known = ~np.isnan(values)
        if not known.all():
            values, persons, rounds = values[known], persons[known], rounds[known]
        if not len(values):
            return
        if (np.diff(rounds) < 0).any():
            order = np.argsort(rounds, kind="stable")
            values, persons, rounds = values[order], persons[order], rounds[order]
        starts = np.flatnonzero(np.diff(rounds, prepend=rounds[:1] - 1))
        for start, end in zip(starts, [*starts[1:], len(rounds)], strict=True):
            self._round(values[start:end], persons[start:end], int(rounds[start]))

    def _round(self, values: Floats, persons: Ints, when: int) -> None:
        weights = (None, values, values**2)
        now = _Choices(
            *(np.bincount(persons, each, self._persons).astype(np.float64, copy=False) for each in weights)
        )
        self._n += now.n
        self._total += now.total
        self._squares += self._by_session(now.squares)
        if self._last is not None and when == self._when + 1:
            before = self._last
            pairs = (
                *(now.n * before.n, now.total * before.n, now.n * before.total),
                *(now.squares * before.n, now.n * before.squares, now.total * before.total),
            )
            self._pairs += [self._by_session(each) for each in pairs]
        self._last, self._when = now, when

    def _by_session(self, values: Floats) -> Floats:
        return cast(Floats, values.reshape(self.sessions, -1).sum(axis=1))


def between(all_of: Sequence[Individuals]) -> Floats:
    """Share of the variance that lies between persons: ICC(1) of a one-way analysis of variance.

    With mean squares B between and W within persons and n0 the adjusted number of values a person,
    ICC = (B - W) / (B + (n0 - 1) W) (Shrout & Fleiss 1979, for unequal numbers as in Donner 1986). A mixture
    redrawn every round has an ICC near 0 however well it matches each round's distribution.

    Parameters
    ----------
    all_of : sequence of Individuals
        Different persons each, of the same sessions.

    Returns
    -------
    (S,) float
        NaN for sessions in which nobody has two values, or all values are equal.
    """
    sessions = all_of[0].sessions
    sizes, totals = (
        np.concatenate([getattr(each, name).reshape(sessions, -1) for each in all_of], axis=1)
        for name in ("_n", "_total")
    )
    raw = np.sum([each._squares for each in all_of], axis=0)
    there = sizes > 0
    total, people = sizes.sum(axis=1), there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = totals.sum(axis=1) ** 2 / total
        squares = raw - centre
        spread = (totals**2 / np.where(there, sizes, 1.0)).sum(axis=1) - centre
        inner = np.maximum(squares - spread, 0.0) / (total - people)
        outer = spread / (people - 1)
        adjusted = (total - (sizes**2).sum(axis=1) / total) / (people - 1)
        share = (outer - inner) / (outer + (adjusted - 1) * inner)
    defined = (people > 1) & (total > people) & (squares > _DIGITS * raw)
    return np.where(defined, share, np.nan)


def resemblance(all_of: Sequence[Individuals]) -> Floats:
    """Correlate persons' choices with the same persons' choices one round before, pooled over persons.

    Parameters
    ----------
    all_of : sequence of Individuals
        Different persons each, of the same sessions.

    Returns
    -------
    (S,) float
        NaN for sessions with fewer than three pairs or no variance.
    """
    pairs, now, then, nows, thens, both = np.sum([each._pairs for each in all_of], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = both - now * then / pairs
        spreads = nows - now**2 / pairs, thens - then**2 / pairs
        found = above / np.sqrt(spreads[0] * spreads[1])
    defined = (pairs > 2) & (spreads[0] > _DIGITS * nows) & (spreads[1] > _DIGITS * thens)
    return np.where(defined, found, np.nan)


def icc(values: npt.ArrayLike, persons: npt.ArrayLike) -> float:
    """Share of the variance that lies between persons, as in `between`, of one table.

    Parameters
    ----------
    values : array_like, shape (R,)
        Choices; NaN is left out.
    persons : array_like, shape (R,)
        Who made them.
    """
    chosen = np.asarray(values, np.float64)
    return float(between([_counted(chosen, persons, np.zeros(len(chosen), np.int64))])[0])


def lag1(values: npt.ArrayLike, persons: npt.ArrayLike, rounds: npt.ArrayLike) -> float:
    """Correlate persons' choices with those one round before, as in `resemblance`, of one table.

    Parameters
    ----------
    values, persons, rounds : array_like, shape (R,)
        Choices, who made them (a person and play together), and the round they were made in.
    """
    return float(resemblance([_counted(np.asarray(values, np.float64), persons, rounds)])[0])


def _counted(values: Floats, persons: npt.ArrayLike, rounds: npt.ArrayLike) -> Individuals:
    who, names = pd.factorize(np.asarray(persons))
    counted = Individuals(len(names))
    counted.add(values, who, np.asarray(rounds).astype(np.int64))
    return counted
