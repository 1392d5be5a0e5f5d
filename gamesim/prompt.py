"""What players read: the same observations that a rule reads as arrays, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gamesim.actions import ActionSpace, Amount, Choice, plain
from gamesim.game import Game
from gamesim.knowledge import known_lines, own_game, setting_lines
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


def history(
    game: Game,
    role: str,
    rounds: list[Mapping[str, float]],
    first: int = 1,
    held: Sequence[str] | None = None,
) -> str:
    """Write one line a past round.

    Parameters
    ----------
    game : Game
    role : str
    rounds : list of mappings
        Own actions, what was told, and ``earned``, by round, oldest first.
    first : int
        Number of the first round listed.
    held : sequence of str, optional
        The role held in each round, where that changed; an empty one for a round that was sat out.
    """
    lines = []
    roles = [role] * len(rounds) if held is None else held
    for number, (known, mine) in enumerate(zip(rounds, roles, strict=True), start=first):
        words = _in_words(game, known)
        plain_line = ", ".join(f"{name} {value}" for name, value in words.items())
        line = game.recall[mine].format_map(words) if mine in game.recall else plain_line
        if not mine:
            line = "you sat out"
        elif held is not None:
            line = f"as {mine}, {line}"
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
        parts = [instructions(own_game(obs, decider), obs.role, obs.stage, int(variant))]
        if obs.rounds > 1:
            who = _MATCHING.get(obs.matching, "") if len(obs.game.roles) > 1 else ""
            parts[0] += f" You do this {obs.rounds} times{', ' + who if who else ''}."
        parts[0] = " ".join([parts[0], *setting_lines(obs, decider)])
        if pasts is not None:
            held = _held(obs, decider) if obs.past.also else None
            told_so_far = history(obs.game, obs.role, pasts[int(where)], held=held)
            parts.append("What happened so far:\n" + told_so_far)
        parts.extend(
            [" ".join(lines)] if (lines := known_lines(obs, decider, partial(_one, obs.game))) else []
        )
        if obs.own:
            own = _in_words(obs.game, {name: float(values[decider]) for name, values in obs.own.items()})
            parts.append(f"You have already decided: {', '.join(f'{n} {v}' for n, v in own.items())}.")
        ask = question(own_game(obs, decider), obs.stage, seen, int(variant))
        if obs.rounds > 1 or obs.continuation:
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
    stages = [each.name for each in obs.game.stages if obs.game.decider(each.name) in past.roles]
    columns: dict[str, Floats] = {stage: past.own(stage) for stage in stages}
    for name in past.names_told():
        # What was decided in one role is what one is told in the other.
        told = past.told(name)
        columns[name] = np.where(np.isnan(columns[name]), told, columns[name]) if name in columns else told
    columns["earned"] = past.earned()
    return [
        [{name: float(values[t, i]) for name, values in columns.items()} for t in range(len(past))]
        for i in range(len(rows))
    ]


def _held(obs: Observations, decider: int) -> list[str]:
    held = obs.take(np.array([decider])).past.held()[:, 0]
    return [obs.past.roles[role] if role >= 0 else "" for role in held]


def _one(game: Game, name: str, value: float) -> str:
    return _in_words(game, {name: value}, exact=True)[name]


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
    kinds = game.words.get(name) or (space.shown if isinstance(space, Choice) else ())
    if len(kinds) == 2 and not value.is_integer():
        # On a network this is what several neighbours did.
        return (
            f"{kinds[0]} {plain(round(100 * (1 - value), 1))} %, {kinds[1]} {plain(round(100 * value, 1))} %"
        )
    if name in game.words:
        return game.words[name][int(value)]
    if isinstance(space, Choice):
        return space.write(value)
    if name == "earned" or name in game.money_names or (isinstance(space, Amount) and space.unit == "money"):
        return game.money(value)
    if isinstance(space, Amount):
        return f"{plain(value)} {space.unit}" if space.unit != "numbers" else plain(value)
    return plain(value)
