"""What strategies for the repeated dilemma share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gamesim.actions import Choice
from gamesim.behaviour.outcomes import names_told
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats

OPTIONS = ("cooperate", "defect")


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


def cooperated(obs: Observations, rounds: int) -> tuple[Floats, Floats]:
    """Give who cooperated in the last rounds, oneself and (as a share) the others: (T, D) float each.

    NaN stands for no decision; there are fewer rounds where fewer have been played.
    """
    past = obs.past.recent(rounds)
    own, other = past.own(obs.stage), past.told("other")
    return (1 - own, 1 - other) if _cooperating(obs) == 0 else (own, other)


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
        (own,), (share,) = cooperated(obs, 1)
        after = own * (share * both + (1 - share) * alone) + (1 - own) * (
            share * other + (1 - share) * nobody
        )
        return np.where(np.isnan(after), start, after)
