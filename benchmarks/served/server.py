"""A mock chat server: the same answer to every request, after a fixed latency, and a count of what came.

``python benchmarks/served/server.py LATENCY_SECONDS`` prints its port and serves until it is killed.  ``GET /counts``
gives the chat requests since the last time it was asked, and the most that were under way at one moment.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

ANSWER = "[5]"
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 300, "completion_tokens": 3, "total_tokens": 303},
}
MODELS = {"object": "list", "data": [{"id": "model", "object": "model", "created": 0, "owned_by": "none"}]}
BACKLOG = 8192


def http(status: str, content: Any) -> bytes:
    """Word a JSON answer."""
    body = json.dumps(content).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


CHAT = http("200 OK", REPLY)


class Chat(asyncio.Protocol):
    """As little of a server as will do, so that it is not what is measured."""

    def __init__(self, latency: float, counts: dict[str, int]) -> None:
        self.latency, self.counts, self.data = latency, counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request: chats later, all else at once."""
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            _, given, length = head.partition(b"content-length:")
            size = int(length.split(b"\r\n")[0]) if given else 0
            if len(self.data) < end + 4 + size:
                return
            self.data = self.data[end + 4 + size :]
            path = head.split(b" ")[1]
            if path.endswith(b"/chat/completions"):
                self.counts["requests"] += 1
                self.counts["now"] += 1
                self.counts["most"] = max(self.counts["most"], self.counts["now"])
                asyncio.get_running_loop().call_later(self.latency, self.reply)
            elif path == b"/counts":
                self.transport.write(http("200 OK", self.counts))
                self.counts.update(requests=0, most=0)
            elif path.endswith(b"/models"):
                self.transport.write(http("200 OK", MODELS))
            else:
                self.transport.write(http("404 Not Found", {"error": {"message": path.decode()}}))

    def reply(self) -> None:
        """Send the answer."""
        self.counts["now"] -= 1
        self.transport.write(CHAT)


async def serve(latency: float) -> None:
    """Serve until killed."""
    counts = {"requests": 0, "now": 0, "most": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Chat(latency, counts), "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
