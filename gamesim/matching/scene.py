"""What a matching may look at, and the shuffles that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesim.game import Game
from gamesim.network import Network
from gamesim.population import Cast
from gamesim.streams import Floats, Ints, generator, key, words

ANY = ""
"""Stands for the role where groups are formed of all agents, whose roles are drawn afterwards."""
_SORT_UP_TO = 512
"""Sessions up to this size are shuffled together by sorting keyed draws; larger ones one by one, which is faster."""


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


def shuffles(n: int, sessions: int, *address: int | str) -> Ints:
    """Shuffle 0 to n-1 for every session: (sessions, n) int.

    A session's shuffle depends on its number and size alone, not on how many sessions there are.
    """
    if n <= _SORT_UP_TO:
        streams = words(key(*address, n), np.arange(sessions))
        draws = words(np.repeat(streams, n), np.tile(np.arange(n), sessions))
        return np.argsort(draws.reshape(sessions, n), axis=1, kind="stable")
    orders = [generator(*address, n, session).permutation(n) for session in range(sessions)]
    return np.stack(orders) if sessions > 1 else orders[0][None]
