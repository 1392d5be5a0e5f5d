"""Agents in groups of the size that a network makes: as in plain groups of that size, and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategies import Watcher, observed, prepared

from gamesim import play
from gamesim.behaviour.outcomes import alike, payoff_table, prospects
from gamesim.behaviour.sizes import of_size
from gamesim.catalog import find_agent, find_game
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.population import deal
from gamesim.prompt import texts
from gamesim.simulation import Simulation
from gamesim.spec import parse
from gamesim.streams import Floats

# A triangle 0, 1, 2 with 3 hanging on 0, and 4 by itself: own groups of 4, 3, 3, 2 and 1.
PAWS = Network.from_edges(5, np.array([[0, 1], [0, 2], [0, 3], [1, 2]]))
MATCHINGS = ("neighbourhoods", "separate_neighbourhoods")
AGENTS = {
    "altruist": "precision=0.1",
    "best_response": "precision=0.3",
    "bolton_ockenfels": "precision=20",
    "ces_altruism": "precision=0.3",
    "charness_rabin": "precision=0.3",
    "cognitive_hierarchy": "precision=0.3",
    "crra": "precision=0.3",
    "ewa": "",
    "fehr_schmidt": "precision=0.3",
    "fictitious_play": "precision=0.3",
    "level_k": "level=2@precision=0.3",
    "quantal_response": "precision=0.3",
    "roth_erev": "",
    "satisficing": "",
}


def agent(name: str, options: str = "") -> ExactPolicy:
    given = dict(each.split("=") for each in options.split("@") if each)
    policy = find_agent(name).from_options(given)
    assert isinstance(policy, ExactPolicy)
    return policy


def held(size: int = 4) -> Game:
    """Give the game with a multiplier of 2.4, for groups of some size."""
    settings = {"mpcr": 2.4 / size, "group_size": size, "hold": "multiplier"}
    return find_game("public_goods").from_settings(settings)


def watched(matching: str, rounds: int = 1, game: Game | None = None) -> Observations:
    """Give what uniform players are shown in the last of some rounds."""
    rules, watcher = game or held(), Watcher()
    dealt = deal(rules, parse("watcher"), PAWS.n, 1, 1, on_network=True)
    model = Simulation(
        rules, dealt, [watcher], ["watcher"], rounds=rounds, matching=matching, network=PAWS, seed=1
    )
    for _ in range(rounds):
        model.step()
    return watcher.shown[-1]


def rows(policy: ExactPolicy, obs: Observations) -> Floats:
    """Give everybody's probabilities: (D, L) float."""
    exact = policy.distribution(obs)
    row = np.zeros(len(obs), dtype=np.int64) if exact.row is None else exact.row
    probabilities: Floats = exact.probabilities[row]
    return probabilities


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_group_on_a_network_is_weighed_as_a_plain_one_of_its_size(name: str, matching: str) -> None:
    policy, obs = agent(name, AGENTS[name]), watched(matching)
    policy.prepare(Setting(held(), ("member",), sizes=(1, 2, 3, 4)))
    assert obs.sizes is not None
    assert set(obs.sizes) == {1, 2, 3, 4}
    found = rows(policy, obs)
    plain = {size: rows(policy, observed(held(size), 1)[-1])[0] for size in (2, 3, 4)}
    if name == "cognitive_hierarchy":  # levels differ from person to person
        people = rows(policy, obs.take(np.flatnonzero(obs.sizes == 4)))
        np.testing.assert_array_equal(found[obs.sizes == 4], people)
        plain = {}
    for size, expected in plain.items():
        for row in found[obs.sizes == size]:
            np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)
    if name not in ("altruist", "cognitive_hierarchy", "ewa", "roth_erev", "satisficing"):
        assert np.abs(plain[2] - plain[4]).max() > 0.01
    order = np.arange(len(obs))[::-1]
    np.testing.assert_allclose(rows(policy, obs.take(order)), found[order])


