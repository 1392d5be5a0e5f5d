"""What strategies for the repeated dilemma share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import Choice
from gamesim.behaviour.outcomes import names_told, payoff_table
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.past import Past, State
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Draws, Floats, Ints

OPTIONS = ("cooperate", "defect")
CHI_SQUARED = 3.841458820694124
"""Exceeded by chance once in twenty, with one degree of freedom."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Strategy(ExactPolicy):
    """A strategy for the prisoner's dilemma: the probability of cooperating, given what has been played.

    It looks at whoever it met in the last rounds, the same or others. Rounds that it sat out, or in which one of the
    two made no decision, do not count. Where it meets several at once, as on the edges of a network, it is told the
    share that defected: strategies that respond to one round mix their responses by that share, and those that count
    defections count one where more than half defected.

    Parameters
    ----------
    error : Parameter
        Probability of doing the other thing.
    """

    error: Parameter = personal(0.0, least=0, most=0.5)

    fitted: ClassVar[Mapping[str, tuple[float, float]]] = {"error": (0.0, 0.5)}

    def prepare(self, setting: Setting) -> Self:
        """Refuse decisions other than to cooperate or defect, and games that do not tell what the other did."""
        for stage in setting.decisions():
            space = setting.game.space_at_most(stage)
            told = names_told(setting.game, setting.game.decider(stage))
            if not isinstance(space, Choice) or set(space.labels) != set(OPTIONS) or "other" not in told:
                raise GamesimError(
                    f"{self.agent_name()} plays dilemmas, in which each is told whether the other cooperated, "
                    f"not {setting.game.name}.{stage}"
                )
        return self

    @abstractmethod
    def cooperation(self, obs: Observations) -> Floats:
        """Give the probability of cooperating without error: (D,) float."""

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities of both options."""
        error = self.error.of(obs)
        cooperate = self.cooperation(obs)
        cooperate = cooperate + error * (1 - 2 * cooperate)
        distinct, row = np.unique(cooperate, return_inverse=True)
        pair = np.column_stack([distinct, 1 - distinct])
        if _cooperating(obs) == 1:
            pair = pair[:, ::-1]
        return ActionDistribution(
            np.array([0.0, 1.0]), pair, row.ravel().astype(np.int64) if len(distinct) > 1 else None
        )


def _cooperating(obs: Observations) -> int:
    assert isinstance(obs.space, Choice)
    return obs.space.labels.index("cooperate")


def dilemma(obs: Observations) -> Floats:
    """Give what one earns, rows the own choice, columns the other's, to cooperate before to defect: (2, 2) float."""
    table = payoff_table(obs.game, obs.stage)
    return table if _cooperating(obs) == 0 else table[::-1, ::-1]


def seems_random(defections: Ints, rounds: Ints) -> Bools:
    """Tell whose defections are as frequent as a fair coin's, by Pearson's chi-squared test at 5 %.

    Parameters
    ----------
    defections, rounds : (D,) int
        How many there were, in how many rounds, one at least.

    Returns
    -------
    (D,) bool
    """
    excess = 2 * defections - rounds
    seems: Bools = excess**2 / rounds <= CHI_SQUARED
    return seems


def rounds_left(obs: Observations) -> float:
    """Give how many rounds follow this one, as far as is announced; endless where chance decides."""
    return float(obs.rounds - obs.round) if obs.rounds else np.inf


@dataclass(frozen=True)
class Played:
    """A round that was played.

    Parameters
    ----------
    own : (D,) float
        Whether one cooperated.
    others : (D,) float
        Share of the others that cooperated.
    left : (D,) float
        How many rounds followed, as far as was announced.
    """

    own: Floats
    others: Floats
    left: Floats

    @property
    def defected(self) -> Bools:
        """Whether one defected oneself: (D,) bool."""
        return self.own < 0.5

    @property
    def betrayed(self) -> Bools:
        """Whether more than half of the others defected: (D,) bool."""
        return self.others < 0.5


