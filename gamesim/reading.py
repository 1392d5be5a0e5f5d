"""Read an action out of a free answer, or say why there is none.  Nothing is clipped, guessed or filled in.

A bracketed answer is taken first, the last one where several agree; without brackets, a number or label that
stands alone in the answer.  Several different candidates, a range or a percentage are unreadable: which of them
was meant cannot be known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from gamesim.actions import ActionSpace, Choice
from gamesim.policy import OK, OUT_OF_RANGE, REFUSED, UNREADABLE

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w%]|[.,]\d)(?!\s*%)")
_PERCENT = re.compile(r"\d\s*(?:%|per ?cent)", re.IGNORECASE)
_RANGE = re.compile(r"\d\s*(?:-|\u2013|to|or|and|between)\s*\$?\d", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:I (?:can(?:no|')t|am (?:not able|unable)|won't|will not|do not want|refuse|decline)"
    r"|as an AI|I'm (?:sorry|unable|not able))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """What an answer was read as.

    Parameters
    ----------
    action : float
        The action, NaN unless the status is ``ok``.
    status : int
        Index into the statuses of a decision.
    read_as : str
        ``bracket``, ``lone number``, ``lone label``, or empty where nothing was read.
    """

    action: float
    status: int
    read_as: str = ""


def read_answer(text: str, space: ActionSpace, row: int = 0) -> Reading:
    """Read one answer.

    Parameters
    ----------
    text : str
        The answer as it came.
    space : ActionSpace
        What was legal.
    row : int
        Which row's bounds apply.

    Returns
    -------
    Reading
    """
    brackets = [inner.strip() for inner in _BRACKET.findall(text)]
    candidates = {value for inner in brackets if (value := _value(inner, space)) is not None}
    if brackets and candidates:
        return _judge(candidates, space, row, "bracket")
    lone = "lone label" if isinstance(space, Choice) else "lone number"
    if isinstance(space, Choice):
        candidates = {
            float(i)
            for i, shown in enumerate(space.shown)
            if re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", text, 0 if len(shown) == 1 else re.IGNORECASE)
        }
    elif not _PERCENT.search(text) and not _RANGE.search(text):
        candidates = {_number(found) for found in _NUMBER.findall(text)}
    if not candidates:
        return Reading(np.nan, REFUSED if _REFUSAL.search(text) else UNREADABLE)
    return _judge(candidates, space, row, lone)


def _judge(candidates: set[float], space: ActionSpace, row: int, read_as: str) -> Reading:
    if len(candidates) > 1:
        return Reading(np.nan, UNREADABLE)
    value = candidates.pop()
    legal = bool(space.take(np.array([row])).contains(np.array([value]))[0])
    return Reading(value, OK, read_as) if legal else Reading(np.nan, OUT_OF_RANGE, read_as)


def _value(text: str, space: ActionSpace) -> float | None:
    if isinstance(space, Choice):
        shown = [label.lower() for label in space.shown]
        return float(shown.index(text.lower())) if text.lower() in shown else None
    stripped = re.sub(r"^[^\d+-.]*", "", text) if not text[:1].isdigit() else text
    if _PERCENT.search(text) or _RANGE.search(text):
        return None
    found = _NUMBER.findall(stripped)
    return _number(found[0]) if len(found) == 1 else None


def _number(text: str) -> float:
    return float(text.replace(",", ""))
