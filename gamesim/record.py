"""The run folder: settings, the decision table, the replies behind it.  Schema 1.

``run.json`` holds every setting with its default written out; ``decisions/part-*.parquet`` grows while the run
lasts and becomes ``decisions.parquet`` at its end; ``replies.jsonl`` holds prompts with raw answers or exact
probabilities.  A network is kept as pairs of agents, and what is known of agents one by one as `NODES` and `PERSONS`.
`gamesim.archive` reads a folder at any time, so an interrupted run is readable.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pydantic import BaseModel, ConfigDict

from gamesim.columns import MOMENT, Block, as_frame, columns_of, narrowed, whole_rounds
from gamesim.errors import GamesimError
from gamesim.streams import Floats, Ints, key
from gamesim.subjects import People

SCHEMA = 1
ROWS_A_PART = 2_000_000
SECONDS_A_PART = 5.0
"""Rows leave for disk at the latest after this many rows or seconds, so that a killed run loses little."""
NETWORK_ROUNDS = "network_rounds.csv"
NODES = "nodes.csv"
PERSONS = "persons.csv"


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
    agent_table: dict[str, Any] = {}
    seat: str
    game: dict[str, Any]
    changed: dict[str, Any] | None = None
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
        self._agents: dict[str, pa.Table] = {}
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

    def keep_agents(self, name: str, table: pa.Table) -> None:
        """Keep a table about the agents, in a folder under its name: `NODES` or `PERSONS`."""
        self._agents[name] = table
        if self.folder is not None:
            csv.write_csv(table, self.folder / name)

    def agents(self, name: str) -> pa.Table | None:
        """Give a table about the agents, by the name of its file; None where none was kept."""
        return self._agents.get(name)

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

    def finish(self, settings: Settings, *, paid: bool = False) -> None:
        """Write ``run.json`` for the last time; leave no folder behind where nothing was recorded and nothing paid."""
        self.settings(settings)
        if self.folder is None or self.blocks or self._parts or self._answered or paid:
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
        schema = self.columns if columns is None else narrowed(self.columns, columns)
        return as_frame(self._gathered(schema) if self.blocks else schema.empty_table())

    def pieces(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Give some columns of the decisions that are in memory piece by piece, whole rounds in the order of play."""
        schema = narrowed(self.columns, [*dict.fromkeys((*columns, *MOMENT))])
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
        NODES,
        PERSONS,
        "run.json.new",
        "decisions.parquet.new",
    ):
        (folder / name).unlink(missing_ok=True)
