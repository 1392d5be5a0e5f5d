"""A run read again: what each player was told, what it answered, how that was read, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gamesim.actions import Text, plain
from gamesim.command.shown import printable
from gamesim.errors import GamesimError
from gamesim.messages import NOTHING, quoted
from gamesim.run import Run

__all__ = ["Question", "Turn", "as_json", "as_text", "turns"]

LIKELIEST = 3
AS_BEFORE = "(as before)"
SHORT = 60
"""Paragraphs up to this length are printed each time."""
_ORDER = ("session", "supergame", "round", "group", "stage", "seat", "agent")
_FILTERS = ("session", "round", "group", "agent")


@dataclass(frozen=True)
class Question:
    """One time that a player was asked.

    Parameters
    ----------
    user : str
        What was asked.
    raw : str
        The answer as it came.
    finish, error : str
        Why the answer ended, and what failed.
    """

    user: str
    raw: str
    finish: str = ""
    error: str = ""


@dataclass(frozen=True)
class Turn:
    """One decision with all that stands behind it; None where nothing is on record.

    Parameters
    ----------
    session, supergame, round, group, seat, agent : int or None
        Where, as in the decision table.
    stage, decision, role, policy, elicitation, status, read_as : str or None
        As in the decision table.
    wording, attempts : int or None
        As in the decision table.
    seen : mapping of str to float, text, mapping of speaker to text, or None
        What the stage showed of earlier choices in the group, and of what was said.
    system : str
        What a model was told before all else.
    earlier : tuple of (str, str)
        Turns of the conversation before the question: what was said to the player, what it said.
    asked : tuple of Question
        The question and its answer, then each time it was asked again.
    user : str
        The question where its answer is not on record, since exact probabilities are.
    action, payoff, probability, legal_mass : float or None
        As in the decision table.
    label : str or None
        The action in words, or the message; the action is then its number of characters.
    likeliest : tuple of (str, float)
        The most probable actions with their probabilities, where they are known and not all alike.
    options : int
        How many actions have a probability above 0.
    """

    session: int | None
    supergame: int | None
    round: int | None
    stage: str | None
    decision: str | None
    group: int | None
    seat: int | None
    role: str | None
    agent: int | None
    policy: str | None
    elicitation: str | None
    wording: int | None
    attempts: int | None
    status: str | None
    read_as: str | None
    action: float | None
    label: str | None
    payoff: float | None
    probability: float | None
    legal_mass: float | None
    seen: Mapping[str, float | str | Mapping[str, str] | None] = field(default_factory=dict)
    system: str = ""
    user: str = ""
    earlier: tuple[tuple[str, str], ...] = ()
    asked: tuple[Question, ...] = ()
    likeliest: tuple[tuple[str, float], ...] = ()
    options: int = 0


_COLUMNS = (
    *("session", "supergame", "round", "stage", "decision", "group", "seat", "role", "agent", "policy"),
    *("elicitation", "wording", "attempts", "status", "read_as", "action", "label", "payoff"),
    *("probability", "legal_mass"),
)


def turns(
    run: Run,
    *,
    session: int | None = None,
    round: int | None = None,
    group: int | None = None,
    agent: int | None = None,
) -> list[Turn]:
    """Give the decisions of a run in the order of play, each with the reply behind it.

    Parameters
    ----------
    run : Run
        Finished or interrupted, with or without replies.
    session, round, group, agent : int, optional
        Only these, numbered as in the decision table.

    Raises
    ------
    GamesimError
        When there is none of that number, naming those there are.
    """
    table = run.columns(*_COLUMNS, "seen", "reply")
    for name, wanted in zip(_FILTERS, (session, round, group, agent), strict=True):
        if wanted is not None:
            table = _only(table, name, wanted)
    stages = {str(each["stage"]): place for place, each in enumerate(run.settings.decisions.values())}
    place = table["stage"].astype(object).map(stages).fillna(len(stages))
    keys = table.assign(stage=place)[list(_ORDER)]
    table = table.loc[keys.sort_values(list(_ORDER), kind="stable").index]
    replies = {number: each for each in run.replies if isinstance(number := each.get("id"), int)}
    labels = {name: spec.get("labels") for name, spec in run.settings.decisions.items()}
    return [_turn(row, replies, labels) for row in table.to_dict("records")]


def _only(table: pd.DataFrame, name: str, wanted: int) -> pd.DataFrame:
    found = table[(table[name] == wanted).fillna(False).astype(bool)]
    if found.empty:
        there = sorted(int(number) for number in table[name].dropna().unique())
        few = ", ".join(map(str, there)) if len(there) <= 8 else f"{there[0]} to {there[-1]}"
        raise GamesimError(f"--{name} {wanted}: there is no such {name} here ({name}s: {few or 'none'})")
    return found


def _turn(
    row: Mapping[Any, Any], replies: Mapping[int, Mapping[str, Any]], labels: Mapping[str, list[str] | None]
) -> Turn:
    known = {name: None if pd.isna(row[name]) else row[name] for name in _COLUMNS}
    known = {name: value.item() if isinstance(value, np.generic) else value for name, value in known.items()}
    reply = {} if pd.isna(row["reply"]) else replies.get(int(row["reply"]), {})
    names = labels.get(str(row["decision"]))
    options = sorted(
        zip(reply.get("actions", ()), reply.get("probabilities", ()), strict=False), key=lambda pair: -pair[1]
    )
    alike = len(options) > 1 and options[0][1] == options[-1][1]
    return Turn(
        **known,
        seen=json.loads(row["seen"]) if isinstance(row["seen"], str) else {},
        system=_text(reply.get("system")),
        user=_text(reply.get("user")),
        earlier=tuple((_text(said), _text(answered)) for said, answered in reply.get("earlier") or ()),
        asked=tuple(_questions(reply)),
        likeliest=tuple((_named(value, names), float(p)) for value, p in options[:LIKELIEST] if not alike),
        options=len(options),
    )


def _questions(reply: Mapping[str, Any]) -> Iterator[Question]:
    if "raw" in reply:
        for each in (reply, *(reply.get("again") or ())):
            yield Question(*(_text(each.get(name)) for name in ("user", "raw", "finish", "error")))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _named(action: float, labels: Sequence[str] | None) -> str:
    return labels[int(action)] if labels and 0 <= action < len(labels) else plain(action)


def as_json(run: Run, played: Sequence[Turn]) -> str:
    """Write turns as one JSON document: ``folder``, ``game``, ``status`` and ``decisions``, texts in full."""
    document = {
        "folder": None if run.folder is None else str(run.folder),
        "game": run.settings.game["name"],
        "status": run.settings.status,
        "decisions": [asdict(turn) for turn in played],
    }
    return json.dumps(document, indent=2, allow_nan=False)


def as_text(run: Run, played: Sequence[Turn], *, full: bool = False) -> Iterator[str]:
    """Write turns as a transcript, line by line, without control characters.

    Parameters
    ----------
    run : Run
    played : sequence of Turn
        From `turns`.
    full : bool
        Print every text each time; otherwise what a player has read before is said to be as before.
    """
    settings = run.settings
    yield printable(f"{settings.game['name']}, agents: {settings.agents}, seed {settings.seed}", lines=False)
    if settings.status != "complete":
        yield printable(f"this run is {settings.status}: what follows was played", lines=False)
    readers: dict[tuple[int | None, int | None], set[str]] = {}
    where: tuple[int | None, ...] = ()
    messages = {name for name, spec in settings.decisions.items() if spec.get("unit") == Text.unit}
    for turn in played:
        here = (turn.session, turn.supergame, turn.round, turn.group)
        if here != where:
            where = here
            yield ""
            yield f"== {_place(settings.sessions, turn)}"
        known = None if full else readers.setdefault((turn.session, turn.agent), set())
        yield ""
        for line in _told(turn, known, turn.decision in messages):
            yield printable(line, lines=False)


def _place(sessions: int, turn: Turn) -> str:
    parts = [f"session {turn.session}"] if sessions > 1 else []
    parts += [f"supergame {turn.supergame}"] if turn.supergame not in (None, 1) else []
    parts.append(f"round {turn.round}")
    # A decision that counts in several groups is of none.
    return ", ".join(parts if turn.group is None else [*parts, f"group {turn.group}"])


def _told(turn: Turn, known: set[str] | None, message: bool) -> Iterator[str]:
    """Give the lines of one decision; `known` holds the paragraphs that the player has read."""
    text = "" if turn.wording is None else f", wording {turn.wording}"
    yield f"{turn.role} (seat {turn.seat}), agent {turn.agent}, {turn.policy}: {turn.decision}{text}"
    if turn.system:
        yield from _block("system", turn.system, known)
    yield from _conversation(turn.earlier, known)
    if turn.user:
        yield from _block("read", turn.user, known)
    elif shown := {name: value for name, value in turn.seen.items() if value is not None}:
        yield f"  saw       {', '.join(f'{name} = {_shown(value)}' for name, value in shown.items())}"
    for time, each in enumerate(turn.asked):
        if time:
            yield from _block("again", each.user, None)
        yield from _answer(each, known)
    yield f"  {'said' if message else 'did':<9} {_done(turn, message)}"
    if turn.payoff is not None:
        yield f"  earned    {plain(turn.payoff)}"
    elif turn.status == "ok":
        yield "  earned    nothing: an action is missing in the group"


def _conversation(earlier: Sequence[tuple[str, str]], known: set[str] | None) -> Iterator[str]:
    repeated = 0
    for said, answered in earlier:
        if known is not None and said in known and answered in known:
            repeated += 1
            continue
        yield from _block("earlier", said, known)
        yield from _block("said", answered, known)
        if known is not None:
            known |= {said, answered}
    if repeated:
        yield f"  earlier   ({repeated} {'turns' if repeated > 1 else 'turn'} of the conversation as before)"


def _answer(each: Question, known: set[str] | None) -> Iterator[str]:
    if known is not None:
        known |= {each.user, each.raw}
    if each.error:
        yield f"  failed    {each.error}"
    if each.raw or not each.error:
        yield from _block("answered", each.raw or "(nothing)", None)
    if each.finish == "length":
        yield "            (cut off at the limit of its length)"


def _shown(value: float | str | Mapping[str, str]) -> str:
    if isinstance(value, Mapping) and any(value.values()):
        return "; ".join(f"{speaker}: {quoted(text)}" for speaker, text in value.items())
    if isinstance(value, Mapping):
        return NOTHING
    return quoted(value) if isinstance(value, str) else plain(value)


def _done(turn: Turn, message: bool) -> str:
    if turn.status == "skipped":
        return "nothing: was not asked, since an earlier action in the group is missing"
    if turn.action is None:
        times = f" after it was asked {turn.attempts} times" if (turn.attempts or 1) > 1 else ""
        return f"nothing: {turn.status}{times}"
    done = quoted(turn.label or "") if message else turn.label or plain(turn.action)
    read = f" (read as {turn.read_as})" if turn.read_as else ""
    return f"{done}{read}{_chances(turn)}"


def _chances(turn: Turn) -> str:
    parts = [] if turn.probability is None else [f"probability {turn.probability:.3g}"]
    if turn.options > 1 and not turn.likeliest:
        parts.append(f"{turn.options} actions alike")
    elif turn.options > 1:
        parts.append("likeliest: " + ", ".join(f"{name} {p:.3g}" for name, p in turn.likeliest))
    if turn.legal_mass is not None:
        parts.append(f"legal mass {turn.legal_mass:.3g}")
    return f" ({'; '.join(parts)})" if parts else ""


def _block(word: str, text: str, known: set[str] | None) -> Iterator[str]:
    """Put a text beside its word, paragraphs that were read before left out."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        if known is not None and len(paragraph) > SHORT and paragraph in known:
            if lines[-1:] != [AS_BEFORE]:
                lines.append(AS_BEFORE)
            continue
        if known is not None:
            known.add(paragraph)
        lines += paragraph.split("\n")
    for place, line in enumerate(lines):
        yield f"  {word if place == 0 else '':<9} {line}"
