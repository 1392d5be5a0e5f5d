"""What a player lived through, as text: round by round, the last rounds only, or summed up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from gamesim.errors import unknown
from gamesim.game import Game
from gamesim.messages import NOTHING
from gamesim.observation import Observations
from gamesim.prompt.wording import Wording, counts, fields, own
from gamesim.prompt.words import NO_DECISION, Terms, Word, terms
from gamesim.streams import Floats, Ints

FULL, SUMMARY = "full", "summary"

Round = Mapping[str, float]

OUT, KEPT = "out", "kept"
"""Rounds in which somebody was not asked: it was sat out, or the last choice counted again."""


def check_memory(memory: str) -> None:
    """Refuse a memory that is neither a word nor a number of rounds."""
    if memory not in (FULL, SUMMARY) and not (memory.isascii() and memory.isdigit() and int(memory) > 0):
        raise unknown("memory", memory, (FULL, SUMMARY, "1", "2", "3 (the last rounds)"))


def shown(memory: str, played: int) -> int:
    """Count the rounds that are told in full."""
    if memory == FULL:
        return played
    return min(played, 1 if memory == SUMMARY else int(memory))


def history(
    game: Game,
    role: str,
    rounds: Sequence[Round],
    first: int = 1,
    speech: Terms | None = None,
    wording: Wording | None = None,
    held: Sequence[str] = (),
    unasked: Sequence[str] = (),
) -> str:
    """Write one line a past round.

    Parameters
    ----------
    game : Game
    role : str
    rounds : sequence of mappings
        Own actions, what was told, and ``earned``, by round, oldest first.
    first : int
        Number of the first round listed.
    speech : Terms, optional
        What numbers and options are called; as in the game unless given.
    wording : Wording, optional
        The sentences; the game's own unless given.
    held : sequence of str
        The role held in each round, where roles change; empty for a round that was sat out.
    unasked : sequence of str
        Why there was no question in each round, `OUT` or `KEPT`; empty where there was one.
    """
    speech = speech or terms(game)
    wording = wording or own(type(game))
    lines = []
    for number, known in enumerate(rounds, start=first):
        place = counts(number, number)
        mine = held[number - first] if held else role
        why = unasked[number - first] if unasked else ""
        line = (
            wording.history[OUT].format_map(place)
            if why == OUT
            else _lived(wording, game, mine, known, speech, place)
        )
        if why == KEPT:
            line = wording.history[KEPT].format_map(place | {"line": line})
        if held and mine:
            line = f"as {mine}, {line}"
        lines.append(wording.history["line"].format_map(place | {"line": line}))
    return "\n".join(lines)


def _lived(
    wording: Wording, game: Game, role: str, known: Round, speech: Terms, place: dict[str, str]
) -> str:
    """Tell of a round that somebody played."""
    own_stages = [each.name for each in game.stages if game.decider(each.name) == role and each.name in known]
    if own_stages and all(math.isnan(known[stage]) for stage in own_stages):
        return wording.history["undecided"].format_map(place)
    if own_stages and math.isnan(known.get("earned", 0.0)):
        return _void(wording, known, own_stages, speech, place)
    return _line(wording, role, speech.say(known), speech.facts | place)


def told(
    game: Game,
    role: str,
    rounds: Sequence[Round],
    memory: str,
    speech: Terms,
    wording: Wording,
    *,
    headed: bool = True,
    held: Sequence[str] = (),
    unasked: Sequence[str] = (),
) -> str:
    """Write what a player is told of the past.

    Parameters
    ----------
    game, role, rounds, speech, wording
        As in `history`.
    memory : str
        ``full``, ``summary``, or how many of the last rounds.
    headed : bool
        Whether a heading stands above.
    held, unasked : sequence of str
        As in `history`.
    """
    last = shown(memory, len(rounds))
    before = len(rounds) - last
    lines = history(game, role, rounds[before:], before + 1, speech, wording, held[before:], unasked[before:])
    if memory == SUMMARY and len(rounds) - unasked.count(OUT) > 1:
        lines = f"{summary(role, rounds, speech, wording, unasked)}\n{lines}"
    if not headed:
        return lines
    heading = wording.history["heading" if last == len(rounds) or memory == SUMMARY else "recent"]
    return f"{heading.format_map({'played': str(len(rounds)), 'shown': str(last)})}\n{lines}"


def summary(
    role: str, rounds: Sequence[Round], speech: Terms, wording: Wording, unasked: Sequence[str] = ()
) -> str:
    """Sum up all rounds that were not sat out in one sentence: means of amounts and earnings, counts of choices.

    Parameters
    ----------
    role, rounds, speech, wording, unasked
        As in `history`.
    """
    lived = [each for each, why in itertools.zip_longest(rounds, unasked) if why != OUT]
    known = {name: _overall(name, np.array([each[name] for each in lived]), speech) for name in lived[0]}
    out, kept, played = unasked.count(OUT), unasked.count(KEPT), str(len(rounds))
    place = counts(len(rounds), len(rounds)) | {"round": f"1 to {played}"}
    line = _line(wording, role, known, speech.facts | place)
    if all("earned" not in fields(line) for line in wording.recall_of(role)):
        line = wording.history["earned"].format_map({"line": line, "earned": known["earned"]})
    told = {"played": played, "line": line, "out": str(out)}
    said = wording.history["absent" if out else "summary"].format_map(told)
    return f"{said} {wording.history['stood'].format_map({'kept': str(kept)})}" if kept else said


def _line(wording: Wording, role: str, known: Mapping[str, str], facts: Mapping[str, str]) -> str:
    if role not in wording.recall:
        return ", ".join(f"{name} {value}" for name, value in known.items())
    values = {**facts, **known}
    lines = wording.recall_of(role)
    told = [line for line in lines if fields(line) <= values.keys()]
    # Who is alone has no others, of whom some lines speak.
    whole = [line for line in told if all(values[name] != NO_DECISION for name in fields(line))]
    return (whole or told or lines[-1:])[0].format_map(values)


def _void(
    wording: Wording, known: Round, own_stages: Sequence[str], speech: Terms, place: Mapping[str, str]
) -> str:
    """Tell of a round that did not count what there was of it: what was said, and the own decisions."""
    there = {name: value for name, value in known.items() if not math.isnan(value)}
    heard = [name for name in there if speech.said(name) and name not in own_stages]
    own = [stage for stage in own_stages if stage in there]
    wrote = [] if heard else [stage for stage in own if speech.said(stage)]
    did = {stage: there[stage] for stage in own if not speech.said(stage)}
    parts = [("heard", {"message": speech.one(name, there[name])}) for name in heard]
    parts += [("wrote", {"message": speech.one(name, there[name])}) for name in wrote]
    parts += [("before", {"decisions": listed(speech, did)})] if did else []
    line = "; ".join(wording.history[name].format_map({**place, **values}) for name, values in parts)
    return wording.history["void"].format_map({**place, "line": line})


def listed(speech: Terms, values: Mapping[str, float]) -> str:
    """Write decisions beside the names of their stages."""
    return ", ".join(f"{name} {value}" for name, value in speech.say(values).items())


def _overall(name: str, values: Floats, speech: Terms) -> str:
    """Sum up one thing over the rounds in which there was one."""
    valid = values[~np.isnan(values)]
    missing = len(values) - len(valid)
    if not len(valid):
        return Word(NO_DECISION, math.nan)
    if speech.said(name):
        spoken = sum(speech.messages.spoken(code) for code in valid.tolist())
        return _counted([("a message", spoken), (NOTHING, len(valid) - spoken), (NO_DECISION, missing)])
    mean = float(valid.mean())
    if kinds := speech.kinds(name):
        times = [(kind, int(np.sum(valid == i))) for i, kind in enumerate(kinds)]
        text = _counted([*times, (NO_DECISION, missing)])
    else:
        text = f"{speech.one(name, round(mean, 2))} on average"
        text += f" ({NO_DECISION} {_times(missing)})" if missing else ""
    return Word(text, mean)


def _counted(times: Sequence[tuple[str, int]]) -> str:
    return " and ".join(f"{kind} {_times(count)}" for kind, count in times if count)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def lived(obs: Observations, rows: Ints) -> list[list[Round]]:
    """Collect the past of some rows, round by round.

    Parameters
    ----------
    obs : Observations
        D deciders.
    rows : (U,) int
        Of which of them.

    Returns
    -------
    list of list of mapping
        For each of the rows, its rounds: own actions, what was told, and ``earned``.
    """
    past = obs.take(rows).past
    stages = [each.name for each in obs.game.stages if obs.game.decider(each.name) in past.roles]
    columns: dict[str, Floats] = {stage: past.own(stage) for stage in stages}
    for name in past.names_told():
        # What is decided in one role may be what is told in another.
        told = past.told(name)
        columns[name] = np.where(np.isnan(columns[name]), told, columns[name]) if name in columns else told
    columns["earned"] = past.earned()
    return [
        [{name: float(values[t, i]) for name, values in columns.items()} for t in range(len(past))]
        for i in range(len(rows))
    ]
