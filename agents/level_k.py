"""Level-k reasoning: each level replies to the one below it (Stahl & Wilson 1994; Nagel 1995)."""

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


@dataclass(frozen=True)
class LevelK(ExactPolicy):
    """Replies to players one level below; level 0 plays uniformly (Nagel 1995; Costa-Gomes & Crawford 2006).

    In a beauty contest with p = 2/3 levels 1, 2, 3 guess 33, 22, 15.

    Parameters
    ----------
    level : Parameter
        How many steps it thinks, such as ``2``, or ``choice(0,1,1,2,2,3)`` for people who differ.
    precision : Parameter
        Of logit choice, per unit of game money, the same for all; ``inf`` takes the best reply, at a tie the first.
    """

    level: Parameter = personal(1, least=0, most=50, whole=True)
    precision: Parameter = personal(math.inf, least=0, shared="each level knows that of the others")

    lookback = 0
    fitted = {"level": (0.0, 5.0), "precision": (0.0, 10.0)}

    def prepare(self, setting: Setting) -> "LevelK":
        """Refuse games in which players do not decide at the same time."""
        for game, stage in weighed(setting):
            self._choices(game, stage)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give everybody the probabilities of its level."""
        level = self.level.of(obs).astype(np.int64)
        return of_levels(obs, level, lambda game: self._choices(game, obs.stage))

    def _choices(self, game: Game, stage: str) -> Floats:
        top = int(max(self.level.numbers))
        below = tuple((0.0,) * level + (1.0,) for level in range(top))
        return choices_by_level(game, stage, self.precision.value, below)
