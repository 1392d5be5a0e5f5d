"""What a player lived through, as text: round by round, the last rounds only, or summed up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gamesim.actions import counted
from gamesim.errors import unknown
from gamesim.game import Game
from gamesim.messages import NOTHING
from gamesim.prompt.rounds import KEPT, OUT, Round
from gamesim.prompt.wording import Wording, counts, fields, own
from gamesim.prompt.words import MIXED, NO_DECISION, Terms, Word, terms

FULL, SUMMARY = "full", "summary"


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
) -> str:
    """Write one line a past round.

    Parameters
    ----------
    game : Game
    role : str
    rounds : sequence of Round
        Oldest first.
    first : int
        Number of the first round listed.
    speech : Terms, optional
        What numbers and options are called; as in the game unless given.
    wording : Wording, optional
        The sentences; the game's own unless given.
    """
    speech = speech or terms(game)
    wording = wording or own(type(game))
    lines = []
    for number, each in enumerate(rounds, start=first):
        place = counts(number, number)
        if each.unasked == OUT:
            line = wording.history[OUT].format_map(place)
        else:
            line = _lived(wording, each.role or role, each, speech, place)
        if each.unasked == KEPT:
            line = wording.history[KEPT].format_map(place | {"line": line})
        if each.role:
            line = f"as {each.role.replace('_', ' ')}, {line}"
        lines.append(wording.history["line"].format_map(place | {"line": line}))
    return "\n".join(lines)


def _lived(wording: Wording, role: str, each: Round, speech: Terms, place: Mapping[str, str]) -> str:
    """Tell of a round that somebody played."""
    say, known = wording.history, each.known
    stages = _own_stages(speech.game, role, known)
    if stages and all(math.isnan(known[stage]) for stage in stages):
        return say["undecided"].format_map(place)
    said = speech.say(known, games=each.several)
    told = {**place, "void": str(each.void), "games": counted(each.games, each.kind)}
    if stages and each.games == 0:
        return say["nobody"].format_map({**told, "line": _left(wording, said, stages, speech, place)})
    if stages and math.isnan(known.get("earned", 0.0)):
        line = _left(wording, said, stages, speech, place)
        return say["void" if each.games == 1 else "all_void"].format_map({**told, "line": line})
    some = 0 < each.void < each.games
    line = _line(wording, role, said, speech, place, stages if some else (), earned=each.sums)
    if some:
        return say["part_void"].format_map({**told, "line": line})
    return say["groups"].format_map({**told, "line": line}) if each.varies else line


def _own_stages(game: Game, role: str, known: Mapping[str, float]) -> list[str]:
    return [each.name for each in game.stages if game.decider(each.name) == role and each.name in known]


def told(
    game: Game,
    role: str,
    rounds: Sequence[Round],
    memory: str,
    speech: Terms,
    wording: Wording,
    *,
    headed: bool = True,
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
    """
    last = shown(memory, len(rounds))
    before = len(rounds) - last
    lines = history(game, role, rounds[before:], before + 1, speech, wording)
    if memory == SUMMARY and before:
        lines = f"{summary(role, rounds, speech, wording)}\n{lines}"
    if not headed:
        return lines
    heading = wording.history["heading" if last == len(rounds) or memory == SUMMARY else "recent"]
    return f"{heading.format_map({'played': str(len(rounds)), 'shown': str(last)})}\n{lines}"


def summary(role: str, rounds: Sequence[Round], speech: Terms, wording: Wording) -> str:
    """Sum up all rounds that were not sat out in one sentence: means of amounts and earnings, counts of choices.

    Further sentences count the rounds, or the groups, that were unlike the others.

    Parameters
    ----------
    role, rounds, speech, wording
        As in `history`.
    """
    say, played = wording.history, str(len(rounds))
    lived = [each for each in rounds if each.unasked != OUT]
    if not lived:
        return say["none"].format_map({"played": played})
    place = counts(len(rounds), len(rounds)) | {"round": f"1 to {played}"}
    stages = _own_stages(speech.game, role, lived[0].known)
    averaged = _averaged(wording.recall_of(role)) if role in wording.recall else set()
    said = {name: _overall(name, lived, stages, speech, name in averaged) for name in lived[0].known}
    if stages and all(said[stage] == NO_DECISION for stage in stages):
        line = say["undecided"].format_map(place)
    else:
        line = _line(wording, role, said, speech, place, stages, earned=True)
    out = len(rounds) - len(lived)
    whole = say["absent" if out else "summary"].format_map({"played": played, "line": line, "out": str(out)})
    return " ".join([whole, *_unlike(lived, stages, say)])


def _unlike(lived: Sequence[Round], stages: Sequence[str], say: Mapping[str, str]) -> list[str]:
    """Count the rounds in which choices stood or somebody had nobody to play with, and what did not count."""
    kept, alone = sum(each.unasked == KEPT for each in lived), sum(each.games == 0 for each in lived)
    sentences = [say["stood"].format_map({"kept": str(kept)})] if kept else []
    sentences += [say["lonely"].format_map({"alone": str(alone)})] if alone else []
    void = sum(each.void for each in lived)
    games = counted(sum(each.games for each in lived), lived[0].kind)
    if any(each.games > 1 for each in lived):
        sentences += [say["lost_groups"].format_map({"void": str(void), "games": games})] if void else []
        varies = lived[0].varies and not void
        return [*sentences, say["in_all"].format_map({"games": games})] if varies else sentences
    decided = [each.known for each in lived if any(not math.isnan(each.known[stage]) for stage in stages)]
    lost = sum(math.isnan(known["earned"]) for known in decided)
    return [*sentences, say["lost"].format_map({"void": str(lost)})] if lost else sentences


