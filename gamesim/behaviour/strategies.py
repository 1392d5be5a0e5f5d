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
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats

OPTIONS = ("cooperate", "defect")
ALL = 10**9
"""More rounds than are ever played."""
CHI_SQUARED = 3.841458820694124
"""Exceeded by chance once in twenty, with one degree of freedom."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Strategy(ExactPolicy):
    """A strategy for the prisoner's dilemma: the probability of cooperating, given what has been played.

    It looks at whoever it met in the last rounds, the same or others. Where it meets several at once, as on the edges
    of a network, it is told the share that defected: strategies that respond to one round mix their responses by that
    share, and those that count defections count one where more than half defected.

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


def own_cooperation(obs: Observations, rounds: int = ALL) -> Floats:
    """Give whether one cooperated oneself in the last rounds, oldest first: (T, D) float, NaN for no decision."""
    return _as_cooperation(obs, obs.past.recent(rounds).own(obs.stage))


def others_cooperation(obs: Observations, rounds: int = ALL) -> Floats:
    """Give the share of the others that cooperated in the last rounds, oldest first: (T, D) float, NaN for nobody."""
    return _as_cooperation(obs, obs.past.recent(rounds).told("other"))


def own_defections(obs: Observations, rounds: int = ALL) -> Bools:
    """Tell in which of the last rounds one defected oneself, oldest first: (T, D) bool."""
    return own_cooperation(obs, rounds) < 0.5


def others_defections(obs: Observations, rounds: int = ALL) -> Bools:
    """Tell in which of the last rounds more than half of the others defected, oldest first: (T, D) bool."""
    return others_cooperation(obs, rounds) < 0.5


def punishing(provoked: Bools, first: int, longer: int = 0) -> Bools:
    """Tell who is to punish now, after provocations that start a punishment each unless one is going on.

    Parameters
    ----------
    provoked : (T, D) bool
        By round, oldest first.
    first : int
        Rounds that the first punishment lasts.
    longer : int
        Rounds by which each outlasts the one before it.

    Returns
    -------
    (D,) bool
    """
    left = np.zeros(provoked.shape[1], dtype=np.int64)
    length = np.full(provoked.shape[1], first)
    for now in provoked:
        starts = now & (left == 0)
        left = np.where(starts, length, np.maximum(left - 1, 0))
        length = length + longer * starts
    return left > 0


def seems_random(defections: Bools) -> Bools:
    """Tell whose defections are as frequent as a fair coin's, by Pearson's chi-squared test at 5 %.

    Parameters
    ----------
    defections : (T, D) bool
        By round, oldest first.

    Returns
    -------
    (T, D) bool
        After each round, by all rounds up to it.
    """
    rounds = np.arange(1, len(defections) + 1)[:, None]
    excess = 2 * np.cumsum(defections, axis=0) - rounds
    return excess**2 / rounds <= CHI_SQUARED


def _as_cooperation(obs: Observations, choices: Floats) -> Floats:
    return 1 - choices if _cooperating(obs) == 0 else choices


def rounds_left(obs: Observations) -> float:
    """Give how many rounds follow this one, as far as is announced; endless where chance decides."""
    return float(obs.rounds - obs.round) if obs.rounds else np.inf


@dataclass(frozen=True)
class Deterministic(Strategy):
    """A strategy that leaves nothing to chance."""

    @abstractmethod
    def defects(self, obs: Observations) -> Bools:
        """Tell who is to defect: (D,) bool."""

    def cooperation(self, obs: Observations) -> Floats:
        """Cooperate for sure or not at all."""
        return (~self.defects(obs)).astype(np.float64)


@dataclass(frozen=True)
class Response(Strategy):
    """A strategy that responds to the last round alone: five probabilities of cooperating."""

    lookback: ClassVar[int | None] = 1

    @abstractmethod
    def plan(self, obs: Observations) -> tuple[Floats | float, ...]:
        """Give the probability of cooperating after each outcome: (D,) float or a number each.

        Returns
        -------
        tuple
            After both cooperated; after only oneself did; after only the other did; after nobody did; at the start,
            and wherever one of the two made no decision.
        """

    def cooperation(self, obs: Observations) -> Floats:
        """Look the last round up; mix by the share of others that cooperated."""
        both, alone, other, nobody, start = self.plan(obs)
        if not len(obs.past):
            return np.broadcast_to(np.asarray(start, dtype=np.float64), (len(obs),))
        (own,), (share,) = own_cooperation(obs, 1), others_cooperation(obs, 1)
        after = own * (share * both + (1 - share) * alone) + (1 - own) * (
            share * other + (1 - share) * nobody
        )
        return np.where(np.isnan(after), start, after)
