from __future__ import annotations

import dataclasses
import itertools
import json
import math
import pickle
import string
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games, only, played, plays, rebuilt, seated

from gamesim import catalog
from gamesim.actions import Amount, Choice, Text
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Game, Play, parameter, stage
from gamesim.groups import Groups, Seats
from gamesim.prompt import NO_DECISION, Round, history, instructions, question, told, wordings
from gamesim.prompt.wording import own
from gamesim.prompt.words import terms
from gamesim.streams import Draws, Floats

GAMES = list(all_games())
EARNS = 1e-9
MOVES = 100
"""Moves of nature under which earnings are averaged."""

# Words that say the same thing: whoever is told of the others can count the group, and so on.
SAME = {"others": "group_size", "safe": "boxes"}

every_game = pytest.mark.parametrize("name", GAMES)


def payoff_total(play: Play) -> Floats:
    """Sum over each group what its seats earn: (G,) float."""
    earned = play.game.payoffs(play)
    total = np.zeros(len(play.groups))
    for role, values in earned.items():
        total += play.seats(role).total(values)
    return total


class Laid(Draws):
    """One of `MOVES` numbers evenly spread between 0 and 1, by address, instead of a draw."""

    def uniform(self, purpose: str = "action") -> Floats:
        return np.full(len(self.agent), (int(self.address[0]) + 0.5) / MOVES)


def under(play: Play, move: int) -> Play:
    """Give the same play under another move of nature, the same for all groups."""
    other = Play(play.game, play.groups, lambda agents: Laid((move,), 0, agents), play.messages)
    other.actions = play.actions
    return other


def test_the_catalogue_holds_the_games_of_the_contract() -> None:
    names = set(catalog.names("games"))
    assert names >= {
        "beauty_contest",
        "bomb_risk",
        "dictator",
        "prisoners_dilemma",
        "public_goods",
        "trust",
        "ultimatum",
    }