@pytest.mark.parametrize(
    "name", ["bolton_ockenfels", "charness_rabin", "ces_altruism", "fehr_schmidt", "altruist"]
)
def test_whoever_is_alone_counts_own_earnings(name: str) -> None:
    """A unit costs 1 and brings 2.4 to whoever is alone, or 0.5 where the return is held."""
    for game, expected in ((held(), 20.0), (find_game("public_goods")(), 0.0)):
        obs = watched("neighbourhoods", game=game)
        assert agent(name).decide(obs).actions[4] == expected


def test_return_above_one_in_small_groups_only() -> None:
    """A multiplier of 2.4 returns 1.2 in groups of two, and 0.8 or less in larger ones."""
    for name in ("best_response", "fictitious_play", "level_k", "quantal_response@precision=inf", "spe"):
        table = play(
            "public_goods",
            name,
            network=PAWS,
            matching="separate_neighbourhoods",
            hold="multiplier",
            mpcr=0.6,
            rounds=2,
        ).decisions
        size = table.groupby(["round", "group"])["action"].transform("size")
        np.testing.assert_array_equal(table["action"], np.where(size <= 2, 20, 0))


def test_the_reported_case() -> None:
    two: dict[str, Any] = {"network": "complete:n=2", "hold": "multiplier", "mpcr": 0.6}
    for matching in MATCHINGS:
        for name in ("best_response", "spe", "fehr_schmidt@alpha=0.2@beta=0.9", "charness_rabin"):
            table = play("public_goods", name, matching=matching, **two).decisions
            assert table["action"].eq(20).all()
    mean = play("public_goods", "qre@precision=1", sessions=400, **two).decisions["action"].mean()
    plain = play("public_goods", "qre@precision=1", n=800, group_size=2, mpcr=1.2).decisions["action"].mean()
    assert mean == pytest.approx(plain, abs=1)
    assert mean > 13


@pytest.mark.parametrize("matching", MATCHINGS)
def test_rules_are_told_of_the_group_that_is_weighed(matching: str) -> None:
    obs = watched(matching)
    written, row = texts(obs)
    assert obs.sizes is not None
    for place, size in enumerate(obs.sizes):
        said = f"You are in a group of {size} people" if size > 1 else "group of 1"
        assert said in str(written[row[place]])


def test_shares_are_equal_in_the_own_group() -> None:
    """A threshold of 60 among 4, 3, 2: 15, 20 and, as far as 25 allow, 25."""
    settings: dict[str, Any] = {"threshold": 60, "endowment": 25, "group_size": 4, "network": PAWS}
    table = play("threshold_public_good", "equal_split", **settings).decisions.set_index("agent")
    assert table["action"].tolist() == [15, 20, 20, 25, 25]
    table = play(
        "threshold_public_good", "equal_split", matching="separate_neighbourhoods", **settings
    ).decisions
    size = table.groupby("group")["action"].transform("size")
    np.testing.assert_array_equal(table["action"], size.map({4: 15, 3: 20, 2: 25, 1: 25}))


@pytest.mark.parametrize("matching", MATCHINGS)
def test_one_step_of_reinforcement_in_groups_of_all_sizes(matching: str) -> None:
    obs = watched(matching, rounds=2)
    sizes = obs.past.sizes()[0]
    np.testing.assert_array_equal(sizes, obs.sizes)
    own, earned = obs.past.own("contribute")[0].astype(int), obs.past.earned()[0] / obs.past.games()[0]
    # Everybody at 10 on average: 10 kept and 24 returned in any group; the least is for the one giver, or keeper.
    least = np.select([sizes == 1, sizes == 2, sizes == 3], [20, 20, 16], 12.0)
    begin = 9 * (34 - least) / 21
    beside = np.eye(21, k=1) + np.eye(21, k=-1)
    beside /= beside.sum(axis=1, keepdims=True)
    gain = np.maximum(earned - least, 0)[:, None]
    propensity = 0.9 * begin[:, None] + gain * (0.8 * np.eye(21)[own] + 0.2 * beside[own])
    expected = propensity / propensity.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rows(agent("roth_erev"), obs), expected)


