"""The same society under another schedule of revision, set beside the first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from answering import answering
from scipy.stats import ttest_rel
from typed import Command

from gamesim import play
from gamesim.sensitivity import by_update, once_more, other_schedule

LATTICE = ("play", "prisoners_dilemma", "--agents", "imitate_best", "--network", "lattice:side=6")
VARIED = (*LATTICE, "--rounds", "3", "--sessions", "2", "--sensitivity", "update")


def test_another_schedule_is_set_beside_the_first() -> None:
    assert other_schedule("synchronous", 11, 400) == ("sequential:0.1", 101)
    assert other_schedule("synchronous", 11, 5) == ("sequential:0.1", 51)
    assert other_schedule("sequential:0.1", 101, 400) == ("synchronous", 11)
    assert other_schedule("sequential", 101, 10) == ("synchronous", 11)
    alike = [play("prisoners_dilemma", "spe", sessions=3, rounds=2) for _ in range(2)]
    same = by_update(*alike).iloc[0]
    assert (same["difference"], same["low"], same["high"]) == (0, 0, 0)
    society: dict[str, Any] = {
        "network": "lattice:side=20,neighbours=8",
        "sessions": 4,
        "temptation": 540,
        "sucker": 0,
    }
    society |= {"reward": 400, "punishment": 0}
    first = play("prisoners_dilemma", "imitate_best@start=0.9", rounds=21, **society)
    schedule, rounds = other_schedule("synchronous", 21, 400)
    second = play("prisoners_dilemma", "imitate_best@start=0.9", rounds=rounds, update=schedule, **society)
    table = by_update(first, second)
    last = [
        (run.decisions[run.decisions["round"] == run.decisions["round"].max()]["label"] == "cooperate").mean()
        for run in (first, second)
    ]
    assert table["option"].tolist() == ["cooperate"]
    assert table["synchronous"].iloc[0] == pytest.approx(last[0])
    assert table["difference"].iloc[0] == pytest.approx(last[1] - last[0])
    assert table["low"].iloc[0] <= table["difference"].iloc[0] <= table["high"].iloc[0]


def test_schedules_that_end_alike_in_all_sessions_have_an_interval_without_width() -> None:
    runs = [
        play("prisoners_dilemma", "always_defect", n=4, rounds=2, sessions=3, update=update)
        for update in ("synchronous", "sequential:0.5")
    ]
    assert by_update(*runs)[["difference", "low", "high"]].to_numpy().tolist() == [[0, 0, 0]]


def test_sessions_of_two_schedules_are_paired() -> None:
    society: dict[str, Any] = {"network": "lattice:side=6", "rounds": 4, "sessions": 5, "temptation": 410}
    runs = [
        play("prisoners_dilemma", "imitate_best@start=0.9", update=update, **society)
        for update in ("synchronous", "sequential:0.1")
    ]
    last = []
    for run in runs:
        table = run.decisions[run.decisions["round"] == 4]
        last.append(table["label"].eq("cooperate").groupby(table["session"]).mean())
    interval = ttest_rel(last[1], last[0]).confidence_interval()
    row = by_update(*runs).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert row["high"] - row["low"] > 0


def test_sessions_without_an_answer_under_one_schedule_are_left_out() -> None:
    runs = [
        play("public_goods", "uniform", n=8, rounds=2, sessions=4, update=update)
        for update in ("synchronous", "sequential:0.5")
    ]
    runs[0].decisions.loc[runs[0].decisions["session"] == 3, "action"] = float("nan")
    row = by_update(*runs).iloc[0]
    last = runs[1].decisions[runs[1].decisions["round"].eq(2) & runs[1].decisions["session"].ne(3)]
    assert row["sequential"] == pytest.approx(last["action"].mean())
    assert row["low"] < row["difference"] < row["high"]


def test_the_command_shows_the_difference_before_where_it_is_kept(command: Command) -> None:
    told = command(*VARIED, "--out", "two").out
    assert re.search(r"choose: cooperate +imitate_best +\d", told)
    assert told.index("played once more with --update sequential:0.1 --rounds 19") < told.index("by round")
    assert told.index("kept in two/other-update") < told.index("saved in two")
    assert command(*VARIED, "--out", "quiet", "--quiet").out == "quiet\n"
    held = json.loads(command(*VARIED, "--out", "three", "--json").out)["sensitivity"]
    assert held["folder"] == "three/other-update"
    assert held["last_round"][0]["policy"] == "imitate_best"


def test_a_run_whose_second_schedule_was_cut_off_is_taken_up(command: Command) -> None:
    command(*VARIED)
    (folder,) = Path("runs").iterdir()
    other = folder / "other-update" / "run.json"
    whole = json.loads(other.read_text())
    other.write_text(json.dumps({**whole, "status": "interrupted"}))
    assert "holds no run to take up" not in command(*VARIED, "--resume").out
    assert list(Path("runs").iterdir()) == [folder]
    assert json.loads(other.read_text())["status"] == "complete"


def test_the_ceilings_hold_for_both_schedules_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("openai")
    settings: dict[str, Any] = {
        "agents": "openai:some@structured=off:0.5,imitate_best:0.5",
        "network": "ring:n=6",
        "rounds": 2,
        "update": "synchronous",
        "max_cost": None,
        "max_tokens": 1e6,
        "max_seconds": 600,
    }
    with answering(lambda asked: "[A]") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("GAMESIM_CACHE", str(tmp_path))
        run = play("prisoners_dilemma", **settings)
        assert server.requests
        again = once_more(run, settings)
        assert again["max_tokens"] == 1e6 - 105 * len(server.requests)
        assert 0 < again["max_seconds"] < 600
        assert again["max_cost"] is None
        assert (again["update"], again["rounds"]) == other_schedule("synchronous", 2, 6)
        assert play("prisoners_dilemma", **again).settings.status == "complete"


def test_a_network_that_changes_once_a_round_is_refused(command: Command) -> None:
    refused = command(*VARIED, "--rewire", "random:share=0.2", "--out", "run")
    assert refused.code == 2
    assert "--rewire random:share=0.2 it changes once a round" in refused.err
    assert not Path("run").exists()
