"""People listed one row each, in a file or in Python: read, and checked cell by cell."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.actions import plain
from gamesim.errors import GamesimError, unknown
from gamesim.streams import Floats
from gamesim.subjects import BIG_FIVE, HIGHEST, LOWEST, TRAITS, People, Trait
from gamesim.tables import MISSING, read_csv, read_text

Rows = pd.DataFrame | Sequence[Mapping[str, Any]]

WEIGHT = "weight"
"""Column that holds survey weights and is nobody's trait."""
OLDEST = 130.0
_JOINERS = "\u200c\u200d"
"""Invisible, but needed to write Persian, Hindi and others."""
_IN_WORDS = ("gender", "country", "occupation", "education")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_DIGITS = 15
"""Longer whole numbers, and those that begin with a needless 0, are names such as postal codes and stay words."""
_LIKE = 0.88
"""How near a column's name comes to that of a known trait before it is asked about."""
_RANGES = {
    "age": (0.0, OLDEST, f"an age in years, from 0 to {OLDEST:g}"),
    WEIGHT: (0.0, math.inf, "a number from 0"),
} | dict.fromkeys(
    BIG_FIVE, (LOWEST, HIGHEST, f"the mean of the items, a number from {LOWEST:g} to {HIGHEST:g}")
)


@dataclass(frozen=True, eq=False)
class Roster:
    """People who are listed one by one.

    Parameters
    ----------
    name : str
        Where they are listed.
    people : People
        P of them.
    weight : (P,) float, optional
        Survey weights.
    about : mapping
        The list and its hash, for the record.
    odd : tuple of str
        What looks like a mistake in the list.
    """

    name: str
    people: People
    weight: Floats | None
    about: Mapping[str, Any]
    odd: tuple[str, ...] = ()


def read_file(path: Path) -> Roster:
    """Read people from a file.

    Parameters
    ----------
    path : Path
        Ends in one of `READERS`.

    Raises
    ------
    GamesimError
        Naming file, line (or person), column and value of the first mistake, and what was expected.
    """
    text, sha256 = read_text(path)
    about = {"file": path.name, "sha256": sha256}
    return READERS[path.suffix.lower()](str(path), text, about)


def read_rows(rows: Rows) -> Roster:
    """Read people from a table or from mappings, one a person; errors are those of `read_file`."""
    if not isinstance(rows, pd.DataFrame):
        if not isinstance(rows, Iterable):
            raise GamesimError(
                f"personas = {rows!r}: expected a file, a name, a DataFrame or mappings, one a person"
            )
        return _of_mappings("personas", list(rows), {})
    names = [str(name) for name in rows.columns]
    cells = [list(row) for row in rows.astype(object).itertuples(index=False, name=None)]
    return _roster("personas", names, cells, lambda row: f"personas, row {row + 1}", {})


def _read_csv(path: str, text: str, about: Mapping[str, Any]) -> Roster:
    table = read_csv(path, text)
    if not table.names:
        raise GamesimError(f"{path}: is empty; expected a line of column names and one line a person")
    return _roster(path, table.names, table.rows, lambda row: f"{path}, line {table.lines[row]}", about)


def _read_toml(path: str, text: str, about: Mapping[str, Any]) -> Roster:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GamesimError(f"{path}: not TOML ({error})") from None
    for key in raw:
        if key != "people":
            raise unknown("key", key, ["people"], where=path)
    people = raw.get("people", [])
    if not isinstance(people, list) or not all(isinstance(one, dict) for one in people):
        raise GamesimError(f"{path}: key 'people' must be written as one [[people]] table a person")
    return _of_mappings(path, people, about)


READERS = {".csv": _read_csv, ".toml": _read_toml}


def _of_mappings(source: str, rows: list[Mapping[str, Any]], about: Mapping[str, Any]) -> Roster:
    for row, one in enumerate(rows):
        if not isinstance(one, Mapping):
            raise GamesimError(f"{source}, person {row + 1}: {one!r} is not a mapping from trait to value")
    names = list(dict.fromkeys(name for one in rows for name in one))
    cells = [[one.get(name) for name in names] for one in rows]
    return _roster(
        source, [str(name) for name in names], cells, lambda row: f"{source}, person {row + 1}", about
    )


