from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from strategies import Watcher, all_games, label, seated, simulate

import gamesim
from gamesim import catalog
from gamesim.archive import Archive, read_settings
from gamesim.columns import COLUMNS
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.policy import OK, UNREADABLE
from gamesim.run import open_run

SMALL: dict[str, dict[str, Any]] = {
    "dictator": {"n": 8},
    "ultimatum": {"n": 8, "sequential": True},
    "trust": {"n": 8},
    "public_goods": {"n": 8},
    "prisoners_dilemma": {"n": 8},
    "bomb_risk": {"n": 4},
    "beauty_contest": {"n": 6, "group_size": 3},
    "two_by_two": {"n": 8},
}

SILENT = '''
import numpy as np
from dataclasses import dataclass
from gamesim import Decisions, Policy
from gamesim.policy import OK, UNREADABLE

@dataclass(frozen=True)
class Silent(Policy):
    """Gives half where its number is even, and no answer where it is odd (or never, with every=1)."""

    every: int = 2

    def decide(self, obs):
        lost = obs.draws.agent % self.every == self.every - 1
        actions = np.where(lost, np.nan, obs.space.at(0.5))
        return Decisions(actions, "sample", status=np.where(lost, UNREADABLE, OK).astype(np.uint8))
'''


@pytest.fixture
def silent(tmp_path: Path) -> str:
    """Write an agent whose answers are missing for every second agent, and give its path."""
    path = tmp_path / "silent.py"
    path.write_text(SILENT, encoding="utf-8")
    return str(path)


EACH = '''
import numpy as np
from dataclasses import dataclass
from gamesim import ExactPolicy
from gamesim.distribution import ActionDistribution

@dataclass(frozen=True)
class Each(ExactPolicy):
    """Takes the second option where its number is odd; or gives rows for so many deciders, whoever is asked."""

    rows: int = 0

    def distribution(self, obs):
        odd = (obs.agent if self.rows == 0 else np.arange(self.rows)) % 2.0
        return ActionDistribution(np.array([0.0, 1.0]), np.column_stack([1 - odd, odd]))
'''


def test_several_rows_of_probabilities_are_one_a_decider(tmp_path: Path) -> None:
    file = tmp_path / "each.py"
    file.write_text(EACH, encoding="utf-8")
    for agents in (str(file), f"{file}:0.5,spe:0.5"):
        run = gamesim.play("prisoners_dilemma", agents, n=40, out=tmp_path / agents[-3:])
        own = run.decisions[run.decisions["policy"].astype(str).str.endswith("each.py")]
        assert own["action"].tolist() == (own["agent"] % 2).tolist()
        known = {each["id"]: each["actions"] for each in run.replies}
        assert [known[reply] for reply in own["reply"]] == [[action] for action in own["action"]]
    for rows in (3, 100):
        with pytest.raises(
            GamesimError, match=rf"each: prisoners_dilemma\.choose: .* {rows} rows .* 40 deciders"
        ):
            gamesim.play("prisoners_dilemma", f"{file}@rows={rows}", n=40)


