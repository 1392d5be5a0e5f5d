"""A chat server that has some models and answers what it is told to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer(ThreadingHTTPServer):
    """Notes the paths and keys it was asked with; answers each question with the next of `says`."""

    daemon_threads = True

    def __init__(self, models: Sequence[str], says: Sequence[str], key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.models, self.says, self.key = models, says, key
        self.asked: list[tuple[str, str | None]] = []
        self.answered = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        if self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            self.send(401, {"error": {"message": "no key"}})
        elif self.path == "/v1/models":
            self.send(200, {"object": "list", "data": [{"id": name} for name in self.server.models]})
        else:
            self.send(404, {"error": {"message": "not here"}})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            text = self.server.says[self.server.answered % len(self.server.says)]
            self.server.answered += 1
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        head = {"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"]}
        self.send(200, {**head, "choices": [choice]})

    def send(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@contextmanager
def serving(
    models: Sequence[str] = ("model",), says: Sequence[str] = ("[40]",), key: str = ""
) -> Iterator[ModelServer]:
    """Run a server for a while."""
    server = ModelServer(models, says, key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
