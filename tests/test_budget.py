from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("openai")

from badserver import KEY, BadServer, serving

from gamesim.errors import GamesimError, StoppedError
from gamesim.models import Prompt
from gamesim.models.budget import Budget, BudgetedModel
from gamesim.models.cache import ReplyCache
from gamesim.models.prices import Price, estimate, price_of, prices_as_of
from gamesim.models.remote import RemoteModel, open_remote
from gamesim.models.stored import StoredModel

# A reply of the test server has 7 tokens in and 3 out.
PRICE = Price(1_000_000, 1_000_000)


@pytest.fixture
def server() -> Iterator[BadServer]:
    with serving() as server:
        yield server


@pytest.fixture
def remote(server: BadServer) -> Iterator[RemoteModel]:
    model = open_remote("model", server.url, concurrency=16, retries=0, timeout=2)
    yield model
    model.close()


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("GAMESIM_PRICES", raising=False)


@pytest.mark.parametrize("ceiling", [{"max_cost": 505.0}, {"max_tokens": 505}])
def test_a_ceiling_holds_with_many_in_flight_and_is_nearly_used_up(
    remote: RemoteModel, server: BadServer, ceiling: dict[str, float]
) -> None:
    budget = Budget(**ceiling)
    model = BudgetedModel(remote, budget, 10, PRICE)
    answers = model.complete([Prompt("same")] * 100, range(100))
    spent = budget.spent()
    assert 450 <= spent.tokens_in + spent.tokens_out <= 505
    assert spent.cost == spent.tokens_in + spent.tokens_out
    assert len(server.requests) == spent.replies == sum(answer.finish == "stop" for answer in answers)
    assert all(
        answer.finish == "stop" or (answer.stopped and "the ceiling of" in answer.error) for answer in answers
    )
    with pytest.raises(StoppedError, match="the ceiling of"):
        budget.check()


def test_time_is_a_ceiling_too(remote: RemoteModel, server: BadServer) -> None:
    remote.complete([Prompt("warm")], [0])
    server.latency = 0.2
    budget = Budget(max_seconds=0.5)
    began = time.monotonic()
    answers = BudgetedModel(remote, budget, 10).complete([Prompt("same")] * 200, range(200))
    assert time.monotonic() - began < 4
    assert 16 <= budget.spent().replies < 100
    assert answers[-1].error == "stopped: the ceiling of 0.5 s is reached"


def test_what_failed_is_not_charged(remote: RemoteModel) -> None:
    budget = Budget(max_tokens=60)
    model = BudgetedModel(remote, budget, 10)
    answers = model.complete([Prompt("fail")] * 6 + [Prompt("1")], range(7))
    assert [answer.stopped for answer in answers] == [False] * 7
    assert budget.spent().replies == 1


def test_what_is_found_is_free(remote: RemoteModel, tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path)
    for tokens in (100.0, 0.0):
        model = StoredModel(BudgetedModel(remote, Budget(max_tokens=tokens), 10), cache)
        assert model.complete([Prompt("1")], [0])[0].text == "[1]"
    cache.close()


def test_no_ceiling_on_cost_without_a_price(remote: RemoteModel) -> None:
    with pytest.raises(GamesimError, match="no price is known for 'model'"):
        BudgetedModel(remote, Budget(max_cost=1), 10)
    with pytest.raises(GamesimError, match="max-cost must be 0 or more"):
        Budget(max_cost=-1)


def test_prices_come_from_the_users_file_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert price_of("gpt-4o-mini-2024-07-18") == price_of("gpt-4o-mini") == Price(0.15, 0.6)
    assert price_of("my-model") is None
    assert prices_as_of()
    file = tmp_path / "prices.json"
    monkeypatch.setenv("GAMESIM_PRICES", str(file))
    with pytest.raises(GamesimError, match="cannot be read"):
        price_of("my-model")
    file.write_text(json.dumps({"my-model": {"input": 0, "output": 1}}))
    assert price_of("my-model") == Price(0, 1)
    assert price_of("gpt-4o-mini") == Price(0.15, 0.6)
    for wrong in ("no json", "[]", '{"m": 3}', '{"m": {"input": -1, "output": 0}}'):
        file.write_text(wrong)
        with pytest.raises(GamesimError, match="GAMESIM_PRICES"):
            price_of("my-model")


def test_an_estimate_is_a_range() -> None:
    given = estimate([(Prompt("x" * 4000), 100)], 10, Price(1, 10))
    assert given.calls == 100
    assert given.tokens_in[0] < 100_000 < given.tokens_in[1]
    assert given.tokens_out == (100, 1000)
    assert given.cost is not None
    assert 0.05 < given.cost[0] < given.cost[1] < 0.2
    assert str(given).startswith("estimate: 100 calls")
    assert "price unknown" in str(estimate([], 10))
