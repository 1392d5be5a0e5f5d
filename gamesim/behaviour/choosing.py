"""Agents that weigh what each action can bring: best replies, and logit choice, for persons who may all differ."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from gamesim.behaviour.beliefs import find_beliefs, record_of
from gamesim.behaviour.outcomes import Prospects, prospects, rival_stage, weighed
from gamesim.behaviour.sizes import each_game
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Floats, Ints

_BLOCK = 400_000
"""Numbers worked on at a time: a block stays in the processor's cache, and a million persons in little memory."""

_TIE = 1e-9


def logit(utilities: Floats, precision: Floats | float, kindness: Floats) -> Floats:
    """Turn utilities into choice probabilities (McFadden 1974).

    Parameters
    ----------
    utilities : (D, L) float
    precision : float or (D, 1) float
        At 0 every action is equally likely; at infinity the best is taken, at a tie the one that leaves others the
        most, and of these the first.
    kindness : (L,) float
        What others earn together after each action.

    Returns
    -------
    (D, L) float
        Each row sums to 1.
    """
    top = utilities.max(axis=1, keepdims=True)
    # Where every action has a utility of minus infinity, all are equally good.
    sunk = np.isneginf(top)
    if sunk.any():
        utilities, top = np.where(sunk, 0.0, utilities), np.where(sunk, 0.0, top)
    endless = np.broadcast_to(np.isinf(precision) | sunk, top.shape)
    weights: Floats = np.exp(np.where(endless, 0.0, precision) * (utilities - top))
    weights /= weights.sum(axis=1, keepdims=True)
    if endless.any():
        rows = np.flatnonzero(endless)
        weights[rows] = np.arange(utilities.shape[1]) == best(utilities[rows], kindness)[:, None]
    return weights


def best(utilities: Floats, kindness: Floats) -> Ints:
    """Find the best action of each row, at a tie the kindest, and of these the first: (D, L) float to (D,) int."""
    top = utilities.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        good = utilities >= top - _TIE * np.maximum(1, np.abs(top))
    good |= np.isneginf(top)
    place: Ints = np.where(good, np.round(kindness, 9), -np.inf).argmax(axis=1)
    return place


def drawn(values: Floats, weights: Floats, u: Floats) -> tuple[Floats, Floats]:
    """Draw one of the values a row.

    Parameters
    ----------
    values : (L,) float
    weights : (D, L) float
        Probabilities.
    u : (D,) float
        Uniform draws on [0, 1).

    Returns
    -------
    actions : (D,) float
    probability : (D,) float
    """
    cumulative = np.cumsum(weights, axis=1)
    place = (cumulative <= (u * cumulative[:, -1])[:, None]).sum(axis=1)
    probability = np.take_along_axis(weights, place[:, None], axis=1)[:, 0]
    return values[place], probability


