"""Human records as derived counts, each with its protocol, its filter and its source.

A reference is one decision of one population under one protocol. It holds no rows of people, only how often each
choice was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from gamesim.errors import GamesimError

Votes = Literal["subject", "decision"]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """One number about human choices and where it comes from.

    Parameters
    ----------
    value : float
        The number, in the units of the decision.
    source : str
        Who reports it; ``"recalled"`` in it marks a number not checked against its source.
    """

    value: float
    source: str


@dataclass(frozen=True, eq=False)
class Reference:
    """How one population of humans made one decision under one protocol.

    Parameters
    ----------
    name : str
        Such as ``"moblab.dictator.give"``; unique.
    decision : str
        Such as ``"dictator.give"``.
    kind : {"counts", "published"}
        ``counts``: derived here from records, every subject at hand one vote. ``published``: figures as
        printed by a source, with counts only where the source prints them exactly.
    dataset : str
        The body of data it belongs to, such as ``"moblab"``; agents declare these names as ``trained_on``.
    population, method, filter, citation, licence, url, note : str
        In words.
    stake : float or None
        What was at stake, in the units of the choice; None where it plays no part.
    round : int or None
        Counted from 1; None where rounds are pooled.
    given : mapping of str to float
        Earlier choices in the same play on which this decision is conditioned.
    parameters : mapping of str to float
        Rules of the game that must hold in a simulation compared with it.
    low, high, step : float
        The legal grid, in the units of the choice; 0, L - 1 and 1 where there are ``labels``.
    labels : tuple of str
        Names of the options, in the order of their index; empty for amounts.
    shares : bool
        The amounts are per cent of stakes that varied, so they compare with any stake as shares of it.
    default : bool
        Whether a comparison uses it when no reference is named.
    attrition : tuple of (str, int)
        Rows left after each step of the cleaning.
    subjects, decisions : int or None
        How many people and how many decisions are counted.
    one_vote, per_decision : mapping of str to int
        How often each value was chosen: in a subject's first qualifying decision, and in all of them.
    figures : mapping of str to Figure
        Means, standard deviations, sample sizes and the like, by name.
    """

    name: str
    decision: str
    kind: str
    dataset: str
    population: str
    method: str
    filter: str
    citation: str
    licence: str
    url: str
    note: str
    low: float
    high: float
    step: float
    labels: tuple[str, ...] = ()
    stake: float | None = None
    round: int | None = None
    given: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    attrition: tuple[tuple[str, int], ...] = ()
    subjects: int | None = None
    decisions: int | None = None
    one_vote: Mapping[str, int] = field(default_factory=dict)
    per_decision: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    shares: bool = False
    default: bool = True

    @property
    def has_counts(self) -> bool:
        """Whether a whole distribution is known and not only figures about it."""
        return bool(self.one_vote or self.per_decision)

    @property
    def support(self) -> Floats:
        """All legal values on the grid, shape (L,), in the units of the choice."""
        steps = round((self.high - self.low) / self.step)
        return self.low + self.step * np.arange(steps + 1, dtype=np.float64)

    def votes(self, votes: Votes = "subject") -> Votes:
        """Which votes can be counted: the ones asked for, or the only ones the source gives."""
        if votes == "subject" and not self.one_vote:
            return "decision"
        return votes

    def counts(self, votes: Votes = "subject") -> Counts:
        """How often each value of ``support`` was chosen.

        Parameters
        ----------
        votes : {"subject", "decision"}
            One vote a person (the first qualifying decision), or one a decision. A source that prints
            decisions only has no votes of subjects; its decisions are returned then (see ``votes``).

        Returns
        -------
        ndarray of int, shape (L,)

        Raises
        ------
        GamesimError
            If the reference has figures only.
        """
        if not self.has_counts:
            raise GamesimError(f"human reference {self.name!r} has published figures only, no counts")
        table = self.one_vote if self.votes(votes) == "subject" else self.per_decision
        counts = np.zeros(len(self.support), dtype=np.int64)
        for value, count in table.items():
            counts[self.place(value)] = count
        return counts

    def place(self, value: str) -> int:
        """Give the place on the grid of a value as it is written in a file.

        Raises
        ------
        ValueError
            If it is neither a label nor a step of the grid.
        """
        if self.labels:
            return self.labels.index(value)
        place = (float(value) - self.low) / self.step
        if abs(place - round(place)) > 1e-9:
            raise ValueError(value)
        return round(place)