def _roster(
    source: str,
    names: list[str],
    cells: list[list[Any]],
    where: Callable[[int], str],
    about: Mapping[str, Any],
) -> Roster:
    """Check people given as rows of cells under names."""
    if not cells or not names:
        raise GamesimError(f"{source}: holds nobody; expected one row a person")
    traits = _names(source, names)
    known = (*TRAITS, WEIGHT)
    odd = tuple(
        f"{source}: the column {name!r} is told by its name; should it be {near[0]!r}?"
        for name in traits
        if name not in known and (near := difflib.get_close_matches(name.lower(), known, 1, _LIKE))
    )
    columns: dict[str, list[Trait | None]] = {}
    for place, name in enumerate(traits):
        at = [f"{where(row)}, column {name}" for row in range(len(cells))]
        columns[name] = _column(name, [row[place] for row in cells], at)
    weights = columns.pop(WEIGHT, None)
    weight = None
    if weights is not None:
        weight = np.array([math.nan if each is None else each for each in weights], dtype=np.float64)
        if lacking := np.flatnonzero(np.isnan(weight)).tolist():
            raise GamesimError(
                f"{where(lacking[0])}, column {WEIGHT}: is empty; expected {_RANGES[WEIGHT][2]}"
            )
        if weight.sum() == 0:
            raise GamesimError(f"{source}, column {WEIGHT}: all weights are 0, so nobody can be drawn")
    people = People.of(
        [
            {name: value for name, values in columns.items() if (value := values[row]) is not None}
            for row in range(len(cells))
        ]
    )
    if not about:
        shares = [] if weight is None else weight.tolist()
        listing = json.dumps([[dict(one) for one in people], shares], sort_keys=True)
        about = {"given": "in Python", "sha256": hashlib.sha256(listing.encode()).hexdigest()}
    return Roster(source, people, weight, about, odd)


def _names(source: str, names: list[str]) -> list[str]:
    """Give the columns their names: those that are known in lower case, others as they are written."""
    traits: list[str] = []
    for number, raw in enumerate(names, start=1):
        name = _clean(raw, f"{source}, name of column {number}")
        if not name:
            raise GamesimError(f"{source}: column {number} has no name; name it, or leave it out")
        if name.lower() in (*TRAITS, WEIGHT):
            name = name.lower()
        if name.lower() in [each.lower() for each in traits]:
            raise GamesimError(f"{source}: two columns have the name {name!r}")
        traits.append(name)
    return traits


def _column(name: str, cells: list[Any], at: list[str]) -> list[Trait | None]:
    """Read a column as numbers or as words, as its trait wants it; any other by what it holds."""
    values = [_value(cell, where) for cell, where in zip(cells, at, strict=True)]
    numbers = [_number(value) for value in values]
    if name in _RANGES:
        low, high, expected = _RANGES[name]
        for value, number, where in zip(values, numbers, at, strict=True):
            if value is not None and (number is None or not low <= number <= high):
                comma = isinstance(value, str) and re.fullmatch(r"\d+,\d+", value)
                hint = f" (write {value.replace(',', '.')})" if isinstance(value, str) and comma else ""
                raise GamesimError(f"{where}: {value!r} is not {expected}{hint}")
        return [*numbers]
    if name in _IN_WORDS:
        for number, value, where in zip(numbers, values, at, strict=True):
            if number is not None:
                raise GamesimError(
                    f"{where}: {value!r} is a number; expected words that a reader understands"
                )
        return values
    if all(number is not None for number, value in zip(numbers, values, strict=True) if value is not None):
        return [*numbers]
    return [plain(value) if isinstance(value, float) else value for value in values]


def _value(cell: Any, where: str) -> Trait | None:
    """Read a cell: text without what cannot be read, a number, or None where it is missing."""
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, Real):
        number = float(cell)
        if math.isinf(number):
            raise GamesimError(f"{where}: {cell!r} is not a finite number")
        return None if math.isnan(number) else number
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        text = _clean(cell, where)
        return None if text in MISSING else text
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    raise GamesimError(f"{where}: {cell!r} is neither a number nor text")


def _number(value: Trait | None) -> float | None:
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value) or (value.isdigit() and len(value) > _DIGITS):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _clean(text: str, where: str) -> str:
    """Drop control characters, which nobody sees in a table and a model may act upon; refuse line breaks."""
    if len(text.strip().splitlines()) > 1:
        raise GamesimError(f"{where}: {text!r} holds a line break; expected one line of text")
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    return "".join(
        letter
        for letter in spaced
        if letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    ).strip()
