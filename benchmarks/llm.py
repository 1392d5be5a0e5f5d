"""Remote play against what bounds it: the server's latency, raw clients and the bare SDK.

A mock server in a process of its own answers every chat request after a fixed latency.  Each client sends the same
N requests with the same number in flight.  The bound is latency x ceil(N / in flight); CPU is user plus system
seconds of this process.  All figures come from one run.  Run it by hand:
``python benchmarks/llm.py [--full] [--latency MS] [--in-flight K]``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gamesim.models import Prompt
from gamesim.models.budget import Budget, BudgetedModel
from gamesim.models.cache import ReplyCache
from gamesim.models.remote import open_remote
from gamesim.models.stored import StoredModel

QUICK, FULL = 640, 5_000
PROMPT = "You are one of two players. " * 40
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "[5]"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 300, "completion_tokens": 3, "total_tokens": 303},
}


class Chat(asyncio.Protocol):
    """As little of a server as will do, so that it is not what is measured."""

    body = json.dumps(REPLY).encode()
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    ) + body

    def __init__(self, latency: float, counts: dict[str, int]) -> None:
        self.latency, self.counts, self.data = latency, counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request later."""
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            if head.startswith(b"get /counts"):
                self.data = b""
                body = json.dumps(self.counts).encode()
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                    % (len(body), body)
                )
                self.transport.close()
                self.counts.update(requests=0, most=0)
                return
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            self.counts["requests"] += 1
            self.counts["now"] += 1
            self.counts["most"] = max(self.counts["most"], self.counts["now"])
            asyncio.get_running_loop().call_later(self.latency, self.reply)

    def reply(self) -> None:
        """Send the answer."""
        self.counts["now"] -= 1
        self.transport.write(self.answer)


def serve(latency: float, ready: Connection) -> None:
    """Serve until killed."""

    async def work() -> None:
        counts = {"requests": 0, "now": 0, "most": 0}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Chat(latency, counts), "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(work())


def body(seed: int) -> dict[str, Any]:
    return {
        "model": "model",
        "messages": [{"role": "user", "content": PROMPT}],
        "seed": seed,
        "max_tokens": 64,
        "temperature": 1.0,
        "top_p": 1.0,
    }


async def spread(one: Callable[[int], Awaitable[Any]], count: int, in_flight: int) -> None:
    rows = iter(range(count))

    async def work() -> None:
        for row in rows:
            await one(row)

    await asyncio.gather(*(work() for _ in range(in_flight)))


def raw_aiohttp(url: str, count: int, in_flight: int) -> None:
    import aiohttp

    async def work() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

            async def one(row: int) -> Any:
                async with session.post(f"{url}/chat/completions", json=body(row)) as reply:
                    return (await reply.json())["choices"][0]["message"]["content"]

            await spread(one, count, in_flight)

    asyncio.run(work())


def raw_httpx(url: str, count: int, in_flight: int) -> None:
    import httpx2

    async def work() -> None:
        limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        async with httpx2.AsyncClient(timeout=60, limits=limits) as client:

            async def one(row: int) -> Any:
                reply = await client.post(f"{url}/chat/completions", json=body(row))
                return reply.json()["choices"][0]["message"]["content"]

            await spread(one, count, in_flight)

    asyncio.run(work())


def sdk(url: str, count: int, in_flight: int, *, fast: bool) -> None:
    import openai

    async def work() -> None:
        transport: Any = openai.DefaultAioHttpClient() if fast else openai.DefaultAsyncHttpxClient()
        async with openai.AsyncOpenAI(api_key="none", base_url=url, http_client=transport) as client:

            async def one(row: int) -> Any:
                reply = await client.chat.completions.create(**body(row))
                return reply.choices[0].message.content

            await spread(one, count, in_flight)

    asyncio.run(work())


def gamesim(url: str, count: int, in_flight: int | None) -> None:
    model = open_remote("model", url, concurrency=in_flight)
    answers = model.complete([Prompt(PROMPT)] * count, range(count))
    assert all(answer.text == "[5]" for answer in answers)
    model.close()


def gamesim_kept(url: str, count: int, in_flight: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = ReplyCache(Path(folder))
        remote = open_remote("model", url, concurrency=in_flight)
        model = StoredModel(BudgetedModel(remote, Budget(max_tokens=1e12), 64), cache)
        model.complete([Prompt(PROMPT)] * count, range(count))
        remote.close()
        cache.close()


def counts(url: str) -> dict[str, int]:
    import urllib.request

    with urllib.request.urlopen(url.replace("/v1", "/counts")) as reply:
        found: dict[str, int] = json.loads(reply.read())
    return found


def measure(name: str, url: str, bound: float, count: int, work: Callable[[], None]) -> None:
    before, began = os.times(), time.perf_counter()
    try:
        work()
    except (ImportError, RuntimeError) as error:
        print(f"{name:34} left out: {error}")
        return
    wall, after = time.perf_counter() - began, os.times()
    cpu = 1000 * (after.user + after.system - before.user - before.system) / count
    seen = counts(url)
    over = f"{wall / bound:9.3f}" if bound else f"{'':9}"
    print(f"{name:34}{wall:9.2f}{over}{cpu:10.2f}{seen['requests']:10}{seen['most']:10}", flush=True)


def main() -> None:
    """Measure every client once, warm, and print a table."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--full", action="store_true", help=f"{FULL:,} requests instead of {QUICK}")
    reader.add_argument("--latency", type=float, default=500, help="of the server, in ms")
    reader.add_argument("--in-flight", type=int, default=64)
    given = reader.parse_args()
    count, together = FULL if given.full else QUICK, given.in_flight
    latency = given.latency / 1000
    os.environ.pop("OPENAI_API_KEY", None)
    ready, child = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(latency, child), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ready.recv()}/v1"
    bound = latency * -(-count // together)
    gamesim(url, 2, 1)
    counts(url)
    print(f"{count:,} requests, {given.latency:g} ms, {together} in flight: bound {bound:.2f} s")
    print(f"{'':34}{'wall s':>9}{'x bound':>9}{'CPU ms':>10}{'requests':>10}{'at once':>10}")
    ways: dict[str, Callable[[], None]] = {
        "raw aiohttp": lambda: raw_aiohttp(url, count, together),
        "raw httpx": lambda: raw_httpx(url, count, together),
        "openai SDK, default transport": lambda: sdk(url, count, together, fast=False),
        "openai SDK, aiohttp transport": lambda: sdk(url, count, together, fast=True),
        "gamesim, fixed": lambda: gamesim(url, count, together),
        "gamesim, fixed, cache and budget": lambda: gamesim_kept(url, count, together),
        "gamesim, adaptive": lambda: gamesim(url, count, None),
    }
    for name, way in ways.items():
        measure(name, url, bound, count, way)
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