def equal(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Compare two decision tables in all columns but the name of the run."""
    drop = ["run"]
    pd.testing.assert_frame_equal(
        one.drop(columns=drop).reset_index(drop=True),
        other.drop(columns=drop).reset_index(drop=True),
        check_categorical=False,
    )


def acts(table: pd.DataFrame, decision: str = "") -> pd.Series[float]:
    rows = table[table["decision"] == decision] if decision else table
    return rows.set_index(["session", "round", "decision", "agent"])["action"].sort_index()


def void_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["payoff"].isna()]


@pytest.mark.parametrize("name", list(SMALL))
def test_a_run_repeats_itself_on_disk_and_in_memory(name: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"rounds": 2, "sessions": 2, "seed": 4, **SMALL[name]}
    first = gamesim.play(name, "uniform,spe", out=tmp_path / "a", **settings)
    again = gamesim.play(name, "uniform,spe", out=tmp_path / "b", **settings)
    memory = gamesim.play(name, "uniform,spe", **settings)
    equal(Archive(tmp_path / "a").table(), Archive(tmp_path / "b").table())
    equal(first.decisions, memory.decisions)
    assert first.settings.run != again.settings.run
    assert (tmp_path / "a" / "replies.jsonl").read_bytes() == (tmp_path / "b" / "replies.jsonl").read_bytes()
    other = gamesim.play(name, "uniform,spe", **{**settings, "seed": 5})
    assert not acts(other.decisions).equals(acts(memory.decisions))


@pytest.mark.parametrize(
    ("game", "settings", "told"),
    [
        ("ultimatum", {}, "game.name was 'dictator' there and is 'ultimatum' now"),
        ("dictator", {"endowment": 50.0}, "game.parameters.endowment was 100.0 there and is 50.0 now"),
        ("dictator", {"network": "ring:n=8"}, "network.name was None there and is 'ring:n=8' now"),
        ("dictator", {"network": "ring:n=6", "n": 6}, "network.name was None there and is 'ring:n=6' now"),
        ("dictator", {"roles": "random"}, "society.roles was 'fixed' there and is 'random' now"),
        ("dictator", {"seed": 3}, "seed was 0 there and is 3 now"),
    ],
)
def test_a_run_that_is_another_says_what_alone_differs(
    tmp_path: Path, game: str, settings: dict[str, Any], told: str
) -> None:
    gamesim.play("dictator", "uniform", n=8, out=tmp_path / "run")
    with pytest.raises(GamesimError, match=f"cannot be resumed, since {told}") as refusal:
        gamesim.play(game, "uniform", **{"n": 8, **settings}, out=tmp_path / "run", resume=True)
    assert "{" not in str(refusal.value)
    assert len(str(refusal.value)) < len(str(tmp_path)) + 250


@pytest.mark.parametrize("name", list(SMALL))
def test_the_table_has_the_columns_of_the_schema(name: str, tmp_path: Path) -> None:
    run = gamesim.play(name, "uniform", rounds=2, sessions=2, out=tmp_path / "a", **SMALL[name])
    table = run.decisions
    columns = (
        "run study treatment replication session supergame round stage decision group seat role agent policy "
        "elicitation wording option_order draw action label seen status attempts read_as probability "
        "legal_mass payoff reply"
    )
    assert " ".join(map(str, table.columns)) == columns
    assert list(table) == COLUMNS.names
    game = catalog.find_game(name).from_settings({k: v for k, v in SMALL[name].items() if k != "n"})
    deciders = sum(game.seats_of(game.decider(each.name)) for each in game.stages)
    assert len(table) == 2 * 2 * SMALL[name]["n"] // len(game.roles) * deciders
    assert set(table["round"]) == {1, 2}
    assert set(table["session"]) == {0, 1}
    assert set(table["status"]) == {"ok"}
    assert set(table["policy"]) == {"uniform"}
    assert set(table["supergame"]) == {1}
    assert table["action"].dtype == np.float64
    assert table[["action", "payoff", "probability"]].notna().all().all()
    assert set(table["agent"]) <= set(range(SMALL[name]["n"]))
    for decision, rows in table.groupby("decision", observed=True):
        spec = run.settings.decisions[str(decision)]
        assert set(rows["role"]) == {spec["role"]}
        assert set(rows["stage"]) == {spec["stage"]}
        for seat in rows["seat"]:
            assert game.roles[seat] == spec["role"]
        if spec["labels"]:
            shown = [spec["labels"][int(action)] for action in rows["action"]]
            assert rows["label"].tolist() == shown
        else:
            assert rows["label"].isna().all()
    keys = ["session", "round", "decision", "agent"]
    assert not table.duplicated(keys).any()


def test_what_was_seen_is_in_the_table() -> None:
    table = gamesim.play("trust", "uniform", n=40).decisions
    sent = table[table["decision"] == "trust.send"].set_index("group")["action"]
    returns = table[table["decision"] == "trust.return"]
    for _, row in returns.iterrows():
        assert json.loads(row["seen"]) == {"send": sent[row["group"]]}
        assert 0 <= row["action"] <= 3 * sent[row["group"]]
    assert table[table["decision"] == "trust.send"]["seen"].isna().all()


def test_payoffs_follow_from_the_actions_in_the_table() -> None:
    table = gamesim.play("public_goods", "uniform", n=40, rounds=2, sessions=2).decisions
    total = table.groupby(["session", "round", "group"])["action"].transform("sum")
    np.testing.assert_allclose(table["payoff"], 20 - table["action"] + 0.5 * total)


@pytest.mark.parametrize("name", list(SMALL))
def test_sessions_do_not_move_each_other(name: str) -> None:
    one = gamesim.play(name, "uniform,spe", rounds=2, **SMALL[name]).decisions
    five = gamesim.play(name, "uniform,spe", rounds=2, sessions=5, **SMALL[name]).decisions
    three = gamesim.play(name, "uniform,spe", rounds=2, sessions=3, **SMALL[name]).decisions
    columns = ["session", "round", "decision", "group", "seat", "agent", "policy", "action", "payoff"]
    for table, other in ((one, five), (three, five)):
        same = other[other["session"] < table["session"].nunique()]
        left, right = (
            each[columns]
            .astype({"policy": str, "decision": str})
            .sort_values(columns[:6])
            .reset_index(drop=True)
            for each in (table, same)
        )
        pd.testing.assert_frame_equal(left, right, check_dtype=False, check_categorical=False)


@pytest.mark.parametrize("name", ["dictator", "public_goods", "prisoners_dilemma", "bomb_risk"])
def test_who_keeps_a_policy_keeps_the_draw_when_others_join(name: str) -> None:
    alone = gamesim.play(name, "uniform", n=40, rounds=3).decisions
    mixed = gamesim.play(name, "uniform:0.5,spe:0.25,fixed@action=X:0.25".replace(
        "X", "defect" if name == "prisoners_dilemma" else "7"
    ), n=40, rounds=3).decisions  # fmt: skip
    still = mixed[mixed["policy"] == "uniform"]
    assert len(still) > 10
    kept = acts(still)
    pd.testing.assert_series_equal(kept, acts(alone).loc[kept.index], check_index_type=False)


def test_a_seat_keeps_its_draws_when_the_other_seat_changes() -> None:
    one = gamesim.play("ultimatum", "proposer=uniform,responder=spe", n=40).decisions
    other = gamesim.play("ultimatum", "proposer=uniform,responder=uniform", n=40).decisions
    offers = acts(one, "ultimatum.offer")
    pd.testing.assert_series_equal(offers, acts(other, "ultimatum.offer"))


def test_rounds_that_follow_do_not_move_those_before() -> None:
    short = gamesim.play("prisoners_dilemma", "uniform", n=20, rounds=2).decisions
    long = gamesim.play("prisoners_dilemma", "uniform", n=20, rounds=5).decisions
    pd.testing.assert_series_equal(acts(short), acts(long[long["round"] <= 2]))


def test_bombs_do_not_move_with_who_opens() -> None:
    some = gamesim.play("bomb_risk", "fixed@action=50", n=200).decisions
    more = gamesim.play("bomb_risk", "fixed@action=60", n=200).decisions
    assert 0.3 < (some["payoff"] == 0).mean() < 0.7
    # Whoever loses with 50 boxes loses with 60.
    assert (more["payoff"][some["payoff"] == 0] == 0).all()


def test_exact_probabilities_stand_behind_every_row() -> None:
    run = gamesim.play("trust", "uniform,human", n=40)
    replies = {reply["id"]: reply for reply in run.replies}
    for _, row in run.decisions.iterrows():
        reply = replies[row["reply"]]
        assert reply["decision"] == row["decision"]
        at = reply["actions"].index(row["action"])
        assert reply["probabilities"][at] == pytest.approx(row["probability"])
        assert sum(reply["probabilities"]) == pytest.approx(1)


class Stop(Exception):
    """What a user's Ctrl-C is to the engine."""


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_an_interrupted_run_is_readable(error: type[BaseException], tmp_path: Path) -> None:
    def progress(done: int, total: int) -> None:
        assert total == 5
        if done == 3:
            raise error

    with pytest.raises(error):
        gamesim.play("public_goods", "uniform", n=8, rounds=5, out=tmp_path / "a", progress=progress)
    run = open_run(tmp_path / "a")
    assert run.settings.status == "interrupted"
    assert set(run.decisions["round"]) == {1, 2, 3}
    whole = gamesim.play("public_goods", "uniform", n=8, rounds=5).decisions
    pd.testing.assert_series_equal(acts(run.decisions), acts(whole[whole["round"] <= 3]))
    assert run.settings.groups == 6
    assert len(run.summary()) == 1
    run.compare(allow={"round"})


def test_a_finished_run_says_so(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run = gamesim.play(
        "dictator", "uniform", n=4, rounds=2, out=tmp_path / "a", progress=lambda a, b: told.append((a, b))
    )
    assert told == [(1, 2), (2, 2)]
    opened = open_run(tmp_path / "a")
    assert opened.settings == run.settings
    assert opened.settings.status == "complete"
    assert opened.settings.groups == 4
    assert opened.settings.void_groups == 0
    assert opened.settings.seconds is not None
    assert opened.settings.game == {
        "name": "dictator",
        "parameters": {"currency": "$", "endowment": 100.0, "step": 1.0},
        "seats": {"dictator": 1, "recipient": 1},
        "efficient_payoff": {"2": 100.0},
        "by_size": {},
        "shared_out": False,
    }
    assert {"gamesim", "numpy", "mesa", "python"} <= set(opened.settings.versions)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "decisions.parquet",
        "replies.jsonl",
        "run.json",
    ]
    equal(opened.decisions, run.decisions)


def test_a_missing_answer_stays_in_its_group(silent: str) -> None:
    run = gamesim.play("trust", f"investor={silent},trustee=uniform", n=40, rounds=2)
    table = run.decisions
    sends = table[table["decision"] == "trust.send"]
    returns = table[table["decision"] == "trust.return"]
    lost = sends[sends["agent"] % 2 == 1]
    assert set(lost["status"]) == {"unreadable"}
    assert lost["action"].isna().all()
    void = set(zip(lost["round"], lost["group"], strict=True))
    assert len(void) == 20
    for _, row in returns.iterrows():
        gone = (row["round"], row["group"]) in void
        assert row["status"] == ("skipped" if gone else "ok")
        assert np.isnan(row["action"]) == gone
        assert np.isnan(row["payoff"]) == gone
        assert pd.isna(row["attempts"]) or row["attempts"] == (0 if gone else 1)
    assert lost["payoff"].isna().all()
    assert run.settings.void_groups == 20
    assert run.settings.groups == 40
    full = gamesim.play("trust", "investor=equal_split,trustee=uniform", n=40, rounds=2)
    assert full.settings.void_groups == 0
    summary = run.summary().set_index("decision")
    assert summary.loc["trust.send", "invalid"] == pytest.approx(0.5)
    assert summary.loc["trust.return", "invalid"] == pytest.approx(0)
    assert summary.loc["trust.return", "n"] == 20
    assert summary.loc["trust.return", "void"] == 20
    run.compare()


def test_groups_without_a_missing_answer_are_untouched(silent: str) -> None:
    broken = gamesim.play("public_goods", f"{silent}@every=7:0.5,uniform:0.5", n=80, seed=1).decisions
    whole = gamesim.play("public_goods", "equal_split:0.5,uniform:0.5", n=80, seed=1).decisions
    void = set(broken.loc[broken["action"].isna(), "group"])
    assert 0 < len(void) < 20
    assert set(void_rows(broken)["group"]) == void
    ours = broken[~broken["group"].isin(void)]
    theirs = whole[~whole["group"].isin(void)]
    pd.testing.assert_series_equal(ours["payoff"], theirs["payoff"])
    pd.testing.assert_series_equal(ours["action"], theirs["action"])


@pytest.mark.parametrize(
    "name", ["ultimatum", "prisoners_dilemma", "beauty_contest", "two_by_two", "bomb_risk"]
)
def test_every_game_lives_through_missing_answers(name: str, silent: str) -> None:
    run = gamesim.play(name, f"{silent}@every=5,uniform", rounds=3, **{**SMALL[name], "n": 60})
    table = run.decisions
    missing = table.groupby(["round", "group"])["action"].apply(lambda actions: actions.isna().any())
    assert run.settings.void_groups == missing.sum() > 0
    unpaid = table.groupby(["round", "group"])["payoff"].apply(lambda payoff: payoff.isna().all())
    assert (unpaid == missing).all()
    assert len(run.summary())
    run.compare(allow={"round"})


def test_a_run_in_which_nobody_answers_has_a_summary(silent: str) -> None:
    run = gamesim.play("trust", f"{silent}@every=1", n=8)
    assert run.settings.void_groups == 4
    assert set(run.decisions["status"]) == {"unreadable", "skipped"}
    assert (run.summary()["n"] == 0).all()
    assert len(run.compare().rows) == 0


def test_imitable_pasts_show_no_decision_as_missing(silent: str) -> None:
    watcher = Watcher()
    game = all_games()["prisoners_dilemma"]
    policy = catalog.find_agent(silent).from_options({"every": 5})
    simulate(game, [watcher, policy], 40, rounds=2)
    second = watcher.shown[1]
    other, earned = second.past.told("other")[0], second.past.earned()[0]
    assert np.isnan(other).any()
    np.testing.assert_array_equal(np.isnan(other), np.isnan(earned))
    assert not np.isnan(second.past.own("choose")).any()


def test_mesa_sees_players_only_when_it_looks() -> None:
    simulation = simulate(all_games()["public_goods"], [Watcher()], 8, rounds=3, sessions=2)
    assert simulation.steps == 3
    assert len(simulation._all_agents) == 0
    agents = simulation.agents
    assert type(agents) is type(mesa.Model().agents)
    assert len(agents) == 16
    assert simulation.agents is agents or len(simulation.agents) == 16
    assert len(simulation.agents.select(lambda player: player.session == 1)) == 8
    grouped = simulation.agents.groupby("policy")
    assert {name: len(group) for name, group in grouped} == {"policy_0": 16}
    wealth = simulation.agents.get("wealth")
    assert sum(wealth) == pytest.approx(
        sum(float(values.sum()) for play in simulation.plays for values in play.earned.values())
    )


def test_wealth_is_what_the_table_pays() -> None:
    simulation = simulate(
        all_games()["ultimatum"], [Watcher(), Watcher()], 8, rounds=4, sessions=2, spec="a:0.5,b:0.5"
    )
    table = simulation.recorder.table()
    paid = table.groupby(["session", "agent"])["payoff"].sum()
    for player in simulation.agents:
        assert player.wealth == pytest.approx(paid.loc[player.session, player.number % 8])
        assert player.role == ("proposer" if player.number % 8 < 4 else "responder")
    by_policy = {name: len(group) for name, group in simulation.agents.groupby("policy")}
    assert by_policy == {"policy_0": 8, "policy_1": 8}


def test_partners_stay_together_in_the_table() -> None:
    for matching, same in (("partner", True), ("stranger", False)):
        table = gamesim.play("public_goods", "uniform", n=20, rounds=3, matching=matching).decisions
        groups = table.groupby(["round", "group"])["agent"].apply(frozenset)
        assert (set(groups.loc[1]) == set(groups.loc[3])) == same


@pytest.mark.parametrize("name", ["dictator", "beauty_contest", "public_goods"])
def test_the_default_number_of_agents_fits(name: str) -> None:
    run = gamesim.play(name, "spe")
    assert run.settings.n >= 100


def test_a_game_may_be_handed_over() -> None:
    game = catalog.find_game("dictator").from_settings({"endowment": 10})
    run = gamesim.play(game, {"spe": 0.5, "equal_split": 0.5}, n=8)
    assert sorted(run.decisions["action"]) in ([0, 0, 5, 5], [0, 0, 0, 5], [0, 5, 5, 5])
    assert run.settings.game["parameters"]["endowment"] == 10


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("np.full(len(obs) - 1, 1.0)", "decide returned 1 actions for 2 deciders"),
        ("np.full(len(obs), 101.0)", "101.0 is not a legal action"),
        ("np.full(len(obs), 0.5)", "0.5 is not a legal action"),
        ("np.full(len(obs), np.nan)", "nan is not a legal action, and not marked so"),
    ],
)
def test_answers_that_are_none_are_refused(answer: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    lines = SILENT.partition("    def decide")[0].replace("Silent", "Wrong")
    path.write_text(
        f"{lines}    def decide(self, obs):\n        return Decisions({answer})\n", encoding="utf-8"
    )
    with pytest.raises(GamesimError, match=f"wrong.*{sentence}"):
        gamesim.play("dictator", str(path), n=4)


def test_an_amount_of_an_own_agent_is_the_same_number_as_that_of_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "third.py"
    lines = SILENT.partition("    def decide")[0].replace("Silent", "Third")
    path.write_text(
        f"{lines}    def decide(self, obs):\n        return Decisions(np.full(len(obs), 0.3))\n",
        encoding="utf-8",
    )
    run = gamesim.play("ultimatum", f"proposer={path},responder=fixed@action=0.3", n=8, endowment=1, step=0.1)
    assert run.decisions["action"].nunique() == 1
    assert sorted(run.decisions["payoff"]) == pytest.approx([0.3] * 4 + [0.7] * 4)


def test_statuses_and_actions_must_agree(tmp_path: Path) -> None:
    assert (OK, UNREADABLE) == (0, 2)
    path = tmp_path / "liar.py"
    path.write_text(
        SILENT.replace("np.where(lost, UNREADABLE, OK)", "np.where(lost, OK, OK)"), encoding="utf-8"
    )
    with pytest.raises(GamesimError, match="not marked so"):
        gamesim.play("dictator", str(path), n=8)


def test_labels_of_variants_are_distinct() -> None:
    assert label("a", {"b": 1}) == "a-b=1"
    game: Game = all_games()["trust"]
    assert len(seated(game, 3)) == 3


def test_settings_are_written_before_anything_is_played(tmp_path: Path) -> None:
    def look(done: int, total: int) -> None:
        assert read_settings(tmp_path / "a").status == "running"

    gamesim.play("dictator", "uniform", n=4, out=tmp_path / "a", progress=look)


def test_what_was_told_after_a_round_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    game = catalog.find_game("public_goods")
    told: list[Any] = []
    rule = game.feedback

    def counted(self: Game, play: Any) -> Any:
        told.append(play)
        return rule(self, play)

    plain = gamesim.play("public_goods", "ewa", n=8, rounds=6).decisions
    monkeypatch.setattr(game, "feedback", counted)
    again = gamesim.play("public_goods", "ewa", n=8, rounds=6).decisions
    pd.testing.assert_frame_equal(plain.drop(columns="run"), again.drop(columns="run"))
    assert len(told) >= 5
    assert len({id(play) for play in told}) == len(told)
