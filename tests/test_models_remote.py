from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")

from badserver import EXPIRED, KEY, BadServer, serving

import gamesim
from gamesim.errors import GamesimError, StoppedError
from gamesim.models import Prompt, Replying, Sampling, Scorer
from gamesim.models import remote as remote_module
from gamesim.models.access import Access, Underway
from gamesim.models.asking import FAILED_IN_ROW
from gamesim.models.budget import Budget, Spent
from gamesim.models.opening import open_model
from gamesim.models.remote import RemoteModel


@pytest.fixture
def server() -> Iterator[BadServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened: list[RemoteModel] = []
    plain = remote_module.open_remote

    def noting(*args: Any, **options: Any) -> RemoteModel:
        opened.append(plain(*args, **options))
        return opened[-1]

    monkeypatch.setattr(remote_module, "open_remote", noting)
    yield
    for model in opened:
        model.close()


def open_remote(*args: Any, **options: Any) -> RemoteModel:
    return remote_module.open_remote(*args, **options)


def texts(model: RemoteModel, *users: str) -> list[str]:
    return [answer.text for answer in model.complete([Prompt(user) for user in users], range(len(users)))]


def test_answers_come_in_order_and_concurrency_is_bounded(server: BadServer) -> None:
    model = open_remote("model", server.url, concurrency=4)
    users = [str(n) for n in range(40)]
    assert texts(model, *users) == [f"[{user}]" for user in users]
    assert 2 <= server.most_in_flight <= 4
    assert texts(model, "again") == ["[again]"]
    assert server.connections <= 4
    assert isinstance(model, Replying)


def test_the_request_carries_prompt_and_settings(server: BadServer) -> None:
    sampling = Sampling(temperature=0.6, top_k=20, top_p=0.95, max_new_tokens=9)
    answer = open_remote("model", server.url, sampling=sampling).complete(
        [Prompt("5", "be a player")], [2**31 + 8]
    )[0]
    assert (answer.text, answer.finish, answer.tokens_in, answer.tokens_out) == ("[5]", "stop", 7, 3)
    sent = server.requests[0]
    assert sent["messages"] == [
        {"role": "system", "content": "be a player"},
        {"role": "user", "content": "5"},
    ]
    expected = {"temperature": 0.6, "top_k": 20, "top_p": 0.95, "max_tokens": 9, "seed": 8}
    assert {key: sent[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("user", "finish", "text", "error", "requests"),
    [
        ("1", "stop", "[1]", "", 1),
        ("busy once", "stop", "[busy]", "", 2),
        ("wait once", "stop", "[wait]", "", 2),
        ("fail once", "stop", "[fail]", "", 2),
        ("cut once", "stop", "[cut]", "", 2),
        ("hang once", "stop", "[hang]", "", 2),
        ("garbage once", "stop", "[garbage]", "", 2),
        ("wait 100", "error", "", "rate limit: ", 1),
        ("fail", "error", "", "server error: ", 2),
        ("hang", "error", "", "time-out: ", 2),
        ("trickle", "error", "", "time-out: ", 1),
        ("cut", "error", "", "connection lost: ", 2),
        ("garbage", "error", "", "unreadable: ", 2),
        ("empty", "error", "", "unreadable: ", 2),
        ("shapeless", "error", "", "unreadable: ", 2),
        ("long-request", "error", "", "request: ", 1),
        ("spent", "error", "", "stopped: quota: ", 1),
        ("filtered", "refused", "[5", "", 1),
        ("blocked", "refused", "", "http", 1),
        ("refuse", "refused", "I will not.", "", 1),
        ("long", "length", "[5", "", 1),
        ("thought-out", "length", "", "all 3 tokens went into thinking; raise @thinking=", 1),
        ("slow", "stop", "[slow]", "", 1),
        ("huge", "stop", "[1]" + "y" * 10_000, "", 1),
        ("control", "stop", "\x1b[2J[5]\x07\u202e\x00", "", 1),
        ("think", "stop", "[5]", "", 1),
    ],
)
def test_each_fault_has_its_name_and_costs_bounded_time(
    server: BadServer, user: str, finish: str, text: str, error: str, requests: int
) -> None:
    model = open_remote("model", server.url, timeout=1, retries=1, deadline=5)
    texts(model, "warm")
    began = time.monotonic()
    answer = model.complete([Prompt(user)], [0])[0]
    assert time.monotonic() - began < 10
    assert (answer.finish, answer.text) == (finish, text)
    assert answer.error.startswith(error)
    assert bool(error) == bool(answer.error)
    assert len(answer.error) <= 330
    assert answer.error.isprintable()
    assert KEY not in answer.error
    assert len(server.requests) == requests + 1


def test_a_schema_is_sent_along(server: BadServer) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}}
    model = open_remote("model", server.url)
    turns = (("4", "[4]"),)
    model.complete([Prompt("5", earlier=turns, schema=json.dumps(schema)), Prompt("5")], [0, 1])
    sent = {one["seed"]: one for one in server.requests}
    assert sent[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": schema},
    }
    assert [each["content"] for each in sent[0]["messages"]] == ["4", "[4]", "5"]
    assert "response_format" not in sent[1]