def _line(
    wording: Wording,
    role: str,
    said: Mapping[str, str],
    speech: Terms,
    place: Mapping[str, str],
    stages: Sequence[str],
    *,
    earned: bool,
) -> str:
    """Recall a round, or several: what was done and told, and if need be what was earned.

    Where something is missing of which the text speaks, the own decisions at `stages` are told by themselves.
    """
    values = {**speech.facts, **place, **said}
    template = _template(wording, role, speech, said, values)
    named = fields(template)
    if stages and any(values.get(name) == NO_DECISION for name in named):
        line, named = _left(wording, said, stages, speech, place), set()
    else:
        line = template.format_map(values)
    if earned and "earned" not in named and said["earned"] != NO_DECISION:
        return wording.history["earned"].format_map({"line": line, "earned": said["earned"]})
    return line


def _template(
    wording: Wording, role: str, speech: Terms, said: Mapping[str, str], values: Mapping[str, str]
) -> str:
    """Choose the text of a past round by what there is to tell."""
    if role not in wording.recall:
        return _named(speech, {name: f"{{{name}}}" for name in said})
    lines = wording.recall_of(role)
    told = [line for line in lines if fields(line) <= values.keys()]
    # Who is alone has no others, of whom some lines speak.
    whole = [line for line in told if all(values[name] != NO_DECISION for name in fields(line))]
    return (whole or told or lines[-1:])[0]


def _left(
    wording: Wording,
    said: Mapping[str, str],
    stages: Sequence[str],
    speech: Terms,
    place: Mapping[str, str],
) -> str:
    """Tell of a round that lacks something what there was of it: what was said, and the own decisions at `stages`."""
    there = {name: text for name, text in said.items() if text != NO_DECISION}
    heard = [name for name in there if speech.said(name) and name not in stages]
    own = [stage for stage in stages if stage in there]
    wrote = [] if heard else [stage for stage in own if speech.said(stage)]
    did = {stage: there[stage] for stage in own if not speech.said(stage)}
    parts = [("heard", {"message": there[name]}) for name in heard]
    parts += [("wrote", {"message": there[name]}) for name in wrote]
    parts += [("before", {"decisions": _named(speech, did)})] if did else []
    return "; ".join(wording.history[name].format_map({**place, **values}) for name, values in parts)


def listed(speech: Terms, values: Mapping[str, float]) -> str:
    """Write decisions beside what they are called."""
    return _named(speech, speech.say(values))


def _named(speech: Terms, told: Mapping[str, str]) -> str:
    """Write what is told, each beside what it is called, in which there may be commas."""
    game = speech.game
    called = {name: game.called(name) if name in speech.spaces else name.replace("_", " ") for name in told}
    return "; ".join(f"{called[name]} {text}" for name, text in told.items())


def _averaged(lines: Iterable[str]) -> set[str]:
    """Name what texts call an average by themselves, before or after it."""
    found = (re.findall(r"on average \{(\w+)[^}]*\}|\{(\w+)[^}]*\} on average", line) for line in lines)
    return {before or after for line in found for before, after in line}


def _overall(name: str, lived: Sequence[Round], stages: Sequence[str], speech: Terms, averaged: bool) -> str:
    """Sum up one thing over the rounds in which there was one; an average of averages is called one once."""
    own = name in stages or name == "earned"
    rounds = [each for each in lived if own or each.games]
    values = np.array([each.known[name] for each in rounds])
    valid = values[~np.isnan(values)]
    # Earnings that are missing are counted apart, and without others there is nothing to miss.
    missing = sum(
        name in stages or (not own and each.void > 0) for each in rounds if math.isnan(each.known[name])
    )
    if not len(valid):
        return Word(NO_DECISION, math.nan)
    if speech.said(name):
        spoken = sum(speech.messages.spoken(code) for code in valid.tolist())
        return _counted([("a message", spoken), (NOTHING, len(valid) - spoken), (NO_DECISION, missing)])
    mean = float(valid.mean())
    kinds = speech.kinds(name)
    if len(kinds) == 2 and not own and (any(each.several for each in rounds) or np.any(valid % 1)):
        weights = np.array([each.games - each.void for each in rounds])[~np.isnan(values)]
        return speech.one(name, float(valid @ weights / weights.sum()) if weights.any() else math.nan, True)
    if kinds:
        times = [(kind, int(np.sum(valid == i))) for i, kind in enumerate(kinds)]
        text = _counted([*times, (MIXED, int(np.sum(valid % 1 > 0))), (NO_DECISION, missing)])
    else:
        text = speech.one(name, round(mean, 2)) + ("" if averaged else " on average")
        text += f" ({NO_DECISION} {_times(missing)})" if missing else ""
    return Word(text, mean)


def _counted(times: Sequence[tuple[str, int]]) -> str:
    return " and ".join(f"{kind} {_times(count)}" for kind, count in times if count)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
