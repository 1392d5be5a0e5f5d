"""What learners share: one round after another, and what each action would have brought in it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from gamesim.behaviour.choosing import drawn
from gamesim.behaviour.outcomes import (
    Prospects,
    alike,
    names_told,
    payoff_table,
    prospects,
    rival_stage,
    weighed,
)
from gamesim.behaviour.sizes import numbered, of_size
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.past import Past, State
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Draws, Floats, Ints

_BLOCK = 400_000
_BEGUN = "begun"

Rows = slice | Ints


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
    def alone(self) -> bool:
        """Whether nobody else is there."""
        return not self.outlook.others.shape[1]

    @property
    def options(self) -> int:
        """Number of actions, L."""
        return len(self.outlook.actions)


@dataclass(frozen=True)
class Lesson:
    """A round from which some persons learn: they decided in it, and know what they need of how it ended.

    Parameters
    ----------
    problem : Problem
    own : (D,) int
        Which action each took.
    earned : (D,) float
        What each earned in a game, on average where it played several at once, and in all where what it had was divided
        among them; never NaN for whoever learns from it alone.
    told : (D,) float, optional
        What the others did, on average where there are several; NaN only for whoever is alone.
    """

    problem: Problem
    own: Ints
    earned: Floats
    told: Floats | None = None

    def took(self) -> Floats:
        """Mark the action that each took: (D, L) float."""
        return np.asarray(np.arange(self.problem.options) == self.own[:, None], dtype=np.float64)

    def met(self) -> Floats:
        """Give how the others acted, as weights on their actions: (D, K) float.

        A mean between two actions is a mixture of both.  Rows are zero for whoever is alone.
        """
        assert self.problem.others is not None
        below, above, weight = self._between()
        weights = np.zeros((len(self.own), len(self.problem.others)))
        rows = np.arange(len(self.own))
        weights[rows, below], weights[rows, above] = weight
        return weights

    def brought(self) -> Floats:
        """Give what each action would have earned against those met: (D, L) float."""
        assert self.problem.table is not None
        if self.problem.alone:
            return np.broadcast_to(self.problem.table[:, 0], (len(self.own), self.problem.options))
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

    Its state holds everybody's parameters by name, (D, 1) float, and what `begin` and `learn` add to them.  Where
    groups differ in size everybody begins and learns in its own, which may change from round to round.  A round in
    which somebody sat out, was in another role, or of which it does not know what it must know leaves its state as it
    was.  What was learnt in one supergame is kept for the next.
    """

    folds: ClassVar[bool] = True
    carries: ClassVar[bool] = True
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
        for game, stage in weighed(setting):
            if game.stage(stage).sees:
                raise GamesimError(
                    f"{self.agent_name()} learns which action to take, not answers to what is seen: it does not "
                    f"play {game.name}.{stage}"
                )
            problem_of(game, stage, self.informed)
            if self.informed:
                told_of_rival(self.agent_name(), setting.game, stage)
        return self

    def decide(self, obs: Observations) -> Decisions:
        """Draw one action a row, block by block."""
        actions, probability = np.empty(len(obs)), np.empty(len(obs))
        u = obs.draws.uniform()
        for rows, problem, weights in self._weights(obs):
            actions[rows], probability[rows] = drawn(problem.outlook.actions, weights, u[rows])
        return Decisions(actions, "exact", probability=probability)

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities, a row for everybody, which takes room."""
        probabilities = np.empty((len(obs), len(obs.space.support())))
        for rows, _, weights in self._weights(obs):
            probabilities[rows] = weights
        return ActionDistribution(obs.space.support(), probabilities, np.arange(len(obs)))

    def _weights(self, obs: Observations) -> Iterator[tuple[Rows, Problem, Floats]]:
        now = obs.sizes
        example = obs.game if now is None or not len(now) else of_size(obs.game, int(now[0]))

        def start(person: Draws) -> State:
            state: State = {
                name: value.of_persons(person)[:, None] for name, value in self.parameters().items()
            }
            begun = self.begin(state, problem_of(example, obs.stage, self.informed))
            # Where groups differ in size everybody begins anew in the first round it is there.
            return state | begun | {_BEGUN: np.full(len(person.agent), now is None)}

        def step(state: State, past: Past) -> State:
            own, earned, told = self._lived(obs, past)
            sizes = None if now is None else past.sizes()[0]
            pieces = []
            for there, problem in self._parts(obs, sizes, len(own)):
                rows = _taught(there, own, earned if told is None else None if problem.alone else told)
                before = _rows(state, rows)
                begun = self._begun(before, problem)
                taken = np.searchsorted(problem.outlook.actions, own[rows] - 1e-9).astype(np.int64)
                lesson = Lesson(problem, taken, earned[rows], None if told is None else told[rows])
                learnt = self.learn(begun, lesson)
                pieces.append((rows, learnt if begun is before else begun | learnt))
            return _joined(state, pieces)

        state = obs.fold("learning", start, step)
        sizes = None if now is None else now.astype(np.float64)
        for rows, problem in self._parts(obs, sizes, len(obs)):
            yield rows, problem, self.weights(self._begun(_rows(state, rows), problem), problem)

    def _begun(self, state: State, problem: Problem) -> State:
        """Let those begin who have not."""
        new = np.flatnonzero(~state[_BEGUN])
        if not len(new):
            return state
        begun = self.begin(_rows(state, new), problem) | {_BEGUN: np.ones(len(new), dtype=bool)}
        return _joined(state, [(new, begun)])

    def _parts(self, obs: Observations, sizes: Floats | None, people: int) -> Iterator[tuple[Rows, Problem]]:
        """Give a block of persons at a time, all in groups of one size, and what they learn about.

        Whoever has no size, NaN, is not there and is left out.
        """
        if sizes is None:
            problem = problem_of(obs.game, obs.stage, self.informed)
            yield from ((rows, problem) for rows in _blocks(people, problem))
            return
        there = np.flatnonzero(~np.isnan(sizes))
        known, which = numbered(sizes[there].astype(np.int64))
        order = there[np.argsort(which, kind="stable")] if len(known) > 1 else there
        ends = np.cumsum(np.bincount(which, minlength=len(known)))
        for size, first, end in zip(known, [0, *ends[:-1]], ends, strict=False):
            problem = problem_of(of_size(obs.game, size), obs.stage, self.informed)
            for block in _blocks(end - first, problem):
                yield (block if end - first == people else order[first:end][block]), problem

    def _lived(self, obs: Observations, past: Past) -> tuple[Floats, Floats, Floats | None]:
        """Give what everybody did in a round, earned and was told: (D,) float each."""
        earned = past.earned()[0]
        if not obs.game.shared_out:
            earned = earned / np.maximum(past.games()[0], 1)
        told = past.told(told_of_rival(self.agent_name(), obs.game, obs.stage))[0] if self.informed else None
        return past.own(obs.stage)[0], earned, told


@lru_cache(maxsize=4096)
def problem_of(game: Game, stage: str, informed: bool) -> Problem:
    """Work out what is learnt about at a stage, with what actions earn against others' where that is known."""
    outlook = prospects(game, stage, (), alike)
    if not informed:
        return Problem(outlook)
    others = game.space_at_most(rival_stage(game, stage) or stage).support()
    return Problem(outlook, payoff_table(game, stage), others)


def _blocks(people: int, problem: Problem) -> list[slice]:
    size = max(1, _BLOCK // problem.options)
    return [slice(first, first + size) for first in range(0, max(1, people), size)]


def _taught(rows: Rows, own: Floats, ended: Floats | None) -> Rows:
    """Keep those who decided in a round and, where that counts, know how it ended for them."""
    known = ~np.isnan(own[rows])
    if ended is not None:
        known &= ~np.isnan(ended[rows])
    return rows if known.all() else np.arange(len(own))[rows][known]


def _rows(state: State, rows: Rows) -> State:
    return {name: values[rows] for name, values in state.items()}


def _joined(state: State, pieces: Sequence[tuple[Rows, State]]) -> State:
    """Put new values of some persons into the state of all."""
    joined = dict(state)
    for name in dict.fromkeys(name for _, piece in pieces for name in piece):
        parts = [(rows, piece[name]) for rows, piece in pieces if name in piece]
        if len(parts) == 1 and len(parts[0][1]) == len(state[name]):
            joined[name] = parts[0][1]
            continue
        joined[name] = state[name].astype(np.result_type(state[name], *(part for _, part in parts)))
        for rows, part in parts:
            joined[name][rows] = part
    return joined


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
