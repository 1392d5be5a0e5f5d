"""What learners share: one round after another, and what each action would have brought in it."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gamesim.behaviour.choosing import drawn
from gamesim.behaviour.outcomes import Prospects, alike, names_told, payoff_table, prospects, rival_stage
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter
from gamesim.past import Past, State
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Draws, Floats, Ints

_BLOCK = 400_000


@dataclass(frozen=True)
class Problem:
    """What is learnt about.

    Parameters
    ----------
    outlook : Prospects
        What can come of each action while nothing is known of the others.
    table : (L, K) float, optional
        What each action earns against each of the others'.
    others : (K,) float, optional
        The others' actions.
    """

    outlook: Prospects
    table: Floats | None = None
    others: Floats | None = None

    @property
    def options(self) -> int:
        """Number of actions, L."""
        return len(self.outlook.actions)


@dataclass(frozen=True)
class Lesson:
    """A round that some persons have behind them.

    Parameters
    ----------
    problem : Problem
    own : (D,) int
        Which action each took; -1 for none.
    earned : (D,) float
        What each earned in a game, on average where it played several at once; NaN for nothing.
    told : (D,) float, optional
        What the others did, on average where there are several; NaN for no decision.
    """

    problem: Problem
    own: Ints
    earned: Floats
    told: Floats | None = None

    def take(self, rows: slice) -> Lesson:
        """Keep some persons."""
        told = None if self.told is None else self.told[rows]
        return Lesson(self.problem, self.own[rows], self.earned[rows], told)

    def took(self) -> Floats:
        """Mark the action that each took: (D, L) float, rows zero for no decision."""
        return np.asarray(np.arange(self.problem.options) == self.own[:, None], dtype=np.float64)

    def met(self) -> Floats:
        """Give how the others acted, as weights on their actions: (D, K) float.

        A mean between two actions is a mixture of both.  Rows are zero where nothing was decided.
        """
        assert self.problem.others is not None
        below, above, weight = self._between()
        weights = np.zeros((len(self.own), len(self.problem.others)))
        rows = np.arange(len(self.own))
        weights[rows, below], weights[rows, above] = weight
        return weights

    def brought(self) -> Floats:
        """Give what each action would have earned against those met: (D, L) float, 0 where nothing was decided."""
        assert self.problem.table is not None
        below, above, (low, high) = self._between()
        against = self.problem.table.T
        earned: Floats = low[:, None] * against[below] + high[:, None] * against[above]
        return earned

    def _between(self) -> tuple[Ints, Ints, Floats]:
        """Give the actions on either side of what each was told, (D,) int each, and their weights: (2, D) float."""
        others, told = self.problem.others, self.told
        assert others is not None
        assert told is not None
        known = np.nan_to_num(told, nan=float(others[0]))
        above = np.clip(np.searchsorted(others, known - 1e-9), 1, len(others) - 1)
        low, high = others[above - 1], others[above]
        share = np.clip((known - low) / (high - low), 0, 1)
        weights = np.where(np.isnan(told), 0.0, np.stack([1 - share, share]))
        return above - 1, above, weights


@dataclass(frozen=True)
class Learner(ExactPolicy):
    """An agent whose probabilities follow from what it made of its own past, round by round.

    Its state holds everybody's parameters by name, (D, 1) float, and what `begin` and `learn` add to them.
    """

    folds: ClassVar[bool] = True
    informed: ClassVar[bool] = True
    """Whether it needs to know the payoffs and what the others did, or only what it earned."""

    @abstractmethod
    def begin(self, state: State, problem: Problem) -> State:
        """Give what is added to the state before the first round: (D, ...) arrays by name."""

    @abstractmethod
    def learn(self, state: State, lesson: Lesson) -> State:
        """Give what a round changes in the state."""

    @abstractmethod
    def weights(self, state: State, problem: Problem) -> Floats:
        """Give the probabilities of every action: (D, L) float."""

    def prepare(self, setting: Setting) -> Self:
        """Refuse answers to what others just did, and games that do not tell what a learner must know."""
        game = setting.game
        for stage in setting.decisions():
            if game.stage(stage).sees:
                raise GamesimError(
                    f"{self.agent_name()} learns which action to take, not answers to what is seen: it does not "
                    f"play {game.name}.{stage}"
                )
            prospects(game, stage, (), alike)
            if self.informed:
                payoff_table(game, stage)
                told_of_rival(self.agent_name(), game, stage)
        return self

    def decide(self, obs: Observations) -> Decisions:
        """Draw one action a row, block by block."""
        problem = self._problem(obs)
        actions, probability = np.empty(len(obs)), np.empty(len(obs))
        u = obs.draws.uniform()
        for rows, weights in self._weights(obs, problem):
            actions[rows], probability[rows] = drawn(problem.outlook.actions, weights, u[rows])
        return Decisions(actions, "exact", probability=probability)

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities, a row for everybody, which takes room."""
        parts = [weights for _, weights in self._weights(obs, self._problem(obs))]
        return ActionDistribution(obs.space.support(), np.concatenate(parts), np.arange(len(obs)))

    def _problem(self, obs: Observations) -> Problem:
        game, stage = obs.game, obs.stage
        outlook = prospects(game, stage, (), alike)
        if not self.informed:
            return Problem(outlook)
        rival = rival_stage(game, stage)
        assert rival is not None
        return Problem(outlook, payoff_table(game, stage), game.space_at_most(rival).support())

    def _weights(self, obs: Observations, problem: Problem) -> Iterator[tuple[slice, Floats]]:
        def start(person: Draws) -> State:
            state: State = {
                item.name: value.quantiles(person.uniform(value.key))[:, None]
                for item in dataclasses.fields(self)
                if isinstance(value := getattr(self, item.name), Parameter)
            }
            return state | self.begin(state, problem)

        def step(state: State, past: Past) -> State:
            lesson = self._lesson(obs, problem, past)
            parts = [
                self.learn(_rows(state, rows), lesson.take(rows))
                for rows in _blocks(len(lesson.own), problem)
            ]
            return state | {name: _joined([part[name] for part in parts]) for name in parts[0]}

        state = obs.fold("learning", start, step)
        for rows in _blocks(len(obs), problem):
            yield rows, self.weights(_rows(state, rows), problem)

    def _lesson(self, obs: Observations, problem: Problem, past: Past) -> Lesson:
        own = past.own(obs.stage)[0]
        taken = np.searchsorted(problem.outlook.actions, own - 1e-9).astype(np.int64)
        taken[np.isnan(own)] = -1
        told = past.told(told_of_rival(self.agent_name(), obs.game, obs.stage))[0] if self.informed else None
        return Lesson(problem, taken, past.earned()[0] / np.maximum(past.games()[0], 1), told)


def _blocks(people: int, problem: Problem) -> list[slice]:
    size = max(1, _BLOCK // problem.options)
    return [slice(first, first + size) for first in range(0, max(1, people), size)]


def _rows(state: State, rows: slice) -> State:
    return {name: values[rows] for name, values in state.items()}


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def told_of_rival(agent: str, game: Game, stage: str) -> str:
    """Find the name under which a player is told what the others did.

    Raises
    ------
    GamesimError
        Where it is not told.
    """
    told = names_told(game, game.decider(stage))
    for name in (rival_stage(game, stage), "other", "others_mean"):
        if name is not None and name in told:
            return name
    raise GamesimError(
        f"{agent}: the {game.decider(stage)} of {game.name} is not told afterwards what the other did"
    )
