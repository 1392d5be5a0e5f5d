"""What tokens cost, and what a batch will cost before it is sent."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from gamesim.errors import GamesimError
from gamesim.models import Prompt
from gamesim.models.probing import Probe

__all__ = [
    "Estimate",
    "Price",
    "estimate",
    "most_written",
    "price_of",
    "prices_as_of",
    "text_of",
    "tokens_range",
]

_MILLION = 1e6
_AROUND_A_PROMPT = 16
_AROUND_A_TURN = 16
"""Tokens that a chat template may put around the messages, and around each earlier turn."""
SECONDS_A_CALL = (0.5, 10.0)
"""Quick and slow."""
IN_FLIGHT = (64, 8)
"""Requests at a time when things go well, and when they do not."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens read and written."""

    input: float
    output: float

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """Give the cost of a call in US dollars; discounts are left out."""
        return (tokens_in * self.input + tokens_out * self.output) / _MILLION


def price_of(model: str) -> Price | None:
    """Look a model's price up, in the file that ``GAMESIM_PRICES`` names and then in the bundled table.

    The file has the form ``{"model": {"input": 1.0, "output": 2.0}}``, in US dollars per million tokens.

    Parameters
    ----------
    model : str
        Its name on the server; a date at the end of a name may be missing in the table.

    Returns
    -------
    Price or None
        None if it is in neither.

    Raises
    ------
    GamesimError
        If the user's file cannot be read.
    """
    dateless = re.sub(r"-(\d{4}-\d{2}-\d{2}|\d{8})$", "", model)
    bundled = {name: Price(**each) for name, each in _bundled()["models"].items()}
    for table in (_own(), bundled):
        for name in (model, dateless):
            if name in table:
                return table[name]
    return None


def prices_as_of() -> str:
    """Give the month of the bundled table."""
    return str(_bundled()["as_of"])


def tokens_range(prompt: Prompt) -> tuple[float, float]:
    """Estimate how many tokens a prompt has, without its tokenizer.

    Parameters
    ----------
    prompt : Prompt
        English text has about four characters a token; other scripts up to one token a character or more.

    Returns
    -------
    tuple of float
        Low and high.
    """
    text = text_of(prompt)
    other = sum(not character.isascii() for character in text)
    around = _AROUND_A_PROMPT + _AROUND_A_TURN * len(prompt.earlier)
    return len(text) / 5, (len(text) - other) / 3 + 2 * other + around


def text_of(prompt: Prompt) -> str:
    """Give all that is read: every message, and the schema of the answer, which most servers put into words."""
    return "".join(message["content"] for message in prompt.messages()) + prompt.schema


def most_written(prompt: Prompt, max_new_tokens: int) -> int:
    """Give the most tokens that are written in answer: one where only probabilities are wanted."""
    return 1 if isinstance(prompt, Probe) else max_new_tokens + prompt.room


@dataclass(frozen=True)
class Estimate:
    """What a batch may come to, low and high; a guess from the lengths of the prompts, not a promise.

    Parameters
    ----------
    calls : int
        Requests, failures and repeats not counted.
    tokens_in, tokens_out : tuple of float
        Tokens read and written.
    cost : tuple of float, optional
        US dollars; None if no price is known.
    seconds : tuple of float
        Wall time.
    """

    calls: int
    tokens_in: tuple[float, float]
    tokens_out: tuple[float, float]
    cost: tuple[float, float] | None
    seconds: tuple[float, float]

    def __str__(self) -> str:
        cost = "price unknown" if self.cost is None else f"${self.cost[0]:.2f} to ${self.cost[1]:.2f}"
        return (
            f"estimate: {self.calls:,} calls, {self.tokens_in[0]:,.0f} to {self.tokens_in[1]:,.0f} tokens in, "
            f"{self.tokens_out[0]:,.0f} to {self.tokens_out[1]:,.0f} out, {cost}, "
            f"{self.seconds[0]:,.0f} to {self.seconds[1]:,.0f} s"
        )


def estimate(
    prompts: Iterable[tuple[Prompt, int]], max_new_tokens: int, price: Price | None = None
) -> Estimate:
    """Estimate what asking will take, before anything is sent.

    Parameters
    ----------
    prompts : iterable of (Prompt, int)
        Each prompt, and how often it is asked.
    max_new_tokens : int
        Most tokens of an answer; at least one is written.
    price : Price, optional
        Of the model.

    Returns
    -------
    Estimate
    """
    calls, most, low, high = 0, 0, 0.0, 0.0
    for prompt, times in prompts:
        few, many = tokens_range(prompt)
        calls, low, high = calls + times, low + few * times, high + many * times
        most += times * most_written(prompt, max_new_tokens)
    written = (float(calls), float(most))
    cost = None if price is None else (price.cost(low, written[0]), price.cost(high, written[1]))
    quick, slow = (
        seconds * -(-calls // together) for seconds, together in zip(SECONDS_A_CALL, IN_FLIGHT, strict=True)
    )
    return Estimate(calls, (low, high), written, cost, (quick, slow))


def _bundled() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(
        (files("gamesim.models") / "prices.json").read_text(encoding="utf-8")
    )
    return table


def _own() -> dict[str, Price]:
    given = os.environ.get("GAMESIM_PRICES", "").strip()
    if not given:
        return {}
    path = Path(given).expanduser()
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        own = {model: Price(float(each["input"]), float(each["output"])) for model, each in table.items()}
    except OSError as error:
        raise GamesimError(f"GAMESIM_PRICES: {path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GamesimError(
            f'GAMESIM_PRICES: {path} must have the form {{"model": {{"input": 1.0, "output": 2.0}}}}'
        ) from error
    for model, price in own.items():
        if not (0 <= price.input < float("inf") and 0 <= price.output < float("inf")):
            raise GamesimError(f"GAMESIM_PRICES: {path}: the price of {model!r} must be 0 or more")
    return own
