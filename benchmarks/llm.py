"""Remote play against what bounds it: the server's latency, raw clients, the bare SDK and other libraries.

A mock server answers every chat request after a fixed latency.  Each client, in a process of its own, asks it the same
N prompts with the same number in flight, in its own documented way of asking many.  The bound is
latency x ceil(N / in flight).  Run it by hand: ``python benchmarks/llm.py [--peers] [--full] [--latency MS ...]``;
``benchmarks/README.md`` says what is compared and what came out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "served"))

from clock import WARM
from environments import NotInstalled, environment, last_line
from server import ANSWER

SERVED = Path(__file__).resolve().parent / "served"
QUICK, FULL = 500, 5_000
BASE = "gamesim, cache and budget"
HEAD = (
    f"{'':30}{'ms':>5}{'wall s':>9}{'x bound':>9}{'x gamesim':>11}{'CPU ms':>9}{'x gamesim':>11}"
    f"{'at once':>9}{'requests':>10}{'of equal':>10}{'peak MiB':>10}"
)


@dataclass(frozen=True)
class Client:
    """One way to ask: what it is called, which script asks, and which interpreter runs it."""

    name: str
    script: str
    way: str = ""
    python: str = sys.executable


OWN = (
    Client("raw aiohttp", "ask_raw.py", "aiohttp"),
    Client("raw httpx2", "ask_raw.py", "httpx2"),
    Client("openai SDK, default transport", "ask_raw.py", "sdk"),
    Client("openai SDK, aiohttp transport", "ask_raw.py", "sdk-aiohttp"),
    Client("gamesim, model alone", "ask_gamesim.py", "fixed"),
    Client(BASE, "ask_gamesim.py", "kept"),
    Client("gamesim, adaptive", "ask_gamesim.py", "adaptive"),
    Client("gamesim, whole play, adaptive", "ask_gamesim.py", "play"),
)
PEERS = {
    "edsl": (Client("EDSL", "ask_edsl.py"), ("edsl[inference]",)),
    "inspect_ai": (Client("inspect_ai", "ask_inspect.py"), ("inspect_ai", "openai")),
    "mesa-llm": (Client("mesa-llm", "ask_mesa_llm.py"), ("mesa-llm",)),
    "mesa-llm-mesa33": (Client("mesa-llm, Mesa below 3.4", "ask_mesa_llm.py"), ("mesa-llm", "mesa<3.4")),
}


@dataclass(frozen=True)
class Measured:
    """One run: wall seconds, CPU ms a decision, peak memory in MiB, what the server saw, and versions."""

    wall: float
    cpu: float
    peak: float | None
    requests: int
    most: int
    versions: dict[str, str]


class LeftOut(Exception):
    """Why there is no figure."""


@contextmanager
def mock(latency: float) -> Iterator[str]:
    """Serve in another process and give the address."""
    command = [sys.executable, str(SERVED / "server.py"), str(latency / 1000)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def counts(url: str) -> dict[str, int]:
    """Ask the server what it saw."""
    with urllib.request.urlopen(f"{url}/counts") as reply:
        found: dict[str, int] = json.loads(reply.read())
    return found


def surroundings(folder: str) -> dict[str, str]:
    """Give an environment without keys, proxies and settings of the person who measures."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": folder, "NO_PROXY": "*", "OMP_NUM_THREADS": "1"}


def run_once(
    client: Client, latency: float, count: int, in_flight: int, *, same: bool, limit: float
) -> Measured:
    """Let one client ask once.

    Raises
    ------
    LeftOut
        If it failed, took too long or did not bring back every answer.
    """
    with mock(latency) as url, tempfile.TemporaryDirectory() as folder:
        job = {"url": f"{url}/v1", "count": count, "same": same, "in_flight": in_flight, "answer": ANSWER}
        command = [client.python, str(SERVED / client.script), *filter(None, [client.way])]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(job),
                capture_output=True,
                text=True,
                timeout=limit,
                cwd=folder,
                env=surroundings(folder),
            )
        except subprocess.TimeoutExpired as error:
            seen = counts(url)
            raise LeftOut(
                f"stopped after {limit:g} s at {latency:g} ms: {seen['requests']:,} requests, {seen['most']} at once"
            ) from error
        except OSError as error:
            raise LeftOut(str(error)) from error
        if done.returncode:
            raise LeftOut(last_line(done.stderr))
        told: dict[str, Any] = json.loads(last_line(done.stdout))
        seen = counts(url)
    if told["right"] != count:
        raise LeftOut(f"{told['right']:,} of {count:,} prompts were answered")
    return Measured(
        told["wall"],
        1000 * told["cpu"] / count,
        told["peak"],
        seen["requests"] - WARM,
        seen["most"],
        told["versions"],
    )


