"""What is asked of a model: each distinct prompt of a batch once, with its legal answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gamesim.actions import ActionSpace, Amount, Choice, Text
from gamesim.models import Prompt
from gamesim.observation import Observations
from gamesim.prompt import Style, arranged, texts
from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class Variants:
    """In which of the equivalent forms each decider is asked.

    Parameters
    ----------
    wording : (D,) int
        Which paraphrase of rules and question.
    order : (D,) int
        Which arrangement of the options; 0 is the one the game is written in.
    """

    wording: Ints
    order: Ints


@dataclass(frozen=True)
class Question:
    """One distinct prompt with its legal answers.

    Parameters
    ----------
    prompt : Prompt
        What the model reads.
    space : ActionSpace
        What is legal, for one decider, as the options are shown to it.
    answers : tuple of str
        The legal answers, as the model would write them: A of them; none where they are not scored.
    actions : (L,) float
        The legal actions; none where they are not scored.
    spread : (A, L) float, optional
        Which actions an answer stands for, each row summing to 1; answer `i` is action `i` unless given.
    """

    prompt: Prompt
    space: ActionSpace
    answers: tuple[str, ...]
    actions: Floats
    spread: Floats | None = None

    def record(self, decision: str, policy: str, model: str) -> dict[str, Any]:
        """Give what the replies of a run say of the prompt."""
        said: dict[str, Any] = {
            "decision": decision,
            "policy": policy,
            "model": model,
            "system": self.prompt.system,
            "user": self.prompt.user,
        }
        return said | (
            {"earlier": [list(turn) for turn in self.prompt.earlier]} if self.prompt.earlier else {}
        )


def write_questions(
    obs: Observations, variants: Variants, style: Style, *, scored: bool = True
) -> tuple[list[Question], Ints]:
    """Write the distinct questions of a batch: those who read the same but may do different things are kept apart.

    Parameters
    ----------
    obs : Observations
        D deciders.
    variants : Variants
        In which form each is asked.
    style : Style
        How they are spoken to.
    scored : bool
        Whether the legal answers will be scored; they are not written out otherwise.

    Returns
    -------
    questions : list of Question
        U of them.
    row : (D,) int
        Which of them each decider is asked.
    """
    written, row = texts(obs, variants.wording, style, variants.order)
    bounds = (obs.space.low, obs.space.high) if isinstance(obs.space, Amount) else ()
    apart = np.column_stack([row, *(np.broadcast_to(np.asarray(bound), row.shape) for bound in bounds)])
    _, first, place = np.unique(apart, axis=0, return_index=True, return_inverse=True)
    asked = []
    for decider in first:
        text = written[row[decider]]
        space = arranged(
            obs.space.take(np.array([decider])), int(variants.order[decider]), style, obs.decision
        )
        schema = answer_schema(space) if style.answer == "json" else ""
        prompt = Prompt(text.user, text.system, text.earlier, schema)
        if isinstance(space, Text):
            # A token is seldom less than a character.
            prompt = replace(prompt, room=space.max_chars)
            asked.append(Question(prompt, space, (), np.empty(0)))
            continue
        actions = space.support() if scored else np.empty(0)
        marks = "[{}]" if style.answer == "bracket" else "{}"
        answers = tuple(marks.format(space.write(float(action))) for action in actions)
        asked.append(Question(prompt, space, answers, actions))
    return asked, place.ravel().astype(np.int64)


def possible(space: ActionSpace) -> str:
    """Say which answers there are: ``accept or reject``, ``numbers from 0 to 20``."""
    if isinstance(space, Choice):
        return " or ".join(space.named)
    if isinstance(space, Text):
        return f"messages of at most {space.max_chars} characters"
    low, high = space.support()[[0, -1]]
    steps = f" in steps of {space.write(space.step)}" if space.step != 1 else ""
    return f"numbers from {space.write(low)} to {space.write(high)}{steps}"


def answer_schema(space: ActionSpace) -> str:
    """Give the JSON schema of one answer, as JSON text.

    Examples
    --------
    >>> answer_schema(Choice(("accept", "reject")))  # doctest: +ELLIPSIS
    '{"type": "object", "properties": {"answer": {"type": "string", "enum": ["accept", "reject"]}}, ...
    """
    return json.dumps(_object({"answer": value_schema(space)}))


def shares_schema(space: ActionSpace) -> str:
    """Give the JSON schema of a stated distribution, as JSON text."""
    share = _object({"answer": value_schema(space), "percent": {"type": "number"}})
    return json.dumps(_object({"distribution": {"type": "array", "items": share}}))


def value_schema(space: ActionSpace) -> dict[str, Any]:
    """Give the JSON schema of one action."""
    if isinstance(space, Choice):
        return {"type": "string", "enum": list(space.named)}
    if isinstance(space, Text):
        # No largest length: a server that holds a model to it cuts the message off in the middle.
        return {"type": "string"}
    low, high = (float(bound) for bound in space.support()[[0, -1]])
    kind = "integer" if float(space.step).is_integer() and low.is_integer() else "number"
    return {"type": kind, "minimum": low, "maximum": high}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
