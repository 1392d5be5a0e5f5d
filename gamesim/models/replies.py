"""Read a chat server's reply: the answer, the thinking before it, how it ended, what it cost."""

from __future__ import annotations

import re
from typing import Any

from gamesim.models import Completion

__all__ = ["UnreadableReply", "read_reply", "split_reasoning", "tokens_used"]

_CLOSED = re.compile(r"</(?:think|thinking)>", re.IGNORECASE)
_OPEN = re.compile(r"\s*<(?:think|thinking)>", re.IGNORECASE)


class UnreadableReply(ValueError):
    """What came is no reply."""


def read_reply(body: Any) -> Completion:
    """Read the body of a chat completion.

    Parameters
    ----------
    body : object
        The JSON that the server sent, whatever it is.

    Returns
    -------
    Completion
        ``"refused"`` if the model declined or the server's filter stepped in; ``"length"`` also where all of the
        room went into thinking and the answer is empty, which `error` then says.

    Raises
    ------
    UnreadableReply
        If it holds no answer.
    """
    choices = body.get("choices") if isinstance(body, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        raise UnreadableReply("the server's reply holds no answer")
    text, thought = split_reasoning(_words(message.get("content")))
    said = _words(message.get("reasoning_content")) or _words(message.get("reasoning"))
    tokens_in, tokens_out = tokens_used(body)
    refusal, finish, error = _words(message.get("refusal")), first.get("finish_reason"), ""
    if finish == "content_filter" or (refusal and not text):
        text, finish = text or refusal, "refused"
    elif finish not in ("stop", "length"):
        finish, error = "error", f"unreadable: the server ended the answer: {str(finish)[:100]}"
    elif finish == "length" and not text.strip() and (said or thought or _thought_with(body)):
        error = f"all {tokens_out or 'the'} tokens went into thinking; raise @thinking="
    return Completion(text, finish, error, tokens_in, tokens_out, said or thought)


def tokens_used(body: Any) -> tuple[int, int]:
    """Give the tokens read and written as the server counts them, 0 where it does not."""
    used = _mapping(body, "usage")
    return _count(used.get("prompt_tokens")), _count(used.get("completion_tokens"))


def split_reasoning(text: str) -> tuple[str, str]:
    """Take the thinking off the front of an answer.

    The opening mark may be missing, since some templates write it into the prompt; without a closing mark all
    that follows the opening one is thinking.

    Parameters
    ----------
    text : str
        As the server sent it.

    Returns
    -------
    tuple of str
        The answer, and the thinking; empty if there is none.
    """
    opened = _OPEN.match(text)
    closed = list(_CLOSED.finditer(text))
    if not opened and not closed:
        return text, ""
    start = opened.end() if opened else 0
    if not closed:
        return "", text[start:].strip()
    return text[closed[-1].end() :].lstrip(), text[start : closed[-1].start()].strip()


def _thought_with(body: Any) -> int:
    """Give the tokens of thinking where a server counts them but keeps the thinking to itself."""
    return _count(_mapping(_mapping(body, "usage"), "completion_tokens_details").get("reasoning_tokens"))


def _mapping(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> str:
    # Half of a surrogate pair, as a cut off emoji leaves it, can be in no file.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
