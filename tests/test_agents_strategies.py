"""Strategies for the dilemma and schedules of contributions, played against scripts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games, observed, simulate

import gamesim
from gamesim import catalog
from gamesim.behaviour.beliefs import updated
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.policy import TRANSPORT, Decisions, ExactPolicy, Policy, Setting
from gamesim.streams import Floats

DILEMMA = (
    "always_cooperate",
    "always_defect",
    "tit_for_tat",
    "tit_for_two_tats",
    "generous_tit_for_tat",
    "grim",
    "wsls",
    "t2",
    "memory_one",
    "moody_conditional_cooperator",
    "davis",
    "downing",
    "feld",
    "graaskamp",
    "grofman",
    "joss",
    "nydegger",
    "shubik",
    "stein_rapoport",
    "tideman_chieruzzi",
    "tullock",
)
BY_CHANCE = (
    *("generous_tit_for_tat", "memory_one", "moody_conditional_cooperator", "feld", "grofman", "joss"),
    "tullock",
)
CONTRIBUTORS = ("conditional_cooperator", "free_rider", "hump_shaped")


@dataclass(frozen=True)
class Script(ExactPolicy):
    """Plays what is written, round by round: C or D, or an amount; NaN for no decision."""

    lines: tuple[float, ...]

    def decide(self, obs: Observations) -> Decisions:
        if np.isnan(line := self.lines[obs.round - 1]):
            return Decisions(np.full(len(obs), line), status=np.full(len(obs), TRANSPORT, dtype=np.uint8))
        return super().decide(obs)

    def distribution(self, obs: Observations) -> ActionDistribution:
        return certain(np.full(len(obs), self.lines[obs.round - 1]))


def agent(name: str, **options: float | str) -> Policy:
    return catalog.find_agent(name).from_options({key: str(value) for key, value in options.items()})


def answers(policy: Policy, script: str, **payoffs: float) -> str:
    """Give what an agent does in a dilemma against somebody who does what is written, as letters; - for nothing."""
    game = catalog.find_game("prisoners_dilemma").from_settings(payoffs)
    moves = {"C": 0.0, "D": 1.0, "-": np.nan}
    partner = Script(tuple(moves[letter] for letter in script))
    rounds = len(script)
    ready = policy.prepare(Setting(game, ("player",), rounds))
    model = simulate(game, [ready, partner], 2, rounds=rounds, matching="partner")
    who = int(np.flatnonzero(model.cast.policy == 0)[0])
    letters = ""
    for play in model.plays:
        place = int(np.flatnonzero(play.seats("player").deciders == who)[0])
        letters += "CD"[int(play.decided["choose"][place])]
    return letters


@pytest.mark.parametrize(
    ("name", "script", "answer"),
    [
        ("always_cooperate", "DDCD", "CCCC"),
        ("always_defect", "CCDC", "DDDD"),
        ("tit_for_tat", "CDDCC", "CCDDC"),
        ("tit_for_two_tats", "DCDDC", "CCCCD"),
        ("tit_for_two_tats", "DDDCC", "CCDDC"),
        ("grim", "CDCCC", "CCDDD"),
        ("wsls", "DDCCD", "CDCCC"),
        ("t2", "CDCCCDD", "CCDDCCD"),
        # A defection during the punishment does not prolong it.
        ("t2", "DDDCC", "CDDCC"),
        ("davis", "DCCCCCCCCCCC", "CCCCCCCCCCDD"),
        ("davis", "CCCCCCCCCCDCC", "CCCCCCCCCCCDD"),
        # Each punishment is a round longer, and what is done meanwhile does not count.
        ("shubik", "DCCDDCCCDCCCC", "CDCCDDCCCDDDC"),
        ("shubik", "DDCCC", "CDCCC"),
        ("nydegger", "CDCCC", "CCDCD"),
        # The sums of the three rounds before the last are 22 and 62.
        ("nydegger", "DCCC", "CDDD"),
        ("nydegger", "DDDD", "CDDC"),
        ("downing", "DDCC", "DDDD"),
        ("downing", "CDCC", "DDCD"),
        ("stein_rapoport", "DCCCCDCCCCCC", "CCCCCCDCCCDD"),
        ("tideman_chieruzzi", "CDCCDDCCCCCC", "CCDCCDDCCCDD"),
        # After 20 rounds it forgives three punishments that outlasted the defections, unless the end is near.
        (
            "tideman_chieruzzi",
            "DCDCCD" + 18 * "C" + "D" + 15 * "C",
            "CDCDDCDDD" + 16 * "C" + "D" + 12 * "C" + "DD",
        ),
        ("tideman_chieruzzi", "DCDCCD" + 18 * "C" + "D" + 5 * "C", "CDCDDCDDD" + 16 * "C" + "DDDDD"),
        ("tullock", "C" + 10 * "D" + "C", 11 * "C" + "D"),
        ("joss", "DDDD", "CDDD"),
        ("feld", "DDDD", "CDDD"),
        ("graaskamp", 60 * "C", 50 * "C" + "D" + 9 * "C"),
        ("graaskamp", 30 * "CD", "C" + 27 * "CD" + "C" + "DDDD"),
        ("memory_one@cc=1@cd=0@dc=1@dd=0@start=1", "CDDCC", "CCDDC"),
        ("memory_one@cc=1@cd=0@dc=0@dd=1@start=1", "DDCCD", "CDCCC"),
        ("generous_tit_for_tat@generosity=0", "CDDCC", "CCDDC"),
        ("generous_tit_for_tat@generosity=1", "DDDD", "CCCC"),
    ],
)
def test_strategies_answer_as_they_are_defined(name: str, script: str, answer: str) -> None:
    bare, *pairs = name.split("@")
    assert answers(agent(bare, **dict(pair.split("=") for pair in pairs)), script) == answer


@pytest.mark.parametrize("name", [name for name in DILEMMA if name not in BY_CHANCE])
@pytest.mark.parametrize("script", ["D--CD-D--CCDC-CDDC", "-CDDCC-DCDDDCCDDCDDDDD-DDDDDDDC-CCCCCCCCCCCC"])
def test_rounds_that_were_not_played_do_not_count(name: str, script: str) -> None:
    there = [letter != "-" for letter in script]
    answered = "".join(compress(answers(agent(name), script), there))
    assert answered == answers(agent(name), script.replace("-", ""))


def test_a_tie_that_comes_back_is_answered_by_what_was_done_on_it_last() -> None:
    run = gamesim.play(
        "prisoners_dilemma",
        "tit_for_tat:0.5,uniform:0.5",
        network="erdos_renyi:n=16,p=0.3",
        matching="separate_edges",
        rewire="random:share=0.6",
        rounds=20,
    ).decisions
    keys = ["round", "group"]
    pairs = run.merge(run[[*keys, "agent", "action"]], on=keys, suffixes=("", "_other"))
    pairs = pairs[(pairs["policy"] == "tit_for_tat") & (pairs["agent"] != pairs["agent_other"])]
    pairs = pairs.sort_values("round")
    tie = pairs.groupby(["agent", "agent_other"])
    expected = tie["action_other"].shift(fill_value=0)
    assert (tie["round"].diff() > 1).sum() > 50
    np.testing.assert_array_equal(pairs["action"], expected)


def test_downing_goes_by_the_payoffs_of_the_game() -> None:
    # It believes that cooperation is always answered and defection half of the time.
    assert answers(agent("downing"), "CCC") == "DDD"
    assert answers(agent("downing"), "CCC", reward=600) == "DDC"
    # At a tie it changes its choice.
    assert answers(agent("downing"), "CCC", reward=500) == "DDC"


def test_the_last_rounds_are_as_others_where_their_number_is_not_known() -> None:
    run = gamesim.play(
        "prisoners_dilemma",
        agents="stein_rapoport:0.5,tideman_chieruzzi:0.5",
        n=40,
        continuation=0.9,
        supergames=3,
        matching="partner",
    )
    assert run.decisions["round"].max() > 10
    assert (run.decisions["label"] == "cooperate").all()


@pytest.mark.parametrize("script", ["DDCDCCDC", "CCDDDCCD"])
def test_reactive_strategies_are_cases_of_memory_one(script: str) -> None:
    tables = {
        "tit_for_tat": (1, 0, 1, 0, 1),
        "wsls": (1, 0, 0, 1, 1),
        "always_defect": (0, 0, 0, 0, 0),
        "moody_conditional_cooperator": (0.8, 0.4, 0.3, 0.3, 0.6),
        "joss": (0.9, 0, 0.9, 0, 1),
        "grofman": (1, 2 / 7, 2 / 7, 1, 1),
    }
    for name, table in tables.items():
        plan = dict(zip(("cc", "cd", "dc", "dd", "start"), table, strict=True))
        assert answers(agent(name), script) == answers(agent("memory_one", **plan), script)


def test_generosity_is_a_probability() -> None:
    game = all_games()["prisoners_dilemma"]
    policy = agent("generous_tit_for_tat").prepare(Setting(game, ("player",), 2))
    assert isinstance(policy, ExactPolicy)
    _, obs = observed(game, 20, rounds=2, seed=1)
    exact = policy.distribution(obs)
    assert exact.row is not None
    cooperate = exact.probabilities[exact.row, 0]
    np.testing.assert_allclose(cooperate, np.where(obs.past.told("other")[0] == 1, 1 / 3, 1))


@pytest.mark.parametrize("name", DILEMMA)
@given(error=st.floats(0, 0.5))
def test_errors_pull_towards_chance(name: str, error: float) -> None:
    game = all_games()["prisoners_dilemma"]
    *_, obs = observed(game, 12, rounds=3, seed=2)
    policy, shaky = agent(name), agent(name, error=error)
    assert isinstance(policy, ExactPolicy)
    assert isinstance(shaky, ExactPolicy)
    sure, soft = policy.distribution(obs), shaky.distribution(obs)

    def cooperate(exact: ActionDistribution) -> Floats:
        row = np.zeros(len(obs), dtype=np.int64) if exact.row is None else exact.row
        cooperating: Floats = exact.probabilities[row, 0]
        return cooperating

    np.testing.assert_allclose(soft.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(cooperate(soft) - 0.5, (cooperate(sure) - 0.5) * (1 - 2 * error), atol=1e-12)


@pytest.mark.parametrize("name", DILEMMA)
def test_strategies_play_on_networks_and_read_shares(name: str) -> None:
    run = gamesim.play("prisoners_dilemma", agents=name, network="lattice:side=6", rounds=4)
    assert run.decisions["action"].isin([0, 1]).all()
    assert run.settings.matching == "edges"


def test_on_edges_tit_for_tat_mixes_by_the_share_that_cooperated() -> None:
    mixed = gamesim.play(
        "prisoners_dilemma",
        agents="tit_for_tat:0.9,always_defect:0.1",
        network="random_regular:n=2000,k=4",
        rounds=2,
        seed=5,
    ).decisions
    second = mixed.query("round == 2 and policy == 'tit_for_tat'")
    # One neighbour in ten defected, so nine in ten cooperate.
    assert 1 - second["action"].mean() == pytest.approx(0.9, abs=0.03)
    assert second["probability"].isin([0, 0.25, 0.5, 0.75, 1]).all()


@pytest.mark.parametrize("name", DILEMMA)
@pytest.mark.parametrize("game", ["dictator", "two_by_two", "public_goods"])
def test_strategies_refuse_what_is_no_dilemma(name: str, game: str) -> None:
    rules = all_games()[game]
    with pytest.raises(GamesimError, match=f"{name} plays dilemmas"):
        agent(name).prepare(Setting(rules, tuple(dict.fromkeys(rules.roles)), 2))


def contributions(policy: Policy, others: list[float], **parameters: float) -> list[float]:
    """Give what an agent contributes among three who contribute what is written."""
    game = catalog.find_game("public_goods").from_settings(parameters)
    ready = policy.prepare(Setting(game, ("member",), len(others)))
    model = simulate(
        game,
        [ready, Script(tuple(others))],
        4,
        spec="a:0.25,b:0.75",
        rounds=len(others),
        matching="partner",
    )
    who = int(np.flatnonzero(model.cast.policy == 0)[0])
    return [
        float(play.decided["contribute"][np.flatnonzero(play.seats("member").deciders == who)[0]])
        for play in model.plays
    ]


@pytest.mark.parametrize(
    ("name", "options", "contributed"),
    [
        ("conditional_cooperator", {"slope": 1, "start": 0.5}, [10, 20, 0, 10]),
        ("conditional_cooperator", {"slope": 0.5, "intercept": 0.1, "start": 1}, [12, 12, 2, 7]),
        ("conditional_cooperator", {"slope": -1, "intercept": 1, "start": 0}, [20, 0, 20, 10]),
        # Beliefs of 0.5, 0.7, 0.42 and 0.452.
        ("conditional_cooperator", {"slope": 1, "update": 0.4, "persistence": 0.6}, [10, 14, 8, 9]),
        # Beliefs of 0.25, 1 (cut), 0.6 and 0.9.
        (
            "conditional_cooperator",
            {"slope": 1, "start": 0.25, "update": 1, "persistence": 0.5, "drift": 0.1},
            [5, 20, 12, 18],
        ),
        ("hump_shaped", {"rise": 1, "fall": 1, "update": 0.4, "persistence": 0.6}, [10, 6, 8, 9]),
        ("hump_shaped", {"rise": 1, "fall": 1}, [10, 0, 0, 10]),
        ("hump_shaped", {"rise": 0.5, "fall": 0.25, "start": 0.25}, [3, 3, 0, 5]),
        ("free_rider", {}, [0, 0, 0, 0]),
        ("altruist", {}, [20, 20, 20, 20]),
    ],
)
def test_contributions_follow_their_schedule(
    name: str, options: dict[str, float], contributed: list[float]
) -> None:
    assert contributions(agent(name, **options), [20, 0, 10, 10]) == contributed


def test_beliefs_begin_anew_after_a_round_of_which_nothing_is_told() -> None:
    first, told = np.array([0.5, 0.25]), np.array([[1.0, np.nan], [np.nan, 1.0], [0.0, 0.0]])
    half = np.full(2, 0.5)
    for drift, believed in (
        (0.0, [[0.75, 0.25], [0.5, 0.625], [0.25, 0.3125]]),
        (0.1, [[0.85, 0.25], [0.5, 0.725], [0.35, 0.4625]]),
    ):
        now = first
        for shares, expected in zip(told, believed, strict=True):
            now = updated(first, now, shares, half, half, np.full(2, drift))
            np.testing.assert_allclose(now, expected)


@pytest.mark.parametrize("name", CONTRIBUTORS)
def test_contributors_refuse_other_games(name: str) -> None:
    for game in ("dictator", "prisoners_dilemma", "bomb_risk"):
        rules = all_games()[game]
        with pytest.raises(GamesimError, match=f"{name} decides on contributions"):
            agent(name).prepare(Setting(rules, tuple(dict.fromkeys(rules.roles)), 2))


def test_self_serving_cooperators_let_contributions_decay() -> None:
    run = gamesim.play("public_goods", agents="conditional_cooperator@slope=0.8", n=400, rounds=10)
    means = run.decisions.groupby("round")["action"].mean().to_numpy()
    assert (np.diff(means) <= 0).all()
    assert means[0] == 8
    # Where the schedule says 1.6 of 2, the nearest legal amount is 2.
    assert means[-1] == 2


def test_contributors_on_a_network_respond_to_their_neighbourhood() -> None:
    run = gamesim.play(
        "public_goods", agents="conditional_cooperator:0.5,free_rider:0.5", network="ring:n=100,k=4", rounds=3
    )
    last = run.decisions.query("round == 3 and policy == 'conditional_cooperator'")["action"]
    assert last.nunique() > 1


def test_conditional_cooperators_fill_in_the_schedule() -> None:
    run = gamesim.play("conditional_contribution", agents="conditional_cooperator@slope=0.5@start=0.2", n=8)
    table = run.decisions.groupby("stage", observed=True)["action"].mean()
    assert table["unconditional"] == 2
    assert [table[f"given_{k}"] for k in (0, 4, 10, 20)] == [0, 2, 5, 10]


def test_taking_from_others_is_no_contribution() -> None:
    game = catalog.find_game("common_pool").from_settings({})
    with pytest.raises(GamesimError, match="decides on contributions"):
        agent("free_rider").prepare(Setting(game, tuple(dict.fromkeys(game.roles))))


@pytest.mark.parametrize("game", ["peer_punishment", "peer_reward"])
@pytest.mark.parametrize("name", CONTRIBUTORS)
def test_contributors_contribute_and_assign_no_points(name: str, game: str) -> None:
    settings: dict[str, Any] = {"agents": name, "n": 8, "rounds": 3, "matching": "partner"}
    table = gamesim.play(game, **settings).decisions
    plain = gamesim.play("public_goods", **settings).decisions
    given = table[table["stage"] == "contribute"]
    assert given["action"].tolist() == plain["action"].tolist()
    assert table["stage"].nunique() == 4
    assert (table[table["stage"] != "contribute"]["action"] == 0).all()