def test_a_server_without_schemas_says_so_and_is_asked_on(server: BadServer) -> None:
    server.schemas = False
    model = open_remote("model", server.url, concurrency=2)
    prompts = [Prompt(str(n), schema='{"type": "object"}') for n in range(FAILED_IN_ROW + 10)]
    answers = model.complete([*prompts, Prompt("5")], range(len(prompts) + 1))
    assert all(each.finish == "error" and each.error.startswith("unsupported: ") for each in answers[:-1])
    assert answers[-1].text == "[5]"


def test_that_a_server_lacks_schemas_is_not_kept(server: BadServer) -> None:
    prompt = Prompt("5", schema='{"type": "object"}')
    access = Access(Budget(max_tokens=1_000))
    model = access.to(open_remote("model", server.url), 9)
    server.schemas = False
    assert model.complete([prompt], [0])[0].error.startswith("unsupported: ")
    server.schemas = True
    assert model.complete([prompt], [0])[0].text == "[5]"
    access.close()


def test_a_server_that_refuses_everything_is_not_asked_on(server: BadServer) -> None:
    model = open_remote("model", server.url, concurrency=2)
    answers = model.complete([Prompt("long-request")] * 100, range(100))
    assert len(server.requests) <= FAILED_IN_ROW + 2
    assert answers[-1].stopped
    assert "request: " in answers[-1].error


def test_room_for_thinking_comes_on_top_and_only_when_asked_for(server: BadServer) -> None:
    deep = Sampling(max_new_tokens=9, thinking=500, effort="low")
    model, plain = open_remote("model", server.url, sampling=deep), open_remote("model", server.url)
    model.complete([Prompt("5")], [0])
    plain.complete([Prompt("5")], [0])
    first, second = server.requests
    assert (first["max_tokens"], first["reasoning_effort"]) == (509, "low")
    assert (second["max_tokens"], "reasoning_effort" in second) == (64, False)
    assert model.identity()["sampling"]["thinking"] == 500
    assert set(plain.identity()["sampling"]) == {"temperature", "top_k", "top_p", "max_new_tokens"}
    with pytest.raises(GamesimError, match="thinking must be 0 or more"):
        Sampling(thinking=-1)
    with pytest.raises(GamesimError, match="thinking and effort are for served models"):
        open_model("hf:somewhere", deep)


def test_a_budget_sets_thinking_aside(server: BadServer) -> None:
    model = open_remote("model", server.url, sampling=Sampling(max_new_tokens=9, thinking=500))
    access = Access(Budget(max_tokens=400), cache=False)
    assert "the ceiling of 400 tokens" in access.to(model, 9).complete([Prompt("5")], [0])[0].error
    dry = Access(Budget(), dry=True)
    dry.to(model, 9).complete([Prompt("5")] * 2, [0, 1])
    assert "2 to 1,018 out" in dry.spent()
    assert not server.requests


def test_the_timeout_may_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMESIM_TIMEOUT", "7")
    assert open_remote("model").describe()["timeout"] == 7
    assert open_remote("model").describe()["deadline"] == 35
    assert open_remote("model", timeout=2, deadline=3).describe()["deadline"] == 3
    monkeypatch.setenv("GAMESIM_TIMEOUT", "long")
    with pytest.raises(GamesimError, match="GAMESIM_TIMEOUT must be a number of seconds above 0, not 'long'"):
        open_remote("model")
    for nonsense in ("nan", "inf", "0", "-1"):
        monkeypatch.setenv("GAMESIM_TIMEOUT", nonsense)
        with pytest.raises(GamesimError, match="must be a number of seconds above 0"):
            open_remote("model")


