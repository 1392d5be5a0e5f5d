"""Imitators that take over a neighbour's action by chance."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np

from gamesim.behaviour.imitation import Imitator
from gamesim.distribution import ActionDistribution
from gamesim.neighbours import Neighbours
from gamesim.observation import Observations
from gamesim.streams import Floats, Ints

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Ties:
    """Everybody's ties to neighbours, one decider after another: E ties of D deciders.

    Parameters
    ----------
    around : Neighbours
    stage : str
        What is decided.
    """

    around: Neighbours
    stage: str
    size: Ints = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", self.around.network.degree[self.around.agent])

    @cached_property
    def decider(self) -> Ints:
        """Whose tie each is, by row of the batch: (E,) int."""
        return np.repeat(np.arange(len(self.size)), self.size)

    @cached_property
    def other(self) -> Ints:
        """Who is at the other end, by agent: (E,) int."""
        network = self.around.network
        shift = network.starts[self.around.agent] - np.cumsum(self.size) + self.size
        return network.neighbours[np.arange(len(self.decider)) + shift[self.decider]]

    @cached_property
    def actions(self) -> Floats:
        """What everybody did last, by agent: (N,) float."""
        return self.around.actions(self.stage)

    def total(self, values: Floats) -> Floats:
        """Sum over everybody's ties: (E,) to (D,)."""
        return np.bincount(self.decider, values, len(self.size)).astype(np.float64)

    def by_gain(self, gained: Floats, games: Ints, widest: float) -> Floats:
        """Give chances in proportion to how much more a neighbour drawn at random gained, if it did: (E,) float.

        Parameters
        ----------
        gained : (N,) float
            What everybody gained.
        games : (N,) int
            In how many games each gained it; of two the larger number counts.
        widest : float
            The most that gains from one game can differ by.
        """
        own = self.around.agent[self.decider]
        gap = np.maximum(gained[self.other] - gained[own], 0)
        most = np.maximum(games[self.other], games[own]) * widest
        # Where the network changed since, gains can be those of more games than there are now.
        chance: Floats = np.minimum(gap / most, 1.0) / self.size[self.decider]
        return chance


@dataclass(frozen=True)
class Copier(Imitator):
    """An imitator that gives each of its neighbours a probability of being copied, and else keeps its action.

    Neighbours without an action are passed over.
    """

    @abstractmethod
    def chances(self, ties: Ties) -> Floats:
        """Give the probability that each tie is followed: (E,) float, at most 1 in sum for every decider."""

    def next_actions(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Follow one tie or none; the probability is that of the action that comes of it.

        Whoever follows nobody and has no action to keep begins anew.
        """
        ties, chance = self._chances(obs, around)
        own, beside = ties.actions[around.agent], ties.actions[ties.other]
        end, total = np.cumsum(ties.size), ties.total(chance)
        cumulative = np.concatenate([[0.0], np.cumsum(chance)])
        before = cumulative[end - ties.size]
        u = obs.draws.uniform()
        # Chances that sum to 1 but for rounding leave nobody out.
        followed = u < np.where(total > 1 - _ROUNDING, 1.0, total)
        place = np.searchsorted(cumulative, before + u, side="right") - 1
        lost = np.flatnonzero(np.isnan(own))
        taken = own.copy()
        if len(lost):
            beginners = obs.take(lost)
            taken[lost] = self.first(beginners).sample(beginners.draws.uniform("beginning"))[0]
        taken[followed] = beside[np.minimum(place, end - 1)[followed]]
        same = ties.total(np.where(beside == taken[ties.decider], chance, 0.0))
        kept = (own == taken).astype(np.float64)
        kept[lost] = self._begun_with(taken[lost], obs)
        return taken, np.clip(same + (1 - total) * kept, 0, 1)

    def _begun_with(self, actions: Floats, obs: Observations) -> Floats:
        """Give the probability of each action for whoever begins: (D,) float."""
        first = self.first(obs)
        return cast(Floats, first.probabilities[0][np.searchsorted(first.values_of(0), actions - 1e-9)])

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probability of every legal action."""
        around = obs.neighbours
        if around is None or around.play is None:
            return super().distribution(obs)
        ties, chance = self._chances(obs, around)
        own, support = ties.actions[around.agent], obs.space.support()
        lost = np.isnan(own)
        weights = np.zeros((len(obs), len(support)))
        beside = np.searchsorted(support, ties.actions[ties.other] - 1e-9)
        np.add.at(weights, (ties.decider, np.minimum(beside, len(support) - 1)), chance)
        stays = 1 - ties.total(chance)
        rows = np.flatnonzero(~lost)
        weights[rows, np.searchsorted(support, own[rows] - 1e-9)] += stays[rows]
        if lost.any():
            weights[lost] += stays[lost, None] * self.first(obs).probabilities
        return ActionDistribution(support, np.clip(weights, 0, 1), np.arange(len(obs)))

    def _chances(self, obs: Observations, around: Neighbours) -> tuple[Ties, Floats]:
        ties = Ties(around, obs.stage)
        possible = ~np.isnan(ties.actions[ties.other])
        return ties, np.where(possible, np.nan_to_num(self.chances(ties)), 0.0)
