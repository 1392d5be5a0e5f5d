"""Probabilities over a real HTTP server, beside those of the same model on this machine."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("openai")

import torch
from badserver import KEY, BadServer, Handler, serving
from logprobserver import PLAIN_TEMPLATE, THINKING_TEMPLATE, give_template, telling
from tiny import write_model

import gamesim
from gamesim.errors import GamesimError, StoppedError
from gamesim.models import Prompt, Sampling, Scorer
from gamesim.models.access import Access
from gamesim.models.budget import Budget
from gamesim.models.draws import log_probabilities
from gamesim.models.forecast import Forecast
from gamesim.models.local import open_local
from gamesim.models.remote import RemoteModel, open_remote
from gamesim.models.scoring import ServedScorer

PROMPTS = [Prompt("How much do you give ?", "You are a player ."), Prompt("Answer with number 12 points")]
NUMBERS = [f"[{n}]" for n in (0, 5, 7, 10, 50, 100)]
WORDS = ["[give]", "[do you]"]


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {
        "plain": give_template(write_model(root / "plain", digits=True), PLAIN_TEMPLATE),
        "thinking": give_template(write_model(root / "thinking", kind="qwen3"), THINKING_TEMPLATE),
        # Whole numbers are tokens here.
        "whole": give_template(write_model(root / "whole", digits=False, sharpness=40.0), PLAIN_TEMPLATE),
        # Its generation prompt holds an empty thought, but a finished answer does not.
        "torn": write_model(root / "torn"),
    }


@pytest.fixture
def opened() -> Iterator[Callable[..., RemoteModel]]:
    models: list[RemoteModel] = []

    def opening(server: BadServer, sampling: Sampling | None = None) -> RemoteModel:
        models.append(open_remote("model", server.url, sampling=sampling, retries=0, timeout=20))
        return models[-1]

    yield opening
    for model in models:
        model.close()


@pytest.mark.parametrize("name", ["plain", "thinking"])
def test_served_probabilities_equal_local_ones(
    folders: dict[str, Path], opened: Callable[..., RemoteModel], name: str
) -> None:
    local = open_local(folders[name])
    prompts, answers = [*PROMPTS, PROMPTS[0]], [NUMBERS, WORDS, NUMBERS]
    with telling(folders[name]) as server:
        served = ServedScorer(opened(server))
        assert isinstance(served, Scorer)
        assert served.probe(prompts[0], answers[0]) == served.form == "bracket"
        found = served.score(prompts, answers)
    for one, other in zip(found, local.score(prompts, answers), strict=True):
        np.testing.assert_allclose(one.log_probability, other.log_probability, atol=1e-4)
        assert not one.raw
    assert found[0] is found[2]
    assert not found[0].log_probability.flags.writeable
    assert served.describe()["probabilities"] == "prompt_logprobs"


def test_settings_that_the_server_does_not_apply_are_marked(
    folders: dict[str, Path], opened: Callable[..., RemoteModel]
) -> None:
    with telling(folders["plain"]) as server:
        plain = ServedScorer(opened(server)).score(PROMPTS[:1], [NUMBERS])[0]
        cool = ServedScorer(opened(server, Sampling(temperature=0.6))).score(PROMPTS[:1], [NUMBERS])[0]
    assert (plain.raw, cool.raw) == (False, True)
    np.testing.assert_array_equal(plain.log_probability, cool.log_probability)


def test_what_was_told_is_kept_paid_for_and_counted_beforehand(
    folders: dict[str, Path], opened: Callable[..., RemoteModel], tmp_path: Path
) -> None:
    with telling(folders["plain"]) as server:
        figures = []
        for tokens in (10_000.0, 0.0):
            budget = Budget(max_tokens=tokens)
            access = Access(budget)
            served = ServedScorer(access.to(opened(server), 64))
            figures.append(served.score(PROMPTS, [NUMBERS, WORDS]))
            access.close()
        calls = len(server.requests)
        assert calls == (1 + len(NUMBERS)) + (1 + len(WORDS))
        assert max(server.seen.values()) == 1
    for one, other in zip(*figures, strict=True):
        np.testing.assert_array_equal(one.log_probability, other.log_probability)
    with sqlite3.connect(tmp_path / "cache" / "replies.sqlite") as file:
        stored = [json.loads(more) for (more,) in file.execute("SELECT more FROM prompts")]
        (longest,) = file.execute("SELECT MAX(LENGTH(text)) FROM replies").fetchone()
    file.close()
    assert {each["form"] for each in stored} == {"context", "answer"}
    assert longest < 2_000
    dry = Access(Budget(), dry=True)
    model = dry.to(opened(server), 64)
    assert isinstance(model, Forecast)
    scores = ServedScorer(model).score(PROMPTS, [NUMBERS, WORDS])
    np.testing.assert_allclose(np.exp(scores[0].log_probability), 1 / len(NUMBERS))
    estimate = model.estimate()
    assert (estimate.calls, estimate.tokens_out) == (calls, (calls, calls))


def test_a_budget_that_is_used_up_stops_scoring(
    folders: dict[str, Path], opened: Callable[..., RemoteModel]
) -> None:
    with telling(folders["plain"]) as server:
        access = Access(Budget(max_tokens=150))
        served = ServedScorer(access.to(opened(server), 64))
        with pytest.raises(StoppedError, match="the ceiling of 150 tokens"):
            served.score(PROMPTS, [NUMBERS, WORDS])
        access.close()
        assert 2 <= len(server.requests) < 10


@pytest.mark.parametrize("refuses", [True, False])
def test_first_tokens_serve_where_answers_are_one_token(
    folders: dict[str, Path], opened: Callable[..., RemoteModel], refuses: bool
) -> None:
    with telling(folders["whole"], ("first",), refuses=refuses) as server:
        served = ServedScorer(opened(server))
        assert served.probe(PROMPTS[0], NUMBERS) == "bare"
        assert served.describe()["probabilities"] == "top_logprobs"
        local = open_local(folders["whole"])
        with torch.no_grad():
            logits = local.model(input_ids=torch.tensor(local.chat.encode(PROMPTS[:1]))).logits[:, -1]
        true = log_probabilities(logits, Sampling())[0]
        top = true.topk(20)
        shown = [local.tokenizer.decode([int(token)]) for token in top.indices]
        wanted = [word for word in shown if word.strip()][:3]
        rest = next(w for w in ("zq", "qz", "xj") if not any(t and w.startswith(t) for t in shown))
        found = served.score(PROMPTS[:1], [[*wanted, rest]])[0]
        np.testing.assert_allclose(
            found.log_probability[:3], [float(top.values[shown.index(word)]) for word in wanted], atol=1e-4
        )
        assert found.log_probability[3] == -math.inf
        assert found.unlisted == pytest.approx(1 - float(top.values.exp().sum()), abs=1e-4)
        warm = Sampling(temperature=0.7, top_k=5, top_p=0.9)
        truncated = ServedScorer(opened(server, warm)).score(PROMPTS[:1], [wanted])[0]
        expected = log_probabilities(logits, warm)[0]
        np.testing.assert_allclose(
            truncated.log_probability,
            [float(expected[top.indices[shown.index(word)]]) for word in wanted],
            atol=1e-4,
        )
        assert not truncated.raw
        cool = ServedScorer(opened(server, Sampling(temperature=0.7))).score(PROMPTS[:1], [wanted])[0]
        assert cool.raw == (found.unlisted > 1e-3)
        part = next(word for word in wanted if word.isprintable())
        with pytest.raises(GamesimError, match=r"takes more than one .*@elicit=sample or @elicit=verbalized"):
            served.score(PROMPTS[:1], [[f"{part}zzz"]])


@pytest.mark.parametrize("refuses", [True, False])
def test_a_server_that_tells_nothing_is_refused_in_a_sentence(
    folders: dict[str, Path], opened: Callable[..., RemoteModel], refuses: bool
) -> None:
    with telling(folders["plain"], (), refuses=refuses) as server:
        with pytest.raises(GamesimError, match="use @elicit=sample or @elicit=verbalized") as raised:
            ServedScorer(opened(server)).probe(PROMPTS[0], NUMBERS)
        assert not isinstance(raised.value, StoppedError)
        assert len(server.requests) == 3


def test_a_template_in_which_the_answer_cannot_be_found_is_not_guessed_at(
    folders: dict[str, Path], opened: Callable[..., RemoteModel]
) -> None:
    found = pytest.raises(GamesimError, match="cannot be found in what the chat template makes of it")
    with telling(folders["torn"], ("prompt",)) as server, found:
        ServedScorer(opened(server)).score(PROMPTS[:1], [NUMBERS])
    with telling(folders["torn"]) as server:
        assert ServedScorer(opened(server)).probe(PROMPTS[0], NUMBERS) == "bare"


def test_a_server_that_fails_stops_and_decides_nothing(opened: Callable[..., RemoteModel]) -> None:
    with serving() as server:
        served = ServedScorer(opened(server))
        with pytest.raises(StoppedError, match="server error: "):
            served.score([Prompt("fail")], [["fail"]])
        assert served.form == ""


class Halfway(Handler):
    """Tells first tokens: all of them to one question, half of their probability to the others."""

    def answer(self, asked: dict[str, Any], earlier: int) -> None:
        if not asked.get("top_logprobs"):
            self.fail(400, "prompt_logprobs is not supported")
            return
        share = 0.5 if "Which option" in asked["messages"][-1]["content"] else 0.25
        listed = [{"token": token, "logprob": math.log(share), "bytes": None} for token in ("A", "B")]
        choice = {
            "index": 0,
            "finish_reason": "length",
            "message": {"role": "assistant", "content": "A"},
            "logprobs": {"content": [{**listed[0], "top_logprobs": listed}]},
        }
        self.send(200, {"object": "chat.completion", "choices": [choice]})


def test_each_row_says_whether_the_settings_were_applied_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Halfway) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        run = gamesim.play(
            "prisoners_dilemma", "openai:model@elicit=probabilities@temperature=0.5", n=40, seed=1
        )
    asked = {each["id"]: each["user"] for each in run.replies}
    raw = ["Which option" not in asked[reply] for reply in run.decisions["reply"]]
    assert 0 < sum(raw) < len(raw)
    assert run.decisions["elicitation"].tolist() == [
        "raw probabilities" if each else "probabilities" for each in raw
    ]
    (about,) = run.settings.policies.values()
    assert about["model"]["probabilities"] == "top_logprobs"


def test_a_prompt_that_a_filter_blocks_is_told_in_a_sentence(opened: Callable[..., RemoteModel]) -> None:
    with (
        serving() as server,
        pytest.raises(GamesimError, match=r"against the rules.*use @elicit=sample") as raised,
    ):
        ServedScorer(opened(server)).score([Prompt("blocked")], [["blocked"]])
    assert not isinstance(raised.value, StoppedError)
