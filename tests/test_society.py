"""Societies: choices that count in many groups, schedules of revision, games of indefinite length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from gamesim import GameModel, play
from gamesim.catalog import find_game
from gamesim.errors import GamesimError
from gamesim.neighbours import Neighbours
from gamesim.network import Network
from gamesim.society import Calendar, Society
from gamesim.wiring import open_network


def choices(table: pd.DataFrame, round: int) -> np.ndarray:
    return table[table["round"] == round].sort_values("agent")["action"].to_numpy()


def earnings(table: pd.DataFrame, round: int) -> np.ndarray:
    return table[table["round"] == round].sort_values("agent")["payoff"].to_numpy()


def test_one_choice_is_played_with_every_neighbour() -> None:
    graph = nx.karate_club_graph()
    run = play("prisoners_dilemma", "uniform", network=graph, matching="edges", seed=3)
    table = run.decisions
    assert len(table) == 34
    assert table["group"].isna().all()
    action, paid = choices(table, 1), earnings(table, 1)
    pays = {(0, 0): 400, (0, 1): 0, (1, 0): 700, (1, 1): 300}
    for node in graph:
        assert paid[node] == sum(pays[int(action[node]), int(action[other])] for other in graph[node])


def test_a_contribution_counts_in_the_own_and_in_all_neighbours_groups() -> None:
    graph = nx.krackhardt_kite_graph()
    run = play("public_goods", "uniform", network=graph, matching="neighbourhoods", seed=3, mpcr=0.4)
    table = run.decisions
    assert table["group"].tolist() == table["agent"].tolist()
    action, paid = choices(table, 1), earnings(table, 1)
    groups = [[node, *graph[node]] for node in graph]
    for node in graph:
        mine = [group for group in groups if node in group]
        expected = sum(20 - action[node] + 0.4 * sum(action[i] for i in group) for group in mine)
        assert paid[node] == pytest.approx(expected)


def test_a_table_of_pairs_pays_as_the_game_itself_does() -> None:
    """The engine sums over neighbours by a table; seat by seat it must come to the same."""
    from gamesim.catalog import find_agent, find_game
    from gamesim.population import deal
    from gamesim.simulation import Simulation
    from gamesim.spec import parse

    network = open_network("watts_strogatz:n=60,k=4,p=0.2")
    game = find_game("prisoners_dilemma")()
    totals = []
    for table in (True, False):
        dealt = deal(game, parse("uniform"), 60, 1, 5, on_network=True)
        model = Simulation(
            game, dealt, [find_agent("uniform")()], ["uniform"], matching="edges", network=network, seed=5
        )
        if not table:
            model._accounts.__dict__["_pairwise"] = None
        model.step()
        totals.append(model.wealth)
    np.testing.assert_allclose(totals[0], totals[1])
    assert totals[0].std() > 0


def test_pairs_of_neighbours_are_neighbours_and_nobody_sits_twice() -> None:
    network = open_network("karate_club")
    run = play("ultimatum", "uniform", network=network, sessions=3, rounds=4)
    linked = {tuple(map(int, edge)) for edge in network.edges}
    for _, group in run.decisions.groupby(["session", "round", "group"]):
        pair = sorted(int(agent) for agent in group["agent"])
        assert tuple(pair) in linked
    assert (run.decisions.groupby(["session", "round", "agent"]).size() == 1).all()


def test_sessions_on_a_network_are_what_each_is_alone() -> None:
    settings: dict[str, Any] = {"network": "watts_strogatz:n=30,k=4,p=0.2", "rounds": 3, "seed": 2}
    many = play("prisoners_dilemma", "imitate_best", sessions=3, **settings).decisions
    one = play("prisoners_dilemma", "imitate_best", sessions=1, **settings).decisions
    first = many[many["session"] == 0]
    columns = ["round", "agent", "action", "payoff"]
    pd.testing.assert_frame_equal(
        first[columns].reset_index(drop=True), one[columns].reset_index(drop=True), check_dtype=False
    )


def test_the_best_earner_is_imitated() -> None:
    graph = nx.karate_club_graph()
    run = play("prisoners_dilemma", "imitate_best", network=graph, rounds=2, seed=4)
    before, earned, after = choices(run.decisions, 1), earnings(run.decisions, 1), choices(run.decisions, 2)
    for node in graph:
        closed = [node, *graph[node]]
        top = max(earned[other] for other in closed)
        assert after[node] in {before[other] for other in closed if earned[other] == top}


@pytest.mark.parametrize("update", ["sequential", "death_birth"])
def test_only_some_decide_anew(update: str) -> None:
    run = play("prisoners_dilemma", "uniform", network="karate_club", update=update, rounds=40, seed=1)
    table = run.decisions
    later = table[table["round"] > 1]
    assert (later[later["elicitation"] != "kept"].groupby("round").size() == 1).all()
    actions = table.pivot_table(index="round", columns="agent", values="action").to_numpy()
    assert (np.abs(np.diff(actions, axis=0)).sum(axis=1) <= 1).all()
    revised = later[later["elicitation"] != "kept"]["agent"]
    assert revised.iloc[:34].is_unique == (update == "sequential")


def test_who_is_not_in_turn_keeps_its_choice_though_nobody_looks_back() -> None:
    table = play("prisoners_dilemma", "qre", n=20, rounds=3, update="sequential:0.2").decisions
    assert (table[table["round"] > 1]["elicitation"] == "kept").sum() == 2 * 16


def test_strangers_who_would_meet_again_are_refused_before_anybody_is_asked() -> None:
    asked: list[int] = []
    with pytest.raises(GamesimError, match="together again"):
        play(
            "prisoners_dilemma",
            "uniform",
            n=4,
            matching="perfect_stranger",
            rounds=7,
            progress=lambda done, total: asked.append(done),
        )
    assert not asked


@pytest.mark.parametrize("matching", ["random_neighbour", "stranger"])
def test_neighbours_are_seen_as_they_are_whoever_they_were_paired_with(matching: str) -> None:
    model = GameModel("prisoners_dilemma", "uniform", network="complete:n=8", matching=matching, seed=3)
    model.step()
    assert model.last is not None
    assert model.network is not None
    around = Neighbours(model.network, np.arange(8), model.last, "player")
    assert len(set(model.actions())) == 2
    np.testing.assert_array_equal(around.actions("choose"), model.actions())
    np.testing.assert_array_equal(around.earned, model.wealth)


def test_roles_are_spread_over_the_network() -> None:
    """Nodes of neighbouring numbers are neighbours on a ring, and must not all have one role."""
    table = play("trust", "uniform", network="ring:n=100", seed=1).decisions
    assert len(table[table["role"] == "investor"]) > 15


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reputation": "image"}, "reputation image changes nothing in a single round"),
        ({"network": "ring:n=8", "rewire": "random:share=0.1"}, "rewire random changes nothing"),
        ({"update": "sequential"}, "update sequential changes nothing"),
        (
            {"network": "complete:n=4", "matching": "stranger"},
            "network complete:n=4 changes nothing in play: matching stranger does not follow it",
        ),
        ({"network": "ring:n=8", "placement": "degree"}, "placement degree changes nothing"),
    ],
)
def test_what_changes_nothing_is_said(settings: dict[str, Any], said: str) -> None:
    assert any(said in note for note in play("prisoners_dilemma", "uniform", **settings).settings.notes)


@pytest.mark.parametrize(
    ("matching", "told"),
    [
        (
            "edges",
            "decides, but plays with nobody and earns nothing",
        ),
        ("neighbourhoods", "plays alone, in a group of one"),
        (
            "separate_edges",
            "plays with nobody and is not in the table",
        ),
        (
            "separate_neighbourhoods",
            "plays alone, in a group of one",
        ),
        ("random_neighbour", "sits out and is not in the table"),
        (
            "stranger",
            "plays like all others, but sees no neighbours",
        ),
    ],
)
def test_who_has_no_neighbours_is_told_of_with_what_becomes_of_them(matching: str, told: str) -> None:
    game = "stag_hunt" if "neighbourhoods" not in matching else "public_goods"
    network = Network.from_edges(4, np.array([[0, 1], [1, 3]]))
    run = play(game, "uniform", network=network, matching=matching)
    assert f"1 agent has no neighbours (2); under {matching} whoever has none {told}" in run.settings.notes
    alone = run.decisions[run.decisions["agent"] == 2]
    assert alone.empty == ("is not in the table" in told)
    if "earns nothing" in told:
        assert alone["payoff"].tolist() == [0]
    linked = play(game, "uniform", network="complete:n=4")
    assert not any("neighbours" in note for note in linked.settings.notes)


def test_only_those_who_are_there_can_lack_neighbours() -> None:
    network = Network.from_edges(9, np.array([[0, 1]]))
    grown = play(
        "prisoners_dilemma", "uniform", network=network, n=12, rounds=3, rewire="growth:m=1,attach=random"
    )
    told = "7 agents have no neighbours in the first round (2, 3, 4, 5, 6, ...); under edges"
    assert any(note.startswith(told) for note in grown.settings.notes)


def test_who_has_no_neighbours_earns_nothing_in_every_game_of_pairs() -> None:
    network = Network.from_edges(3, np.array([[0, 1]]))
    for game in ("prisoners_dilemma", "bertrand"):
        table = play(game, "uniform", network=network, matching="edges").decisions
        assert earnings(table, 1)[2] == 0


def test_what_is_decided_alone_pays_once_on_a_network() -> None:
    table = play("bomb_risk", "uniform", network="karate_club", neighbours="actions").decisions
    assert (table["payoff"] <= table["action"]).all()


def test_everybody_of_the_other_role_is_met_once() -> None:
    table = play("trust", "uniform", n=12, continuation=0.5, matching="round_robin", seed=1).decisions
    assert table["supergame"].max() == 6


def test_everybody_has_a_turn_in_every_generation() -> None:
    society = Society("sequential", share=0.3)
    turns = np.array([society.revising(step, 1, 0, 10, 2) for step in range(2, 6)])
    assert (turns.sum(axis=0) == 1).all()


def test_nobodys_turn_falls_on_a_round_in_which_all_decide() -> None:
    """The first of every game; turns go on from one game to the next."""
    table = play(
        "prisoners_dilemma", "uniform", n=6, continuation=0.5, supergames=30, update="sequential", seed=2
    ).decisions
    turns = table[(table["round"] > 1) & (table["elicitation"] != "kept")]["agent"].to_numpy()
    whole = turns[: len(turns) // 6 * 6].reshape(-1, 6)
    assert len(whole) > 2
    assert (np.sort(whole, axis=1) == np.arange(6)).all()


def test_a_game_of_indefinite_length_goes_on_by_chance() -> None:
    run = play("prisoners_dilemma", "uniform", n=8, continuation=0.75, supergames=200, seed=1)
    lengths = run.decisions.groupby("supergame")["round"].max()
    assert len(lengths) == 200
    assert lengths.mean() == pytest.approx(4, abs=0.8)
    assert lengths.min() == 1


def test_partners_stay_within_a_supergame_and_part_after_it() -> None:
    run = play("prisoners_dilemma", "uniform", n=8, continuation=0.8, matching="round_robin", seed=1)
    table = run.decisions
    assert table["supergame"].max() == 7
    met: set[tuple[int, ...]] = set()
    for game, rounds in table.groupby("supergame"):
        pairs = {tuple(sorted(group["agent"])) for _, group in rounds.groupby(["round", "group"])}
        assert len(pairs) == 4, game
        assert not pairs & met
        met |= pairs
    assert len(met) == 28


def test_memory_ends_with_the_supergame() -> None:
    run = play("dictator", "human_kernel", n=20, continuation=0.5, supergames=30, seed=1)
    assert (run.decisions["status"] == "ok").all()


def test_the_calendar_counts_rounds_within_games() -> None:
    calendar = Calendar(1, Society(continuation=0.5, supergames=10), 3)
    moments = [calendar.at(step) for step in range(1, len(calendar) + 1)]
    assert [m.round for m in moments if m.round == 1] == [1] * 10
    assert all(m.announced == 0 for m in moments)
    assert sum(calendar.lengths) == len(calendar)


def test_strangers_are_perfect_as_long_as_it_goes() -> None:
    run = play("public_goods", "uniform", n=20, matching="perfect_stranger", rounds=5)
    met: set[tuple[int, int]] = set()
    for _, group in run.decisions.groupby(["round", "group"]):
        members = sorted(int(agent) for agent in group["agent"])
        pairs = {(a, b) for a in members for b in members if a < b}
        assert not pairs & met
        met |= pairs


def test_likes_meet_likes() -> None:
    run = play("prisoners_dilemma", "spe,equal_split", n=20, matching="assortative_type", rounds=2)
    kinds = run.decisions.groupby(["round", "group"], observed=True)["policy"].nunique()
    assert (kinds == 1).all()


@pytest.mark.parametrize("agent", ["uniform", "qre@precision=0.001"])
def test_the_rich_meet_the_rich(agent: str) -> None:
    """Also where no agent looks back."""
    rich = play("prisoners_dilemma", agent, n=40, matching="assortative", rounds=3, seed=2).decisions
    wealth = rich[rich["round"] < 3].groupby("agent")["payoff"].sum()
    third = rich[rich["round"] == 3]
    gaps = third.groupby("group")["agent"].apply(
        lambda pair: abs(wealth[pair.iloc[0]] - wealth[pair.iloc[1]])
    )
    assert gaps.max() <= 400


def test_the_rich_stay_together_within_a_supergame() -> None:
    table = play(
        "prisoners_dilemma",
        "uniform",
        n=40,
        matching="assortative",
        continuation=0.8,
        supergames=2,
        seed=1,
    ).decisions
    met = table.groupby(["supergame", "round", "group"])["agent"].apply(tuple)
    for game, rounds in table.groupby("supergame")["round"]:
        assert rounds.max() > 1
        first = set(met[game, 1])
        assert all(set(met[game, round]) == first for round in range(2, rounds.max() + 1))
    wealth = table[table["supergame"] == 1].groupby("agent")["payoff"].sum()
    gaps = [abs(wealth[one] - wealth[two]) for one, two in met[2, 1]]
    assert np.mean(gaps) < wealth.std() / 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"agents": "imitate_best"}, "looks at its neighbours"),
        ({"matching": "edges"}, "needs a network"),
        ({"game": "ultimatum", "network": "karate_club", "matching": "edges"}, "random_neighbour"),
        ({"game": "public_goods", "network": "karate_club", "matching": "edges"}, "groups of 2"),
        ({"game": "bomb_risk", "network": "karate_club", "matching": "neighbourhoods"}, "decided alone"),
        ({"update": "sometimes"}, "unknown update schedule"),
        ({"update": "synchronous:0.5"}, "take sequential:0.5"),
        ({"network": "ring:n=6", "rewire": "growth:m=1"}, "n is not given"),
        ({"game": "trust", "seat": "trustee"}, "person at the keyboard"),
        ({"game": "trust", "update": "sequential"}, "all decide at once"),
        ({"continuation": 1.0}, "below 1"),
        ({"network": "karate_club", "n": 10}, "34 nodes"),
        ({"network": nx.karate_club_graph(), "n": 10}, "34 nodes"),
        ({"neighbours": "actions"}, "neighbours = actions needs a network"),
        ({"supergames": 3}, "supergames = 3 needs games of several rounds"),
        ({"rounds": 7, "continuation": 0.5}, "leave one of them out"),
        ({"network": "ring:n=6", "n": 8, "rewire": "growth:m=1", "matching": "stranger"}, "not joined"),
        ({"matching": "perfect_stranger", "n": 4, "continuation": 0.5, "supergames": 9}, "together again"),
        (
            {"network": "karate_club", "agents": "imitate_best", "neighbours": "actions", "rounds": 2},
            "--neighbours",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(settings: dict[str, Any], said: str) -> None:
    given = {"game": "prisoners_dilemma", "agents": "uniform", **settings}
    with pytest.raises(GamesimError, match=said) as caught:
        play(**given)
    assert "\n" not in str(caught.value)


def test_the_network_is_kept_with_the_run(tmp_path: Any) -> None:
    run = play("prisoners_dilemma", "uniform", network="karate_club", out=tmp_path / "run")
    edges = pd.read_csv(tmp_path / "run" / "network.csv")
    assert len(edges) == 78
    assert run.settings.network is not None
    assert run.settings.network["n"] == 34


def test_an_isolated_node_plays_alone() -> None:
    network = Network.from_edges(3, np.array([[0, 1]]))
    run = play("public_goods", "uniform", network=network, matching="neighbourhoods", rounds=2, mpcr=0.5)
    alone = run.decisions[run.decisions["agent"] == 2]
    np.testing.assert_allclose(alone["payoff"], 20 - 0.5 * alone["action"])


def test_settings_of_length_that_would_not_be_heeded_are_refused() -> None:
    with pytest.raises(GamesimError, match="chance decides how many rounds"):
        play("prisoners_dilemma", "uniform", n=2, rounds=4, continuation=0.9)
    with pytest.raises(GamesimError, match="supergames = 3 needs games of several rounds"):
        play("prisoners_dilemma", "uniform", n=2, supergames=3)


def test_a_run_of_indefinite_length_says_how_many_rounds_there_were() -> None:
    run = play("prisoners_dilemma", "uniform", n=2, continuation=0.75, supergames=5, seed=1)
    played = len(run.decisions[["supergame", "round"]].drop_duplicates())
    assert f"5 supergames of {played} rounds in all" in repr(run)
    assert "1 round," in repr(play("prisoners_dilemma", "uniform", n=2))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"network": np.eye(3)}, "expected a networkx graph, a spec or a file, not ndarray"),
        ({"network": nx.Graph()}, "has no nodes"),
        ({"network": nx.path_graph(4), "n": 5}, "has 4 nodes, but n = 5"),
        ({"n": 2, "rounds": 2.5}, "rounds = 2.5 must be a whole number"),
        ({"n": "4"}, "n = '4' must be a whole number"),
        ({"n": True}, "n = True must be a whole number"),
        ({"supergames": float("nan"), "continuation": 0.5}, "supergames = nan must be a whole number"),
        ({"supergames": 0, "continuation": 0.5}, "supergames = 0 must be at least 1"),
        ({"continuation": None}, "continuation = None must be a number"),
        ({"matching": ["stranger"]}, r"matching = \['stranger'\] must be a text"),
        ({"matching": ""}, "matching is empty"),
        ({"rewire": 1}, "rewire = 1 must be a text"),
        ({"cache": "no"}, "cache = 'no' must be true or false"),
        ({"out": 5}, "out = 5 must be a folder"),
        ({"personas": 5}, "personas = 5: expected a file, a name, a DataFrame or mappings"),
        (
            {"netwrok": "karate_club"},
            "'netwrok' is neither a setting nor a parameter; did you mean 'network'",
        ),
        ({"temptatoin": 1}, "unknown parameter 'temptatoin'; did you mean 'temptation'"),
        (
            {"n": 40_000_000_000},
            r"n = 40000000000 takes at least 2,384 GiB of memory, and this machine has \d",
        ),
        (
            {"n": 10_000_000, "sessions": 4000},
            "n = 10000000 in each of 4000 sessions takes at least 2,384 GiB",
        ),
    ],
)
def test_what_python_gives_is_checked_as_what_is_written(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(GamesimError, match=told):
        play("prisoners_dilemma", "uniform", **settings)


def test_a_model_and_a_game_at_hand_know_the_nearest_setting() -> None:
    for made in (
        lambda: GameModel("trust", "uniform", netwrok="karate_club"),
        lambda: play(find_game("trust").from_settings({}), "uniform", netwrok="karate_club"),
    ):
        with pytest.raises(GamesimError, match=r"'netwrok' is neither .* did you mean 'network'"):
            made()


@pytest.mark.parametrize("given", [5, None, Path("trust")])
def test_a_game_is_a_name_or_a_game(given: Any) -> None:
    with pytest.raises(GamesimError, match="must be a name, the path of a Python file as a text, or a game"):
        play(given, "uniform")


def test_a_network_may_be_given_by_its_path(tmp_path: Path) -> None:
    nx.write_graphml(nx.path_graph(4), tmp_path / "path.graphml")
    assert play("prisoners_dilemma", "uniform", network=tmp_path / "path.graphml").settings.n == 4


def test_an_own_imitator_that_lacks_its_method_is_told_which(tmp_path: Path) -> None:
    file = tmp_path / "follower.py"
    file.write_text(
        "from gamesim.behaviour.copying import Copier\nclass Follower(Copier):\n    'Follows.'\n",
        encoding="utf-8",
    )
    with pytest.raises(GamesimError, match="Follower has no chances, which its base class leaves to it"):
        play("prisoners_dilemma", str(file), network="karate_club")


@pytest.mark.parametrize("shown", ["nothing", "actions", "earnings"])
def test_a_policy_is_told_what_neighbours_are_shown_before_anything_is_played(
    tmp_path: Path, shown: str
) -> None:
    file = tmp_path / "picky.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from gamesim import ExactPolicy, GamesimError\n\n"
        "@dataclass(frozen=True)\n"
        "class Picky(ExactPolicy):\n"
        "    def prepare(self, setting):\n"
        "        raise GamesimError(f'shown {setting.neighbours}')\n\n"
        "    def distribution(self, obs):\n"
        "        raise NotImplementedError\n",
        encoding="utf-8",
    )
    with pytest.raises(GamesimError, match=f"shown {shown}"):
        play("prisoners_dilemma", str(file), network="karate_club", rounds=2, neighbours=shown)


def test_games_of_fixed_length_follow_one_another_in_new_groups() -> None:
    run = play(
        "prisoners_dilemma",
        "tit_for_tat",
        n=6,
        rounds=4,
        supergames=5,
        matching="round_robin",
        sessions=2,
        seed=3,
    )
    assert "5 supergames of 20 rounds in all" in repr(run)
    table = run.decisions
    assert table.groupby("supergame")["round"].max().to_dict() == dict.fromkeys(range(1, 6), 4)
    pairs = table.groupby(["session", "supergame", "round", "group"])["agent"].agg(frozenset).reset_index()
    # A pair lasts for a game, and nobody meets anybody twice.
    lasting = pairs.groupby(["session", "supergame", "agent"])["round"].nunique()
    assert set(lasting) == {4}
    assert len(lasting) == 2 * 15
    alone = play("prisoners_dilemma", "tit_for_tat", n=6, rounds=4, matching="partner", seed=3).decisions
    assert set(alone["supergame"]) == {1}


def test_a_tournament_by_words_is_that_of_matches() -> None:
    """Everybody meets everybody once, and remembers nothing of the games before."""
    agents = "grim,tit_for_tat,always_defect,always_cooperate"
    table = play(
        "prisoners_dilemma", agents, n=4, rounds=10, supergames=3, matching="round_robin", seed=1
    ).decisions
    earned = table.groupby("policy", observed=True)["payoff"].sum().to_dict()
    # 700, 400, 300, 0: all but always_defect cooperate with each other; it takes once from the two that punish.
    mutual = 2 * 10 * 400
    assert earned == {
        "grim": mutual + 9 * 300,
        "tit_for_tat": mutual + 9 * 300,
        "always_cooperate": mutual,
        "always_defect": 10 * 700 + 2 * (700 + 9 * 300),
    }


def test_pairs_that_last_leave_out_for_as_long() -> None:
    settings: dict[str, Any] = {"n": 6, "network": "star:n=5", "matching": "random_neighbour", "rounds": 2}
    (note,) = (
        each for each in play("prisoners_dilemma", "uniform", **settings).settings.notes if "pair" in each
    )
    assert note.endswith("sits the round out")
    lasting = play("prisoners_dilemma", "uniform", supergames=2, **settings).settings.notes
    assert any(each.endswith("sits out until pairs are formed anew") for each in lasting)
