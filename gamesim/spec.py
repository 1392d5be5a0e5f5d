"""Agents as they are written: ``proposer=befm,responder=human`` or ``uniform:0.5,fixed@action=10:0.5``.

::

    spec    = item {"," item}
    item    = [seat "="] agent [":" weight]
    agent   = name | "openai:" model | "hf:" base ["+" adapter] | path ".py", then any {"@" key "=" value}

Commas, colons and ``@`` inside quotes or parentheses belong to the text around them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gamesim.errors import GamesimError, unknown

MODEL_PREFIXES = ("hf", "openai")
_WEIGHT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_SEAT = re.compile(r"([A-Za-z_]\w*)=(.+)$", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """One agent of a spec.

    Parameters
    ----------
    agent : str
        Name or path of the agent.
    options : mapping from str to str or Parameter
        What follows it behind ``@``, and what else its agents are given.
    seat : str
        Role it is bound to; empty for a population.
    weight : float or None
        Share of the population or seat; None when no weight was written.
    label : str
        The agent as written, without seat and weight: its name in tables.
    """

    agent: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seat: str = ""
    weight: float | None = None
    label: str = ""


def parse(spec: str | Mapping[str, float]) -> tuple[Item, ...]:
    """Read a spec into its items.

    Parameters
    ----------
    spec : str or mapping from agent to weight
        The agents, in the grammar above, or as a mapping in Python.

    Raises
    ------
    GamesimError
        For an empty item, an unclosed quote, weights outside (0, 1], weighted and unweighted agents mixed, or
        weights of a population or seat that do not sum to 1.
    """
    if not isinstance(spec, (str, Mapping)):
        raise GamesimError(
            f"agents = {spec!r}: expected a text such as 'uniform:0.5,spe:0.5' or a mapping such as {{'uniform': 1}}, "
            "or a table with one agent a row"
        )
    if not isinstance(spec, str):
        spec = ",".join(f"{agent}:{weight}" for agent, weight in spec.items())
    items = tuple(_item(text.strip(), spec) for text in _split(spec, ","))
    seated = [item for item in items if item.seat]
    if seated and len(seated) != len(items):
        free = next(item for item in items if not item.seat)
        raise GamesimError(
            f"agents {spec!r}: {free.label!r} has no seat while others have; write seat={free.label}, "
            "or give no seats at all"
        )
    for seat in dict.fromkeys(item.seat for item in items):
        _check_weights([item for item in items if item.seat == seat], seat, spec)
    return items


def parse_one(text: str) -> Item:
    """Read a single agent, without seat or weight.

    Raises
    ------
    GamesimError
        For anything else.
    """
    texts = _split(text, ",")
    if len(texts) > 1:
        raise GamesimError(f"{text!r}: one agent stands in a row, not {len(texts)}")
    item = _item(text.strip(), text)
    if item.seat:
        raise GamesimError(f"{text!r}: the seat stands in a column seat, not before the agent")
    if item.weight is not None:
        raise GamesimError(f"{text!r}: a row is one agent and has no weight; leave {item.weight:g} out")
    return item


def shares(items: Sequence[Item]) -> list[float]:
    """Give the share of each item: its weight, or an equal part where none is written."""
    return [1 / len(items) if item.weight is None else item.weight for item in items]


def check_seats(items: Sequence[Item], roles: Sequence[str], game: str) -> None:
    """Refuse seats that a game does not have, and seats left empty."""
    distinct = list(dict.fromkeys(roles))
    for item in items:
        if item.seat and item.seat not in distinct:
            raise unknown("seat", item.seat, distinct, where=f"{game}: agents")
    taken = {item.seat for item in items}
    empty = [role for role in distinct if role not in taken]
    if "" not in taken and empty:
        raise GamesimError(f"{game}: nobody takes the seat {empty[0]}; add {empty[0]}=AGENT")


def _check_weights(items: Sequence[Item], seat: str, spec: str) -> None:
    weights = [item.weight for item in items]
    where = f"agents {spec!r}" + (f", seat {seat}" if seat else "")
    if all(weight is None for weight in weights):
        return
    if any(weight is None for weight in weights):
        bare = next(item.label for item in items if item.weight is None)
        rest = 1 - sum(weight for weight in weights if weight is not None)
        hint = f"write {bare}:{rest:.4g}" if 0 < rest < 1 else "give every agent a weight, or none"
        raise GamesimError(f"{where}: {bare!r} has no weight while others have; {hint}")
    total = sum(weight for weight in weights if weight is not None)
    if abs(total - 1) > 1e-9:
        raise GamesimError(f"{where}: weights sum to {total:.6g}, not to 1")


def _item(text: str, spec: str) -> Item:
    if not text:
        raise GamesimError(f"agents {spec!r}: an agent is missing between commas")
    seat = ""
    if match := _SEAT.match(text):
        seat, text = match.group(1), match.group(2).strip()
    weight = None
    parts = _split(text, ":")
    if len(parts) > 1 and _WEIGHT.match(parts[-1].strip()):
        weight = float(parts[-1])
        text = ":".join(parts[:-1]).strip()
        if not 0 < weight <= 1:
            raise GamesimError(
                f"agents {spec!r}: the weight {parts[-1].strip()} of {text!r} must lie above 0 and be at most 1 "
                '(a model name that ends in a number is quoted: openai:"name:8")'
            )
    if not text:
        raise GamesimError(f"agents {spec!r}: a weight stands without an agent")
    name, *pairs = _split(text, "@")
    options: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise GamesimError(f"agents {spec!r}: the option {pair!r} of {name!r} is not key=value")
        if key.strip() in options:
            raise GamesimError(f"agents {spec!r}: the option {key.strip()!r} of {name!r} is given twice")
        options[key.strip()] = _unquote(value.strip())
    prefix, sign, target = name.partition(":")
    if sign and prefix in MODEL_PREFIXES:
        target = _unquote(target.strip())
        if not target:
            raise GamesimError(
                f"agents {spec!r}: {text!r} names no model; write hf:BASE, hf:BASE+ADAPTER or openai:NAME"
            )
        options = {"model_name": f"{prefix}:{target}", **options}
        name = "llm"
    elif len(_split(name, ";")) > 1:
        raise GamesimError(f"agents {spec!r}: commas stand between agents, not semicolons")
    elif sign and difflib.get_close_matches(prefix, MODEL_PREFIXES, n=1, cutoff=0.5):
        raise unknown("kind of model", prefix, MODEL_PREFIXES, where=f"agents {spec!r}")
    elif sign:
        raise GamesimError(
            f"agents {spec!r}: {target!r} is no weight such as 0.5, and {prefix!r} no kind of model "
            f"({', '.join(MODEL_PREFIXES)})"
        )
    agent = _unquote(name.strip())
    if not agent:
        raise GamesimError(f"agents {spec!r}: {text!r} names no agent")
    return Item(agent, options, seat, weight, text)


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _split(text: str, mark: str) -> list[str]:
    parts, current, depth, quote = [], "", 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == mark and depth == 0:
            parts.append(current)
            current = ""
            continue
        current += character
    if quote or depth:
        raise GamesimError(f"agents {text!r}: a {'quote' if quote else 'parenthesis'} is not closed")
    return [*parts, current]
