"""The run folder: settings, the decision table, the replies behind it.  Schema 1.

``run.json`` holds every setting with its default written out; ``decisions/part-*.parquet`` grows while the run
lasts and becomes ``decisions.parquet`` at its end; ``replies.jsonl`` holds prompts with raw answers or exact
probabilities.  `gamesim.archive` reads a folder at any time, so an interrupted run is readable.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv
from pydantic import BaseModel, ConfigDict

from gamesim.errors import GamesimError, unknown
from gamesim.streams import Floats, Ints, key
from gamesim.subjects import People, Words

SCHEMA = 1
ROWS_A_PART = 2_000_000
SECONDS_A_PART = 5.0
"""Rows leave for disk at the latest after this many rows or seconds, so that a killed run loses little."""
ROWS_A_PIECE = 500_000
"""Least rows of a piece of the table that is read at once, but for the last; a longer round is a piece."""
MOMENT = ("supergame", "round")
NETWORK_ROUNDS = "network_rounds.csv"
EXACT_LIMIT = 2_000
"""Largest number of distinct distributions of one batch that are kept beside the draws."""

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


class Settings(BaseModel):
    """All of ``run.json``: what was played, by whom, with which versions, and how it ended."""

    model_config = ConfigDict(extra="forbid")

    schema_number: int
    run: str
    status: str
    created: str
    seconds: float | None = None
    versions: dict[str, str]
    seed: int
    n: int
    sessions: int
    rounds: int
    matching: str
    network: dict[str, Any] | None = None
    society: dict[str, Any] = {}
    agents: str
    seat: str
    game: dict[str, Any]
    decisions: dict[str, dict[str, Any]]
    policies: dict[str, dict[str, Any]]
    personas: dict[str, Any] = {}
    prompts: str = ""
    fixed_wording: bool = False
    standins: dict[str, str]
    notes: list[str]
    void_groups: int | None = None
    spent: str = ""
    groups: int | None = None
    references: list[str] = []


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


class Recorder:
    """Keeps what was decided: in memory, and in a folder when there is one.

    Parameters
    ----------
    folder : Path, optional
    people : People, optional
        The personas of the run, whose traits are columns of its table.
    """

    def __init__(self, folder: Path | None = None, people: People | None = None) -> None:
        self.folder = folder
        self.columns = columns_of(people)
        self.blocks: list[Block] = []
        self.replies: list[dict[str, Any]] = []
        self.network_rounds: list[pd.DataFrame] = []
        self.edges: Ints | None = None
        self._known: set[int] = set()
        self._pending = 0
        self._parts = 0
        self._answered = False
        self._written = time.monotonic()
        if folder is not None:
            make_folder(folder)
            (folder / "decisions").mkdir(exist_ok=True)

    def add_replies(self, replies: Iterable[Mapping[str, Any]]) -> Ints:
        """Keep replies, on disk at once, and give their numbers.

        A reply's number is a hash of what it says, so that equal replies are kept once and have the same number
        in every run.
        """
        numbers, new = [], []
        for reply in replies:
            text = json.dumps(reply, ensure_ascii=False, sort_keys=True)
            number = key(text) >> 12
            numbers.append(number)
            self._answered |= "raw" in reply
            if number not in self._known:
                self._known.add(number)
                new.append({"id": number, **reply})
        if self.folder is None:
            self.replies.extend(new)
        elif new:
            with (self.folder / "replies.jsonl").open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(reply, ensure_ascii=False) + "\n" for reply in new)
        return np.array(numbers, dtype=np.int64)

    def add(self, block: Block) -> None:
        """Keep a block; rows leave for disk when enough have gathered."""
        self.blocks.append(block)
        self._pending += block.rows
        due = self._pending >= ROWS_A_PART or time.monotonic() - self._written >= SECONDS_A_PART
        if self.folder is not None and due:
            self._write_part()

    def settings(self, settings: Settings) -> None:
        """Write ``run.json``."""
        if self.folder is not None:
            # Written beside and moved, so that a kill never leaves half a file.
            new = self.folder / "run.json.new"
            new.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
            new.replace(self.folder / "run.json")

    def network(self, edges: Ints) -> None:
        """Keep who is next to whom, in a folder as ``network.csv``: pairs of agents, by number within a session."""
        self.edges = edges
        if self.folder is not None:
            table = pa.table({"source": edges[:, 0], "target": edges[:, 1]})
            csv.write_csv(table, self.folder / "network.csv")

    def network_round(self, supergame: int, round: int, figures: Mapping[str, Ints | Floats]) -> None:
        """Keep the figures of every session's network in a round, on disk at once as ``network_rounds.csv``.

        Parameters
        ----------
        supergame, round : int
        figures : mapping from name to (S,) array
        """
        sessions = len(next(iter(figures.values())))
        rows = pd.DataFrame(
            {"session": range(sessions), "supergame": supergame, "round": round} | dict(figures)
        )
        if self.folder is not None:
            file = self.folder / NETWORK_ROUNDS
            rows.to_csv(file, mode="a", header=not self.network_rounds, index=False)
        self.network_rounds.append(rows)

    def network_figures(self) -> pd.DataFrame:
        """Give the figures of a network that changed, by session and round.

        Raises
        ------
        GamesimError
            Where there are none.
        """
        if not self.network_rounds:
            raise GamesimError("the network did not change, so there are no figures of it by round")
        return pd.concat(self.network_rounds, ignore_index=True)

    def network_after(self, edges: Ints, n: int) -> None:
        """Write every session's network after the last round as ``network_final.csv``.

        Parameters
        ----------
        edges : (E, 2) int
            Pairs of agents, by number in the simulation.
        n : int
            Agents a session.
        """
        if self.folder is not None:
            table = pa.table(
                {"session": edges[:, 0] // n, "source": edges[:, 0] % n, "target": edges[:, 1] % n}
            )
            csv.write_csv(table, self.folder / "network_final.csv")

    def finish(self, settings: Settings) -> None:
        """Write ``run.json`` for the last time; leave no folder behind where nothing at all was recorded."""
        self.settings(settings)
        if self.folder is None or self.blocks or self._parts or self._answered:
            return
        clear(self.folder)
        with suppress(OSError):
            self.folder.rmdir()

    def close(self) -> None:
        """Write what is left and merge the parts into one table."""
        if self.folder is None:
            return
        if self.blocks:
            self._write_part()
        parts = sorted((self.folder / "decisions").glob("part-*.parquet"))
        target = self.folder / "decisions.parquet"
        if len(parts) == 1:
            parts[0].replace(target)
        elif parts:
            new = self.folder / "decisions.parquet.new"
            with pq.ParquetWriter(new, self.columns) as writer:
                for part in parts:
                    for batch in pq.ParquetFile(part).iter_batches(ROWS_A_PART):
                        writer.write_table(pa.Table.from_batches([batch]).cast(self.columns))
            new.replace(target)
        shutil.rmtree(self.folder / "decisions")

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Give the decisions that are in memory as a table, or some columns of it."""
        schema = self.columns if columns is None else _some(self.columns, columns)
        return as_frame(self._gathered(schema) if self.blocks else schema.empty_table())

    def pieces(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Give some columns of the decisions that are in memory piece by piece, whole rounds in the order of play."""
        schema = _some(self.columns, [*dict.fromkeys((*columns, *MOMENT))])
        return whole_rounds((block.table(schema) for block in self.blocks), columns, "the run in memory")

    def _gathered(self, schema: pa.Schema) -> pa.Table:
        return pa.concat_tables([block.table(schema) for block in self.blocks]).unify_dictionaries()

    def _write_part(self) -> None:
        assert self.folder is not None
        # Written beside and moved, and counted after that: whoever interrupts it leaves neither half a part nor the
        # same rows in two.
        new = self.folder / "decisions" / "part.new"
        pq.write_table(self._gathered(self.columns), new)
        new.replace(self.folder / "decisions" / f"part-{self._parts + 1:05}.parquet")
        self._parts += 1
        self.blocks.clear()
        self._pending = 0
        self._written = time.monotonic()


def make_folder(folder: Path) -> None:
    """Make a run folder.

    Raises
    ------
    GamesimError
        When it holds a run already, or cannot be written.
    """
    if (folder / "run.json").exists():
        raise GamesimError(
            f"{folder}: holds a run already; choose another --out, take it up with --resume, or remove it"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise GamesimError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from None


def clear(folder: Path) -> None:
    """Remove what a run wrote into its folder, and nothing else."""
    shutil.rmtree(folder / "decisions", ignore_errors=True)
    for name in (
        "run.json",
        "decisions.parquet",
        "replies.jsonl",
        "network.csv",
        "network_final.csv",
        NETWORK_ROUNDS,
        "run.json.new",
        "decisions.parquet.new",
    ):
        (folder / name).unlink(missing_ok=True)


def _some(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
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
