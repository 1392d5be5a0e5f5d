"""Personas for the agents of a run: people from a list, or drawn from figures about people; and who gets which.

Who is whom depends on seed, session and the agent's number, never on who decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from gamesim.humans.traits import Population, population
from gamesim.roster import READERS, WEIGHT, Roster, Rows, read_file, read_rows
from gamesim.streams import Draws, Floats, Ints, generator
from gamesim.subjects import People, Subjects, Words

Given = str | Path | Rows


class Source(Protocol):
    """Where personas come from."""

    def deal(self, n: int, sessions: int, seed: int) -> Subjects:
        """Say who each of the ``sessions * n`` agents is; everybody stays so for the whole session."""

    def describe(self, n: int, sessions: int) -> dict[str, Any]:
        """Say what a record must know."""

    def notes(self, n: int) -> list[str]:
        """Say what whoever reads the result must know."""


@dataclass(frozen=True, eq=False)
class Listed:
    """People from a list: drawn by their weights, or, without, nobody twice before all others came once.

    Parameters
    ----------
    roster : Roster
    """

    roster: Roster

    def deal(self, n: int, sessions: int, seed: int) -> Subjects:
        """Say who each agent is."""
        rows = [self._drawn(n, generator(seed, "personas", session)) for session in range(sessions)]
        return Subjects(self.roster.people, np.concatenate(rows))

    def _drawn(self, n: int, rng: np.random.Generator) -> Ints:
        size, weight = len(self.roster.people), self.roster.weight
        if weight is not None:
            return rng.choice(size, n, p=weight / weight.sum())
        times = -(-n // size)
        everybody = np.broadcast_to(np.arange(size), (times, size))
        return rng.permuted(everybody, axis=1).ravel()[:n]

    def describe(self, n: int, sessions: int) -> dict[str, Any]:
        """Give name and hash of the list, the number of people and what is known of them."""
        return {
            **self.roster.about,
            "people": len(self.roster.people),
            "traits": list(self.roster.people.traits),
            "weighted": self.roster.weight is not None,
        }

    def notes(self, n: int) -> list[str]:
        """Say where somebody comes more than once, and what looks like a mistake."""
        name, size = self.roster.name, len(self.roster.people)
        notes = list(self.roster.odd)
        if self.roster.weight is not None:
            notes.append(f"{name}: personas are drawn with replacement, in proportion to the column {WEIGHT}")
        elif n > size:
            often = f"{n // size}" if n % size == 0 else f"{n // size} or {n // size + 1}"
            notes.append(
                f"{name}: {size:,} people stand for {n:,} agents a session, each for {often} of them"
            )
        return notes


@dataclass(frozen=True, eq=False)
class Drawn:
    """People drawn from figures about people: sex and age as counted, scores normal within sex and age.

    Scores outside their range are moved to its end, and all are rounded to the steps in which people's come.

    Parameters
    ----------
    figures : Population
    """

    figures: Population

    def deal(self, n: int, sessions: int, seed: int) -> Subjects:
        """Draw a new person for each agent."""
        from scipy.special import ndtri  # late: scipy takes longer to load than most games

        figures = self.figures
        draws = Draws((seed, "personas"), np.repeat(np.arange(sessions), n), np.tile(np.arange(n), sessions))
        counted = [
            (index, age, count)
            for index, cell in enumerate(figures.cells)
            for age, count in cell.ages.items()
        ]
        cells, ages, counts = (np.array(column) for column in zip(*counted, strict=True))
        place = np.searchsorted(np.cumsum(counts), draws.uniform("age") * counts.sum(), side="right")
        # Half a step up, since a draw may be 0, which no normal score belongs to.
        normal = np.column_stack([ndtri(draws.uniform(trait) + 2.0**-54) for trait in figures.traits])
        scores = np.empty_like(normal)
        for index, cell in enumerate(figures.cells):
            rows = np.flatnonzero(cells[place] == index)
            scores[rows] = cell.mean + cell.sd * (normal[rows] @ np.linalg.cholesky(cell.correlation).T)
        scores = np.clip(np.round(scores / figures.step) * figures.step, figures.low, figures.high)
        genders = tuple(dict.fromkeys(cell.gender for cell in figures.cells))
        code = np.array([genders.index(cell.gender) for cell in figures.cells])
        traits: dict[str, Floats | Words] = {
            "age": ages[place].astype(np.float64),
            "gender": Words(code[cells[place]], genders),
        }
        traits |= {trait: np.round(scores[:, column], 6) for column, trait in enumerate(figures.traits)}
        return Subjects(People(n * sessions, traits), np.arange(n * sessions))

    def describe(self, n: int, sessions: int) -> dict[str, Any]:
        """Give name, version and hash of the figures."""
        figures = self.figures
        return {
            "population": figures.name,
            "version": figures.version,
            "sha256": figures.sha256,
            "people": n * sessions,
            "traits": ["age", "gender", *figures.traits],
        }

    def notes(self, n: int) -> list[str]:
        """Say of whom the figures are."""
        return [f"{self.figures.name}: personas are drawn from figures about {self.figures.population}"]


def find_personas(given: Given) -> Source:
    """Find the personas that are meant.

    Parameters
    ----------
    given : str, Path, DataFrame or sequence of mappings
        A ``.csv`` or ``.toml`` file, the name of a population, or people one row each.

    Raises
    ------
    GamesimError
        When there are none, or for the first mistake in the list.
    """
    if isinstance(given, pd.DataFrame) or not isinstance(given, str | Path):
        return Listed(read_rows(given))
    if Path(given).suffix.lower() in READERS:
        return Listed(read_file(Path(given)))
    return Drawn(population(str(given), where="personas: neither a .csv nor a .toml file"))
