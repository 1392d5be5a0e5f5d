"""Games that measure one person: risk, social value orientation, inequality aversion, conditional cooperation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from strategies import chance, played, seated

from gamesim import catalog
from gamesim.errors import GamesimError
from gamesim.game import Play
from gamesim.groups import Groups, Seats
from gamesim.streams import Draws, Floats


def game_of(name: str, **parameters: Any) -> Any:
    return catalog.find_game(name).from_settings(parameters)


class EveryCase(Draws):
    """Draws each of ten rows once with each of ten tickets over a hundred groups."""

    def uniform(self, purpose: str = "action") -> Floats:
        return (self.agent // 10 if purpose == "row" else self.agent % 10) / 10 + 0.05


def test_expected_values_of_holt_and_laury_2002() -> None:
    game = game_of("lottery_menu")
    play = Play(game, seated(game, 100), lambda agents: EveryCase((0,), 0, agents))
    means = []
    for choice in (0.0, 1.0):
        for number in range(1, 11):
            play.actions[f"row_{number}"] = np.full(100, choice)
        means.append(game.payoffs(play)["player"].reshape(10, 10).mean(axis=1))
    # Their Table 1, which rounds to cents, at twenty times the stakes.
    printed = [1.17, 0.83, 0.50, 0.16, -0.18, -0.51, -0.85, -1.18, -1.52, -1.85]
    np.testing.assert_allclose((means[0] - means[1]) / 20, printed, atol=0.0051)
    plan = [float(game.selfish(f"row_{number}", {}, 1)[0]) for number in range(1, 11)]
    assert plan == [0.0] * 4 + [1.0] * 6


def test_the_row_that_is_drawn_is_played_as_chosen() -> None:
    game = game_of("lottery_menu")
    play = Play(game, seated(game, 100), lambda agents: EveryCase((0,), 0, agents))
    for number in range(1, 11):
        play.actions[f"row_{number}"] = np.full(100, float(number == 3))
    drawn = game.feedback(play)["player"]["drawn"]
    assert drawn.tolist() == np.repeat(np.arange(1, 11), 10).tolist()
    earned = game.payoffs(play)["player"]
    assert earned[drawn == 3].tolist() == [77.0] * 3 + [2.0] * 7
    assert set(earned[drawn != 3]) == {40.0, 32.0}


def test_lotteries_in_another_order_are_refused() -> None:
    with pytest.raises(GamesimError, match="lottery_menu: amounts must be in the order"):
        game_of("lottery_menu", safe_low=1)


def chosen(game: Any, positions: list[int]) -> Play:
    play = Play(game, seated(game, 1), chance)
    for number, position in enumerate(positions, start=1):
        play.actions[f"item_{number}"] = np.array([float(position)])
    return play


@pytest.mark.parametrize(
    ("positions", "angle"),
    [
        # The ideal types of Murphy, Ackermann & Handgraaf 2011: altruist, competitor, and two individualists.
        ([1, 9, 1, 1, 9, 9], 61.39),
        ([9, 1, 9, 9, 1, 1], -16.26),
        ([1, 9, 9, 9, 1, 1], 7.82),
        ([9, 9, 9, 9, 1, 1], -7.82),
    ],
)
def test_the_orientation_of_ideal_types(positions: list[int], angle: float) -> None:
    game = game_of("svo_slider")
    assert game.angle(chosen(game, positions)) == pytest.approx([angle], abs=0.01)


def test_an_item_is_drawn_and_paid() -> None:
    game = game_of("svo_slider")
    play = Play(game, seated(game, 60), chance)
    for number, position in enumerate((9, 2, 3, 4, 5, 6), start=1):
        play.actions[f"item_{number}"] = np.full(60, float(position))
    drawn = game.feedback(play)["decider"]["drawn"]
    assert set(drawn) == {1, 2, 3, 4, 5, 6}
    pairs = {1: (85, 15), 2: (87, 19), 3: (59, 96), 4: (63, 68), 5: (75, 75), 6: (91, 72)}
    earned = game.payoffs(play)
    both = zip(earned["decider"], earned["recipient"], strict=True)
    assert list(both) == [pairs[int(number)] for number in drawn]
    play.actions["item_4"] = np.where(np.arange(60) == 7, np.nan, 4.0)
    assert np.flatnonzero(np.isnan(game.angle(play))).tolist() == [7]


def test_plans_for_the_slider() -> None:
    game = game_of("svo_slider")
    stages = [each.name for each in game.stages]
    assert [float(game.selfish(name, {}, 1)[0]) for name in stages] == [1, 9, 9, 9, 1, 1]
    assert [float(game.equal_split(name, {}, 1)[0]) for name in stages] == [1, 9, 9, 4, 5, 9]


def test_switching_points_of_the_modified_dictator() -> None:
    game = game_of("modified_dictator")
    play = Play(game, seated(game, 210), chance)
    amount = game.feedback(Play(game, seated(game, 210), chance))["dictator"]["amount"]
    assert set(amount) == set(range(21))
    play.actions["switch"] = np.full(210, 8.0)
    earned = game.payoffs(play)
    np.testing.assert_array_equal(earned["dictator"], np.where(amount >= 8, amount, 20))
    np.testing.assert_array_equal(earned["recipient"], np.where(amount >= 8, amount, 0))
    play.actions["switch"] = np.full(210, 21.0)
    assert set(game.payoffs(play)["dictator"]) == {20.0}
    # Fehr & Schmidt 1999: indifference at 0.4 of the endowment is an aversion of 0.6.
    low, high = game.beta(np.array([8.0, 20.0, 21.0]))
    assert low == pytest.approx([0.6, 0.0, -0.05])
    assert high == pytest.approx([0.65, 0.05, 0.0])


def conditional(single: list[float], table: Any, groups: int = 1, **parameters: Any) -> tuple[Any, Play]:
    """Play groups in which all have the same table, and drawn members follow it."""
    game = game_of("conditional_contribution", **parameters)
    play = Play(game, seated(game, groups), chance)
    play.actions["unconditional"] = np.tile(np.array(single), groups)
    for average in range(game.endowment + 1):
        play.actions[f"given_{average}"] = np.full(groups * len(single), float(table(average)))
    return game, play


def test_one_table_counts_in_every_group() -> None:
    game, play = conditional([20, 10, 6, 4], lambda average: average, groups=100)
    drawn = game.feedback(play)["member"]["drawn"].reshape(-1, 4)
    assert (drawn.sum(axis=1) == 1).all()
    assert (drawn.sum(axis=0) > 10).all()
    earned = game.payoffs(play)["member"].reshape(-1, 4)
    first = earned[drawn[:, 0] == 1][0]
    # The others of the first give 20 / 3, rounded to 7: a fund of 27 returns 10.8.
    assert first == pytest.approx([20 - 7 + 10.8, 10 + 10.8, 14 + 10.8, 16 + 10.8])
    # The others of the last give 12: a fund of 48 returns 19.2.
    last = earned[drawn[:, 3] == 1][0]
    assert last == pytest.approx([19.2, 10 + 19.2, 14 + 19.2, 8 + 19.2])


def test_every_wording_says_which_line_of_the_table_counts() -> None:
    game = catalog.find_game("conditional_contribution")()
    ends = [
        "halves upwards, to find the line of the table that counts.",
        "half way as the higher one.",
        "half way between two.",
    ]
    for text, end in zip(game.rules["member"], ends, strict=True):
        assert text.endswith(end)


def test_halves_of_an_average_go_up() -> None:
    game, play = conditional(
        [2, 3, 2], lambda average: 10 * (average == 3), groups=50, group_size=3, mpcr=0.5
    )
    mark = game.feedback(play)["member"]["drawn"].reshape(-1, 3)
    earned = game.payoffs(play)["member"].reshape(-1, 3)
    # 2.5 counts as 3, so a drawn first member gives 10; the second faces 2 and gives nothing.
    assert earned[mark[:, 0] == 1][0].tolist() == [20 - 10 + 7.5, 17 + 7.5, 18 + 7.5]
    assert earned[mark[:, 1] == 1][0].tolist() == [18 + 2, 20 + 2, 18 + 2]


def test_tables_have_a_line_for_every_average() -> None:
    for endowment in (1, 5, 20):
        stages = [each.name for each in game_of("conditional_contribution", endowment=endowment).stages]
        assert stages == ["unconditional", *(f"given_{k}" for k in range(endowment + 1))]


@pytest.mark.parametrize(
    ("name", "stage"), [("conditional_contribution", "unconditional"), ("chicken", "choose")]
)
def test_groups_that_differ_in_size_are_refused(name: str, stage: str) -> None:
    game = game_of(name)
    role = game.roles[0]
    play = Play(game, Groups({role: Seats(np.arange(8), np.array([2, 4, 2]))}), chance)
    for each in game.stages:
        play.actions[each.name] = np.zeros(8)
    with pytest.raises(GamesimError, match="differ in size"):
        game.payoffs(play)


def test_announcements_bind_nobody() -> None:
    game = game_of("cheap_talk", talk="number")
    actions = {"announce": [20.0, 20, 20, 7], "contribute": [20.0, 0, 0, 0]}
    assert played(game, actions)["member"] == [10, 30, 30, 30]
    play = Play(game, seated(game, 1), chance)
    play.actions["announce"] = np.array(actions["announce"])
    assert play.shown(game.stage("contribute"))["others_announced"].tolist() == [15.67, 15.67, 15.67, 20]
    play.actions["announce"] = np.array([20, 20, math.nan, 7])
    play.actions["contribute"] = np.array(actions["contribute"])
    assert np.isnan(game.payoffs(play)["member"]).all()
