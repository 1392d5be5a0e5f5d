"""The line that tells mini what is being decided, and the scale on which it answers.

The header is produced from the state of the game, so it is true whatever the prose below it says.  Amounts in
it stand on a canonical scale (0 to 100, 0 to 150 or 0 to 20): stakes are scaled outside the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gamesim.errors import GamesimError, unknown

__all__ = ["ALSO", "DECISIONS", "MEMORY", "SCALES", "SYSTEM", "State", "answers", "header", "messages"]

SCALES: Final[Mapping[str, int]] = {
    "dictator.give": 100,
    "ultimatum.offer": 100,
    "ultimatum.minimum": 100,
    "trust.send": 100,
    "trust.return": 150,
    "public_goods.contribute": 20,
    "bomb_risk.open": 100,
    "beauty_contest.guess": 100,
}
"""The whole of what is decided about (endowment, pot, boxes) on the canonical scale, by decision."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"prisoners_dilemma.choose": ("cooperate", "defect")}

DECISIONS: Final[tuple[str, ...]] = (*SCALES, *CHOICES)
"""The decisions that mini was trained on; it refuses all others."""

MEMORY: Final[Mapping[str, tuple[str, ...]]] = {
    "dictator.give": (),
    "bomb_risk.open": ("safe", "bomb"),
    "prisoners_dilemma.choose": ("cooperate", "defect"),
}
"""Decisions with sequences behind them, and what may stand beside an own move; elsewhere no past is told."""

ALSO: Final[Mapping[str, tuple[str, ...]]] = {"ultimatum.minimum": ("ultimatum.offer",)}
"""Own decisions elsewhere that a decision can be told of."""

ROUNDS_TOLD: Final = 6
SYSTEM: Final = "You take part in an economic experiment."


@dataclass(frozen=True)
class State:
    """What is decided and what the decider has behind it, on the canonical scale.

    Parameters
    ----------
    decision : str
        One of `DECISIONS`.
    round, rounds : int
        Number of this round, from 1, and how many are announced.
    past : tuple of (own, other)
        The decider's moves so far, oldest first: own move (an integer on the decision's scale, or a choice)
        and what came of it (`MEMORY`: ``"safe"`` or ``"bomb"``; the other's choice in the dilemma), None
        elsewhere.  Rounds without a decision are left out.
    also : tuple of (decision, move)
        The same subject's moves in other decisions (`ALSO`).
    """

    decision: str
    round: int = 1
    rounds: int = 1
    past: tuple[tuple[int | str, str | None], ...] = ()
    also: tuple[tuple[str, int], ...] = ()


def answers(decision: str) -> tuple[str, ...]:
    """List the legal answers of a decision, without brackets.

    Parameters
    ----------
    decision : str
        One of `DECISIONS`.

    Returns
    -------
    tuple of str
        Integers from 0 to the decision's scale, or the names of its choices.

    Raises
    ------
    GamesimError
        If mini was not trained on the decision.
    """
    if decision in SCALES:
        return tuple(str(amount) for amount in range(SCALES[decision] + 1))
    if decision in CHOICES:
        return CHOICES[decision]
    raise unknown("decision of mini", decision, DECISIONS)


def header(state: State) -> str:
    """Write the header line.

    Parameters
    ----------
    state : State
        What is decided; the past of a decision without `MEMORY` and anything not in `ALSO` is left out.

    Returns
    -------
    str
        One line, such as ``task dictator.give | answer 0-100, 100 is all | round 3 of 5 | own moves, latest
        first: =25, =20``; the sign keeps own amounts apart from all other numbers in a prompt.

    Raises
    ------
    GamesimError
        If the decision is unknown or a past move is not one of its answers.
    """
    legal = answers(state.decision)
    scale = f"0-{legal[-1]}, {legal[-1]} is all" if state.decision in SCALES else " or ".join(legal)
    parts = [f"task {state.decision}", f"answer {scale}", f"round {state.round} of {state.rounds}"]
    if state.past and state.decision in MEMORY:
        told = [_move(state, own, other) for own, other in state.past[-ROUNDS_TOLD:]]
        parts.append(f"own moves, latest first: {', '.join(reversed(told))}")
    for decision, move in state.also:
        if decision in ALSO.get(state.decision, ()):
            if str(move) not in answers(decision):
                raise GamesimError(f"a state of {state.decision} tells of {move!r}, no answer to {decision}")
            parts.append(f"own {decision} ={move}")
    return " | ".join(parts)


def messages(state: State | None, prose: str = "") -> list[dict[str, str]]:
    """Put header and prose into a chat.

    Parameters
    ----------
    state : State or None
        What the header tells; None for prose alone, which must speak of the canonical stake.
    prose : str
        The game in ordinary words; empty for the header alone.

    Returns
    -------
    list of dict
        A system and a user message.
    """
    parts = [] if state is None else [header(state)]
    if prose:
        parts.append(prose)
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n\n".join(parts)}]


def _move(state: State, own: int | str, other: str | None) -> str:
    outcomes = MEMORY[state.decision]
    if str(own) not in answers(state.decision) or (other not in outcomes if outcomes else other is not None):
        raise GamesimError(f"a state of {state.decision} has the past move {own!r} with outcome {other!r}")
    if other is None:
        return f"={own}"
    return f"{own} met {other}" if state.decision in CHOICES else f"={own} {other}"
