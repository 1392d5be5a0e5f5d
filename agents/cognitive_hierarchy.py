"""The cognitive hierarchy: each level replies to the mixture of all below it (Camerer, Ho & Chong 2004)."""

import math
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.levels import choices_by_level, of_levels
from gamesim.behaviour.outcomes import weighed
from gamesim.distribution import ActionDistribution
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats

_TAIL = 1e-9


@dataclass(frozen=True)
class CognitiveHierarchy(ExactPolicy):
    """Thinks a number of steps that is Poisson over people, and replies to those who think fewer.

    Level k believes the levels below it to be in the shares ``f(h) / sum f``, f the Poisson distribution with mean
    tau; level 0 plays uniformly (Camerer, Ho & Chong 2004, section II).  Everybody keeps a level through the session.
    An average of 1.5 steps, the default, "fits data from many games" (their abstract).

    Parameters
    ----------
    tau : Parameter
        Mean number of steps, the same for all.
    precision : Parameter
        Of logit choice, per unit of game money, the same for all; ``inf`` takes the best reply, at a tie the first.
    """

    tau: Parameter = personal(1.5, least=0, most=20, shared="people differ in their level")
    precision: Parameter = personal(math.inf, least=0, shared="people differ in their level")

    lookback = 0
    fitted = {"tau": (0.0, 5.0), "precision": (0.0, 10.0)}

    def prepare(self, setting: Setting) -> "CognitiveHierarchy":
        """Refuse games in which players do not decide at the same time."""
        for game, stage in weighed(setting):
            self._choices(game, stage)
        return self

    def shares(self) -> Floats:
        """Give the shares of the levels from 0 on: (K,) float, all but a billionth of the people."""
        share = [math.exp(-self.tau.value)]
        while sum(share) < 1 - _TAIL:
            share.append(share[-1] * self.tau.value / len(share))
        return np.array(share) / sum(share)

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give everybody the probabilities of its level."""
        level = np.searchsorted(np.cumsum(self.shares())[:-1], obs.person.uniform("level"), side="right")
        return of_levels(obs, level.astype(np.int64), lambda game: self._choices(game, obs.stage))

    def _choices(self, game: Game, stage: str) -> Floats:
        share = self.shares()
        below = tuple(tuple((share[:top] / share[:top].sum()).tolist()) for top in range(1, len(share)))
        return choices_by_level(game, stage, self.precision.value, below)
