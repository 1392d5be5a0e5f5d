"""Comparisons of small made-up runs with the human records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import gamesim
from gamesim.analysis import Comparison, Row, bars, beside, compare, plot, summarise
from gamesim.errors import GamesimError
from gamesim.humans import find

Floats = npt.NDArray[np.float64]

DICTATOR = find("dictator.give", stake=100, dataset="moblab")[0]
HUMANS = DICTATOR.counts() / DICTATOR.counts().sum()
EXACT = {7: (DICTATOR.support, HUMANS)}


def spec(**changes: object) -> dict[str, Any]:
    plain = {"stage": "give", "role": "dictator", "method": "direct response", "stake": 100.0, "low": 0.0}
    return {**plain, "high": 100.0, "step": 1.0, "labels": None, "unit": "money", "parameters": {}, **changes}


def setting(decision: str = "dictator.give", **changes: object) -> dict[str, Any]:
    policies = {
        "humans": {"trained_on": ["moblab"]},
        "mini": {"trained_on": ["moblab"], "stand_in_for": "befm"},
        "uniform": {"trained_on": []},
    }
    return {"game": {"name": "x"}, "decisions": {decision: spec(**changes)}, "policies": policies}


def rows(
    actions: Any, decision: str = "dictator.give", policy: str = "uniform", **columns: Any
) -> pd.DataFrame:
    values = np.asarray(actions, dtype=np.float64)
    table = pd.DataFrame(
        {
            "decision": decision,
            "policy": policy,
            "replication": 0,
            "session": 0,
            "round": 1,
            "agent": np.arange(len(values)),
            "group": np.arange(len(values)),
            "action": values,
            "status": np.where(np.isnan(values), "unreadable", "ok"),
            "payoff": 100 - values,
            "reply": pd.array([None] * len(values), dtype="Int64"),
        }
    )
    return table.assign(**columns)


def drawn(n: int, seed: int = 1) -> Floats:
    draws: Floats = np.random.default_rng(seed).choice(DICTATOR.support, n, p=HUMANS)
    return draws


def only(comparison: Comparison, reference: str = "moblab.dictator.give") -> Row:
    (row,) = [row for row in comparison.rows if row.reference == reference]
    return row


def against(table: pd.DataFrame, settings: dict[str, Any] | None = None, **options: Any) -> Row:
    return only(compare(table, settings or setting(), resamples=300, **options))


# Verdicts.


def test_humans_redrawn_are_within_the_noise_of_a_perfect_simulator() -> None:
    row = against(rows(drawn(400)))
    assert row.verdict == "within the noise of a perfect simulator"
    assert row.n == 400
    assert row.w1n < 2 * row.perfect.high
    assert row.sd_ratio == pytest.approx(1, abs=0.1)


def test_everybody_gives_half_is_no_nearer_than_a_naive_rival() -> None:
    row = against(rows(np.full(400, 50)))
    assert row.verdict.startswith("no nearer than")
    assert row.sd_ratio == 0
    assert row.w1n == pytest.approx(0.250, abs=0.006)


def test_few_draws_cannot_be_told_from_a_naive_rival() -> None:
    assert against(rows(drawn(3))).verdict.startswith("too few to tell")


def test_records_a_policy_has_seen_give_no_verdict() -> None:
    row = against(rows(drawn(200), policy="humans"))
    assert row.verdict == "in sample: no verdict"
    assert row.in_sample


def test_other_people_are_out_of_sample_for_the_same_policy() -> None:
    comparison = compare(rows(drawn(300), policy="humans"), setting(), resamples=200)
    students = only(comparison, "engel2011.dictator.give.students")
    assert not students.in_sample
    assert "no verdict" not in students.verdict
    assert any("nearest 10" in note for note in students.notes)


def test_a_stand_in_is_named() -> None:
    comparison = compare(rows(drawn(50), policy="mini"), setting(), resamples=100)
    assert only(comparison).stand_in_for == "befm"
    assert comparison.lines()[0]["policy"] == "mini (for befm)"


# What stands beside.


def test_floor_people_and_rivals_stand_beside() -> None:
    row = against(rows(drawn(100)))
    assert 0.003 < row.floor.mean < 0.008
    assert row.floor.mean < row.perfect.mean < row.perfect.high
    assert row.rivals["uniform"] == pytest.approx(0.24, abs=0.01)
    assert row.rivals["human marginal"] == row.floor.mean
    assert [name for name, _ in row.between] == [
        "engel2011.dictator.give.students",
        "engel2011.dictator.give.non_students",
    ]
    assert row.between[0][1] < row.between[1][1]


def test_exact_probabilities_replace_draws_and_leave_no_simulation_interval() -> None:
    row = against(rows(np.full(50, 99), reply=7), exact=EXACT)
    assert row.exact
    assert row.w1n == pytest.approx(0, abs=1e-12)
    assert row.mean == pytest.approx(float(DICTATOR.support @ HUMANS))
    low, high = row.intervals["simulation"]
    assert low == high == row.w1n
    assert row.intervals["human sampling"][1] > 0


def test_draws_and_exact_probabilities_mix() -> None:
    table = pd.concat([rows(np.zeros(30)), rows(np.zeros(10), reply=7, replication=1)])
    row = against(table, exact=EXACT)
    assert row.n == 40
    assert not row.exact
    assert row.mean == pytest.approx(float(DICTATOR.support @ HUMANS) / 4)


def test_simulation_interval_shrinks_with_the_draws() -> None:
    widths = [np.ptp(against(rows(drawn(n))).intervals["simulation"]) for n in (50, 5000)]
    assert widths[1] < widths[0] / 4


def test_wording_interval_appears_only_where_wordings_vary() -> None:
    assert "wording" not in against(rows(drawn(50), wording=2)).intervals
    row = against(rows(np.repeat([0, 50], 40), wording=np.repeat([0, 1], 40)))
    low, high = row.intervals["wording"]
    assert high - low > 0.05
    assert any("only 2 wordings" in note for note in row.notes)


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again, other = (
        compare(rows(drawn(60)), setting(), seed=seed, resamples=200).table for seed in (5, 5, 6)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_figures_of_a_policy_do_not_depend_on_other_policies() -> None:
    alone, beside = rows(drawn(60)), rows(drawn(60), policy="mini")
    together = compare(pd.concat([beside, alone]), setting(), resamples=200).table
    apart = compare(alone, setting(), resamples=200).table
    mine = together[together["policy"] == "uniform"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine.drop(columns="stand_in_for"), apart.drop(columns="stand_in_for"))


# Mismatches.


def test_another_stake_is_refused_and_allowed_as_shares() -> None:
    table, settings = rows(drawn(200) / 5), setting(stake=20.0, high=20.0, step=0.2)
    refused = compare(table, settings, resamples=100)
    assert any("moblab.dictator.give is refused: stake: humans 100, run 20" in note for note in refused.notes)
    row = against(table, settings, allow={"stake"})
    assert row.w1n < 0.05
    assert any("shares of the stake: 100 among humans, 20 in the run" in note for note in row.notes)


def test_shares_of_varied_stakes_fit_any_stake() -> None:
    comparison = compare(rows(drawn(100) / 5), setting(stake=20.0, high=20.0, step=0.2), resamples=100)
    row = only(comparison, "engel2011.dictator.give.students")
    assert row.mean == pytest.approx(26, abs=6)


PUBLIC = {"stake": 20.0, "high": 20.0, "parameters": {"mpcr": 0.5, "group_size": 4}}


def test_another_round_is_refused_and_allowed() -> None:
    table = rows(np.full(40, 10), "public_goods.contribute")
    settings = setting("public_goods.contribute", **PUBLIC)
    (reference,) = find("public_goods.contribute", dataset="moblab")
    refused = compare(table, settings, references=[reference])
    assert refused.rows == ()
    assert "humans round 3, run round 1" in refused.notes[0]
    allowed = compare(table, settings, references=[reference], allow={"round"}, resamples=100)
    assert "was allowed" in allowed.rows[0].notes[0]


def test_other_rules_and_methods_are_refused() -> None:
    table = rows(np.full(40, 10), "public_goods.contribute", round=3)
    rules: dict[str, object] = {**PUBLIC, "parameters": {"mpcr": 0.4}, "method": "strategy method"}
    (reference,) = find("public_goods.contribute", dataset="moblab")
    comparison = compare(table, setting("public_goods.contribute", **rules), references=[reference])
    (refusal,) = comparison.refused
    assert refusal.mismatches == ("method", "parameters")
    assert "humans mpcr 0.5, group_size 4, run mpcr 0.4, no group_size" in refusal.reason


def test_another_range_is_refused() -> None:
    comparison = compare(rows(drawn(30) / 2), setting(high=50.0), resamples=100)
    assert all(refusal.reference.dataset for refusal in comparison.refused)
    assert any("range: humans 0 to 100, run 0 to 50" in refusal.reason for refusal in comparison.refused)


def test_only_returns_after_the_given_amount_count() -> None:
    settings = setting("trust.return", high=300.0, parameters={"factor": 3})
    saw = [json.dumps({"send": send}) for send in (50, 50, 50, 40)]
    table = rows([60, 60, 90, 0], "trust.return", seen=pd.Series([*saw[:3], saw[3]], dtype="category"))
    (row,) = compare(table, settings, resamples=100).rows
    assert (row.n, row.mean) == (3, 70)
    assert row.high == 150


def test_no_return_after_the_given_amount_is_said() -> None:
    settings = setting("trust.return", high=300.0, parameters={"factor": 3})
    table = rows([60], "trust.return", seen=json.dumps({"send": 49}))
    comparison = compare(table, settings)
    assert comparison.rows == ()
    assert "no valid decision in round 1 after send = 50" in comparison.notes[0]
    assert comparison.table.empty
    assert comparison.lines() == []


def test_a_decision_nobody_recorded_is_said() -> None:
    for decision, nearest in (("chess.open", "bomb_risk.open"), ("dictator.gives", "dictator.give")):
        (note,) = compare(rows([1.0], decision), setting(decision)).notes
        assert note == f"{decision}: no human record answers this decision; the nearest on record: {nearest}"
    (note,) = compare(rows([1.0], "chess.mate"), setting("chess.mate"), references=[]).notes
    assert note == "chess.mate: none of the chosen human records is of this decision"


def test_a_decision_that_the_settings_do_not_describe_is_said() -> None:
    comparison = compare(rows([1.0], "chess.open"), setting())
    assert comparison.notes == ("chess.open: the settings do not describe this decision",)


def test_refusals_are_told_briefly() -> None:
    labels = ["cooperate", "defect"]
    settings = setting("prisoners_dilemma.choose", stake=9.0, high=1.0, labels=labels)
    comparison = compare(rows([1, 0], "prisoners_dilemma.choose"), settings)
    assert len(comparison.refused) == 7
    dalbo, moblab, more = comparison.notes
    assert dalbo.startswith("dalbo_frechette2011.prisoners_dilemma.choose.d5r32 is refused: stake: humans 50")
    assert moblab.startswith("moblab.prisoners_dilemma.choose is refused: stake: humans 700")
    assert more == "prisoners_dilemma.choose: 5 more human records are refused"


def test_unknown_mismatch_and_several_treatments_are_errors() -> None:
    with pytest.raises(GamesimError, match="did you mean 'round'"):
        compare(rows([1.0]), setting(), allow={"rounds"})
    with pytest.raises(GamesimError, match="one by one"):
        compare(rows([1.0, 2.0], treatment=["a", "b"]), setting())


# Labels and published figures.


def test_labels_are_matched_by_name_and_not_by_place() -> None:
    payoffs: dict[str, Any] = {"reward": 400, "sucker": 0, "temptation": 700, "punishment": 300}
    settings = setting(
        "prisoners_dilemma.choose",
        stake=700.0,
        high=1.0,
        labels=["defect", "cooperate"],
        parameters=payoffs,
    )
    (row,) = compare(
        rows([1, 1, 1, 0], "prisoners_dilemma.choose"), settings, votes="subject", resamples=100
    ).rows
    assert row.unit == "share who cooperate"
    assert row.mean == 0.75
    assert row.human_mean == pytest.approx(0.451, abs=5e-4)
    assert row.w1n == pytest.approx(0.75 - row.human_mean)
    assert row.human_votes == "decision"
    assert any("counted by decisions" in note for note in row.notes)


def test_a_published_share_is_compared_and_not_judged() -> None:
    settings = setting("ultimatum.answer", high=1.0, labels=["reject", "accept"])
    (row,) = compare(rows([1, 1, 1, 0], "ultimatum.answer"), settings).rows
    assert row.mean == 0.75
    assert row.w1n == pytest.approx(0.09)
    assert row.verdict == "published figures only: no verdict"


def test_a_published_mean_is_compared_and_not_judged() -> None:
    settings = setting("beauty_contest.guess", parameters={"p": 2 / 3, "group_size": 100})
    comparison = compare(rows([30, 40], "beauty_contest.guess"), settings)
    row = only(comparison, "behaviorbench.beauty_contest.guess")
    assert row.mean_gap == pytest.approx((35 - 35.47) / 100)
    assert np.isnan(row.w1n)
    assert row.human_n == 200


# Missing answers and rounds.


def test_invalid_answers_and_void_groups_are_shown_and_not_counted() -> None:
    table = rows([10, np.nan, 30, np.nan])
    table.loc[3, "status"] = "skipped"
    row = against(table)
    assert row.n == 2
    assert row.invalid == pytest.approx(1 / 3)
    assert row.void == pytest.approx(1 / 2)


def test_missing_answers_are_put_in_at_their_worst_and_at_uniform() -> None:
    assert against(rows(drawn(40))).missing is None
    table = rows([*drawn(80), *[np.nan] * 20])
    table.loc[95:, "status"] = "refused"
    row = against(table)
    missing = row.missing
    assert missing is not None
    assert (missing.n, row.n) == (20, 80)
    assert missing.by_status == {"unreadable": 15, "refused": 5}
    assert missing.mean_low == pytest.approx(0.8 * row.mean)
    assert missing.mean_high == pytest.approx(0.8 * row.mean + 20)
    at_the_top = against(rows([*drawn(80), *[100] * 20]))
    assert missing.w1n_worst == pytest.approx(at_the_top.w1n)
    assert missing.w1n_best < row.w1n < missing.w1n_uniform < missing.w1n_worst
    (line,) = [
        each
        for each in compare(table, setting(), resamples=20).table.to_dict("records")
        if each["reference"] == row.reference
    ]
    assert (line["missing"], line["missing_w1n_worst"]) == (20, missing.w1n_worst)


def test_nearer_is_said_only_where_the_missing_cannot_undo_it() -> None:
    draws = np.where(np.arange(300) < 270, drawn(300), 80.0)
    assert against(rows(draws)).verdict in ("nearer than naive rivals", "as near as another human population")
    row = against(rows([*draws, *[np.nan] * 100]))
    assert row.missing is not None
    assert row.w1n < row.rivals["constant median"] < row.missing.w1n_worst
    assert row.verdict.startswith("not clearly nearer")


def test_an_agent_that_answered_once_is_not_missing() -> None:
    table = pd.concat([rows([np.nan, np.nan, 10.0]), rows([20.0, np.nan, np.nan], supergame=2)])
    by_subject, by_decision = (against(table, votes=votes).missing for votes in ("subject", "decision"))
    assert by_subject is not None
    assert by_decision is not None
    assert (by_subject.n, by_decision.n) == (1, 4)
    assert by_subject.by_status == {"unreadable": 2}


def test_missing_choices_bound_the_share_of_the_first_label() -> None:
    settings = setting("ultimatum.answer", high=1.0, labels=["reject", "accept"])
    (row,) = compare(rows([1, 1, 1, 0, np.nan], "ultimatum.answer"), settings).rows
    assert row.missing is not None
    assert [row.missing.mean_low, row.missing.mean_high] == pytest.approx([0.6, 0.8])
    assert row.missing.w1n_worst == pytest.approx(0.24)
    assert row.missing.w1n_best == pytest.approx(0.04)


def test_a_model_that_is_not_scored_has_no_distance_with_missing_answers() -> None:
    settings = setting()
    settings["policies"]["mini"]["scored_in_sample"] = False
    row = against(rows([*drawn(20), np.nan], policy="mini"), settings)
    assert row.missing is not None
    assert np.isnan([row.missing.w1n_uniform, row.missing.w1n_best, row.missing.w1n_worst]).all()
    assert row.missing.mean_low < row.missing.mean_high


# Wording.


def by_wording(means: Sequence[float] | Floats, size: int, sd: float = 10.0, seed: int = 3) -> pd.DataFrame:
    draws = np.random.default_rng(seed).normal(np.repeat(means, size), sd)
    return rows(np.clip(np.round(draws), 0, 100), wording=np.repeat(np.arange(len(means)), size))


def test_the_spread_between_wordings_is_told_from_chance() -> None:
    means = np.random.default_rng(0).normal(40, 8, 30)
    differing = against(by_wording(means, 40))
    assert differing.wordings == 30
    assert differing.wording_sd == pytest.approx(means.std(ddof=1), rel=0.1)
    alike = against(by_wording([40.0] * 30, 40))
    assert alike.wording_sd < 1
    assert not any("wordings:" in note for note in differing.notes)
    assert np.isnan(against(rows(drawn(20))).wording_sd)


def test_exact_probabilities_have_no_chance_to_take_off() -> None:
    point = {1: (np.array([30.0]), np.array([1.0])), 2: (np.array([50.0]), np.array([1.0]))}
    row = against(rows([0, 0, 0], reply=[1, 2, 2], wording=[0, 1, 1]), exact=point)
    assert row.wording_sd == pytest.approx(np.sqrt(200))
    assert row.wordings == 2


def test_another_order_of_the_options_is_another_text() -> None:
    table = rows([0, 0, 50, 50], wording=[0, 0, 0, 0], option_order=["ab", "ab", "ba", "ba"])
    row = against(table)
    assert row.wordings == 2
    assert row.intervals["wording"][1] > row.intervals["wording"][0]


def repeated(actions: Floats) -> pd.DataFrame:
    """Lay actions of shape (rounds, agents) out as a table."""
    return pd.concat([rows(actions[number], round=number + 1) for number in range(len(actions))])


def test_persons_stand_beside_the_distance_in_several_rounds() -> None:
    same, mixed = np.tile(drawn(80), (5, 1)), drawn(400).reshape(5, 80)
    persons, mixture = (against(repeated(actions)) for actions in (same, mixed))
    assert persons.icc == pytest.approx(1)
    assert persons.lag1 == pytest.approx(1)
    assert abs(mixture.icc) < 0.15
    assert abs(mixture.lag1) < 0.15
    assert persons.human_icc == pytest.approx(0.54, abs=0.05)


def test_who_decides_for_each_of_its_groups_is_no_one_person() -> None:
    table = repeated(np.tile(drawn(80), (5, 1)))
    row = against(table, {**setting(), "matching": "separate_neighbourhoods"})
    assert np.isnan([row.icc, row.lag1]).all()


def test_one_round_has_no_persons() -> None:
    row = against(rows(drawn(20)))
    assert np.isnan([row.icc, row.lag1, row.human_icc]).all()


def test_votes_by_subject_and_by_decision() -> None:
    table = pd.concat([rows([0, 0], supergame=game + 1) for game in range(3)])
    assert against(table).n == 2
    assert against(table, votes="decision").n == 6


def test_later_rounds_are_redrawn_by_group_or_session() -> None:
    settings = setting("public_goods.contribute", **PUBLIC)
    (reference,) = find("public_goods.contribute", dataset="moblab")
    values = np.random.default_rng(0).integers(0, 21, 80)
    grouped = rows(values, "public_goods.contribute", round=3, group=np.arange(80) // 4)
    sessions = rows(values, "public_goods.contribute", round=3, session=np.arange(80) // 4)
    for table, unit in ((grouped, "group"), (sessions, "session")):
        (row,) = compare(table, settings, references=[reference], resamples=200).rows
        assert any(f"by {unit}" in note for note in row.notes)
        assert row.intervals["simulation"][0] < row.w1n < row.intervals["simulation"][1]


# Around it.


def test_the_table_holds_every_figure() -> None:
    table = compare(rows(drawn(30)), setting(), resamples=100).table
    wanted = {"w1n", "floor", "perfect", "other_humans", "uniform", "constant_median", "human_marginal"}
    assert wanted <= set(table.columns)
    assert {"human_sampling_low", "simulation_high", "wording_low", "invalid", "void"} <= set(table.columns)


def test_bars_sum_to_one_on_both_sides() -> None:
    drawn_bars = bars(against(rows(drawn(70))))
    assert [bar.label for bar in drawn_bars][:3] == ["0-4", "5-14", "15-24"]
    assert sum(bar.simulated for bar in drawn_bars) == pytest.approx(1)
    assert sum(bar.human for bar in drawn_bars) == pytest.approx(1)


def test_summary_by_decision_and_policy() -> None:
    table = pd.concat([rows([0, 50, 100, np.nan]), rows([20.0, 40.0], policy="mini")])
    summary = summarise(table, setting()).set_index("policy")
    columns = ["n", "mean", "none", "half", "all", "invalid", "void", "payoff"]
    third = pytest.approx(1 / 3)
    assert list(summary[columns].loc["uniform"]) == [3, 50, third, third, third, 0.25, 1, 50]
    kinds = ["unreadable", "out_of_range", "refused", "truncated", "transport", "mean_low", "mean_high"]
    assert list(summary[kinds].loc["uniform"]) == [1, 0, 0, 0, 0, 37.5, 62.5]
    assert np.isnan(summary["mean_low"].loc["mini"])
    assert summary["payoff"].loc["mini"] == 70


def test_summary_of_labels_and_of_nothing() -> None:
    settings = setting("ultimatum.answer", high=1.0, labels=["reject", "accept"])
    (choices,) = summarise(rows([1, 1, 1, 0], "ultimatum.answer"), settings)["choices"]
    assert choices == "reject 25%, accept 75%"
    assert summarise(rows([]), settings).empty
    (empty,) = summarise(rows([np.nan]), setting())["n"]
    assert empty == 0


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_are_written(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("matplotlib")
    comparison = compare(rows(drawn(30)), setting(), resamples=50)
    assert plot(comparison, tmp_path / f"figure.{ending}").stat().st_size > 1000


def test_what_cannot_be_drawn_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = compare(rows(drawn(30)), setting(), resamples=50)
    with pytest.raises(GamesimError, match="must end in"):
        plot(comparison, tmp_path / "figure.gif")
    with pytest.raises(GamesimError, match="nothing to draw"):
        plot(compare(rows([1.0], "chess.open"), setting("chess.open")), tmp_path / "figure.png")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(GamesimError, match=r"gamesim\[plot\]"):
        plot(comparison, tmp_path / "figure.png")


def test_uniform_play_stands_exactly_at_its_rival() -> None:
    for game in ("dictator", "ultimatum", "public_goods"):
        comparison = gamesim.play(game, agents="uniform", n=40, rounds=3).compare(
            allow={"round"}, resamples=50
        )
        exact = [row for row in comparison.rows if row.exact]
        assert exact
        for row in exact:
            assert row.w1n == pytest.approx(row.rivals["uniform"], abs=1e-9)
            assert "as near" not in row.verdict


def test_a_distance_far_beyond_a_rival_is_no_matter_of_numbers() -> None:
    run = gamesim.play("public_goods", agents="uniform:0.5,spe:0.5", n=40, rounds=3)
    rows = run.compare(resamples=50).rows
    assert {row.verdict for row in rows if row.policy == "spe"} == {"no nearer than uniform"}


# Other societies.


SOCIETIES: list[tuple[dict[str, Any], str]] = [
    (
        {"network": {"name": "ring", "n": 40}, "matching": "edges"},
        "a network (ring, neighbours see earnings)",
    ),
    ({"network": {"name": "ring", "rewire": {"name": "random", "share": 0.1}}}, "links that change (random)"),
    ({"matching": "assortative"}, "likes meet by earnings"),
    ({"game": {"by_size": {"group_size": [9, 9], "mpcr": [2 / 9, 2 / 9]}}}, "run groups of 9, mpcr 0.222"),
    (
        {"game": {"by_size": {"group_size": [3, 18], "mpcr": [2 / 3, 1 / 9]}}},
        "groups of 3 to 18, mpcr 0.667 to 0.111",
    ),
    ({"game": {"shared_out": True}}, "one endowment for all groups that one is in"),
    ({"society": {"reputation": "image"}}, "players know the image of those they meet"),
    ({"society": {"roles": "random"}}, "roles drawn anew in every round"),
    ({"society": {"update": "death_birth"}}, "players revise when drawn"),
    ({"society": {"continuation": 0.75}}, "another round follows with probability 0.75"),
]


@pytest.mark.parametrize(("departs", "said"), SOCIETIES)
def test_another_society_is_told_in_the_first_round_and_refused_later(
    departs: dict[str, Any], said: str
) -> None:
    society = {"society": {"neighbours": "earnings", **departs.get("society", {})}}
    first = against(rows(drawn(40)), setting() | departs | society)
    (note,) = [note for note in first.notes if note.startswith("society differs: run ")]
    assert said in note
    third = rows(np.full(40, 10), "public_goods.contribute", round=3)
    settings = setting("public_goods.contribute", **PUBLIC) | departs | society
    (reference,) = find("public_goods.contribute", dataset="moblab")
    (refusal,) = compare(third, settings, references=[reference]).refused
    assert refusal.mismatches == ("society",)
    assert said in refusal.reason
    (row,) = compare(third, settings, references=[reference], allow={"society"}, resamples=50).rows
    assert "society differs and was allowed" in row.notes[0]


def test_the_usual_society_is_not_told() -> None:
    run = gamesim.play("public_goods", "uniform", n=40, rounds=3, matching="partner")
    (row,) = [row for row in run.compare(resamples=50).rows if row.source.dataset == "moblab"]
    assert not any("society" in note for note in row.notes)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"network": "ring:n=40,k=8", "spread": True}, "groups of 9, one endowment for all groups"),
        ({"network": "ring:n=40,k=8", "hold": "multiplier"}, "groups of 9, mpcr 0.222;"),
        ({"network": "star_graph:n=9", "hold": "multiplier"}, "groups of 2 to 10, mpcr 1 to 0.2;"),
        ({"network": "complete:n=4", "hold": "multiplier"}, "those of the neighbours;"),
        ({"network": "complete:n=5", "n": 20, "rewire": "growth:m=2"}, "neighbours, groups of 5;"),
    ],
)
def test_groups_of_other_sizes_and_returns_are_told(settings: dict[str, Any], said: str) -> None:
    (row,) = gamesim.play("public_goods", "uniform", **settings).compare(resamples=50).rows
    (note,) = [note for note in row.notes if note.startswith("society differs")]
    assert said in note


def test_people_who_played_with_the_same_chance_of_another_round_are_compared() -> None:
    payoffs: dict[str, Any] = {"reward": 32, "temptation": 50, "sucker": 12, "punishment": 25}
    run = gamesim.play("prisoners_dilemma", "uniform", n=20, continuation=0.5, supergames=2, **payoffs)
    (row,) = run.compare(resamples=50).rows
    assert row.reference == "dalbo_frechette2011.prisoners_dilemma.choose.d5r32"
    assert any("period 1 of late supergames" in note for note in row.notes)
    assert not any("society" in note for note in row.notes)
    fixed = gamesim.play("prisoners_dilemma", "uniform", n=20, **payoffs)
    assert not fixed.compare(resamples=50).rows


# Large tables: figures are worked out on numbers, a few columns at a time.


def several() -> tuple[gamesim.Run, pd.DataFrame]:
    """Play a mixed run, and spoil some answers in its table."""
    agents = "uniform:0.5,human@iid=true:0.25,conditional_cooperator:0.25"
    run = gamesim.play("public_goods", agents, n=80, rounds=4, sessions=3)
    table = run.decisions.astype({"status": object})
    bad = np.arange(len(table)) % 17 == 3
    table.loc[bad, "action"] = np.nan
    table.loc[bad, "status"] = np.where(np.arange(bad.sum()) % 3 == 0, "skipped", "refused")
    return run, table


def test_the_summary_is_what_pandas_groups_give() -> None:
    run, table = several()
    found = summarise(table, run.settings.model_dump()).set_index("policy")
    for policy, made in table.groupby("policy", observed=True):
        good = made[made["status"] == "ok"]
        groups = made.groupby(["session", "supergame", "round", "group"])["action"]
        row = found.loc[policy]
        assert row["n"] == len(good)
        assert row["mean"] == pytest.approx(good["action"].mean())
        assert row["sd"] == pytest.approx(good["action"].std(ddof=0))
        assert row["payoff"] == pytest.approx(made["payoff"].mean())
        assert row["void"] == groups.apply(lambda actions: actions.isna().any()).sum() > 0
        assert row["refused"] == (made["status"] == "refused").sum()


def test_the_order_of_the_rows_changes_no_vote() -> None:
    run, table = several()
    settings = run.settings.model_dump()
    mixed = table.sample(frac=1, random_state=1).astype({"policy": object})
    sides = [compare(each, settings, resamples=50, allow={"round"}).table for each in (table, mixed)]
    figures = ["policy", "reference", "n", "mean", "sd", "w1n", "icc", "lag1", "invalid", "void", "missing"]
    one, other = (side[figures].sort_values(figures[:2], ignore_index=True) for side in sides)
    pd.testing.assert_frame_equal(one, other)


def test_a_report_from_a_folder_is_that_of_the_whole_table(tmp_path: Path) -> None:
    agents = "proposer=uniform,responder=fehr_schmidt@alpha=lognormal(-0.8,0.9)"
    played = gamesim.play("ultimatum", agents, n=60, rounds=3, out=tmp_path / "run")
    whole, some = gamesim.open_run(tmp_path / "run"), gamesim.open_run(tmp_path / "run")
    assert len(whole.decisions.columns) > 20
    pd.testing.assert_frame_equal(whole.summary(), some.summary())
    pd.testing.assert_frame_equal(whole.series(), some.series())
    pd.testing.assert_frame_equal(whole.compare(resamples=50).table, some.compare(resamples=50).table)
    pd.testing.assert_frame_equal(played.summary(), some.summary())
    assert "decisions" not in vars(some)
    with pytest.raises(GamesimError, match="did you mean 'payoff'"):
        some.columns("payof")


def test_many_groups_are_redrawn_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = setting("public_goods.contribute", **PUBLIC)
    (reference,) = find("public_goods.contribute", dataset="moblab")
    values = np.random.default_rng(0).integers(0, 3, 800)
    table = rows(values, "public_goods.contribute", round=3, group=np.arange(800) // 4)

    def redrawn() -> tuple[float, float]:
        (row,) = compare(table, settings, references=[reference], resamples=400).rows
        return row.intervals["simulation"]

    at_once = redrawn()
    monkeypatch.setattr(beside, "_AT_A_TIME", 1000)
    assert redrawn() == at_once
    monkeypatch.setattr(beside, "MANY_CLUSTERS", 10)
    alike = redrawn()
    assert alike != at_once
    assert alike == pytest.approx(at_once, rel=0.02)


def test_probabilities_of_later_rounds_are_not_told_as_draws() -> None:
    (note,) = {
        note
        for row in gamesim.play("public_goods", "uniform", n=40, rounds=3).compare().rows
        for note in row.notes
        if "probabilities" in note
    }
    assert note == "of 40 decisions the probabilities count, not what was drawn from them"


def test_in_sample_no_interval_is_shown() -> None:
    shown = repr(gamesim.play("dictator", "human", n=40).compare())
    for row in gamesim.play("dictator", "human", n=40).compare().rows:
        low, high = row.intervals["human sampling"]
        assert (f"{low:.3f} to {high:.3f}" in shown) != row.in_sample
