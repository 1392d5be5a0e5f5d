"""Games of two players beside those with a test of their own: figures of the papers, and plans in equilibrium."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strategies import played

from gamesim import catalog
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game


def game_of(name: str, **parameters: Any) -> Game:
    return catalog.find_game(name).from_settings(parameters)


def first_action(plan: Any) -> float:
    """Give the probability of the first of two actions."""
    return float(plan.probabilities[0, 0]) if isinstance(plan, ActionDistribution) else 1.0 - float(plan[0])


@pytest.mark.parametrize(
    ("name", "choices", "earned"),
    [
        ("stag_hunt", [0, 0], [1000, 1000]),
        ("stag_hunt", [0, 1], [0, 800]),
        ("stag_hunt", [1, 1], [800, 800]),
        ("chicken", [0, 0], [300, 300]),
        ("chicken", [0, 1], [100, 500]),
        ("chicken", [1, 1], [0, 0]),
    ],
)
def test_known_earnings_of_symmetric_pairs(name: str, choices: list[float], earned: list[float]) -> None:
    game = game_of(name)
    assert played(game, {"choose": choices}) == {"player": earned}
    assert played(game, {"choose": choices[::-1]}) == {"player": earned[::-1]}


@pytest.mark.parametrize(
    ("row", "column", "earned"),
    [(0, 0, (600, 200)), (1, 1, (200, 600)), (0, 1, (0, 0)), (1, 0, (0, 0))],
)
def test_the_battle_of_cooper_and_others_1989(row: int, column: int, earned: tuple[float, float]) -> None:
    game = game_of("battle_of_the_sexes")
    assert played(game, {"row": [row], "column": [column]}) == {"row": [earned[0]], "column": [earned[1]]}


def test_selfish_players_of_named_pairs() -> None:
    assert first_action(game_of("stag_hunt").selfish("choose", {}, 1)) == 0.0
    assert first_action(game_of("stag_hunt", tempted=400, safe=300).selfish("choose", {}, 1)) == 1.0
    # Swerving earns 300 q + 100 (1 - q), going straight 500 q: equal at q = 1/3.
    assert first_action(game_of("chicken").selfish("choose", {}, 1)) == pytest.approx(1 / 3)
    battle = game_of("battle_of_the_sexes")
    assert first_action(battle.selfish("row", {}, 1)) == 0.75
    assert first_action(battle.selfish("column", {}, 1)) == 0.25


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("stag_hunt", {"safe": 900}),
        ("stag_hunt", {"tempted": 1000}),
        ("chicken", {"crash": 100}),
        ("battle_of_the_sexes", {"apart": 200}),
    ],
)
def test_payoffs_that_make_another_game_are_refused(name: str, parameters: dict[str, float]) -> None:
    with pytest.raises(GamesimError, match=f"{name}: payoffs must be in the order"):
        game_of(name, **parameters)


def indifferent(game: Game, p: float) -> tuple[float, float]:
    """Give what each action earns against a mixture, in a symmetric game."""
    table = np.array([[played(game, {"choose": [i, j]})["player"][0] for j in (0, 1)] for i in (0, 1)])
    first, second = table @ np.array([p, 1 - p])
    return float(first), float(second)


def test_mixing_chickens_are_indifferent() -> None:
    game = game_of("chicken", win=70, both=30, give_way=10, crash=-50)
    first, second = indifferent(game, first_action(game.selfish("choose", {}, 1)))
    assert first == pytest.approx(second)


def replies(game: Game, stage: str, against: float) -> list[float]:
    """Give the best replies of a player to the other's amount."""
    support = game.space_at_most(stage).support()
    own = np.array([played(game, {stage: [x, against]})["player"][0] for x in support])
    return [float(x) for x in support[own >= own.max() - 1e-9]]


def test_the_11_20_game_of_arad_and_rubinstein_2012() -> None:
    game = game_of("money_request")
    assert played(game, {"request": [20, 19]}) == {"player": [20, 39]}
    assert played(game, {"request": [17, 17]}) == {"player": [17, 17]}
    assert played(game, {"request": [20, 11]}) == {"player": [20, 11]}
    assert replies(game, "request", 20) == [19]
    plan: Any = game.selfish("request", {}, 1)
    assert plan.values.tolist() == list(range(11, 21))
    np.testing.assert_allclose(
        plan.probabilities[0], [0, 0, 0, 0, 0.25, 0.25, 0.2, 0.15, 0.1, 0.05], atol=1e-12
    )


