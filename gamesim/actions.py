"""What may be done: amounts on a grid, a choice among labels, or a message, for a whole batch of deciders.

Actions are float64.  An amount is in game units; a choice is the index of its label; a message is its code
(`gamesim.messages`).  NaN is "no valid answer".
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.streams import Floats

Bools = NDArray[np.bool_]

GRID_TOLERANCE = 1e-9
MOST_AMOUNTS = 10_000_000
MOST_PERMUTED = 3
_ONE = re.compile(r"(?<=x)es$|(?<=ss|ch|sh)es$|(?<=[^s])s$")


def plain(value: float) -> str:
    """Write a number as people do: no exponent, no trailing zeros."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if value != round(value) else f"{value:.0f}"


def counted(number: float, things: str) -> str:
    """Write a number of things: ``2 boxes``, and ``1 box``."""
    return f"{plain(number)} {things if abs(number) != 1 else _ONE.sub('', things)}"


@dataclass(frozen=True)
class Amount:
    """A number from `low` to `high` in steps.

    Parameters
    ----------
    low, high : float or (D,) float
        Bounds, in game units; arrays where they differ from decider to decider.
    step : float
        Distance between legal amounts.
    unit : str
        ``"money"``, or a noun such as ``"boxes"``.
    """

    low: float | Floats
    high: float | Floats
    step: float = 1.0
    unit: str = "money"

    def __post_init__(self) -> None:
        span = (np.asarray(self.high) - np.asarray(self.low)) / self.step
        if np.any(span >= MOST_AMOUNTS):
            raise GamesimError(
                f"there are more than {MOST_AMOUNTS:,} amounts in steps of {plain(self.step)}: "
                "choose a smaller stake or a larger step"
            )
        off_grid = np.abs(span - np.round(span)) > GRID_TOLERANCE
        if np.any(off_grid):
            high = float(np.asarray(self.high)[off_grid].flat[0] if np.ndim(self.high) else self.high)
            raise GamesimError(
                f"the largest amount {plain(high)} is not a whole number of steps of {plain(self.step)}: "
                "choose another, or --set step= to one that divides it"
            )

    @property
    def varies(self) -> bool:
        """Whether bounds differ from row to row."""
        return bool(np.ndim(self.low) or np.ndim(self.high))

    def counts(self) -> NDArray[np.int64]:
        """Give the number of legal amounts: () or (D,) int."""
        span = (np.asarray(self.high) - np.asarray(self.low)) / self.step
        return cast("NDArray[np.int64]", np.round(span).astype(np.int64) + 1)

    def contains(self, actions: Floats) -> Bools:
        """Tell which actions are legal; NaN is not."""
        steps = (actions - self.low) / self.step
        nearest = np.round(steps)
        # In steps, since 3 * 0.1 lies above 0.3.
        return (np.abs(steps - nearest) <= GRID_TOLERANCE) & (nearest >= 0) & (nearest < self.counts())

    def at(self, share: float | Floats) -> Floats:
        """Give the legal amount nearest to a share of the way from low to high (halves go up)."""
        steps = np.floor(np.asarray(share) * (self.counts() - 1) + 0.5)
        return np.asarray(self.low + steps * self.step, dtype=np.float64)

    def nearest(self, values: Floats) -> Floats:
        """Give the legal amounts nearest to any numbers (halves go up; beyond the bounds, the bound)."""
        steps = np.floor((values - self.low) / self.step + 0.5)
        legal: Floats = self.low + self.step * np.clip(steps, 0, self.counts() - 1)
        return legal

    def uniform(self, u: Floats) -> Floats:
        """Turn uniform draws into amounts, each legal one equally likely.

        Parameters
        ----------
        u : (D,) float
            Draws on [0, 1).
        """
        picked: Floats = u * self.counts()
        np.floor(picked, out=picked)
        if self.step != 1:
            picked *= self.step
        if np.ndim(self.low) or self.low != 0:
            picked += self.low
        return picked

    def support(self, row: int = 0) -> Floats:
        """Give all legal amounts of one row, ascending."""
        low = float(np.asarray(self.low)[row]) if np.ndim(self.low) else float(self.low)
        counts = self.counts()
        count = int(counts[row]) if counts.ndim else int(counts)
        return low + self.step * np.arange(count, dtype=np.float64)

    def take(self, rows: NDArray[np.integer]) -> Amount:
        """Keep some rows."""
        if not self.varies:
            return self
        low = np.asarray(self.low)[rows] if np.ndim(self.low) else self.low
        high = np.asarray(self.high)[rows] if np.ndim(self.high) else self.high
        return Amount(low, high, self.step, self.unit)

    def write(self, action: float) -> str:
        """Write an action as an answer, without brackets."""
        return plain(action)


