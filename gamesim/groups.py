"""Who sits with whom in a round: ragged groups, seen role by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class Seats:
    """All seats of one role, ordered by group and seat.

    Parameters
    ----------
    agent : (M,) int
        Who sits there, by the agent's number in the simulation.
    sizes : int or (G,) int
        Seats a group: one number where all groups are alike.
    """

    agent: Ints
    sizes: int | Ints

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
