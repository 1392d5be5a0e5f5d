"""Traits of people on record as figures from which personas are drawn: ages, sex, means, spreads, correlations.

A file in ``populations/`` is one body of people.  No file holds rows of people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from gamesim.errors import GamesimError, unknown

Floats = npt.NDArray[np.float64]

_WORDS = ("name", "dataset", "population", "citation", "licence", "url", "filter", "note")


@dataclass(frozen=True, eq=False)
class Cell:
    """People of one sex and one range of ages.

    Parameters
    ----------
    gender : str
        ``"man"`` or ``"woman"``.
    ages : mapping of int to int
        How many people there are of each age, in years.
    mean, sd : ndarray, shape (T,)
        Of the scores, in the order of the traits.
    correlation : ndarray, shape (T, T)
    """

    gender: str
    ages: Mapping[int, int]
    mean: Floats
    sd: Floats
    correlation: Floats


@dataclass(frozen=True, eq=False)
class Population:
    """Figures about the traits of one body of people.

    Parameters
    ----------
    name : str
        By which it is asked for.
    version : int
        Raised whenever a figure changes.
    dataset, population, citation, licence, url, filter, note : str
        As in `gamesim.humans.Reference`.
    traits : tuple of str
        Names of the T scores.
    low, high : float
        Range of the scores.
    step : float
        Distance between possible scores.
    people : int
        How many were counted.
    cells : tuple of Cell
    sha256 : str
        Hash of the file.
    """

    name: str
    version: int
    dataset: str
    population: str
    citation: str
    licence: str
    url: str
    filter: str
    note: str
    traits: tuple[str, ...]
    low: float
    high: float
    step: float
    people: int
    cells: tuple[Cell, ...]
    sha256: str


def read(text: str, *, where: str) -> Population:
    """Read a population from JSON and check it.

    Raises
    ------
    GamesimError
        Naming file and key, if something is missing or does not fit.
    """
    try:
        raw = json.loads(text)
        traits = tuple(str(name) for name in raw["traits"])
        population = Population(
            **{name: str(raw[name]) for name in _WORDS},
            version=int(raw["version"]),
            traits=traits,
            low=float(raw["low"]),
            high=float(raw["high"]),
            step=float(raw["step"]),
            people=int(raw["people"]),
            cells=tuple(_cell(cell, len(traits)) for cell in raw["cells"]),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    except json.JSONDecodeError as error:
        raise GamesimError(f"{where}: not JSON ({error})") from error
    except KeyError as error:
        raise GamesimError(f"{where}: key {error.args[0]!r} is missing") from error
    except (AttributeError, TypeError, ValueError, np.linalg.LinAlgError) as error:
        raise GamesimError(f"{where}: a key does not fit the others ({error})") from error
    if sum(sum(cell.ages.values()) for cell in population.cells) != population.people:
        raise GamesimError(f"{where}: key 'people' is not the sum of the ages in 'cells'")
    return population


def _cell(raw: Mapping[str, Any], traits: int) -> Cell:
    correlation = np.eye(traits)
    correlation[np.triu_indices(traits, 1)] = raw["correlation"]
    correlation = correlation + np.triu(correlation, 1).T
    np.linalg.cholesky(correlation)
    mean, sd = (np.asarray(raw[name], dtype=np.float64) for name in ("mean", "sd"))
    if mean.shape != (traits,) or sd.shape != (traits,):
        raise ValueError(f"mean and sd need {traits} numbers")
    ages = {int(age): int(count) for age, count in raw["ages"].items()}
    return Cell(str(raw["gender"]), ages, mean, sd, correlation)


@cache
def populations() -> Mapping[str, Population]:
    """All populations that come with the package, by name.

    Raises
    ------
    GamesimError
        If a file is not valid.
    """
    folder = resources.files("gamesim.humans") / "populations"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            one = read(entry.read_text(encoding="utf-8"), where=f"gamesim/humans/populations/{entry.name}")
            found[one.name] = one
    return found


def population(name: str, *, where: str = "") -> Population:
    """Give a population by its name.

    Raises
    ------
    GamesimError
        If there is none, naming those that exist.
    """
    known = populations()
    if name not in known:
        raise unknown("population", name, known, where=where)
    return known[name]
