"""What all imitators on a network share: they do what a neighbour did, where everybody may do the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from gamesim.behaviour.on_networks import NetworkRule
from gamesim.errors import GamesimError
from gamesim.policy import Setting


@dataclass(frozen=True)
class Imitator(NetworkRule):
    """An agent that takes over what somebody next to it did in the last round.

    Parameters
    ----------
    start
        As in `NetworkRule`.
    """

    def prepare(self, setting: Setting) -> Self:
        """Refuse decisions at which what one does may not be legal for another."""
        for stage in setting.decisions():
            if setting.game.varies(stage):
                raise GamesimError(
                    f"{self.agent_name()} takes over what a neighbour did, but at {setting.game.name}.{stage} not "
                    "everybody may do the same: give that role to another agent, as in role=agent,role=agent"
                )
        return super().prepare(setting)
