"""A decision table that is read in pieces, and who and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.integer]
Read = Callable[[Sequence[str]], Iterator[pd.DataFrame]]

SESSION = ("run", "study", "treatment", "replication", "session")
# One person: the same agent in another replication or in another draw is another vote.
SITTING = (*SESSION, "draw")
PERSON = (*SITTING, "agent")
GROUP = (*SESSION, "supergame", "round", "group")
# Numbers of rows may be a few times as many as the rows, before they are numbered anew.
FULL, FEW = 4, 1000
MESSAGES = "characters"
"""Unit of a decision that is a message: how long messages are is averaged, but is nothing that neighbours share."""
UNUSABLE = ("unreadable", "out_of_range", "refused", "truncated", "transport")


class Table:
    """A decision table that is read in pieces, so that no measure of it needs all rows at once.

    Parameters
    ----------
    read : callable
        Given names of columns, gives the table piece by piece, each with those of the columns that it has.  The
        decisions of a round stand in one piece, and rounds follow each other.
    """

    def __init__(self, read: Read) -> None:
        self._read = read

    @classmethod
    def of(cls, table: pd.DataFrame | Table) -> Table:
        """Take a table as it is; one in memory is a single piece, whatever its order."""
        if isinstance(table, Table):
            return table
        return cls(lambda names: iter([table[[name for name in names if name in table]]]))

    def pieces(self, *columns: str) -> Iterator[pd.DataFrame]:
        """Read some columns, piece by piece."""
        return self._read(list(dict.fromkeys(columns)))

    @cached_property
    def census(self) -> Census:
        """Who and what there is, from one passage through the table."""
        sessions, sittings, treatments = Numbers(SESSION), Numbers(SITTING), Numbers(("treatment",))
        made = Numbers(("decision", "policy", "supergame", "round"))
        agents = 1
        for piece in self.pieces(*PERSON, *made.columns):
            if len(piece):
                for each in (sessions, sittings, treatments, made):
                    each(piece)
                agents = max(agents, int(piece["agent"].max()) + 1 if "agent" in piece else 1)
        told = [name for (name,) in treatments.known if name is not None]
        return Census(tuple(made.known), sessions, sittings, agents, tuple(told))


@dataclass(frozen=True, eq=False)
class Census:
    """Who and what there is in a table.

    Parameters
    ----------
    made : sequence of (decision, policy, supergame, round)
        Every combination in the table; what the table does not tell is None.
    sessions, sittings : Numbers
        Of the sessions, and of the sessions by draw, within which the number of an agent is one person.
    agents : int
        The largest number of an agent, and one.
    treatments : sequence of str
        Names of the treatments that have one.
    """

    made: Sequence[tuple[Any, Any, Any, Any]]
    sessions: Numbers
    sittings: Numbers
    agents: int
    treatments: Sequence[str]

    @cached_property
    def policies(self) -> Mapping[str, Mapping[str, frozenset[int]]]:
        """The rounds in which each policy made each decision."""
        found: dict[str, dict[str, set[int]]] = {}
        for decision, policy, _, round in self.made:
            if decision is not None and policy is not None:
                rounds = found.setdefault(str(decision), {}).setdefault(str(policy), set())
                if round is not None:
                    rounds.add(int(round))
        return {
            decision: {policy: frozenset(rounds) for policy, rounds in by.items()}
            for decision, by in found.items()
        }

    @cached_property
    def moments(self) -> Sequence[tuple[int, int]]:
        """Supergame and round, in order."""
        return sorted({(int(game or 1), int(round or 1)) for *_, game, round in self.made})

    @property
    def persons(self) -> int:
        """How many numbers of persons there are."""
        return len(self.sittings.known) * self.agents

    def person(self, rows: pd.DataFrame) -> Ints:
        """Give the numbers of the persons behind rows: the same in every piece, those of one sitting in a row."""
        sitting = self.sittings(rows)
        return sitting * self.agents + rows["agent"].to_numpy() if "agent" in rows else sitting

    def moment(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Give rounds as numbers, (R,) int: 1 lies between a round and the next of its supergame, and no other."""
        game, round = (
            rows[name].to_numpy(np.int64, na_value=1) if name in rows else np.ones(len(rows), np.int64)
            for name in ("supergame", "round")
        )
        return game * self._span + round

    def number(self, game: int, round: int) -> int:
        """Give the number of one of the rounds."""
        return game * self._span + round

    @cached_property
    def _span(self) -> int:
        return max(round for _, round in self.moments) + 2


