"""What the command prints of several rounds, and of several games."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from typed import Command

import gamesim
from gamesim.analysis.series import series
from gamesim.command.rounds import print_rounds

KARATE: dict[str, Any] = {"network": "karate_club", "rounds": 4, "sessions": 3}


def told(run: gamesim.Run, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    print_rounds(run)
    return capsys.readouterr().out


def test_of_several_games_first_rounds_and_whole_games_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play(
        "prisoners_dilemma", "tit_for_tat:0.5,always_defect:0.5", n=8, rounds=4, supergames=3, sessions=2
    )
    printed = told(run, capsys)
    first, whole = printed.split("mean of all rounds")
    assert re.search(r"first rounds +game 1 game 2 game 3 +95 % of last over games", first)
    assert re.search(r"tit_for_tat +100\.0% 100\.0% 100\.0% +100\.0% to 100\.0% ███ ", first)
    table = run.decisions
    mine = table[table["policy"] == "tit_for_tat"]
    shares = [(mine.loc[mine["supergame"] == game, "label"] == "cooperate").mean() for game in (1, 2, 3)]
    assert max(shares) < 1
    assert re.search(r"tit_for_tat +" + " +".join(f"{share:.1%}" for share in shares), whole)
    assert "4 rounds" in printed
    assert "settled" not in printed
    assert "Gini" not in first
    assert "converged" not in printed


def test_the_mean_of_a_game_is_over_its_rounds_then_over_sessions() -> None:
    run = gamesim.play("public_goods", "uniform", n=8, rounds=3, supergames=2, sessions=4, seed=3)
    found = run.series()
    mine = found[found["measure"] == "mean_of_game"]
    by_session = run.decisions.groupby(["supergame", "session"])["action"].mean().unstack()
    np.testing.assert_allclose(mine["value"], by_session.mean(axis=1))
    half = (mine["high"] - mine["value"]).to_numpy(float)
    np.testing.assert_allclose(half, 3.182446 * by_session.std(axis=1) / 2, rtol=1e-5)
    assert mine["round"].isna().all()
    assert mine["supergame"].tolist() == [1, 2]
    single = gamesim.play("public_goods", "uniform", n=8, rounds=3)
    assert not single.series()["measure"].str.endswith("_of_game").any()


def test_rounds_without_a_value_are_left_out_of_the_mean_of_a_game() -> None:
    run = gamesim.play("public_goods", "uniform", n=4, rounds=2, supergames=2)
    lost = run.decisions
    lost.loc[lost["supergame"].eq(1) & lost["round"].eq(2), ["action", "payoff"]] = np.nan
    lost.loc[lost["supergame"].eq(2), ["action", "payoff"]] = np.nan
    found = series(lost, run.settings.model_dump())
    means = found.loc[found["measure"] == "mean_of_game", "value"].to_numpy(float)
    assert means[0] == lost.loc[lost["round"].eq(1) & lost["supergame"].eq(1), "action"].mean()
    assert np.isnan(means[1])


def test_agents_without_a_line_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    agents = "tit_for_tat,grim,davis,downing,joss,tullock,always_defect,always_cooperate"
    printed = told(gamesim.play("prisoners_dilemma", agents, n=16, rounds=3), capsys)
    assert "tullock" in printed
    assert "always_defect" not in printed
    assert "2 more agents not shown (all are in --csv)" in printed
    few = told(
        gamesim.play("prisoners_dilemma", agents.rpartition(",always_defect")[0], n=12, rounds=3), capsys
    )
    assert "not shown" not in few


def test_sessions_that_are_copies_are_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    agents = "altruist:0.1,conditional_cooperator:0.9"
    note = "all 3 sessions are alike, since nothing that tells them apart was drawn"
    alike = told(gamesim.play("public_goods", agents, placement="degree", **KARATE), capsys)
    assert note in " ".join(alike.split())
    drawn = told(gamesim.play("public_goods", agents, **KARATE), capsys)
    assert "alike" not in drawn


def test_revisions_are_counted_where_choices_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", update="sequential", **KARATE)
    table = run.decisions
    assert (table["elicitation"] == "kept").sum() == 3 * 3 * 33
    assert f"revisions per agent: {3 / 34:.2f};" in told(run, capsys)
    everybody = gamesim.play("prisoners_dilemma", "uniform", update="sequential:1", **KARATE)
    assert "revisions per agent: 3.00;" in told(everybody, capsys)
    assert "revisions" not in told(gamesim.play("prisoners_dilemma", "uniform", **KARATE), capsys)


def test_figures_of_persons_stand_beside_their_decision(capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", rounds=4, n=20)
    row = re.search(r"persons .*own-lag correlation\nchoose \(cooperate\) +(\S+) +(\S+)\n", told(run, capsys))
    assert row is not None
    found = run.series().set_index(["measure", "policy"])["value"]
    assert float(row[1]) == pytest.approx(max(0, found["icc", "all"]), abs=0.005)
    assert float(row[2]) == pytest.approx(found["own_lag", "all"], abs=0.005)


def test_the_help_says_how_many_revise_where_no_share_is_given(command: Command) -> None:
    assert "one agent a session without SHARE" in " ".join(command("play", "--help").out.split())
