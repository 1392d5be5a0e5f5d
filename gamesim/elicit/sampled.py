"""Free answers: one an agent, read by one parser, asked for again with the reason where none could be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from gamesim.actions import Text
from gamesim.elicit.questions import Question, Variants, possible
from gamesim.errors import StoppedError
from gamesim.messages import Messages
from gamesim.models import Completion, LanguageModel, Prompt
from gamesim.models.forecast import Forecast
from gamesim.models.replies import split_reasoning
from gamesim.observation import Observations
from gamesim.policy import OUT_OF_RANGE, REFUSED, TRANSPORT, TRUNCATED, UNREADABLE, Decisions
from gamesim.prompt import answer_format
from gamesim.reading import Reading, read_answer, read_message
from gamesim.streams import Ints, key

UNSUPPORTED = "unsupported: "
"""How the error of a server begins that cannot hold a model to a schema."""

QUOTED = 2_000
"""A bad answer is shown to its author up to so many characters."""

REASONS = {
    OUT_OF_RANGE: "it is not one of the possible answers, which are {possible}",
    UNREADABLE: "no single answer could be read in it",
    TRUNCATED: "it was cut off before it came to an answer",
}
"""What is asked again, and why.  A refusal is an answer and stands; a lost connection was tried again already."""


class SchemaRefusedError(Exception):
    """The server cannot hold a model to a JSON schema."""


@dataclass(frozen=True)
class Manner:
    """How free answers are asked for.

    Parameters
    ----------
    policy : str
        Name of the agent in the record.
    reask : int
        How often a bad answer is asked for again.
    structured : bool
        Whether prompts carry a JSON schema.
    probing : bool
        Whether it is still unknown that the server takes schemas: then the first question goes ahead alone.
    """

    policy: str
    reask: int = 0
    structured: bool = False
    probing: bool = False


class Judged(Protocol):
    """What an answer was read as, whatever was asked for."""

    @property
    def status(self) -> int:
        """Index into the statuses of a decision."""


R = TypeVar("R", bound=Judged)


@dataclass
class Asked(Generic[R]):
    """What became of one decider's question.

    Parameters
    ----------
    seed : int
        Of the first answer.
    completion : Completion
        The first answer.
    reading : Reading or the like
        What the last answer was read as.
    again : list of (str, Completion)
        What was said when it was asked again, and the answer, each time.
    """

    seed: int
    completion: Completion
    reading: R
    again: list[tuple[str, Completion]] = field(default_factory=list)

    @property
    def last(self) -> Completion:
        """The answer that counts."""
        return self.again[-1][1] if self.again else self.completion

    def record(self) -> dict[str, Any]:
        """Give what the replies of a run say of it."""
        first = {"draw": self.seed, **_said(self.completion)}
        return first | (
            {"again": [{"user": said, **_said(each)} for said, each in self.again]} if self.again else {}
        )


def sampled(
    obs: Observations,
    model: LanguageModel,
    asked: Sequence[Question],
    row: Ints,
    variants: Variants,
    manner: Manner,
) -> Decisions:
    """Draw one answer a decider.

    Parameters
    ----------
    obs : Observations
        D deciders.
    model : LanguageModel
        The model.
    asked, row
        The distinct questions, and which each decider is asked: (D,) int.
    variants : Variants
        In which form.
    manner : Manner
        How answers are asked for.
    """
    if isinstance(model, Forecast):
        model.complete([asked[i].prompt for i in row], obs.draws.seeds().tolist())
        # A dry run goes on with uniform play and the longest messages, so that what is read later is counted too.
        actions = obs.space.uniform(obs.draws.uniform())
        if isinstance(obs.space, Text):
            actions += obs.messages.enter("x" * obs.space.max_chars)
        return Decisions(actions, "dry run", wording=variants.wording)
    each = ask(
        model,
        [asked[i] for i in row],
        obs.draws.seeds().tolist(),
        manner,
        partial(read, messages=obs.messages),
        lambda question: answer_format(question.space, "json" if manner.structured else "bracket"),
    )
    return Decisions(
        np.array([one.reading.action for one in each]),
        "sample",
        status=np.array([one.reading.status for one in each], dtype=np.uint8),
        attempts=np.array([1 + len(one.again) for one in each], dtype=np.int64),
        read_as=[one.reading.read_as for one in each],
        wording=variants.wording,
        reply=np.arange(len(obs)),
        replies=[
            asked[i].record(obs.decision, manner.policy, model.name) | one.record()
            for i, one in zip(row, each, strict=True)
        ],
    )


def ask(
    model: LanguageModel,
    questions: Sequence[Question],
    seeds: Sequence[int],
    manner: Manner,
    read: Callable[[Completion, Question], R],
    form: Callable[[Question], str],
    reasons: Mapping[int, str] = REASONS,
) -> list[Asked[R]]:
    """Ask each question once, and again with the reason while its answer is bad.

    Parameters
    ----------
    model : LanguageModel
        Who is asked.
    questions, seeds : sequences
        One a row.
    manner : Manner
        How.
    read : callable
        From an answer and its question to what it is read as.
    form : callable
        From a question to the sentence that says how to answer.
    reasons : mapping from status to str
        Why a bad answer cannot be used; one whose status is not there stands.

    Raises
    ------
    StoppedError
        When the model was stopped before all had answered; what came is in the cache.
    SchemaRefusedError
        When the server takes no schema, neither for the first question nor for any other of the batch.
    """
    prompts = [each.prompt for each in questions]
    ahead = 1 if manner.structured and manner.probing else 0
    completions = _complete(model, prompts[:ahead], seeds[:ahead])
    _check_schemas(completions, manner)
    completions = [*completions, *_complete(model, prompts[ahead:], seeds[ahead:])]
    _check_schemas(completions, manner)
    done = [
        Asked(seed, completion, read(completion, question))
        for question, seed, completion in zip(questions, seeds, completions, strict=True)
    ]
    for attempt in range(1, manner.reask + 1):
        bad = [i for i, each in enumerate(done) if each.reading.status in reasons]
        if not bad:
            break
        for i in bad:
            why = reasons[done[i].reading.status].format(possible=possible(questions[i].space))
            prompts[i] = _again(prompts[i], done[i].last, why, form(questions[i]))
        answers = _complete(model, [prompts[i] for i in bad], [key(seeds[i], attempt) >> 1 for i in bad])
        for i, completion in zip(bad, answers, strict=True):
            done[i].again.append((prompts[i].user, completion))
            done[i].reading = read(completion, questions[i])
    return done


def _check_schemas(completions: Sequence[Completion], manner: Manner) -> None:
    """Raise where schemas were refused and nothing was answered: another stage may have a schema of another kind."""
    refused = [each.error for each in completions if each.error.startswith(UNSUPPORTED)]
    if manner.structured and refused and all(each.finish == "error" for each in completions):
        raise SchemaRefusedError(refused[0])


def read(completion: Completion, question: Question, messages: Messages | None = None) -> Reading:
    """Read one answer, or say what it is instead; a message is entered among others."""
    if completion.finish == "error":
        return Reading(np.nan, TRANSPORT)
    if completion.finish == "refused":
        return Reading(np.nan, REFUSED)
    if isinstance(question.space, Text):
        text, _ = split_reasoning(completion.text)
        structured = bool(question.prompt.schema)
        reading = read_message(text, question.space, messages or Messages(), structured=structured)
    else:
        reading = read_answer(completion.text, question.space)
    # What was cut off behind a number may have been a digit of it; brackets and objects are closed.
    if completion.finish == "length" and reading.read_as not in ("bracket", "structured"):
        return Reading(np.nan, TRUNCATED)
    return reading


def _again(prompt: Prompt, answer: Completion, why: str, form: str) -> Prompt:
    """Word the prompt that asks again; an answer of which nothing is left is not put into anybody's mouth."""
    if not answer.text.strip():
        note = f"(This is asked again: your last answer cannot be used, since {why}.)"
        return dataclasses.replace(prompt, user=f"{prompt.user}\n\n{note}")
    said = (*prompt.earlier, (prompt.user, answer.text[:QUOTED]))
    user = f"This answer cannot be used: {why}. {form}"
    return dataclasses.replace(prompt, user=user, earlier=said)


def _complete(model: LanguageModel, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
    completions = model.complete(prompts, seeds)
    if halted := next((each for each in completions if each.stopped), None):
        raise StoppedError(halted.error)
    return completions


def _said(completion: Completion) -> dict[str, Any]:
    known: dict[str, Any] = {
        "raw": completion.text,
        "finish": completion.finish,
        "error": completion.error,
        "tokens_in": completion.tokens_in,
        "tokens_out": completion.tokens_out,
    }
    return known | ({"reasoning": completion.reasoning} if completion.reasoning else {})
