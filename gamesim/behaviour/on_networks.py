"""What all rules on a network share: how they begin, and that they go by what their neighbours did last."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np

from gamesim.actions import Choice
from gamesim.behaviour.outcomes import payoff_table
from gamesim.behaviour.sizes import games_of
from gamesim.distribution import ActionDistribution, certain, uniform
from gamesim.errors import GamesimError
from gamesim.neighbours import Neighbours
from gamesim.observation import Observations
from gamesim.parameters import ranged
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Floats


@dataclass(frozen=True)
class NetworkRule(ExactPolicy):
    """An agent that goes by what was done next to it in the last round.

    Parameters
    ----------
    start : float, optional
        Probability of the first option in the first round, for choices between two; without it every legal action is
        equally likely then.
    """

    start: float | None = ranged(None, least=0, most=1)

    lookback: ClassVar[int | None] = 1
    needs_network: ClassVar[bool] = True
    one_choice: ClassVar[bool] = True
    looks_at: ClassVar[str] = "earnings"
    tabled: ClassVar[bool] = False
    """Whether it goes by what each action earns against each of the others', so that these decide at the same time."""

    def prepare(self, setting: Setting) -> Self:
        """Refuse games without a table of payoffs, if it goes by one."""
        if self.tabled:
            for game, stage in itertools.product(games_of(setting), setting.decisions()):
                payoff_table(game, stage)
        return self

    @abstractmethod
    def next_actions(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Give what each does now, and with which probability it did: (D,) float each; NaN where nothing is seen."""

    def decide(self, obs: Observations) -> Decisions:
        """Go by what was seen; begin anew where nothing was."""
        around = obs.neighbours
        if around is None or around.play is None:
            return self._begin(obs)
        actions, probability = self.next_actions(obs, around)
        rows = np.flatnonzero(np.isnan(actions))
        if len(rows):
            begun = self._begin(obs.take(rows))
            actions, probability = actions.copy(), probability.copy()
            actions[rows], probability[rows] = begun.actions, begun.probability
        return Decisions(actions, "exact", probability=probability)

    def _begin(self, obs: Observations) -> Decisions:
        actions, probability = self.first(obs).sample(obs.draws.uniform())
        return Decisions(actions, "exact", probability=probability)

    def first(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities of those who have seen nothing: one distribution for all."""
        if self.start is None:
            return uniform(obs.space, len(obs))
        if not isinstance(obs.space, Choice) or len(obs.space.labels) != 2:
            raise GamesimError(
                f"{self.agent_name()}@start= is for choices between two, but {obs.decision} is none"
            )
        return ActionDistribution(np.array([0.0, 1.0]), np.array([[self.start, 1 - self.start]]))

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities: those of the first round, and certainty afterwards wherever anything is seen."""
        around = obs.neighbours
        if around is None or around.play is None:
            return self.first(obs)
        taken = self.next_actions(obs, around)[0]
        lost = np.isnan(taken)
        if not lost.any():
            return certain(taken)
        support = obs.space.support()
        distinct, row = np.unique(np.where(lost, np.inf, taken), return_inverse=True)
        sure = (support == distinct[:-1, None]).astype(np.float64)
        return ActionDistribution(support, np.vstack([sure, self.first(obs).probabilities]), row.ravel())


def first_of_best(values: Floats, own: Floats) -> Floats:
    """Find the option with the most, at a tie the own one, else the first: (L, N) and (N,) float to (N,) float."""
    options = np.arange(len(values))[:, None]
    top = values.max(axis=0)
    stays = ((options == own) & (values >= top - 1e-9)).any(axis=0)
    return cast(Floats, np.where(stays, own, (values >= top - 1e-9).argmax(axis=0)).astype(np.float64))
