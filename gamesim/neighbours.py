"""What the players of a network see of those next to them: what each did and earned last."""

from __future__ import annotations

import math
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
EARNED, IDLE = "earned", "idle"
"""What is seen of neighbours beside what they did at each stage."""
_DIGITS = 10


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

        Who decided for several groups separately is seen with the mean of that.
        A policy may look at neighbours of its deciders alone; the methods of `Network` do just that.
        """
        self._allow("actions")
        if self.play is None:
            return np.full(self.network.n, np.nan)
        seats = self.play.seats(self.play.game.decider(stage))
        return seats.by_agent(self.play.decided[stage], self.network.n)

    @cached_property
    def earned(self) -> Floats:
        """What everybody earned last, by agent: (N,) float; NaN where there is nothing to see.

        Rounded to ten digits of the largest, so that equal earnings are equal in whichever order they were summed up.
        """
        self._allow("earnings")
        if self.play is None:
            return np.full(self.network.n, np.nan)
        if len(self.play.earned) == 1:
            seats = self.play.seats(self.role)
            return _to_digits(seats.total_by_agent(self.play.earned[self.role], self.network.n))
        whole = np.full(self.network.n, np.nan)
        for role, earned in self.play.earned.items():
            whole[self.play.seats(role).deciders] = earned
        return _to_digits(whole)

    @property
    def idle(self) -> Floats:
        """Tell who had nothing to do last, by agent: (N,) float.

        0 for whoever was to decide something, 1 for who held a role that decides nothing, 2 for who held none.
        """
        idle = np.full(self.network.n, 2.0)
        if self.play is not None:
            game = self.play.game
            deciding = {game.decider(stage) for stage in self.play.decided if stage not in game.talks}
            for role, seats in self.play.groups.seats.items():
                idle[seats.deciders] = 0.0 if role in deciding else 1.0
        return idle

    @property
    def count(self) -> Ints:
        """Number of neighbours of each decider: (D,) int."""
        return self.network.degree[self.agent]

    def seen(self) -> dict[str, Floats]:
        """Give what is shown of everybody in the last round: (N,) float each.

        These are what was done, stage by stage, ``earned`` and ``idle``.  Messages are for the group that they were
        said in, and are not among it.
        """
        if self.play is None or self.shown == "nothing":
            return {}
        known = {
            stage: self.actions(stage) for stage in self.play.decided if stage not in self.play.game.talks
        }
        return known | ({EARNED: self.earned} if self.shown == "earnings" else {}) | {IDLE: self.idle}

    def around(self, row: int) -> Ints:
        """Give the numbers of one decider's neighbours: (K,) int."""
        agent = int(self.agent[row])
        return self.network.neighbours[self.network.starts[agent] : self.network.starts[agent + 1]]

    def columns(self) -> list[Floats]:
        """Lay out what each decider sees of its neighbours, whoever they are: equal rows see the same."""
        seen = list(self.seen().values())
        widest = int(self.count.max(initial=0)) if seen else 0
        table = np.full((len(seen) * widest, len(self.agent)), np.nan)
        for row in range(len(self.agent) if widest else 0):
            values = np.array([each[self.around(row)] for each in seen])
            values = values[:, np.lexsort(values[::-1])]
            table.reshape(len(seen), widest, -1)[:, : values.shape[1], row] = values
        return [self.count.astype(np.float64), *table]

    def _allow(self, what: str) -> None:
        check_shown("an agent here", what, self.shown)


def check_shown(agent: str, what: str, shown: str) -> None:
    """Refuse an agent that looks at more of its neighbours than they are shown, both of `SHOWN`.

    Raises
    ------
    GamesimError
        Naming the agent.
    """
    if SHOWN.index(shown) < SHOWN.index(what):
        raise GamesimError(
            f"{agent} looks at its neighbours' {what}, but they are shown {shown}: play with --neighbours {what}"
        )


def _to_digits(amounts: Floats) -> Floats:
    """Round amounts to ten digits of the largest."""
    largest = float(np.fmax.reduce(np.abs(amounts), initial=0.0))
    if not 0 < largest < math.inf:
        return amounts
    return np.round(amounts, min(300, _DIGITS - 1 - math.floor(math.log10(largest))))
