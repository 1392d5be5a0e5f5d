"""A study with a served model as a user runs it: stopped by a ceiling, killed, taken up again, paid once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("openai")

from badserver import BadServer, serving

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
    assert "--resume" in stopped.stderr
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
    again = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume")
    assert again.returncode == 0
    assert len(server.requests) == 120
    gamesim(environment, tmp_path, *PLAY, "--out", "unbroken")
    assert table(tmp_path / "run").equals(table(tmp_path / "unbroken"))


def test_a_ceiling_on_cost_needs_a_price(environment: dict[str, str], tmp_path: Path) -> None:
    done = gamesim(environment | {"GAMESIM_PRICES": ""}, tmp_path, *PLAY, "--out", "run", "--max-cost", "1")
    assert done.returncode == 2
    assert "no price is known for 'tiny'" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_killed_at_any_moment_a_run_continues_without_paying_twice(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    server.latency = 0.1
    command = [sys.executable, "-m", "gamesim", *PLAY, "--out", "run", "--resume", "--quiet"]
    for replies in (5, 30, 70, 110):
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(server.requests) < replies and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.latency = 0.0
    done = gamesim(environment, tmp_path, *PLAY, "--out", "run", "--resume")
    assert done.returncode == 0, done.stderr
    # Each of the four kills can lose what was in flight: at most the 40 deciders of one stage.
    assert sum(count - 1 for count in server.seen.values()) <= 4 * 40
    assert len(server.seen) == 120
    gamesim(environment, tmp_path, *PLAY, "--out", "unbroken")
    assert table(tmp_path / "run").equals(table(tmp_path / "unbroken"))


def test_a_dry_run_counts_and_sends_nothing(
    server: BadServer, environment: dict[str, str], tmp_path: Path
) -> None:
    done = gamesim(environment, tmp_path, *PLAY, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "tiny: estimate: 120 calls" in done.stdout
    assert "nothing was sent" in done.stdout
    assert not server.requests
    assert not (tmp_path / "runs").exists()
    free = gamesim(environment, tmp_path, "play", "dictator", "--agents", "uniform", "--n", "4", "--dry-run")
    assert "nothing to pay" in free.stdout
