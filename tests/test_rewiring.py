"""Networks that change: by chance, by growth, and by what their players decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from answering import answering
from hypothesis import given
from hypothesis import strategies as st
from strategies import Watcher
from tiny import write_model

from gamesim import open_run, play
from gamesim.catalog import find_game
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.population import deal
from gamesim.rewiring import (
    KINDS,
    ByChance,
    Growth,
    Offers,
    Random,
    Strategic,
    figures,
    find_rewiring,
    free_pairs,
)
from gamesim.simulation import Simulation
from gamesim.spec import parse
from gamesim.streams import Floats
from gamesim.wiring import open_network

DILEMMA = find_game("prisoners_dilemma")()


def codes(network: Network) -> set[int]:
    return set(network.codes.tolist())


@given(st.integers(2, 12), st.integers(0, 66), st.integers(0, 66), st.integers(0, 5))
def test_free_pairs_are_free_and_differ(n: int, many: int, taken: int, seed: int) -> None:
    low, high = np.triu_indices(n, 1)
    every = low * n + high
    gone = np.random.default_rng(seed).permutation(every)[:taken]
    many = min(many, len(every) - len(gone))
    found = free_pairs(n, many, gone, seed)
    assert len(np.unique(found)) == len(found) == many
    assert set(found.tolist()) <= set(every.tolist()) - set(gone.tolist())


def test_free_pairs_are_all_equally_likely() -> None:
    counts = np.zeros(20 * 20)
    for seed in range(2000):
        counts[free_pairs(20, 10, np.array([1]), seed)] += 1
    possible = counts[counts > 0]
    assert len(possible) == 189
    # 2000 x 10 draws over 189 pairs: 106 each, SD 10.
    assert abs(possible - 106).max() < 50


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_random_replaces_the_stated_share_of_links(share: float) -> None:
    network = open_network("watts_strogatz:n=60,k=6,p=0.0")
    after = Random(share).after(network, 1, (3,))
    assert len(codes(network) & codes(after)) == 180 - round(180 * share)
    assert len(after.edges) == 180


def test_a_complete_network_has_nothing_to_replace() -> None:
    network = open_network("complete:n=6")
    assert codes(Random(0.5).after(network, 1, (0,))) == codes(network)


@pytest.mark.parametrize("attach", ["preferential", "random"])
def test_a_node_joins_with_m_links(attach: str) -> None:
    network, rule = Growth(2, attach).on(open_network("complete:n=4"), DILEMMA, 300)
    for step in range(1, 400):
        degree = network.degree
        assert (degree > 0).sum() == min(300, 3 + step)
        network = rule.after(network, step, (5, step))
    assert len(network.edges) == 6 + 2 * 296
    assert nx.is_connected(network.to_networkx())
    # The oldest nodes gain most where links attract links: 28 to 33 against 11 to 13 over three seeds.
    assert (network.degree[:4].mean() > 18) == (attach == "preferential")


def test_who_has_not_joined_is_not_asked() -> None:
    run = play(
        "prisoners_dilemma", "uniform", network="complete:n=4", n=9, rewire="growth:m=2", rounds=4, sessions=2
    )
    asked = run.decisions.groupby(["session", "round"])["agent"].apply(sorted)
    assert asked[1, 1] == [0, 1, 2, 3]
    assert asked[1, 4] == list(range(7))
    assert run.network_rounds["mean_degree"].tolist()[:2] == [3, 3]
    assert any(
        "7 of 9 agents are there by round 4; the others never play" in note for note in run.settings.notes
    )


def test_one_who_joins_later_counts_in_the_neighbourhoods(tmp_path: Path) -> None:
    run = play(
        "public_goods",
        "uniform",
        network="complete:n=3",
        n=6,
        rewire="growth:m=3",
        rounds=3,
        seed=2,
        out=tmp_path / "run",
    )
    assert run.network_rounds["edges"].tolist() == [3, 6, 9]
    edges = pd.read_csv(tmp_path / "run" / "network_final.csv")
    graph = nx.Graph(edges[["source", "target"]].to_numpy().tolist())
    last = run.decisions[run.decisions["round"] == 3]
    assert sorted(last["agent"]) == sorted(graph) == [0, 1, 2, 3, 4]
    gave = dict(zip(last["agent"].tolist(), last["action"].tolist(), strict=True))
    groups = [{node, *graph[node]} for node in graph]
    for node, earned in zip(last["agent"].tolist(), last["payoff"].tolist(), strict=True):
        mine = [group for group in groups if node in group]
        paid = sum(20 - gave[node] + 0.5 * sum(gave[i] for i in group) for group in mine)
        assert earned == pytest.approx(paid)


@pytest.mark.parametrize("rewire", ["random:share=0.2", "strategic:share=0.3,error=0.1"])
def test_sessions_are_what_each_is_alone(rewire: str) -> None:
    settings: dict[str, Any] = {"network": "erdos_renyi:n=20,p=0.2", "rounds": 5, "seed": 2, "rewire": rewire}
    many = play("prisoners_dilemma", "uniform", sessions=3, **settings)
    one = play("prisoners_dilemma", "uniform", sessions=1, **settings)
    first = many.network_rounds[many.network_rounds["session"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, one.network_rounds)
    second = many.network_rounds[many.network_rounds["session"] == 1].reset_index(drop=True)
    assert not second["clustering"].equals(first["clustering"])
    left = many.decisions[many.decisions["session"] == 0]["payoff"].to_numpy()
    np.testing.assert_array_equal(left, one.decisions["payoff"].to_numpy())


def test_pairs_are_reconsidered_by_one_of_the_two() -> None:
    network = open_network("erdos_renyi:n=30,p=0.3").copies(2)
    offers = Offers.drawn(network, 2, 0.3, 1, 1)
    assert len(offers.decider) == 2 * round(0.3 * 435)
    assert (offers.decider // 30 == offers.other // 30).all()
    assert 0.3 < (offers.decider < offers.other).mean() < 0.7
    linked = codes(network)
    low, high = np.minimum(offers.decider, offers.other), np.maximum(offers.decider, offers.other)
    assert [int(code) in linked for code in low * 60 + high] == offers.linked.tolist()
    wanted = np.where(np.arange(len(low)) % 3 == 0, np.nan, (np.arange(len(low)) % 3 == 1).astype(float))
    after = codes(offers.settled(network, wanted))
    for code, was, wants in zip(low * 60 + high, offers.linked, wanted, strict=True):
        assert (int(code) in after) == (was if np.isnan(wants) else wants == 1)
    assert linked - after <= set((low * 60 + high).tolist())


def test_the_usual_rule_links_with_cooperators_and_leaves_defectors() -> None:
    run = play(
        "prisoners_dilemma",
        "fixed@action=cooperate:0.5,fixed@action=defect:0.5",
        network="erdos_renyi:n=20,p=0.5",
        rewire="strategic:share=1",
        rounds=2,
        seed=1,
    )
    first, second = run.network_rounds.to_dict("records")
    assert first["edges"] + first["made"] - first["broken"] == second["edges"]
    assert second["made"] == second["broken"] == 0
    # Cooperators are linked with each other, defectors not; between them, whoever decides settles it.
    assert 45 < second["edges"] < 45 + 100
    assert any("usual rule" in note for note in run.settings.notes)


def test_a_rule_errs_as_often_as_is_said() -> None:
    run = play(
        "prisoners_dilemma",
        "fixed@action=cooperate",
        network="complete:n=60",
        rewire="strategic:share=1,error=0.2",
        rounds=2,
    )
    assert run.network_rounds["broken"][0] / 1770 == pytest.approx(0.2, abs=0.03)


OWN = """
from dataclasses import dataclass
import numpy as np
from gamesim.distribution import certain
from gamesim.policy import ExactPolicy

