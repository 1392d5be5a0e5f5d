"""Every sentence that players of a game read, as data: the game's own, and what they may speak of."""

from __future__ import annotations

import dataclasses
import math
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from gamesim.actions import Choice
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.meeting import repeated
from gamesim.prompt.words import terms
from gamesim.rewiring import sentences

SYSTEM = "You are a participant in a study of economic decisions."

ROUNDS: Mapping[str, str] = {
    "alone": "You do this {rounds} times.",
    "matched": "You do this {rounds} times, {matching}.",
    "open": "You may do this several times: after each round another one follows with probability {continuation}.",
    "open_matched": "You do this {matching}; after each round another one follows with probability {continuation}.",
    "question": "Round {round}. {question}",
    "unasked": "In some rounds you are not asked; your last choice then counts again.",
}
HISTORY: Mapping[str, str] = {
    "heading": "What happened so far:",
    "recent": "What happened most recently:",
    "line": "- Round {round}: {line}.",
    "summary": "Over the {played} rounds so far {line}.",
    "absent": "You sat out {out} of the {played} rounds so far; over the others {line}.",
    "stood": "In {kept} of these you were not asked and your last choice counted again.",
    "earned": "{line}; you earned {earned}",
    "decided": "You have already decided: {decisions}.",
    "said": "You have already said: {message}.",
    "undecided": "you made no decision",
    "out": "you sat out",
    "unlinked": "you were not linked with this neighbour",
    "without": "You had no link to this neighbour in {out} of the {played} rounds so far; over the others {line}.",
    "nowhere": "You had no link to this neighbour in any of the {played} rounds so far.",
    "unborn": "you had not joined yet",
    "joined": "You had not joined yet in {out} of the {played} rounds so far; over the others {line}.",
    "newcomer": "You had not joined yet in any of the {played} rounds so far.",
    "kept": "you were not asked and your last choice counted again: {line}",
    "before": "you decided: {decisions}",
    "wrote": "you said: {message}",
    "heard": "this was said: {message}",
    "void": "{line}; somebody in your group made no decision, so the round did not count",
    "all_void": "{line}; in each of your {games} somebody made no decision, so the round did not count",
    "part_void": "{line}; {void} of your {games} did not count, since somebody there made no decision",
    "groups": "{line}; you were in {games}",
    "nobody": "{line}; you had nobody to play with, so you earned nothing",
    "none": "You sat out all of the {played} rounds so far.",
    "lonely": "In {alone} of these you had nobody to play with and earned nothing.",
    "lost": "In {void} of these somebody in your group made no decision, so that nothing counted.",
    "lost_groups": "Over these rounds {void} of your {games} did not count, since somebody there made no decision.",
    "in_all": "You were in {games} in all.",
}
UNKNOWN = "an unknown number of"
SUBJECT = "{person}"
FORMAT = "{format}"

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "alone": ("rounds",),
    "matched": ("rounds", "matching"),
    "open": ("continuation",),
    "open_matched": ("continuation", "matching"),
    "question": ("round", "rounds", "question"),
    "heading": ("played", "shown"),
    "recent": ("played", "shown"),
    "line": ("round", "line"),
    "summary": ("played", "line"),
    "absent": ("out", "played", "line"),
    "stood": ("kept",),
    "earned": ("line", "earned"),
    "decided": ("decisions",),
    "said": ("message",),
    "undecided": ("round",),
    "out": ("round",),
    "unlinked": ("round",),
    "without": ("out", "played", "line"),
    "nowhere": ("played",),
    "unborn": ("round",),
    "joined": ("out", "played", "line"),
    "newcomer": ("played",),
    "unasked": (),
    "kept": ("round", "line"),
    "before": ("round", "decisions"),
    "wrote": ("round", "message"),
    "heard": ("round", "message"),
    "void": ("round", "line"),
    "all_void": ("round", "games", "line"),
    "part_void": ("round", "void", "games", "line"),
    "groups": ("round", "games", "line"),
    "nobody": ("round", "line"),
    "none": ("played",),
    "lonely": ("alone",),
    "lost": ("void",),
    "lost_groups": ("void", "games"),
    "in_all": ("games",),
}
"""What the sentences that all games share may speak of."""

PARTS = ("subject", "rules", "repeats", "history", "decided", "question", "answer")
COUNTS = ("round", "rounds", "played")


