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
