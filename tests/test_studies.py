"""A study with a served model as a user runs it: stopped by a ceiling, killed, taken up again, paid once."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("openai")

from badserver import BadServer, serving

from gamesim import Run
from gamesim import play as gamesim_play
from gamesim.command import show
from gamesim.errors import GamesimError
from gamesim.models.access import Underway, Watching
from gamesim.models.opening import open_model

PLAY = (
    "play",
    "public_goods",
    "--agents",
    "openai:tiny",
    "--n",
    "40",
    "--rounds",
    "3",
    "--matching",
    "partner",
)


@pytest.fixture
def server() -> Iterator[BadServer]:
    """Answers with a number that follows from the seed."""
    with serving() as server:
        server.model, server.usage, server.latency = "tiny", (100, 3), 0.0
        server.does = lambda asked: f"say [{asked['seed'] % 21}]"
        yield server


@pytest.fixture
def environment(server: BadServer, tmp_path: Path) -> dict[str, str]:
    prices = tmp_path / "prices.json"
    prices.write_text('{"tiny": {"input": 100.0, "output": 0.0}}')
    return os.environ | {
        "OPENAI_BASE_URL": server.url,
        "GAMESIM_CACHE": str(tmp_path / "cache"),
        "GAMESIM_PRICES": str(prices),
        "COLUMNS": "200",
    }


def gamesim(environment: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gamesim", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def table(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "decisions.parquet").drop(columns="run")


def test_a_second_run_is_the_same_and_free(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    first = gamesim(environment, tmp_path, *PLAY, "--out", "a")
    assert first.returncode == 0, first.stderr
    assert "120 replies" in first.stdout
    asked = len(server.requests)
    assert asked == 120
    second = gamesim(environment, tmp_path, *PLAY, "--out", "b")
    assert len(server.requests) == asked
    assert "0 replies" in second.stdout
    assert table(tmp_path / "a").equals(table(tmp_path / "b"))
    third = gamesim(environment, tmp_path, *PLAY, "--out", "c", "--no-cache")
    assert third.returncode == 0
    assert len(server.requests) == 2 * asked
    shown = gamesim(environment, tmp_path, "cache", "show")
    assert "tiny" in shown.stdout
    assert "120" in shown.stdout


def test_a_ceiling_stops_cleanly_and_the_run_can_be_taken_up(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    stopped = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--max-cost", "0.7")
    assert stopped.returncode == 3
    assert "--resume goes on from here" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    settings = json.loads((tmp_path / "run" / "run.json").read_text())
    assert settings["status"] == "interrupted"
    paid = len(server.requests)
    assert 0 < paid <= 70
    wrong = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume", "--seed", "5")
    assert wrong.returncode == 2
    assert "seed was 0 there and is 5 now" in wrong.stderr
    resumed = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert set(server.seen.values()) == {1}
    assert re.search(
        rf"spent: {120 - paid} replies, .*, after {paid} replies, .* before it was taken up", resumed.stdout
    )
    again = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume")
    assert again.returncode == 0
    assert len(server.requests) == 120
    gamesim(environment, tmp_path, *PLAY, "--out", "unbroken")
    assert table(tmp_path / "run").equals(table(tmp_path / "unbroken"))


def test_what_was_paid_in_a_first_round_that_was_cut_off_is_on_record(
    environment: dict[str, str], tmp_path: Path
) -> None:
    stopped = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--max-cost", "0.1")
    assert stopped.returncode == 3
    settings = json.loads((tmp_path / "run" / "run.json").read_text())
    assert re.match(r"[1-9]\d* replies", settings["spent"])
    shown = gamesim(environment, tmp_path, "show", "run")
    assert shown.returncode == 2
    assert "was cut off before any were written" in shown.stderr
    assert gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume").returncode == 0


def test_a_folder_without_a_run_is_played_from_its_start_and_that_is_said(tmp_path: Path) -> None:
    play = ("play", "dictator", "--agents", "uniform", "--n", "4", "--resume")
    done = gamesim(dict(os.environ), tmp_path, *play, "--out", "rnu")
    assert done.returncode == 0
    assert "rnu holds no run to take up: it is played from its start" in done.stdout
    assert "holds no run" not in gamesim(dict(os.environ), tmp_path, *play, "--out", "rnu").stdout


def test_where_no_answer_is_kept_a_stopped_run_does_not_promise_to_go_on(
    environment: dict[str, str], tmp_path: Path
) -> None:
    stopped = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--max-cost", "0.7", "--no-cache")
    assert stopped.returncode == 3
    assert "--resume asks for everything again, since --no-cache kept no answer" in stopped.stderr


def test_what_the_cache_does_not_hold_and_where_it_cannot_write(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert gamesim(environment, tmp_path, *PLAY, "--out", "run", "-q").returncode == 0
    for arguments, sentence in (
        (("prune", "--model", "tiyn"), "cache: unknown model 'tiyn'; did you mean 'tiny'? (models: tiny)"),
        (("export", "x.jsonl", "--model", "tiyn"), "unknown model 'tiyn'"),
        (("export", "nowhere/x.jsonl"), "nowhere/x.jsonl: cannot be written (No such file or directory)"),
    ):
        done = gamesim(environment, tmp_path, "cache", *arguments)
        assert done.returncode == 2, done.stderr
        assert sentence in done.stderr
    assert not (tmp_path / "x.jsonl").exists()


def test_a_run_in_other_words_is_not_taken_up(
    server: BadServer, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    texts = tmp_path / "texts"
    texts.mkdir()

    def ask_with(question: str, game: str = "dictator") -> None:
        (texts / f"{game}.toml").write_text(f"[ask]\n{question}\n", encoding="utf-8")

    def play(**more: Any) -> Run:
        return gamesim_play("dictator", "openai:tiny", n=4, out=tmp_path / "run", resume=True, **more)

    ask_with('give = ["How much?"]')
    first = play(prompts=texts)
    for more, sentence in (
        ({"fixed_wording": True}, "since fixed_wording was False there and is True now"),
        ({}, "the files behind its agents"),
    ):
        with pytest.raises(GamesimError, match=sentence):
            play(**more)
    ask_with('send = ["How much?"]', "trust")
    assert play(prompts=texts).settings.run == first.settings.run, "another game's texts do not matter"
    ask_with('give = ["How much, then?"]')
    with pytest.raises(GamesimError, match="the files behind its agents"):
        play(prompts=texts)


def test_a_ceiling_on_cost_needs_a_price(environment: dict[str, str], tmp_path: Path) -> None:
    done = gamesim(environment | {"GAMESIM_PRICES": ""}, tmp_path, *PLAY, "--out", "run", "--max-cost", "1")
    assert done.returncode == 2
    assert "no price is known for 'tiny'" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_killed_at_ten_moments_a_run_continues_without_paying_twice(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    server.latency = 0.1
    seed = int(os.environ.get("GAMESIM_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
    moments = random.Random(seed)
    further = [moments.randrange(1, 21) for _ in range(10)]
    print(f"GAMESIM_KILL_SEED={seed}: killed after so many further requests: {further}")
    play = (*PLAY, "--rounds", "6")
    command = [sys.executable, "-m", "gamesim", *play, "--out", "run", "--resume", "--quiet"]
    paid: list[tuple[int, set[int]]] = []
    for requests in further:
        before, deadline = len(server.requests), time.monotonic() + 60
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
        while len(server.requests) < before + requests and time.monotonic() < deadline:
            time.sleep(0.005)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        paid.append((len(server.requests), kept(tmp_path / "cache")))
    server.latency = 0.0
    done = gamesim(environment, tmp_path, *play, "--out", "run", "--resume")
    assert done.returncode == 0, done.stderr
    assert len(server.seen) == 240
    for sent, draws in paid:
        later = {asked["seed"] for asked in server.requests[sent:]}
        # A request that was still on its way through the socket at the kill is noted after it, never kept before it.
        assert not later & draws
    assert len(server.requests) - 240 <= sum(flights(server, paid))
    gamesim(environment, tmp_path, *play, "--out", "unbroken")
    resumed, unbroken = (pq.read_table(tmp_path / name / "decisions.parquet") for name in ("run", "unbroken"))
    assert resumed.schema.equals(unbroken.schema)
    for name in unbroken.column_names:
        if name != "run":
            assert values(resumed, name) == values(unbroken, name), name


def test_the_bars_move_with_the_answers(
    server: BadServer,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (environment | {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "160"}).items():
        monkeypatch.setenv(name, value)
    open_model.cache_clear()
    with show.progress(True) as advance:
        assert isinstance(advance, Watching)
        told: list[Underway] = []
        gamesim_play("dictator", "openai:tiny", n=40, progress=Noting(advance, told))
    last = [each for each in told if each.done == each.asked]
    # Answers may be asked for in several batches; each is counted from its first to its last.
    assert [each.done for each in told] == [done for end in last for done in range(1, end.asked + 1)]
    assert str(told[-1]).endswith(" answers · $0.20 · 2.06k tokens")
    drawn = capsys.readouterr().err
    assert str(told[-1]) in drawn
    assert "1/1 rounds" in drawn


class Noting:
    """Passes on what it is told, and keeps it."""

    def __init__(self, advance: Watching, told: list[Underway]) -> None:
        self.advance, self.told = advance, told

    def __call__(self, done: int, total: int) -> None:
        self.advance(done, total)

    def answers(self, underway: Underway) -> None:
        self.told.append(underway)
        self.advance.answers(underway)


def kept(cache: Path) -> set[int]:
    """Give the draws whose replies are on disk, as the server knows them."""
    with closing(sqlite3.connect(cache / "replies.sqlite")) as file:
        return {draw % 2**31 for (draw,) in file.execute("SELECT draw FROM replies")}


def flights(server: BadServer, paid: list[tuple[int, set[int]]]) -> Iterator[int]:
    """Give how many requests were under way at each kill: sent, and not kept."""
    for sent, draws in paid:
        yield len({asked["seed"] for asked in server.requests[:sent]} - draws)


def values(table: pa.Table, name: str) -> list[str]:
    """Give a column exactly: a float's shortest decimal form is its value, bit for bit."""
    return [repr(value) for value in table[name].to_pylist()]


def test_a_dry_run_counts_and_sends_nothing(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    done = gamesim(environment, tmp_path, *PLAY, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "tiny: estimate: 120 calls" in done.stdout
    assert "nothing was sent" in done.stdout
    assert "at most 3 times as many calls" in " ".join(done.stdout.split())
    assert not server.requests
    assert not (tmp_path / "runs").exists()
    free = gamesim(environment, tmp_path, "play", "dictator", "--agents", "uniform", "--n", "4", "--dry-run")
    assert "nothing to pay" in free.stdout
