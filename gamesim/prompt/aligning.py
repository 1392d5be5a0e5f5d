"""Find the template behind texts that differ in their numbers and their past rounds alone.

Nothing is guessed: a number that changes becomes a placeholder only where one known value, and no other, equals it in
every text; where texts differ in anything else there is no template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gamesim.actions import plain

NUMBER = re.compile(r"\d+(?:\.\d+)?")
BRACKET = re.compile(r"\[([^\[\]]*)\]")
GAP = "\0"
_BULLET = re.compile(r"[-*\u2022] \D*(\d+)")
_SURE = 0.9
_PLACEHOLDERS = {"send": "{send.number}", "pot": "{pot.number}", "played": "{played}", "round": "{round}"}


class UnmappedError(Exception):
    """Something in the texts has no certain counterpart here."""


@dataclass(frozen=True)
class Row:
    """One text, its past rounds taken out.

    Parameters
    ----------
    text : str
        The text, a gap where the past rounds stood.
    lines : tuple of str
        The past rounds.
    values : mapping from name to number
        What numbers in the text may be.
    person : tuple of str and int
        Whom it was shown, and in which round.
    answer : str
        What was answered, in brackets.
    """

    text: str
    lines: tuple[str, ...]
    values: Mapping[str, float]
    person: tuple[str, int]
    answer: str


def without_past(text: str, played: int) -> tuple[str, tuple[str, ...]]:
    """Take the lines of the past rounds out of a text.

    Parameters
    ----------
    text : str
    played : int
        How many rounds it tells: bulleted lines, the first number in each being the round's.

    Returns
    -------
    text : str
        With a gap in their place.
    lines : tuple of str
    """
    lines = text.split("\n")
    numbers = [int(match[1]) if (match := _BULLET.match(line)) else -1 for line in lines]
    wanted = list(range(1, played + 1))
    starts = [i for i in range(len(lines)) if played and numbers[i : i + played] == wanted]
    if len(starts) != 1:
        raise UnmappedError("the lines of the past rounds cannot be told from the rest of the text")
    end = starts[0] + played
    return "\n".join([*lines[: starts[0]], GAP, *lines[end:]]), tuple(lines[starts[0] : end])


def past_line(rows: Sequence[Row], slots: Sequence[str], labels: Sequence[str]) -> str:
    """Find the line of a past round on which all rows agree, as a template.

    Parameters
    ----------
    rows : sequence of Row
    slots : sequence of str
        What the bracketed values of a line are, in order; the first is the own choice.
    labels : sequence of str
        The options, where choices are told by name.
    """
    shapes = set()
    contents: list[list[str]] = []
    for number, line in ((t, line) for row in rows for t, line in enumerate(row.lines, start=1)):
        before, after = line.split(str(number), 1)
        shapes.add((before, *BRACKET.split(after)[::2]))
        contents.append(BRACKET.findall(after))
    if len(shapes) > 1 or any(len(each) != len(slots) for each in contents):
        raise UnmappedError(
            f"past rounds are not all told in one form, with {', '.join(slots)} in brackets and nothing else that "
            "changes"
        )
    before, *between = next(iter(shapes))
    line = f"{literal(before)}{{round}}{literal(between[0])}"
    for slot, after, values in zip(slots, between[1:], zip(*contents, strict=True), strict=True):
        line += f"[{_slot(slot, values, labels)}]{literal(after)}"
    if len(slots) > 1:
        _check_own(rows)
    return line


def _slot(name: str, values: Iterable[str], labels: Sequence[str]) -> str:
    held = set(values)
    if labels and held <= set(labels):
        return f"{{{name}}}"
    for sign in ("", "$"):
        if all(value.startswith(sign) and NUMBER.fullmatch(value[len(sign) :]) for value in held):
            return f"{sign}{{{name}.number}}"
    raise UnmappedError(f"{name} is not a single number or option in every past round")


def _check_own(rows: Sequence[Row]) -> None:
    """Hold the first value of a line against what the same person answered in that round."""
    answers: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        answers.setdefault(row.person, set()).add(row.answer.strip("[$] "))
    hits = [
        BRACKET.findall(line)[0].strip("$ ") in held
        for row in rows
        for t, line in enumerate(row.lines, start=1)
        if (held := answers.get((row.person[0], t)))
    ]
    if hits and sum(hits) < _SURE * len(hits):
        raise UnmappedError("the first value of a past round is not what the same person answered in it")


def template(rows: Sequence[Row], *, varied: bool = True) -> list[str]:
    """Find the text on which rows agree: literal parts and, each behind a gap, names of values.

    Parameters
    ----------
    rows : sequence of Row
    varied : bool
        Whether histories have to differ in length, so that a count is not taken for a constant.
    """
    if not rows or (varied and len({row.values["played"] for row in rows}) < 2):
        raise UnmappedError("there are too few rows with histories of different lengths")
    literals = {tuple(NUMBER.split(row.text)) for row in rows}
    if len(literals) > 1:
        raise UnmappedError("the text around the past rounds is not the same in all rows")
    (around,) = literals
    found = [NUMBER.findall(row.text) for row in rows]
    parts = [around[0]]
    for place, after in enumerate(around[1:]):
        numbers = [each[place] for each in found]
        names = [
            name
            for name in rows[0].values
            if all(number == plain(row.values[name]) for number, row in zip(numbers, rows, strict=True))
        ]
        if not varied and {"played", "round"} & set(names):
            # Where every text has the same count, its placeholder is written as the number itself.
            parts += [f"{GAP}{names[0]}", after]
        elif len(set(numbers)) == 1:
            parts[-1] += numbers[0] + after
        elif len(names) == 1:
            parts += [f"{GAP}{names[0]}", after]
        else:
            raise UnmappedError(f"a number before {after.strip()[:20]!r} changes for no known reason")
    return parts


def opening(parts: Sequence[str], prompt: str, values: Mapping[str, float]) -> str:
    """Give the beginning of a template that is a given prompt, as far as it holds a value; else nothing.

    Parameters
    ----------
    parts : sequence of str
        As from `template`.
    prompt : str
    values : mapping from name to number
        What was seen when the prompt was written.
    """
    kept: list[str] = []
    for part in parts:
        name = _name(part)
        if name and name not in values:
            return ""
        written = plain(values[name]) if name else part
        if not name and written.startswith(prompt):
            return joined([*kept, prompt]) if kept else ""
        if not prompt.startswith(written):
            return ""
        kept.append(part)
        prompt = prompt[len(written) :]
    return ""


def joined(parts: Sequence[str]) -> str:
    """Write parts as a template."""
    return "".join(
        _PLACEHOLDERS[name] if (name := _name(part)) else literal(part).replace(GAP, "{history}")
        for part in parts
    )


def literal(text: str) -> str:
    """Double the braces of a text."""
    return text.replace("{", "{{").replace("}", "}}")


def _name(part: str) -> str:
    return part[1:] if part.startswith(GAP) and part[1:] in _PLACEHOLDERS else ""
