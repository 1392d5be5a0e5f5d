"""A person at a terminal: the installed command behind a pseudo-terminal."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")

PROMPT = "] > "
PATIENCE = 30.0
"""Seconds after which a session that does not answer has failed."""

pytestmark = pytest.mark.slow


class Terminal:
    """A session with the command: what it printed, and what is typed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.text = ""
        self._mine, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gamesim", "play", *arguments, "--out", "run"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "120", "HF_HUB_OFFLINE": "1"},
        )
        os.close(theirs)

    def asked(self, times: int) -> str:
        """Wait until it has asked so many times, and give what it printed."""
        end = time.monotonic() + PATIENCE
        while self.text.count(PROMPT) < times:
            assert time.monotonic() < end, f"waited in vain for a question:\n{self.text}"
            assert self._read(), f"it ended before it asked:\n{self.text}"
        return self.text

    def type(self, line: str) -> None:
        os.write(self._mine, line.encode() + b"\n")

    def end_input(self) -> None:
        os.write(self._mine, b"\x04")

    def interrupt(self) -> None:
        time.sleep(
            1
        )  # a signal between the question and the wait for its answer goes unseen until a key is hit
        self._process.send_signal(signal.SIGINT)

    def finish(self) -> int:
        """Wait until it ends, and give its exit code."""
        end = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < end, f"it does not end:\n{self.text}"
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._mine)

    def _read(self) -> bool:
        """Read what is there; False when the command has closed its side."""
        ready, _, _ = select.select([self._mine], [], [], 0.5)
        if not ready:
            return self._process.poll() is None
        try:
            data = os.read(self._mine, 4096)
        except OSError:
            return False
        self.text += data.decode()
        return bool(data)


def test_bad_input_is_asked_for_again_and_recorded(tmp_path: Path) -> None:
    terminal = Terminal(
        tmp_path, "ultimatum", "--agents", "me,uniform", "--set", "endowment=10", "--rounds", "2"
    )
    try:
        first = terminal.asked(1)
        assert "You are the proposer." in first
        assert "$10" in first
        assert "[0 to 10] > " in first
        for times, line in enumerate(["lots", "11", "4"], start=2):
            terminal.type(line)
            second = terminal.asked(times)
        assert second.count("That is not a legal answer: it must be a whole number from 0 to 10.") == 2
        assert "Round 1: you offered $4" in second
        terminal.type("[5]")
        assert terminal.finish() == 0, terminal.text
    finally:
        terminal.close()
    table = pd.read_parquet(tmp_path / "run" / "decisions.parquet")
    mine = table[table["policy"] == "me"]
    assert mine["decision"].tolist() == ["ultimatum.offer", "ultimatum.offer"]
    assert mine["action"].tolist() == [4, 5]
    assert mine["attempts"].tolist() == [3, 1]
    assert mine["read_as"].tolist() == ["lone number", "bracket"]
    assert set(mine["elicitation"]) == {"keyboard"}
    assert set(mine["status"]) == {"ok"}
    others = table[table["policy"] == "uniform"]
    assert set(others["decision"]) == {"ultimatum.minimum"}
    lines = (tmp_path / "run" / "replies.jsonl").read_text(encoding="utf-8").splitlines()
    replies = [reply for reply in map(json.loads, lines) if reply["policy"] == "me"]
    assert [reply["raw"] for reply in replies] == ["4", "[5]"]


def test_another_seat_and_labels(tmp_path: Path) -> None:
    arguments = ("--agents", "proposer=fixed@action=3,responder=me", "--set", "sequential=true")
    terminal = Terminal(tmp_path, "ultimatum", *arguments)
    try:
        asked = terminal.asked(1)
        assert "You are the responder." in asked
        assert "$3" in asked
        assert "[reject or accept] > " in asked
        terminal.type("I do not accept")
        terminal.asked(2)
        terminal.type("accept")
        code = terminal.finish()
    finally:
        terminal.close()
    assert code == 0, terminal.text
    table = pd.read_parquet(tmp_path / "run" / "decisions.parquet").set_index("decision")
    assert table.loc["ultimatum.answer", "policy"] == "me"
    assert table.loc["ultimatum.answer", "label"] == "accept"
    assert table.loc["ultimatum.answer", "payoff"] == 3


@pytest.mark.parametrize(
    ("leave", "code", "sentence"),
    [
        (Terminal.end_input, 2, "gamesim: me: the input ended"),
        (Terminal.interrupt, 130, "gamesim: interrupted; what was played so far is in "),
    ],
    ids=["end of input", "interrupt"],
)
def test_leaving_in_the_middle_keeps_what_was_played(
    tmp_path: Path, leave: Callable[[Terminal], None], code: int, sentence: str
) -> None:
    terminal = Terminal(tmp_path, "dictator", "--agents", "me", "--rounds", "3")
    try:
        terminal.asked(1)
        terminal.type("40")
        terminal.asked(2)
        leave(terminal)
        assert terminal.finish() == code, terminal.text
    finally:
        terminal.close()
    assert sentence in terminal.text
    assert "Traceback" not in terminal.text
    settings = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert settings["status"] == "interrupted"
    assert pd.read_parquet(tmp_path / "run" / "decisions.parquet")["action"].tolist() == [40]


def test_a_message_is_typed_and_enter_alone_says_nothing(tmp_path: Path) -> None:
    arguments = ("cheap_talk", "--agents", 'me,confederate@says="Trust me"', "--set", "max_chars=20")
    terminal = Terminal(tmp_path, *arguments, "--rounds", "2")
    try:
        first = terminal.asked(1)
        assert "What do you say to your group?" in first
        assert "[at most 20 characters; Enter alone says nothing] > " in first
        terminal.type("this is a good deal too long")
        assert "it must be a message of at most 20 characters" in terminal.asked(2)
        terminal.type('all of us "20"')
        heard = terminal.asked(3)
        assert heard.count(': "Trust me"') == 3
        assert "): \"all of us '20'\"" in heard
        terminal.type("20")
        terminal.asked(4)
        terminal.type("")
        terminal.asked(5)
        terminal.type("0")
        assert terminal.finish() == 0, terminal.text
    finally:
        terminal.close()
    assert "round 2, say: you said nothing" in terminal.text
    assert "round 1, contribute: you chose 20 and earned " in terminal.text
    table = pd.read_parquet(tmp_path / "run" / "decisions.parquet")
    mine = table[(table["policy"] == "me") & (table["stage"] == "say")]
    assert mine["label"].tolist() == ["all of us '20'", ""]
    assert mine["action"].tolist() == [14, 0]
    assert mine["attempts"].tolist() == [2, 1]