@every_game
@given(data=st.data())
def test_legal_plays_pay_every_seat_a_finite_amount(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    play = data.draw(plays(game))
    earned = game.payoffs(play)
    assert set(earned) == set(game.roles)
    for role, values in earned.items():
        assert values.shape == (len(play.groups) * game.seats_of(role),)
        assert values.dtype == np.float64
        assert np.isfinite(values).all()


@every_game
@given(data=st.data())
def test_actions_drawn_from_a_space_are_legal_in_it(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    play = data.draw(plays(game))
    for each in game.stages:
        assert each.space(game, play).contains(play[each.name]).all()


@every_game
@given(data=st.data())
def test_a_batch_is_its_groups_one_by_one(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    play = data.draw(plays(game, least=2))
    whole = game.payoffs(play)
    for g in range(len(play.groups)):
        alone = game.payoffs(only(play, [g]))
        for role, values in alone.items():
            expected = whole[role].reshape(-1, game.seats_of(role))[g]
            np.testing.assert_allclose(values, expected, rtol=0, atol=EARNS)


@every_game
@given(data=st.data())
def test_a_missing_action_voids_its_group_and_no_other(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    play = data.draw(plays(game, least=2))
    whole = game.payoffs(play)
    for each in game.stages:
        actions = play[each.name].copy()
        seats = game.seats_of(game.decider(each.name))
        hole = data.draw(st.integers(0, seats - 1))
        actions[hole] = np.nan
        holed = rebuilt(play, {each.name: actions})
        void = play.groups.void(holed.actions, {s.name: game.decider(s.name) for s in game.stages})
        assert void.tolist() == [True] + [False] * (len(play.groups) - 1)
        for role, values in game.payoffs(holed).items():
            k = game.seats_of(role)
            assert np.isnan(values[:k]).all(), f"{role} of the void group earns {values[:k]}"
            np.testing.assert_allclose(values[k:], whole[role][k:], rtol=0, atol=EARNS)
        for role, notices in game.feedback(holed).items():
            for what, values in notices.items():
                k = game.seats_of(role)
                np.testing.assert_array_equal(values[k:], game.feedback(play)[role][what][k:])


@every_game
@given(data=st.data())
def test_no_group_earns_more_than_is_efficient(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    most = game.efficient_payoff()
    assert not math.isnan(most), f"{name}: efficient_payoff has to give the largest total of a group"
    play = data.draw(plays(game))
    totals = np.array([payoff_total(under(play, move)) for move in range(MOVES)])
    # Where chance decides, the total that counts is that on average, here over moves that are laid out.
    coarse = np.ptp(totals, axis=0) / MOVES
    assert (totals.mean(axis=0) <= most + coarse + 1e-6).all()


@every_game
@given(data=st.data())
def test_swapping_seats_of_a_role_swaps_what_they_earn(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    role = next((r for r in game.roles if game.seats_of(r) > 1), None)
    if role is None:
        return
    k = game.seats_of(role)
    order = np.array(data.draw(st.permutations(range(k))))
    play = data.draw(plays(game))
    place = (np.arange(len(play.groups))[:, None] * k + order).ravel()
    seats = dict(play.groups.seats)
    seats[role] = Seats(seats[role].agent[place], k)
    moved = Play(game, Groups(seats, 1), play.chance_draws)
    moved.actions = {
        stage: values[place] if game.decider(stage) == role else values
        for stage, values in play.actions.items()
    }
    np.testing.assert_allclose(game.payoffs(moved)[role], game.payoffs(play)[role][place], rtol=0, atol=1e-9)


@every_game
def test_a_game_survives_copying_and_storing(name: str) -> None:
    game = all_games()[name]
    assert dataclasses.replace(game) == game
    assert type(game)(**dataclasses.asdict(game)) == game
    assert pickle.loads(pickle.dumps(game)) == game
    assert hash(game) == hash(dataclasses.replace(game))
    # As text, the way it comes from a command line and goes into run.json.
    text = {key: str(value) for key, value in dataclasses.asdict(game).items()}
    assert type(game).from_settings(text) == game
    assert type(game).from_settings(json.loads(json.dumps(dataclasses.asdict(game)))) == game


@every_game
def test_a_game_is_documented(name: str) -> None:
    game = all_games()[name]
    assert game.sources
    assert game.equilibrium
    assert game.efficiency
    assert (type(game).__doc__ or "").strip()
    for key, item in type(game).parameters().items():
        assert item.metadata.get("help"), key
    assert game.stake_parameter in ("", *type(game).parameters())


@every_game
def test_deciding_roles_have_paraphrases(name: str) -> None:
    game = all_games()[name]
    for each in game.stages:
        assert len(game.rules[game.decider(each.name)]) >= 2
        assert len(game.ask[each.name]) >= 2
        assert wordings(game, each.name) >= 6
    for role in game.roles:
        assert game.rules[role]


def fields(template: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    return {SAME.get(each, each) for each in named}


@every_game
def test_every_paraphrase_names_the_same_amounts(name: str) -> None:
    game = all_games()[name]
    asked = [own(type(game)).ask_of(game, each.name) for each in game.stages]
    for texts in (*game.rules.values(), *asked):
        for text in texts:
            assert fields(text) - {"options"} == fields(texts[0]) - {"options"}, text


@every_game
def test_every_wording_renders(name: str) -> None:
    game = all_games()[name]
    for each in game.stages:
        for share in (0.0, 0.5, 1.0):
            seen = game.seen_at(each.name, share)
            written = [told(game, each.name, seen, wording) for wording in range(wordings(game, each.name))]
            assert len({text.user for text in written}) == len(written), "two wordings are the same text"
            for text in written:
                whole = text.system + text.user
                assert "{" not in whole
                assert "}" not in whole
                assert "nan" not in whole.lower().split()
                assert text.user.endswith("and nothing else.")
    for role in dict.fromkeys(game.roles):
        assert "{" not in instructions(game, role)


@every_game
def test_past_rounds_are_told_in_words_with_and_without_decisions(name: str) -> None:
    game = all_games()[name]
    play = Play(game, seated(game, 1), lambda agents: Draws((1,), 0, agents))
    for each in game.stages:
        seats = play.seats(game.decider(each.name))
        play.actions[each.name] = np.broadcast_to(each.space(game, play).at(0.5), (len(seats.agent),))
    earned, fed = game.payoffs(play), game.feedback(play)
    speech = terms(game, messages=play.messages)
    for role in dict.fromkeys(game.roles):
        known = {s.name: float(play[s.name][0]) for s in game.stages if game.decider(s.name) == role}
        known |= {what: float(values[0]) for what, values in fed.get(role, {}).items()}
        known["earned"] = float(earned[role][0])
        line = history(game, role, [Round(known)], speech=speech)
        missing = history(game, role, [Round(dict.fromkeys(known, math.nan))], speech=speech)
        assert "{" not in line
        assert "nan" not in line
        assert NO_DECISION in missing
        assert "nan" not in missing
        if "earned" in game.recall.get(role, ""):
            assert game.money(round(known["earned"], 2)) in line


@every_game
def test_measures_describe_every_decision(name: str) -> None:
    game = all_games()[name]
    measures = game.measures()
    assert list(measures) == [f"{game.name}.{each.name}" for each in game.stages]
    json.dumps(measures)
    for each in game.stages:
        space, told_of = game.space_at_most(each.name), measures[f"{game.name}.{each.name}"]
        assert told_of["low"] == space.support()[0]
        assert told_of["high"] == (space.max_chars if isinstance(space, Text) else space.support()[-1])
        assert (told_of["labels"] is not None) == isinstance(space, Choice)
        assert math.isfinite(told_of["stake"])
        assert told_of["stake"] > 0 or told_of["labels"]


@every_game
def test_the_selfish_plan_is_legal(name: str) -> None:
    game = all_games()[name]
    for each in game.stages:
        space = game.space_at_most(each.name)
        seen = {other: np.array([value]) for other, value in game.seen_at(each.name, 1.0).items()}
        plan = game.selfish(each.name, seen, 1)
        actions = plan.values if isinstance(plan, ActionDistribution) else plan
        assert space.contains(actions).all()


def test_the_dictator_pays_out_the_endowment() -> None:
    game = all_games()["dictator"]
    assert played(game, {"give": [30]}) == {"dictator": [70.0], "recipient": [30.0]}


@pytest.mark.parametrize("name", ["dictator", "dictator-endowment=10-step=0.5"])
@given(data=st.data())
def test_a_dictator_divides_the_endowment(name: str, data: st.DataObject) -> None:
    game = all_games()[name]
    total = payoff_total(data.draw(plays(game)))
    np.testing.assert_allclose(total, game.efficient_payoff())


@pytest.mark.parametrize("name", [n for n in GAMES if n.startswith("ultimatum")])
@given(data=st.data())
def test_an_ultimatum_pays_the_pie_or_nothing(name: str, data: st.DataObject) -> None:
    game: Any = all_games()[name]
    play = data.draw(plays(game))
    pies = [0.0, 0.5, 1.0] if game.both_roles else [0.0, 1.0]
    assert set(np.round(payoff_total(play) / game.endowment, 9)) <= set(pies)


def test_an_ultimatum_of_two_positions_is_the_mean_of_both() -> None:
    game = catalog.find_game("ultimatum").from_settings({"both_roles": True})
    both = played(game, {"offer": [40, 10], "minimum": [30, 20]})
    # The first one's 40 meets a minimum of 20 (accepted), the second one's 10 meets 30 (rejected).
    assert both == {"player": [(60 + 0) / 2, (40 + 0) / 2]}


@pytest.mark.parametrize(
    ("parameters", "actions", "earned"),
    [
        ({}, {"offer": [40], "minimum": [40]}, {"proposer": [60.0], "responder": [40.0]}),
        ({}, {"offer": [39], "minimum": [40]}, {"proposer": [0.0], "responder": [0.0]}),
        ({"sequential": True}, {"offer": [0], "answer": [1]}, {"proposer": [100.0], "responder": [0.0]}),
        ({"sequential": True}, {"offer": [50], "answer": [0]}, {"proposer": [0.0], "responder": [0.0]}),
    ],
)
def test_known_ultimatum_earnings(
    parameters: dict[str, Any], actions: dict[str, list[float]], earned: dict[str, list[float]]
) -> None:
    game = catalog.find_game("ultimatum").from_settings(parameters)
    assert played(game, actions) == earned


@pytest.mark.parametrize("name", [n for n in GAMES if n.startswith("trust")])
@given(data=st.data())
def test_trust_creates_what_is_sent_and_nothing_else(name: str, data: st.DataObject) -> None:
    game: Any = all_games()[name]
    play = data.draw(plays(game))
    total = payoff_total(play)
    np.testing.assert_allclose(total, game.endowment + (game.factor - 1) * play["send"])
    assert (total >= game.endowment - EARNS).all()
    assert (total <= game.factor * game.endowment + EARNS).all()
    assert all((values >= -EARNS).all() for values in game.payoffs(play).values())


def test_known_trust_earnings() -> None:
    game = all_games()["trust"]
    assert played(game, {"send": [50], "return": [60]}) == {"investor": [110.0], "trustee": [90.0]}


@pytest.mark.parametrize("name", [n for n in GAMES if n.startswith("public_goods")])
@given(data=st.data())
def test_public_goods_total_is_what_was_kept_and_what_the_fund_pays(name: str, data: st.DataObject) -> None:
    game: Any = all_games()[name]
    play = data.draw(plays(game))
    given_ = play.seats("member").total(play["contribute"])
    expected = game.group_size * game.endowment + (game.mpcr * game.group_size - 1) * given_
    np.testing.assert_allclose(payoff_total(play), expected)


@pytest.mark.parametrize(
    ("given_", "earned"),
    [
        ([0, 0, 0, 0], [20.0, 20.0, 20.0, 20.0]),
        ([20, 20, 20, 20], [40.0, 40.0, 40.0, 40.0]),
        ([20, 0, 0, 0], [10.0, 30.0, 30.0, 30.0]),
        ([1, 2, 3, 4], [24.0, 23.0, 22.0, 21.0]),
    ],
)
def test_known_public_goods_earnings(given_: list[float], earned: list[float]) -> None:
    assert played(all_games()["public_goods"], {"contribute": given_}) == {"member": earned}


def ragged(hold: str, actions: list[float], sizes: list[int]) -> Play:
    game = catalog.find_game("public_goods").from_settings({"group_size": 4, "mpcr": 0.5, "hold": hold})
    seats = Seats(np.arange(sum(sizes)), np.array(sizes))
    groups = Groups({"member": seats}, 1)
    play = Play(game, groups, lambda agents: Draws((1,), 0, agents))
    play.actions["contribute"] = np.array(actions, dtype=np.float64)
    return play


def test_groups_of_different_size_with_equal_return() -> None:
    play = ragged("mpcr", [20, 0, 10, 10, 10, 0, 0, 5], [2, 5, 1])
    # Fund pays each member half of 20, of 30, of 5.
    assert play.game.payoffs(play)["member"].tolist() == [10, 30, 25, 25, 25, 35, 35, 17.5]
    assert play.total("contribute").tolist() == [20, 20, 30, 30, 30, 30, 30, 5]


def test_groups_of_different_size_with_equal_multiplier() -> None:
    play = ragged("multiplier", [20, 0, 10, 10, 10, 0, 0], [2, 5])
    # The fund doubles: each of two gets 20, each of five gets 12.
    assert play.game.payoffs(play)["member"].tolist() == [20, 40, 22, 22, 22, 32, 32]
    assert play.others_mean("contribute").tolist() == [0, 20, 5, 5, 5, 7.5, 7.5]


def test_a_missing_action_stays_in_its_ragged_group() -> None:
    play = ragged("mpcr", [20, 0, 10, math.nan, 10, 4, 6], [2, 3, 2])
    earned = play.game.payoffs(play)["member"]
    assert np.isnan(earned).tolist() == [False, False, True, True, True, False, False]
    assert play.groups.void(play.actions, {"contribute": "member"}).tolist() == [False, True, False]
    assert play.seats("member").smallest(play["contribute"])[[0, 2]].tolist() == [0, 4]


@pytest.mark.parametrize("name", [n for n in GAMES if n.startswith("beauty_contest")])
@given(data=st.data())
def test_the_prize_is_paid_exactly_once(name: str, data: st.DataObject) -> None:
    game: Any = all_games()[name]
    play = data.draw(plays(game, most=2))
    np.testing.assert_allclose(payoff_total(play), game.prize)


def test_known_beauty_contests() -> None:
    game = catalog.find_game("beauty_contest").from_settings({"group_size": 3, "p": 0.5, "prize": 90})
    # Average 40, target 20.
    assert played(game, {"guess": [20, 40, 60]}) == {"player": [90.0, 0.0, 0.0]}
    # Average 30, target 15: 10 and 20 are equally near.
    assert played(game, {"guess": [10, 20, 60]}) == {"player": [45.0, 45.0, 0.0]}
    assert played(game, {"guess": [7, 7, 7]}) == {"player": [30.0, 30.0, 30.0]}


@given(data=st.data())
def test_bomb_risk_pays_nothing_or_every_box(data: st.DataObject) -> None:
    game: Any = all_games()["bomb_risk-boxes=9-prize=2.5"]
    play = data.draw(plays(game))
    earned = game.payoffs(play)["player"]
    assert ((earned == 0) | (earned == play["open"] * game.prize)).all()


class EveryBox(Draws):
    """Puts the bomb of group i into box i."""

    def uniform(self, purpose: str = "action") -> Floats:
        return (self.agent + 0.5) / len(self.agent)


@pytest.mark.parametrize("boxes", [9, 100])
def test_bomb_risk_pays_its_expected_value_over_all_boxes(boxes: int) -> None:
    game: Any = catalog.find_game("bomb_risk").from_settings({"boxes": boxes, "prize": 2.0})
    play = Play(game, seated(game, boxes), lambda agents: EveryBox((0,), 0, agents))
    means = []
    for k in range(boxes + 1):
        play.actions["open"] = np.full(boxes, float(k))
        means.append(float(game.payoffs(play)["player"].mean()))
        assert means[-1] == pytest.approx(2 * k * (boxes - k) / boxes)
    assert max(means) == pytest.approx(game.efficient_payoff())
    plan = float(np.asarray(game.selfish("open", {}, 1))[0])
    assert means[int(plan)] == pytest.approx(max(means))


@pytest.mark.parametrize(
    ("choices", "earned"),
    [([0, 0], [400, 400]), ([0, 1], [0, 700]), ([1, 0], [700, 0]), ([1, 1], [300, 300])],
)
def test_known_dilemma_earnings(choices: list[float], earned: list[float]) -> None:
    assert played(all_games()["prisoners_dilemma"], {"choose": choices}) == {"player": earned}


def best_replies(own: Floats, tolerance: float = 1e-9) -> list[int]:
    return np.flatnonzero(own >= own.max() - tolerance).tolist()


def mixture(plan: Any) -> Floats:
    """Give a plan for two actions as probabilities."""
    if isinstance(plan, ActionDistribution):
        assert plan.values_of(0).tolist() == [0.0, 1.0]
        return np.asarray(plan.probabilities[0])
    return np.asarray(np.eye(2)[int(plan[0])])


payoff = st.integers(0, 9).map(float)


@given(reward=payoff, sucker=payoff, temptation=payoff, punishment=payoff)
def test_selfish_players_of_a_symmetric_game_are_in_equilibrium(
    reward: float, sucker: float, temptation: float, punishment: float
) -> None:
    game = catalog.find_game("prisoners_dilemma").from_settings(
        {"reward": reward, "sucker": sucker, "temptation": temptation, "punishment": punishment}
    )
    p = mixture(game.selfish("choose", {}, 1))
    own = np.array([[reward, sucker], [temptation, punishment]])
    assert p @ own @ p >= (own @ p).max() - 1e-9


@pytest.mark.parametrize(
    ("payoffs", "cooperates"),
    [
        ({}, 0.0),
        ({"reward": 9, "temptation": 8, "punishment": 7, "sucker": 0}, 0.0),
        ({"reward": 9, "temptation": 3, "punishment": 2, "sucker": 1}, 1.0),
        ({"reward": 6, "temptation": 7, "sucker": 2, "punishment": 0}, 2 / 3),
        ({"reward": 9, "temptation": 8, "sucker": 7, "punishment": 0}, 1.0),
    ],
    ids=["dilemma", "stag hunt, risky", "stag hunt, safe", "chicken", "harmony"],
)
def test_selfish_cooperation_by_kind_of_game(payoffs: dict[str, float], cooperates: float) -> None:
    game = catalog.find_game("prisoners_dilemma").from_settings(payoffs)
    assert mixture(game.selfish("choose", {}, 1))[0] == pytest.approx(cooperates)


@given(cells=st.lists(st.integers(-4, 4).map(float), min_size=8, max_size=8))
def test_selfish_players_of_any_two_by_two_game_are_in_equilibrium(cells: list[float]) -> None:
    kind = catalog.find_game("two_by_two")
    names = [key for key in kind.parameters() if key != "currency"]
    game: Any = kind.from_settings(dict(zip(names, cells, strict=True)))
    row, column = game.tables()
    p, q = mixture(game.selfish("row", {}, 1)), mixture(game.selfish("column", {}, 1))
    assert p @ row @ q >= (row @ q).max() - 1e-9
    assert p @ column @ q >= (p @ column).max() - 1e-9
    pure = [
        (i, j)
        for i, j in itertools.product((0, 1), (0, 1))
        if row[i, j] >= row[1 - i, j] and column[i, j] >= column[i, 1 - j]
    ]
    if pure:
        assert (int(p.argmax()), int(q.argmax())) in pure
        assert set(p) == {0.0, 1.0}
    else:
        np.testing.assert_allclose(row @ q, (row @ q)[0], atol=1e-9)
        np.testing.assert_allclose(p @ column, (p @ column)[0], atol=1e-9)


def test_matching_pennies_are_mixed_half_and_half() -> None:
    game = all_games()["two_by_two"]
    assert mixture(game.selfish("row", {}, 1)).tolist() == [0.5, 0.5]
    assert mixture(game.selfish("column", {}, 1)).tolist() == [0.5, 0.5]
    assert played(game, {"row": [0], "column": [1]}) == {"row": [0.0], "column": [1.0]}


def test_a_selfish_dictator_gives_what_pays_most() -> None:
    game: Any = all_games()["dictator-endowment=10-step=0.5"]
    own = np.array([played(game, {"give": [x]})["dictator"][0] for x in game.space_at_most("give").support()])
    assert best_replies(own) == [int(np.asarray(game.selfish("give", {}, 1))[0])]


def test_selfish_trust_is_backward_induction() -> None:
    game: Any = all_games()["trust-endowment=10-factor=2-step=0.5"]
    sends = game.space_at_most("send").support()
    returned = []
    for sent in sends:
        returns = np.arange(0, game.factor * sent + 0.25, game.step)
        own = np.array([played(game, {"send": [sent], "return": [back]})["trustee"][0] for back in returns])
        best = [float(returns[i]) for i in best_replies(own)]
        assert best == np.asarray(game.selfish("return", {"send": np.array([sent])}, 1)).tolist()
        returned.append(best[0])
    own = np.array(
        [
            played(game, {"send": [s], "return": [r]})["investor"][0]
            for s, r in zip(sends, returned, strict=True)
        ]
    )
    assert [float(sends[i]) for i in best_replies(own)] == np.asarray(game.selfish("send", {}, 1)).tolist()


@pytest.mark.parametrize("sequential", [False, True])
def test_selfish_ultimatum_is_backward_induction(sequential: bool) -> None:
    game: Any = catalog.find_game("ultimatum").from_settings({"endowment": 10, "sequential": sequential})
    offers = game.space_at_most("offer").support()
    second = "answer" if sequential else "minimum"
    plans = [float(np.asarray(game.selfish(second, {"offer": np.array([x])}, 1))[0]) for x in offers]
    for offer, plan in zip(offers, plans, strict=True):
        responder = np.array(
            [
                played(game, {"offer": [offer], second: [y]})["responder"][0]
                for y in game.space_at_most(second).support()
            ]
        )
        assert int(plan) in best_replies(responder)
    proposer = np.array(
        [played(game, {"offer": [x], second: [y]})["proposer"][0] for x, y in zip(offers, plans, strict=True)]
    )
    assert best_replies(proposer) == [int(np.asarray(game.selfish("offer", {}, 1))[0])]


@pytest.mark.parametrize("mpcr", [0.2, 0.5, 0.99, 1.2])
@given(others=st.lists(st.integers(0, 20), min_size=3, max_size=3))
def test_a_selfish_member_contributes_what_pays_most(mpcr: float, others: list[int]) -> None:
    game = catalog.find_game("public_goods").from_settings({"mpcr": mpcr})
    own = np.array(
        [
            played(game, {"contribute": [x, *others]})["member"][0]
            for x in game.space_at_most("contribute").support()
        ]
    )
    assert best_replies(own) == [int(np.asarray(game.selfish("contribute", {}, 1))[0])]


@given(others=st.lists(st.integers(0, 20), min_size=4, max_size=4))
def test_guessing_zero_is_a_best_reply_to_zeros(others: list[int]) -> None:
    game = all_games()["beauty_contest-group_size=5-highest=20"]
    own = [played(game, {"guess": [x, 0, 0, 0, 0]})["player"][0] for x in range(21)]
    assert best_replies(np.array(own)) == [0]
    # Whatever the others do, more than p times the highest number never wins more than the highest below it.
    high = played(game, {"guess": [20, *others]})["player"][0]
    assert high <= game.efficient_payoff() / (1 + others.count(20)) + EARNS


def test_equal_splits_earn_the_same() -> None:
    for name, actions in {
        "dictator": {"give": 50.0},
        "ultimatum": {"offer": 50.0, "minimum": 50.0},
        "trust": {"send": 100.0, "return": 150.0},
    }.items():
        game = all_games()[name]
        for stage_name, action in actions.items():
            seen = {"send": np.array([100.0])}
            assert game.equal_split(stage_name, seen, 1).tolist() == [action]
        earned = played(game, {key: [value] for key, value in actions.items()})
        first, second = earned.values()
        assert first == second


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("dictator", {"endowmnt": "50"}, "did you mean 'endowment'"),
        ("dictator", {"endowment": "-5"}, "endowment = -5.0 must be above 0"),
        ("dictator", {"endowment": "lots"}, "is not a number"),
        ("dictator", {"endowment": "nan"}, "is not a finite number"),
        ("dictator", {"endowment": "10.5"}, "is not a whole number of steps"),
        ("public_goods", {"group_size": "2.5"}, "is not a whole number"),
        ("public_goods", {"group_size": "1"}, "must be at least 2"),
        ("public_goods", {"hold": "multiplyer"}, "did you mean 'multiplier'"),
        ("trust", {"factor": "2.5"}, "must be a whole number"),
        ("trust", {"factor": "1"}, "must be above 1"),
        ("ultimatum", {"sequential": "maybe"}, "is neither true nor false"),
        ("cheap_talk", {"max_chars": True}, "max_chars = True is not a number"),
        ("ultimatum", {"sequential": "yes", "both_roles": "yes"}, "exclude each other"),
        ("beauty_contest", {"p": "0"}, "must be above 0"),
    ],
)
def test_wrong_parameters_are_refused_in_one_sentence(
    name: str, settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(GamesimError, match=sentence) as caught:
        catalog.find_game(name).from_settings(settings)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value) or "step" in str(caught.value)


def test_a_stage_that_sees_what_does_not_exist_fails_when_it_is_written() -> None:
    with pytest.raises(GamesimError, match="sees 'sent', but earlier stages are: send"):

        @dataclass(frozen=True)
        class Wrong(Game):
            endowment: float = parameter(10.0, help="money")

            @stage(by="player")
            def send(self, play: Play) -> ActionSpace:
                return Amount(0, self.endowment)

            @stage(by="player", sees=("sent",))
            def back(self, play: Play) -> ActionSpace:
                return Choice(("a", "b"))


def test_questions_name_what_was_seen() -> None:
    game = all_games()["trust"]
    for wording in range(wordings(game, "return")):
        text = question(game, "return", {"send": 20.0}, wording)
        assert "$20" in text
        assert "$60" in text
    assert "30 points" in catalog.find_game("ultimatum").from_settings(
        {"currency": "points", "sequential": True}
    ).money(30.0)
