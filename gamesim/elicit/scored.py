"""Exact probabilities: each distinct prompt is evaluated once, however many agents read it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.elicit.questions import Question, Variants
from gamesim.elicit.sampled import read
from gamesim.errors import GamesimWarning
from gamesim.models import LanguageModel, Scorer, Scores
from gamesim.observation import Observations
from gamesim.policy import OK, UNREADABLE, Decisions
from gamesim.streams import Floats, Ints

LOW_MASS = 0.9
CHECK_DRAWS = 50
RAW = "raw probabilities"


@dataclass(frozen=True)
class Scored:
    """The distributions behind a batch of questions.

    Parameters
    ----------
    values, probabilities : (U, L) float
        Legal actions of each question and their probabilities, padded with zeros.
    mass : (U,) float
        How much of the probability lay on legal answers.
    """

    values: Floats
    probabilities: Floats
    mass: Floats


def scored(
    obs: Observations,
    model: Scorer,
    asked: Sequence[Question],
    row: Ints,
    variants: Variants,
    policy: str,
    name: str,
) -> tuple[Decisions, Scored]:
    """Score every legal answer of every question, and draw one action a decider.

    Parameters
    ----------
    obs : Observations
        D deciders.
    model : Scorer
        The model.
    asked, row
        The distinct questions, and which each decider is asked: (D,) int.
    variants : Variants
        In which form.
    policy, name : str
        Names of agent and model in the record.
    """
    scores = model.score([each.prompt for each in asked], [each.answers for each in asked])
    width = max(len(each.actions) for each in asked)
    values = np.zeros((len(asked), width))
    probabilities = np.zeros((len(asked), width))
    mass = np.array([score.legal_mass for score in scores])
    replies = []
    for i, (each, score) in enumerate(zip(asked, scores, strict=True)):
        p = np.exp(score.log_probability)
        p = p @ each.spread if each.spread is not None else p
        size = len(each.actions)
        values[i, :size] = each.actions
        # A prompt without any legal mass has no distribution; its rows become unreadable below.
        probabilities[i, :size] = p / p.sum() if mass[i] > 0 else 1 / size
        replies.append(
            each.record(obs.decision, policy, name) | _record(each, probabilities[i], float(mass[i]), score)
        )
    distribution = ActionDistribution(values, probabilities, row)
    actions, probability = distribution.sample(obs.draws.uniform())
    lost = mass[row] == 0
    decisions = Decisions(
        np.where(lost, np.nan, actions),
        _elicitation(scores, row),
        status=np.where(lost, UNREADABLE, OK).astype(np.uint8),
        probability=np.where(lost, np.nan, probability),
        legal_mass=mass[row],
        wording=variants.wording,
        reply=row,
        replies=replies,
        distribution=distribution,
    )
    return decisions, Scored(values, probabilities, mass)


def _elicitation(scores: Sequence[Scores], row: Ints) -> str | list[str]:
    names = [RAW if score.raw else "probabilities" for score in scores]
    return names[0] if len(set(names)) == 1 else [names[i] for i in row]


def warn_of_low_mass(decision: str, model: LanguageModel, asked: Sequence[Question], of: Scored) -> bool:
    """Say how far free answers lie from the legal ones, where that may be far; tell whether it was said."""
    worst = int(np.argmin(of.mass))
    question = asked[worst]
    if of.mass[worst] >= LOW_MASS or question.spread is not None:
        return False
    completions = model.complete([question.prompt] * CHECK_DRAWS, range(CHECK_DRAWS))
    readings = [read(each, question) for each in completions]
    size = len(question.actions)
    found = np.array([each.action for each in readings if each.status == OK])
    shares = np.array([np.mean(found == value) if len(found) else 0.0 for value in of.values[worst, :size]])
    exact = of.probabilities[worst, :size]
    distance = 0.5 * np.abs(shares - exact).sum() if len(found) else 1.0
    warnings.warn(
        f"{model.name}: only {of.mass[worst]:.2f} of the probability lies on legal answers to {decision}; "
        f"of {CHECK_DRAWS} free answers {len(found)} could be read, at a total variation of {distance:.2f} from "
        "the exact probabilities",
        GamesimWarning,
        stacklevel=2,
    )
    return True


def _record(asked: Question, probabilities: Floats, mass: float, score: Scores) -> dict[str, Any]:
    if mass == 0:
        return {"legal_mass": 0.0}
    p = probabilities[: len(asked.actions)]
    served: dict[str, Any] = {"raw_probabilities": True} if score.raw else {}
    served |= {"unlisted": score.unlisted} if score.unlisted else {}
    return served | {
        "actions": asked.actions[p > 0].tolist(),
        "probabilities": p[p > 0].tolist(),
        "legal_mass": mass,
    }