@dataclass(frozen=True)
class Choice:
    """One of several labels.

    Parameters
    ----------
    labels : tuple of str
        Names used in tables, in the order of their index.
    shown : tuple of str
        What players read; the labels themselves unless neutral names are given.
    order : tuple of int
        In which order the labels are named to players, by their index.
    neutral : bool, optional
        Whether what players read says nothing of the action, so that it may as well stand for another one;
        where it is not given, names that are not the labels are neutral.
    """

    labels: tuple[str, ...]
    shown: tuple[str, ...] = field(default=())
    order: tuple[int, ...] = field(default=())
    neutral: bool | None = None

    def __post_init__(self) -> None:
        given: object = self.labels
        if isinstance(given, str) or not self.labels or len(set(self.labels)) < len(self.labels):
            raise TypeError(
                f'Choice takes one tuple of different labels, such as ("left", "right"); got {given!r}'
            )
        if not self.shown:
            object.__setattr__(self, "shown", self.labels)
        if self.neutral is None:
            object.__setattr__(self, "neutral", self.shown != self.labels)
        if not self.order:
            object.__setattr__(self, "order", tuple(range(len(self.labels))))

    varies = False

    @property
    def named(self) -> tuple[str, ...]:
        """What players read, in the order in which it is named to them."""
        return tuple(self.shown[i] for i in self.order)

    def renamed(self, shown: tuple[str, ...]) -> Choice:
        """Give the same choice under other names."""
        return replace(self, shown=shown)

    def arrangements(self) -> int:
        """Count the arrangements: all orders of up to three labels, every rotation of more."""
        return len(self._orders())

    def arranged(self, number: int) -> Choice:
        """Give one arrangement.

        Neutral names stay in their order and move to other actions; names with a meaning stay with their action
        and are named in another order.

        Parameters
        ----------
        number : int
            Which of the arrangements, counted round and round; 0 is the choice as it is.
        """
        order = self._orders()[number % self.arrangements()]
        if not self.neutral:
            return replace(self, order=tuple(self.order[i] for i in order))
        return replace(
            self, shown=tuple(self.shown[i] for i in order), order=tuple(int(i) for i in np.argsort(order))
        )

    def _orders(self) -> list[tuple[int, ...]]:
        places = range(len(self.labels))
        if len(self.labels) <= MOST_PERMUTED:
            return list(itertools.permutations(places))
        return [(*places[k:], *places[:k]) for k in places]

    def counts(self) -> NDArray[np.int64]:
        """Give the number of labels: () int."""
        return np.asarray(len(self.labels))

    def contains(self, actions: Floats) -> Bools:
        """Tell which actions are the index of a label."""
        legal: Bools = (actions >= 0) & (actions < len(self.labels)) & (actions == np.floor(actions))
        return legal

    def at(self, share: float | Floats) -> Floats:
        """Give the label's index nearest to a share of the way from first to last."""
        return cast(Floats, np.floor(np.asarray(share) * (len(self.labels) - 1) + 0.5).astype(np.float64))

    def nearest(self, values: Floats) -> Floats:
        """Give the index nearest to any numbers (halves go up; beyond the ends, the end)."""
        return cast(Floats, np.clip(np.floor(values + 0.5), 0, len(self.labels) - 1))

    def uniform(self, u: Floats) -> Floats:
        """Turn uniform draws into labels, each equally likely."""
        return cast(Floats, np.floor(u * len(self.labels)))

    def support(self, row: int = 0) -> Floats:
        """Give the index of every label."""
        return np.arange(len(self.labels), dtype=np.float64)

    def take(self, rows: NDArray[np.integer]) -> Choice:
        """Keep some rows: a choice is the same for all."""
        return self

    def write(self, action: float) -> str:
        """Write an action as an answer, without brackets."""
        return self.shown[int(action)]


@dataclass(frozen=True)
class Text:
    """A message in the player's own words, or silence.

    Of all messages only silence, whose code is 0, can be named beforehand: it is what stands for a message wherever
    a game is rehearsed, and what is said by agents without words.

    Parameters
    ----------
    max_chars : int
        Most characters of a message.
    """

    max_chars: int

    varies = False
    unit = "characters"

    def __post_init__(self) -> None:
        if self.max_chars < 1:
            raise GamesimError(f"max_chars = {self.max_chars} must be at least 1")

    def counts(self) -> NDArray[np.int64]:
        """Give the number of messages that can be named beforehand: () int."""
        return np.asarray(1)

    def contains(self, actions: Floats) -> Bools:
        """Tell which actions can be the code of a message; `gamesim.messages.Messages` knows which are."""
        legal: Bools = (actions >= 0) & (actions == np.floor(actions))
        return legal

    def at(self, share: float | Floats) -> Floats:
        """Give silence, whatever the share."""
        return np.zeros(np.shape(share))

    def nearest(self, values: Floats) -> Floats:
        """Give silence, whatever the numbers."""
        return np.zeros(np.shape(values))

    def uniform(self, u: Floats) -> Floats:
        """Give silence, whatever the draws."""
        return np.zeros(np.shape(u))

    def support(self, row: int = 0) -> Floats:
        """Give silence."""
        return np.zeros(1)

    def take(self, rows: NDArray[np.integer]) -> Text:
        """Keep some rows: the limit is the same for all."""
        return self


ActionSpace = Amount | Choice | Text


def cooperation(space: ActionSpace, actions: Floats) -> Floats:
    """Tell how cooperative actions are: (D,) float from 0 to 1.

    The share of the largest legal amount; 1 for the first option of a choice and 0 for the others.  NaN where nothing
    was decided, nothing but one amount was legal, or something was said instead of done.
    """
    if isinstance(space, Text):
        return np.full(actions.shape, np.nan)
    if isinstance(space, Choice):
        return np.where(np.isnan(actions), np.nan, (actions == 0).astype(np.float64))
    span = np.broadcast_to(np.asarray(space.high - space.low, dtype=np.float64), actions.shape)
    nothing = np.full(actions.shape, np.nan)
    return cast(Floats, np.divide(actions - space.low, span, out=nothing, where=span > 0))
