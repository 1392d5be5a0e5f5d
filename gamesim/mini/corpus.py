"""Training examples: prompts with the answers that people gave to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamesim.mini.header import DECISIONS, MEMORY, SCALES, SYSTEM, State, answers, header, messages
from gamesim.mini.records import Case, Records, published
from gamesim.mini.wording import filler, prose, system, thin

__all__ = [
    "HELD_OUT_STAKES",
    "Example",
    "hard_examples",
    "soft_examples",
    "stake_for_prose",
    "training_texts",
]

Floats = NDArray[np.float64]

HELD_OUT_STAKES: Final = (10, 37, 50, 1000)
"""Stakes within the trained range that prose in training never names."""

_STAKES: Final = (4, 6000)
_HEADER_ONLY_FIRST, _HEADER_ONLY_LATER, _PROSE_ONLY = 0.35, 0.65, 0.07
_FILLER, _OTHER_GAME = 0.2, 0.35
_LONGEST: Final = 8
_DILEMMA_WEIGHT: Final = 5.0
# The dilemma's four situations differ by few nats: asked and weighted like the rest, they are learnt last.
_SOFT: Final = (*DECISIONS, *(2 * ["prisoners_dilemma.choose"]))


@dataclass(frozen=True, eq=False)
class Example:
    """One prompt and what is to be learnt from it.

    Parameters
    ----------
    chat : list of dict
        System and user message.
    answer : str
        The answer that stands in the brackets.
    shares : (answers,) float or None
        Distribution over the decision's answers; None when only the answer counts.
    decision : str
        What is decided.
    weight : float
        How much it counts beside others of its kind.
    """

    chat: list[dict[str, str]]
    answer: str
    shares: Floats | None
    decision: str
    weight: float = 1.0


def soft_examples(records: Records, rng: np.random.Generator) -> Iterator[Example]:
    """Ask without end what all subjects were asked alike; the target is the distribution of their answers.

    Parameters
    ----------
    records : Records
        Training subjects.
    rng : numpy.random.Generator
        Chooses decisions, rounds and wording.
    """
    marginals = {decision: records.marginal(decision) for decision in DECISIONS}
    while True:
        decision = _SOFT[int(rng.integers(len(_SOFT)))]
        rounds = 1 if rng.random() < 0.4 else int(np.exp(rng.uniform(0, np.log(200))))
        # Records of first rounds only: where nothing is remembered, the round is noise to be ignored.
        recalls = decision in records.later and decision != "ultimatum.minimum"
        number = 1 if recalls and rng.random() < 0.8 else int(rng.integers(1, rounds + 1))
        state = State(decision, number, rounds)
        shares, weight = marginals[decision], 1.0
        if decision == "prisoners_dilemma.choose" and rng.random() < 0.85:
            past = _made_up_past(decision, rng)
            state = State(decision, len(past) + 1, len(past) + int(rng.integers(1, 100)), past)
            shares, weight = published(state), _DILEMMA_WEIGHT
        legal = answers(decision)
        answer = legal[int(rng.choice(len(legal), p=shares))]
        yield Example(_chat(state, rng), answer, shares, decision, weight)


def hard_examples(records: Records, rng: np.random.Generator) -> Iterator[Example]:
    """Give without end decisions with a history, each with the answer that its subject gave.

    Parameters
    ----------
    records : Records
        Training subjects.
    rng : numpy.random.Generator
        Chooses the order and the wording.
    """
    cases: list[Case] = [case for listed in records.later.values() for case in listed]
    while True:
        for index in rng.permutation(len(cases)):
            case = cases[index]
            state = case.state
            if rng.random() < 0.1:
                more = int(np.exp(rng.uniform(0, np.log(200))))
                state = replace(state, rounds=state.rounds + more)
            yield Example(_chat(state, rng), str(case.answer), None, state.decision)


def stake_for_prose(rng: np.random.Generator) -> float:
    """Draw a stake, log-uniform from 4 to 6,000, for prose behind a header."""
    while True:
        stake = float(np.exp(rng.uniform(*np.log(_STAKES))))
        stake = float(round(stake)) if rng.random() < 0.8 else float(f"{stake:.1g}")
        if stake not in HELD_OUT_STAKES:
            return stake


def training_texts(rng: np.random.Generator, count: int = 4000) -> Iterator[str]:
    """Write texts for the tokenizer, which needs the words but no records."""
    for _ in range(count):
        decision = DECISIONS[int(rng.integers(len(DECISIONS)))]
        state = State(decision, int(rng.integers(1, 30)), 30)
        if decision == "bomb_risk.open":
            state = replace(state, past=((int(rng.integers(101)), "safe"), (int(rng.integers(101)), "bomb")))
        elif decision == "prisoners_dilemma.choose":
            state = replace(state, past=(("cooperate", "defect"), ("defect", "cooperate")))
        elif decision == "ultimatum.minimum":
            state = replace(state, also=(("ultimatum.offer", int(rng.integers(101))),))
        yield "\n\n".join((system(rng, SYSTEM), header(state), prose(state, rng), filler(rng)))
        yield f"[{answers(decision)[int(rng.integers(len(answers(decision))))]}]"


def _chat(state: State, rng: np.random.Generator) -> list[dict[str, str]]:
    """Write header, prose or both: with both, the header holds whatever the prose is about."""
    kind, later = rng.random(), bool(state.past or state.also)
    if kind < (_HEADER_ONLY_LATER if later else _HEADER_ONLY_FIRST):
        chat = messages(state)
    elif later or kind < 1 - _PROSE_ONLY:
        # A past told in prose alone would teach that any amount in prose may be an own move.
        about = rng.random()
        if about < _FILLER:
            text = filler(rng)
        else:
            told = _any_state(rng) if about < _FILLER + _OTHER_GAME else state
            canonical = rng.random() < 0.2
            text = prose(told, rng, None if canonical else stake_for_prose(rng), recall=0.0)
        chat = messages(state, thin(text, rng))
    else:
        chat = messages(None, thin(prose(state, rng), rng))
    chat[0]["content"] = system(rng, chat[0]["content"])
    return chat


def _any_state(rng: np.random.Generator) -> State:
    """Make up a state of any decision, for prose that the header contradicts."""
    decision = DECISIONS[int(rng.integers(len(DECISIONS)))]
    if decision not in MEMORY or rng.random() < 0.5:
        return State(decision)
    past = _made_up_past(decision, rng)
    return State(decision, len(past) + 1, len(past) + int(rng.integers(1, 10)), past)


def _made_up_past(decision: str, rng: np.random.Generator) -> tuple[tuple[int | str, str | None], ...]:
    length = 1 if rng.random() < 0.5 else int(rng.integers(2, _LONGEST + 1))
    own = rng.integers(0, len(answers(decision)), size=length)
    moves: list[int | str] = [int(each) for each in own]
    if decision not in SCALES:
        moves = [answers(decision)[each] for each in own]
    outcomes = MEMORY[decision] or (None,)
    came = rng.integers(0, len(outcomes), size=length)
    return tuple((move, outcomes[each]) for move, each in zip(moves, came, strict=True))
