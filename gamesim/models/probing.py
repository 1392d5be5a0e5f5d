"""Probabilities over a chat server: how they are asked for, and how the reply is read.

Two ways are in use.  vLLM tells the log-probability of every token of a prompt (``prompt_logprobs``), so an answer
that stands in the prompt as the assistant's message is scored to the last token.  Others tell the likeliest first
tokens of an answer (``top_logprobs``, at most 20).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from gamesim.models import Completion, Prompt
from gamesim.models.replies import UnreadableReply, tokens_used

__all__ = ["ANSWER", "CONTEXT", "FIRST", "NoProbabilities", "Probe", "read_probe"]

CONTEXT, ANSWER, FIRST = "context", "answer", "first"
MOST_LISTED = 20
_LEAST = -9999.0
"""What vLLM sends in the place of minus infinity, which JSON has not."""
_AROUND_AN_ANSWER = 12
"""Tokens that a template may put after an answer."""


class NoProbabilities(ValueError):
    """The server answered, but told no probabilities."""


@dataclass(frozen=True)
class Probe(Prompt):
    """A prompt that is sent for probabilities; the answer that comes with them is thrown away.

    Its completion's text is JSON: of a context ``{"after": HASH}``; of an answer ``{"tokens": [[TEXT, LOG_PROBABILITY,
    HASH], ...]}``, the last tokens of the whole, each with the hash of all tokens before it, by which the end of the
    context is found; of first tokens ``{"first": [[TEXT, LOG_PROBABILITY], ...]}``.

    Parameters
    ----------
    form : str
        `CONTEXT` reads the prompt up to where an answer begins, `ANSWER` the prompt and an answer, `FIRST` asks for the
        likeliest first tokens.
    answer : str
        What is scored.
    """

    form: str = CONTEXT
    answer: str = ""

    def messages(self) -> list[dict[str, str]]:
        """Give the messages, the answer as the assistant's last where one is scored."""
        said = super().messages()
        return [*said, {"role": "assistant", "content": self.answer}] if self.form == ANSWER else said

    def settings(self) -> dict[str, Any]:
        """Give the fields of the request that ask for probabilities."""
        if self.form == FIRST:
            return {"logprobs": True, "top_logprobs": MOST_LISTED}
        return {
            "prompt_logprobs": 0,
            "add_generation_prompt": self.form == CONTEXT,
            # Answers are scored without thinking; templates that know none ignore it.
            "chat_template_kwargs": {"enable_thinking": False},
        }


def read_probe(probe: Probe, body: Any) -> Completion:
    """Read the reply to a probe.

    Parameters
    ----------
    probe : Probe
        What was sent.
    body : object
        The JSON that came.

    Returns
    -------
    Completion
        Its text as `Probe` says.

    Raises
    ------
    NoProbabilities
        If the server told none.
    UnreadableReply
        If what it told has another form.
    """
    if not isinstance(body, dict):
        raise UnreadableReply("the server's reply holds no answer")
    try:
        found = {"first": _first(body)} if probe.form == FIRST else _prompt(probe, body)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        if isinstance(error, NoProbabilities):
            raise
        raise UnreadableReply("the server's probabilities have an unknown form") from error
    tokens_in, tokens_out = tokens_used(body)
    return Completion(json.dumps(found), tokens_in=tokens_in, tokens_out=tokens_out)


def _first(body: dict[str, Any]) -> list[tuple[str, float]]:
    told = (body["choices"][0].get("logprobs") or {}).get("content") or [{}]
    if not (listed := told[0].get("top_logprobs")):
        raise NoProbabilities("the server told no probabilities of first tokens (top_logprobs)")
    return [(str(each["token"]), _number(each["logprob"])) for each in listed]


def _prompt(probe: Probe, body: dict[str, Any]) -> dict[str, Any]:
    if not (told := body.get("prompt_logprobs")):
        raise NoProbabilities("the server told no probabilities of the prompt (prompt_logprobs)")
    tokens = []
    before = hashlib.sha256()
    for place, each in enumerate(told):
        if each is None and place == 0:  # nothing comes before the first token
            continue
        ((number, token),) = each.items()
        tokens.append((str(token["decoded_token"]), _number(token["logprob"]), before.hexdigest()[:16]))
        before.update(f"{number},".encode())
    if probe.form == CONTEXT:
        return {"after": before.hexdigest()[:16]}
    # No tokenizer needs more tokens than an answer has bytes.
    return {"tokens": tokens[-len(probe.answer.encode()) - _AROUND_AN_ANSWER :]}


def _number(value: Any) -> float:
    number = float(value)
    if math.isnan(number) or number > 1e-3:
        raise ValueError(f"{number} is no log-probability")
    return -math.inf if number <= _LEAST else min(number, 0.0)
