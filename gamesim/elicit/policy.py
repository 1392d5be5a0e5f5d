"""The base of all agents that are language models: which model, asked in which way."""

from __future__ import annotations

import copy
import dataclasses
import math
import warnings
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from gamesim.actions import Choice, Text
from gamesim.elicit.questions import Question, Variants, write_questions
from gamesim.elicit.sampled import Manner, SchemaRefusedError, sampled
from gamesim.elicit.scored import scored, warn_of_low_mass
from gamesim.elicit.stated import ROOM, stated
from gamesim.errors import GamesimError, GamesimWarning, unknown
from gamesim.models import Gated, LanguageModel, Sampling, Scorer, environment
from gamesim.models.opening import open_model
from gamesim.models.scoring import ServedScorer
from gamesim.observation import Observations
from gamesim.policy import Decisions, Policy, Setting
from gamesim.prompt import PLAIN, Style, arranged, arrangements, order_shown, paraphrases
from gamesim.prompt.pack import open_pack
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
    temperature, top_k, top_p, max_new_tokens, thinking, effort
        As in `gamesim.models.Sampling`; what is not given is `default_sampling`.
    structured : str
        Whether a served model is held to a JSON schema: ``on``, ``off``, or ``auto`` where the server can.
    reask : int
        How often a bad answer is asked for again, with the reason.
    wording, order : str
        ``vary`` gives every agent one of the equivalent texts, and one arrangement of the options, at random; a number
        fixes which.
    memory : str
        What is told of the past: ``full``, ``summary``, or a number for so many of the last rounds.
    chat : bool
        Whether the past is told as turns of a conversation, not as text in one message.
    personas : bool
        Whether the model is told whom it is, where the run has personas.
    prompts : str
        Folder of a prompt pack; that of the run unless given.
    device, dtype : str
        Where and in which precision a local model runs.
    """

    speaks: ClassVar[bool] = True
    asked_for_links: ClassVar[bool] = True

    elicit: str = "auto"
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    max_new_tokens: int | None = None
    thinking: int | None = None
    effort: str | None = None
    structured: str = "auto"
    reask: int = 2
    wording: str = "vary"
    order: str = "vary"
    memory: str = "full"
    chat: bool = False
    personas: bool = True
    prompts: str = ""
    device: str = "auto"
    dtype: str = "auto"
    opened: LanguageModel | None = field(default=None, init=False, repr=False, compare=False)
    served: bool = field(default=False, init=False, repr=False, compare=False)
    linked: bool = field(default=False, init=False, repr=False, compare=False)
    seed: int = field(default=0, init=False, repr=False, compare=False)
    style: Style = field(default=PLAIN, init=False, repr=False, compare=False)
    found_out: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was learnt while playing: whether the server takes schemas, which decisions were warned of."""

    def default_sampling(self) -> Sampling:
        """Give the settings for what the user leaves open."""
        return Sampling()

    @property
    def called(self) -> str:
        """What it is called after ``--agents``, without its options."""
        return self.agent_name()

    @property
    def reads_personas(self) -> bool:
        """Whether it is told whom it is."""
        return self.personas

    @property
    def heeds_reputation(self) -> bool:
        """Whoever reads is told it."""
        return True

    def sampling(self) -> Sampling:
        """Give the sampling settings."""
        given = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(Sampling)
            if hasattr(self, item.name)
        }
        default = self.default_sampling()
        if self.elicit == "verbalized":
            default = dataclasses.replace(default, max_new_tokens=max(default.max_new_tokens, ROOM))
        return dataclasses.replace(
            default, **{name: value for name, value in given.items() if value is not None}
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
        served = model.startswith("openai:")
        opened = open_model(
            model,
            self.sampling(),
            device=self.device,
            dtype=self.dtype,
            download=setting.download,
            # Looked up here, so that another server, key or time-out in the environment is another model.
            base_url=base_url or environment.setting(environment.URL) or None,
            known=tuple(
                environment.setting(each) for each in (environment.KEY, environment.TIMEOUT) if served
            ),
        )
        if setting.access is not None and isinstance(opened, Gated):
            opened = setting.access(opened, self.sampling().max_new_tokens)
        if self.elicit == "probabilities" and served:
            opened = ServedScorer(opened)
        ready, style = copy.copy(self), self._style(setting)
        known = {
            "opened": opened,
            "served": served,
            "linked": setting.linked,
            "seed": setting.seed,
            "style": style,
            "found_out": {},
        }
        if setting.fixed_wording:
            known |= {"wording": "0", "order": "0"}
        else:
            self._check_wording(setting, style)
        for name, value in known.items():
            object.__setattr__(ready, name, value)
        return ready

    def _style(self, setting: Setting) -> Style:
        folder = self.prompts or setting.prompts
        pack = open_pack(folder, type(setting.game)) if folder else None
        if pack is not None:
            pack.check(setting.game, setting.rounds)
            if setting.game.name not in pack.games:
                warnings.warn(
                    f"prompts {folder!r}: holds no {setting.game.name}.toml, so our own texts are read",
                    GamesimWarning,
                    stacklevel=2,
                )
        return Style(pack=pack, memory=self.memory, chat=self.chat, personas=self.personas)

    def _check_wording(self, setting: Setting, style: Style) -> None:
        """Refuse a wording that no decision has; of a decision with fewer, counting starts again."""
        if self.wording == "vary":
            return
        counts = {stage: math.prod(paraphrases(setting.game, stage, style)) for stage in setting.decisions()}
        richest = max(counts, key=counts.__getitem__)
        if int(self.wording) >= counts[richest]:
            raise GamesimError(
                f"{self.called}@wording={self.wording}: there are {counts[richest]} wordings of "
                f"{setting.game.name}.{richest}, 0 to {counts[richest] - 1}"
            )

    def _check_options(self) -> None:
        for name, value, known in (
            ("elicitation", self.elicit, ELICITATIONS),
            ("way to use schemas", self.structured, STRUCTURED),
        ):
            if value not in known:
                raise unknown(name, value, known, where=self.called)
        for name in ("wording", "order"):
            value = getattr(self, name)
            if value != "vary" and not (value.isascii() and value.isdigit()):
                raise GamesimError(f"{self.called}@{name}={value} is neither 'vary' nor a number")
        if not 0 <= self.reask <= 10:
            raise GamesimError(f"{self.called}@reask={self.reask} must be 0 to 10")

    @property
    def model(self) -> LanguageModel:
        """The open model."""
        if self.opened is None:
            raise TypeError(f"{self.agent_name()} was asked before it was prepared")
        return self.opened

    def describe(self) -> dict[str, Any]:
        """Add the model to what a record must know."""
        known = super().describe()
        if self.style.pack is not None:
            known["pack"] = self.style.pack.describe()
        return known | {"model": dict(self.model.describe())} if self.opened is not None else known

    def notes(self) -> list[str]:
        """Say what its texts leave out."""
        if not self.linked:
            return []
        return [
            f"{self.called}: is told how many neighbours it has, but neither who they are nor how others are linked; a "
            "prompt pack can say more"
        ]

    def decide(self, obs: Observations) -> Decisions:
        """Ask for every row."""
        variants = self.variants(obs)
        decisions = self._decide(obs, variants)
        return dataclasses.replace(decisions, option_order=self._orders_shown(obs, variants))

    def _decide(self, obs: Observations, variants: Variants) -> Decisions:
        if (scorer := self._scorer(obs)) is not None:
            return self._exact(obs, variants, scorer)
        if self.served and self.structured != "off" and self.found_out.get(SCHEMA, True):
            try:
                decisions = self._answered(obs, variants, structured=True)
            except SchemaRefusedError as refusal:
                self._do_without_schemas(refusal)
            else:
                self.found_out[SCHEMA] = True
                return decisions
        return self._answered(obs, variants, structured=False)

    def _scorer(self, obs: Observations) -> Scorer | None:
        """Give the model where its probabilities are wanted and at hand; messages cannot be listed, so never there."""
        wanted = self.elicit in ("auto", "probabilities") and not isinstance(obs.space, Text)
        return self.model if wanted and isinstance(self.model, Scorer) else None

    def _exact(self, obs: Observations, variants: Variants, model: Scorer) -> Decisions:
        asked, row = self.questions(obs, variants, "bracket")
        if isinstance(model, ServedScorer) and model.probe(asked[0].prompt, asked[0].answers) == "bare":
            asked, row = self.questions(obs, variants, "bare")
        decisions, found = scored(obs, model, asked, row, variants, self.agent_name(), self.model.name)
        if not self.served and not self.found_out.get(obs.decision):
            self.found_out[obs.decision] = warn_of_low_mass(obs.decision, self.model, asked, found)
        return decisions

    def _answered(self, obs: Observations, variants: Variants, structured: bool) -> Decisions:
        manner = Manner(self.agent_name(), self.reask, structured, probing=SCHEMA not in self.found_out)
        if self.elicit == "verbalized" and not isinstance(obs.space, Text):
            asked, row = self.questions(obs, variants, "none")
            return stated(obs, self.model, asked, row, variants, manner, self.seed)
        asked, row = self.questions(obs, variants, "json" if structured else "bracket")
        model = self.model.model if isinstance(self.model, ServedScorer) else self.model
        return sampled(obs, model, asked, row, variants, manner)

    def _do_without_schemas(self, refusal: SchemaRefusedError) -> None:
        if self.structured == "on":
            raise GamesimError(f"{self.called}@structured=on: {refusal}")
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
        rules, questions = paraphrases(obs.game, obs.stage, self.style)
        if self.wording != "vary":
            return np.full(len(obs), int(self.wording) % (rules * questions))
        rule = np.floor(obs.person.uniform("rules") * rules).astype(np.int64)
        return rule * questions + np.floor(obs.person.uniform(obs.stage) * questions).astype(np.int64)

    def _orders(self, obs: Observations) -> Ints:
        many = arrangements(obs.game, obs.stage, self.style)
        if self.order != "vary":
            return np.full(len(obs), int(self.order) % many)
        return np.floor(obs.person.uniform("order") * many).astype(np.int64)

    def _orders_shown(self, obs: Observations, variants: Variants) -> list[str] | None:
        """Write how the options were arranged for each decider; None where there is nothing to arrange."""
        if not isinstance(obs.space, Choice):
            return None
        distinct, row = np.unique(variants.order, return_inverse=True)
        written = [order_shown(arranged(obs.space, int(each), self.style, obs.decision)) for each in distinct]
        return [written[i] for i in row]

    def questions(self, obs: Observations, variants: Variants, form: str) -> tuple[list[Question], Ints]:
        """Give the distinct questions of a batch and which row is asked which."""
        style = dataclasses.replace(self.style, answer=form)
        return write_questions(obs, variants, style, scored=self._scorer(obs) is not None)
