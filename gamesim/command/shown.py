"""Text and figures on a terminal; what a model, a server or a file says is shown, and never obeyed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gamesim.folding import folded

__all__ = ["console", "figure", "grid", "heights", "marked", "plain_table", "printable"]

NARROW = 8
"""Least width of a column of words."""
_BARS = "▁▂▃▄▅▆▇█"

# Colours and columns are ours; `:smile:` in the name of a model is not.
console = Console(highlight=False, soft_wrap=False, emoji=False)

# Joiners belong to the spelling of several languages and do nothing else.
_JOINERS = "\u200c\u200d"
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_PLAIN = re.compile(r"[\x20-\x7e\n]*")


def plain_table(*columns: str, gap: int = 2) -> Table:
    """Begin a table without lines; its first column is never folded, and no heading is shown where it has none."""
    table = Table(
        box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0), show_header=bool(columns[0])
    )
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    return table


def printable(text: object, *, lines: bool = True) -> str:
    r"""Write control characters as visible escapes, such as ``\x1b`` and ``\u202e``.

    Escape sequences, carriage returns, backspaces, C1 controls, overrides of the direction of writing, invisible
    characters and halves of surrogate pairs become text.  Letters of all scripts stay.

    Parameters
    ----------
    text : object
        What is to be shown; its `str`.
    lines : bool
        Whether line breaks stay; otherwise they become ``\n``.

    Returns
    -------
    str
        Without any control character but the line break.
    """
    written = str(text)
    if _PLAIN.fullmatch(written):
        return written if lines else written.replace("\n", r"\n")
    return "".join(_visible(character, lines) for character in written)


def marked(text: object) -> str:
    """Make text fit to stand in a string with Rich markup: `printable`, and its brackets stay brackets."""
    return escape(printable(text))


def _visible(character: str, lines: bool) -> str:
    if character == "\n":
        return character if lines else r"\n"
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def figure(value: float, *, percent: bool = False) -> str:
    """Write a figure with two decimals or as a percentage; a dash where there is none."""
    if math.isnan(value):
        return "-"
    # Rounded first, so that nothing is written as -0.00.
    return f"{round(value, 3) + 0.0:.1%}" if percent else f"{round(value, 2) + 0.0:.2f}"


def heights(shares: np.ndarray, least: float, most: float) -> str:
    """Draw values as a line of bars; a blank for NaN.

    Parameters
    ----------
    shares : (T,) float
    least, most : float
        Value of the lowest and of the highest bar.
    """
    return "".join(
        " " if math.isnan(value) else _BARS[int(np.clip((value - least) / (most - least) * 8, 0, 7))]
        for value in shares.tolist()
    )


def grid(
    words: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[str]], left: str = ""
) -> Table:
    """Make a table of texts as wide as the terminal at most: columns of words, then columns of numbers.

    Parameters
    ----------
    words, numbers : sequence of str
        Names of the columns.  Words are folded until all numbers have room.
    rows : sequence of sequence of str
        One text a column.
    left : str
        Name of a column of numbers that stands at the left.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    texts = [[name, *(row[at] for row in shown)] for at, name in enumerate((*words, *numbers))]
    widths = [max(len(line) for text in each for line in text.split("\n")) for each in texts]
    while sum(widths) + len(widths) - 1 > console.width:
        widest = max(range(len(words)), key=lambda at: widths[at])
        if widths[widest] <= NARROW:
            break
        widths[widest] -= 1
    # One blank between columns, so that a table of amounts fits on 80 columns.
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for at, name in enumerate((*words, *numbers)):
        number = at >= len(words)
        table.add_column(
            name,
            justify="right" if number and name != left else "left",
            overflow="fold",
            min_width=widths[at] if number else None,
        )
    for row in shown:
        folds = [folded(cell, widths[at]) for at, cell in enumerate(row[: len(words)])]
        table.add_row(*(escape(cell) for cell in (*folds, *row[len(words) :])))
    return table
