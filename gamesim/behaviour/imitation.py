"""What all imitators on a network share: how they begin, and that they have neighbours to look at."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gamesim.actions import Choice
from gamesim.distribution import ActionDistribution, certain, uniform
from gamesim.errors import GamesimError
from gamesim.neighbours import Neighbours, check_shown
from gamesim.observation import Observations
from gamesim.parameters import ranged
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Floats


@dataclass(frozen=True)
class Imitator(ExactPolicy):
    """An agent that takes over what somebody next to it did in the last round.

    Parameters
    ----------
    start : float, optional
        Probability of the first option in the first round, for choices between two; without it every legal action is
        equally likely then.
    """

    start: float | None = ranged(None, least=0, most=1)

    lookback: ClassVar[int | None] = 1
    looks_at: ClassVar[str] = "earnings"
    """What it must be shown of its neighbours, one of `gamesim.neighbours.SHOWN`."""

    def prepare(self, setting: Setting) -> Self:
        """Refuse to play where there is nobody to imitate."""
        if not setting.linked:
            raise GamesimError(
                f"{self.agent_name()} imitates its neighbours: play it on a network, such as "
                "--network watts_strogatz:k=6,p=0.1"
            )
        if setting.separate:
            raise GamesimError(
                f"{self.agent_name()} takes over what a neighbour did, and who decides separately for each group does "
                "several things: play it with matching edges or neighbourhoods"
            )
        check_shown(self.agent_name(), self.looks_at, setting.neighbours)
        for stage in setting.decisions():
            if setting.game.varies(stage):
                raise GamesimError(
                    f"{self.agent_name()} takes over what a neighbour did, but at {setting.game.name}.{stage} not "
                    "everybody may do the same: give that role to another agent, as in role=agent,role=agent"
                )
        return self

    @abstractmethod
    def imitated(self, obs: Observations, around: Neighbours) -> tuple[Floats, Floats]:
        """Give what each takes over, and with which probability it did: (D,) float each; NaN where nothing is seen."""

    def decide(self, obs: Observations) -> Decisions:
        """Take over what was seen; begin anew where nothing was."""
        around = obs.neighbours
        if around is None or around.play is None:
            return self._begin(obs)
        actions, probability = self.imitated(obs, around)
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
        taken = self.imitated(obs, around)[0]
        lost = np.isnan(taken)
        if not lost.any():
            return certain(taken)
        support = obs.space.support()
        distinct, row = np.unique(np.where(lost, np.inf, taken), return_inverse=True)
        sure = (support == distinct[:-1, None]).astype(np.float64)
        return ActionDistribution(support, np.vstack([sure, self.first(obs).probabilities]), row.ravel())
