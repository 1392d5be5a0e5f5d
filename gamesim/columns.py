"""The table of decisions: its columns, the blocks of rows it grows by, and how it is read in whole rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from gamesim.errors import GamesimError, unknown
from gamesim.streams import Floats, Ints
from gamesim.subjects import People, Words

ROWS_A_PIECE = 500_000
"""Least rows of a piece of the table that is read at once, but for the last; a longer round is a piece."""
MOMENT = ("supergame", "round")

_NULLABLE = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
_WORDS = pa.dictionary(pa.int32(), pa.string())
COLUMNS = pa.schema(
    [
        ("run", _WORDS),
        ("study", _WORDS),
        ("treatment", _WORDS),
        ("replication", pa.int32()),
        ("session", pa.int32()),
        ("supergame", pa.int32()),
        ("round", pa.int32()),
        ("stage", _WORDS),
        ("decision", _WORDS),
        ("group", pa.int32()),
        ("seat", pa.int32()),
        ("role", _WORDS),
        ("agent", pa.int32()),
        ("policy", _WORDS),
        ("elicitation", _WORDS),
        ("wording", pa.int32()),
        ("option_order", _WORDS),
        ("draw", pa.int32()),
        ("action", pa.float64()),
        ("label", _WORDS),
        ("seen", _WORDS),
        ("status", _WORDS),
        ("attempts", pa.int32()),
        ("read_as", _WORDS),
        ("probability", pa.float64()),
        ("legal_mass", pa.float64()),
        ("payoff", pa.float64()),
        ("reply", pa.int64()),
    ]
)


def columns_of(people: People | None) -> pa.Schema:
    """Give the columns of a run's table: those of every run, and one for each trait of its personas."""
    traits = {} if people is None else people.traits
    return pa.schema(
        [
            *COLUMNS,
            *(
                pa.field(f"x_{name}", _WORDS if isinstance(column, Words) else pa.float64())
                for name, column in traits.items()
            ),
        ]
    )


@dataclass(frozen=True)
class Coded:
    """A column of few distinct values: codes into them, -1 for missing."""

    codes: NDArray[np.integer]
    values: Sequence[str]


Column = Coded | Floats | Ints | str | int | None


@dataclass(frozen=True)
class Block:
    """The decisions of one stage in one round.

    Parameters
    ----------
    rows : int
        How many decisions.
    fill : callable
        Gives the columns when they are wanted; a single value stands for all rows.
    """

    rows: int
    fill: Callable[[], Mapping[str, Column]]

    def table(self, schema: pa.Schema = COLUMNS) -> pa.Table:
        """Give the block as an Arrow table in the columns of a schema."""
        columns = self.fill()
        return pa.Table.from_arrays(
            [self._array(columns.get(item.name), item.type) for item in schema], schema=schema
        )

    def _array(self, value: Column, kind: pa.DataType) -> pa.Array:
        if value is None:
            return pa.nulls(self.rows, kind)
        if isinstance(value, Coded):
            codes = value.codes.astype(np.int32, copy=False)
            missing = codes < 0
            indices = pa.array(codes, mask=missing if missing.any() else None)
            return pa.DictionaryArray.from_arrays(indices, pa.array(value.values, pa.string()))
        if isinstance(value, str):
            return pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(self.rows, dtype=np.int32)), pa.array([value])
            )
        if isinstance(value, int):
            return pa.array(np.full(self.rows, value, dtype=kind.to_pandas_dtype()))
        if kind == pa.float64():
            missing = np.isnan(value)
            return pa.array(value, kind, mask=missing if missing.any() else None)
        missing = value < 0
        return pa.array(
            value.astype(kind.to_pandas_dtype(), copy=False), kind, mask=missing if missing.any() else None
        )


def narrowed(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """Give the named columns of a schema alone; one that there is not is an error."""
    for name in columns:
        if name not in schema.names:
            raise unknown("column", name, schema.names)
    return pa.schema([schema.field(name) for name in columns])


def whole_rounds(tables: Iterable[pa.Table], columns: Sequence[str], where: str) -> Iterator[pd.DataFrame]:
    """Cut a table that comes bit by bit between rounds, into pieces of `ROWS_A_PIECE` rows or a few more.

    Parameters
    ----------
    tables : iterable of Table
        With the columns `MOMENT` and those that are wanted.
    columns : sequence of str
        Those that are wanted.
    where : str
        What is read, for the error.

    Raises
    ------
    GamesimError
        When a round follows a later one.
    """
    held: list[pa.Table] = []
    last = (0, 0)
    for table in tables:
        held.append(table)
        if sum(map(len, held)) < ROWS_A_PIECE:
            continue
        gathered = pa.concat_tables(held).unify_dictionaries()
        last, start = _last_round(gathered, last, where)
        if start:
            yield as_frame(gathered.slice(0, start).select(columns))
        held = [gathered.slice(start)]
    if held:
        gathered = pa.concat_tables(held).unify_dictionaries()
        _last_round(gathered, last, where)
        yield as_frame(gathered.select(columns))


def _last_round(table: pa.Table, before: tuple[int, int], where: str) -> tuple[tuple[int, int], int]:
    """Tell which round a table ends with and in which row that begins, and that all are in order from one on."""
    if not len(table):
        return before, 0
    game, round = (table.column(name).to_numpy().astype(np.int64, copy=False) for name in MOMENT)
    when = (game << 32) + round
    if when[0] < (before[0] << 32) + before[1] or (when[1:] < when[:-1]).any():
        raise GamesimError(
            f"{where}: the decisions are not in the order of play; sort them by supergame and round"
        )
    return (int(game[-1]), int(round[-1])), int(np.searchsorted(when, when[-1]))


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Give an Arrow table of decisions as a DataFrame, whole numbers as such where some are missing."""
    frame: pd.DataFrame = table.to_pandas()
    for item in COLUMNS:
        if item.name in frame and pa.types.is_integer(item.type) and table.column(item.name).null_count:
            column = table.column(item.name).combine_chunks()
            frame[item.name] = column.to_pandas(types_mapper={item.type: _NULLABLE[item.type]}.get)
    return frame