@dataclass(frozen=True)
class Chooser(ExactPolicy):
    """An agent that gives every action a utility and takes the best, or one by logit choice.

    Parameters
    ----------
    precision : Parameter
        How sharply it prefers what is better, per unit of utility: the probability of an action is proportional to
        ``exp(precision * utility)``.  At ``inf`` it takes the best; at a tie the one that leaves others the most, and
        of these the lowest.
    beliefs : str
        What it believes of those who decide at the same time or after it: ``uniform`` (every action equally likely),
        ``human`` (as people on record, by share) or ``spe`` (selfish equilibrium play).  Several others are taken to
        act alike.
    """

    precision: Parameter = personal(math.inf, least=0)
    beliefs: str = "uniform"

    lookback: ClassVar[int | None] = 0

    social: ClassVar[bool] = True
    """Whether it is about others, so that a decision which concerns nobody else is refused."""

    curved: ClassVar[bool] = False
    """Whether utilities are worked out for each outcome and person, rather than from averages."""

    @abstractmethod
    def utilities(self, outcomes: Prospects, of: Mapping[str, Floats]) -> Floats:
        """Give the utility of every action to every person: (D, L) float, or (1, L) where all are alike.

        Parameters
        ----------
        outcomes : Prospects
            What can come of each action.
        of : mapping from parameter to (D, 1) float
            Everybody's parameters; (1, 1) where all are alike.
        """

    def prepare(self, setting: Setting) -> Self:
        """Refuse games whose outcomes cannot be weighed, and others' choices of which nothing is believed."""
        for game, stage in weighed(setting):
            found = self.prospects(game, stage, dict.fromkeys(game.stage(stage).sees, 0.0))
            if self.social and game is setting.game and not found.others.shape[1]:
                raise GamesimError(
                    f"{self.agent_name()}: {game.name}.{stage} concerns nobody else, whom this agent is about"
                )
            where = f" in groups of {len(game.roles)}" if setting.sizes else ""
            self.check(found, f"{game.name}.{stage}{where}")
        if self.beliefs == "human":
            rivals = [rival_stage(setting.game, stage) for stage in setting.decisions()]
            names = [record_of(setting.game, rival).name for rival in rivals if rival is not None]
            object.__setattr__(self, "_records", tuple(dict.fromkeys(names)))
        return self

    def alone(self, outcomes: Prospects) -> Floats:
        """Give the utility of every action to whom a network leaves without others: own earnings, (1, L) float."""
        return outcomes.mean[None, :]

    def check(self, outcomes: Prospects, decision: str) -> None:
        """Refuse outcomes that the model is not about; subclasses override."""

    def describe(self) -> dict[str, Any]:
        """Add the records on which beliefs rest."""
        about = super().describe()
        records = list(getattr(self, "_records", ()))
        return about | ({"trained_on": ["moblab"], "references": records} if records else {})

    def prospects(self, game: Game, stage: str, seen: Mapping[str, float]) -> Prospects:
        """Lay out what can come of each action."""
        where = f"{self.agent_name()}@beliefs"
        return prospects(game, stage, tuple(seen.items()), find_beliefs(where, self.beliefs))

    def decide(self, obs: Observations) -> Decisions:
        """Draw one action a row; person by person, block by block, where persons differ."""
        if not any(each.varies for each in self.parameters().values()):
            return super().decide(obs)
        actions, probability = np.empty(len(obs)), np.empty(len(obs))
        u = obs.draws.uniform()
        for rows, found, of in self._blocks(obs):
            if self.precision.varies or math.isfinite(self.precision.value):
                weights = self._weights(found, of)
                actions[rows], probability[rows] = drawn(found.actions, weights, u[rows])
            else:
                place = best(self._utilities(found, of), found.kindness)
                actions[rows], probability[rows] = found.actions[place], 1.0
        return Decisions(actions, "exact", probability=probability)

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities; one row for everybody where persons differ, which takes room."""
        situation, seen = self._situations(obs)
        if any(each.varies for each in self.parameters().values()):
            row: Ints = np.arange(len(obs))
            parts = [(rows, found.actions, self._weights(found, of)) for rows, found, of in self._blocks(obs)]
        else:
            row = situation
            of = {name: np.full((1, 1), each.value) for name, each in self.parameters().items()}
            parts = []
            for number, (game, shown) in enumerate(seen):
                found = self.prospects(game, obs.stage, shown)
                parts.append((np.array([number]), found.actions, self._weights(found, of)))
        width = max((len(values) for _, values, _ in parts), default=1)
        size = len(obs) if row is not situation else len(seen)
        actions, probabilities = np.zeros((size, width)), np.zeros((size, width))
        for rows, values, weights in parts:
            actions[rows, : len(values)] = values
            probabilities[rows, : len(values)] = weights
        return ActionDistribution(actions, probabilities, row if size > 1 else None)

    def _situations(self, obs: Observations) -> tuple[Ints, list[tuple[Game, dict[str, float]]]]:
        """Tell the distinct games, by size of group, and things that are shown, and which each is in: (D,) int."""
        games, which = each_game(obs)
        if not obs.seen:
            return which, [(game, {}) for game in games]
        shown, situation = np.unique(
            np.column_stack([which, *obs.seen.values()]), axis=0, return_inverse=True
        )
        return situation.ravel().astype(np.int64), [
            (games[int(place)], dict(zip(obs.seen, row, strict=True))) for place, *row in shown.tolist()
        ]

    def _blocks(self, obs: Observations) -> Iterator[tuple[Ints, Prospects, dict[str, Floats]]]:
        """Give a few rows at a time, all in one situation: rows, what can come, and their parameters."""
        traits = {name: each.of(obs) for name, each in self.parameters().items() if each.varies}
        same = {
            name: np.full((1, 1), each.value) for name, each in self.parameters().items() if not each.varies
        }
        situation, seen = self._situations(obs)
        order = np.argsort(situation, kind="stable") if len(seen) > 1 else np.arange(len(obs))
        ends = np.cumsum(np.bincount(situation, minlength=len(seen)))
        for (game, shown), start, end in zip(seen, [0, *ends[:-1]], ends, strict=True):
            found = self.prospects(game, obs.stage, shown)
            size = max(1, _BLOCK // len(found.row if self.curved else found.actions))
            for first in range(start, end, size):
                rows = order[first : min(first + size, end)]
                yield rows, found, same | {name: values[rows, None] for name, values in traits.items()}

    def _utilities(self, found: Prospects, of: Mapping[str, Floats]) -> Floats:
        rows = max(len(values) for values in of.values())
        nobody = self.social and not found.others.shape[1]
        utilities = self.alone(found) if nobody else self.utilities(found, of)
        return np.broadcast_to(utilities, (rows, len(found.actions)))

    def _weights(self, found: Prospects, of: Mapping[str, Floats]) -> Floats:
        return logit(self._utilities(found, of), of["precision"], found.kindness)
