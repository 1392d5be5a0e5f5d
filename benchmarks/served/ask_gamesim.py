"""gamesim, the way that the argument names.

``fixed`` is the remote model alone, ``adaptive`` the same without a fixed number of requests in flight, ``kept`` the
model with a cache and a budget, and ``play`` a whole game: texts, answers read, payoffs and a record on disk.  A game
has no setting for requests in flight and asks every dictator in the same words.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clock import measured

from gamesim.models import Prompt
from gamesim.models.budget import Budget, BudgetedModel
from gamesim.models.cache import ReplyCache
from gamesim.models.remote import open_remote
from gamesim.models.stored import StoredModel


def by_model(url: str, prompts: Sequence[str], in_flight: int | None) -> list[str]:
    """Complete by the remote model."""
    model = open_remote("model", url, concurrency=in_flight)
    answers = model.complete([Prompt(prompt) for prompt in prompts], range(len(prompts)))
    model.close()
    return [answer.text for answer in answers]


def by_stored_model(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    """Complete within a budget and keep every reply in a new cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = ReplyCache(Path(folder))
        remote = open_remote("model", url, concurrency=in_flight)
        budgeted = BudgetedModel(remote, Budget(max_tokens=1e12), in_flight)
        answers = StoredModel(budgeted, cache).complete(
            [Prompt(each) for each in prompts], range(len(prompts))
        )
        remote.close()
        cache.close()
    return [answer.text for answer in answers]


def by_play(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    """Play the dictator game with as many dictators as there are prompts, cache and record included."""
    from gamesim import play

    os.environ["OPENAI_BASE_URL"] = url
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GAMESIM_CACHE"] = f"{folder}/cache"
        run = play("dictator", agents="openai:model", n=2 * len(prompts), out=f"{folder}/run")
        return [f"[{action:g}]" for action in run.decisions["action"]]


WAYS = {
    "fixed": by_model,
    "adaptive": lambda url, prompts, in_flight: by_model(url, prompts, None),
    "kept": by_stored_model,
    "play": by_play,
}


if __name__ == "__main__":
    measured(WAYS[sys.argv[1]], ["gamesim"])
