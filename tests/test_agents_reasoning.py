"""Agents that reason about others: quantal response equilibrium, levels of thinking, cognitive hierarchies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import all_games, observed

import gamesim
from gamesim import catalog
from gamesim.behaviour.outcomes import payoff_table
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.needs import ready
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats


def probabilities(game: Game, stage: str, name: str, **options: float | str) -> Floats:
    """Give what the first decider does, ready to play."""
    policy = catalog.find_agent(name).from_options({key: str(value) for key, value in options.items()})
    prepared = ready(policy, Setting(game, (game.decider(stage),)))
    assert isinstance(prepared, ExactPolicy)
    obs = next(each for each in observed(game, 3) if each.stage == stage)
    exact = prepared.distribution(obs)
    np.testing.assert_allclose(exact.probabilities.sum(axis=1), 1)
    first: Floats = exact.probabilities[0 if exact.row is None else exact.row[0]]
    return first


def pennies(prize: float) -> Game:
    """Give matching pennies in which row's prize for up and left is changed (Ochs 1995)."""
    return catalog.find_game("two_by_two").from_settings({"row_up_left": prize})


def softmax(utilities: Floats) -> Floats:
    weights: Floats = np.exp(utilities - utilities.max())
    weights /= weights.sum()
    return weights


@pytest.mark.parametrize("precision", [0.0, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("prize", [1.0, 4.0, 9.0])
def test_in_equilibrium_each_is_a_logit_reply_to_the_other(prize: float, precision: float) -> None:
    game = pennies(prize)
    row = probabilities(game, "row", "qre", precision=precision)
    column = probabilities(game, "column", "qre", precision=precision)
    np.testing.assert_allclose(row, softmax(precision * payoff_table(game, "row") @ column), atol=1e-9)
    np.testing.assert_allclose(column, softmax(precision * payoff_table(game, "column") @ row), atol=1e-9)


def test_equilibrium_runs_from_uniform_play_to_nash() -> None:
    # Ochs 1995 with a prize of 9: in the Nash equilibrium row mixes evenly and column goes left one time in ten.
    game = pennies(9)
    assert probabilities(game, "row", "qre", precision=0).tolist() == [0.5, 0.5]
    assert probabilities(game, "row", "qre", precision=2000)[0] == pytest.approx(0.5, abs=0.01)
    assert probabilities(game, "column", "qre", precision=2000)[0] == pytest.approx(0.1, abs=0.01)
    # Between them row is drawn to its own prize, which Nash play is not (McKelvey & Palfrey 1995).
    assert probabilities(game, "row", "qre", precision=1)[0] > 0.6


@given(precision=st.floats(0, 0.05), more=st.floats(1e-4, 0.05))
def test_cooperation_in_the_dilemma_falls_with_precision(precision: float, more: float) -> None:
    game = all_games()["prisoners_dilemma"]
    p = probabilities(game, "choose", "qre", precision=precision)
    np.testing.assert_allclose(p, softmax(precision * payoff_table(game, "choose") @ p), atol=1e-9)
    assert probabilities(game, "choose", "qre", precision=precision + more)[0] < p[0]


def test_a_branch_that_turns_back_is_not_followed_further() -> None:
    game = all_games()["ultimatum"]
    assert probabilities(game, "offer", "qre", precision=0.5) @ np.arange(101) < 20
    with pytest.raises(GamesimError, match=r"turn back at a precision of 0\.5795"):
        probabilities(game, "offer", "qre", precision=1)


@pytest.mark.parametrize(
    ("name", "first", "nash"),
    [("chicken", 1e5, 1 / 3), ("battle_of_the_sexes", 1e5, 0.75), ("prisoners_dilemma", 1e8, 0.0)],
)
def test_an_equilibrium_that_goes_on_is_followed_to_any_precision(
    name: str, first: float, nash: float
) -> None:
    game = all_games()[name]
    p = probabilities(game, game.stages[0].name, "qre", precision=first)
    assert p[0] == pytest.approx(nash, abs=1e-4)


def test_an_equilibrium_lost_to_rounding_is_not_said_to_turn_back() -> None:
    with pytest.raises(
        GamesimError, match=r"cannot be followed beyond a precision of .* none was found for 1e\+12"
    ):
        probabilities(all_games()["chicken"], "choose", "qre", precision=1e12)


@pytest.mark.parametrize(("level", "guess"), [(1, 33), (2, 22), (3, 15), (4, 10), (20, 1)])
def test_levels_guess_two_thirds_of_the_level_below(level: int, guess: int) -> None:
    # Nagel 1995; on whole numbers 1 is the nearest to two thirds of 1.
    game = all_games()["beauty_contest"]
    assert probabilities(game, "guess", "level_k", level=level).argmax() == guess


def test_level_zero_plays_uniformly() -> None:
    for name, stage in (("beauty_contest", "guess"), ("ultimatum", "offer"), ("two_by_two", "row")):
        p = probabilities(all_games()[name], stage, "level_k", level=0)
        assert np.unique(p).size == 1


def test_levels_reply_to_the_level_below() -> None:
    game = pennies(1)
    row = payoff_table(game, "row")
    for level in (1, 2, 3, 4):
        below = probabilities(game, "column", "level_k", level=level - 1)
        assert probabilities(game, "row", "level_k", level=level).argmax() == (row @ below).argmax()


def test_noisy_levels_reply_by_logit() -> None:
    game = pennies(4)
    below = probabilities(game, "column", "level_k", level=2, precision=0.7)
    p = probabilities(game, "row", "level_k", level=3, precision=0.7)
    np.testing.assert_allclose(p, softmax(0.7 * payoff_table(game, "row") @ below))


def test_people_keep_their_level() -> None:
    run = gamesim.play("beauty_contest", agents="level_k@level=choice(0,1,2)", n=300, rounds=2)
    table = run.decisions.pivot(index="agent", columns="round", values="action")
    thinkers = table[table[1].isin([22, 33])]
    assert (thinkers[1] == thinkers[2]).mean() > 0.9


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("level_k", {"level": "1.5"}, "must be whole"),
        ("level_k", {"level": "uniform(0,3)"}, "must be whole"),
        ("level_k", {"precision": "gamma(2,1)"}, "must be one number"),
        ("cognitive_hierarchy", {"tau": "uniform(1,2)"}, "must be one number"),
        ("qre", {"precision": "inf"}, "must be finite"),
        ("qre", {"precision": "uniform(0,1)"}, "must be one number"),
    ],
)
def test_what_all_must_share_cannot_differ(name: str, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        probabilities(pennies(1), "row", name, **options)


@pytest.mark.parametrize("name", ["qre", "level_k", "cognitive_hierarchy"])
@pytest.mark.parametrize(("game", "stage"), [("dictator", "give"), ("trust", "send"), ("bomb_risk", "open")])
def test_games_that_are_not_simultaneous_are_refused(name: str, game: str, stage: str) -> None:
    with pytest.raises(GamesimError, match=r"same time|nobody else|two are covered"):
        probabilities(all_games()[game], stage, name)


def test_the_hierarchy_replies_to_all_levels_below() -> None:
    game = all_games()["beauty_contest"]
    policy = catalog.find_agent("cognitive_hierarchy").from_options({}).prepare(Setting(game, ("player",)))
    assert isinstance(policy, ExactPolicy)
    (obs,) = observed(game, 1)
    guesses = policy.distribution(obs).probabilities.argmax(axis=1)
    # Level 2 believes in 1 : 1.5 of levels 0 and 1, whose mean guesses are 50 and 33 (Camerer, Ho & Chong 2004).
    assert guesses[1] == 33
    assert guesses[2] == round(2 / 3 * (50 + 1.5 * 33) / 2.5)
    assert (np.diff(guesses[1:]) <= 0).all()


def test_levels_are_poisson_over_people() -> None:
    game = all_games()["beauty_contest"]
    policy = catalog.find_agent("cognitive_hierarchy").from_options({"tau": "1.5"})
    (obs,) = observed(game, 40)
    assert isinstance(policy, ExactPolicy)
    level = policy.distribution(obs).row
    assert level is not None
    counts = np.bincount(level, minlength=5)[:5]
    expected = stats.poisson(1.5).pmf(np.arange(5))
    assert stats.chisquare(counts, expected / expected.sum() * counts.sum()).pvalue > 1e-3


def test_a_hierarchy_without_thinkers_plays_uniformly() -> None:
    p = probabilities(all_games()["prisoners_dilemma"], "choose", "cognitive_hierarchy", tau=0)
    assert p.tolist() == [0.5, 0.5]


def test_whoever_thinks_takes_the_dominant_action() -> None:
    run = gamesim.play("prisoners_dilemma", agents="cognitive_hierarchy@tau=1", n=20000)
    # Half of level 0 cooperates by chance, and nobody else.
    assert 1 - run.decisions["action"].mean() == pytest.approx(np.exp(-1) / 2, abs=0.01)
