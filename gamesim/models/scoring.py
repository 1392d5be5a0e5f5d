"""Exact probabilities of answers from a served model, where its server tells enough for them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError, StoppedError
from gamesim.models import Completion, LanguageModel, Prompt, Sampling, Scores
from gamesim.models.forecast import Forecast
from gamesim.models.probing import ANSWER, CONTEXT, FIRST, Probe

__all__ = ["ServedScorer"]

COMPLETE = 1e-3
"""A list of first tokens that leaves no more than this unlisted is taken as the whole distribution."""
_INSTEAD = "use @elicit=sample or @elicit=verbalized"


class ServedScorer:
    """A served model that scores.

    Which of the two ways the server has is found out once, by trying: log-probabilities of a prompt (vLLM), by which
    bracketed answers are scored with their end token as a local model scores them; or else those of the first token,
    which serve where every legal answer, written bare, is one token.  What comes back is kept and paid for like any
    answer.

    Parameters
    ----------
    model : LanguageModel
        The served model, behind cache and budget or not.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        given: Mapping[str, Any] = model.describe().get("sampling", {})
        self.sampling = Sampling(**given)
        # In a dry run nobody can be asked; the first way takes more calls, so no estimate is too low.
        self._form = "bracket" if isinstance(model, Forecast) else ""

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.model.name

    @property
    def form(self) -> str:
        """How answers must be written: ``"bracket"`` or ``"bare"``; empty before `probe`."""
        return self._form

    def describe(self) -> Mapping[str, Any]:
        """Give what the model says of itself, and where its probabilities come from."""
        source = {"bracket": "prompt_logprobs", "bare": "top_logprobs"}.get(self._form, "not known yet")
        return {**self.model.describe(), "probabilities": source}

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once, freely."""
        return self.model.complete(prompts, seeds)

    def probe(self, prompt: Prompt, answers: Sequence[str]) -> str:
        """Find out, unless it is known, which way the server has.

        Parameters
        ----------
        prompt : Prompt
            Any that will be scored.
        answers : sequence of str
            Its legal answers; the first is tried.

        Returns
        -------
        str
            `form`.

        Raises
        ------
        GamesimError
            If the server has neither.
        StoppedError
            If it could not be asked.
        """
        if self._form:
            return self._form
        context, answer = self._ask([_probe(prompt, CONTEXT), _probe(prompt, ANSWER, answers[0])])
        reason = next((_reason(each) for each in (context, answer) if not _told(each)), "")
        if not reason:
            try:
                _log_probability(context, answer, answers[0])
            except ValueError as error:
                reason = str(error)
            else:
                self._form = "bracket"
                return self._form
        (first,) = self._ask([_probe(prompt, FIRST)])
        if not _told(first):
            raise GamesimError(f"{self.name}: no probabilities: {reason}; {_reason(first)}; {_INSTEAD}")
        self._form = "bare"
        return self._form

    def score(self, prompts: Sequence[Prompt], answers: Sequence[Sequence[str]]) -> Sequence[Scores]:
        """Give the probability of each answer, row by row.

        Rows with the same prompt and the same answers are asked for once and share one result.  In a dry run all
        answers are equally likely, since uniform play stands in the model's place.

        Parameters
        ----------
        prompts : sequence of Prompt
            One a row.
        answers : sequence of sequence of str
            The answers of each row, distinct and at least one, written as `form` says.

        Returns
        -------
        sequence of Scores
            In the order of the rows.

        Raises
        ------
        GamesimError
            If the server tells too little.
        StoppedError
            If it could not be asked for all; what it told is in the cache.
        ValueError
            If the two sequences differ in length, or a row has no answers or an answer twice.
        """
        if len(prompts) != len(answers):
            raise ValueError(f"{len(prompts)} prompts but {len(answers)} lists of answers")
        keys = [(prompt, tuple(row)) for prompt, row in zip(prompts, answers, strict=True)]
        asked = list(dict.fromkeys(keys))
        if any(not row or len(set(row)) < len(row) for _, row in asked):
            raise ValueError("a row needs at least one answer, and no answer twice")
        if not asked:
            return []
        self.probe(*asked[0])
        found = self._by_prompt(asked) if self._form == "bracket" else self._by_first_token(asked)
        for each in found:
            each.log_probability.setflags(write=False)
        result = dict(zip(asked, found, strict=True))
        return [result[key] for key in keys]

    def _by_prompt(self, asked: Sequence[tuple[Prompt, tuple[str, ...]]]) -> list[Scores]:
        probes = list(
            dict.fromkeys(
                probe
                for prompt, answers in asked
                for probe in (
                    _probe(prompt, CONTEXT),
                    *(_probe(prompt, ANSWER, answer) for answer in answers),
                )
            )
        )
        told = dict(zip(probes, self._ask(probes), strict=True))
        if isinstance(self.model, Forecast):
            return [Scores(np.full(len(answers), -math.log(len(answers)))) for _, answers in asked]
        self._check(told.values())
        try:
            return [
                Scores(
                    np.array(
                        [
                            _log_probability(
                                told[_probe(prompt, CONTEXT)], told[_probe(prompt, ANSWER, answer)], answer
                            )
                            for answer in answers
                        ]
                    ),
                    raw=self.sampling.truncates,
                )
                for prompt, answers in asked
            ]
        except ValueError as error:
            raise GamesimError(f"{self.name}: {error}; {_INSTEAD}") from error

    def _by_first_token(self, asked: Sequence[tuple[Prompt, tuple[str, ...]]]) -> list[Scores]:
        told = self._ask([_probe(prompt, FIRST) for prompt, _ in asked])
        self._check(told)
        return [self._first(each, answers) for each, (_, answers) in zip(told, asked, strict=True)]

    def _first(self, told: Completion, answers: Sequence[str]) -> Scores:
        listed: dict[str, float] = {}
        for token, log_probability in json.loads(told.text)["first"]:
            listed.setdefault(token, log_probability)
        for answer in answers:
            part = next((t for t in listed if t and answer not in listed and answer.startswith(t)), None)
            if part is not None:
                raise GamesimError(
                    f"{self.name}: the server tells the probabilities of first tokens alone, and the answer {answer!r} "
                    f"takes more than one (it may begin with {part!r}); {_INSTEAD}"
                )
        values = np.array(list(listed.values()))
        unlisted = max(0.0, 1.0 - float(np.exp(values).sum()))
        whole = unlisted <= COMPLETE or 0 < self.sampling.top_k <= len(values)
        applied = _applied(values, self.sampling) if whole and self.sampling.truncates else values
        known = dict(zip(listed, applied.tolist(), strict=True))
        return Scores(
            np.array([known.get(answer, -math.inf) for answer in answers]),
            raw=self.sampling.truncates and not whole,
            unlisted=0.0 if whole and self.sampling.truncates else unlisted,
        )

    def _ask(self, probes: Sequence[Probe]) -> Sequence[Completion]:
        return self.model.complete(probes, [0] * len(probes))

    def _check(self, told: Any) -> None:
        for each in told:
            if not _told(each):
                raise GamesimError(f"{self.name}: no probabilities: {_reason(each)}; {_INSTEAD}")


def _probe(prompt: Prompt, form: str, answer: str = "") -> Probe:
    return Probe(prompt.user, prompt.system, prompt.earlier, form=form, answer=answer)


def _told(told: Completion) -> bool:
    return told.finish not in ("error", "refused")


def _reason(told: Completion) -> str:
    """Say why there are no probabilities; raise where that may be otherwise another time."""
    if told.finish == "refused":
        return told.error or "the server's filter refuses the prompt"
    if told.error.startswith(("unsupported: ", "request: ")):
        return told.error.partition(": ")[2]
    raise StoppedError(told.error)


def _log_probability(context: Completion, told: Completion, answer: str) -> float:
    """Add up the tokens of an answer and its end token."""
    after = json.loads(context.text)["after"]
    tokens = json.loads(told.text)["tokens"]
    start = next((i for i, (_, _, before) in enumerate(tokens) if before == after), len(tokens))
    wanted, text = "".join(answer.split()), ""
    total = 0.0
    for part, log_probability, _ in tokens[start:]:
        total += float(log_probability)
        if text == wanted:
            if not part.strip():
                break
            return total
        # Some tokenizers drop the blank before a word when they show a token by itself.
        text += "".join(part.split())
    raise ValueError(
        f"the answer {answer!r} and its end cannot be found in what the chat template makes of it"
    )


def _applied(values: NDArray[np.float64], sampling: Sampling) -> NDArray[np.float64]:
    """Apply temperature, top-k and top-p to the log-probabilities of all tokens that matter."""
    order = np.argsort(-values, kind="stable")
    scaled = values[order] / sampling.temperature
    if 0 < sampling.top_k < len(scaled):
        scaled[scaled < scaled[sampling.top_k - 1]] = -math.inf
    p = np.exp(scaled - scaled.max())
    p /= p.sum()
    p[np.cumsum(p) - p >= sampling.top_p] = 0.0
    result = np.full(len(values), -math.inf)
    kept = p > 0
    result[order[kept]] = np.log(p[kept] / p.sum())
    return result
