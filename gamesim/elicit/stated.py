"""Verbalized distributions: the model states what a population would do, and every agent is one quantile of it.

Instruction-tuned models come nearer to people this way than by their token probabilities (Hu et al. 2025, SimBench;
Meister, Guestrin & Hashimoto 2025), and rankings of models turn round under it; so it is a mode of its own.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace

import numpy as np

from gamesim.actions import ActionSpace
from gamesim.distribution import ActionDistribution
from gamesim.elicit.questions import Question, Variants, possible, shares_schema
from gamesim.elicit.sampled import REASONS, Manner, ask
from gamesim.models import Completion, LanguageModel
from gamesim.models.forecast import Forecast
from gamesim.observation import Observations
from gamesim.policy import OK, OUT_OF_RANGE, REFUSED, TRANSPORT, TRUNCATED, UNREADABLE, Decisions
from gamesim.reading import read_answer
from gamesim.streams import Floats, Ints, key

TOLERANCE = 5.0
"""Shares must sum to 100 within so many points; they are divided by their sum."""

ROOM = 1_000
"""Tokens for a statement, unless said otherwise: twenty answers with their shares, as JSON on lines of their own."""

STATED_REASONS = REASONS | {
    OUT_OF_RANGE: "it names an answer that is not possible; the possible answers are {possible}",
    UNREADABLE: "no distribution could be read in it, with each answer once and shares that add up to 100 per cent",
    TRUNCATED: "it was cut off before its end",
}

_LINE = re.compile(
    r"^[\s*\u2022]*(?:-(?!\d)[\s*]*)?(\[[^\[\]]*\]|[^:=\[\]]+?)\s*[:=]\s*(\d+(?:\.\d+)?)\s*(?:%|per ?cent)?[\s.,;]*$"
)
_SHARE = re.compile(r"(?<![\d.])(?!100\s*(?:%|per ?cent))\d+(?:\.\d+)?\s*(?:%|per ?cent)", re.IGNORECASE)
"""A share that is named in a line; that all add up to 100 per cent may be said."""


@dataclass(frozen=True)
class Shares:
    """What a stated distribution was read as.

    Parameters
    ----------
    status : int
        Index into the statuses of a decision.
    actions, probabilities : (K,) float
        The actions named, ascending, and their shares, summing to 1; empty unless the status is ``ok``.
    read_as : str
        ``structured`` or ``lines``.
    """

    status: int
    actions: Floats = field(default_factory=lambda: np.empty(0))
    probabilities: Floats = field(default_factory=lambda: np.empty(0))
    read_as: str = ""


def stated(
    obs: Observations,
    model: LanguageModel,
    asked: list[Question],
    row: Ints,
    variants: Variants,
    manner: Manner,
    seed: int,
) -> Decisions:
    """Let the model state one distribution a question, and give every agent its own quantile of it.

    Parameters
    ----------
    obs : Observations
        D deciders.
    model : LanguageModel
        The model.
    asked, row
        The distinct questions, without a form of answer, and which each decider is in: (D,) int.
    variants : Variants
        In which form.
    manner : Manner
        How distributions are asked for.
    seed : int
        Of the run: another seed is another statement.
    """
    wanted = [population_question(each, manner.structured) for each in asked]
    if isinstance(model, Forecast):
        model.complete([each.prompt for each in wanted], [0] * len(wanted))
        return Decisions(obs.space.uniform(obs.draws.uniform()), "dry run", wording=variants.wording)
    draws = [key(seed, "verbalized") >> 1] * len(wanted)
    each = ask(
        model,
        wanted,
        draws,
        manner,
        read_shares,
        lambda question: request(question.space, manner.structured),
        STATED_REASONS,
    )
    # Kept through the session, so that whoever gives little in one situation does in the next.
    quantile = obs.person.uniform("quantile")
    readings = [one.reading for one in each]
    width = max(1, *(len(reading.actions) for reading in readings))
    values, probabilities = np.zeros((len(each), width)), np.zeros((len(each), width))
    probabilities[:, 0] = 1.0
    for i, reading in enumerate(readings):
        if reading.status == OK:
            values[i, : len(reading.actions)] = reading.actions
            probabilities[i, : len(reading.actions)] = reading.probabilities
    distribution = ActionDistribution(values, probabilities, row)
    actions, probability = distribution.sample(quantile)
    status = np.array([reading.status for reading in readings], dtype=np.uint8)[row]
    replies = [
        question.record(obs.decision, manner.policy, model.name) | one.record() | _record(one.reading)
        for question, one in zip(wanted, each, strict=True)
    ]
    return Decisions(
        np.where(status == OK, actions, np.nan),
        "verbalized",
        status=status,
        probability=np.where(status == OK, probability, np.nan),
        attempts=np.array([1 + len(one.again) for one in each], dtype=np.int64)[row],
        read_as=np.array([reading.read_as for reading in readings], dtype=object)[row].tolist(),
        wording=variants.wording,
        reply=row,
        replies=replies,
        distribution=distribution,
    )


def population_question(asked: Question, structured: bool) -> Question:
    """Turn the question to one person into the question what many would answer."""
    schema = shares_schema(asked.space) if structured else ""
    user = f"{asked.prompt.user}\n\n{request(asked.space, structured)}"
    return replace(asked, prompt=replace(asked.prompt, user=user, schema=schema))


def request(space: ActionSpace, structured: bool) -> str:
    """Say that a distribution is wanted, and in which form.

    Examples
    --------
    >>> from gamesim.actions import Choice
    >>> print(request(Choice(("accept", "reject")), False))  # doctest: +ELLIPSIS
    Do not answer for yourself. Imagine 100 different people who are asked exactly this...
    """
    wanted = (
        "Do not answer for yourself. Imagine 100 different people who are asked exactly this, and state how many "
        f"give which answer. Possible answers are {possible(space)}. Name every answer that at least one of them "
        "gives, at most 20 answers, each once; the shares must add up to 100 per cent."
    )
    if structured:
        form = 'a JSON object of the form {"distribution": [{"answer": ..., "percent": ...}, ...]}'
        return f"{wanted} Answer with {form}."
    return f"{wanted} Write one line for each answer, in the form [answer]: share%, and nothing else."


def read_shares(completion: Completion, question: Question) -> Shares:
    """Read a stated distribution, whole or not at all.

    Every answer named must be legal and stand there once, and the shares must sum to 100 within `TOLERANCE`.
    """
    if completion.finish in ("error", "refused"):
        return Shares(TRANSPORT if completion.finish == "error" else REFUSED)
    cut_off = Shares(TRUNCATED if completion.finish == "length" else UNREADABLE)
    pairs, read_as = _pairs(completion.text)
    if not pairs:
        return cut_off
    found: dict[float, float] = {}
    for answer, share in pairs:
        reading = read_answer(answer if answer.startswith("[") else f"[{answer}]", question.space)
        if reading.status == OUT_OF_RANGE:
            return Shares(OUT_OF_RANGE)
        if reading.status != OK or reading.action in found or share < 0:
            return cut_off
        found[reading.action] = share
    total = sum(found.values())
    if not math.isfinite(total) or abs(total - 100) > TOLERANCE:
        return cut_off
    actions = np.array(sorted(found))
    return Shares(OK, actions, np.array([found[action] for action in actions]) / total, read_as)


def _pairs(text: str) -> tuple[list[tuple[str, float]], str]:
    """Find the answers and their shares, in JSON or one a line; none where a line with a share is unclear."""
    if '"distribution"' in text:
        try:
            items = json.loads(text[text.index("{") : text.rindex("}") + 1])["distribution"]
            return [(str(item["answer"]), float(item["percent"])) for item in items], "structured"
        except (ValueError, KeyError, TypeError):
            return [], ""
    pairs = []
    for line in text.splitlines():
        if match := _LINE.match(line):
            pairs.append((match[1], float(match[2])))
        elif ("[" in line and "%" in line) or _SHARE.search(line):
            return [], ""
    return pairs, "lines"


def _record(reading: Shares) -> dict[str, list[float]]:
    if reading.status != OK:
        return {}
    named = reading.probabilities > 0
    return {
        "actions": reading.actions[named].tolist(),
        "probabilities": reading.probabilities[named].tolist(),
    }