@dataclass
class Row:
    """What one client took at one latency: several runs on different prompts and one on equal ones, or why not.

    `of_equal` is how many requests the server received for how many equal prompts.
    """

    client: Client
    latency: float
    runs: list[Measured] = field(default_factory=list)
    of_equal: str = "-"
    reason: str = ""

    @property
    def least(self) -> tuple[float, float]:
        """Least wall seconds and least CPU milliseconds a decision."""
        return min(run.wall for run in self.runs), min(run.cpu for run in self.runs)

    def line(self, bound: float, base: Row) -> str:
        """Word a line of the table; ratios are to the bound and to `base`."""
        head = f"{self.client.name:30}{self.latency:5g}"
        if not self.runs:
            return f"{head}  left out: {self.reason}"
        (wall, cpu), own = self.least, base.least if base.runs else (None, None)
        peaks = [run.peak for run in self.runs if run.peak is not None]
        figures = (
            (f"{wall:.2f}", 9),
            (f"{wall / bound:.2f}" if bound else "-", 9),
            (f"{wall / own[0]:.2f}" if own[0] else "-", 11),
            (f"{cpu:.2f}", 9),
            (f"{cpu / own[1]:.2f}" if own[1] else "-", 11),
            (f"{max(run.most for run in self.runs):,}", 9),
            (f"{max(run.requests for run in self.runs):,}", 10),
            (self.of_equal, 10),
            (f"{max(peaks):.0f}" if peaks else "-", 10),
        )
        return head + "".join(f"{figure:>{width}}" for figure, width in figures)


def found_peers(given: argparse.Namespace) -> tuple[list[Client], dict[str, str]]:
    """Give other libraries with their interpreters, and why others are not there."""
    wanted = dict(each.split("=", 1) for each in given.peer)
    clients, left_out = [], {}
    for key, (client, requirements) in PEERS.items():
        if key not in wanted and not given.peers:
            continue
        try:
            python = wanted.get(key) or environment(given.venvs, given.python, requirements)
            clients.append(Client(client.name, client.script, client.way, python))
        except NotInstalled as reason:
            left_out[client.name] = str(reason)
    return clients, left_out


def measure(clients: Sequence[Client], given: argparse.Namespace, latency: float) -> list[Row]:
    """Let all clients ask in turn, again and again, so that what disturbs one disturbs the others as well."""
    rows = [Row(client, latency) for client in clients]
    for repeat in range(given.repeats + 1):
        same = repeat == given.repeats
        count = min(given.n, QUICK) if same else given.n
        for row in rows:
            if row.reason:
                continue
            try:
                run = run_once(row.client, latency, count, given.in_flight, same=same, limit=given.limit)
            except LeftOut as reason:
                row.reason = str(reason)
                print(f"{row.client.name} at {latency:g} ms: {reason}", flush=True)
                continue
            print(
                f"{row.client.name} at {latency:g} ms, {count:,} prompts: {run.wall:.2f} s", file=sys.stderr
            )
            if same:
                row.of_equal = f"{run.requests}/{count}"
            else:
                row.runs.append(run)
    return rows


def read_arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument(
        "--full", action="store_true", help=f"{FULL:,} prompts at 500 ms, not {QUICK} at 50 ms"
    )
    reader.add_argument("--n", type=int, help="prompts")
    reader.add_argument(
        "--latency", type=float, nargs="+", help="of the server, in ms; several one after the other"
    )
    reader.add_argument("--in-flight", type=int, default=64)
    reader.add_argument("--repeats", type=int, default=3, help="of every run; the least time is printed")
    reader.add_argument("--limit", type=float, default=180, help="seconds until a run is stopped")
    reader.add_argument(
        "--only", default="", help="clients with this in their name, and the one others are held to"
    )
    reader.add_argument("--peers", action="store_true", help="install and measure other libraries as well")
    reader.add_argument(
        "--peer", action="append", default=[], metavar="NAME=PYTHON", help="one that is installed"
    )
    reader.add_argument("--python", default=sys.executable, help="interpreter of the environments of --peers")
    reader.add_argument(
        "--venvs", type=Path, default=Path.home() / ".cache" / "gamesim-bench", help="their folder"
    )
    given = reader.parse_args()
    for each in given.peer:
        name, sign, _ = each.partition("=")
        if name not in PEERS or not sign:
            reader.error(f"--peer {each}: write NAME=PYTHON with one of {', '.join(PEERS)}")
    if min(given.in_flight, given.repeats) < 1 or (given.n is not None and given.n < 1):
        reader.error("--n, --in-flight and --repeats must be 1 or more")
    given.n = given.n or (FULL if given.full else QUICK)
    given.latency = given.latency or [500 if given.full else 50]
    return given


def main() -> None:
    """Measure every client and print a table."""
    given = read_arguments()
    peers, missing = found_peers(given)
    clients = [each for each in (*OWN, *peers) if given.only in each.name or each.name == BASE]
    table: list[Row] = []
    for latency in given.latency:
        table += measure(clients, given, latency)
    print(f"\n{given.n:,} prompts, {given.in_flight} in flight; least of {given.repeats}\n\n{HEAD}")
    for latency in given.latency:
        bound = latency / 1000 * -(-given.n // given.in_flight)
        rows = [row for row in table if row.latency == latency]
        base = next(row for row in rows if row.client.name == BASE)
        for row in rows:
            print(row.line(bound, base))
        print(f"{'(bound)':30}{latency:5g}{bound:9.2f}\n")
    for name, reason in missing.items():
        print(f"{name}: not installed: {reason}")
    for client in clients:
        known = next((row.runs[0].versions for row in table if row.client == client and row.runs), {})
        print(f"{client.name}: {', '.join(f'{name} {version}' for name, version in known.items()) or '-'}")


if __name__ == "__main__":
    main()
