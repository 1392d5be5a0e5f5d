"""What goes on over rounds: measures held against libraries and hand-made tables, pictures and printed blocks."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typed import Command

import gamesim
from gamesim.analysis.collective import end_game, gini, over_sessions, settled
from gamesim.analysis.measures import MEASURES
from gamesim.analysis.series import series
from gamesim.analysis.table import Table
from gamesim.command.rounds import as_json, bars, print_rounds, write_csv
from gamesim.errors import GamesimError
from gamesim.humans.persons import icc, lag1
from gamesim.network_measures import adjacency, assortativity, nominal_assortativity

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "societies.md").read_text(encoding="utf-8")
SPEC = {"role": "member", "low": 0.0, "high": 20.0, "labels": None}
SETTINGS = {
    "decisions": {"g.give": SPEC},
    "game": {"seats": {"member": 2}, "efficient_payoff": {"2": 60.0}},
    "matching": "stranger",
}


def table(actions: Any, payoffs: Any = None, policy: Any = "a") -> pd.DataFrame:
    """Lay (sessions, rounds, agents) out as a run does."""
    values = np.asarray(actions, dtype=float)
    session, round, agent = (each.ravel() for each in np.indices(values.shape))
    paid = values if payoffs is None else np.asarray(payoffs, dtype=float)
    return pd.DataFrame(
        {
            "session": session,
            "supergame": 1,
            "round": round + 1,
            "decision": "g.give",
            "policy": policy if isinstance(policy, str) else np.asarray(policy)[agent],
            "agent": agent,
            "action": values.ravel(),
            "payoff": np.broadcast_to(paid, values.shape).ravel(),
            "status": np.where(np.isnan(values.ravel()), "unreadable", "ok"),
        }
    )


def values(frame: pd.DataFrame, measure: str, policy: str = "all", option: str = "") -> Any:
    rows = frame[(frame["measure"] == measure) & (frame["policy"] == policy) & (frame["option"] == option)]
    return rows["value"].to_numpy(float)


def test_means_and_intervals_are_of_sessions() -> None:
    draws = np.random.default_rng(1).uniform(5, 15, (6, 4, 10))
    found = series(table(draws), SETTINGS)
    mean = found[found["measure"] == "mean"]
    np.testing.assert_allclose(mean["value"], draws.mean(axis=(0, 2)))
    by_session = draws.mean(axis=2)
    low, high = stats.t.interval(0.95, 5, by_session.mean(axis=0), stats.sem(by_session, axis=0))
    np.testing.assert_allclose(mean["low"], low)
    np.testing.assert_allclose(mean["high"], high)
    assert (mean["sessions"] == 6).all()


def test_one_session_has_no_interval() -> None:
    found = series(table(np.ones((1, 3, 4))), SETTINGS)
    assert (found["sessions"] <= 1).all()
    assert found["low"].isna().all()
    assert found["high"].isna().all()


def test_limits_stay_within_the_range_of_the_measure() -> None:
    found = over_sessions(np.array([[0.0, 1.0, 0.0]]), least=0.0, most=1.0)
    assert (found.low[0], found.high[0]) == (0.0, 1.0)


def test_every_policy_has_its_own_line_and_share() -> None:
    found = series(table([[[0, 10, 20, 20]]], policy=["a", "a", "b", "a"]), SETTINGS)
    assert values(found, "mean", "a") == [10]
    assert values(found, "mean", "b") == [20]
    assert values(found, "mean") == [12.5]
    assert values(found, "agents", "a") == [0.75]
    assert not len(values(series(table([[[0, 10]]]), SETTINGS), "agents", "a"))


def test_missing_answers_are_left_out() -> None:
    found = series(table([[[0, np.nan, 20, 10]]], [[[5, np.nan, 9, np.nan]]]), SETTINGS)
    assert values(found, "mean") == [10]
    assert values(found, "earnings") == [7]
    assert values(found, "efficiency") == [14 / 60]


def test_options_have_shares() -> None:
    spec = {**SPEC, "high": 1.0, "labels": ["left", "right"]}
    found = series(table([[[0, 0, 0, 1]]]), {**SETTINGS, "decisions": {"g.give": spec}})
    assert values(found, "share", option="left") == [0.75]
    assert values(found, "share", option="right") == [0.25]
    assert not len(values(found, "mean"))


def test_the_gini_is_half_the_mean_difference_over_the_mean() -> None:
    drawn = np.random.default_rng(2).exponential(1.0, 50)
    by_hand = np.abs(drawn[:, None] - drawn).mean() / 2 / drawn.mean()
    np.testing.assert_allclose(gini(drawn), by_hand)
    np.testing.assert_allclose(gini(np.array([[1.0, 1, 1], [0, 0, 9]])), [0, 2 / 3])
    assert np.isnan(gini(np.array([[-1.0, 3], [0, 0]]))).all()


def test_the_gini_of_a_round_is_of_all_earned_so_far() -> None:
    paid = np.array([[[1.0, 1], [0, 2], [2, 0]]])
    np.testing.assert_allclose(values(series(table(paid), SETTINGS), "gini"), [0, 0.25, 0])


@pytest.mark.parametrize("graph", [nx.karate_club_graph(), nx.star_graph(6), nx.path_graph(9)])
def test_assortment_is_networkx_assortativity(graph: nx.Graph) -> None:
    chance = np.random.default_rng(3)
    n = len(graph)
    links = adjacency(n, np.array(graph.edges))
    amounts, options = 1000 + chance.integers(0, 20, (n, 3)), chance.integers(0, 3, (n, 3))
    for column in range(3):
        nx.set_node_attributes(graph, dict(enumerate(amounts[:, column].tolist())), "amount")
        nx.set_node_attributes(graph, dict(enumerate(options[:, column].tolist())), "option")
        np.testing.assert_allclose(
            assortativity(links, amounts.astype(float))[column],
            nx.numeric_assortativity_coefficient(graph, "amount"),
        )
        np.testing.assert_allclose(
            nominal_assortativity(links, options.astype(float), 3)[column],
            nx.attribute_assortativity_coefficient(graph, "option"),
        )


def test_assortment_leaves_out_edges_with_a_missing_end() -> None:
    graph = nx.karate_club_graph()
    amounts = np.random.default_rng(4).normal(size=34)
    kept = [node for node in graph if node % 5]
    holes = np.where(np.arange(34) % 5 == 0, np.nan, amounts)
    smaller = nx.convert_node_labels_to_integers(graph.subgraph(kept), ordering="sorted")
    links, fewer = adjacency(34, np.array(graph.edges)), adjacency(len(kept), np.array(smaller.edges))
    whole = assortativity(fewer, amounts[kept][:, None])
    np.testing.assert_allclose(assortativity(links, holes[:, None]), whole)
    signs, some = (amounts > 0).astype(float), np.where(np.isnan(holes), np.nan, holes > 0)
    np.testing.assert_allclose(
        nominal_assortativity(links, some[:, None], 2), assortativity(fewer, signs[kept][:, None])
    )


def test_assortment_is_not_defined_where_all_are_alike() -> None:
    links = adjacency(3, np.array([[0, 1]]))
    assert np.isnan(assortativity(links, np.ones((3, 1))))
    assert np.isnan(nominal_assortativity(links, np.ones((3, 1)), 2))
    assert np.isnan(assortativity(adjacency(3, np.zeros((0, 2), int)), np.arange(3.0)[:, None]))


def test_a_series_settles_where_it_stays_within_the_band() -> None:
    runs = np.array([[9, 5, 1, 1.2, 0.9, 1.1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 5]]).T
    np.testing.assert_array_equal(settled(runs, 0.5), [3, 1, np.nan])
    assert np.isnan(settled(np.ones((2, 1)), 1.0))
    assert np.isnan(settled(np.array([[1.0], [1], [1], [np.nan]]), 1.0))


def test_the_end_game_effect_is_the_last_round_less_those_before() -> None:
    np.testing.assert_allclose(end_game(np.array([[4.0, 1], [6, 1], [2, 1]])), [-3, 0])
    found = series(table([[[4.0], [6], [2]], [[4.0], [4], [2]]]), SETTINGS)
    assert values(found, "end_game") == [-2.5]
    assert found[found["measure"] == "end_game"]["round"].isna().all()


def test_measures_are_those_that_a_series_gives_and_that_the_page_explains() -> None:
    games: dict[str, Any] = {"rounds": 3, "supergames": 2, "n": 8, "seed": 1}
    changing = {"network": "ring:n=8,k=2", "matching": "random_neighbour", "rewire": "random:share=0.2"}
    fixed = gamesim.play("public_goods", "uniform:0.5,equal_split:0.5", **games)
    moving = gamesim.play("prisoners_dilemma", "uniform:0.5,equal_split:0.5", **games | changing)
    found = {*fixed.series()["measure"], *moving.series()["measure"]}
    assert found == {name for each in MEASURES for name in each.names}
    rows = PAGE.partition("| measure | is |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", rows, re.M)) == sorted(each.name for each in MEASURES)
    games_apart = {name for each in MEASURES if each.of_games for name in each.names[1:]}
    assert set(re.findall(r"`(\w+_of_game)`", PAGE)) == games_apart


def test_supergames_have_rounds_of_their_own() -> None:
    run = gamesim.play(
        "prisoners_dilemma", "uniform", n=8, continuation=0.7, supergames=5, sessions=3, seed=1
    )
    found = run.series()
    share = found[(found["measure"] == "share") & (found["option"] == "cooperate")]
    by_hand = (
        (run.decisions["action"] == 0).groupby([run.decisions["supergame"], run.decisions["round"]]).mean()
    )
    assert list(zip(share["supergame"], share["round"], strict=True)) == list(by_hand.index)
    np.testing.assert_allclose(share["value"], by_hand)


@pytest.mark.parametrize(
    ("game", "settings", "efficient"),
    [
        ("trust", {"n": 20}, 10 * 300.0),
        ("prisoners_dilemma", {"network": "karate_club"}, 78 * 800.0),
        ("prisoners_dilemma", {"network": "karate_club", "matching": "random_neighbour"}, None),
    ],
)
def test_efficiency_is_what_was_earned_of_what_could_be(
    game: str, settings: dict[str, Any], efficient: float | None
) -> None:
    run = gamesim.play(game, "uniform", seed=2, **settings)
    if efficient is None:
        efficient = run.decisions["group"].nunique() * 800.0
    np.testing.assert_allclose(values(run.series(), "efficiency"), run.decisions["payoff"].sum() / efficient)


@pytest.mark.parametrize("hold", ["mpcr", "multiplier"])
def test_neighbourhoods_of_full_contributors_are_efficient(hold: str) -> None:
    """Everybody contributes all, which is best for every group whose members together get more than a unit back."""
    settings: dict[str, Any] = {
        "network": "krackhardt_kite",
        "matching": "neighbourhoods",
        "mpcr": 1.5,
        "hold": hold,
    }
    run = gamesim.play("public_goods", "fixed@action=20", **settings)
    assert (run.decisions["action"] == 20).all()
    np.testing.assert_allclose(values(run.series(), "efficiency"), 1.0)


def test_groups_on_a_network_that_lack_an_answer_do_not_count() -> None:
    for matching in ("edges", "neighbourhoods"):
        run = gamesim.play("prisoners_dilemma", "uniform", network="karate_club", seed=1)
        settings = run.settings.model_dump() | {"matching": matching}
        settings["game"]["efficient_payoff"] = {str(size): 100.0 * size for size in range(2, 20)}
        decisions = run.decisions.copy()
        decisions.loc[decisions["agent"] == 33, "action"] = np.nan
        graph = nx.karate_club_graph()
        held = [len(graph[node]) + 1 for node in graph if 33 not in (node, *graph[node])]
        possible = 200.0 * (78 - 17) if matching == "edges" else 100.0 * sum(held)
        found = series(decisions, settings, edges=run.edges)
        np.testing.assert_allclose(values(found, "efficiency"), decisions["payoff"].sum() / possible)


def test_efficiency_is_left_out_where_somebody_earns_without_deciding() -> None:
    assert not len(values(gamesim.play("dictator", "uniform", n=10).series(), "efficiency"))


def test_a_network_is_read_back_from_the_folder(tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", network="karate_club", rounds=3, out=tmp_path / "run")
    again = gamesim.open_run(tmp_path / "run")
    pd.testing.assert_frame_equal(run.series(), again.series())
    (tmp_path / "run" / "network.csv").write_text("from,to\n1,2\n")
    with pytest.raises(GamesimError, match=r"network\.csv: is no table of source and target"):
        gamesim.open_run(tmp_path / "run").series()
    (tmp_path / "run" / "network.csv").unlink()
    with pytest.raises(GamesimError, match=r"network\.csv is missing"):
        gamesim.open_run(tmp_path / "run").series()


NETWORKS = ("lattice:side=6", "grid_2d:m=3,n=5", "ring:n=9", "karate_club", "watts_strogatz:n=6000,k=4,p=0.1")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("game", ["prisoners_dilemma", "public_goods"])
def test_a_run_on_a_network_is_drawn(network: str, game: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run = gamesim.play(game, "uniform", network=network, rounds=2)
    assert run.plot_network(tmp_path / "run.svg").read_text(encoding="utf-8").count("<g ") > 50


def test_a_cell_of_a_lattice_keeps_its_place(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from gamesim.analysis.network_plot import scene_of

    run = gamesim.play("prisoners_dilemma", "uniform", network="lattice:side=5", rounds=3, seed=4)
    assert run.edges is not None
    scene = scene_of(run.decisions, run.settings.model_dump(), run.edges, "prisoners_dilemma.choose")
    last = run.decisions[run.decisions["round"] == 3].sort_values("agent")
    assert scene.grid == (5, 5)
    np.testing.assert_array_equal(scene.action, last["action"])
    np.testing.assert_allclose(scene.earned, run.decisions.groupby("agent")["payoff"].mean())


def test_who_sits_out_is_drawn_with_the_last_action(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from gamesim.analysis.network_plot import scene_of

    run = gamesim.play(
        "prisoners_dilemma", "uniform", network="star:n=5", matching="random_neighbour", rounds=9
    )
    assert run.edges is not None
    scene = scene_of(run.decisions, run.settings.model_dump(), run.edges, "prisoners_dilemma.choose")
    last = run.decisions.drop_duplicates("agent", keep="last").set_index("agent")["action"]
    np.testing.assert_array_equal(scene.action, last.reindex(range(6)))


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", network="karate_club")
    with pytest.raises(GamesimError, match="unknown decision 'chose'"):
        run.plot_network(tmp_path / "x.png", decision="chose")
    with pytest.raises(GamesimError, match="must end in"):
        run.plot_network(tmp_path / "x.gif")
    with pytest.raises(GamesimError, match="no network to draw"):
        gamesim.play("dictator", "uniform", n=2).plot_network(tmp_path / "x.png")


def test_a_run_in_which_nobody_answered_is_measured_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from gamesim.analysis.network_plot import plot_network

    for network in ("karate_club", "barabasi_albert:n=1100,m=2"):
        for game in ("prisoners_dilemma", "public_goods"):
            run = gamesim.play(game, "uniform", network=network, rounds=2)
            lost = run.decisions.assign(action=np.nan, payoff=np.nan, status="unreadable")
            settings = run.settings.model_dump()
            assert run.edges is not None
            found = series(lost, settings, edges=run.edges)
            assert found.loc[found["measure"] != "agents", "value"].isna().all()
            plot_network(lost, settings, run.edges, found, tmp_path / "lost.png")
            assert not len(series(lost[:0], settings, edges=run.edges))


def test_series_are_drawn_without_a_network(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run = gamesim.play("trust", "uniform", n=20, rounds=4, sessions=3)
    assert run.plot_series(tmp_path / "run.svg").read_text(encoding="utf-8").count("<g ") > 50


def test_bars_stand_for_values() -> None:
    assert bars(np.array([0.0, 0.5, 1.0, np.nan, 2.0, -1.0]), 0, 1) == "▁▅█ █▁"
    assert bars(np.arange(100.0), 0, 99, width=4) == "▁▃▆█"


def test_the_block_shows_first_middle_and_last(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = gamesim.play(
        "prisoners_dilemma", "uniform:0.5,spe:0.5", network="karate_club", rounds=5, sessions=3
    )
    print_rounds(run)
    told = capsys.readouterr().out
    share = values(run.series(), "share", option="cooperate")
    for place in (0, 2, 4):
        assert f"{share[place]:.1%}" in told
    for word in (
        "choose: cooperate",
        "uniform",
        "spe",
        "efficiency",
        "Gini",
        "assortment",
        "settled",
        "95 %",
    ):
        assert word in told
    print_rounds(gamesim.play("dictator", "uniform", n=20, rounds=2))
    told = capsys.readouterr().out
    assert "one session: no intervals" in told
    assert "assortment" not in told
    assert json.loads(as_json(run))["series"][0]["measure"] == "share"
    write_csv(run, tmp_path / "series.csv")
    assert len(pd.read_csv(tmp_path / "series.csv")) == len(run.series())
    with pytest.raises(GamesimError, match="--csv"):
        write_csv(run, tmp_path / "nowhere" / "series.csv")


def test_measures_that_losses_leave_undefined_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    def told(**payoffs: Any) -> str:
        game = gamesim.play("prisoners_dilemma", "uniform", network="karate_club", rounds=3, **payoffs)
        print_rounds(game)
        return capsys.readouterr().out

    assert "where" not in told()
    donation = told(reward=20, sucker=-10, temptation=30, punishment=0)
    assert "where somebody lost more" in donation
    assert "where no group" not in donation
    assert "where no group could earn" in told(reward=-1, sucker=-10, temptation=0, punishment=-5)


def test_the_code_of_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, known)
    assert len(known["contributions"]) == 10
    assert {file.name for file in tmp_path.iterdir()} >= {"society.png", "rounds.svg"}


@pytest.mark.slow
def test_the_commands_of_the_page_work(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    commands = re.findall(r"^\$ gamesim (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    for line in commands:
        done = command(*shlex.split(line))
        assert done.code == 0, done.err
        several = "--network" in line and "--rounds" in line
        assert ("assortment" in done.out) == (several or line.startswith("series"))
    assert (tmp_path / "lattice.png").stat().st_size > 10_000
    assert len(pd.read_csv(tmp_path / "lattice.csv")) > 100


def test_the_page_names_every_measure() -> None:
    run = gamesim.play("public_goods", "uniform,spe", network="karate_club", rounds=3)
    choice = gamesim.play("prisoners_dilemma", "uniform", n=4)
    changing = gamesim.play(
        "prisoners_dilemma", "uniform", network="karate_club", rewire="random:share=0.1", rounds=2
    )
    measured = {name for each in (run, choice, changing) for name in each.series()["measure"]}
    assert measured == set(re.findall(r"^\| `(\w+)` \| ", PAGE.split("## What is measured")[1], re.MULTILINE))


def test_the_drift_is_the_last_quarter_less_the_one_before() -> None:
    rounds = [9.0, 9, 9, 9, 1, 3, 4, 6]
    found = series(table([[[value] for value in rounds]]), SETTINGS)
    assert values(found, "drift") == [5 - 2]
    assert np.isnan(values(series(table([[[value] for value in rounds[:7]]]), SETTINGS), "drift")).all()


def test_whether_play_has_converged_is_said_with_an_interval(capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, Any] = {"n": 40, "rounds": 12}
    print_rounds(gamesim.play("public_goods", "uniform", sessions=30, **options))
    assert "contribute has converged: from the third to the last quarter" in capsys.readouterr().out
    print_rounds(gamesim.play("public_goods", "uniform", sessions=2, **{**options, "n": 4}))
    assert "contribute may or may not have converged" in capsys.readouterr().out
    print_rounds(gamesim.play("public_goods", "uniform", **options))
    assert "converged" not in capsys.readouterr().out


def test_a_decision_that_still_moves_is_told_from_one_that_has_converged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gamesim.play("public_goods", "uniform", n=4, rounds=8, sessions=3)
    rising = table([[[value + session] for value in range(0, 16, 2)] for session in range(3)])
    found = series(rising.assign(decision="public_goods.contribute"), run.settings.model_dump())
    monkeypatch.setattr(gamesim.Run, "series", lambda self: found)
    print_rounds(run)
    assert (
        "contribute still moves: from the third to the last quarter of the rounds it moved by 4.00 to 4.00"
        in (" ".join(capsys.readouterr().out.split()))
    )


def test_persons_are_measured_by_session() -> None:
    still, mixed = [[0.0, 10, 20]] * 4, [[0.0, 10, 20], [20, 0, 10], [10, 20, 0], [0, 10, 20]]
    found = series(table([still, mixed]), SETTINGS)
    one = found[found["measure"].isin(["icc", "own_lag"])].set_index("measure")
    # By hand: mean squares between and within persons, n0 = 4 rounds.
    people = np.array(mixed).T
    between = 4 * ((people.mean(axis=1) - people.mean()) ** 2).sum() / 2
    within = ((people - people.mean(axis=1, keepdims=True)) ** 2).sum() / 9
    icc = (between - within) / (between + 3 * within)
    lag = np.corrcoef(people[:, 1:].ravel(), people[:, :-1].ravel())[0, 1]
    np.testing.assert_allclose(one["value"].to_numpy(float), [(1 + icc) / 2, (1 + lag) / 2])
    assert one["round"].isna().all()
    assert one["supergame"].isna().all()
    three = {**SETTINGS, "decisions": {"g.give": {**SPEC, "labels": ["a", "b", "c"]}}}
    assert "icc" not in set(series(table([still]), three)["measure"])


def test_everybody_s_persons_are_those_of_all_policies() -> None:
    found = series(table([[[0.0, 10, 20, 20]] * 3], policy=["a", "a", "b", "b"]), SETTINGS)
    icc = found[found["measure"] == "icc"].set_index("policy")["value"]
    assert icc["all"] == pytest.approx(1)
    assert icc["a"] == pytest.approx(1)
    assert np.isnan(icc["b"])


@pytest.mark.parametrize(
    ("game", "matching", "network"),
    [
        ("prisoners_dilemma", "separate_edges", {"network": "erdos_renyi:n=9,p=0.4"}),
        (
            "prisoners_dilemma",
            "separate_edges",
            {"network": "erdos_renyi:n=9,p=0.4", "rewire": "random:share=0.3"},
        ),
        ("public_goods", "separate_neighbourhoods", {"network": "star:n=5"}),
        (
            "public_goods",
            "separate_neighbourhoods",
            {"network": "complete:n=4", "n": 9, "rewire": "growth:m=2"},
        ),
    ],
)
def test_an_agent_is_a_person_in_each_of_its_groups(
    game: str, matching: str, network: dict[str, Any]
) -> None:
    run = gamesim.play(game, "uniform", matching=matching, rounds=7, sessions=2, seed=2, **network)
    rows = run.decisions
    together = rows.groupby(["session", "round", "group"])["agent"]
    rows["whose"] = together.transform("sum" if matching == "separate_edges" else "first")
    option = "cooperate" if matching == "separate_edges" else ""
    if option:
        rows["action"] = 1 - rows["action"]
    expected: dict[str, list[float]] = {"icc": [], "own_lag": []}
    for _, one in rows.groupby("session"):
        who = one["agent"] * 100 + one["whose"]
        expected["icc"].append(icc(one["action"], who))
        expected["own_lag"].append(lag1(one["action"], who, one["round"]))
    by_round = Table(lambda names: (each[list(names)] for _, each in run.decisions.groupby("round")))
    settings = run.settings.model_dump()
    for found in (run.series(), series(by_round, settings)):
        for measure, by_session in expected.items():
            assert values(found, measure, option=option).tolist() == [pytest.approx(np.mean(by_session))]


def test_a_network_that_changes_has_its_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play(
        "prisoners_dilemma",
        "uniform",
        network="erdos_renyi:n=30,p=0.2",
        rewire="random:share=0.3",
        rounds=4,
        sessions=3,
    )
    found, figures = run.series(), run.network_rounds
    by_round = figures.groupby("round")
    np.testing.assert_allclose(values(found, "degree"), by_round["mean_degree"].mean())
    np.testing.assert_allclose(values(found, "clustering"), by_round["clustering"].mean())
    np.testing.assert_allclose(values(found, "assortment"), by_round["assortment"].mean())
    rows = found[found["measure"] == "clustering"]
    assert (rows["sessions"] == 3).all()
    assert (rows["low"] < rows["value"]).iloc[1:].all()
    print_rounds(run)
    printed = capsys.readouterr().out
    assert all(line in printed for line in ("links an agent", "clustering", "assortment"))


def test_the_table_of_series_is_long_and_opens_elsewhere(tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "tit_for_tat:0.5,uniform:0.5", n=8, rounds=9, sessions=2)
    write_csv(run, tmp_path / "series.csv")
    found = pd.read_csv(tmp_path / "series.csv", keep_default_na=False, na_values=[""])
    key = ["supergame", "round", "decision", "option", "policy", "measure"]
    assert list(found.columns) == [*key, "value", "low", "high", "sessions"]
    assert not found.duplicated(key).any()
    assert all(pd.api.types.is_numeric_dtype(found[name]) for name in ("value", "low", "high", "sessions"))
