"""The base of all agents that are language models: which model, asked in which way."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from gamesim.elicit.questions import Question, Variants, write_questions
from gamesim.elicit.sampled import Manner, SchemaRefusedError, sampled
from gamesim.elicit.scored import scored, warn_of_low_mass
from gamesim.elicit.stated import stated
from gamesim.errors import GamesimError, GamesimWarning, unknown
from gamesim.models import Gated, LanguageModel, Sampling, Scorer, environment
from gamesim.models.opening import open_model
from gamesim.observation import Observations
from gamesim.policy import Decisions, Policy, Setting
from gamesim.prompt import PLAIN, Style, arrangements, wordings
from gamesim.streams import Ints

ELICITATIONS = ("auto", "probabilities", "sample", "verbalized")
STRUCTURED = ("auto", "on", "off")
SCHEMA = "schema"


@dataclass(frozen=True)
class ModelPolicy(Policy):
    """An agent that is a language model.

    Parameters
    ----------
    elicit : str
        ``probabilities`` (exact), ``sample`` (one answer an agent), ``verbalized`` (a stated distribution, of which
        every agent is one quantile) or ``auto``: exact for local models, sampled for served ones.
    temperature, top_k, top_p, max_new_tokens
        As in `gamesim.models.Sampling`; what is not given is `default_sampling`.
    structured : str
        Whether a served model is held to a JSON schema: ``on``, ``off``, or ``auto`` where the server can.
    reask : int
        How often a bad answer is asked for again, with the reason.
    wording, order : str
        ``vary`` gives every agent one of the equivalent texts, and one arrangement of the options, at random; a number
        fixes which.
    device, dtype : str
        Where and in which precision a local model runs.
    """

    asked_for_links: ClassVar[bool] = True

    elicit: str = "auto"
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    max_new_tokens: int | None = None
    structured: str = "auto"
    reask: int = 2
    wording: str = "vary"
    order: str = "vary"
    device: str = "auto"
    dtype: str = "auto"
    opened: LanguageModel | None = field(default=None, init=False, repr=False, compare=False)
    served: bool = field(default=False, init=False, repr=False, compare=False)
    seed: int = field(default=0, init=False, repr=False, compare=False)
    style: Style = field(default=PLAIN, init=False, repr=False, compare=False)
    found_out: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was learnt while playing: whether the server takes schemas, which decisions were checked."""

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
        self._check_options()
        opened = open_model(
            model,
            self.sampling(),
            device=self.device,
            dtype=self.dtype,
            download=setting.download,
            # Looked up here, so that another server in the environment is another model.
            base_url=base_url or environment.setting(environment.URL) or None,
        )
        served = isinstance(opened, Gated)
        if setting.access is not None and isinstance(opened, Gated):
            opened = setting.access(opened, self.sampling().max_new_tokens)
        if self.elicit == "probabilities" and not isinstance(opened, Scorer):
            raise GamesimError(
                f"{self.agent_name()}@elicit=probabilities: {model} gives answers but no probabilities; "
                "use @elicit=sample or @elicit=verbalized"
            )
        ready = copy.copy(self)
        known = {"opened": opened, "served": served, "seed": setting.seed, "found_out": {}}
        for name, value in known.items():
            object.__setattr__(ready, name, value)
        return ready

    def _check_options(self) -> None:
        for name, value, known in (
            ("elicitation", self.elicit, ELICITATIONS),
            ("way to use schemas", self.structured, STRUCTURED),
        ):
            if value not in known:
                raise unknown(name, value, known, where=self.agent_name())
        for name in ("wording", "order"):
            value = getattr(self, name)
            if value != "vary" and not value.isdigit():
                raise GamesimError(f"{self.agent_name()}@{name}={value} is neither 'vary' nor a number")
        if not 0 <= self.reask <= 10:
            raise GamesimError(f"{self.agent_name()}@reask={self.reask} must be 0 to 10")

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
        variants, name = self.variants(obs), self.agent_name()
        if self.elicit in ("auto", "probabilities") and isinstance(self.model, Scorer):
            asked, row = self.questions(obs, variants, "bracket")
            decisions, found = scored(obs, self.model, asked, row, variants, name, self.model.name)
            if obs.decision not in self.found_out:
                self.found_out[obs.decision] = warn_of_low_mass(obs.decision, self.model, asked, found)
            return decisions
        if self.served and self.structured != "off" and self.found_out.get(SCHEMA, True):
            try:
                decisions = self._answered(obs, variants, structured=True)
            except SchemaRefusedError as refusal:
                self._do_without_schemas(refusal)
            else:
                self.found_out[SCHEMA] = True
                return decisions
        return self._answered(obs, variants, structured=False)

    def _answered(self, obs: Observations, variants: Variants, structured: bool) -> Decisions:
        manner = Manner(self.agent_name(), self.reask, structured, probing=SCHEMA not in self.found_out)
        if self.elicit == "verbalized":
            asked, row = self.questions(obs, variants, "none")
            return stated(obs, self.model, asked, row, variants, manner, self.seed)
        asked, row = self.questions(obs, variants, "json" if structured else "bracket")
        return sampled(obs, self.model, asked, row, variants, manner)

    def _do_without_schemas(self, refusal: SchemaRefusedError) -> None:
        if self.structured == "on":
            raise GamesimError(f"{self.agent_name()}@structured=on: {refusal}")
        self.found_out[SCHEMA] = False
        warnings.warn(
            f"{self.model.name}: the server takes no JSON schema, so it is asked for answers in square brackets",
            GamesimWarning,
            stacklevel=2,
        )

    def variants(self, obs: Observations) -> Variants:
        """Choose in which of the equivalent forms each decider is asked.

        A person reads the rules in one wording throughout, each question in one, and all options in one arrangement.
        """
        return Variants(self._wordings(obs), self._orders(obs))

    def _wordings(self, obs: Observations) -> Ints:
        if self.wording != "vary":
            return np.full(len(obs), int(self.wording) % wordings(obs.game, obs.stage))
        rules, questions = len(obs.game.texts("rules", obs.role)), len(obs.game.texts("ask", obs.stage))
        rule = np.floor(obs.person.uniform("rules") * rules).astype(np.int64)
        return rule * questions + np.floor(obs.person.uniform(obs.stage) * questions).astype(np.int64)

    def _orders(self, obs: Observations) -> Ints:
        many = arrangements(obs.game, obs.stage)
        if self.order != "vary":
            return np.full(len(obs), int(self.order) % many)
        return np.floor(obs.person.uniform("order") * many).astype(np.int64)

    def questions(self, obs: Observations, variants: Variants, form: str) -> tuple[list[Question], Ints]:
        """Give the distinct questions of a batch and which row is asked which."""
        return write_questions(obs, variants, dataclasses.replace(self.style, answer=form))
