"""Read a run folder, finished or interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pydantic import ValidationError

from gamesim.columns import COLUMNS, MOMENT, ROWS_A_PIECE, as_frame, whole_rounds
from gamesim.errors import GamesimError, unknown
from gamesim.meeting import kind_of
from gamesim.record import NETWORK_ROUNDS, SCHEMA, Settings
from gamesim.streams import Floats, Ints


def read_settings(folder: Path) -> Settings:
    """Read ``run.json``.

    Raises
    ------
    GamesimError
        Naming the file and the key that is missing or wrong.
    """
    path = folder / "run.json"
    if not folder.is_dir():
        raise GamesimError(f"{folder}: there is no such run folder")
    if not path.is_file():
        raise GamesimError(
            f"{folder}: no run.json in it, so this is not a run folder (or was cut off at once)"
        )
    try:
        settings = Settings.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise GamesimError(f"{path}: {key}: {first['msg'].lower()}") from None
    if settings.schema_number != SCHEMA:
        raise GamesimError(
            f"{path}: schema_number is {settings.schema_number}, but this version of gamesim reads {SCHEMA}"
        )
    kind_of(settings.matching, where=str(path))
    return settings


class Archive:
    """What a run folder holds besides ``run.json``, read when it is asked for.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the decision table of a run, finished or not.

        Parameters
        ----------
        columns : sequence of str, optional
            Only these, read one by one, so that a table of many rows takes no more room than they do.

        Raises
        ------
        GamesimError
            When there is no table, a part of it is cut off, or a column does not exist.
        """
        parts = _parts(self.folder, columns or ())
        if columns is None:
            return as_frame(_read(parts, None))
        return pd.DataFrame({name: as_frame(_read(parts, [name]))[name] for name in columns}, copy=False)

    def pieces(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Read some columns of the decision table piece by piece, whole rounds in the order of play.

        Parameters
        ----------
        columns : sequence of str

        Raises
        ------
        GamesimError
            As of `table`, and when the rounds are in another order.
        """
        parts = _parts(self.folder, columns)
        return whole_rounds(_batches(parts, [*dict.fromkeys((*columns, *MOMENT))]), columns, str(self.folder))

    @cached_property
    def replies(self) -> list[dict[str, Any]]:
        """Read the replies of a run; a last line that was cut off is left out."""
        path = self.folder / "replies.jsonl"
        if not path.is_file():
            return []
        replies = []
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    replies.append(json.loads(line))
                except json.JSONDecodeError:
                    if line.endswith("\n"):
                        raise GamesimError(f"{path}: line {number} is not JSON") from None
        return replies

    @cached_property
    def edges(self) -> Ints:
        """Read who is next to whom: (E, 2) int, pairs of agents by number within a session.

        Raises
        ------
        GamesimError
            When the file is missing or is no table of pairs.
        """
        path = self.folder / "network.csv"
        if not path.is_file():
            raise GamesimError(
                f"{self.folder}: network.csv is missing, though the run was played on a network"
            )
        try:
            table = csv.read_csv(
                path, convert_options=csv.ConvertOptions(include_columns=["source", "target"])
            )
            pairs = [table.column(name).cast(pa.int64()).to_numpy() for name in ("source", "target")]
        except (pa.ArrowException, KeyError) as error:
            raise GamesimError(
                f"{path}: is no table of source and target: {str(error).splitlines()[0]}"
            ) from None
        return np.column_stack(pairs)

    def network_figures(self) -> pd.DataFrame:
        """Read the figures of a network that changed, by session and round.

        Raises
        ------
        GamesimError
            Where none were kept, since the network did not change.
        """
        path = self.folder / NETWORK_ROUNDS
        if not path.is_file():
            raise GamesimError(
                f"{self.folder}: holds no {NETWORK_ROUNDS}, which is written where --rewire is given"
            )
        return pd.read_csv(path)

    def agents(self, name: str) -> pa.Table | None:
        """Read a table about the agents of a run, `gamesim.record.NODES` or `PERSONS`; None where none was kept.

        Raises
        ------
        GamesimError
            When the file is no such table.
        """
        path = self.folder / name
        if not path.is_file():
            return None
        words = csv.ConvertOptions(column_types={"name": pa.string(), "policy": pa.string()})
        try:
            return csv.read_csv(path, convert_options=words)
        except pa.ArrowException as error:
            raise GamesimError(f"{path}: is no table of agents: {str(error).splitlines()[0]}") from None


def _batches(parts: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    for part in parts:
        try:
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches(ROWS_A_PIECE, columns=columns):
                    yield pa.Table.from_batches([batch])
        except (pa.ArrowException, OSError):
            raise _spoilt(part) from None


def _parts(folder: Path, columns: Sequence[str]) -> list[Path]:
    """List the files of the decision table, each of which must have these columns."""
    whole = folder / "decisions.parquet"
    parts = [whole] if whole.is_file() else sorted((folder / "decisions").glob("part-*.parquet"))
    if not parts:
        raise GamesimError(
            f"{folder}: holds no decisions (neither decisions.parquet nor decisions/part-*): the run was cut off "
            "before any were written; the command it was played with goes on from there with --resume"
        )
    for part in parts:
        try:
            names = pq.read_schema(part).names
        except (pa.ArrowException, OSError):
            raise _spoilt(part) from None
        if missing := [name for name in COLUMNS.names if name not in names]:
            raise GamesimError(f"{part}: is no decision table; it lacks the column {missing[0]}")
        for name in columns:
            if name not in names:
                raise unknown("column", name, names, where=str(part))
    return parts


def _read(parts: Sequence[Path], columns: Sequence[str] | None) -> pa.Table:
    tables = []
    for part in parts:
        try:
            tables.append(pq.read_table(part, columns=columns, partitioning=None))
        except (pa.ArrowException, OSError):
            raise _spoilt(part) from None
    return pa.concat_tables(tables, promote_options="default").unify_dictionaries()


def _spoilt(part: Path) -> GamesimError:
    return GamesimError(f"{part}: is cut off or not a Parquet file; run it again")


def exact_distributions(replies: Iterable[Mapping[str, Any]]) -> dict[int, tuple[Floats, Floats]]:
    """Give the exact distributions among the replies: number of the reply -> actions, probabilities."""
    return {
        cast(int, reply["id"]): (
            np.asarray(reply["actions"], float),
            np.asarray(reply["probabilities"], float),
        )
        for reply in replies
        if "probabilities" in reply
    }
