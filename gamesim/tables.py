"""Tables that users write: UTF-8, with or without a byte-order mark, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gamesim.errors import GamesimError

MISSING = ("", "NA", "NaN")
"""How cells without a value are written."""


@dataclass(frozen=True)
class Table:
    """A table of text.

    Parameters
    ----------
    names : list of str
        Of the columns, as written; none where there is not even a first line.
    rows : list of list of str
        As many cells each as there are names.
    lines : list of int
        In which line of the file each row begins.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_text(path: Path) -> tuple[str, str]:
    """Read a file of text.

    Returns
    -------
    text : str
        Without a byte-order mark.
    sha256 : str
        Of the file as it is.

    Raises
    ------
    GamesimError
        Where it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GamesimError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GamesimError(
            f"{path}: byte {error.start + 1} is not UTF-8; save the file with the encoding UTF-8"
        ) from None
    return text, hashlib.sha256(content).hexdigest()


def read_csv(where: str, text: str) -> Table:
    """Take a table apart; lines without a value are passed over.

    Parameters
    ----------
    where : str
        The file, as it should stand in an error.
    text : str
        A line of column names and one line a row.

    Raises
    ------
    GamesimError
        Naming the first line that is no row of the table.
    """
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[tuple[int, list[str]]] = []
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise GamesimError(f"{where}, line {begins}: not CSV ({error})") from None
        if row is None:
            break
        if any(cell.strip() for cell in row):
            lines.append((begins, row))
    names = lines[0][1] if lines else []
    for line, row in lines[1:]:
        if len(row) != len(names):
            quotes = f"; a cell that holds {separator!r} is put in quotes" if len(row) > len(names) else ""
            raise GamesimError(
                f"{where}, line {line}: expected {len(names)} cells, one a column, but found {len(row)}{quotes}"
            )
    return Table(names, [row for _, row in lines[1:]], [line for line, _ in lines[1:]])


def column_names(where: str, written: Iterable[str]) -> list[str]:
    """Give the names of columns without blanks around them; refuse columns without a name, and two of one name."""
    names = [name.strip() for name in written]
    if "" in names:
        raise GamesimError(
            f"{where}: column {names.index('') + 1} has no name; a table from pandas is written with index=False"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise GamesimError(f"{where}: column {twice[0]} stands there twice")
    return names
