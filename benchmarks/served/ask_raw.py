"""Clients that do nothing but ask, as the argument says: aiohttp, httpx2 and the openai SDK on either transport."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from clock import measured

One = Callable[[int], Awaitable[str]]


def body(prompts: Sequence[str], row: int) -> dict[str, Any]:
    return {
        "model": "model",
        "messages": [{"role": "user", "content": prompts[row]}],
        "seed": row,
        "max_tokens": 64,
        "temperature": 1.0,
        "top_p": 1.0,
    }


async def spread(one: One, count: int, in_flight: int) -> list[str]:
    """Ask row after row in as many tasks as requests may be in flight."""
    rows = iter(range(count))
    answers = [""] * count

    async def work() -> None:
        for row in rows:
            answers[row] = await one(row)

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return answers


async def by_aiohttp(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def one(row: int) -> str:
            async with session.post(f"{url}/chat/completions", json=body(prompts, row)) as reply:
                return str((await reply.json())["choices"][0]["message"]["content"])

        return await spread(one, len(prompts), in_flight)


async def by_httpx(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    import httpx2

    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:

        async def one(row: int) -> str:
            reply = await client.post(f"{url}/chat/completions", json=body(prompts, row))
            return str(reply.json()["choices"][0]["message"]["content"])

        return await spread(one, len(prompts), in_flight)


async def by_sdk(url: str, prompts: Sequence[str], in_flight: int, transport: str) -> list[str]:
    import openai

    http: Any = openai.DefaultAioHttpClient() if transport == "aiohttp" else openai.DefaultAsyncHttpxClient()
    async with openai.AsyncOpenAI(api_key="none", base_url=url, http_client=http) as client:

        async def one(row: int) -> str:
            reply = await client.chat.completions.create(**body(prompts, row))
            return str(reply.choices[0].message.content)

        return await spread(one, len(prompts), in_flight)


WAYS: dict[str, tuple[str, Callable[[str, Sequence[str], int], Coroutine[Any, Any, list[str]]]]] = {
    "aiohttp": ("aiohttp", by_aiohttp),
    "httpx2": ("httpx2", by_httpx),
    "sdk": ("openai", partial(by_sdk, transport="httpx2")),
    "sdk-aiohttp": ("openai", partial(by_sdk, transport="aiohttp")),
}


if __name__ == "__main__":
    package, way = WAYS[sys.argv[1]]
    measured(lambda *job: asyncio.run(way(*job)), [package])
