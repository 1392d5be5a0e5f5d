"""What a matching may look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesim.game import Game
from gamesim.network import Network
from gamesim.population import Cast
from gamesim.streams import Floats, Ints

ANY = ""
"""Stands for the role where groups are formed of all agents, whose roles are drawn afterwards."""


@dataclass(frozen=True)
class Scene:
    """What a matching may look at.

    Parameters
    ----------
    game : Game
        What is played.
    cast : Cast
        Who holds which role.
    round : int
        Number of the round, from 1; where supergames are played, that of the supergame.
    seed : int
        Of the run.
    network : Network, optional
        Who is next to whom, over all sessions.
    score : (sessions * n,) float, optional
        What everybody earned so far.
    present : (K,) int, optional
        Who is there, ascending, where some join a network later.
    """

    game: Game
    cast: Cast
    round: int
    seed: int
    network: Network | None = None
    score: Floats | None = None
    present: Ints | None = None

    @property
    def pools(self) -> dict[str, tuple[Ints, int]]:
        """From whom groups are formed, by role: (P,) int, the agents, and how many of them a group takes.

        Where roles are drawn anew in every round there is one pool of all agents, under `ANY`.
        """
        if self.cast.rotating:
            return {ANY: (np.arange(self.cast.n), len(self.game.roles))}
        return {role: (agents, self.game.seats_of(role)) for role, agents in self.cast.members.items()}
