"""How a game is written: one frozen dataclass whose fields are parameters and whose methods are the rules.

A stage is a method that returns the legal actions; stages stand in order of play.  All arithmetic runs over
groups at once.  What a decider knows is declared (`sees`, `feedback`); the engine shows nothing else.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from gamesim.actions import ActionSpace, Amount, Choice, Text, counted, plain
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError, faults_of, source, unknown
from gamesim.game.declared import Stage, parameter, stage
from gamesim.game.play import Play
from gamesim.groups import Groups, Seats
from gamesim.messages import SILENCE
from gamesim.streams import Draws, Floats
from gamesim.values import read


@dataclass(frozen=True)
class Game:
    """Base of all games.  Subclasses are frozen dataclasses, one a file, found by the file's name.

    Class attributes
    ----------------
    rules : role -> paraphrases of the instructions
    ask : stage -> paraphrases of the question; those are read that speak of nothing but what the stage shows
    recall : role -> one line about a past round; or several, of which the first is told whose values there are
    (a number chooses between two texts in all of these: ``{others} other {others:player|players}``)
    signals : names of what stages show beside earlier actions: `signal` says what they are
    words : name of something told -> the words for 0, 1, ...
    money_names : names of things told or derived that are amounts of money
    said_names : names of things shown or told, beside stages, that are messages or conversations
    methods : stage -> how people were asked where records exist (``"direct response"`` unless said)
    default_n : agents in a run unless told otherwise
    sources : citations
    """

    name: ClassVar[str]
    all_stages: ClassVar[tuple[Stage, ...]]
    rules: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    ask: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    recall: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    methods: ClassVar[Mapping[str, str]] = {}
    signals: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    money_names: ClassVar[tuple[str, ...]] = ()
    said_names: ClassVar[tuple[str, ...]] = ()
    stake_parameter: ClassVar[str] = "endowment"
    default_n: ClassVar[int] = 400
    sources: ClassVar[tuple[str, ...]] = ()
    equilibrium: ClassVar[str] = ""
    efficiency: ClassVar[str] = ""

    currency: str = dataclasses.field(
        default="$", kw_only=True, metadata={"help": "sign or name of the money", "unit": ""}
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.__module__.rsplit(".", 1)[-1]
        cls.all_stages = tuple(value for value in vars(cls).values() if isinstance(value, Stage))
        for kind in ("rules", "ask"):
            for of, written in getattr(cls, kind).items():
                if isinstance(written, str):
                    raise GamesimError(
                        f'{source(cls)}: {kind}["{of}"] must be a tuple of texts, such as ("{written[:20]}...",); '
                        "got a single text"
                    )
        known: list[str] = list(cls.signals)
        for each in cls.all_stages:
            for seen in each.sees:
                if seen not in known:
                    raise GamesimError(
                        f"{cls.name}.{each.name}: sees {seen!r}, but earlier stages are: {', '.join(known)}"
                    )
            known.append(each.name)

    def __post_init__(self) -> None:
        """Check every parameter against what its declaration allows."""
        for item in dataclasses.fields(self):
            rule = item.metadata
            value = getattr(self, item.name)
            where = f"{self.name}: {item.name} = {value!r}"
            if rule.get("options") and value not in rule["options"]:
                raise unknown(
                    "value", str(value), rule["options"], where=f"{self.name}: parameter {item.name}"
                )
            if isinstance(value, bool | str):
                continue
            if not isinstance(value, int | float):
                raise GamesimError(
                    f"{where} is no number, text, true or false, as a parameter must be; make it a ClassVar"
                )
            if not math.isfinite(value):
                raise GamesimError(f"{where} is not a finite number")
            if value <= rule["above"]:
                raise GamesimError(f"{where} must be above {plain(rule['above'])}")
            if value < rule["least"]:
                raise GamesimError(f"{where} must be at least {plain(rule['least'])}")
            if value > rule["most"]:
                raise GamesimError(f"{where} must be at most {plain(rule['most'])}")
        self._check_roles()
        for each in self.stages:
            if self.decider(each.name) not in self.roles:
                roles = ", ".join(dict.fromkeys(self.roles))
                raise GamesimError(
                    f"{self.name}.{each.name}: is decided by {self.decider(each.name)!r}, but the roles are: {roles}"
                )
        self.check()
        for each in self.stages:
            self.space_at_most(each.name)

    def _check_roles(self) -> None:
        """Refuse roles that do not name the role of each seat."""
        roles: object = self.roles
        if (
            not isinstance(roles, tuple | list)
            or not roles
            or not all(isinstance(role, str) for role in roles)
        ):
            raise GamesimError(
                f"{source(type(self))}: roles must name the role of each seat of a group, such as "
                f'("donor", "charity") or ("driver",) * 2; got {roles!r}'
            )

    def __getstate__(self) -> dict[str, Any]:
        """Store a game as its parameters: what follows from them is worked out again."""
        return {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}

    def check(self) -> None:
        """Refuse combinations of parameters that make no game; subclasses override."""

    def check_groups(self, groups: Groups) -> None:
        """Refuse groups, as a matching forms them on a network, that make no sense; subclasses override."""

    @property
    def shared_out(self) -> bool:
        """Whether what a player has is divided among all its groups on a network, which make one game then."""
        return False

    @property
    def roles(self) -> tuple[str, ...]:
        """Role of each seat of a group, in seat order."""
        raise TypeError(f"{self.name} does not say which roles it has")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Give what each seat earns, role by role: (M,) float, in game units; NaN where an action is missing."""
        raise TypeError(f"{self.name} does not say what it pays")

    def paid(self, play: Play) -> Mapping[str, Floats]:
        """Give what `payoffs` gives, once it is known to be a number for each seat of every role."""
        with faults_of(type(self), "payoffs"):
            given: object = self.payoffs(play)
        roles = dict.fromkeys(self.roles)
        if not isinstance(given, Mapping):
            got = "None" if given is None else type(given).__name__
        elif given.keys() != roles.keys():
            got = f"{', '.join(map(repr, given)) or 'nothing'}"
        else:
            wrong = [role for role in roles if np.shape(given[role]) != (len(play.seats(role).agent),)]
            if not wrong:
                return given
            got = f"{np.size(given[wrong[0]])} for the {len(play.seats(wrong[0]).agent)} of {wrong[0]}"
        raise GamesimError(
            f"{source(type(self))}: payoffs must return {{role: array}}, one number a seat, for {', '.join(roles)}; "
            f"got {got}"
        )

    def signal(self, name: str, play: Play) -> Floats:
        """Give what a stage shows under one of the names of `signals`, to each of its deciders: (M,) float."""
        raise TypeError(f"{self.name} does not say what {name} is")

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Give what each role is told after the round, beside its own actions and earnings: (M,) float each."""
        return {}

    def facts(self) -> Mapping[str, float | str]:
        """Give what the instructions mention and what follows from the parameters."""
        return {}

    def derived(self, seen: Mapping[str, float]) -> Mapping[str, float]:
        """Give numbers that a question mentions and that follow from what is seen, in money."""
        return {}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Give the action in the subgame-perfect equilibrium of selfish players: (D,) float, or a mixture."""
        raise GamesimError(f"spe: no equilibrium is written down for {self.name}.{stage}")

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Give the action that shares equally: (D,) float."""
        raise GamesimError(f"equal_split: {self.name}.{stage} has nothing to split")

    def efficient_payoff(self) -> float:
        """Give the largest total that a group can earn, on average where chance decides; NaN where that is not said."""
        return math.nan

    def efficient_payoff_of(self, size: int) -> float:
        """Give it for a group of another size, as on a network; NaN where the game does not say."""
        return self.efficient_payoff() if size == len(self.roles) else math.nan

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages played under these parameters, in order."""
        return tuple(each for each in self.all_stages if each.when(self))

    @cached_property
    def talks(self) -> tuple[str, ...]:
        """The stages at which something is said instead of done, in order."""
        return tuple(each.name for each in self.stages if isinstance(self.space_at_most(each.name), Text))

    def seats_of(self, role: str) -> int:
        """Count the seats a group that a role has."""
        return self.roles.count(role)

    def texts(self, kind: str, of: str) -> tuple[str, ...]:
        """Give the paraphrases of the ``rules`` of a role, or of what is to ``ask`` at a stage.

        Raises
        ------
        GamesimError
            When the game has none, so that nobody who reads can play it.
        """
        written: Mapping[str, tuple[str, ...]] = getattr(self, kind)
        if not written.get(of):
            raise GamesimError(f"{self.name}: {kind} has no text for {of!r}")
        return written[of]

    def decider(self, stage: str) -> str:
        """Give the role that decides at a stage."""
        return self.stage(stage).by

    def called(self, stage: str) -> str:
        """Give what readers know the decision of a stage as."""
        return self.stage(stage).called or stage.replace("_", " ")

    def stage(self, name: str) -> Stage:
        """Find a stage by name."""
        if name not in self._by_name:
            raise unknown("stage", name, self._by_name, where=self.name)
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Stage]:
        return {each.name: each for each in self.stages}

    def space_at_most(self, stage: str, before: float = 1.0) -> ActionSpace:
        """Give the legal actions of a stage after everybody before did the most: the widest range there is.

        Parameters
        ----------
        stage : str
        before : float
            What everybody before did, as a share of what they could do.
        """
        spaces = self._widest if before == 1.0 else self._ranges(before)
        if stage not in spaces:
            raise unknown("stage", stage, spaces, where=self.name)
        return spaces[stage]

    def varies(self, stage: str) -> bool:
        """Tell whether the largest legal amount of a stage hangs on what was done before it."""
        widest, narrowest = (self.space_at_most(stage, before) for before in (1.0, 0.0))
        return isinstance(widest, Amount) and bool(narrowest.support()[-1] != widest.support()[-1])

    @cached_property
    def _widest(self) -> Mapping[str, ActionSpace]:
        return self._ranges(1.0)

    def _ranges(self, before: float) -> Mapping[str, ActionSpace]:
        first = np.zeros(1, dtype=np.int64)
        return {
            name: space.take(first) if space.varies else space for name, space, _ in self._rehearse(before)
        }

    def played_at(self, share: float) -> Play:
        """Play one group in which everybody does a share of what they can.

        Parameters
        ----------
        share : float
            From the least, 0, to the most, 1.
        """
        play = [play for _, _, play in self._rehearse(share)][-1]
        play.earned = dict(self.paid(play))
        return play

    def seen_at(self, stage: str, share: float) -> dict[str, float]:
        """Give what the first who decides at a stage sees where everybody does a share of what they can, in silence."""
        shown = self.played_at(share).shown(self.stage(stage))
        return {
            name: SILENCE if name in self.said_names else float(values[0]) for name, values in shown.items()
        }

    def _rehearse(self, share: float) -> Iterator[tuple[str, ActionSpace, Play]]:
        """Play one group stage by stage: the stage, what is legal there, and the play up to it."""
        roles = dict.fromkeys(self.roles)
        one = {
            role: Seats(np.zeros(self.seats_of(role), dtype=np.int64), self.seats_of(role)) for role in roles
        }
        play = Play(self, Groups(one), lambda agents: Draws((0,), agents, agents))
        for each in self.stages:
            with faults_of(type(self), each.name):
                space: object = each.space(self, play)
            if not isinstance(space, ActionSpace):
                raise GamesimError(
                    f"{source(type(self))}: {each.name} must return the legal actions, such as Amount(0, 10) or "
                    f'Choice(("left", "right")); got {space!r}'
                )
            yield each.name, space, play
            play.actions[each.name] = np.broadcast_to(
                space.at(share), (self.seats_of(self.decider(each.name)),)
            )

    def measures(self) -> dict[str, dict[str, Any]]:
        """Describe every decision for records and comparisons: method, stake, range, unit, parameters."""
        parameters = dataclasses.asdict(self)
        described = {}
        for each in self.stages:
            space = self.space_at_most(each.name)
            # Of a message the table has the number of characters, beside its words.
            high = float(space.max_chars if isinstance(space, Text) else space.support()[-1])
            described[f"{self.name}.{each.name}"] = {
                "stage": each.name,
                "role": self.decider(each.name),
                "method": self.methods.get(each.name, "direct response"),
                "stake": float(parameters.get(self.stake_parameter, high)),
                "low": float(space.support()[0]),
                "high": high,
                "step": float(space.step) if isinstance(space, Amount) else 1.0,
                "labels": list(space.labels) if isinstance(space, Choice) else None,
                "unit": "choice" if isinstance(space, Choice) else space.unit,
                "varies": self.varies(each.name),
                "parameters": parameters,
            }
        return described

    def sized(self, size: int) -> Game:
        """Give the game as it is for a group of another size, for telling its rules; the same where size is fixed.

        Somebody without neighbours is a group of one, which the parameter itself may forbid.
        """
        if "group_size" not in self.parameters() or size == getattr(self, "group_size"):  # noqa: B009
            return self
        game = copy.copy(self)
        object.__setattr__(game, "group_size", size)
        return game

    def elsewhere(self) -> str:
        """Say what is different in a group of another size, beside its size; what `sized` changes belongs here."""
        return "all else is the same there"

    def money(self, value: float) -> str:
        """Write an amount of money in the game's currency: ``$40``, or ``40 points``."""
        if len(self.currency) > 1:
            return counted(value, self.currency)
        return f"{'-' if value < 0 else ''}{self.currency}{plain(abs(value))}"

    @classmethod
    def parameters(cls) -> dict[str, dataclasses.Field[Any]]:
        """Give the declared parameters by name."""
        return {item.name: item for item in dataclasses.fields(cls)}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Make the game from given parameters; text is read by each parameter's type.

        Raises
        ------
        GamesimError
            For an unknown name, a value of the wrong type or out of range.
        """
        fields = cls.parameters()
        values = {}
        for name, value in settings.items():
            if name == "stake" and name not in fields and cls.stake_parameter:
                raise GamesimError(f"{cls.name}: the stake is called {cls.stake_parameter} here")
            if name not in fields:
                raise unknown("parameter", name, fields, where=cls.name)
            values[name] = read(f"{cls.name}: {name}", value, type(fields[name].default))
        return cls(**values)


__all__ = [
    "ActionSpace",
    "Amount",
    "Choice",
    "Floats",
    "Game",
    "Play",
    "Stage",
    "Text",
    "parameter",
    "stage",
]