class Numbers:
    """Numbers, from 0, for what some columns say together; the same in every piece of a table.

    Parameters
    ----------
    columns : sequence of str
        Those that a piece lacks say nothing.  Missing values are equal to each other.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.known: dict[tuple[Any, ...], int] = {}

    def __call__(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Give the numbers of rows: (R,) int."""
        code = numbered(rows, self.columns)
        if not len(code):
            return code
        example = np.full(int(code.max()) + 1, -1)
        example[code[::-1]] = np.arange(len(code))[::-1]
        present = np.flatnonzero(example >= 0)
        said = rows.iloc[example[present]]
        parts = [
            [None if pd.isna(value) else value for value in said[name].tolist()]
            if name in said
            else [None] * len(said)
            for name in self.columns
        ]
        number = np.zeros(len(example), dtype=np.int64)
        number[present] = [self.known.setdefault(key, len(self.known)) for key in zip(*parts, strict=True)]
        return number[code]


def kept(rows: pd.DataFrame, which: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Keep rows; all of them as they stand, since a copy of a large table takes room."""
    return rows if which.all() else rows[which]


def usable(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which decisions have a usable answer: (R,) bool."""
    there = rows["action"].notna().to_numpy()
    return there & (rows["status"] == "ok").to_numpy(bool) if "status" in rows else there


def unusable(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which decisions were asked for and gave no usable answer: (R,) bool."""
    bad = ~usable(rows)
    return bad & (rows["status"] != "skipped").to_numpy(bool) if "status" in rows else bad


def by_status(rows: pd.DataFrame) -> dict[str, int]:
    """Count rows by status, the most frequent first."""
    counts = rows["status"].value_counts() if "status" in rows else pd.Series(dtype=np.int64)
    return {str(name): int(count) for name, count in counts.items() if count}


def by_decision(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give the rows of each decision and policy."""
    for decision, which in _each_word(rows["decision"]):
        made = kept(rows, which)
        for policy, whose in _each_word(made["policy"]):
            yield decision, policy, kept(made, whose)


def _each_word(column: pd.Series[Any]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    coded = column.astype("category").cat
    codes = coded.codes.to_numpy()
    for code, word in enumerate(coded.categories):
        if (which := codes == code).any():
            yield str(word), which


def numbered(rows: pd.DataFrame, columns: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Give equal rows in those `columns` that the table has the same number, from 0, at most a few times their number.

    Missing values are equal to each other.  The numbers are in no order that means anything, and some may be left out.
    """
    code = np.zeros(len(rows), dtype=np.int64)
    size = 1
    for name in columns:
        if name not in rows or not len(rows):
            continue
        values, span = _coded(rows[name])
        if span == 1:
            continue
        if size * span > FULL * len(rows) + FEW:
            code, known = pd.factorize(code)
            size = len(known)
        if size * span > FULL * len(rows) + FEW:
            code, known = pd.factorize(code * span + values)
            size = len(known)
        else:
            code *= span
            code += values
            size *= span
    return code


def _coded(column: pd.Series[Any]) -> tuple[npt.NDArray[np.integer], int]:
    """Give the values of a column as numbers from 0, and how many there may be."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
    elif column.isna().all():
        return np.zeros(1, dtype=np.int64), 1
    elif column.dtype.kind in "iu" and not column.isna().any():
        codes = column.to_numpy()
        least, most = int(codes.min()), int(codes.max())
        if most - least <= FULL * len(codes) + FEW:
            return (codes if least == 0 else codes - least), most - least + 1
        codes = pd.factorize(codes)[0]
    else:
        codes = pd.factorize(column)[0]
    least = int(codes.min())
    return codes.astype(np.int64) - least, int(codes.max()) - least + 1


def distinct(numbers: npt.NDArray[np.int64]) -> int:
    """Count the different numbers, which are from 0."""
    return int(np.count_nonzero(np.bincount(numbers)))


def void_groups(rows: pd.DataFrame) -> tuple[int, int]:
    """Count the groups in which an action of these rows is missing, and all of their groups."""
    groups = numbered(rows, GROUP)
    missing = rows["action"].isna().to_numpy()
    return len(np.unique(groups[missing])) if missing.any() else 0, distinct(groups)
