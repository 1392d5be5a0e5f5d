"""How humans go on: the next choice given the own last one and what was seen of others, from counts.

A kernel has two parts. With probability `stay` the last choice is repeated exactly; otherwise a different
choice is drawn from the moves of people whose last choice, and what they saw, fell into the same bins. Thin
cells lean on wider ones: every probability is (count + k * parent) / (n + k), where the parent of a cell
(own, seen) is the cell (own) over all that was seen, the parent of that is everybody, and k is the kernel's
`lean` (Dirichlet smoothing).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from gamesim.errors import GamesimError, unknown

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Kernel:
    """Probabilities of the next choice, for many deciders at once.

    Parameters
    ----------
    name, decision, dataset, citation, licence, url, note : str
        As in `gamesim.humans.Reference`.
    unit : str
        What `support` counts: ``"share of the stake"`` or ``"index of the label"``.
    seen : str
        What `seen_last` is, in words.
    labels : tuple of str
        Names of the options; empty for amounts.
    lean : float
        Weight of the wider cell, in decisions.
    own_edges, seen_edges : tuple of float
        Upper ends (inclusive) of all bins but the last, in units of `support` and of `seen_last`.
    support : ndarray, shape (L,)
        Legal choices.
    first : ndarray, shape (L,)
        Probabilities of a first choice, before there is a past.
    stays, decided : ndarray, shape (O, S)
        Decisions that repeated the last one exactly, and all decisions, by bin of own and seen.
    moves : ndarray, shape (O, S, L)
        Decisions that differed from the last one, by what they were.
    parameters : mapping of str to float
        Rules of the game under which people were recorded; empty where they were pooled over rules.
    icc, lag1 : float
        Share of the variance between persons, and correlation with the own last choice, in the same
        records; NaN where the source does not allow them.
    """

    name: str
    decision: str
    dataset: str
    citation: str
    licence: str
    url: str
    note: str
    unit: str
    seen: str
    labels: tuple[str, ...]
    lean: float
    own_edges: tuple[float, ...]
    seen_edges: tuple[float, ...]
    support: Floats
    first: Floats
    stays: Floats
    decided: Floats
    moves: Floats
    icc: float = float("nan")
    lag1: float = float("nan")
    parameters: Mapping[str, float] = field(default_factory=dict)

    def probabilities(self, own_last: npt.ArrayLike, seen_last: npt.ArrayLike | None = None) -> Floats:
        """Give the distribution of the next choice.

        Parameters
        ----------
        own_last : array_like, shape (D,)
            Own last choice in units of `support`, taken to its nearest value; NaN for deciders without a
            past, who get `first`.
        seen_last : array_like, shape (D,), optional
            What was seen after that choice (see `seen`); NaN, or None for everybody, where nothing was seen,
            which leaves the own last choice alone to condition on.

        Returns
        -------
        ndarray, shape (D, L)
            Rows sum to 1.
        """
        own = np.atleast_1d(np.asarray(own_last, dtype=np.float64))
        seen = np.full(own.shape, np.nan) if seen_last is None else np.asarray(seen_last, dtype=np.float64)
        seen = np.broadcast_to(np.atleast_1d(seen), own.shape)
        past = ~np.isnan(own)
        last = np.abs(self.support - np.where(past, own, 0.0)[:, None]).argmin(axis=1)
        rows = bin_of(self.support[last], self.own_edges)
        # The last column holds the own-only cells.
        columns = np.where(
            np.isnan(seen), len(self.seen_edges) + 1, bin_of(np.nan_to_num(seen), self.seen_edges)
        )
        stay, move = self._smoothed
        people = np.arange(len(own))
        moving = move[rows, columns]
        moving[people, last] = 0.0
        left = moving.sum(axis=1, keepdims=True)
        moving = np.divide(moving, left, out=np.zeros_like(moving), where=left > 0)
        kept = np.where(left[:, 0] > 0, stay[rows, columns], 1.0)
        answer: Floats = (1 - kept)[:, None] * moving
        answer[people, last] = kept
        answer[~past] = self.first
        return answer

    @property
    def _smoothed(self) -> tuple[Floats, Floats]:
        """Stay probability (O, S + 1) and move distribution (O, S + 1, L), the last column over all seen."""
        everybody = self.stays.sum() / self.decided.sum()
        stay_own = _lean(self.stays.sum(1), self.decided.sum(1), everybody, self.lean)
        stay_cell = _lean(self.stays, self.decided, stay_own[:, None], self.lean)
        anywhere = self.moves.sum((0, 1)) / self.moves.sum()
        own = self.moves.sum(1)
        move_own = _lean(own, own.sum(-1, keepdims=True), anywhere, self.lean)
        move_cell = _lean(self.moves, self.moves.sum(-1, keepdims=True), move_own[:, None, :], self.lean)
        return (
            np.concatenate([stay_cell, stay_own[:, None]], axis=1),
            np.concatenate([move_cell, move_own[:, None, :]], axis=1),
        )


def _lean(counts: Floats, total: Floats, parent: Floats, lean: float) -> Floats:
    below = total + lean
    leaning: Floats = np.where(below > 0, (counts + lean * parent) / np.where(below > 0, below, 1.0), parent)
    return leaning


def bin_of(values: Floats, edges: tuple[float, ...]) -> Places:
    """Find the bin of each value, given the upper (inclusive) ends of all bins but the last."""
    # Shares such as 10/20 and 0.5 must fall into the same bin whatever division made them.
    return np.searchsorted(np.asarray(edges, dtype=np.float64) + 1e-9, values, side="left")


def read(text: str, *, where: str) -> Kernel:
    """Read one kernel from JSON and check it.

    Raises
    ------
    GamesimError
        Naming file and key.
    """
    try:
        raw: Mapping[str, Any] = json.loads(text)
        support = np.asarray(raw["support"], dtype=np.float64)
        shape = (len(raw["own_edges"]) + 1, len(raw["seen_edges"]) + 1)
        cells = {(cell["own"], cell["seen"]): cell for cell in raw["cells"]}
        stays, moves = np.zeros(shape), np.zeros((*shape, len(support)))
        for place, cell in cells.items():
            stays[place] = cell["stays"]
            for index, count in cell["moves"].items():
                moves[(*place, int(index))] = count
        first = np.zeros(len(support))
        for index, count in raw["first"].items():
            first[int(index)] = count
        words = {
            key: str(raw[key])
            for key in ("name", "decision", "dataset", "citation", "licence", "url", "note", "unit", "seen")
        }
        kernel = Kernel(
            **words,
            labels=tuple(raw["labels"]),
            lean=float(raw["lean"]),
            own_edges=tuple(raw["own_edges"]),
            seen_edges=tuple(raw["seen_edges"]),
            support=support,
            first=first / first.sum(),
            stays=stays,
            decided=stays + moves.sum(-1),
            moves=moves,
            icc=float(raw.get("icc", "nan")),
            lag1=float(raw.get("lag1", "nan")),
            parameters={name: float(value) for name, value in raw.get("parameters", {}).items()},
        )
    except json.JSONDecodeError as error:
        raise GamesimError(f"{where}: not JSON ({error})") from error
    except KeyError as error:
        raise GamesimError(f"{where}: key {error.args[0]!r} is missing") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise GamesimError(f"{where}: a key does not fit the others ({error})") from error
    if kernel.moves.sum() <= 0 or (kernel.moves < 0).any() or (kernel.stays < 0).any():
        raise GamesimError(f"{where}: key 'cells' needs counts that are not negative and not all zero")
    return kernel


@cache
def kernels() -> Mapping[str, Kernel]:
    """All kernels that come with the package, by decision.

    Raises
    ------
    GamesimError
        If a file is not valid.
    """
    folder = resources.files("gamesim.humans") / "kernels"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            one = read(entry.read_text(encoding="utf-8"), where=f"gamesim/humans/kernels/{entry.name}")
            found[one.decision] = one
    return found


def kernel(decision: str) -> Kernel:
    """Give the kernel of a decision.

    Raises
    ------
    GamesimError
        If there is none, naming those that exist.
    """
    known = kernels()
    if decision not in known:
        raise unknown("conditional human record", decision, known)
    return known[decision]