@dataclass(frozen=True, eq=False)
class Wording:
    """The sentences of one game.

    Parameters
    ----------
    file : str
        The file they come from; empty for the game's own.
    system : mapping
        The system message by stage; under an empty name, that of all others.
    subject : str
        How a player is told who they are.
    rules, ask : mapping to tuple of str
        Paraphrases of the rules by role, and of the question by stage.
    recall : mapping
        A past round, by role: a text, or several, of which the first is told whose values there are.
    answer : mapping
        In which form a stage is to be answered.
    first, second, later : mapping
        The whole user message of a stage: in the first round, in the second, and later.
    matching, rewiring, rounds, history : mapping
        The sentences on repetition, on links that change and on the past.
    labels : mapping to tuple of str
        What the options of a stage are called.
    words : mapping to tuple of str
        The words for 0, 1, ... of what is told in words.
    requires : mapping
        Values of parameters, or of what a stage shows, that the sentences hold for.
    """

    file: str = ""
    system: Mapping[str, str] = field(default_factory=dict)
    subject: str = SUBJECT
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ask: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recall: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)
    second: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)
    matching: Mapping[str, str] = field(default_factory=repeated)
    rewiring: Mapping[str, str] = field(default_factory=sentences)
    rounds: Mapping[str, str] = field(default_factory=lambda: ROUNDS)
    history: Mapping[str, str] = field(default_factory=lambda: HISTORY)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: Mapping[str, float | str] = field(default_factory=dict)

    def of_a_link(self) -> Wording:
        """Give the sentences for somebody who decides for one neighbour: rounds without this link are told as such."""
        return self._with("unlinked", "without", "nowhere")

    def of_a_newcomer(self) -> Wording:
        """Give the sentences for somebody who can only have sat out before joining, where all who are there play."""
        return self._with("unborn", "joined", "newcomer")

    def _with(self, out: str, absent: str, none: str) -> Wording:
        """Tell rounds that were not played in other sentences: one of them, some of many, and all."""
        told = {"out": self.history[out], "absent": self.history[absent], "none": self.history[none]}
        return dataclasses.replace(self, history={**self.history, **told})

    def system_of(self, stage: str) -> str:
        """Give the system message of a stage."""
        return self.system.get(stage, self.system.get("", SYSTEM))

    def whole(self, stage: str, played: int) -> str | None:
        """Give the whole user message of a stage after some rounds, if it is written as one."""
        if played == 0:
            return self.first.get(stage)
        second = self.second.get(stage) if played == 1 else None
        return second if second is not None else self.later.get(stage)

    def paraphrases(self, game: Game, role: str, stage: str) -> tuple[int, int]:
        """Count the paraphrases of the rules of a role and of the question of a stage, as far as they are read."""
        wholes = [text for text in (self.first.get(stage), self.later.get(stage)) if text is not None]
        rules, asked = len(self.rules_of(game, role)), len(self.ask_of(game, stage))
        return (
            rules if not wholes or any("rules" in fields(text) for text in wholes) else 1,
            asked if not wholes or any("question" in fields(text) for text in wholes) else 1,
        )

    def rules_of(self, game: Game, role: str) -> tuple[str, ...]:
        """Give the paraphrases of the rules of a role; an error where there are none."""
        return self.rules.get(role) or game.texts("rules", role)

    def ask_of(self, game: Game, stage: str) -> tuple[str, ...]:
        """Give the paraphrases of a question, but for those that speak of what is shown under other parameters.

        Raises
        ------
        GamesimError
            Where there are none.
        """
        texts = self.ask.get(stage) or game.texts("ask", stage)
        hidden = {*game.signals, *(each.name for each in game.all_stages)} - {*game.stage(stage).sees}
        shown = tuple(text for text in texts if not hidden & fields(text))
        if not shown:
            raise GamesimError(
                f"{self.file or game.name}: every text of {stage} speaks of what is not shown there; shown is: "
                f"{', '.join(game.stage(stage).sees) or 'nothing'}"
            )
        return shown

    def recall_of(self, role: str) -> tuple[str, ...]:
        """Give the texts of a past round of a role, in the order in which they are tried."""
        lines = self.recall.get(role, "{earned}")
        return (lines,) if isinstance(lines, str) else lines

    def moves_options(self, game: Game, stage: str) -> bool:
        """Tell whether the texts of a stage follow the arrangement of its options.

        They do where neutral names, whose meaning moves, stand in the rules as placeholders, every one of them; and
        where names with a meaning, whose order moves, stand in the question as ``{options}`` or ``{turned}``.
        """
        space = game.space_at_most(stage)
        if not isinstance(space, Choice):
            return False
        part, texts = (
            ("rules", self.rules_of(game, game.decider(stage)))
            if space.neutral
            else ("question", self.ask_of(game, stage))
        )
        moves = all(_names(text, space) for text in texts)
        wholes = [self.first.get(stage), self.later.get(stage)]
        wholes += [self.second[stage]] if stage in self.second else []
        return all(
            moves if text is None else _names(text, space) or (moves and part in fields(text))
            for text in wholes
        )


