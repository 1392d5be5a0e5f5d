"""Exact probabilities against three ways to sample, and rules read once against read for every agent.  Run by hand.

``python benchmarks/local_models.py`` prints process CPU time (user and system) and ratios of one run.  The
model is a random Llama of about four million parameters, the answers are ``[0]`` to ``[100]`` and the tokenizer
splits numbers into digits.  First a thousand agents read one prompt of about 200 tokens.  Then two hundred read
prompts of their own: rules in one of four wordings, of about 200 tokens, and a history of about 50.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from tiny import write_model

from gamesim.models import Prompt, Sampling
from gamesim.models.beginnings import Alike
from gamesim.models.local import LocalModel, open_local

AGENTS = 1000
OWN = 200
ANSWERS = [f"[{n}]" for n in range(101)]
PROMPT = Prompt(
    user="How much do you give ? You have 100 points . Answer with a number in brackets . " * 5,
    system="You are a player in an economics game .",
)
NEW_TOKENS = 6
"""What the longest answer needs: bracket, three digits, bracket, end of turn."""


def exact(model: LocalModel) -> list[str]:
    """Draw every agent's answer from one exact distribution."""
    scores = model.score([PROMPT] * AGENTS, [ANSWERS] * AGENTS)
    draws = np.random.default_rng(0).random(AGENTS)
    cumulative: dict[int, Any] = {}
    answers = []
    for row, draw in zip(scores, draws, strict=True):
        if id(row) not in cumulative:
            shares = np.exp(row.log_probability - row.log_probability.max())
            cumulative[id(row)] = np.cumsum(shares / shares.sum())
        answers.append(ANSWERS[min(int(cumulative[id(row)].searchsorted(draw, side="right")), 100)])
    return answers


def generate(model: LocalModel, batch: int = 32) -> list[str]:
    """Sample every agent's answer by transformers' own batched generation."""
    ids = torch.tensor(model.chat.encode([PROMPT]) * batch)
    answers: list[str] = []
    with torch.inference_mode():
        while len(answers) < AGENTS:
            rows = ids[: min(batch, AGENTS - len(answers))]
            output = model.model.generate(
                input_ids=rows,
                attention_mask=torch.ones_like(rows),
                do_sample=True,
                top_k=0,
                min_new_tokens=NEW_TOKENS,
                max_new_tokens=NEW_TOKENS,
                pad_token_id=model.chat.end_token,
            )
            answers += model.tokenizer.batch_decode(output[:, ids.shape[1] :])
    return answers


def prefill_once(model: LocalModel) -> list[str]:
    """Read the prompt once, copy its keys and values for every agent, and sample all answers together."""
    from transformers import DynamicCache

    ids = torch.tensor(model.chat.encode([PROMPT]))
    with torch.inference_mode():
        output = model.model(input_ids=ids, use_cache=True, logits_to_keep=1)
        copies = [
            (layer.keys.repeat(AGENTS, 1, 1, 1), layer.values.repeat(AGENTS, 1, 1, 1))
            for layer in output.past_key_values.layers
        ]
        cache = DynamicCache(copies)
        logits = output.logits[:, -1].expand(AGENTS, -1)
        written = []
        for step in range(NEW_TOKENS):
            drawn = torch.multinomial(logits.softmax(-1), 1)
            written.append(drawn)
            if step + 1 < NEW_TOKENS:
                logits = model.model(input_ids=drawn, past_key_values=cache, use_cache=True).logits[:, -1]
    answers: list[str] = model.tokenizer.batch_decode(torch.cat(written, 1))
    return answers


def histories() -> list[Prompt]:
    """Write rules in four wordings, each with fifty histories."""
    rules = [f"{word} {PROMPT.user}" for word in ("You", "player", "points", "Answer")]
    rounds = [
        " ".join(f"round {round} points {(7 * agent + 13 * round) % 100}" for round in range(5))
        for agent in range(OWN // 4)
    ]
    return [
        Prompt(user=f"{history} How much do you give ?", system=each) for each in rules for history in rounds
    ]


def scored(model: LocalModel, prompts: list[Prompt]) -> NDArray[np.float64]:
    """Score all answers of all prompts."""
    return np.array([row.log_probability for row in model.score(prompts, [ANSWERS] * len(prompts))])


def written(model: LocalModel, prompts: list[Prompt]) -> list[str]:
    """Sample one answer to each prompt."""
    return [answer.text for answer in model.complete(prompts, range(len(prompts)))]


@contextmanager
def apart() -> Iterator[None]:
    """Read every prompt from its beginning."""

    def alone(rows: Sequence[Sequence[int]], least: int) -> list[Alike]:
        return [Alike(list(range(len(rows))), 0)]

    with (
        mock.patch("gamesim.models.packed.group_by_beginning", alone),
        mock.patch("gamesim.models.writing.group_by_beginning", alone),
    ):
        yield


def timed(work: Callable[[], object], repeats: int) -> float:
    """Measure CPU seconds of one call, the least of several."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least


def show(seconds: dict[str, float]) -> None:
    """Print each way beside the first."""
    own = next(iter(seconds.values()))
    for name, value in seconds.items():
        print(f"{name:30} {value:8.3f} s CPU {value / own:8.1f} x")


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    warnings.simplefilter("ignore", FutureWarning)
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder), layers=4, hidden=256, intermediate=1120)
        model = open_local(Path(folder), sampling=Sampling())
        parameters = sum(weight.numel() for weight in model.model.parameters())
        prompt_tokens = len(model.chat.encode([PROMPT])[0])
        print(
            f"{parameters / 1e6:.1f}M parameters, {prompt_tokens} prompt tokens, {AGENTS} agents, one thread"
        )
        exact(model)  # loads what is loaded once, checks the attention and builds the answer tree
        show(
            {
                "exact probabilities": timed(partial(exact, model), 7),
                "one prefill, copied caches": timed(partial(prefill_once, model), 3),
                "generate, batch 32": timed(partial(generate, model), 1),
                "generate, agent by agent": timed(partial(generate, model, batch=1), 1),
                "exact probabilities, again": timed(partial(exact, model), 7),
            }
        )
        prompts = histories()
        tokens = model.chat.encode(prompts)
        print(
            f"{OWN} agents with a history of their own, {max(map(len, tokens))} prompt tokens, four wordings"
        )
        answering = open_local(Path(folder), sampling=Sampling(max_new_tokens=NEW_TOKENS))
        together, texts = scored(model, prompts), written(answering, prompts)
        score, write = partial(scored, model, prompts), partial(written, answering, prompts)
        once = timed(score, 3), timed(write, 3)
        with apart():
            singly, same = scored(model, prompts), written(answering, prompts) == texts
            each = timed(score, 2), timed(write, 2)
        show({"scored, rules read once": once[0], "scored, read for every agent": each[0]})
        show({"sampled, rules read once": once[1], "sampled, read for every agent": each[1]})
        difference = np.abs(together - singly) / np.maximum(1, np.abs(singly))
        print(
            f"largest relative difference of log-probabilities {difference.max():.1e}; same answers: {same}"
        )


if __name__ == "__main__":
    main()