@pytest.mark.parametrize("matching", MATCHINGS)
def test_one_step_of_experience_weighted_attraction_in_groups_of_all_sizes(matching: str) -> None:
    obs = watched(matching, rounds=2)
    assert obs.sizes is not None
    own, others = obs.past.own("contribute")[0], np.nan_to_num(obs.past.told("others_mean")[0])
    each, given = 2.4 / obs.sizes[:, None], np.arange(21)
    brought = 20 - given + each * (given + (others * (obs.sizes - 1))[:, None])
    attraction = np.where(given == own[:, None], 1.0, 0.5) * brought / (0.9 + 1)
    weights = np.exp(0.1 * (attraction - attraction.max(axis=1, keepdims=True)))
    expected = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rows(agent("ewa"), obs), expected)


@pytest.mark.parametrize("name", ["best_response", "ewa", "fictitious_play", "roth_erev", "satisficing"])
def test_one_group_of_all_with_the_endowment_divided_is_a_plain_group(name: str) -> None:
    """On the complete network of four the parts of all four groups make up one group."""
    words: dict[str, Any] = {"rounds": 15, "sessions": 5, "seed": 1}
    divided = play("public_goods", name, network="complete:n=4", spread=True, **words).decisions
    plain = play("public_goods", name, n=4, matching="partner", **words).decisions
    by = ["session", "round", "agent"]
    divided, plain = divided.sort_values(by), plain.sort_values(by)
    np.testing.assert_array_equal(divided["action"], plain["action"])
    np.testing.assert_allclose(divided["payoff"], plain["payoff"])


def test_the_payoff_table_of_a_group_of_one() -> None:
    table = payoff_table(of_size(held(), 1), "contribute")
    np.testing.assert_allclose(table, np.tile(20 + 1.4 * np.arange(21)[:, None], 21))


def test_others_who_earn_alike_take_no_room() -> None:
    found = prospects(of_size(held(), 500), "contribute", (), alike)
    assert found.others.shape == (441, 499)
    assert found.others.strides[1] == 0
    np.testing.assert_allclose(found.others[:, 7], found.own + found.actions[found.row] - found.other)


