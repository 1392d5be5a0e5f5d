"""Text of others on a terminal: what a model, a server or a file says is shown, and never obeyed."""

from __future__ import annotations

import re
import unicodedata

from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["console", "marked", "plain_table", "printable"]

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


def marked(text: object, *, lines: bool = True) -> str:
    """Make text fit to stand in a string with Rich markup: `printable`, and its brackets stay brackets."""
    return escape(printable(text, lines=lines))


def _visible(character: str, lines: bool) -> str:
    if character == "\n":
        return character if lines else r"\n"
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
