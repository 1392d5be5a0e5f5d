"""A run against a real server: `transformers serve` with the bundled mini behind it, on this machine alone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

pytest.importorskip("peft", reason="local models need gamesim[local]")
pytest.importorskip("openai", reason="served models need gamesim[remote]")
pytest.importorskip("fastapi", reason="transformers serve needs transformers[serving]")
pytest.importorskip("uvicorn", reason="transformers serve needs transformers[serving]")

import gamesim
from gamesim.mini import WEIGHTS
from gamesim.models import Prompt, Sampling
from gamesim.models.local import open_local
from gamesim.models.opening import open_model

pytestmark = pytest.mark.slow

AGENTS = 600
ANSWERS = [f"[{n}]" for n in range(101)]
ANOTHER = 1e-6
"""Answers less likely than this under a distribution are not from it."""

HEADED = '''
from dataclasses import dataclass

from gamesim.agents.mini import Mini


@dataclass(frozen=True)
class Served(Mini):
    """The bundled mini, asked in its own words behind a server."""

    def prepare(self, setting):
        return self.opening("openai:mini", setting)
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the command in a folder that holds a model, cut off from any hub."""
    home = tmp_path_factory.mktemp("serve")
    shutil.copytree(WEIGHTS, home / "mini")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", "mini"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    alone = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home / "hub"), "OMP_NUM_THREADS": "1"}
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=home, env=alone, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < last:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(autouse=True)
def _at(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    open_model.cache_clear()
    yield
    open_model.cache_clear()


def read_replies(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "replies.jsonl").read_text(encoding="utf-8").splitlines()]


def exact(prompt: Prompt, sampling: Sampling) -> NDArray[np.float64]:
    """Give the probability of every answer, and of anything else, from the weights themselves."""
    scores = open_local(WEIGHTS, sampling=sampling).score([prompt], [ANSWERS])[0]
    return np.append(np.exp(scores.log_probability), max(0.0, 1 - scores.legal_mass))


def likelihood(said: list[str], expected: NDArray[np.float64]) -> float:
    """Give the p-value of a chi-square test, answers that are expected fewer than five times put together."""
    counts = Counter(answer if answer in ANSWERS else "other" for answer in said)
    observed = np.array([counts[answer] for answer in [*ANSWERS, "other"]], dtype=np.float64)
    wanted = expected / expected.sum() * len(said)
    often = wanted >= 5
    pooled = [np.append(values[often], values[~often].sum()) for values in (observed, wanted)]
    assert len(pooled[0]) > 8
    return float(chisquare(pooled[0], pooled[1]).pvalue)


def test_a_served_model_plays_as_its_own_exact_probabilities(tmp_path: Path) -> None:
    agent = tmp_path / "served.py"
    agent.write_text(HEADED, encoding="utf-8")
    run = gamesim.play(
        "dictator", f"{agent}@structured=off@reask=0", n=AGENTS, seed=1, out=tmp_path / "run", cache=False
    )
    replies = read_replies(tmp_path / "run")
    assert len(replies) == AGENTS // 2
    assert {reply["user"].splitlines()[0] for reply in replies} == {
        "task dictator.give | answer 0-100, 100 is all | round 1 of 1"
    }
    prompt = Prompt(replies[0]["user"], replies[0]["system"])
    assert all((reply["user"], reply["system"]) == (prompt.user, prompt.system) for reply in replies)
    said = [reply["raw"] for reply in replies]
    assert likelihood(said, exact(prompt, Sampling())) > ANOTHER
    # As many answers suffice to tell a distribution that is a little narrower.
    assert likelihood(said, exact(prompt, Sampling(temperature=0.6))) < ANOTHER
    decisions = run.decisions
    given = decisions.loc[decisions["status"] == "ok", "action"]
    assert sorted(given) == sorted(float(answer[1:-1]) for answer in said if answer in ANSWERS)


def test_a_game_in_its_own_words_reaches_the_server(tmp_path: Path) -> None:
    out = tmp_path / "run"
    run = gamesim.play("ultimatum", "openai:mini@structured=off@reask=1", n=20, seed=2, out=out, cache=False)
    replies = read_replies(out)
    assert {reply["decision"] for reply in replies} == {"ultimatum.offer", "ultimatum.minimum"}
    assert all(reply["finish"] in ("stop", "length") and not reply["error"] for reply in replies)
    assert (run.decisions["status"] == "ok").any()