@pytest.mark.parametrize(
    ("agents", "settings", "said"),
    [
        (
            "fehr_schmidt",
            {"network": "barabasi_albert:n=1000,m=3", "step": 0.05},
            "groups of 40 sizes up to 104 to weigh",
        ),
        ("ewa", {"network": "complete:n=60", "step": 0.02}, "too much can happen in a group of 60 to weigh"),
        (
            "qre",
            {"network": "ring:n=9,k=2"},
            "played in groups of 3 here, but two are covered",
        ),
        ("fehr_schmidt@beliefs=human", {"network": "ring:n=9,k=2"}, "with group_size 4 only, not 3"),
        ("qre", {"network": "complete:n=2", "rounds": 2, "rewire": "random:share=0.5"}, "groups of 1 here"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_before_play(
    agents: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(GamesimError, match=said):
        prepared("public_goods", agents, **settings)


def test_losses_in_larger_groups_are_refused_before_play() -> None:
    """With 8 at 5 each the fund pays 23 - 0.25 * 40 = 13 a unit; with 24 it takes 7."""
    prepared("common_pool", "ces_altruism", network="ring:n=30,k=6", endowment=5)
    with pytest.raises(
        GamesimError, match=r"ces_altruism: common_pool\.invest in groups of 24 can bring losses"
    ):
        prepared("common_pool", "ces_altruism", network="complete:n=24", endowment=5)


def test_rules_without_a_size_are_refused_to_those_who_weigh_them(tmp_path: Path) -> None:
    file = tmp_path / "pool.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from gamesim.game import Choice, Game, stage\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Pool(Game):\n"
        "    roles = ('member',) * 3\n\n"
        "    @stage(by='member')\n"
        "    def give(self, play):\n"
        "        return Choice(('cooperate', 'defect'))\n\n"
        "    def payoffs(self, play):\n"
        "        return {'member': play['give'] + 2.0 * play.total('give')}\n"
    )
    prepared(str(file), "fehr_schmidt", network="ring:n=8,k=2")
    prepared(str(file), "imitate_better", network="ring:n=8,k=2", rounds=2)
    with pytest.raises(
        GamesimError, match="a group here has 5 members, but the rules, which have no group_size"
    ):
        prepared(str(file), "fehr_schmidt", network="ring:n=8,k=4")
    with pytest.raises(GamesimError, match="has groups of 3, but here there are groups of 5"):
        prepared(str(file), "imitate_better", network="ring:n=8,k=4", rounds=2)


def test_best_replies_are_to_the_game_of_pairs_where_a_network_makes_pairs(tmp_path: Path) -> None:
    """A cooperator adds 3 to a fund that all share: less than its cost of 1 among four, and more between two."""
    file = tmp_path / "fund.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from gamesim.game import Choice, Game, parameter, stage\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Fund(Game):\n"
        "    group_size: int = parameter(4, least=2, help='members')\n\n"
        "    @property\n"
        "    def roles(self):\n"
        "        return ('member',) * self.group_size\n\n"
        "    @stage(by='member')\n"
        "    def give(self, play):\n"
        "        return Choice(('cooperate', 'defect'))\n\n"
        "    def payoffs(self, play):\n"
        "        gave = play.seats('member').sizes - play.total('give')\n"
        "        return {'member': play['give'] + 3.0 * gave / play.seats('member').sizes}\n"
    )
    pairs = Network.from_edges(8, np.arange(8).reshape(4, 2))
    settings: dict[str, Any] = {"rounds": 3, "matching": "neighbourhoods", "network": pairs}
    last = play(str(file), "best_response_dynamics", **settings).decisions.query("round == 3")
    assert set(last["label"]) == {"cooperate"}
    with pytest.raises(GamesimError, match="is played in groups of 4 here, but two are covered"):
        prepared(str(file), "best_response_dynamics", network="complete:n=4", rounds=2)


def test_people_on_record_in_other_groups_are_named() -> None:
    notes = prepared("public_goods", "human", network="ring:n=9,k=2", hold="multiplier").settings.notes
    assert any(note.endswith("with group_size 4, and played with 3") for note in notes)
    assert any(note.endswith("with mpcr 0.5, and played with 0.667") for note in notes)
    plain = prepared("public_goods", "human", network="complete:n=4", hold="multiplier").settings.notes
    assert not any("played with" in note for note in plain)


def test_selfish_neighbours_may_mix_where_all_groups_are_of_one_size() -> None:
    settings: dict[str, Any] = {"network": "ring:n=200,k=4", "matching": "neighbourhoods"}
    produced = play("cournot", "spe", **settings).decisions["action"]
    assert set(produced) == {16, 17}
    assert produced.mean() == pytest.approx(16.5, abs=0.15)


def test_selfish_players_play_the_mixture_of_the_group_they_decide_for() -> None:
    table = play("cournot", "spe", network="star:n=4", matching="separate_neighbourhoods", n=5).decisions
    members = table.groupby("group")["agent"].transform("size")
    assert set(members) == {2, 5}
    assert set(table["action"][members == 2]) == {33}
    assert set(table["action"][members == 5]) <= {16, 17}
    assert table["probability"][members == 5].lt(1).all()


@pytest.mark.parametrize("rewire", [None, "random:share=0.1"])
def test_one_choice_for_unlike_groups_is_refused_before_anything_is_played(
    rewire: str | None, tmp_path: Path
) -> None:
    network = "barabasi_albert:m=2" if rewire is None else "random_regular:k=4"
    with pytest.raises(GamesimError, match=r"spe: no equilibrium of common_pool\.invest is written down"):
        play(
            "common_pool",
            "spe:0.5,uniform:0.5",
            network=network,
            n=30,
            matching="neighbourhoods",
            rewire=rewire,
            rounds=4,
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()
