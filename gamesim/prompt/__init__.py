"""What players read: the same observations that a rule reads as arrays, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from gamesim.actions import ActionSpace, Choice
from gamesim.game import Game
from gamesim.meeting import kind_of
from gamesim.observation import Observations
from gamesim.prompt.history import history
from gamesim.prompt.knowledge import known_lines, matching_told, own_game, setting_lines
from gamesim.prompt.pack import wording_of
from gamesim.prompt.page import (
    ANSWERS,
    PLAIN,
    SILENT,
    Page,
    Style,
    Text,
    answer_format,
    question_text,
    rules_text,
)
from gamesim.prompt.rounds import Round, lived
from gamesim.prompt.wording import SYSTEM, Wording, own
from gamesim.prompt.words import NO_DECISION, Terms, terms
from gamesim.streams import Ints

__all__ = [
    "ANSWERS",
    "NO_DECISION",
    "PLAIN",
    "SILENT",
    "SYSTEM",
    "Round",
    "Style",
    "Text",
    "answer_format",
    "arranged",
    "arrangements",
    "history",
    "instructions",
    "order_shown",
    "paraphrases",
    "question",
    "texts",
    "told",
    "wordings",
]


def paraphrases(game: Game, stage: str, style: Style = PLAIN) -> tuple[int, int]:
    """Count the paraphrases of the rules and of the question that the decider of a stage reads."""
    return wording_of(game, style.pack).paraphrases(game, game.decider(stage), stage)


def wordings(game: Game, stage: str, style: Style = PLAIN) -> int:
    """Count the equivalent texts for a decision: paraphrases of the rules times those of the question."""
    rules, questions = paraphrases(game, stage, style)
    return rules * questions


def arrangements(game: Game, stage: str, style: Style = PLAIN) -> int:
    """Count the arrangements of the options in what the decider of a stage reads.

    A role that makes several choices reads all of them, and its history, in one arrangement.  Where a text names
    options in one way only there is one.
    """
    wording = wording_of(game, style.pack)
    counts = []
    for each in game.stages:
        space = game.space_at_most(each.name)
        if isinstance(space, Choice) and game.decider(each.name) == game.decider(stage):
            counts.append(space.arrangements() if wording.moves_options(game, each.name) else 0)
    return math.lcm(*counts) if all(counts) else 1


def arranged(space: ActionSpace, order: int = 0, style: Style = PLAIN, decision: str = "") -> ActionSpace:
    """Give the options as one arrangement shows them, under the names that the texts give them.

    Parameters
    ----------
    space : ActionSpace
        As in the game.
    order : int
        Which arrangement, below `arrangements`.
    style : Style
    decision : str
        Name of the decision, such as ``prisoners_dilemma.choose``.
    """
    if not isinstance(space, Choice):
        return space
    game, _, stage = decision.rpartition(".")
    if style.pack is not None and game in style.pack.games:
        labels = style.pack.games[game].labels
        space = space.renamed(labels[stage]) if stage in labels else space
    return space.arranged(order)


def order_shown(space: ActionSpace) -> str:
    """Say how options were arranged: ``A=defect, B=cooperate``, or ``reject, accept``; empty for amounts."""
    if not isinstance(space, Choice):
        return ""
    if not space.neutral:
        return ", ".join(space.named)
    return ", ".join(f"{space.shown[i]}={space.labels[i]}" for i in space.order)


def instructions(
    game: Game, role: str, stage: str = "", wording: int = 0, style: Style = PLAIN, order: int = 0
) -> str:
    """Write the rules as one role is told them.

    Parameters
    ----------
    game : Game
    role : str
    stage : str
        What is going to be asked, if anything.
    wording : int
        Which of the equivalent texts of that stage; 0 is the first paraphrase of rules and question.
    style : Style
    order : int
        Which arrangement of the options.
    """
    sentences = wording_of(game, style.pack)
    return rules_text(sentences, terms(game, order, sentences.labels, sentences.words), role, stage, wording)


def question(game: Game, stage: str, seen: Mapping[str, float], wording: int = 0) -> str:
    """Write the question of a stage, with what the stage shows."""
    return question_text(own(type(game)), terms(game), stage, seen, wording)


def told(
    game: Game,
    stage: str,
    seen: Mapping[str, float],
    wording: int = 0,
    style: Style = PLAIN,
    order: int = 0,
) -> Text:
    """Write what a decider reads in a single round."""
    if style.pack is not None:
        style.pack.check(game)
    sentences = wording_of(game, style.pack)
    speech = terms(game, order, sentences.labels, sentences.words)
    return Page(game, stage, seen, sentences, speech, style, wording, speech.spaces[stage]).text()


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
    order : (D,) int, optional
        Which arrangement of the options each reads; the first unless given.

    Returns
    -------
    texts : list of Text
        The U distinct texts.
    row : (D,) int
        Which text each decider reads.

    Raises
    ------
    GamesimError
        When the texts of a pack do not hold for what is played.
    """
    if style.pack is not None:
        style.pack.check(obs.game, obs.rounds, obs.continuation)
    none = np.zeros(len(obs), dtype=np.int64)
    wording = none if wording is None else wording
    order = none if order is None else order % arrangements(obs.game, obs.stage, style)
    people = obs.subjects if style.personas else None
    first, situation = obs.situations
    who = none if people is None else people.row
    readers, row = np.unique(np.column_stack([situation, wording, order, who]), axis=0, return_inverse=True)
    pasts = lived(obs, first)
    sentences = wording_of(obs.game, style.pack)
    spoken: dict[tuple[Game, int], Terms] = {}
    written = []
    for where, variant, arrangement, person in readers:
        decider = int(first[where])
        space = arranged(obs.space.take(np.array([decider])), int(arrangement), style, obs.decision)
        game = own_game(obs, decider)
        if (game, arrangement) not in spoken:
            spoken[game, arrangement] = terms(
                game, int(arrangement), sentences.labels, sentences.words, obs.messages
            )
        speech = spoken[game, arrangement]
        page = Page(
            game,
            obs.stage,
            {name: float(values[decider]) for name, values in obs.seen.items()},
            _of_absence(sentences, obs, decider),
            speech,
            style,
            int(variant),
            space,
            round=obs.round,
            rounds=obs.rounds,
            continuation=obs.continuation,
            update=obs.update,
            matching=matching_told(obs),
            setting=setting_lines(obs, decider, sentences),
            known=known_lines(obs, decider, speech.one),
            past=pasts[int(where)],
            own={name: float(values[decider]) for name, values in obs.own.items()},
            person=None if people is None or person < 0 else people.people[int(person)],
        )
        written.append(page.text())
    # Situations may differ in what the text does not mention.
    places: dict[Text, int] = {}
    place = np.array([places.setdefault(text, len(places)) for text in written], dtype=np.int64)
    return list(places), place[row.ravel()]


def _of_absence(sentences: Wording, obs: Observations, decider: int) -> Wording:
    """Give the sentences that say why a decider was not in some of the rounds."""
    if obs.apart is not None and obs.apart.name[decider]:
        return sentences.of_a_link()
    kind = kind_of(obs.matching)
    all_play = (kind.together or kind.apart) and not obs.past.also
    return sentences.of_a_newcomer() if all_play else sentences
