"""Who sits with whom in a round: ragged groups, seen role by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gamesim.network import Network
from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class Once:
    """Agents who sit in several groups and decide once for all of them.

    Parameters
    ----------
    agent : (D,) int
        Who decides, by the agent's number in the simulation.
    of : (M,) int
        Which of them holds each seat.
    home : (D,) int, optional
        Everybody's seat in the own group, where one group is the own.
    """

    agent: Ints
    of: Ints
    home: Ints | None = None

    def total(self, values: Floats) -> Floats:
        """Sum over everybody's seats, missing values left out: (M,) -> (D,); NaN where nothing is left of any."""
        known, sums = self._known(values)
        return np.where((known > 0) | (self.seats == 0), sums, np.nan)

    def typical(self, values: Floats) -> Floats:
        """Give everybody's value in the own group, or else the mean over all seats: (M,) -> (D,)."""
        if self.home is not None:
            return values[self.home]
        known, sums = self._known(values)
        return cast(Floats, np.divide(sums, known, out=np.full(len(sums), np.nan), where=known > 0))

    def _known(self, values: Floats) -> tuple[Floats, Floats]:
        many = len(self.agent)
        missing = np.isnan(values)
        if not missing.any():
            return self.seats, np.bincount(self.of, values, many).astype(np.float64, copy=False)
        return (
            np.bincount(self.of, (~missing).astype(np.float64), many).astype(np.float64),
            np.bincount(self.of, np.where(missing, 0.0, values), many).astype(np.float64),
        )

    @cached_property
    def seats(self) -> Floats:
        """How many seats each of them holds: (D,) float."""
        return np.bincount(self.of, minlength=len(self.agent)).astype(np.float64)


