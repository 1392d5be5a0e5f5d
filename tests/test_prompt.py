from __future__ import annotations

import math

import numpy as np
import pytest
from strategies import Watcher, all_games, observed, simulate

from gamesim import catalog
from gamesim.actions import Amount, Choice
from gamesim.prompt import NO_DECISION, answer_format, history, instructions, question, texts, wordings
from gamesim.reading import read_answer

GAMES = list(all_games())
every_game = pytest.mark.parametrize("name", GAMES)


@every_game
def test_rows_that_know_the_same_share_a_text_and_others_do_not(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 3 if len(game.roles) < 20 else 1, rounds=2):
        written, row = texts(obs)
        assert len(set(written)) == len(written)
        assert sorted(set(row)) == list(range(len(written)))
        alone = [texts(obs.take(np.array([decider])))[0][0] for decider in range(len(obs))]
        assert [written[i] for i in row] == alone


@every_game
def test_what_is_seen_and_what_is_legal_stands_in_the_text(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 3 if len(game.roles) < 20 else 1):
        written, row = texts(obs)
        for decider, i in enumerate(row):
            text = written[i].user
            for stage, values in obs.seen.items():
                space = game.space_at_most(stage)
                value = float(values[decider])
                assert (game.money(value) if isinstance(space, Amount) else space.write(value)) in text
            space = obs.space.take(np.array([decider]))
            for action in space.support()[[0, -1]]:
                assert not math.isnan(read_answer(f"[{space.write(float(action))}]", space).action)


@every_game
def test_wordings_differ_and_wrap_around(name: str) -> None:
    game = all_games()[name]
    obs = observed(game, 1)[0]
    count = wordings(game, obs.stage)
    all_texts = [texts(obs, np.full(len(obs), variant))[0][0] for variant in range(count)]
    assert len(set(all_texts)) == count
    mixed, row = texts(obs, np.arange(len(obs)) % count)
    assert [mixed[i] for i in row] == [all_texts[variant] for variant in np.arange(len(obs)) % count]


def test_a_first_round_of_one_says_nothing_of_rounds() -> None:
    text = texts(observed(all_games()["dictator"], 1)[0])[0][0].user
    assert "Round" not in text
    assert "so far" not in text
    assert "$100" in text
    assert text.endswith("Answer with a whole number in square brackets and nothing else.")


def test_repeated_rounds_are_announced_with_who_is_met() -> None:
    game = all_games()["prisoners_dilemma"]
    for matching, words in (
        ("stranger", "other people drawn at random each time"),
        ("partner", "the same people each time"),
        ("round_robin", "somebody new each time"),
    ):
        watcher = Watcher()
        simulate(game, [watcher], 4, rounds=2, matching=matching)
        first, second = (texts(obs)[0][0].user for obs in watcher.shown)
        assert f"You do this 2 times, with {words}" in first
        assert "Round 1. " in first
        assert "so far" not in first
        assert "Round 2. " in second
        assert "What happened so far:\n" in second
        assert "you chose" in second


def test_nobody_is_met_alone() -> None:
    for obs in observed(all_games()["bomb_risk"], 2, rounds=2):
        assert "with other people" not in texts(obs)[0][0].user


def test_the_past_is_the_own_one() -> None:
    for obs in observed(all_games()["trust"], 3, rounds=3):
        written, row = texts(obs)
        for decider, i in enumerate(row):
            past = [line for line in written[i].user.splitlines() if line.startswith("- Round ")]
            assert len(past) == obs.round - 1
            own = obs.past.own(obs.stage)
            for t, line in enumerate(past):
                assert f"${own[t, decider]:g}" in line


def test_known_history() -> None:
    game = all_games()["ultimatum"]
    told = history(game, "proposer", [{"offer": 40.0, "accepted": 1.0, "earned": 60.0}])
    assert "you offered $40, which was accepted, and you earned $60" in told
    void = history(game, "proposer", [{"offer": 40.0, "accepted": math.nan, "earned": math.nan}])
    assert f"which was {NO_DECISION}" in void


def test_amounts_are_written_in_the_currency_of_the_game() -> None:
    game = catalog.find_game("trust").from_settings({"currency": "points", "endowment": 10, "step": 0.5})
    assert "10 points" in instructions(game, "trustee")
    assert "0.5 points was sent" in question(game, "return", {"send": 0.5}, 1)
    assert "1.5 points" in question(game, "return", {"send": 0.5})


def test_the_form_of_the_answer_fits_the_space() -> None:
    assert "[A] or [B]" in answer_format(Choice(("x", "y"), ("A", "B")))
    assert "a whole number" in answer_format(Amount(0, 10))
    assert "a whole number" not in answer_format(Amount(0, 10, 0.5))


def test_options_read_neutrally() -> None:
    for name in ("prisoners_dilemma", "two_by_two"):
        for obs in observed(all_games()[name], 3, rounds=2):
            for text in texts(obs)[0]:
                for loaded in ("cooperat", "defect", "dilemma", "betray"):
                    assert loaded not in text.user.lower()


def test_a_parameter_is_told_exactly() -> None:
    game = catalog.find_game("public_goods").from_settings({"mpcr": "0.375"})
    assert all(
        "0.375" in instructions(game, "member", "contribute", 3 * i) for i in range(len(game.rules["member"]))
    )


def test_the_step_of_an_answer_is_told() -> None:
    assert "multiple of 5" in answer_format(Amount(0, 100, 5))
    assert "whole number" in answer_format(Amount(0, 100))