@pytest.mark.parametrize(
    "address", ["http://[::1/v1", "http://localhost:abc/v1", "me:hidden@host/v1?key=hidden"]
)
def test_an_address_that_cannot_be_read_is_refused_without_its_secrets(address: str) -> None:
    with pytest.raises(GamesimError, match=r"^base_url ") as caught:
        open_remote("model", address)
    assert "hidden" not in str(caught.value)


def test_another_key_or_time_out_in_the_environment_is_taken(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", EXPIRED)
    with pytest.raises(StoppedError, match="refuses the key"):
        gamesim.play("dictator", "openai:model", n=4)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GAMESIM_TIMEOUT", "7")
    server.does = lambda asked: "say [5]"
    run = gamesim.play("dictator", "openai:model", n=4)
    assert (run.decisions["status"] == "ok").all()
    assert run.settings.policies["openai:model"]["model"]["timeout"] == 7


def test_answers_are_told_of_as_they_come(server: BadServer) -> None:
    told: list[Underway] = []
    access = Access(Budget(), watch=told.append)
    model = access.to(open_remote("model", server.url), 9)
    model.complete([Prompt("1")] * 5, range(5))
    model.complete([Prompt("1")] * 6, range(6))
    access.close()
    assert [(each.done, each.asked) for each in told[:5]] == [(done, 5) for done in range(1, 6)]
    assert [(each.done, each.asked) for each in told[5:]] == [(done, 6) for done in range(1, 7)]
    assert str(told[-1]) == "6 of 6 answers · 60 tokens"
    spent = Spent(5000, 300_000, 12_345, 0.834)
    assert str(Underway(1204, 5000, spent, True)) == "1,204 of 5,000 answers · $0.83 · 312k tokens"
    assert str(Underway(1, 2, Spent(tokens_in=1_250_000), False)) == "1 of 2 answers · 1.25M tokens"


def test_what_the_server_said_outlives_an_attempt_cut_short_at_the_deadline(server: BadServer) -> None:
    server.does = lambda asked: "fail" if len(server.requests) == 1 else "hang"
    model = open_remote("model", server.url, timeout=20, deadline=2)
    answer = model.complete([Prompt("5")], [0])[0]
    assert answer.error.startswith(f"server error: {server.url} answered with an error: ")
    assert len(server.requests) == 2


def test_faults_do_not_lose_the_others(server: BadServer) -> None:
    model = open_remote("model", server.url, timeout=1.5, retries=0, deadline=5)
    bad = ["fail", "garbage", "empty", "hang", "filtered", "long", "refuse", "cut"]
    users = [user for each in bad for user in (each, f"fine {each}")]
    arrived: dict[int, str] = {}
    answers = model.complete_each(
        [Prompt(user) for user in users],
        range(len(users)),
        lambda row, each: arrived.update({row: each.text}),
    )
    assert [answer.text for answer in answers[1::2]] == [f"[fine {each}]" for each in bad]
    assert arrived == {row: answer.text for row, answer in enumerate(answers)}


def test_a_server_that_takes_few_at_a_time_loses_nothing(server: BadServer) -> None:
    server.takes, server.latency = 6, 0.02
    model = open_remote("model", server.url, deadline=60)
    users = [str(n) for n in range(150)]
    assert texts(model, *users) == [f"[{user}]" for user in users]
    assert server.most_in_flight <= 64


def test_concurrency_grows_while_all_is_well(server: BadServer) -> None:
    server.latency = 0.2
    texts(open_remote("model", server.url), *(str(n) for n in range(120)))
    # Four rounds of 8, 16, 32 and 64, or nearly so.
    assert server.most_in_flight > 30


def test_what_retry_after_asks_is_honoured(server: BadServer) -> None:
    assert texts(open_remote("model", server.url), "wait once") == ["[wait]"]
    assert server.times[1] - server.times[0] >= 0.99


def test_two_servers_share_the_load(server: BadServer) -> None:
    with serving() as other:
        model = open_remote("model", f"{server.url}, {other.url}", concurrency=4)
        texts(model, *(str(n) for n in range(40)))
        counts = [len(server.requests), len(other.requests)]
    assert sum(counts) == 40
    assert min(counts) >= 10


def test_a_server_that_is_away_costs_nothing_while_another_answers(server: BadServer) -> None:
    model = open_remote("model", f"http://127.0.0.1:9/v1,{server.url}", concurrency=4)
    assert texts(model, *(str(n) for n in range(40))) == [f"[{n}]" for n in range(40)]


def test_a_wrong_model_is_said_and_asked_for_once(server: BadServer) -> None:
    model = open_remote("modle", server.url, concurrency=2)
    answers = model.complete([Prompt(str(n)) for n in range(50)], range(50))
    assert all("has no model 'modle'" in answer.error and answer.stopped for answer in answers)
    assert len(server.requests) <= 2


def test_an_expired_key_stops_the_batch_and_is_not_repeated(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", EXPIRED)
    answers = open_remote("model", server.url, concurrency=2).complete([Prompt("1")] * 50, range(50))
    assert all(answer.error.startswith("stopped: key: ") for answer in answers)
    assert not any(EXPIRED in answer.error for answer in answers)
    assert len(server.requests) <= 2


def test_a_server_that_only_hangs_is_given_up(server: BadServer) -> None:
    model = open_remote("model", server.url, timeout=0.2, retries=0, concurrency=8)
    answers = model.complete([Prompt("hang")] * 500, range(500))
    assert all(answer.finish == "error" for answer in answers)
    assert "in a row" in answers[-1].error
    assert len(server.requests) <= FAILED_IN_ROW + 8


def test_a_server_that_is_not_there_is_said() -> None:
    model = open_remote("model", "http://127.0.0.1:9/v1", retries=0)
    answers = model.complete([Prompt(str(n)) for n in range(50)], range(50))
    assert all("http://127.0.0.1:9/v1 cannot be reached" in answer.error for answer in answers)


def test_it_works_inside_a_running_loop(server: BadServer) -> None:
    async def cell() -> list[str]:
        return texts(open_remote("model", server.url), "1", "2")

    assert asyncio.run(cell()) == ["[1]", "[2]"]


def test_what_the_callback_raises_is_raised_and_ends_the_batch(server: BadServer) -> None:
    def fail(row: int, answer: object) -> None:
        raise GamesimError("the disk is full")

    model = open_remote("model", server.url, concurrency=2)
    with pytest.raises(GamesimError, match="the disk is full"):
        model.complete_each([Prompt("1")] * 50, range(50), fail)
    assert len(server.requests) <= 4
    assert texts(model, "2") == ["[2]"]


def test_nothing_asked_nothing_answered(server: BadServer) -> None:
    assert texts(open_remote("model", server.url)) == []


def test_no_key_is_fine_for_a_server_of_ones_own(server: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert texts(open_remote("model", server.url), "1") == ["[1]"]
    with pytest.raises(GamesimError, match="OPENAI_API_KEY is not set"):
        open_remote("model")


def test_key_and_address_may_stand_in_a_file(server: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    lines = f"# mine\nexport OPENAI_BASE_URL='{server.url}' # here\nOPENAI_API_KEY={EXPIRED}\n"
    Path(".env").write_text(lines, encoding="utf-8")
    assert "refuses the key" in open_remote("model").complete([Prompt("1")], [0])[0].error


def test_the_record_has_no_key_and_no_login() -> None:
    model = open_remote("model", "http://me:word@localhost:1/v1?token=abc")
    described = json.dumps([model.describe(), model.identity()])
    assert "http://localhost:1/v1" in described
    assert not any(secret in described for secret in (KEY, "word", "abc"))
    assert not isinstance(model, Scorer)


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": 0}, {"timeout": 0}, {"retries": -1}, {"base_url": "localhost:1"}, {"deadline": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GamesimError, match=next(iter(wrong))):
        open_remote("model", **wrong)


def test_the_client_library_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(GamesimError, match=r'pip install "gamesim\[remote\]"'):
        open_remote("model")
