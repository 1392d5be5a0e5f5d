"""What players read: the same observations that a rule reads as arrays, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import ActionSpace, Amount, Choice, plain
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.streams import Floats, Ints

SYSTEM = "You are a participant in a study of economic decisions."
NO_DECISION = "no decision"

_MATCHING = {
    "stranger": "with other people drawn at random each time",
    "partner": "with the same people each time",
    "round_robin": "with somebody new each time until you have met everybody",
}


@dataclass(frozen=True)
class Text:
    """What one decider reads."""

    system: str
    user: str
    earlier: tuple[tuple[str, str], ...] = ()


ANSWERS = ("bracket", "json", "bare")


@dataclass(frozen=True)
class Style:
    """How players are spoken to.

    Parameters
    ----------
    answer : str
        In which form they are to answer: in square brackets, as a JSON object, or with nothing around it.
    """

    answer: str = "bracket"


PLAIN = Style()


def arrangements(game: Game, stage: str) -> int:
    """Count the arrangements of the options of a decision."""
    return 1


def arranged(space: ActionSpace, order: int) -> ActionSpace:
    """Give the options as one arrangement shows them."""
    return space


def wordings(game: Game, stage: str) -> int:
    """Count the equivalent texts for a decision: paraphrases of the rules times those of the question."""
    return len(game.texts("rules", game.decider(stage))) * len(game.texts("ask", stage))


def instructions(game: Game, role: str, stage: str = "", wording: int = 0) -> str:
    """Write the rules as one role is told them.

    Parameters
    ----------
    game : Game
    role : str
    stage : str
        What is going to be asked, if anything.
    wording : int
        Which of the equivalent texts of that stage; 0 is the first paraphrase of rules and question.
    """
    texts = game.texts("rules", role)
    questions = len(game.texts("ask", stage)) if stage else 1
    return texts[wording // questions % len(texts)].format_map(_facts(game))


def question(game: Game, stage: str, seen: Mapping[str, float], wording: int = 0) -> str:
    """Write the question of a stage, with what the stage shows."""
    texts = game.texts("ask", stage)
    known = {**_facts(game), **_in_words(game, {**seen, **game.derived(seen)}, exact=True)}
    return texts[wording % len(texts)].format_map(known)


def answer_format(space: ActionSpace, form: str = "bracket") -> str:
    """Say in which form the answer is read."""
    if isinstance(space, Choice):
        marks = {"bracket": "[{}]", "json": '"{}"', "bare": "{}"}[form]
        what = " or ".join(marks.format(shown) for shown in space.shown)
    else:
        what = "a whole number" if space.step == 1 else f"a multiple of {plain(space.step)}"
    if form == "json":
        return f'Answer with a JSON object of the form {{"answer": ...}}, where the answer is {what}.'
    if form == "bare":
        return f"Answer with {what} and nothing else."
    comma = "," if isinstance(space, Choice) else ""
    return f"Answer with {what}{comma} in square brackets and nothing else."


def history(game: Game, role: str, rounds: list[Mapping[str, float]], first: int = 1) -> str:
    """Write one line a past round.

    Parameters
    ----------
    game : Game
    role : str
    rounds : list of mappings
        Own actions, what was told, and ``earned``, by round, oldest first.
    first : int
        Number of the first round listed.
    """
    lines = []
    for number, known in enumerate(rounds, start=first):
        words = _in_words(game, known)
        plain_line = ", ".join(f"{name} {value}" for name, value in words.items())
        line = game.recall[role].format_map(words) if role in game.recall else plain_line
        lines.append(f"- Round {number}: {line}.")
    return "\n".join(lines)


def told(game: Game, stage: str, seen: Mapping[str, float], wording: int = 0) -> Text:
    """Write what a decider reads in a single round."""
    role = game.decider(stage)
    space = game.space_at_most(stage)
    parts = [
        instructions(game, role, stage, wording),
        f"{question(game, stage, seen, wording)}\n{answer_format(space)}",
    ]
    return Text(SYSTEM, "\n\n".join(parts))


def texts(
    obs: Observations, wording: Ints | None = None, style: Style = PLAIN, order: Ints | None = None
) -> tuple[list[Text], Ints]:
    """Write what every decider of a batch reads, each distinct text once.

    Parameters
    ----------
    obs : Observations
        D deciders.
    wording : (D,) int, optional
        Which of the equivalent texts each reads; the first unless given.
    style : Style
        How they are spoken to.

    Returns
    -------
    texts : list of Text
        The U distinct texts.
    row : (D,) int
        Which text each decider reads.
    """
    wording = np.zeros(len(obs), dtype=np.int64) if wording is None else wording
    first, situation = obs.situations
    pairs, row = np.unique(np.column_stack([situation, wording]), axis=0, return_inverse=True)
    pasts = _rounds(obs, first) if len(obs.past) else None
    written = []
    for where, variant in pairs:
        decider = int(first[where])
        seen = {name: float(values[decider]) for name, values in obs.seen.items()}
        parts = [instructions(obs.game, obs.role, obs.stage, int(variant))]
        if obs.rounds > 1:
            who = _MATCHING.get(obs.matching, "") if len(obs.game.roles) > 1 else ""
            parts[0] += f" You do this {obs.rounds} times{', ' + who if who else ''}."
        if pasts is not None:
            parts.append("What happened so far:\n" + history(obs.game, obs.role, pasts[int(where)]))
        if obs.own:
            own = _in_words(obs.game, {name: float(values[decider]) for name, values in obs.own.items()})
            parts.append(f"You have already decided: {', '.join(f'{n} {v}' for n, v in own.items())}.")
        ask = question(obs.game, obs.stage, seen, int(variant))
        if obs.rounds > 1:
            ask = f"Round {obs.round}. {ask}"
        if style.answer != "none":
            ask = f"{ask}\n{answer_format(obs.space.take(np.array([decider])), style.answer)}"
        parts.append(ask)
        written.append(Text(SYSTEM, "\n\n".join(parts)))
    # Situations may differ in what the text does not mention.
    places: dict[Text, int] = {}
    place = np.array([places.setdefault(text, len(places)) for text in written], dtype=np.int64)
    return list(places), place[row.ravel()]


def _rounds(obs: Observations, rows: Ints) -> list[list[Mapping[str, float]]]:
    """Collect the past of some rows, round by round."""
    past = obs.take(rows).past
    stages = [each.name for each in obs.game.stages if obs.game.decider(each.name) == obs.role]
    columns: dict[str, Floats] = {stage: past.own(stage) for stage in stages}
    columns |= {name: past.told(name) for name in past.names_told()}
    columns["earned"] = past.earned()
    return [
        [{name: float(values[t, i]) for name, values in columns.items()} for t in range(len(past))]
        for i in range(len(rows))
    ]


def _facts(game: Game) -> dict[str, str]:
    known = {}
    for name, item in game.parameters().items():
        value = getattr(game, name)
        if isinstance(value, bool | str):
            continue
        known[name] = game.money(value) if item.metadata.get("unit") == "money" else plain(value)
    return known | {
        name: value if isinstance(value, str) else plain(value) for name, value in game.facts().items()
    }


def _in_words(game: Game, values: Mapping[str, float], *, exact: bool = False) -> dict[str, str]:
    """Write values by what they are; averages and earnings to two decimals unless they must be exact."""
    spaces = {each.name: game.space_at_most(each.name) for each in game.stages}
    return {
        name: _word(game, name, value if exact or name in spaces else round(value, 2), spaces.get(name))
        for name, value in values.items()
    }


def _word(game: Game, name: str, value: float, space: ActionSpace | None) -> str:
    if math.isnan(value):
        return NO_DECISION
    if name in game.words:
        return game.words[name][int(value)]
    if isinstance(space, Choice):
        return space.write(value)
    if name == "earned" or name in game.money_names or (isinstance(space, Amount) and space.unit == "money"):
        return game.money(value)
    if isinstance(space, Amount):
        return f"{plain(value)} {space.unit}" if space.unit != "numbers" else plain(value)
    return plain(value)
