from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("openai")

from gamesim.errors import GamesimError
from gamesim.models import Prompt, Sampling, Scorer
from gamesim.models.remote import RemoteModel, open_remote

KEY = "sk-secret-0123456789"


class Server(ThreadingHTTPServer):
    """A chat server that does what the user message says."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.requests.append(asked)
            earlier = sum(one["messages"] == asked["messages"] for one in server.requests) - 1
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
        try:
            self.answer(asked, earlier)
        finally:
            with server.lock:
                server.in_flight -= 1

    def answer(self, asked: dict[str, Any], earlier: int) -> None:
        user = asked["messages"][-1]["content"]
        if asked["model"] != "model":
            self.send(404, {"error": {"message": f"no model {asked['model']}", "code": "model_not_found"}})
        elif user == "fail" or (user == "fail once" and not earlier):
            self.send(500, {"error": {"message": f"broken, {self.headers['Authorization']}"}})
        elif user == "garbage":
            self.send(200, b"{ no json")
        elif user == "empty":
            self.send(200, {"object": "chat.completion"})
        elif user == "hang":
            self.server.released.wait(20)
        else:
            time.sleep(0.01)
            finish = {"long": "length", "filtered": "content_filter"}.get(user, "stop")
            message = {"role": "assistant", "content": f"[{user}]"}
            if user == "refuse":
                message = {"role": "assistant", "content": None, "refusal": "I will not."}  # type: ignore[dict-item]
            self.send(
                200,
                {
                    "id": "1",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "model",
                    "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
                },
            )

    def send(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def texts(model: RemoteModel, *users: str) -> list[str]:
    return [answer.text for answer in model.complete([Prompt(user) for user in users], range(len(users)))]


def test_answers_come_in_order_and_concurrency_is_bounded(server: Server) -> None:
    model = open_remote("model", server.url, concurrency=4)
    users = [str(n) for n in range(40)]
    assert texts(model, *users) == [f"[{user}]" for user in users]
    assert 2 <= server.most_in_flight <= 4


def test_the_request_carries_prompt_and_settings(server: Server) -> None:
    sampling = Sampling(temperature=0.6, top_k=20, top_p=0.95, max_new_tokens=9)
    answer = open_remote("model", server.url, sampling=sampling).complete(
        [Prompt("5", "be a player")], [2**31 + 8]
    )
    assert (answer[0].text, answer[0].finish, answer[0].tokens_in, answer[0].tokens_out) == (
        "[5]",
        "stop",
        7,
        3,
    )
    sent = server.requests[0]
    assert sent["messages"] == [
        {"role": "system", "content": "be a player"},
        {"role": "user", "content": "5"},
    ]
    expected = {"temperature": 0.6, "top_k": 20, "top_p": 0.95, "max_tokens": 9, "seed": 8}
    assert {key: sent[key] for key in expected} == expected


def test_failures_do_not_lose_the_batch(server: Server) -> None:
    model = open_remote("model", server.url, timeout=0.5, retries=0)
    users = ["1", "fail", "garbage", "empty", "hang", "filtered", "long", "refuse", "2"]
    answers = model.complete([Prompt(user) for user in users], range(len(users)))
    finishes = ["stop", "error", "error", "error", "error", "error", "length", "stop", "stop"]
    assert [answer.finish for answer in answers] == finishes
    assert "answered with an error" in answers[1].error
    assert "unreadable" in answers[2].error
    assert "no answer" in answers[3].error
    assert "within 0.5 s" in answers[4].error
    assert "content_filter" in answers[5].error
    assert answers[7].text == "I will not."
    assert not any(KEY in answer.error for answer in answers)


def test_a_passing_failure_is_retried(server: Server) -> None:
    assert texts(open_remote("model", server.url, retries=1), "fail once") == ["[fail once]"]
    assert len(server.requests) == 2


def test_a_wrong_model_is_said_and_asked_for_once(server: Server) -> None:
    model = open_remote("modle", server.url, concurrency=2)
    answers = model.complete([Prompt(str(n)) for n in range(50)], range(50))
    assert all("has no model 'modle'" in answer.error for answer in answers)
    assert len(server.requests) <= 2


def test_a_server_that_is_not_there_is_said() -> None:
    model = open_remote("model", "http://127.0.0.1:9/v1", retries=0)
    answers = model.complete([Prompt(str(n)) for n in range(50)], range(50))
    assert all("http://127.0.0.1:9/v1 cannot be reached" in answer.error for answer in answers)


def test_it_works_inside_a_running_loop(server: Server) -> None:
    async def cell() -> list[str]:
        return texts(open_remote("model", server.url), "1", "2")

    assert asyncio.run(cell()) == ["[1]", "[2]"]


def test_nothing_asked_nothing_answered(server: Server) -> None:
    assert texts(open_remote("model", server.url)) == []


def test_no_key_is_fine_for_a_server_of_ones_own(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert texts(open_remote("model", server.url), "1") == ["[1]"]
    with pytest.raises(GamesimError, match="OPENAI_API_KEY is not set"):
        open_remote("model")


def test_the_record_has_no_key_and_no_login() -> None:
    model = open_remote("model", "http://me:word@localhost:1/v1?token=abc")
    described = json.dumps(model.describe())
    assert "http://localhost:1/v1" in described
    assert not any(secret in described for secret in (KEY, "word", "abc"))
    assert not isinstance(model, Scorer)


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"timeout": 0}, {"retries": -1}, {"base_url": "localhost:1"}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GamesimError, match=next(iter(wrong))):
        open_remote("model", **wrong)


def test_the_client_library_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(GamesimError, match=r'pip install "gamesim\[remote\]"'):
        open_remote("model")