@dataclass(frozen=True)
class Loner(ExactPolicy):
    wants: float = 0.0

    def distribution(self, obs):
        return certain(np.zeros(len(obs)))

    def link(self, obs, other_last_action, linked):
        assert len(obs) == len(other_last_action) == len(linked)
        return np.full(len(obs), self.wants)
"""


def test_an_agent_may_have_a_rule_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "loner.py").write_text(OWN)
    settings: dict[str, Any] = {"network": "complete:n=10", "rewire": "strategic:share=1", "rounds": 2}
    run = play("prisoners_dilemma", str(tmp_path / "loner.py"), **settings)
    assert run.network_rounds["edges"].tolist() == [45, 0]
    assert not any("usual rule" in note for note in run.settings.notes)
    with pytest.raises(GamesimError, match="probabilities from 0 to 1"):
        play("prisoners_dilemma", f"{tmp_path / 'loner.py'}@wants=2", **settings)


@pytest.mark.filterwarnings("ignore::gamesim.errors.GamesimWarning")
def test_a_language_model_is_asked_whether_it_wants_a_link(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    run = play(
        "prisoners_dilemma",
        f"hf:{model}@wording=0",
        network="complete:n=6",
        rewire="strategic:share=1",
        rounds=2,
        out=tmp_path / "run",
    )
    asked = [reply for reply in run.replies if reply["decision"] == "linking.link"]
    assert asked
    for reply in asked:
        assert "You are linked with this person now." in reply["user"]
        assert "each earns $400" in reply["user"]
        assert reply["user"].endswith("Answer with [yes] or [no], in square brackets and nothing else.")
        assert sum(reply["probabilities"]) == pytest.approx(1)
    first, second = run.network_rounds["edges"].tolist()
    assert second == 15 - run.network_rounds["broken"][0]
    assert first == 15


@pytest.mark.parametrize(
    ("said", "left"), [("[yes]", 15), ("[no]", 0), ("Perhaps.", 15), ("[no] to defectors", None)]
)
def test_what_a_served_model_answers_is_what_happens_and_no_answer_changes_nothing(
    said: str, left: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")

    def answer(asked: dict[str, Any]) -> str:
        text = str(asked["messages"][0]["content"]) + str(asked["messages"][-1]["content"])
        if "linked with this person from now on" not in text:
            return "[A]" if asked["seed"] % 2 else "[B]"
        if said.endswith("defectors"):
            return "[no]" if "the other person decided B." in text else "[yes]"
        return said

    with answering(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        run = play(
            "prisoners_dilemma",
            "openai:some@structured=off@reask=0@wording=0",
            network="complete:n=6",
            rewire="strategic:share=1",
            rounds=2,
            seed=3,
        )
    begun, ended = run.network_rounds["edges"].tolist()
    assert begun == 15
    if left is not None:
        assert ended == left
        return
    # Pairs of cooperators stay, pairs of defectors part; a mixed pair depends on who of the two decides.
    defectors = int(run.decisions[run.decisions["round"] == 1]["action"].sum())
    assert 1 < defectors < 6
    assert math.comb(6 - defectors, 2) <= ended <= 15 - math.comb(defectors, 2)


@dataclass(frozen=True)
class Told(Watcher):
    """Keeps what it is told when it decides about links, and cooperates with an even number."""

    def distribution(self, obs: Observations) -> ActionDistribution:
        return certain((obs.agent % 2).astype(np.float64))

    def link(self, obs: Observations, other_last_action: Floats, linked: Any) -> Floats:
        self.shown.append(obs)
        assert set(other_last_action.tolist()) <= {0.0, 1.0}
        return np.full(len(obs), np.nan)


def test_who_decides_knows_the_round_that_was_played() -> None:
    teller = Told()
    network = open_network("complete:n=8")
    model = Simulation(
        DILEMMA,
        deal(DILEMMA, parse("told"), 8, 1, 0, on_network=True),
        [teller],
        ["told"],
        rounds=2,
        matching="edges",
        network=network,
        rewiring=Strategic(0.5),
    )
    model.step()
    (obs,) = teller.shown
    assert len(obs) == 14
    np.testing.assert_array_equal(obs.own["choose"], obs.agent % 2)
    np.testing.assert_array_equal(obs.past.own("choose")[-1], obs.agent % 2)
    assert model.network is not None
    assert codes(model.network) == codes(network)


@given(
    st.integers(3, 10),
    st.integers(0, 20),
    st.sampled_from([(0.0, 1.0), (0.3, 0.3), (0.1, 0.3, 0.7), (1 / 3, 0.6)]),
)
def test_figures_are_those_of_networkx(n: int, seed: int, shares: tuple[float, ...]) -> None:
    graph = nx.gnp_random_graph(n, 0.5, seed=seed)
    network = Network.from_networkx(graph)
    values = np.random.default_rng(seed).choice(shares, n)
    found = figures(network, 1, values)
    assert found["edges"][0] == graph.number_of_edges()
    assert found["mean_degree"][0] == pytest.approx(np.mean([d for _, d in graph.degree]))
    assert found["sd_degree"][0] == pytest.approx(np.std([d for _, d in graph.degree]))
    assert found["clustering"][0] == pytest.approx(nx.average_clustering(graph))
    assert found["cooperation"][0] == pytest.approx(values.mean())
    ends = values[network.owner]
    if len(set(ends.tolist())) < 2:
        assert np.isnan(found["assortment"][0])
        return
    nx.set_node_attributes(graph, dict(enumerate(values)), "did")
    assert found["assortment"][0] == pytest.approx(nx.numeric_assortativity_coefficient(graph, "did"))


def test_figures_are_of_each_session_by_itself() -> None:
    networks = [open_network("erdos_renyi:n=12,p=0.4", seed=seed) for seed in range(3)]
    values = np.random.default_rng(1).random((3, 12))
    values[0, 3] = np.nan
    together = figures(Network.beside(networks), 3, values.ravel())
    for session, network in enumerate(networks):
        for name, found in figures(network, 1, values[session]).items():
            assert together[name][session] == found[0], name


def test_assortment_is_missing_where_everybody_acts_alike() -> None:
    # The mean of equal shares over the groups of an agent differs in its last digit from agent to agent.
    run = play(
        "public_goods",
        "fixed@action=6",
        network="erdos_renyi:n=30,p=0.2",
        matching="separate_neighbourhoods",
        rewire="random:share=0.1",
        rounds=3,
        seed=1,
    )
    assert run.network_rounds["cooperation"].tolist() == pytest.approx([0.3] * 3)
    assert run.network_rounds["assortment"].isna().all()


def test_figures_and_the_last_network_are_kept_with_the_run(tmp_path: Path) -> None:
    run = play(
        "prisoners_dilemma",
        "uniform",
        network="karate_club",
        rewire="random:share=0.5",
        rounds=3,
        sessions=2,
        out=tmp_path / "run",
    )
    kept = open_run(tmp_path / "run").network_rounds
    pd.testing.assert_frame_equal(kept, run.network_rounds)
    assert len(kept) == 6
    final = pd.read_csv(tmp_path / "run" / "network_final.csv")
    assert final.groupby("session").size().tolist() == [78, 78]
    begun = pd.read_csv(tmp_path / "run" / "network.csv")
    assert len(begun.merge(final, on=["source", "target"])) < 2 * 78
    assert run.settings.network is not None
    assert run.settings.network["rewire"] == {"name": "random", "share": 0.5}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rewire": "randm:share=0.1"}, "random"),
        ({"rewire": "random"}, "needs share"),
        ({"rewire": "random:share=2"}, "at most 1"),
        ({"rewire": "random:shares=0.1"}, "share"),
        ({"rewire": "random:share=0.1,share=0.2"}, "share is given twice"),
        ({"rewire": "growth:m=0"}, "at least 1"),
        ({"rewire": "growth:m=35", "n": 40}, "m = 35 links are more than the 34 nodes"),
        ({"rewire": "growth:m=2,attach=rich"}, "preferential"),
        ({"rewire": "growth:m=2"}, "above the 34 nodes"),
        ({"rewire": "strategic:share=0.1,error=0.7"}, "0 to 0.5"),
        ({"rewire": "random:share=0.1", "network": None}, "needs a network"),
        ({"rewire": "strategic:share=0.1", "game": "trust"}, "in one role"),
        ({"rewire": "random:share"}, "write random:share=0.1"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(settings: dict[str, Any], said: str) -> None:
    given_: dict[str, Any] = {"game": "prisoners_dilemma", "agents": "uniform", "network": "karate_club"}
    with pytest.raises(GamesimError, match=said) as caught:
        play(**{**given_, **settings})
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Closing(ByChance):
    """Somebody meets a neighbour of a neighbour."""

    name: ClassVar[str] = "closing"
    usual: ClassVar[str] = "links=2"
    told: ClassVar[str] = "Between rounds you may meet a neighbour of a neighbour."

    links: int

    def after(self, network: Network, step: int, address: tuple[int | str, ...]) -> Network:
        low, high = np.triu_indices(network.n, 1)
        open_ = np.asarray((network.matrix @ network.matrix - 1e6 * network.matrix).todense())[low, high] > 0
        near = (low * network.n + high)[open_]
        return network.relinked(gone=near[:0], new=near[: self.links])


def test_a_new_kind_is_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, Closing.name, Closing)
    settings: dict[str, Any] = {"network": "ring:n=12,k=2", "rounds": 3, "sessions": 2}
    run = play("prisoners_dilemma", "uniform", rewire="closing:links=3", **settings)
    assert run.network_rounds["edges"].tolist() == [12, 12, 15, 15, 18, 18]
    assert run.network_rounds["clustering"].is_monotonic_increasing
    assert run.settings.network is not None
    assert run.settings.network["rewire"] == {"name": "closing", "links": 3}
    with pytest.raises(GamesimError, match="rewire closing needs links: write closing:links=2"):
        play("prisoners_dilemma", "uniform", rewire="closing", **settings)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_read_as_it_may_be_written(name: str) -> None:
    kind = KINDS[name]
    found = find_rewiring(f"{name}:{kind.usual}")
    assert type(found) is kind
    assert found.describe()["rewire"]["name"] == name
    assert found.told.startswith("Between rounds ")
    assert found.told.endswith(".")


@pytest.mark.parametrize(
    ("network", "rewire", "said"),
    [
        (
            "complete:n=6",
            "random:share=0.5",
            "rewire random changes nothing: everybody is linked with everybody",
        ),
        ("erdos_renyi:n=6,p=0", "random:share=0.5", "rewire random changes nothing: there is no link"),
        (
            "ring:n=6,k=2",
            "random:share=0.05",
            "rewire random changes nothing: a share of 0.05 of 6 links is none",
        ),
        (
            "ring:n=4,k=2",
            "random:share=1",
            "rewire random: 2 of 4 links replaced after a round: no more pairs are free",
        ),
        (
            "ring:n=4,k=2",
            "strategic:share=0.05",
            "rewire strategic changes nothing: a share of 0.05 of 6 pairs is none",
        ),
    ],
)
def test_a_change_that_the_network_has_no_room_for_is_told(network: str, rewire: str, said: str) -> None:
    run = play("prisoners_dilemma", "uniform", network=network, rewire=rewire, rounds=4, seed=1)
    assert said in run.settings.notes
    changed = run.network_rounds[["made", "broken"]].to_numpy()
    assert changed.any() == ("changes nothing" not in said)


@pytest.mark.parametrize("rewire", ["random:share=0.5", "strategic:share=0.5", "growth:m=2"])
def test_a_network_with_room_has_no_such_note(rewire: str) -> None:
    n = 9 if rewire.startswith("growth") else None
    run = play("prisoners_dilemma", "uniform", network="ring:n=8,k=2", n=n, rewire=rewire, rounds=2)
    assert not any("changes nothing" in note or "replaced" in note for note in run.settings.notes)


def test_a_network_that_stays_has_no_figures_by_round() -> None:
    run = play("prisoners_dilemma", "uniform", network="karate_club")
    with pytest.raises(GamesimError, match="did not change"):
        _ = run.network_rounds


def test_rewiring_goes_on_through_games_of_indefinite_length() -> None:
    run = play(
        "prisoners_dilemma",
        "uniform",
        network="karate_club",
        rewire="random:share=0.1",
        continuation=0.5,
        supergames=4,
    )
    table = run.network_rounds
    assert table["supergame"].unique().tolist() == [1, 2, 3, 4]
    assert (table["made"][:-1] == 8).all()
    assert table["made"].iloc[-1] == 0


def test_pairs_of_neighbours_stay_together_for_a_game_of_indefinite_length() -> None:
    run = play(
        "prisoners_dilemma",
        "uniform",
        network="watts_strogatz:n=12,k=4,p=0.1",
        matching="random_neighbour",
        rewire="random:share=0.6",
        continuation=0.8,
        supergames=3,
        sessions=2,
    )
    pairs = run.decisions.groupby(["session", "supergame", "round", "group"])["agent"].agg(frozenset)
    by_round = pairs.groupby(["session", "supergame", "round"]).agg(frozenset)
    assert by_round.groupby(["session", "supergame"]).size().max() > 2
    assert (by_round.groupby(["session", "supergame"]).nunique() == 1).all()
    assert by_round.nunique() == 6
