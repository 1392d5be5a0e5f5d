"""Ask a language model for decisions: exact probabilities where its logits are at hand, answers otherwise.

With exact probabilities each distinct prompt is evaluated once, however many agents read it; every legal answer
is scored with its end, the probabilities are renormalised once over the legal ones, and what was lost in that
(the legal mass) is kept.  Without, every agent's answer is sampled, read, and recorded as it came.
"""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError, GamesimWarning, StoppedError, unknown
from gamesim.models import Completion, Gated, LanguageModel, Prompt, Sampling, Scorer
from gamesim.models.forecast import Forecast
from gamesim.models.opening import open_model
from gamesim.observation import Observations
from gamesim.policy import OK, REFUSED, TRANSPORT, TRUNCATED, UNREADABLE, Decisions, Policy, Setting
from gamesim.prompt import texts, wordings
from gamesim.reading import Reading, read_answer
from gamesim.streams import Floats, Ints

LOW_MASS = 0.9
CHECK_DRAWS = 50
ELICITATIONS = ("auto", "probabilities", "sample")


@dataclass(frozen=True)
class Question:
    """One distinct prompt with its legal answers.

    Parameters
    ----------
    prompt : Prompt
        What the model reads.
    answers : tuple of str
        The legal answers, as the model would write them: A of them.
    actions : (L,) float
        The legal actions.
    spread : (A, L) float, optional
        Which actions an answer stands for, each row summing to 1; answer `i` is action `i` unless given.
    """

    prompt: Prompt
    answers: tuple[str, ...]
    actions: Floats
    spread: Floats | None = None


