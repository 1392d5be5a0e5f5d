"""The free rider: contributes nothing, whatever others do (Fischbacher, Gaechter & Fehr 2001)."""

from dataclasses import dataclass

from gamesim.behaviour.contributions import check_contributions, nothing
from gamesim.distribution import ActionDistribution
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting


@dataclass(frozen=True)
class FreeRider(ExactPolicy):
    """Contributes nothing; of 44 subjects 13 did (Fischbacher, Gaechter & Fehr 2001)."""

    lookback = 0

    def prepare(self, setting: Setting) -> "FreeRider":
        """Refuse games without contributions."""
        for stage in setting.decisions():
            check_contributions("free_rider", setting, stage)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Put all probability on nothing."""
        return nothing(obs)