@pytest.mark.parametrize(
    "parameters",
    [{}, {"bonus": 1}, {"bonus": 2.5}, {"bonus": 200}, {"low": 0, "high": 3, "step": 0.5, "bonus": 4}],
)
def test_requests_in_use_earn_the_same_and_others_no_more(parameters: dict[str, float]) -> None:
    game = game_of("money_request", **parameters)
    plan: Any = game.selfish("request", {}, 1)
    p, support = plan.probabilities[0], plan.values
    assert p.sum() == pytest.approx(1)
    earned = (
        np.array([[played(game, {"request": [x, y]})["player"][0] for y in support] for x in support]) @ p
    )
    np.testing.assert_allclose(earned[p > 0], earned.max())


def test_the_story_of_basu_1994() -> None:
    game = game_of("travelers_dilemma")
    assert played(game, {"claim": [2, 100]}) == {"player": [4, 0]}
    assert played(game, {"claim": [100, 99]}) == {"player": [97, 101]}
    assert played(game, {"claim": [100, 100]}) == {"player": [100, 100]}
    assert replies(game, "claim", 100) == [99]
    assert replies(game, "claim", 2) == [2]


@pytest.mark.parametrize(("reward", "step", "claims"), [(5, 1, 80), (80, 1, 80), (5, 5, 200), (1, 1, 200)])
def test_selfish_claims_are_best_replies_to_themselves(reward: float, step: float, claims: float) -> None:
    game = game_of("travelers_dilemma", low=80, high=200, reward=reward, step=step)
    assert np.asarray(game.selfish("claim", {}, 1)).tolist() == [claims]
    assert claims in replies(game, "claim", claims)


@pytest.mark.parametrize(
    ("wage", "effort", "firm", "worker"),
    [(30, 0.1, 9.6, 4.0), (70, 0.4, 22.4, 40.0), (85, 1.0, 41.0, 41.0), (125, 0.3, 0.3, 97.0)],
)
def test_gifts_of_fehr_kirchsteiger_and_riedl_1993(
    wage: float, effort: float, firm: float, worker: float
) -> None:
    game = game_of("gift_exchange")
    earned = played(game, {"wage": [wage], "effort": [effort]})
    assert earned["firm"] == pytest.approx([firm])
    assert earned["worker"] == pytest.approx([worker])


def test_workers_answer_a_wage() -> None:
    game = game_of("gift_exchange")
    wages = np.array([30.0, 60.0, 85.0, 125.0])
    assert np.asarray(game.selfish("effort", {"wage": wages}, 4)).tolist() == [0.1] * 4
    fair = game.equal_split("effort", {"wage": wages}, 4)
    # Nearest to equal: of 30, 9.6 and 4; of 60, 26.4 and 28; of 85, all; of 125, the most they can.
    assert fair == pytest.approx([0.1, 0.4, 1.0, 1.0])
    assert game.equal_split("wage", {}, 1).tolist() == [85]


def test_a_bystander_takes_three_for_one() -> None:
    game = game_of("third_party_punishment")
    earned = played(game, {"transfer": [0], "punish": [14]})
    assert earned == {"dictator": [58], "recipient": [0], "third_party": [36]}
    assert played(game, {"transfer": [50], "punish": [0]}) == {
        "dictator": [50],
        "recipient": [50],
        "third_party": [50],
    }


@pytest.mark.parametrize(
    ("first", "second", "earned"),
    [(1, 1, (4, 1)), (2, 1, (2, 8)), (2, 2, (16, 4)), (3, 2, (8, 32)), (3, 3, (64, 16)), (1, 3, (4, 1))],
)
def test_the_four_moves_of_mckelvey_and_palfrey_1992(
    first: int, second: int, earned: tuple[float, float]
) -> None:
    game = game_of("centipede")
    paid = played(game, {"first": [first], "second": [second]})
    assert (*paid["first"], *paid["second"]) == pytest.approx(earned)


@pytest.mark.parametrize(
    "parameters", [{}, {"moves": 6}, {"share": 0.6, "growth": 3}, {"share": 0.75, "growth": 3}]
)
def test_selfish_players_of_a_centipede_are_in_equilibrium(parameters: dict[str, float]) -> None:
    game: Any = game_of("centipede", **parameters)
    first, second = (float(game.selfish(stage, {}, 1)[0]) for stage in ("first", "second"))
    support = game.space_at_most("first").support()
    ones = [played(game, {"first": [x], "second": [second]})["first"][0] for x in support]
    twos = [played(game, {"first": [first], "second": [x]})["second"][0] for x in support]
    assert ones[int(first) - 1] == pytest.approx(max(ones))
    assert twos[int(second) - 1] == pytest.approx(max(twos))


def test_centipedes_have_two_legs_a_pair() -> None:
    with pytest.raises(GamesimError, match="moves = 5 must be even"):
        game_of("centipede", moves=5)
