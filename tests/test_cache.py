from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")

from badserver import KEY, BadServer, serving

from gamesim.errors import GamesimError
from gamesim.models import Completion, OnReply, Prompt, Replying, Sampling
from gamesim.models.cache import ReplyCache
from gamesim.models.cache_place import cache_folder, file_system
from gamesim.models.remote import open_remote
from gamesim.models.stored import StoredModel

CHILD = """
import sys
from pathlib import Path
from gamesim.models import Prompt
from gamesim.models.cache import ReplyCache
from gamesim.models.remote import open_remote
from gamesim.models.stored import StoredModel

folder, url, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
model = StoredModel(open_remote("model", url, concurrency=8), ReplyCache(folder))
answers = model.complete([Prompt("same")] * count, range(count))
print(sum(answer.finish == "stop" for answer in answers), model.asked)
"""


VERSION_1 = """
CREATE TABLE prompts (
    id BLOB PRIMARY KEY, model TEXT NOT NULL, identity TEXT NOT NULL, system TEXT NOT NULL, user TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE replies (
    prompt BLOB NOT NULL, draw INTEGER NOT NULL, created REAL NOT NULL, text TEXT NOT NULL,
    finish TEXT NOT NULL, error TEXT NOT NULL, reasoning TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, PRIMARY KEY (prompt, draw)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


@pytest.fixture
def server() -> Iterator[BadServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("GAMESIM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    cache = ReplyCache(tmp_path / "cache")
    yield cache
    cache.close()


def start(folder: Path, url: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), url, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )


class Counting(Replying):
    """A model that says how often it was asked."""

    @property
    def name(self) -> str:
        return "counting"

    def __init__(self) -> None:
        self.asked: list[tuple[Prompt, int]] = []

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        return self.complete_each(prompts, seeds)

    def complete_each(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], on_reply: OnReply | None = None
    ) -> Sequence[Completion]:
        self.asked += zip(prompts, seeds, strict=True)
        answers = [
            Completion("", finish="error", error="no")
            if prompt.user == "bad"
            else Completion(f"{prompt.user}\udc80", reasoning="hm")
            for prompt in prompts
        ]
        if on_reply is not None:
            for row, answer in enumerate(answers):
                on_reply(row, answer)
        return answers

    def describe(self) -> dict[str, Any]:
        return {"model": "counting"}

    def identity(self) -> dict[str, Any]:
        return self.describe()


def test_draws_of_one_prompt_are_so_many_requests_and_free_the_second_time(
    server: BadServer, cache: ReplyCache
) -> None:
    server.latency = 0
    prompts = [Prompt("same", "be fair")] * 200
    remote = open_remote("model", server.url, concurrency=16)
    first = StoredModel(remote, cache).complete(prompts, range(200))
    assert len(server.requests) == 200
    again = StoredModel(remote, cache)
    assert again.complete(prompts, range(200)) == first
    assert (again.found, again.asked, len(server.requests)) == (200, 0, 200)
    other = open_remote("model", server.url, sampling=Sampling(temperature=0.5))
    StoredModel(other, cache).complete(prompts[:3], range(3))
    StoredModel(remote, cache).complete([Prompt("same")], [0])
    assert len(server.requests) == 204
    remote.close()
    other.close()
    assert KEY.encode() not in cache.path.read_bytes()


def test_failures_are_not_kept_and_cost_the_others_nothing(server: BadServer, cache: ReplyCache) -> None:
    remote = open_remote("model", server.url, retries=0)
    model = StoredModel(remote, cache)
    for _ in range(2):
        answers = model.complete([Prompt("1"), Prompt("fail"), Prompt("refuse")], [0, 1, 2])
        assert [answer.finish for answer in answers] == ["stop", "error", "refused"]
    remote.close()
    assert sorted(server.asked().values()) == [1, 1, 2]


def test_equal_rows_are_asked_once_whatever_the_model(cache: ReplyCache) -> None:
    inner = Counting()
    model = StoredModel(inner, cache)
    arrived: dict[int, str] = {}
    prompts = [Prompt("a"), Prompt("a"), Prompt("bad"), Prompt("a")]
    answers = model.complete_each(prompts, [7, 7, 7, 8], lambda row, each: arrived.update({row: each.finish}))
    assert [answer.finish for answer in answers] == ["stop", "stop", "error", "stop"]
    assert len(inner.asked) == 3
    assert arrived == {0: "stop", 1: "stop", 2: "error", 3: "stop"}
    assert model.complete([Prompt("a")], [8])[0] == Completion("a?", reasoning="hm")


def test_what_was_stored_first_counts(cache: ReplyCache) -> None:
    identity = {"model": "m"}
    assert cache.keep(identity, Prompt("a"), 1, Completion("first")).text == "first"
    assert cache.keep(identity, Prompt("a"), 1, Completion("second")).text == "first"
    assert cache.find(identity, [Prompt("a"), Prompt("a")], [1, 2]) == [Completion("first"), None]


def test_it_is_shown_exported_and_pruned(cache: ReplyCache) -> None:
    for model, draw in (("m", 1), ("m", 2), ("o", 1)):
        cache.keep({"model": model}, Prompt("\x1b[2J", "s"), draw, Completion("[1]", tokens_in=5))
    assert [(each.model, each.prompts, each.replies, each.tokens_in) for each in cache.show()] == [
        ("m", 1, 2, 10),
        ("o", 1, 1, 5),
    ]
    file = io.StringIO()
    assert cache.export(file) == 3
    assert "\x1b" not in file.getvalue()
    assert cache.export(io.StringIO(), model="o") == 1
    line = json.loads(file.getvalue().splitlines()[0])
    assert (line["user"], line["system"], line["text"]) == ("\x1b[2J", "s", "[1]")
    assert cache.prune(older_than_days=1) == 0
    assert cache.prune(model="m") == 2
    assert [each.model for each in cache.show()] == ["o"]
    assert cache.prune() == 1


def exported(cache: ReplyCache) -> list[str]:
    file = io.StringIO()
    cache.export(file)
    return file.getvalue().splitlines()


def test_what_was_exported_is_taken_in_elsewhere(cache: ReplyCache, tmp_path: Path) -> None:
    identity = {"model": "m", "top_p": 0.9}
    prompts = [
        Prompt("5?", "be a player"),
        Prompt("6?", earlier=(("4?", "[4]"),), schema='{"type": "object"}'),
    ]
    answers = [Completion("[5]", tokens_in=7, tokens_out=3, reasoning="hm"), Completion("[6", "length")]
    for prompt, answer in zip(prompts, answers, strict=True):
        cache.keep(identity, prompt, 3, answer)
    lines = exported(cache)
    other = ReplyCache(tmp_path / "other")
    other.keep(identity, prompts[0], 3, Completion("[0]"))
    assert other.take_in([lines[0], "", lines[1]], "file") == (1, 1)
    assert other.find(identity, prompts, [3, 3]) == [Completion("[0]"), answers[1]]
    assert other.take_in(lines, "file") == (0, 2)
    other.prune()
    assert other.take_in(lines, "file") == (2, 0)
    assert exported(other) == lines
    other.close()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"draw": None}, "lacks 'draw'"),
        ({"draw": -1}, "draw = -1 must be at least 0"),
        ({"draw": 10**30}, "draw = 10000.* must be at least 0 and below 1e"),
        ({"created": 10**400}, "created = 10000.* must be at least 0"),
        ({"created": float("nan")}, "created = nan must be at least 0"),
        ({"tokens_out": -5}, "tokens_out = -5 must be at least 0"),
        ({"draw": "1"}, "draw must be a whole number, not '1'"),
        ({"tokens_in": True}, "tokens_in must be a whole number, not True"),
        ({"identity": {}}, "identity names no model"),
        ({"finish": "stopped"}, "unknown finish 'stopped'; did you mean 'stop'?"),
        ({"finish": "error"}, "unknown finish 'error'"),
    ],
)
def test_a_line_that_was_not_exported_is_refused_with_all_others(
    cache: ReplyCache, change: dict[str, Any], sentence: str
) -> None:
    cache.keep({"model": "m"}, Prompt("a"), 1, Completion("b"))
    (line,) = exported(cache)
    cache.prune()
    changed = {name: value for name, value in (json.loads(line) | change).items() if value is not None}
    with pytest.raises(GamesimError, match=f"file: line 2.*{sentence.replace('?', '.')}"):
        cache.take_in([line, json.dumps(changed)], "file")
    assert cache.show() == []
    for text, fault in (("[]", "no JSON object"), ("{", "not JSON")):
        with pytest.raises(GamesimError, match=f"file: line 1 is {fault}"):
            cache.take_in([text], "file")


def test_a_prompt_that_has_no_more_keeps_its_key(tmp_path: Path) -> None:
    identity, prompt = {"model": "m"}, Prompt("5?", "be a player")
    (tmp_path / "old").mkdir()
    with sqlite3.connect(tmp_path / "old" / "replies.sqlite") as old:
        old.executescript(VERSION_1)
        number = hashlib.sha256(json.dumps(['{"model": "m"}', "be a player", "5?"]).encode()).digest()[:16]
        old.execute(
            "INSERT INTO prompts VALUES (?, 'm', '{\"model\": \"m\"}', 'be a player', '5?')", (number,)
        )
        old.execute("INSERT INTO replies VALUES (?, 1, 0.0, '[5]', 'stop', '', '', 7, 3)", (number,))
    old.close()
    cache = ReplyCache(tmp_path / "old")
    kept = Completion("[5]", tokens_in=7, tokens_out=3)
    turns = replace(prompt, earlier=(("4?", "[4]"),))
    schema = replace(prompt, schema='{"type": "object"}')
    assert cache.find(identity, [prompt, turns, schema], [1, 1, 1]) == [kept, None, None]
    cache.keep(identity, turns, 1, Completion("[6]"))
    cache.keep(identity, schema, 1, Completion("[7]"))
    cache.close()
    again = ReplyCache(tmp_path / "old")
    found = again.find(identity, [prompt, turns, schema], [1, 1, 1])
    assert [each.text if each else None for each in found] == ["[5]", "[6]", "[7]"]
    file = io.StringIO()
    again.export(file)
    again.close()
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line.get("earlier") for line in lines] == [None, [["4?", "[4]"]], None]
    assert [line.get("schema") for line in lines] == [None, None, '{"type": "object"}']


def test_a_killed_run_pays_for_nothing_twice(server: BadServer, tmp_path: Path) -> None:
    server.latency, count = 0.05, 160
    child = start(tmp_path / "cache", server.url, count)
    end = time.monotonic() + 60
    while len(server.requests) < 60 and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    time.sleep(0.2)
    before = len(server.requests)
    assert 60 <= before < count
    out, _ = start(tmp_path / "cache", server.url, count).communicate(timeout=120)
    assert out.split()[0] == str(count)
    asked = server.asked()
    assert {seed for _, seed in asked} == set(range(count))
    assert max(asked.values()) <= 2
    assert len(server.requests) - count <= 8


def test_two_processes_share_it(server: BadServer, tmp_path: Path) -> None:
    children = [start(tmp_path / "cache", server.url, 100) for _ in range(2)]
    assert [child.communicate(timeout=120)[0].split()[0] for child in children] == ["100", "100"]
    before = len(server.requests)
    out, _ = start(tmp_path / "cache", server.url, 100).communicate(timeout=120)
    assert out.split() == ["100", "0"]
    assert len(server.requests) == before


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"disk / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\nt {tmp_path}/my\\040disk tmpfs rw 0 0\n"
    )
    assert file_system(tmp_path / "my disk" / "x", mounts) == "tmpfs"
    with pytest.raises(GamesimError, match=r"network file system \(nfs4\)"):
        ReplyCache(tmp_path / "cache", mounts=mounts)
    assert not (tmp_path / "cache").exists()
    assert file_system(tmp_path, tmp_path / "none") == ""


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("GAMESIM_CACHE")
    assert cache_folder().name == "gamesim"


def test_what_is_no_cache_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "replies.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(GamesimError, match="cannot be used"):
        ReplyCache(tmp_path)
    (tmp_path / "later").mkdir()
    file = sqlite3.connect(tmp_path / "later" / "replies.sqlite")
    file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(GamesimError, match="later gamesim"):
        ReplyCache(tmp_path / "later")
    with pytest.raises(GamesimError, match="no cache can be kept"):
        ReplyCache(tmp_path / "replies.sqlite")
