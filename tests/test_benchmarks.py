"""The benchmark of served models counts what was sent, and says why where there is no figure."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks" / "served"))

import llm
from ask_raw import by_aiohttp
from clock import prompts
from environments import NotInstalled, environment, last_line

COMMAND = [sys.executable, llm.__file__]
CLIENTS = {client.name: client for client in llm.OWN}


@pytest.mark.parametrize("name", [llm.BASE, "gamesim, whole play, adaptive"])
def test_a_client_sends_every_prompt_once_and_is_measured(name: str) -> None:
    run = llm.run_once(CLIENTS[name], 20, 12, 4, same=True, limit=600)
    assert run.requests == 12
    assert 1 < run.most <= (12 if "adaptive" in name else 4)
    assert run.wall > 0.02
    assert run.cpu > 0
    assert run.versions


def test_the_server_counts_requests_and_those_under_way_since_it_was_asked() -> None:
    with llm.mock(30) as url:
        answers = asyncio.run(by_aiohttp(f"{url}/v1", prompts(10, same=False), 5))
        assert answers == ["[5]"] * 10
        assert llm.counts(url) == {"requests": 10, "now": 0, "most": 5}
        assert llm.counts(url) == {"requests": 0, "now": 0, "most": 0}


def test_prompts_differ_or_are_equal() -> None:
    assert len(set(prompts(10, same=False))) == 10
    assert len(set(prompts(10, same=True))) == 1


def test_a_client_that_fails_is_left_out_with_what_it_said(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise ImportError('no such library')")
    with pytest.raises(llm.LeftOut, match="no such library"):
        llm.run_once(llm.Client("broken", str(script)), 0, 2, 1, same=False, limit=600)


def test_a_client_that_loses_answers_is_left_out(tmp_path: Path) -> None:
    script = tmp_path / "lossy.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(llm.SERVED)!r})\n"
        "from clock import measured\n"
        "measured(lambda url, prompts, in_flight: ['[5]'] * (len(prompts) - 1), [])\n"
    )
    with pytest.raises(llm.LeftOut, match="3 of 4 prompts"):
        llm.run_once(llm.Client("lossy", str(script)), 0, 4, 1, same=False, limit=600)


def test_a_client_that_takes_too_long_is_left_out_with_what_the_server_saw() -> None:
    with pytest.raises(llm.LeftOut, match="stopped after 3 s at 60000 ms"):
        llm.run_once(CLIENTS["raw aiohttp"], 60_000, 4, 1, same=False, limit=3)


def test_a_library_that_cannot_be_installed_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="no-such-python"):
        environment(tmp_path, str(tmp_path / "no-such-python"), ("anything",))
    assert (
        last_line("ERROR: No matching distribution\n\nWARNING: pip is old\n")
        == "ERROR: No matching distribution"
    )


def test_the_command_prints_a_table_with_ratios() -> None:
    command = [
        *COMMAND,
        "--n",
        "4",
        "--latency",
        "1",
        "--repeats",
        "1",
        "--only",
        "raw aiohttp",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    lines = {line[:30].strip(): line[30:].split() for line in done.stdout.splitlines()}
    assert lines[llm.BASE][0] == "1"
    assert lines[llm.BASE][3] == "1.00"
    for name in (llm.BASE, "raw aiohttp"):
        assert lines[name][7:9] == ["4", "4/4"]


def test_an_unknown_library_is_named_with_those_there_are() -> None:
    command = [*COMMAND, "--peer", "edls=python"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 2
    assert "edsl, inspect_ai, mesa-llm" in done.stderr


def test_every_job_is_read_from_standard_input() -> None:
    job = {"url": "http://127.0.0.1:9/v1", "count": 2, "same": False, "in_flight": 1, "answer": "[5]"}
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from clock import measured\n"
        "measured(lambda url, prompts, in_flight: [url] * len(prompts), [])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(llm.SERVED)], input=json.dumps(job), capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    assert told["right"] == 0
    assert told["peak"] is None or told["peak"] > 1