@dataclass(frozen=True)
class ModelPolicy(Policy):
    """An agent that is a language model.

    Parameters
    ----------
    elicit : str
        ``probabilities`` (exact), ``sample`` (one answer an agent) or ``auto``: exact where possible.
    temperature, top_k, top_p, max_new_tokens
        As in `gamesim.models.Sampling`; what is not given is `default_sampling`.
    wording : str
        ``vary`` gives every agent one of the equivalent texts at random; a number fixes which.
    device, dtype : str
        Where and in which precision a local model runs.
    """

    elicit: str = "auto"
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    max_new_tokens: int | None = None
    wording: str = "vary"
    device: str = "auto"
    dtype: str = "auto"
    opened: LanguageModel | None = field(default=None, init=False, repr=False, compare=False)
    checked: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def default_sampling(self) -> Sampling:
        """Give the settings for what the user leaves open."""
        return Sampling()

    def sampling(self) -> Sampling:
        """Give the sampling settings."""
        given = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(Sampling)
            if hasattr(self, item.name)
        }
        return dataclasses.replace(
            self.default_sampling(), **{name: value for name, value in given.items() if value is not None}
        )

    def opening(self, model: str, setting: Setting, base_url: str | None = None) -> Self:
        """Give this policy with its model open.

        Parameters
        ----------
        model : str
            ``hf:base``, ``hf:base+adapter`` or ``openai:name``.
        setting : Setting
            Says whether weights may be fetched.
        base_url : str, optional
            Where a remote model is served, if not at ``OPENAI_BASE_URL``.
        """
        if self.elicit not in ELICITATIONS:
            raise unknown("elicitation", self.elicit, ELICITATIONS, where=self.agent_name())
        if self.wording != "vary" and not self.wording.isdigit():
            raise GamesimError(f"{self.agent_name()}@wording={self.wording} is neither 'vary' nor a number")
        opened = open_model(
            model,
            self.sampling(),
            device=self.device,
            dtype=self.dtype,
            download=setting.download,
            base_url=base_url,
        )
        if setting.access is not None and isinstance(opened, Gated):
            opened = setting.access(opened, self.sampling().max_new_tokens)
        if self.elicit == "probabilities" and not isinstance(opened, Scorer):
            raise GamesimError(
                f"{self.agent_name()}@elicit=probabilities: {model} gives answers but no probabilities; "
                "use @elicit=sample"
            )
        ready = copy.copy(self)
        object.__setattr__(ready, "opened", opened)
        return ready

    @property
    def model(self) -> LanguageModel:
        """The open model."""
        if self.opened is None:
            raise TypeError(f"{self.agent_name()} was asked before it was prepared")
        return self.opened

    def describe(self) -> dict[str, Any]:
        """Add the model to what a record must know."""
        known = super().describe()
        return known | {"model": dict(self.model.describe())} if self.opened is not None else known

    def decide(self, obs: Observations) -> Decisions:
        """Ask for every row."""
        if self.elicit != "sample" and isinstance(self.model, Scorer):
            return self._exact(obs, self.model)
        return self._sampled(obs)

    def variants(self, obs: Observations) -> Ints:
        """Choose which of the equivalent texts each decider reads: (D,) int.

        A person reads the rules in one wording throughout, and each question in one.
        """
        if self.wording != "vary":
            return np.full(len(obs), int(self.wording) % wordings(obs.game, obs.stage))
        rules, questions = len(obs.game.texts("rules", obs.role)), len(obs.game.texts("ask", obs.stage))
        rule = np.floor(obs.person.uniform("rules") * rules).astype(np.int64)
        return rule * questions + np.floor(obs.person.uniform(obs.stage) * questions).astype(np.int64)

    def questions(self, obs: Observations, wording: Ints) -> tuple[list[Question], Ints]:
        """Give the distinct questions of a batch and which row is asked which."""
        written, row = texts(obs, wording)
        _, first = np.unique(row, return_index=True)
        asked = []
        for text, decider in zip(written, first, strict=True):
            actions = obs.space.support(int(decider))
            answers = tuple(f"[{obs.space.write(float(action))}]" for action in actions)
            asked.append(Question(Prompt(text.user, text.system), answers, actions))
        return asked, row

    def _exact(self, obs: Observations, model: Scorer) -> Decisions:
        wording = self.variants(obs)
        asked, row = self.questions(obs, wording)
        scores = model.score([each.prompt for each in asked], [each.answers for each in asked])
        mass = np.array([score.legal_mass for score in scores])
        width = max(len(each.actions) for each in asked)
        values = np.zeros((len(asked), width))
        probabilities = np.zeros((len(asked), width))
        replies = []
        for i, (each, score) in enumerate(zip(asked, scores, strict=True)):
            p = np.exp(score.log_probability)
            p = p @ each.spread if each.spread is not None else p
            size = len(each.actions)
            values[i, :size] = each.actions
            # A prompt without any legal mass has no distribution; its rows become unreadable below.
            probabilities[i, :size] = p / p.sum() if mass[i] > 0 else 1 / size
            replies.append(self._reply(obs, each) | _probabilities(each, probabilities[i], float(mass[i])))
        self._warn_of_low_mass(obs, asked, row, mass, values, probabilities)
        distribution = ActionDistribution(values, probabilities, row)
        actions, probability = distribution.sample(obs.draws.uniform())
        lost = mass[row] == 0
        return Decisions(
            np.where(lost, np.nan, actions),
            "probabilities",
            status=np.where(lost, UNREADABLE, OK).astype(np.uint8),
            probability=np.where(lost, np.nan, probability),
            legal_mass=mass[row],
            wording=wording,
            reply=row,
            replies=replies,
            distribution=distribution,
        )

    def _sampled(self, obs: Observations) -> Decisions:
        wording = self.variants(obs)
        asked, row = self.questions(obs, wording)
        seeds = obs.draws.seeds().tolist()
        completions = self.model.complete([asked[i].prompt for i in row], seeds)
        if isinstance(self.model, Forecast):
            # A dry run goes on with uniform play, so that later stages and histories are counted too.
            return Decisions(obs.space.uniform(obs.draws.uniform()), "dry run", wording=wording)
        if halted := next((each for each in completions if each.stopped), None):
            raise StoppedError(halted.error)
        readings = [_read(each, obs, i) for i, each in enumerate(completions)]
        return Decisions(
            np.array([each.action for each in readings]),
            "sample",
            status=np.array([each.status for each in readings], dtype=np.uint8),
            read_as=[each.read_as for each in readings],
            wording=wording,
            reply=np.arange(len(obs)),
            replies=[
                self._reply(obs, asked[i])
                | {"draw": seed, "raw": each.text, "finish": each.finish, "error": each.error}
                for i, seed, each in zip(row, seeds, completions, strict=True)
            ],
        )

    def _reply(self, obs: Observations, asked: Question) -> dict[str, Any]:
        return {
            "decision": obs.decision,
            "policy": self.agent_name(),
            "model": self.model.name,
            "system": asked.prompt.system,
            "user": asked.prompt.user,
        }

    def _warn_of_low_mass(
        self,
        obs: Observations,
        asked: Sequence[Question],
        row: Ints,
        mass: Floats,
        values: Floats,
        probabilities: Floats,
    ) -> None:
        """Say how far free answers lie from the legal ones, once for each decision, where that may be far."""
        worst = int(np.argmin(mass))
        if mass[worst] >= LOW_MASS or obs.decision in self.checked or asked[worst].spread is not None:
            return
        self.checked.add(obs.decision)
        one = obs.take(np.flatnonzero(row == worst)[:1])
        completions = self.model.complete([asked[worst].prompt] * CHECK_DRAWS, range(CHECK_DRAWS))
        readings = [_read(each, one, 0) for each in completions]
        size = len(asked[worst].actions)
        read = np.array([each.action for each in readings if each.status == OK])
        shares = np.array([np.mean(read == value) if len(read) else 0.0 for value in values[worst, :size]])
        distance = 0.5 * np.abs(shares - probabilities[worst, :size]).sum() if len(read) else 1.0
        warnings.warn(
            f"{self.model.name}: only {mass[worst]:.2f} of the probability lies on legal answers to {obs.decision}; "
            f"of {CHECK_DRAWS} free answers {len(read)} could be read, at a total variation of {distance:.2f} from "
            "the exact probabilities",
            GamesimWarning,
            stacklevel=2,
        )


def _probabilities(asked: Question, probabilities: Floats, mass: float) -> dict[str, Any]:
    if mass == 0:
        return {"legal_mass": 0.0}
    p = probabilities[: len(asked.actions)]
    return {
        "actions": asked.actions[p > 0].tolist(),
        "probabilities": p[p > 0].tolist(),
        "legal_mass": mass,
    }


def _read(completion: Completion, obs: Observations, row: int) -> Reading:
    if completion.finish == "error":
        return Reading(np.nan, TRANSPORT)
    if completion.finish == "refused":
        return Reading(np.nan, REFUSED)
    reading = read_answer(completion.text, obs.space, row)
    # What was cut off behind a number may have been a digit of it.
    if completion.finish == "length" and reading.read_as != "bracket":
        return Reading(np.nan, TRUNCATED)
    return reading