@dataclass(frozen=True)
class Seats:
    """All seats of one role, ordered by group and seat.

    Parameters
    ----------
    agent : (M,) int
        Who sits there, by the agent's number in the simulation.
    sizes : int or (G,) int
        Seats a group: one number where all groups are alike.
    once : Once, optional
        Who decides, where agents sit in several groups; each seat's agent decides for that seat unless given.
    along : Network, optional
        The network whose edges the groups are, where they are.
    whose : (M,) int, optional
        Which of the groups of its agent each seat is in, where agents sit in several and decide for each of them: the
        number of the neighbour at the other end of the edge, or in the centre of the neighbourhood.
    """

    agent: Ints
    sizes: int | Ints
    once: Once | None = None
    along: Network | None = None
    whose: Ints | None = None

    @property
    def deciders(self) -> Ints:
        """Who is asked: (D,) int; D is M unless agents decide once for several seats."""
        return self.agent if self.once is None else self.once.agent

    def seated(self, values: Floats) -> Floats:
        """Give every seat its decider's value: (D,) -> (M,)."""
        return values if self.once is None else values[self.once.of]

    def earned(self, values: Floats) -> Floats:
        """Sum what each decider's seats earn: (M,) -> (D,)."""
        return values if self.once is None else self.once.total(values)

    def by_agent(self, values: Floats, n: int) -> Floats:
        """Give everybody's value, on average where somebody decided for several groups: (D,) -> (n,), by number.

        NaN for those who decided nothing.
        """
        if self.whose is not None:
            sums, known = self._sums(values, n)
            return cast(Floats, np.divide(sums, known, out=np.full(n, np.nan), where=known > 0))
        if self.once is not None and len(self.deciders) == n:
            return values  # who decides once for several seats stands in the order of the numbers
        whole = np.full(n, np.nan)
        whole[self.deciders] = values
        return whole

    def total_by_agent(self, values: Floats, n: int) -> Floats:
        """Do so with the sum over groups, as of earnings, missing values left out: (D,) -> (n,)."""
        if self.whose is None:
            return self.by_agent(values, n)
        sums, known = self._sums(values, n)
        return np.where(known > 0, sums, np.nan)

    def _sums(self, values: Floats, n: int) -> tuple[Floats, Floats]:
        known = ~np.isnan(values)
        return (
            np.bincount(self.agent, np.where(known, values, 0.0), n).astype(np.float64),
            np.bincount(self.agent, known, n).astype(np.float64),
        )

    def places(self, agent: Ints, whose: Ints) -> Ints:
        """Find the seats that agents hold in some of their groups, by `whose`: (K,) int each; -1 for none."""
        if agent is self.agent and whose is self.whose:
            return np.arange(len(agent))
        codes, order = self._codes
        code = _code(agent, whose)
        place = np.minimum(np.searchsorted(codes, code), len(codes) - 1)
        return np.where(codes[place] == code, order[place], -1) if len(codes) else np.full(len(code), -1)

    @cached_property
    def _codes(self) -> tuple[Ints, Ints]:
        assert self.whose is not None
        codes = _code(self.agent, self.whose)
        order = np.argsort(codes)
        return codes[order], order

    def games(self) -> Floats:
        """Count the groups in which each choice counts: (D,) float."""
        return np.ones(len(self.agent)) if self.once is None else self.once.seats

    def members(self) -> Floats:
        """Count the members of each decider's own group, or of all its groups on average: (D,) float."""
        sizes = np.broadcast_to(np.asarray(self.sizes, dtype=np.float64), (self.groups,))
        return self.typical(self.spread(sizes))

    def typical(self, values: Floats) -> Floats:
        """Give each decider the value of its seat, of its own group's or of all on average: (M,) -> (D,)."""
        return values if self.once is None else self.once.typical(values)

    def own_group(self) -> Ints:
        """Give the group that each decision is listed under: (D,) int, -1 where there is no one group."""
        if self.once is None:
            return self.group()
        if self.once.home is None:
            return np.full(len(self.once.agent), -1)
        return self.group()[self.once.home]

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.agent) // self.sizes if isinstance(self.sizes, int) else len(self.sizes)

    def group(self) -> Ints:
        """Give the group of each seat: (M,) int."""
        return np.repeat(np.arange(self.groups), self.sizes)

    def position(self) -> Ints:
        """Give the place of each seat among those of its group: (M,) int, from 0."""
        if isinstance(self.sizes, int):
            return np.tile(np.arange(self.sizes), self.groups)
        return np.arange(len(self.agent)) - np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)

    def total(self, values: Floats) -> Floats:
        """Sum over each group: (M,) -> (G,)."""
        return self._reduce(np.add, values)

    def smallest(self, values: Floats) -> Floats:
        """Give the least of each group: (M,) -> (G,); NaN where a value is missing."""
        return self._reduce(np.minimum, values)

    def spread(self, values: Floats) -> Floats:
        """Give each seat its group's value: (G,) -> (M,)."""
        return np.repeat(values, self.sizes)

    def _reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        if isinstance(self.sizes, int):
            if self.sizes == 1:
                return values
            columns = values.reshape(-1, self.sizes)
            if self.sizes > 16:
                return cast(Floats, ufunc.reduce(columns, axis=1))
            # A handful of column operations is several times faster than a reduction along a short axis.
            result: Floats = columns[:, 0].copy()
            for seat in range(1, self.sizes):
                ufunc(result, columns[:, seat], out=result)
            return result
        starts = np.concatenate(([0], np.cumsum(self.sizes)[:-1]))
        return cast(Floats, ufunc.reduceat(values, starts))


def _code(agent: Ints, whose: Ints) -> Ints:
    return (agent << 32) | whose


@dataclass(frozen=True)
class Groups:
    """The groups of one round over all sessions.

    Parameters
    ----------
    seats : mapping from role to Seats
        Every role's seats, all with the same number of groups.
    sessions : int
        How many sessions there are, each with equally many groups.
    """

    seats: Mapping[str, Seats]
    sessions: int = 1

    def __len__(self) -> int:
        return next(iter(self.seats.values())).groups

    def void(self, actions: Mapping[str, Floats], deciders: Mapping[str, str]) -> NDArray[np.bool_]:
        """Tell which groups lack an action: (G,) bool.

        Parameters
        ----------
        actions : mapping from stage to (M,) float
            What was done at each stage.
        deciders : mapping from stage to role
            Who decided at each stage.
        """
        missing = np.zeros(len(self), dtype=bool)
        for stage, values in actions.items():
            # One sum tells whether anything is missing at all, which is rare.
            if np.isnan(values.sum()):
                missing |= np.isnan(self.seats[deciders[stage]].total(values))
        return missing
