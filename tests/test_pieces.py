"""A run is measured piece by piece, which gives the figures of the whole table; no piece is longer than it must be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import gamesim
from gamesim import archive, columns, record
from gamesim.analysis import compare, summarise
from gamesim.analysis.network_plot import scene_of
from gamesim.analysis.series import series
from gamesim.analysis.table import Table
from gamesim.errors import GamesimError

RUNS: dict[str, Callable[..., gamesim.Run]] = {
    "mixture": lambda **options: gamesim.play(
        "public_goods",
        "uniform:0.5,human@iid=true:0.25,conditional_cooperator:0.25",
        n=80,
        rounds=6,
        sessions=3,
        **options,
    ),
    "many sessions": lambda **options: gamesim.play(
        "public_goods", "uniform", n=8, rounds=4, sessions=12, matching="partner", **options
    ),
    "seats": lambda **options: gamesim.play(
        "trust", "investor=uniform,trustee=equal_split", n=40, rounds=5, **options
    ),
    "supergames": lambda **options: gamesim.play(
        "prisoners_dilemma",
        "tit_for_tat:0.5,uniform:0.5",
        n=20,
        continuation=0.6,
        supergames=6,
        sessions=2,
        **options,
    ),
    "network": lambda **options: gamesim.play(
        "prisoners_dilemma", "imitate_best@start=0.7", network="karate_club", rounds=7, sessions=2, **options
    ),
    "growth": lambda **options: gamesim.play(
        "prisoners_dilemma",
        "uniform",
        network="complete:n=5",
        n=20,
        rewire="growth:m=2",
        rounds=6,
        sessions=2,
        **options,
    ),
}


def spoilt(table: pd.DataFrame) -> pd.DataFrame:
    """Take some answers out, as a model that could not be read would."""
    bad = np.arange(len(table)) % 17 == 3
    table = table.astype({"status": object})
    table.loc[bad, ["action", "payoff"]] = np.nan
    table.loc[bad, "status"] = np.where(np.arange(bad.sum()) % 3 == 0, "skipped", "refused")
    return table.astype({"status": "category"})


def in_rounds(table: pd.DataFrame) -> Table:
    """Read a table round by round."""

    def read(names: Any) -> Any:
        for _, rows in table.groupby(["supergame", "round"]):
            yield rows[list(names)]

    return Table(read)


def measured(run: gamesim.Run, table: pd.DataFrame | Table) -> list[pd.DataFrame]:
    settings = run.settings.model_dump()
    exact = archive.exact_distributions(run.replies)
    edges = None if (run.settings.network or {}).get("rewire") else run.edges
    tables = [summarise(table, settings), series(table, settings, edges=edges)]
    for votes in ("subject", "decision"):
        options: dict[str, Any] = {"allow": {"round", "society"}, "votes": votes, "resamples": 40}
        comparison = compare(table, settings, exact, **options)
        tables += [comparison.table.assign(notes_in_all="; ".join(comparison.notes))]
    return tables


@pytest.mark.parametrize("kind", RUNS)
def test_pieces_give_the_figures_of_the_whole_table(kind: str) -> None:
    run = RUNS[kind]()
    for table in (run.decisions, spoilt(run.decisions)):
        for whole, some in zip(measured(run, table), measured(run, in_rounds(table)), strict=True):
            assert len(whole)
            pd.testing.assert_frame_equal(whole, some)


@pytest.mark.parametrize("kind", RUNS)
def test_a_folder_and_a_run_in_memory_are_read_in_pieces(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "ROWS_A_PIECE", 50)
    monkeypatch.setattr(columns, "ROWS_A_PIECE", 50)
    monkeypatch.setattr(record, "ROWS_A_PART", 70)
    kept, held = RUNS[kind](out=tmp_path / "run"), RUNS[kind]()
    names = ["supergame", "round", "decision", "agent", "action"]
    whole = kept.decisions[names].astype({"decision": str}).reset_index(drop=True)
    a_round = whole.groupby(["supergame", "round"]).size().max()
    for run in (gamesim.open_run(tmp_path / "run"), held):
        pieces = [piece.astype({"decision": str}) for piece in run.table.pieces(*names)]
        assert len(pieces) > 1
        assert max(map(len, pieces)) <= 50 + 2 * a_round
        rounds = [set(zip(piece["supergame"], piece["round"], strict=True)) for piece in pieces]
        assert sum(map(len, rounds)) == len(set().union(*rounds))
        pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), whole, check_dtype=False)
        pd.testing.assert_frame_equal(run.series(), kept.series())
        pd.testing.assert_frame_equal(run.summary(), kept.summary())


def test_a_picture_is_taken_from_pieces() -> None:
    run = RUNS["network"]()
    assert run.edges is not None
    settings, table = run.settings.model_dump(), spoilt(run.decisions)
    one, other = (
        scene_of(each, settings, run.edges, "prisoners_dilemma.choose") for each in (table, in_rounds(table))
    )
    np.testing.assert_array_equal(one.action, other.action)
    np.testing.assert_array_equal(one.earned, other.earned)


def test_a_table_in_another_order_is_refused(tmp_path: Path) -> None:
    run = RUNS["seats"](out=tmp_path / "run")
    file = tmp_path / "run" / "decisions.parquet"
    table = pq.read_table(file)
    pq.write_table(table.take(list(range(len(table)))[::-1]), file)
    with pytest.raises(GamesimError, match=r"run: the decisions are not in the order of play; sort them by"):
        gamesim.open_run(tmp_path / "run").summary()
    assert len(run.settings.decisions) == 2


@pytest.mark.parametrize("written", [True, False])
def test_an_interruption_while_a_part_is_written_neither_halves_nor_doubles_rows(
    written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "ROWS_A_PART", 70)
    write, times = pq.write_table, []

    def interrupted(table: Any, path: Path) -> None:
        times.append(path)
        if len(times) == 3:
            if written:
                write(table, path)
            else:
                path.write_bytes(b"PAR1")
            raise KeyboardInterrupt
        write(table, path)

    monkeypatch.setattr(pq, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gamesim.play("public_goods", "uniform", n=40, rounds=20, out=tmp_path / "run")
    run = gamesim.open_run(tmp_path / "run")
    assert run.settings.status == "interrupted"
    assert not run.decisions.duplicated(["round", "agent"]).any()
    (row,) = run.summary().to_dict("records")
    assert row["n"] == len(run.decisions) == 40 * 6
