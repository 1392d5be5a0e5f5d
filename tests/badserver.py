"""A chat server that misbehaves on purpose: it does what the user message says, or what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-secret-0123456789"
EXPIRED = "sk-expired-9876543210"


class BadServer(ThreadingHTTPServer):
    """Notes every request; `latency` seconds an answer.

    `does`, if set, gives what is done with a request in the place of its last message; ``say TEXT`` answers with TEXT.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, handler: type[Handler] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.model = "model"
        self.usage = (7, 3)
        self.schemas = True
        self.does: Callable[[dict[str, Any]], str] | None = None
        self.seen: Counter[str] = Counter()
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.connections = 0
        self.in_flight = self.most_in_flight = 0
        self.takes = 10**9
        self.latency = 0.01
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def asked(self) -> Counter[tuple[str, int]]:
        """Count the requests by prompt and seed."""
        with self.lock:
            return Counter((one["messages"][-1]["content"], one["seed"]) for one in self.requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in one go: else the kernel waits for an acknowledgement between them.
    wbufsize = -1
    server: BadServer

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.requests.append(asked)
            server.times.append(time.monotonic())
            same = json.dumps([asked["messages"], asked["seed"]])
            earlier = server.seen[same]
            server.seen[same] += 1
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
            crowded = server.in_flight > server.takes
        try:
            if crowded:
                self.fail(429, "too many requests")
            else:
                self.answer(asked, earlier)
        finally:
            with server.lock:
                server.in_flight -= 1

    def answer(self, asked: dict[str, Any], earlier: int) -> None:
        said = asked["messages"][-1]["content"]
        what, _, detail = (self.server.does(asked) if self.server.does else said).partition(" ")
        once = detail == "once"
        if self.headers["Authorization"] == f"Bearer {EXPIRED}":
            self.fail(401, f"Incorrect API key provided: {EXPIRED}", "invalid_api_key")
        elif asked["model"] != self.server.model:
            self.fail(404, f"no model {asked['model']}", "model_not_found")
        elif "response_format" in asked and not self.server.schemas:
            self.fail(400, "response_format of type json_schema is not supported")
        elif once and earlier:
            self.reply(f"[{what}]")
        elif what == "say":
            time.sleep(self.server.latency)
            self.reply(detail)
        elif what == "busy":
            self.fail(429, "slow down")
        elif what == "wait":
            self.fail(429, "slow down", headers={"Retry-After": detail if not once else "1"})
        elif what == "spent":
            self.fail(429, "no credit", "insufficient_quota")
        elif what == "fail":
            self.fail(500, f"broken, {self.headers['Authorization']}\x1b[31m" + "x" * 10_000)
        elif what == "long-request":
            self.fail(400, "too long", "context_length_exceeded")
        elif what == "hang":
            self.server.released.wait(20)
        elif what == "trickle":
            self.trickle()
        elif what == "cut":
            self.cut()
        elif what == "garbage":
            self.send(200, b"{ no json")
        elif what == "empty":
            self.send(200, {"object": "chat.completion", "choices": []})
        elif what == "shapeless":
            self.send(200, ["not", {"a": "reply"}])
        elif what == "filtered":
            self.reply("[5", "content_filter")
        elif what == "blocked":
            self.fail(400, "against the rules", "content_filter")
        elif what == "refuse":
            self.reply(None, refusal="I will not.")
        elif what == "slow":
            time.sleep(10 * self.server.latency)
            self.reply(detail or "[slow]")
        elif what == "huge":
            self.reply("[1]" + "y" * 10_000)
        elif what == "control":
            self.reply("\x1b[2J[5]\x07\u202e\x00")
        elif what == "long":
            self.reply("[5", "length")
        elif what == "thought-out":
            self.reply("", "length", reasoning_content="hmm")
        elif what == "think":
            self.reply("<think>\nfive?\n</think>\n\n[5]")
        else:
            time.sleep(self.server.latency)
            self.reply(f"[{said}]")

    def reply(self, text: str | None, finish: str = "stop", **more: Any) -> None:
        message = {"role": "assistant", "content": text, **more}
        self.send(
            200,
            {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": self.server.model,
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": dict(zip(("prompt_tokens", "completion_tokens"), self.server.usage, strict=True)),
            },
        )

    def fail(
        self, status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send(status, {"error": {"message": message, "code": code}}, headers)

    def send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.start(status, len(body), headers)
        self.wfile.write(body)
        self.wfile.flush()

    def start(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def cut(self) -> None:
        self.start(200, 1000)
        self.wfile.write(b'{"choices": [{"message": {"content": "[5]')
        self.close_connection = True

    def trickle(self) -> None:
        self.start(200, 1000)
        while not self.server.released.wait(0.1):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(handler: type[Handler] | None = None) -> Iterator[BadServer]:
    """Run a server for a while."""
    server = BadServer(handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
