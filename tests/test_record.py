from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gamesim
from gamesim import record
from gamesim.archive import Archive
from gamesim.columns import COLUMNS, Block, Coded
from gamesim.errors import GamesimError
from gamesim.record import Recorder
from gamesim.run import open_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    gamesim.play("trust", "uniform", n=8, rounds=2, out=folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """Give a copy of a finished run, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def extra_key(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"colour": "red"}), encoding="utf-8")


def missing_key(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    del settings["seed"]
    path.write_text(json.dumps(settings), encoding="utf-8")


def wrong_type(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"rounds": "many"}), encoding="utf-8")


def other_schema(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"schema_number": 99}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "spoil", "sentence"),
    [
        ("run.json", Path.unlink, "no run.json in it"),
        ("run.json", cut, "run.json"),
        ("run.json", lambda path: path.write_text(""), "run.json"),
        ("run.json", lambda path: path.write_text("[]"), "run.json"),
        ("run.json", lambda path: path.write_bytes(b"\xff\xfe\x00"), "run.json"),
        ("run.json", extra_key, "colour"),
        ("run.json", missing_key, "seed"),
        ("run.json", wrong_type, "rounds"),
        ("run.json", other_schema, "schema"),
        ("decisions.parquet", Path.unlink, "holds no decisions"),
        ("decisions.parquet", cut, "decisions.parquet: is cut off"),
        ("decisions.parquet", lambda path: path.write_bytes(b""), "decisions.parquet: is cut off"),
        ("decisions.parquet", lambda path: path.write_bytes(b"a,b\n1,2\n"), "is cut off or not a Parquet"),
        (
            "decisions.parquet",
            lambda path: pd.DataFrame({"a": [1]}).to_parquet(path),
            "decisions.parquet",
        ),
    ],
    ids=[
        "no settings",
        "settings cut off",
        "settings empty",
        "settings a list",
        "settings not text",
        "extra key",
        "missing key",
        "wrong type",
        "other schema",
        "no table",
        "table cut off",
        "table empty",
        "table no parquet",
        "other table",
    ],
)
def test_a_spoilt_folder_is_refused_in_one_sentence(
    folder: Path, name: str, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(folder / name)
    with pytest.raises(GamesimError, match=sentence) as caught:
        open_run(folder).compare()
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match="there is no such run folder"):
        open_run(tmp_path / "nowhere")


def test_a_reply_that_was_cut_off_is_left_out(folder: Path) -> None:
    path = folder / "replies.jsonl"
    whole = Archive(folder).replies
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(whole) == len(lines)
    path.write_text("".join(lines)[:-20], encoding="utf-8")
    assert Archive(folder).replies == whole[:-1]
    path.write_text("not json\n" + "".join(lines), encoding="utf-8")
    with pytest.raises(GamesimError, match="line 1 is not JSON"):
        _ = Archive(folder).replies
    path.unlink()
    assert Archive(folder).replies == []


def test_a_folder_that_holds_a_run_is_not_overwritten(folder: Path) -> None:
    before = (folder / "decisions.parquet").read_bytes()
    with pytest.raises(GamesimError, match="holds a run already; choose another --out"):
        gamesim.play("dictator", "uniform", n=2, out=folder)
    assert (folder / "decisions.parquet").read_bytes() == before


def test_a_path_below_a_file_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(GamesimError, match="cannot be written"):
        gamesim.play("dictator", "uniform", n=2, out=tmp_path / "file" / "run")


def test_parts_become_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "ROWS_A_PART", 10)
    parts: list[int] = []

    def count(done: int, total: int) -> None:
        folder = tmp_path / "a" / "decisions"
        parts.append(len(list(folder.glob("part-*.parquet"))))
        if parts[-1]:
            read = Archive(tmp_path / "a").table()
            assert set(read["round"]) <= set(range(1, done + 1))

    run = gamesim.play(
        "ultimatum", "uniform,spe", n=8, rounds=6, sessions=2, out=tmp_path / "a", progress=count
    )
    assert parts[-1] >= 4
    assert not (tmp_path / "a" / "decisions").exists()
    whole = gamesim.play("ultimatum", "uniform,spe", n=8, rounds=6, sessions=2)
    pd.testing.assert_frame_equal(
        run.decisions.drop(columns="run"), whole.decisions.drop(columns="run"), check_categorical=False
    )


def test_missing_values_are_null_in_the_table() -> None:
    recorder = Recorder()
    recorder.add(
        Block(
            3,
            lambda: {
                "run": "r",
                "round": 2,
                "agent": np.array([0, 1, 2]),
                "action": np.array([1.5, np.nan, 0.0]),
                "label": Coded(np.array([1, -1, 0]), ("x", "y")),
                "reply": np.array([5, -1, 7]),
                "seat": None,
            },
        )
    )
    recorder.add(Block(1, lambda: {"run": "r", "round": 3, "label": "z"}))
    table = recorder.table()
    assert list(table) == COLUMNS.names
    assert table["label"].tolist()[:1] == ["y"]
    assert table["label"].isna().tolist() == [False, True, False, False]
    assert table["label"].tolist()[2:] == ["x", "z"]
    assert table["action"].isna().tolist() == [False, True, False, True]
    assert table["reply"].isna().tolist() == [False, True, False, True]
    assert table["round"].tolist() == [2, 2, 2, 3]
    assert table["seat"].isna().all()
    assert COLUMNS.field("action").type == pa.float64()


def test_equal_replies_are_kept_once_and_numbered_alike(tmp_path: Path) -> None:
    replies = [{"a": 1}, {"b": 2}, {"a": 1}]
    memory, disk = Recorder(), Recorder(tmp_path / "r")
    first = memory.add_replies(replies)
    np.testing.assert_array_equal(first, disk.add_replies(replies))
    assert first[0] == first[2] != first[1]
    np.testing.assert_array_equal(memory.add_replies([{"b": 2}]), first[1:2])
    assert memory.replies == [{"id": first[0], "a": 1}, {"id": first[1], "b": 2}]
    assert Archive(tmp_path / "r").replies == memory.replies
    assert (first >= 0).all()
    assert (first < 2**53).all(), "numbers survive readers that know floats alone"


def test_an_empty_table_has_the_columns() -> None:
    table = Recorder().table()
    assert list(table) == COLUMNS.names
    assert len(table) == 0


def test_a_merge_that_was_cut_off_leaves_the_parts_readable(tmp_path: Path) -> None:
    run = gamesim.play("dictator", agents="uniform", n=20, out=tmp_path / "run")
    whole = tmp_path / "run" / "decisions.parquet"
    (tmp_path / "run" / "decisions").mkdir()
    whole.rename(tmp_path / "run" / "decisions" / "part-00001.parquet")
    (tmp_path / "run" / "decisions.parquet.new").write_bytes(b"PAR1 cut off")
    assert gamesim.open_run(tmp_path / "run").decisions.equals(run.decisions)


def test_a_merge_that_fails_leaves_what_was_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(record, "ROWS_A_PART", 10)
    monkeypatch.setattr("pyarrow.parquet.ParquetWriter", full)
    with pytest.raises(OSError, match="no space"):
        gamesim.play("dictator", agents="uniform", n=40, rounds=3, out=tmp_path / "run")
    assert len(gamesim.open_run(tmp_path / "run").decisions) == 60


def test_answers_that_came_before_a_run_broke_off_are_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run")
    recorder.add_replies([{"decision": "dictator.give", "raw": "[40]"}])
    recorder.close()
    recorder.finish(gamesim.play("dictator", agents="uniform", n=4).settings)
    assert [reply["raw"] for reply in Archive(tmp_path / "run").replies] == ["[40]"]