@dataclass(frozen=True)
class Remembering(Strategy):
    """A strategy that goes by what it makes of the rounds it played, one after another.

    Its state holds ``rounds``, how many it played, ``lived``, how many went by, and what `begin` and `follow` add.
    """

    folds: ClassVar[bool] = True

    @abstractmethod
    def begin(self, people: int) -> State:
        """Give what is added to the state before the first round: (D,) arrays by name."""

    @abstractmethod
    def follow(self, state: State, played: Played) -> State:
        """Give what a round changes in the state, in which it is counted already."""

    @abstractmethod
    def respond(self, obs: Observations, state: State) -> Floats:
        """Give the probability of cooperating without error after these rounds: (D,) float."""

    def cooperation(self, obs: Observations) -> Floats:
        """Go on from the rounds so far."""

        def start(person: Draws) -> State:
            people = len(person.agent)
            return {"rounds": none(people), "lived": none(people)} | self.begin(people)

        def step(state: State, past: Past) -> State:
            own, others = past.own(obs.stage)[0], past.told("other")[0]
            if _cooperating(obs) == 0:
                own, others = 1 - own, 1 - others
            lived = state["lived"] + 1
            left = np.where(obs.rounds > 0, obs.rounds - lived, np.inf)
            now = state | {"rounds": state["rounds"] + 1}
            now |= self.follow(now, Played(own, others, left))
            there = ~np.isnan(own + others)
            if not there.all():
                now = {name: np.where(there, values, state[name]) for name, values in now.items()}
            return now | {"lived": lived}

        return self.respond(obs, obs.fold("rounds", start, step))


@dataclass(frozen=True)
class Deterministic(Remembering):
    """A strategy that leaves nothing to chance."""

    @abstractmethod
    def defects(self, obs: Observations, state: State) -> Bools:
        """Tell who is to defect: (D,) bool."""

    def respond(self, obs: Observations, state: State) -> Floats:
        """Cooperate for sure or not at all."""
        return (~self.defects(obs, state)).astype(np.float64)


@dataclass(frozen=True)
class Punishing(Deterministic):
    """A strategy that answers a defection by some rounds of defection, in which further ones start nothing new."""

    first: ClassVar[int]
    """Rounds that the first punishment lasts."""
    longer: ClassVar[int] = 0
    """Rounds by which each outlasts the one before it."""

    def begin(self, people: int) -> State:
        """Nobody is to be punished yet."""
        return {"left": none(people), "length": np.full(people, self.first)}

    def follow(self, state: State, played: Played) -> State:
        """Start a punishment, or come nearer to the end of one."""
        left, length = state["left"], state["length"]
        starts = played.betrayed & (left == 0)
        return {
            "left": np.where(starts, length, np.maximum(left - 1, 0)),
            "length": length + self.longer * starts,
        }

    def defects(self, obs: Observations, state: State) -> Bools:
        """Punish as long as it lasts."""
        punishing: Bools = state["left"] > 0
        return punishing


@dataclass(frozen=True)
class Response(Remembering):
    """A strategy that responds to the last round alone: five probabilities of cooperating."""

    @abstractmethod
    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the probability of cooperating after each outcome: (D,) float or a number each.

        Returns
        -------
        tuple
            After both cooperated; after only oneself did; after only the other did; after nobody did; before the first
            round that was played.
        """

    def begin(self, people: int) -> State:
        """Nothing has been played."""
        return {name: np.full(people, np.nan) for name in ("own", "others")}

    def follow(self, state: State, played: Played) -> State:
        """Keep the last round."""
        return {"own": played.own, "others": played.others}

    def respond(self, obs: Observations, state: State) -> Floats:
        """Look the last round up; mix by the share of others that cooperated."""
        both, alone, other, nobody, start = self.plan(obs, state)
        own, share = state["own"], state["others"]
        after = own * (share * both + (1 - share) * alone) + (1 - own) * (
            share * other + (1 - share) * nobody
        )
        return np.where(np.isnan(after), start, after)


def never(people: int) -> Bools:
    """Begin with what has not happened yet: (D,) bool."""
    return np.zeros(people, dtype=np.bool_)


def none(people: int) -> Ints:
    """Begin to count: (D,) int."""
    return np.zeros(people, dtype=np.int64)
