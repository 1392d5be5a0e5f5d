"""Runs read again, and hostile text on the way to a terminal."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelserver import serving
from typed import Command

import gamesim
from gamesim.command.replay import as_json, as_text, turns
from gamesim.command.shown import marked, printable
from gamesim.models.opening import open_model

EVIL = "\x1b[2J\x1b]0;owned\x07 \x9b31m\r\u202e[bold]no[/bold] \x00\u2066 :smile:"


@pytest.fixture
def command(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    open_model.cache_clear()
    return command


def check_harmless(text: str) -> None:
    hidden = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert not hidden, ascii(text)


# What is shown.


@given(st.text())
def test_nothing_hidden_is_left_and_letters_stay(text: str) -> None:
    check_harmless(printable(text).translate({0x200C: None, 0x200D: None}))
    assert "\n" not in printable(text, lines=False)
    letters = "".join(c for c in text if unicodedata.category(c)[0] in "LMN")
    assert printable(letters) == letters


def test_controls_become_visible_and_markup_stays_text() -> None:
    assert printable("a\x1b[31m\r\nb\x9b\u202e\ud800") == "a\\x1b[31m\\r\nb\\x9b\\u202e\\ud800"
    assert printable("a\nb", lines=False) == "a\\nb"
    assert marked("[bold]x[/bold]") == r"\[bold]x\[/bold]"


# Transcripts.


def text(run: gamesim.Run, **options: Any) -> str:
    full = bool(options.pop("full", False))
    return "\n".join(as_text(run, turns(run, **options), full=full))


def test_a_rule_is_shown_by_its_action_with_what_it_saw() -> None:
    run = gamesim.play("trust", agents="investor=fixed@action=40,trustee=equal_split", n=4)
    shown = text(run, group=1)
    assert "== round 1, group 1" in shown
    assert "group 0" not in shown
    assert "did       40" in shown
    assert "saw       send = 40" in shown
    assert shown.index("trust.send") < shown.index("trust.return")
    assert "system" not in shown


def test_exact_probabilities_are_shown_with_the_likeliest_actions() -> None:
    run = gamesim.play("prisoners_dilemma", agents="mini", n=2)
    (first, _) = turns(run)
    assert first.options == 2
    assert {name for name, _ in first.likeliest} == {"cooperate", "defect"}
    assert first.likeliest[0][1] >= first.likeliest[1][1]
    assert first.probability == pytest.approx(dict(first.likeliest)[str(first.label)])
    shown = text(run)
    assert f"did       {first.label} (probability {first.probability:.3g}; likeliest: " in shown
    assert "legal mass" in shown
    assert "101 actions alike" in text(gamesim.play("dictator", agents="uniform", n=2))


def test_rules_are_printed_once_a_player_unless_in_full() -> None:
    run = gamesim.play("dictator", agents="mini", n=4, rounds=3)
    (brief, full) = (text(run, agent=0), text(run, agent=0, full=True))
    rule = "The other person has no say"
    assert rule in full
    assert (brief.count(rule), full.count(rule)) == (1, 3)
    assert (brief.count("(as before)"), full.count("(as before)")) == (2, 0)


@pytest.fixture
def asked_again(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Play a served model, and put into the record that it was asked again."""
    pytest.importorskip("openai")
    folder = tmp_path / "run"
    with serving(["evil"], [f"{EVIL} five", "\x1bc\x9b1m\u202e [40]"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        agents = f'openai:"evil{EVIL}"@elicit=sample'
        code, out, err = command("play", "dictator", "--agents", agents, "--n", "8", "--out", "run")
    assert code == 0, err
    assert "[bold]no[/bold]" in "".join(out.split())
    check_harmless(out + err)
    lines = [json.loads(line) for line in (folder / "replies.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        line["earlier"] = [[f"before {EVIL}", "[1]"]]
        line["again"] = [{"user": f"why {EVIL}", "raw": f"{EVIL} sorry", "finish": "length", "error": EVIL}]
    (folder / "replies.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


def test_hostile_answers_reach_no_terminal(asked_again: Path, command: Command) -> None:
    for arguments in (
        ("replay",),
        ("replay", "--full"),
        ("replay", "--json"),
        ("compare",),
        ("compare", "--json"),
    ):
        code, out, err = command(arguments[0], str(asked_again), *arguments[1:])
        assert code == 0, err
        assert "evil" in out
        check_harmless(out)
        check_harmless(err)
    _, out, _ = command("replay", str(asked_again))
    for words in (
        r"\x1b[2J\x1b]0;owned\x07",
        "[bold]no[/bold]",
        ":smile:",
        "again     why",
        "earlier   before",
    ):
        assert words in out
    assert "nothing: unreadable" in out
    assert "cut off at the limit" in out


def test_hostile_words_in_errors_and_listings_reach_no_terminal(command: Command) -> None:
    for arguments in (
        ("play", f"dicta{EVIL}"),
        ("play", "dictator", "--agents", f"fixed@action={EVIL}"),
        ("show", f"x{EVIL}.py"),
        ("humans", EVIL),
        ("replay", f"run{EVIL.replace(chr(0), '')}"),
    ):
        code, out, err = command(*arguments)
        assert code == 2
        assert r"\x1b[2J" in err
        assert err.count("\n") == 1
        check_harmless(out + err)


def test_the_cache_lists_hostile_names(asked_again: Path, command: Command) -> None:
    code, out, err = command("cache", "show")
    assert code == 0, err
    assert "evil" in out
    check_harmless(out)


def test_numbers_that_are_not_there_are_told_with_those_that_are(command: Command) -> None:
    assert command("play", "ultimatum", "--agents", "spe", "--n", "40", "--out", "run", "-q")[0] == 0
    for option, words in (
        ("--group", "--group 99: there is no such group here (groups: 0 to 19)"),
        ("--round", "--round 99: there is no such round here (rounds: 1)"),
        ("--session", "--session 99: there is no such session here (sessions: 0)"),
    ):
        code, out, err = command("replay", "run", option, "99")
        assert (code, out, err) == (2, "", f"gamesim: {words}\n")


def test_an_interrupted_run_without_replies_is_read(command: Command, tmp_path: Path) -> None:
    assert command("play", "dictator", "--agents", "mini", "--n", "4", "--out", "run", "-q")[0] == 0
    folder = tmp_path / "run"
    (folder / "decisions").mkdir()
    (folder / "decisions.parquet").rename(folder / "decisions" / "part-00001.parquet")
    settings = (folder / "run.json").read_text("utf-8").replace('"complete"', '"running"')
    (folder / "run.json").write_text(settings, "utf-8")
    (folder / "replies.jsonl").unlink()
    code, out, err = command("replay", "run")
    assert code == 0, err
    assert "this run is running" in out
    assert out.count("did ") == 2


def test_the_document_holds_every_text_in_full() -> None:
    run = gamesim.play("dictator", agents="mini", n=4, rounds=2)
    document = json.loads(as_json(run, turns(run)))
    assert document["game"] == "dictator"
    assert len(document["decisions"]) == 4
    assert all(each["user"] and each["system"] and each["options"] for each in document["decisions"])
    assert [each["round"] for each in document["decisions"]] == [1, 1, 2, 2]
