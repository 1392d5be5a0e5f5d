"""How a batch is answered.  An agent is a conditional distribution over legal actions.

Whoever can give that distribution exactly is an `ExactPolicy`, and the engine draws from it; whoever can only
be asked answers by itself.  Policies hold configuration and nothing else: memory is the past in the
observations, so a run can be replayed, resumed and compared from its record alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import cooperation
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter, read_file
from gamesim.streams import Floats, Ints
from gamesim.values import read

STATUSES = ("ok", "out_of_range", "unreadable", "refused", "truncated", "transport", "skipped")
OK, OUT_OF_RANGE, UNREADABLE, REFUSED, TRUNCATED, TRANSPORT, SKIPPED = range(len(STATUSES))

Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Decisions:
    """The answers of a batch, in the order of its rows.

    Parameters
    ----------
    actions : (D,) float
        NaN for every status but ``ok``.
    elicitation : str or sequence of str
        How the answers were got, all alike or one by one: ``exact``, ``rule``, ``sample``, ``keyboard``; ``silent``
        for whoever has no words to say.
    status : (D,) uint8, optional
        Index into `STATUSES`; all ``ok`` unless given.
    probability : (D,) float, optional
        With which the action was drawn.
    legal_mass : (D,) float, optional
        Probability that a free answer would have been legal.
    attempts : (D,) int, optional
        How often each was asked; once unless given.
    read_as : sequence of str, optional
        How each answer was read: ``bracket``, ``lone number``, ...
    wording : (D,) int, optional
        Which paraphrase each was given.
    option_order : sequence of str, optional
        In which order each was shown the options.
    reply : (D,) int, optional
        Which entry of `replies` stands behind each row; -1 for none.
    replies : sequence of dict
        Prompts with raw answers or probabilities.
    distribution : ActionDistribution, optional
        The probabilities drawn from, where they were exact.
    """

    actions: Floats
    elicitation: str | Sequence[str] = "rule"
    status: Codes | None = None
    probability: Floats | None = None
    legal_mass: Floats | None = None
    attempts: Ints | None = None
    read_as: Sequence[str] | None = None
    wording: Ints | None = None
    option_order: Sequence[str] | None = None
    reply: Ints | None = None
    replies: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    distribution: ActionDistribution | None = None


@dataclass(frozen=True)
class Setting:
    """What a policy is told before the first round, so that it can refuse at once what it cannot play.

    Parameters
    ----------
    game : Game
        What will be played.
    roles : tuple of str
        The roles that this policy will take.
    rounds : int
        How many rounds.
    seed : int
        Seed of the run.
    standin : callable, optional
        From the name of a model that is not on this machine to the bundled one that may stand in for it; None
        forbids that.
    download : bool
        Whether weights may be fetched.
    linked : bool
        Whether the agents are the nodes of a network.
    prompts : str
        Folder of the prompt pack that language models read, if any.
    fixed_wording : bool
        Whether all language models read the first of the equivalent texts, options in the order of the game.
    separate : bool
        Whether an agent decides separately for each of the groups it is in.
    sizes : tuple of int
        Members that groups can have, where a network decides on that; empty where they are as the game says.
    reputation : str
        What is known of those one meets, one of `gamesim.reputation.LEVELS`.
    neighbours : str
        What neighbours on a network are shown of each other, one of `gamesim.neighbours.SHOWN`.
    access : callable, optional
        From a remote model and the most tokens of its answers to the same model behind the run's cache and budget.
    """

    game: Game
    roles: tuple[str, ...]
    rounds: int = 1
    seed: int = 0
    standin: Callable[[str], Policy] | None = None
    download: bool = False
    access: Callable[[Any, int], Any] | None = None
    linked: bool = False
    prompts: str = ""
    fixed_wording: bool = False
    separate: bool = False
    sizes: tuple[int, ...] = ()
    reputation: str = "none"
    neighbours: str = "earnings"

    def rehearse(self, plan: Callable[[str, Mapping[str, Floats], int], object]) -> None:
        """Ask a plan of the game for one decider at every stage, so that it refuses what it does not cover.

        Parameters
        ----------
        plan : callable
            From stage, what is seen, and number of deciders, such as a game's ``selfish``.
        """
        for stage in self.decisions():
            plan(stage, {name: np.zeros(1) for name in self.game.stage(stage).sees}, 1)

    def decisions(self) -> tuple[str, ...]:
        """Name the stages that this policy will be asked at, messages apart."""
        return tuple(each for each in self._stages() if each not in self.game.talks)

    def talks(self) -> tuple[str, ...]:
        """Name the stages at which this policy may say something."""
        return tuple(each for each in self._stages() if each in self.game.talks)

    def _stages(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.game.stages if self.game.decider(each.name) in self.roles)


@dataclass(frozen=True)
class Policy(ABC):
    """Base of all agents.  Subclasses are frozen dataclasses, one a file, found by the file's name.

    Their fields are the options that may follow the name: ``fixed@action=10``.  Their class variables say what they
    need; `gamesim.needs.ready` refuses to play them without.
    """

    trained_on: ClassVar[tuple[str, ...]] = ()
    """Names of the human data sets whose likeness would be in sample."""

    lookback: ClassVar[int | None] = None
    """How many past rounds it looks at; None for all, 0 for none.  What nobody looks at is not kept in memory."""

    folds: ClassVar[bool] = False
    """Whether it looks back through ``obs.fold`` alone, so that past rounds need not be kept for it."""

    carries: ClassVar[bool] = False
    """Whether what it folds goes on from one supergame to the next; else everybody begins each anew."""

    fitted: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Which parameters can be fitted to data, and between which bounds."""

    speaks: ClassVar[bool] = False
    """Whether it has words: it is asked for messages too, and enters them with ``obs.messages.enter(text)``.  Whoever
    has none says nothing at such a stage and is not asked."""

    needs_network: ClassVar[bool] = False
    """Whether it looks at its neighbours, so that it cannot play without a network."""

    looks_at: ClassVar[str] = "nothing"
    """What it must be shown of its neighbours, one of `gamesim.neighbours.SHOWN`."""

    one_choice: ClassVar[bool] = False
    """Whether it goes by the one thing that each neighbour did, and so cannot play where agents decide separately for
    each of their groups."""

    needs_reputation: ClassVar[str] = "none"
    """What it must know of those it meets, one of `gamesim.reputation.LEVELS`."""

    only_choices: ClassVar[bool] = False
    """Whether it chooses among options alone, and decides on no amounts."""

    only_declared: ClassVar[bool] = False
    """Whether it plays in groups of the size that the game says alone, and not of others as there are on networks."""

    only_pairs: ClassVar[bool] = False
    """Whether it plays in groups of two alone."""

    asked_for_links: ClassVar[bool] = False
    """Whether it is asked in words if it wants a link, by `decide`, instead of by `link`."""

    stand_in_for: str = field(default="", init=False)
    """The model in whose place this one plays, if any."""

    @property
    def reads_personas(self) -> bool:
        """Whether it heeds who its deciders are; only then is it told by ``obs.subjects``."""
        return False

    @property
    def heeds_reputation(self) -> bool:
        """Whether what it does may depend on what is known of those it meets, `obs.known`.

        Unless it needs to know, an agent of the user's own may, and one of gamesim's does not.
        """
        return self.needs_reputation != "none" or not type(self).__module__.startswith("gamesim.")

    @property
    def heeds_neighbours(self) -> bool:
        """Whether what it does may depend on what is shown of its neighbours, `obs.neighbours`, whoever it meets.

        Unless said, an agent of the user's own may, and one of gamesim's does if it must be shown something.
        """
        return self.needs_network or self.looks_at != "nothing" or self.heeds_reputation

    @classmethod
    def agent_name(cls) -> str:
        """Give the name under which the agent is found: that of its file."""
        return cls.__module__.rsplit(".", 1)[-1]

    @abstractmethod
    def decide(self, obs: Observations) -> Decisions:
        """Answer for every row at once."""

    def link(self, obs: Observations, other_last_action: Floats, linked: NDArray[np.bool_]) -> Floats:
        """Decide whether to be linked with another from now on, where a network changes by its players' choices.

        Unless a policy says otherwise it keeps or makes a link with those who cooperated last and breaks or leaves it
        with all others; who did at least half of the most counts as a cooperator
        (`gamesim.actions.cooperation`).

        Parameters
        ----------
        obs : Observations
            R deciders after the round that was played; one may stand in several rows.
        other_last_action : (R,) float
            What the other did last, in game units; NaN where that was nothing.
        linked : (R,) bool
            Whether the two are linked now.

        Returns
        -------
        (R,) float
            Probability of wanting the link; NaN leaves things as they are.
        """
        share = cooperation(obs.space, other_last_action)
        return np.where(np.isnan(share), np.nan, (share >= 0.5).astype(np.float64))

    def prepare(self, setting: Setting) -> Policy:
        """Get ready to play, or refuse; give the policy that will play, under its own name.

        What class variables say has been checked before (`gamesim.needs.ready`).

        Raises
        ------
        GamesimError
            When the policy cannot play this setting.
        """
        return self

    def describe(self) -> dict[str, Any]:
        """Say what a record must know: the agent, its options, what it was trained on."""
        return {
            "agent": self.agent_name(),
            "options": {name: _written(getattr(self, name)) for name in self.option_fields()},
            "trained_on": list(self.trained_on),
            **source_of(type(self)),
        } | ({"stand_in_for": self.stand_in_for} if self.stand_in_for else {})

    def parameters(self) -> dict[str, Parameter]:
        """Give the options that may differ from person to person, by name."""
        return {
            item.name: value
            for item in dataclasses.fields(self)
            if isinstance(value := getattr(self, item.name), Parameter)
        }

    @classmethod
    def in_place_of(cls, model: str) -> Self:
        """Make the agent as a stand-in for a model that is not on this machine."""
        substitute = cls()
        object.__setattr__(substitute, "stand_in_for", model)
        return substitute

    def notes(self) -> list[str]:
        """Say what whoever reads the result must know about this agent."""
        return []

    @classmethod
    def option_fields(cls) -> dict[str, dataclasses.Field[Any]]:
        """Give what may be written behind its name."""
        return {item.name: item for item in dataclasses.fields(cls) if item.init}

    @classmethod
    def personal_fields(cls) -> dict[str, dataclasses.Field[Any]]:
        """Give the options that may differ from person to person."""
        hints = get_type_hints(cls)
        return {name: item for name, item in cls.option_fields().items() if hints[name] is Parameter}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Make the agent from the options behind its name, text read by each option's type.

        Options that are a `Parameter` may be distributions over persons, or all come from one ``file``.
        """
        fields = cls.option_fields()
        hints = get_type_hints(cls)
        personal = cls.personal_fields()
        values: dict[str, Any] = {}
        for name, value in options.items():
            where = f"{cls.agent_name()}@{name}"
            if name in personal:
                values[name] = value if isinstance(value, Parameter) else Parameter.read(where, value, name)
            elif name in fields:
                kind = hints[name]
                values[name] = read(where, value, (get_args(kind) or (kind,))[0])
            elif name == "file" and personal:
                for key, parameter in read_file(where, str(value), personal).items():
                    if key in options:
                        raise GamesimError(
                            f"{where} = {value}: {key} is given by @{key} too; leave one of them out"
                        )
                    values[key] = parameter
            else:
                known = [*fields, "file"] if personal else fields
                raise unknown("option", name, known, where=cls.agent_name())
        for name, value in values.items():
            if rule := fields[name].metadata.get("rule"):
                number = value if isinstance(value, Parameter) else Parameter.constant(value)
                rule.check(f"{cls.agent_name()}@{name}", number)
        missing = [
            name
            for name, item in fields.items()
            if name not in values
            and item.default is dataclasses.MISSING
            and item.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise GamesimError(
                f"{cls.agent_name()} needs {' and '.join(missing)}: "
                f"write {cls.agent_name()}{''.join(f'@{name}=...' for name in missing)}"
            )
        return cls(**values)


def _written(option: Any) -> Any:
    """Put an option as a record shows it: numbers as numbers, distributions as they were written."""
    if not isinstance(option, Parameter):
        return option
    return option.written if option.varies or not math.isfinite(option.value) else option.value


def source_of(kind: type) -> dict[str, str]:
    """Say from which file of the user's a game or agent comes, with its hash; nothing for a shipped one."""
    file = inspect.getsourcefile(kind) if not kind.__module__.startswith("gamesim.") else None
    if file is None:
        return {}
    return {"file": os.path.relpath(file), "sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest()}


class ExactPolicy(Policy):
    """An agent whose probabilities are known; the engine draws from them."""

    @abstractmethod
    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities of every row."""

    def decide(self, obs: Observations) -> Decisions:
        """Draw one action a row."""
        given = self.distribution(obs)
        try:
            distribution = given.among(len(obs))
        except ValueError as error:
            raise GamesimError(f"{self.agent_name()}: {obs.decision}: distribution gave {error}") from error
        actions, probability = distribution.sample(obs.draws.uniform())
        return Decisions(actions, "exact", probability=probability, distribution=distribution)
