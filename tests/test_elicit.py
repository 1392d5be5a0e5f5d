"""How models are asked: free answers asked again, JSON schemas, stated distributions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answering import Answer, answering
from badserver import BadServer
from hypothesis import given
from hypothesis import strategies as st

from gamesim import play
from gamesim.actions import Amount, Choice
from gamesim.command import show
from gamesim.elicit.questions import Question
from gamesim.elicit.stated import Shares, read_shares
from gamesim.errors import GamesimError, GamesimWarning
from gamesim.models import Completion, Prompt
from gamesim.policy import STATUSES
from gamesim.run import Run

pytest.importorskip("openai")

Playing = Callable[..., tuple[Run, BadServer]]


@pytest.fixture
def playing(monkeypatch: pytest.MonkeyPatch) -> Playing:
    """Play a game with a served model whose answers the test writes."""

    def run(answer: Answer, game: str = "dictator", options: str = "", **given: Any) -> tuple[Run, BadServer]:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        with answering(answer) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            return play(game, f"openai:some{options}", **{"n": 20, "seed": 1, **given}), server

    return run


def last(asked: dict[str, Any]) -> str:
    return str(asked["messages"][-1]["content"])


def test_a_bad_answer_is_asked_again_with_the_reason(playing: Playing) -> None:
    def answer(asked: dict[str, Any]) -> str:
        return "[40]" if "cannot be used" in last(asked) else "I would give [400]"

    run, server = playing(answer, options="@structured=off")
    assert (run.decisions["status"] == "ok").all()
    assert (run.decisions["attempts"] == 2).all()
    assert len(server.requests) == 20
    again = next(one for one in server.requests if len(one["messages"]) == 4)
    assert again["messages"][2] == {"role": "assistant", "content": "I would give [400]"}
    assert "not one of the possible answers, which are numbers from 0 to 100" in last(again)
    assert "in square brackets" in last(again)
    reply = run.replies[0]
    assert reply["raw"] == "I would give [400]"
    assert [each["raw"] for each in reply["again"]] == ["[40]"]


def test_asking_again_ends_and_nothing_is_invented(playing: Playing) -> None:
    run, server = playing(lambda asked: "Well, it depends.", options="@structured=off@reask=3", n=4)
    assert run.decisions["action"].isna().all()
    assert (run.decisions["status"] == "unreadable").all()
    assert (run.decisions["attempts"] == 4).all()
    assert len(server.requests) == 2 * 4
    assert len({(json.dumps(one["messages"]), one["seed"]) for one in server.requests}) == len(
        server.requests
    )


def test_a_refusal_stands(playing: Playing) -> None:
    run, server = playing(
        lambda asked: "I'm sorry, but I can't take part in this.", options="@structured=off", n=4
    )
    assert (run.decisions["status"] == "refused").all()
    assert len(server.requests) == 2


def test_thinking_that_leaves_no_room_is_asked_again_without_inventing_a_turn(playing: Playing) -> None:
    def answer(asked: dict[str, Any]) -> str | tuple[str, str]:
        return "[10]" if "asked again" in last(asked) else ("<think>Let me see", "length")

    run, server = playing(answer, options="@structured=off", n=4)
    assert (run.decisions["status"] == "ok").all()
    assert all(one["messages"][-2]["role"] == "system" for one in server.requests)


def test_a_server_that_takes_schemas_is_held_to_them(playing: Playing) -> None:
    run, server = playing(lambda asked: '{"answer": 30}')
    assert (run.decisions["action"] == 30).all()
    assert (run.decisions["read_as"] == "structured").all()
    wanted = server.requests[0]["response_format"]["json_schema"]["schema"]["properties"]["answer"]
    assert wanted == {"type": "integer", "minimum": 0, "maximum": 100}


def test_a_server_without_schemas_is_asked_for_brackets_and_it_is_said(playing: Playing) -> None:
    def answer(asked: dict[str, Any]) -> str | int:
        return 400 if "response_format" in asked else "[30]"

    with pytest.warns(UserWarning, match="takes no JSON schema"):
        run, server = playing(answer, rounds=2)
    assert (run.decisions["read_as"] == "bracket").all()
    assert sum("response_format" in one for one in server.requests) == 1
    assert any("takes no JSON schema" in note for note in run.settings.notes)


def test_a_server_that_takes_one_kind_of_schema_loses_no_stage(playing: Playing) -> None:
    def answer(asked: dict[str, Any]) -> str | int:
        choice = (
            "You are offered" in last(asked) or "ould be yours" in last(asked) or "gives you" in last(asked)
        )
        if "response_format" not in asked:
            return "[accept]" if choice else "[30]"
        return 400 if choice else '{"answer": 30}'

    with pytest.warns(UserWarning, match="takes no JSON schema"):
        run, _ = playing(answer, game="ultimatum", sequential=True)
    assert (run.decisions["status"] == "ok").all()
    assert set(run.decisions["read_as"]) == {"structured", "bracket"}


def test_a_schema_names_options_in_the_order_of_the_reader(playing: Playing) -> None:
    run, server = playing(lambda asked: '{"answer": "A"}', game="prisoners_dilemma", n=40)
    enums = [
        one["response_format"]["json_schema"]["schema"]["properties"]["answer"]["enum"]
        for one in server.requests
    ]
    assert all(each == ["A", "B"] for each in enums)
    assert run.decisions["option_order"].nunique() == 2


def test_texts_that_do_not_tell_the_range_are_read_by_each_reader_s_own(
    playing: Playing, tmp_path: Path
) -> None:
    (tmp_path / "trust.toml").write_text(
        '[rules]\ntrustee = "You were sent money."\n[ask]\nreturn = "How much do you return?"\n'
    )

    def answer(asked: dict[str, Any]) -> str:
        return "[90]" if "You were sent" in json.dumps(asked["messages"]) else f"[{asked['seed'] % 2 * 60}]"

    run, server = playing(
        answer, game="trust", options="@structured=off@reask=1", prompts=tmp_path, n=40, seed=3
    )
    table = run.decisions
    returned = table[table["stage"] == "return"]
    sent = returned["seen"].map(lambda text: json.loads(text)["send"])
    assert set(sent) == {0, 60}
    assert (returned["status"][sent == 60] == "ok").all()
    assert (returned["status"][sent == 0] == "out_of_range").all()
    assert any("numbers from 0 to 0" in last(one) for one in server.requests)


def test_half_a_character_of_an_answer_ends_no_run(playing: Playing, tmp_path: Path) -> None:
    run, _ = playing(lambda asked: "[40] \ud83d", options="@structured=off", out=tmp_path / "run")
    assert (run.decisions["action"] == 40).all()
    assert run.replies[0]["raw"] == "[40] ?"


def test_a_stated_distribution_gives_every_agent_its_quantile(playing: Playing) -> None:
    lines = "[0]: 25%\n[20]: 25%\n[50]: 50%"
    run, server = playing(lambda asked: lines, options="@elicit=verbalized@structured=off@wording=0", n=2000)
    assert len(server.requests) == 1
    assert (run.decisions["elicitation"] == "verbalized").all()
    shares = run.decisions["action"].value_counts(normalize=True)
    assert set(shares.index) == {0, 20, 50}
    assert shares[50] == pytest.approx(0.5, abs=0.05)
    assert "answer for yourself" in last(server.requests[0])
    assert run.replies[0]["probabilities"] == [0.25, 0.25, 0.5]


def test_a_stated_distribution_has_room_and_is_asked_again_as_one(playing: Playing) -> None:
    def answer(asked: dict[str, Any]) -> str:
        return "[0]: 100%" if "cannot be used" in last(asked) else "[0]: 60%"

    run, server = playing(answer, options="@elicit=verbalized@structured=off@wording=0")
    assert (run.decisions["attempts"] == 2).all()
    assert "no distribution could be read in it" in last(server.requests[1])
    assert "single" not in last(server.requests[1])
    assert all(one["max_tokens"] == 1000 for one in server.requests)
    _, server = playing(answer, options="@elicit=verbalized@structured=off@wording=0@max_new_tokens=80")
    assert all(one["max_tokens"] == 80 for one in server.requests)


def test_an_agent_stays_the_same_quantile_for_the_whole_session(playing: Playing) -> None:
    lines = "\n".join(f"[{give}]: 10%" for give in range(0, 100, 10))
    run, _ = playing(
        lambda asked: lines, options="@elicit=verbalized@structured=off@wording=0", n=200, rounds=3
    )
    given = run.decisions.pivot_table(index="agent", columns="round", values="action")
    assert (given.nunique(axis=1) == 1).all()
    assert given[1].nunique() == 10


def test_a_stated_distribution_comes_as_json_where_the_server_can(playing: Playing) -> None:
    stated = {"distribution": [{"answer": 0, "percent": 40}, {"answer": 50, "percent": 60}]}
    run, server = playing(lambda asked: json.dumps(stated), options="@elicit=verbalized")
    assert set(run.decisions["action"]) == {0, 50}
    assert "distribution" in server.requests[0]["response_format"]["json_schema"]["schema"]["properties"]


def test_a_pack_without_the_game_is_told(playing: Playing, tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text("", encoding="utf-8")
    told = f"prompts {str(tmp_path)!r}: holds no dictator.toml, so our own texts are read"
    with pytest.warns(GamesimWarning, match="holds no dictator.toml"):
        run, _ = playing(lambda asked: '{"answer": 5}', prompts=tmp_path)
    assert told in run.settings.notes
    run, _ = playing(lambda asked: '{"answer": 5}', game="trust", prompts=tmp_path)
    assert run.settings.notes == []


def test_a_pack_that_nobody_reads_is_told(playing: Playing, tmp_path: Path) -> None:
    (tmp_path / "dictator.toml").write_text("", encoding="utf-8")
    told = "no agent of this run reads texts: --prompts changes nothing"
    assert told in play("dictator", "uniform", n=2, prompts=tmp_path).settings.notes
    run, _ = playing(lambda asked: '{"answer": 5}', prompts=tmp_path)
    assert told not in run.settings.notes


def test_where_no_answer_can_be_used_the_next_step_is_to_read_them(
    playing: Playing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = playing(lambda asked: "no idea", out=tmp_path / "run")
    show.result(run, run.compare(), quiet=False, json=False, plot=None, played=True)
    said = capsys.readouterr().out
    assert f"next:  gamesim replay {run.folder}" in said
    assert "--allow" not in said


def test_an_unreadable_distribution_moves_nobody(playing: Playing) -> None:
    run, server = playing(lambda asked: "[50]: 20%", options="@elicit=verbalized@structured=off@reask=1", n=4)
    assert "no distribution could be read in it" in last(server.requests[-1])
    assert run.decisions["action"].isna().all()
    assert (run.decisions["status"] == "unreadable").all()
    assert (run.decisions["attempts"] == 2).all()


TEN = Amount(0, 10)
YES = Choice(("accept", "reject"))


def shares(text: str, space: Amount | Choice = TEN, finish: str = "stop") -> Shares:
    return read_shares(Completion(text, finish), Question(Prompt("?"), space, (), space.support()))


@pytest.mark.parametrize(
    ("text", "space", "status"),
    [
        ("[0]: 40%\n[10]: 60%", TEN, "ok"),
        ("- [0]: 40 %\n- [10]: 60 percent", TEN, "ok"),
        ("0: 40\n10: 60", TEN, "ok"),
        ("Here you are:\n[0]: 40%\n[10]: 58%", TEN, "ok"),
        ('```json\n{"distribution": [{"answer": 3, "percent": 100}]}\n```', TEN, "ok"),
        ("[accept]: 80%\n[reject]: 20%", YES, "ok"),
        ("accept: 80%\nreject: 20%", YES, "ok"),
        ("[0]: 40%\n[10]: 20%", TEN, "unreadable"),
        ("[0]: 40%\n[0]: 60%", TEN, "unreadable"),
        ("[0-5]: 40%\n[10]: 60%", TEN, "unreadable"),
        ("[0]: 40%\n[11]: 60%", TEN, "out_of_range"),
        ("[0]: 40%\n[10] gets maybe 60% of them", TEN, "unreadable"),
        (
            '{"distribution": [{"answer": 3, "percent": -10}, {"answer": 4, "percent": 110}]}',
            TEN,
            "unreadable",
        ),
        ('{"distribution": "half and half"}', TEN, "unreadable"),
        ("most give half", TEN, "unreadable"),
        ("", TEN, "unreadable"),
        ("0: 48%\n10: 49%\nand 3% give 5", TEN, "unreadable"),
        ("0: 48%\n10: 52%\nThese add up to 100 %.", TEN, "ok"),
        (
            'I say:\n```json\n{"distribution": [\n{"answer": 3,\n"percent": 100}]}\n```\nas asked',
            TEN,
            "ok",
        ),
        ("-5: 60%\n- 5: 40%", Amount(-10, 10), "ok"),
        ("-5: 100%", TEN, "out_of_range"),
    ],
)
def test_stated_distributions_are_read_whole_or_not_at_all(
    text: str, space: Amount | Choice, status: str
) -> None:
    read = shares(text, space)
    assert STATUSES[read.status] == status
    if status == "ok":
        assert read.probabilities.sum() == pytest.approx(1)


@given(st.lists(st.integers(0, 100), min_size=11, max_size=11).filter(any))
def test_any_distribution_survives_being_written_and_read(weights: list[int]) -> None:
    p = np.array(weights) / sum(weights)
    text = "\n".join(f"[{value}]: {100 * share:.6f}%" for value, share in enumerate(p))
    read = shares(text)
    assert STATUSES[read.status] == "ok"
    assert np.allclose(read.probabilities, p, atol=1e-6)


def test_a_distribution_that_was_cut_off_says_so() -> None:
    assert STATUSES[shares("[0]: 40%\n[5]:", finish="length").status] == "truncated"


@pytest.mark.parametrize("option", ["wording", "order"])
def test_a_digit_that_is_no_number_is_refused(playing: Playing, option: str) -> None:
    with pytest.raises(GamesimError, match=f"{option}=² is neither 'vary' nor a number"):
        playing(lambda asked: "[5]", options=f"@{option}=²")


def test_on_a_network_it_is_said_what_models_are_not_told(playing: Playing) -> None:
    run, _ = playing(
        lambda asked: "[5]", game="public_goods", options="@structured=off", network="cycle:n=6", n=None
    )
    assert any(
        "is told how many neighbours it has, but neither who they are" in note for note in run.settings.notes
    )
    alone, _ = playing(lambda asked: "[5]", game="public_goods", options="@structured=off", n=8)
    assert not alone.settings.notes


def test_what_was_played_with_other_texts_is_not_taken_up(playing: Playing, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "dictator.toml").write_text('[ask]\ngive = "How much?"\n')

    def play(**more: Any) -> Run:
        given = {"out": tmp_path / "run", "resume": True, "prompts": pack}
        return playing(lambda asked: "[5]", options="@structured=off", **(given | more))[0]

    def server_of(run: Run) -> str:
        return str(run.settings.policies["openai:some@structured=off"]["model"]["base_url"])

    whole = play()
    record = tmp_path / "run" / "run.json"
    for change, what in (
        ({"prompts": None}, "the files behind its agents"),
        ({"fixed_wording": True}, "fixed_wording was False there and is True"),
        ({}, "the servers behind its agents"),
    ):
        with pytest.raises(GamesimError, match=f"cannot be resumed, since {what}"):
            play(**change)
    with pytest.raises(GamesimError, match="the cache of answers, which is switched off"):
        play(cache=False)
    (pack / "dictator.toml").write_text('[ask]\ngive = "How much now?"\n')
    with pytest.raises(GamesimError, match="the files behind its agents"):
        play()
    assert json.loads(record.read_text())["status"] == "complete"
    assert server_of(whole) in record.read_text()
