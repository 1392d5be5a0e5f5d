"""Replies as JSON lines, the form in which one cache hands them to another."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gamesim.errors import GamesimError, unknown
from gamesim.models import Completion

__all__ = ["Stored", "canonical", "read_line"]

_FINISHES = ("stop", "length", "refused")
"""How a reply that is kept may have ended; failures are not kept."""
_EXPORTED: dict[str, type | tuple[type, ...]] = {
    "identity": dict,
    "system": str,
    "user": str,
    "draw": int,
    "created": (int, float),
    "text": str,
    "finish": str,
    "error": str,
    "reasoning": str,
    "tokens_in": int,
    "tokens_out": int,
}
"""What every exported line has."""
_MOST = 10**15
"""Numbers that the database cannot hold come from elsewhere."""


Stored = tuple[dict[str, Any], tuple[str, str, str, str], int, float, Completion]
"""Identity; identity, system and user message and the rest of the prompt as texts; draw; seconds since 1970; reply."""


def read_line(text: str, where: str) -> Stored:
    """Read one exported line.

    Parameters
    ----------
    text : str
        A JSON object.
    where : str
        File and line, for errors.

    Returns
    -------
    tuple
        What a cache stores of it.

    Raises
    ------
    GamesimError
        Naming place and key.
    """
    try:
        line = json.loads(text)
    except ValueError:
        raise GamesimError(f"{where} is not JSON") from None
    if not isinstance(line, dict):
        raise GamesimError(f"{where} is no JSON object")
    for name, kind in _EXPORTED.items():
        if name not in line:
            raise GamesimError(f"{where} lacks {name!r}, so it was not written by `gamesim cache export`")
        if not isinstance(line[name], kind) or isinstance(line[name], bool):
            expected = {dict: "an object", str: "a text", int: "a whole number"}.get(kind, "a number")  # type: ignore[arg-type]
            raise GamesimError(f"{where}: {name} must be {expected}, not {line[name]!r}")
    if not isinstance(line["identity"].get("model"), str):
        raise GamesimError(f"{where}: identity names no model")
    if line["finish"] not in _FINISHES:
        raise unknown("finish", line["finish"], _FINISHES, where=where)
    for name in ("draw", "tokens_in", "tokens_out", "created"):
        if not 0 <= line[name] < _MOST:
            raise GamesimError(
                f"{where}: {name} = {reprlib.repr(line[name])} must be at least 0 and below {_MOST:.0e}"
            )
    rest = {name: value for name, value in line.items() if name not in _EXPORTED}
    more = json.dumps(rest, sort_keys=True) if rest else ""
    told = (canonical(line["identity"]), line["system"], line["user"], more)
    given = Completion(**{each.name: line[each.name] for each in fields(Completion)})
    return line["identity"], told, line["draw"], float(line["created"]), given


def canonical(identity: Mapping[str, Any]) -> str:
    """Write what an answer depends on besides prompt and draw, the same text for the same content."""
    return json.dumps(identity, sort_keys=True, default=str)
