"""Agents who decide separately for each of their edges or neighbourhoods."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelserver import serving
from strategies import Watcher, prepared, watched

from gamesim import play
from gamesim.catalog import find_game
from gamesim.errors import GamesimError
from gamesim.meeting import KINDS
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.prompt import instructions, texts, wordings
from gamesim.simulation import Simulation

GAME_OF = {"separate_edges": "prisoners_dilemma", "separate_neighbourhoods": "public_goods"}
# A triangle 0, 1, 2 with 3 hanging on 0.
PAWS = [(0, 1), (0, 2), (0, 3), (1, 2)]
SEPARATE = [name for name, kind in KINDS.items() if kind.apart]
every_kind = pytest.mark.parametrize("matching", SEPARATE)
graphs = st.tuples(st.integers(2, 8), st.floats(0.2, 1.0), st.integers(0, 99)).map(
    lambda drawn: nx.gnp_random_graph(drawn[0], drawn[1], seed=drawn[2])
)


def paws() -> Network:
    return Network.from_edges(4, np.array(PAWS))


def table_of(matching: str, network: Any, agents: str = "uniform", **given: Any) -> pd.DataFrame:
    return play(GAME_OF[matching], agents, network=network, matching=matching, **given).decisions


def around(graph: nx.Graph) -> dict[int, set[int]]:
    return {node: {node, *graph[node]} for node in graph}


def chosen(seed: int, graph: nx.Graph, matching: str, sessions: int = 1) -> dict[tuple[Any, ...], float]:
    """Give what was done, by session, agent, and the other end of the edge or the centre of the neighbourhood."""
    done: dict[tuple[Any, ...], float] = {}
    table = table_of(matching, graph, seed=seed, sessions=sessions)
    for (session, _), rows in table.groupby(["session", "group"]):
        agents = rows["agent"].tolist()
        whose = agents[::-1] if matching == "separate_edges" else agents[:1] * len(agents)
        for agent, other, action in zip(agents, whose, rows["action"], strict=True):
            done[session, agent, other] = action
    return done


@settings(max_examples=25, deadline=None)
@given(graph=graphs)
def test_every_edge_and_every_neighbourhood_is_a_group_once(graph: nx.Graph) -> None:
    if graph.number_of_edges():
        table = table_of("separate_edges", graph)
        groups = [tuple(sorted(rows["agent"])) for _, rows in table.groupby("group")]
        assert sorted(groups) == sorted(tuple(sorted(edge)) for edge in graph.edges)
        assert set(table["seat"]) == {0, 1}
    table = table_of("separate_neighbourhoods", graph)
    for _, rows in table.groupby("group"):
        assert rows["agent"].iloc[0] == rows["group"].iloc[0]
        assert set(rows["agent"]) == around(graph)[rows["group"].iloc[0]]
        assert rows["seat"].tolist() == list(range(len(rows)))
    assert len(table) == graph.number_of_nodes() + 2 * graph.number_of_edges()


@settings(max_examples=15, deadline=None)
@given(graph=graphs, seed=st.integers(0, 99), matching=st.sampled_from(SEPARATE))
def test_a_draw_belongs_to_the_agent_and_the_group(graph: nx.Graph, seed: int, matching: str) -> None:
    """Other groups, other sessions and the order of rows never move it."""
    if not graph.number_of_edges():
        return
    whole = chosen(seed, graph, matching)
    fewer = graph.copy()
    fewer.remove_edge(*next(iter(graph.edges)))
    if fewer.number_of_edges():
        left = chosen(seed, fewer, matching)
        assert left.items() <= whole.items()
    together = chosen(seed, graph, matching, sessions=3)
    assert {where: done for where, done in together.items() if where[0] == 0} == whole
    assert together.keys() == {(session, *where[1:]) for where in whole for session in range(3)}


@every_kind
def test_choices_in_different_groups_are_drawn_apart(matching: str) -> None:
    many = chosen(0, nx.complete_graph(40), matching)
    by_pair = pd.Series(many).reset_index()
    by_pair.columns = pd.Index(["session", "agent", "whose", "action"])
    wide = by_pair.pivot(index="agent", columns="whose", values="action")
    within = wide.corr().to_numpy()
    # 40 agents draw apart for 40 groups: 780 correlations, of standard deviation 0.16 each.
    assert abs(np.nanmean(within[np.triu_indices(40, 1)])) < 0.03
    assert wide.nunique(axis=1).min() > 1


def test_what_each_edge_pays() -> None:
    table = table_of("separate_edges", paws(), seed=3, reward=400, sucker=0, temptation=700, punishment=300)
    worth = {(0, 0): 400.0, (0, 1): 0.0, (1, 0): 700.0, (1, 1): 300.0}
    for _, pair in table.groupby("group"):
        one, other = (int(action) for action in pair["action"])
        assert pair["payoff"].tolist() == [worth[one, other], worth[other, one]]


def test_what_each_neighbourhood_pays() -> None:
    for hold in ("mpcr", "multiplier"):
        table = table_of("separate_neighbourhoods", paws(), seed=3, hold=hold)
        for _, group in table.groupby("group"):
            each = 0.5 if hold == "mpcr" else 0.5 * 4 / len(group)
            expected = 20 - group["action"] + each * group["action"].sum()
            np.testing.assert_allclose(group["payoff"], expected)
        assert table.groupby("group").size().tolist() == [4, 3, 3, 2]


@pytest.mark.parametrize("hold", ["mpcr", "multiplier"])
def test_one_endowment_spread_over_all_groups(hold: str) -> None:
    """As Santos, Santos & Pacheco (2008) write it, group by group, for the triangle with a tail."""
    graph = nx.Graph(PAWS)
    run = play(
        "public_goods", "uniform", network=graph, seed=3, spread=True, hold=hold, mpcr=0.6, group_size=3
    )
    table = run.decisions.set_index("agent")
    gave = {node: table["action"][node] / (graph.degree[node] + 1) for node in graph}
    kept = {node: (20 - table["action"][node]) / (graph.degree[node] + 1) for node in graph}
    for node in graph:
        earned = 0.0
        for whose in around(graph)[node]:
            members = around(graph)[whose]
            each = 0.6 if hold == "mpcr" else 0.6 * 3 / len(members)
            earned += kept[node] + each * sum(gave[other] for other in members)
        assert table["payoff"][node] == pytest.approx(earned)
    if hold == "multiplier":
        total = 80 - table["action"].sum() + 1.8 * table["action"].sum()
        assert table["payoff"].sum() == pytest.approx(total)
        assert set(run.settings.game["efficient_payoff"].values()) == {36.0}
        assert run.series().query("measure == 'efficiency'")["value"].tolist() == pytest.approx(
            [total / (4 * 36)]
        )
    else:
        assert run.settings.game["efficient_payoff"] == {}


def test_without_spread_there_is_an_endowment_in_every_group() -> None:
    graph = nx.Graph(PAWS)
    table = play("public_goods", "uniform", network=graph, seed=3).decisions.set_index("agent")
    for node in graph:
        games = [[table["action"][other] for other in around(graph)[whose]] for whose in around(graph)[node]]
        earned = sum(20 - table["action"][node] + 0.5 * sum(game) for game in games)
        assert table["payoff"][node] == pytest.approx(earned)


def test_one_endowment_is_told_once_and_refused_where_there_is_one_group() -> None:
    for spread in (True, False):
        game = find_game("public_goods").from_settings({"spread": spread})
        told = [
            instructions(game, "member", "contribute", variant)
            for variant in range(wordings(game, "contribute"))
        ]
        assert all(text.endswith("divided evenly among them.") == spread for text in told)
    elsewhere: list[dict[str, Any]] = [{}, {"network": "ring:n=8,k=2", "matching": "separate_neighbourhoods"}]
    for given_ in elsewhere:
        with pytest.raises(GamesimError, match="spread = true divides one contribution"):
            play("public_goods", "uniform", n=8, spread=True, **given_)


@pytest.mark.parametrize("update", ["synchronous", "sequential", "death_birth:0.5"])
def test_tit_for_tat_answers_edge_by_edge(update: str) -> None:
    table = table_of(
        "separate_edges",
        nx.karate_club_graph(),
        "tit_for_tat:0.5,uniform:0.5",
        rounds=9,
        update=update,
        seed=2,
    )
    wide = table.pivot(index=["group", "agent"], columns="round", values="action")
    policy = table.groupby("agent", observed=True)["policy"].first()
    for group in range(int(table["group"].max()) + 1):
        pair = wide.loc[group]
        for agent, own, other in ((pair.index[i], *pair.to_numpy()[[i, 1 - i]]) for i in (0, 1)):
            if policy[agent] == "tit_for_tat":
                kept = (own[1:] == own[:-1]) & (update != "synchronous")
                assert own[0] == 0
                assert (kept | (own[1:] == other[:-1])).all()
    different = wide.groupby("agent").nunique().max(axis=1)[policy == "tit_for_tat"] > 1
    assert different.sum() > (5 if update == "synchronous" else 0)


def test_conditional_cooperators_answer_group_by_group() -> None:
    table = table_of(
        "separate_neighbourhoods", paws(), "conditional_cooperator@slope=1:0.5,uniform:0.5", rounds=4, seed=2
    )
    wide = table.pivot(index=["group", "agent"], columns="round", values="action")
    policy = table.groupby("agent", observed=True)["policy"].first()
    assert set(policy) == {"conditional_cooperator@slope=1", "uniform"}
    for group in range(4):
        members = wide.loc[group]
        for agent in members.index[policy[members.index] != "uniform"]:
            others = members.drop(agent).mean().to_numpy()
            np.testing.assert_array_equal(members.loc[agent].to_numpy()[1:], np.floor(others[:-1] + 0.5))


@every_kind
def test_the_past_stays_with_the_pair_where_the_network_changes(matching: str) -> None:
    """A tie that breaks and comes back finds its past again."""
    made = prepared(
        GAME_OF[matching],
        "uniform",
        network="watts_strogatz:n=14,k=4,p=0.3",
        matching=matching,
        rewire="random:share=0.3",
        rounds=8,
        seed=4,
    )
    watcher = Watcher()
    model = Simulation(**made.arguments() | {"policies": [watcher]})
    known: list[dict[tuple[int, int], float]] = []
    lost = 0
    for number in range(8):
        model.step()
        assert model.last is not None
        seats = model.last.seats(model.game.roles[0])
        assert seats.whose is not None
        pairs = list(zip(seats.agent.tolist(), seats.whose.tolist(), strict=True))
        past = watcher.shown[number].past.own(model.game.stages[0].name)
        for earlier, lived in enumerate(past):
            expected = [known[earlier].get(pair, np.nan) for pair in pairs]
            np.testing.assert_array_equal(lived, expected)
            lost += int(np.isnan(lived).sum())
        done = model.last.decided[model.game.stages[0].name].tolist()
        known.append(dict(zip(pairs, done, strict=True)))
    assert lost > 0


@every_kind
def test_wealth_and_actions_of_an_agent(matching: str) -> None:
    made = prepared(GAME_OF[matching], "uniform", network=paws(), matching=matching, rounds=3, sessions=2)
    model = Simulation(**made.arguments())
    for _ in range(3):
        model.step()
    table = model.recorder.table()
    number = table["session"] * 4 + table["agent"]
    np.testing.assert_allclose(model.wealth, table.groupby(number)["payoff"].sum())
    last = table[table["round"] == 3]
    np.testing.assert_allclose(model.actions(), last.groupby(number)["action"].mean())


def test_rows_of_an_agent_share_its_policy_and_its_person() -> None:
    table = table_of("separate_edges", paws(), "uniform:0.5,spe:0.5", seed=1)
    assert (table.groupby("agent", observed=True)["policy"].nunique() == 1).all()
    fickle = table_of(
        "separate_neighbourhoods",
        "complete:n=8",
        "conditional_cooperator@start=uniform(0,1)",
        seed=1,
    )
    assert (fickle.groupby("agent")["action"].nunique() == 1).all()
    assert fickle["action"].nunique() > 3


def test_games_in_steps_are_played_in_neighbourhoods_of_their_size() -> None:
    table = play("peer_punishment", "uniform", network="ring:n=12,k=2", group_size=3, rounds=2).decisions
    assert set(table["stage"]) == {"contribute", "punish_1", "punish_2"}
    assert len(table) == 2 * 3 * 36
    with pytest.raises(GamesimError, match="group_size=3"):
        play("peer_punishment", "uniform", network="ring:n=12,k=2")


def test_the_equilibrium_is_that_of_the_group() -> None:
    """A return of 0.9 * 4 / size pays only where there are fewer than four."""
    table = table_of("separate_neighbourhoods", paws(), "spe", hold="multiplier", mpcr=0.9)
    size = table.groupby("group")["agent"].transform("size")
    assert (table["action"] == np.where(size < 4, 20, 0)).all()
    once: dict[str, Any] = {"network": paws(), "hold": "multiplier"}
    with pytest.raises(GamesimError, match="is written down for a choice in groups of different sizes"):
        play("public_goods", "spe", mpcr=0.9, **once)
    assert (play("public_goods", "spe", mpcr=0.4, **once).decisions["action"] == 0).all()


def read(obs: Observations, row: int) -> str:
    return texts(obs.take(np.array([row])))[0][0].user


def test_who_reads_is_told_of_which_game_it_decides() -> None:
    last = watched("prisoners_dilemma", 4, 3, matching="separate_edges", network=paws())[1][-1]
    # Group by group: 0 and 1, 0 and 2, 0 and 3, 1 and 2.
    assert last.agent.tolist() == [0, 1, 0, 2, 0, 3, 1, 2]
    for row, (many, name) in enumerate(
        [
            ("3 neighbours", 1),
            ("2 neighbours", 1),
            ("3 neighbours", 2),
            ("2 neighbours", 1),
            ("3 neighbours", 3),
        ]
    ):
        text = read(last, row)
        assert f"You have {many} and play a game with each of them; you earn the sum." in text
        assert f"this decision is for the game with neighbour {name}." in text
        assert "with your neighbours each time" in text
    assert "You have 1 neighbour and play a game with that neighbour" in read(last, 5)
    for row in range(len(last)):
        own, other = last.past.own("choose")[:, row], last.past.told("other")[:, row]
        for number, (mine, theirs) in enumerate(zip(own, other, strict=True), start=1):
            said = f"- Round {number}: you chose {'AB'[int(mine)]} and the other chose {'AB'[int(theirs)]}"
            assert said in read(last, row)
    first = watched("public_goods", 4, 1, matching="separate_neighbourhoods", network=paws())[1][0]
    text = read(first, 0)
    assert "You are in a group of 4 people" in text
    assert "this decision is for your own group." in text
    assert first.past.whose is not None
    rows = {pair: row for row, pair in enumerate(zip(first.agent, first.past.whose, strict=True))}
    text = read(first, rows[0, 3])
    assert "You are in a group of 2 people" in text
    assert "this decision is for the group of neighbour 3." in text


def test_a_served_model_is_asked_for_every_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(["tiny"], says=["[A]"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        run = play(
            "prisoners_dilemma",
            "openai:tiny",
            network=paws(),
            matching="separate_edges",
            rounds=2,
            cache=False,
            neighbours="nothing",
        )
    prompts = [reply["user"] for reply in run.replies]
    assert len(run.decisions) == 16
    assert len(prompts) == 16
    assert any("the game with neighbour 3" in prompt for prompt in prompts)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"agents": "imitate_best"}, "imitate_best goes by the one thing that each neighbour did"),
        ({"agents": "uniform", "reputation": "partner"}, "everybody knows the past with each neighbour"),
        ({"agents": "uniform", "rewire": "strategic:share=0.2"}, "rewire strategic"),
        ({"agents": "uniform", "network": None}, "needs a network"),
        ({"agents": "uniform", "game": "trust"}, "is for games of one role, not investor, trustee"),
        ({"agents": "uniform", "game": "public_goods"}, "is for groups of 2"),
    ],
)
def test_what_takes_one_choice_an_agent_is_refused(given_: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {
        "game": "prisoners_dilemma",
        "network": "ring:n=8,k=2",
        "matching": "separate_edges",
        "rounds": 2,
    }
    with pytest.raises(GamesimError, match=said) as caught:
        prepared(**usual | given_)
    assert "\n" not in str(caught.value)


@every_kind
def test_rounds_are_measured(matching: str) -> None:
    run = play(
        GAME_OF[matching], "uniform", network="karate_club", matching=matching, rounds=3, sessions=2, seed=1
    )
    table = run.decisions
    series = run.series().set_index(["measure", "round", "option"])["value"]
    first = table[table["round"] == 1]
    if matching == "separate_edges":
        assert series["share", 1, "cooperate"] == pytest.approx((first["action"] == 0).mean())
        paid = first.groupby(["session", "group"])["payoff"].sum().groupby("session").mean().mean()
        assert series["efficiency", 1, ""] == pytest.approx(paid / 800)
    else:
        assert series["mean", 1, ""] == pytest.approx(first["action"].mean())
    assert "assortment" not in series.index.get_level_values("measure")
    earned = first.groupby(["session", "agent"])["payoff"].sum().unstack()
    spread = [np.abs(np.subtract.outer(x, x)).sum() / (2 * len(x) ** 2 * x.mean()) for x in earned.to_numpy()]
    assert series["gini", 1, ""] == pytest.approx(np.mean(spread))
    with pytest.raises(GamesimError, match="agents are not drawn under"):
        run.plot_network("never.png")
