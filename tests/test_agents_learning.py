"""Learners: one step by hand, special cases of each other, and where they lead."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games, observed, watched

import gamesim
from gamesim import catalog
from gamesim.behaviour.outcomes import payoff_table
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats
from gamesim.wiring import open_network

LEARNERS = ("best_response", "fictitious_play", "ewa", "roth_erev", "satisficing")
INFORMED = LEARNERS[:3]


def agent(name: str, **options: float | str) -> ExactPolicy:
    policy = catalog.find_agent(name).from_options({key: str(value) for key, value in options.items()})
    assert isinstance(policy, ExactPolicy)
    return policy


def after(rounds: int, game: str = "prisoners_dilemma", groups: int = 20) -> Observations:
    """Give deciders who have some rounds of random play behind them."""
    return observed(all_games()[game], groups, rounds=rounds + 1, seed=6)[-1]


def of(policy: ExactPolicy, obs: Observations) -> Floats:
    """Give everybody's probabilities: (D, L) float."""
    exact = policy.distribution(obs)
    np.testing.assert_allclose(exact.probabilities.sum(axis=1), 1)
    row = np.zeros(len(obs), dtype=np.int64) if exact.row is None else exact.row
    probabilities: Floats = exact.probabilities[row]
    return probabilities


def test_the_best_reply_is_to_the_last_action_told() -> None:
    game = all_games()["two_by_two"]
    for obs in observed(game, 20, rounds=3, seed=3)[-2:]:
        other = "column" if obs.stage == "row" else "row"
        reply = payoff_table(game, obs.stage).argmax(axis=0)
        told = obs.past.told(other)[-1].astype(int)
        np.testing.assert_array_equal(agent("best_response").decide(obs).actions, reply[told])


def test_fictitious_play_replies_to_frequencies() -> None:
    obs = after(5)
    told = obs.past.told("other")
    defected = (0.5 + told.sum(axis=0)) / (1 + len(told))
    beliefs = np.column_stack([1 - defected, defected])
    utilities = beliefs @ payoff_table(obs.game, "choose").T
    p = of(agent("fictitious_play", precision=0.01), obs)
    np.testing.assert_allclose(np.log(p[:, 0] / p[:, 1]), 0.01 * (utilities[:, 0] - utilities[:, 1]))


def test_fictitious_play_of_pennies_comes_near_the_equilibrium() -> None:
    # Robinson 1951: frequencies converge in games of two players with opposed interests.
    run = gamesim.play("two_by_two", agents="fictitious_play", n=2, rounds=150, matching="partner")
    means = run.decisions.groupby("role", observed=True)["action"].mean()
    assert means["row"] == pytest.approx(0.5, abs=0.1)
    assert means["column"] == pytest.approx(0.5, abs=0.1)


@given(retention=st.floats(0.05, 1), precision=st.floats(0, 0.02))
def test_attractions_of_all_actions_alike_are_weighted_fictitious_play(
    retention: float, precision: float
) -> None:
    # Camerer & Ho 1999, section 2.3.
    obs = after(4)
    learnt = agent("ewa", phi=retention, rho=retention, delta=1, experience=0, precision=precision)
    believed = agent("fictitious_play", retention=retention, prior=0, precision=precision)
    np.testing.assert_allclose(of(learnt, obs), of(believed, obs), rtol=1e-6)


def test_without_retention_it_is_a_reply_to_the_last_round() -> None:
    obs = after(4)
    np.testing.assert_array_equal(
        of(agent("fictitious_play", retention=0, prior=0), obs), of(agent("best_response"), obs)
    )


def test_one_step_of_experience_weighted_attraction() -> None:
    obs = after(1)
    own, other = obs.past.own("choose")[0], obs.past.told("other")[0]
    table = payoff_table(obs.game, "choose")
    brought = table[:, other.astype(int)].T
    share = np.where(np.arange(2) == own[:, None], 1.0, 0.5)
    attraction = share * brought / (0.9 + 1)
    p = of(agent("ewa", precision=0.01), obs)
    np.testing.assert_allclose(np.log(p[:, 0] / p[:, 1]), 0.01 * (attraction[:, 0] - attraction[:, 1]))


def test_one_step_of_reinforcement() -> None:
    # Payoffs 400, 0, 700, 300: on average 350, so both propensities begin at 9 * 350 / 2.
    obs = after(1)
    own, earned = obs.past.own("choose")[0], obs.past.earned()[0]
    kept = 0.9 * 9 * 350 / 2
    propensity = kept + np.where(np.arange(2) == own[:, None], 0.8, 0.2) * earned[:, None]
    p = of(agent("roth_erev"), obs)
    np.testing.assert_allclose(p, propensity / propensity.sum(axis=1, keepdims=True))


def test_neighbours_on_a_line_share_what_is_learnt() -> None:
    obs = after(1, "bomb_risk", groups=200)
    opened, earned = obs.past.own("open")[0].astype(int), obs.past.earned()[0]
    p = of(agent("roth_erev"), obs)
    rest = p[np.arange(len(obs)), (opened + 50) % 101]
    for rows, up in ((opened < 100, 1), (opened > 0, -1)):
        beside = p[np.flatnonzero(rows), opened[rows] + up]
        inner = (opened[rows] > 0) & (opened[rows] < 100) & (earned[rows] > 0)
        assert inner.any()
        assert (beside[inner] > rest[rows][inner]).all()


