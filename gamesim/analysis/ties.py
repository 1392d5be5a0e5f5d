"""Who an agent is in each of its groups, where it decides for each of several separately."""

from __future__ import annotations

from typing import cast

import numpy as np

from gamesim.analysis.collective import Ints
from gamesim.analysis.panel import Panel
from gamesim.meeting import Kind


class Ties:
    """Numbers, from 0 in every session, for agents in their groups: the same for the same group in every round.

    A group is known by the neighbour at the other end of the edge, or in the centre of the neighbourhood, since groups
    are counted anew where the network changes.

    Parameters
    ----------
    kind : Kind
        The matching.
    sessions, agents : int
        Of the table.
    """

    def __init__(self, kind: Kind, sessions: int, agents: int) -> None:
        self._pairs = kind.pairs
        self._agents = agents
        self._many = np.zeros(sessions, dtype=np.int64)
        # Session, agent and group of every tie in one number, rising, and what it is called.
        self._codes, self._names = (np.zeros(0, dtype=np.int64) for _ in range(2))

    @property
    def most(self) -> int:
        """Number of ties of the session with most of them."""
        return int(self._many.max(initial=0))

    def __call__(self, panel: Panel) -> Ints:
        """Give the numbers of the ties that decisions belong to: (R,) int."""
        session = panel.session.astype(np.int64)
        codes = (session * self._agents + panel.agent) * self._agents + self._whose(panel)
        new = np.setdiff1d(codes, self._codes)
        if len(new):
            owner = new // self._agents**2
            names = self._many[owner] + np.arange(len(new)) - np.searchsorted(owner, owner)
            self._many += np.bincount(owner, minlength=len(self._many))
            place = np.searchsorted(self._codes, new)
            self._codes = np.insert(self._codes, place, new)
            self._names = np.insert(self._names, place, names)
        return cast(Ints, self._names[np.searchsorted(self._codes, codes)])

    def _whose(self, panel: Panel) -> Ints:
        """Name the group of each decision by an agent: (R,) int."""
        assert panel.group is not None
        assert panel.seat is not None
        _, sessions, _ = panel.shape
        groups = int(panel.group.max(initial=0)) + 1
        group = (panel.moment.astype(np.int64) * sessions + panel.session) * groups + panel.group
        if self._pairs:
            other: Ints = np.bincount(group, panel.agent)[group].astype(np.int64) - panel.agent
            return other
        centre = np.zeros(int(group.max(initial=0)) + 1, dtype=np.int64)
        first = panel.seat == 0
        centre[group[first]] = panel.agent[first]
        named: Ints = centre[group]
        return named
