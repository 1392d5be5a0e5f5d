"""What every client is measured by: a process of its own that asks, and says what it took.

A script gives `measured` a function that asks a list of prompts and returns the answers in order.  The process reads
its job, JSON, from standard input and prints what it measured as the last line of its output.  Nothing but the
standard library is needed, so that it runs in the environment of any library.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

Ask = Callable[[str, Sequence[str], int], Sequence[str]]
"""Server, prompts, requests in flight -> answers."""

PROMPT = "You are one of two players. " * 40
WARM = 3


def prompts(count: int, *, same: bool) -> list[str]:
    """Give prompts of about 300 tokens that differ in their last number, or do not."""
    return [f"{PROMPT}Case {0 if same else row}." for row in range(count)]


def peak_mib() -> float | None:
    """Give the largest resident size of this process in MiB; none where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def cpu_seconds() -> float:
    """Give user and system seconds of this process and of those that it started."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def measured(ask: Ask, packages: Sequence[str]) -> None:
    """Ask a few prompts to load everything, then those of the job; print seconds, memory and versions.

    Parameters
    ----------
    ask : callable
        Asks.
    packages : sequence of str
        Whose versions are told.
    """
    job = json.load(sys.stdin)
    ask(job["url"], [f"{PROMPT}Warm {row}." for row in range(WARM)], job["in_flight"])
    asked = prompts(job["count"], same=job["same"])
    before, began = cpu_seconds(), time.perf_counter()
    answers = list(ask(job["url"], asked, job["in_flight"]))
    wall, cpu = time.perf_counter() - began, cpu_seconds() - before
    print(
        "\n"
        + json.dumps(
            {
                "wall": wall,
                "cpu": cpu,
                "peak": peak_mib(),
                "right": sum(answer == job["answer"] for answer in answers),
                "versions": {name: version(name) for name in packages},
            }
        )
    )