def fields(template: str) -> set[str]:
    """Name the placeholders of a template, without what is taken of them, those within others among them."""
    found: set[str] = set()
    for _, name, form, _ in string.Formatter().parse(template):
        if name is not None:
            found |= {name.partition(".")[0], *fields(form or "")}
    return found


def _names(text: str, space: Choice) -> bool:
    named = fields(text)
    return set(space.labels) <= named if space.neutral else bool({"options", "turned"} & named)


def own(kind: type[Game]) -> Wording:
    """Give the sentences that a game is written with."""
    stages = [each.name for each in kind.all_stages]
    return Wording(
        system={"": SYSTEM},
        rules=kind.rules,
        ask=kind.ask,
        recall=kind.recall,
        answer=dict.fromkeys(stages, FORMAT),
        words=kind.words,
    )


def variants(kind: type[Game]) -> Iterator[Game]:
    """Give a game with every setting of its switches, its limited counts as given and at most."""
    settings: dict[str, tuple[int | str, ...]] = {}
    for name, item in kind.parameters().items():
        most = item.metadata.get("most", math.inf)
        if isinstance(item.default, bool):
            settings[name] = (False, True)
        elif item.metadata.get("options"):
            settings[name] = item.metadata["options"]
        elif isinstance(item.default, int) and math.isfinite(most):
            # A larger group may have more stages.
            settings[name] = (item.default, int(most))
    for values in product(*settings.values()):
        try:
            yield kind.from_settings(dict(zip(settings, values, strict=True)))
        except GamesimError:
            continue


@dataclass(frozen=True)
class Speakable:
    """What the texts of a game may speak of: example words by placeholder.

    Parameters
    ----------
    rules, ask, recall : mapping from role or stage to words
    choices : mapping from stage to Choice
        The stages that are choices among options.
    facts : mapping from name to words
    """

    rules: Mapping[str, Mapping[str, str]]
    ask: Mapping[str, Mapping[str, str]]
    recall: Mapping[str, Mapping[str, str]]
    choices: Mapping[str, Choice]
    facts: Mapping[str, str]


def speakable(kind: type[Game]) -> Speakable:
    """Find what the texts of a game may speak of, by playing one round of every variant of it."""
    rules: dict[str, dict[str, str]] = {role: {} for role in kind.rules}
    ask: dict[str, dict[str, str]] = {each.name: {} for each in kind.all_stages}
    recall: dict[str, dict[str, str]] = {role: {} for role in (*kind.rules, *kind.recall)}
    choices: dict[str, Choice] = {}
    facts: dict[str, str] = {}
    for game in variants(kind):
        play = game.played_at(0.5)
        speech = terms(game, messages=play.messages)
        facts |= speech.facts
        fed = game.feedback(play)
        for each in game.stages:
            seen = {name: float(values[0]) for name, values in play.shown(each).items()}
            asked = speech.say({**seen, **game.derived(seen)}, exact=True)
            role = game.decider(each.name)
            options = speech.options(each.name)
            ask[each.name] |= speech.facts | options | asked
            rules.setdefault(role, {}).update(options)
            space = speech.spaces[each.name]
            if isinstance(space, Choice):
                choices[each.name] = space
        for role in dict.fromkeys(game.roles):
            rules.setdefault(role, {}).update(speech.facts)
            lived = {s.name: float(play[s.name][0]) for s in game.stages if game.decider(s.name) == role}
            lived |= {name: float(np.asarray(values)[0]) for name, values in fed.get(role, {}).items()}
            recall.setdefault(role, {}).update(speech.facts | speech.say(lived | {"earned": 1.0}))
    return Speakable(rules, ask, recall, choices, facts)


def counts(round: int, rounds: int, continuation: float = 0.0) -> dict[str, str]:
    """Give the numbers of rounds: this one, all announced, and those behind."""
    announced = str(rounds) if continuation == 0 else UNKNOWN
    return {"round": str(round), "rounds": announced, "played": str(round - 1)}


def merged(given: Wording, kind: type[Game]) -> Wording:
    """Fill in what a wording leaves out from the game's own."""
    base = own(kind)
    filled: dict[str, Any] = {}
    for item in dataclasses.fields(Wording):
        value = getattr(given, item.name)
        filled[item.name] = {**getattr(base, item.name), **value} if isinstance(value, Mapping) else value
    return Wording(**filled)
