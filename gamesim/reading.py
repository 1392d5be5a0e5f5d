"""Read an action out of a free answer, or say why there is none.  Nothing is clipped, guessed or filled in.

A JSON object with the one key ``answer`` is taken first; then a bracketed answer, where all brackets that hold a
value agree; without either, a number or label that stands alone in the answer.  Several different candidates, a
range, a percentage, a decimal comma or a negated answer are unreadable: what was meant cannot be known.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

import numpy as np

from gamesim.actions import ActionSpace, Choice, Text
from gamesim.messages import Messages, clean
from gamesim.policy import OK, OUT_OF_RANGE, REFUSED, UNREADABLE
from gamesim.prompt import SILENT

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
# Not 1.000, which is one or a thousand, and no part of 1,5 or 10,50.
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d,)(?![-+]?[1-9]\d{0,2}\.\d{3}(?!\d))"
    r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w%]|[.,]\d)(?!\s*%)"
)
_SIGNED_MONEY = re.compile(r"(?<!\d)([-+])\s?([$\u20ac\u00a3\u00a5])(?=\d)")
_PERCENT = re.compile(
    r"\d\s*(?:%|per ?cent|prozent|pour ?cent|por ?cento|por ?ciento|процент)", re.IGNORECASE
)
_RANGE = re.compile(r"\d\s*(?:-|\u2013|to|or|and|between)\s*\$?\d", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:I (?:can(?:no|')t|am (?:not able|unable)|won't|will not|do not want|refuse|decline)"
    r"|as an AI|I'm (?:sorry|unable|not able))\b",
    re.IGNORECASE,
)
_REFUSAL_ELSEWHERE = re.compile(
    r"\b(?:lo siento|no puedo|je ne peux pas|je suis désolée?|(?:es )?tut mir leid|ich kann (?:das |dabei )?nicht"
    r"|não posso|non posso|mi dispiace|я не могу)\b"
    r"|我(?:无法|不能)|抱歉|申し訳",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|neither|nor|cannot|refuse|decline|no (?:more|less)|keep(?:ing|s)?|kept"
    r"|nicht|kein\w*|niemals|pas|jamais|não|nunca|не|никогда)\b|n't\b|[不没沒無无]",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{[^{}]*\}")
_CURRENCY_WORD = re.compile(r"(?<=\d)\s?[元円원]")
# One sign for signs that mean the same in other scripts.
_SIGNS = str.maketrans("’−％٪［］【】，．＄", "'-%%[][],.$")  # noqa: RUF001
_ARTICLE = re.compile(r"(^|[.!?\n])(\s*)A(?=\s+[a-z])")


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
        ``structured``, ``bracket``, ``lone number``, ``lone label``, ``whole`` for a message, or empty where nothing
        was read.
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
    text = _SIGNED_MONEY.sub(r"\2\1", _CURRENCY_WORD.sub("", text.translate(_SIGNS)))
    if objects := _answers(text):
        stated = [_stated(value, space) for value in objects]
        if any(value is None for value in stated):
            return Reading(np.nan, UNREADABLE)
        return _judge({value for value in stated if value is not None}, space, row, "structured")
    brackets = [inner.strip() for inner in _BRACKET.findall(text)]
    values = [_value(inner, space) for inner in brackets]
    if not isinstance(space, Choice) and any(
        value is None and re.search(r"\d", inner) for value, inner in zip(values, brackets, strict=True)
    ):
        return Reading(np.nan, UNREADABLE)
    candidates = {value for value in values if value is not None}
    if candidates:
        return _judge(candidates, space, row, "bracket")
    refused = REFUSED if _REFUSAL.search(text) or _REFUSAL_ELSEWHERE.search(text) else UNREADABLE
    candidates = _alone(text, space)
    if not candidates:
        return Reading(np.nan, refused)
    if _NEGATION.search(text) or refused == REFUSED:
        return Reading(np.nan, UNREADABLE if isinstance(space, Choice) else refused)
    return _judge(candidates, space, row, "lone label" if isinstance(space, Choice) else "lone number")


def read_message(text: str, space: Text, messages: Messages, *, structured: bool = False) -> Reading:
    """Read one message: what it says is up to its author, so a refusal in words is a message too.

    Parameters
    ----------
    text : str
        The answer as it came.
    space : Text
        What was legal.
    messages : Messages
        Where the message is entered; it is cleaned (`gamesim.messages.clean`), and never cut.
    structured : bool
        Whether a JSON object with the one key ``answer`` was asked for: then the answer is nothing else.

    Returns
    -------
    Reading
        ``unreadable`` where nothing came back at all, since nothing is said by ``[]`` or an empty text in JSON.
    """
    said = _stated_text(text)
    read_as = "whole" if said is None else "structured"
    if said is None:
        if structured or not text.strip():
            return Reading(np.nan, UNREADABLE)
        said = "" if text.strip() == SILENT else text
    if len(clean(said)) > space.max_chars:
        return Reading(np.nan, OUT_OF_RANGE, read_as)
    return Reading(messages.enter(said), OK, read_as)


def _stated_text(text: str) -> str | None:
    """Find the text in an answer that is a JSON object with the one key ``answer``, fenced as code or not."""
    fenced = _FENCE.fullmatch(text)
    try:
        known = json.loads(fenced[1] if fenced else text, strict=False)
    except json.JSONDecodeError:
        return None
    whole = isinstance(known, dict) and list(known) == ["answer"] and isinstance(known["answer"], str)
    return known["answer"] if whole else None


def _answers(text: str) -> list[str | float | None]:
    """Find what JSON objects with the one key ``answer`` say, as long as it is a text, a number or nothing."""
    found = []
    for match in _OBJECT.findall(text):
        try:
            known = json.loads(match)
        except json.JSONDecodeError:
            continue
        if list(known) == ["answer"] and isinstance(known["answer"], str | int | float | None):
            found.append(known["answer"])
    return found


def _stated(answer: str | float | None, space: ActionSpace) -> float | None:
    if isinstance(answer, str):
        return _value(answer.strip().removeprefix("[").removesuffix("]").strip(), space)
    if answer is None or isinstance(answer, bool | np.bool_) or isinstance(space, Choice):
        return None
    return float(answer) if math.isfinite(answer) else None


def _alone(text: str, space: ActionSpace) -> set[float]:
    """Find what could be an answer in a text without brackets."""
    if isinstance(space, Choice):
        found = _mentioned(text, space)
        # "A fair choice" is not the option A.
        return found if len(found) > 1 else found & _mentioned(_ARTICLE.sub(r"\1\2", text), space)
    if _PERCENT.search(text) or _RANGE.search(text):
        return set()
    return {_number(found) for found in _NUMBER.findall(text)}


def _mentioned(text: str, space: Choice) -> set[float]:
    return {
        float(i)
        for i, shown in enumerate(space.shown)
        if re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", text, 0 if len(shown) == 1 else re.IGNORECASE)
    }


def _judge(candidates: set[float], space: ActionSpace, row: int, read_as: str) -> Reading:
    if len(candidates) > 1:
        return Reading(np.nan, UNREADABLE)
    value, own = np.array([candidates.pop()]), space.take(np.array([row]))
    if not own.contains(value)[0]:
        return Reading(np.nan, OUT_OF_RANGE, read_as)
    # What is written 0.3 is three steps of 0.1, which is a little more.
    return Reading(float(own.nearest(value)[0]), OK, read_as)


def _value(text: str, space: ActionSpace) -> float | None:
    if isinstance(space, Choice):
        shown = [label.lower() for label in space.shown]
        return float(shown.index(text.lower())) if text.lower() in shown else None
    stripped = re.sub(r"^[^\d+\-.]*", "", text) if not text[:1].isdigit() else text
    if _PERCENT.search(text) or _RANGE.search(text) or _NEGATION.search(text):
        return None
    found = _NUMBER.findall(stripped)
    return _number(found[0]) if len(found) == 1 else None


def _number(text: str) -> float:
    return float(text.replace(",", ""))
