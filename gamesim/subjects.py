"""The people behind the decisions: their traits, and who is whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gamesim.streams import Ints

Trait = str | float


@dataclass(frozen=True)
class Subjects:
    """Personas, and which of them each decider is.

    Parameters
    ----------
    people : sequence of mapping from trait to value
        The personas; a trait that somebody lacks is missing there.
    row : (D,) int
        Which persona each decider is.
    """

    people: Sequence[Mapping[str, Trait]]
    row: Ints

    def take(self, rows: NDArray[np.integer]) -> Subjects:
        """Keep some deciders."""
        return Subjects(self.people, self.row[rows])


def tell(person: Mapping[str, Trait]) -> str:
    """Tell a player who they are.

    Parameters
    ----------
    person : mapping from trait to value
    """
    traits = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in person.items())
    return f"About you: {traits}." if traits else ""