def test_whoever_earned_enough_stays() -> None:
    obs = after(1)
    own, earned = obs.past.own("choose")[0].astype(int), obs.past.earned()[0]
    p = of(agent("satisficing", aspiration=0.5, inertia=0.25), obs)
    stay = p[np.arange(len(obs)), own]
    np.testing.assert_allclose(stay, np.where(earned >= 350, 1.0, 0.25))


def test_aspirations_follow_what_is_earned() -> None:
    obs = after(3)
    own, earned = obs.past.own("choose"), obs.past.earned()
    wanted = np.full(len(obs), 350.0)
    for each in earned[:-1]:
        wanted += 0.5 * (each - wanted)
    stay = of(agent("satisficing", rate=0.5, inertia=0), obs)[np.arange(len(obs)), own[-1].astype(int)]
    np.testing.assert_allclose(stay, (earned[-1] >= wanted).astype(float))


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("game", ["prisoners_dilemma", "public_goods"])
def test_who_learns_plays_legally_whatever_the_order(name: str, game: str) -> None:
    for rounds in (0, 3):
        obs = after(rounds, game, groups=10)
        policy = agent(name)
        answers = policy.decide(obs)
        assert obs.space.contains(answers.actions).all()
        order = np.random.default_rng(2).permutation(len(obs))[:13]
        np.testing.assert_array_equal(policy.decide(obs.take(order)).actions, answers.actions[order])
        row = of(policy, obs)
        place = np.searchsorted(obs.space.support(), answers.actions)
        assert answers.probability is not None
        np.testing.assert_allclose(row[np.arange(len(obs)), place], answers.probability)


@pytest.mark.parametrize("name", ["ewa", "roth_erev", "satisficing"])
def test_before_anything_was_learnt_every_action_is_equally_likely(name: str) -> None:
    p = of(agent(name), after(0, "public_goods"))
    np.testing.assert_allclose(p, 1 / 21)


@pytest.mark.parametrize("name", LEARNERS)
def test_on_edges_a_learner_counts_its_games_on_average(name: str) -> None:
    run = gamesim.play("prisoners_dilemma", agents=name, network="ring:n=40,k=4", rounds=5)
    assert run.decisions["action"].isin([0, 1]).all()


def test_people_may_learn_at_different_speeds() -> None:
    run = gamesim.play("prisoners_dilemma", agents="ewa@phi=beta(8,2)@precision=gamma(2,0.01)", rounds=5)
    assert run.decisions["probability"].nunique() > 100


@pytest.mark.parametrize("name", INFORMED)
@pytest.mark.parametrize("game", ["bomb_risk", "trust", "ultimatum", "beauty_contest"])
def test_who_must_know_what_the_other_did_refuses(name: str, game: str) -> None:
    rules = all_games()[game]
    with pytest.raises(GamesimError, match=r"not told|same time|nobody else"):
        agent(name).prepare(Setting(rules, tuple(dict.fromkeys(rules.roles)), 5))


@pytest.mark.parametrize("name", ["roth_erev", "satisficing"])
def test_who_learns_from_earnings_refuses_answers(name: str) -> None:
    with pytest.raises(GamesimError, match=r"it does not play trust\.return"):
        agent(name).prepare(Setting(all_games()["trust"], ("trustee",), 5))


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("roles", ["fixed", "random"])
def test_a_round_that_somebody_sat_out_teaches_nothing(name: str, roles: str) -> None:
    network = open_network("watts_strogatz:k=4,p=0.2", 400, 1)
    _, shown = watched("two_by_two", 400, 3, matching="random_neighbour", network=network, roles=roles)
    obs = shown[-1]
    before = dataclasses.replace(obs, past=next(obs.past.rounds()))
    options = {"precision": 0.01} if name in INFORMED else {}
    now, then = of(agent(name, **options), obs), of(agent(name, **options), before)
    missed = np.isnan(obs.past.own(obs.stage)[1])
    np.testing.assert_array_equal(now[missed], then[missed])
    assert (now[~missed] != then[~missed]).any()
    assert (now[missed] != now[missed][0]).any()


def test_what_was_learnt_is_kept_from_one_supergame_to_the_next() -> None:
    content = "satisficing@aspiration=0@rate=0@inertia=1"
    settings: dict[str, Any] = {"rounds": 4, "supergames": 3, "n": 20, "matching": "stranger"}
    table = gamesim.play("prisoners_dilemma", content, **settings).decisions
    assert table.groupby("agent")["action"].nunique().eq(1).all()
    assert table["action"].nunique() == 2
    anew = gamesim.play("prisoners_dilemma", "ewa@precision=1", **settings).decisions
    first = anew[anew["round"] == 1]
    assert (first.query("supergame == 1")["probability"] == 0.5).all()
    assert (first.query("supergame > 1")["probability"] != 0.5).all()


def test_what_is_added_to_all_payoffs_changes_no_propensity() -> None:
    cells = [
        f"{role}_{row}_{column}"
        for role in ("row", "column")
        for row in ("up", "down")
        for column in ("left", "right")
    ]
    payoffs: dict[str, Any] = dict(zip(cells, (4.0, 0.0, 3.0, 1.0, 2.0, 5.0, 1.0, 0.0), strict=True))
    raised: dict[str, Any] = {cell: paid + 100 for cell, paid in payoffs.items()}
    first, second = (
        gamesim.play("two_by_two", "roth_erev", n=40, rounds=6, **given).decisions["action"].tolist()
        for given in (payoffs, raised)
    )
    assert first == second
