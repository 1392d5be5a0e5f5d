"""What the players of a network see of those next to them: what each did and earned last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.game import Play
from gamesim.network import Network
from gamesim.streams import Floats, Ints

SHOWN = ("nothing", "actions", "earnings")
"""How much neighbours see of each other; each level shows all of those before it."""


@dataclass(frozen=True)
class Neighbours:
    """The last round of everybody's neighbours.

    Parameters
    ----------
    network : Network
        Who is next to whom: N agents.
    agent : (D,) int
        The deciders.
    play : Play, optional
        The last round, if there was one.
    role : str
        The role in which everybody decides.
    shown : str
        One of `SHOWN`.
    """

    network: Network
    agent: Ints
    play: Play | None
    role: str
    shown: str = "earnings"

    def take(self, rows: NDArray[np.integer]) -> Neighbours:
        """Keep some deciders."""
        return Neighbours(self.network, self.agent[rows], self.play, self.role, self.shown)

    def actions(self, stage: str) -> Floats:
        """Give what everybody did last, by agent: (N,) float; NaN where there is nothing to see.

        A policy may look at neighbours of its deciders alone; the methods of `Network` do just that.
        """
        self._allow("actions")
        if self.play is None:
            return np.full(self.network.n, np.nan)
        seats = self.play.seats(self.role)
        return self._by_agent(seats.deciders, self.play.decided[stage])

    @cached_property
    def earned(self) -> Floats:
        """What everybody earned last, by agent: (N,) float; NaN where there is nothing to see."""
        self._allow("earnings")
        if self.play is None:
            return np.full(self.network.n, np.nan)
        seats = self.play.seats(self.role)
        return self._by_agent(seats.deciders, self.play.earned[self.role])

    def _by_agent(self, agents: Ints, values: Floats) -> Floats:
        if len(agents) == self.network.n:
            return values  # deciders stand in the order of their numbers
        whole = np.full(self.network.n, np.nan)
        whole[agents] = values
        return whole

    def _allow(self, what: str) -> None:
        if SHOWN.index(self.shown) < SHOWN.index(what):
            raise GamesimError(
                f"an agent here looks at its neighbours' {what}, but they are shown {self.shown}: "
                f"play with --neighbours {what}"
            )
