"""What players say to each other: cleaned when it is read, and carried as a number like every other action.

A message is a code, 52 bits of a hash of its words, so that equal messages have equal codes in every run, whatever
the order or the batch; saying nothing is 0.  A conversation, as one player reads it, is a code too.  `Messages` holds
the words behind the codes of one simulation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.streams import Floats, key

SILENCE = 0.0
NOTHING = "nothing"

_HIDDEN = ("Cc", "Cf", "Cs")
# Brackets and quotation marks are those of the page around a message; a wide form may be read as the plain one.
_PAGE = str.maketrans('[]{}［］｛｝"＂“”„‟«»＜＞﹤﹥', "()()()()''''''''‹›‹›")  # noqa: RUF001
# What a chat template could take for one of its marks: <|im_start|>, </s>, <<SYS>>.
_MARK = re.compile(r"<(?=\S*[>|｜])|<{2,}|>{2,}|(?<=[|｜])>")  # noqa: RUF001

Said = tuple[tuple[str, str], ...]
"""Speakers and what each said, in the order of their seats."""


def clean(text: str) -> str:
    """Make a message fit to be quoted on one line, so that no part of it is read as anything but a message.

    Runs of white space become one blank; control and invisible characters are dropped; double quotation marks become
    single ones, square and curly brackets round ones, and angle brackets that could make a mark of a chat template
    (``<|im_start|>``, ``</s>``) become single guillemets.  Letters of all scripts stay.

    Parameters
    ----------
    text : str
        As it was written.

    Returns
    -------
    str
        As everybody reads it; no longer than `text`, and unchanged when it is cleaned again.
    """
    seen = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    return _MARK.sub(_single, " ".join(seen.translate(_PAGE).split()))


def _single(mark: re.Match[str]) -> str:
    return mark[0].replace("<", "‹").replace(">", "›")  # noqa: RUF001


class Messages:
    """What was said in one simulation, by its code."""

    def __init__(self) -> None:
        self._words: dict[float, str | Said] = {}

    def enter(self, text: str) -> float:
        """Clean a message and give its code.

        Parameters
        ----------
        text : str
            As it was written.

        Returns
        -------
        float
            A whole number below 2**52; 0 where nothing is said.
        """
        words = clean(text)
        return self._kept(words) if words else SILENCE

    def converse(self, said: Said) -> float:
        """Give the code of what several said.

        Parameters
        ----------
        said : tuple of (str, str)
            Each speaker, as the reader knows them, and the speaker's message.

        Returns
        -------
        float
            0 where nobody said anything.
        """
        return self._kept(said) if any(text for _, text in said) else SILENCE

    def text(self, code: float) -> str:
        """Give the words of one message; empty where nothing was said."""
        words = self._found(code)
        if not isinstance(words, str):
            raise TypeError(f"{code} is a conversation, not one message")
        return words

    def length(self, codes: Floats) -> Floats:
        """Count the characters of messages: (D,) float, NaN where there is none."""
        distinct, row = np.unique(codes, return_inverse=True)
        counts = [np.nan if np.isnan(code) else float(len(self.text(code))) for code in distinct.tolist()]
        return np.array(counts, dtype=np.float64)[row.ravel()]

    def legal(self, codes: Floats, max_chars: int) -> NDArray[np.bool_]:
        """Tell which codes are messages of at most so many characters: (D,) bool."""
        distinct, row = np.unique(codes, return_inverse=True)
        words = [self._words.get(code, "" if code == SILENCE else None) for code in distinct.tolist()]
        legal = [isinstance(each, str) and len(each) <= max_chars for each in words]
        return np.array(legal, dtype=bool)[row.ravel()]

    def written(self, code: float) -> str:
        """Write a message or a conversation as players read it.

        Returns
        -------
        str
            ``"I give 10"`` in quotation marks; ``Member 1: "I give 10"; you (Member 2): nothing``; or ``nothing``.
        """
        words = self._found(code)
        if isinstance(words, str):
            return quoted(words)
        return "; ".join(f"{speaker}: {quoted(text)}" for speaker, text in words)

    def record(self, code: float) -> str | dict[str, str]:
        """Give the words for a record: a text, or what each speaker said."""
        words = self._found(code)
        return words if isinstance(words, str) else dict(words)

    def _kept(self, words: str | Said) -> float:
        code = float(key("said", words if isinstance(words, str) else repr(words)) >> 12)
        if self._words.setdefault(code, words) != words:
            raise GamesimError("two different messages have the same code; play with another seed")
        return code

    def _found(self, code: float) -> str | Said:
        if code == SILENCE:
            return ""
        try:
            return self._words[code]
        except KeyError:
            raise GamesimError(
                f"{code:.0f} is no message of this run: enter a message with obs.messages.enter(text)"
            ) from None


def quoted(text: str) -> str:
    """Put a message in quotation marks, which none has in it; or say that there is nothing."""
    return f'"{text}"' if text else NOTHING


def speakers(role: str, seats: int, own: int) -> Sequence[str]:
    """Name those who speak in a role by their seats, the reader as such.

    Examples
    --------
    >>> speakers("member", 3, 1)
    ['Member 1', 'you (Member 2)', 'Member 3']
    """
    names = [f"{role.replace('_', ' ').capitalize()} {seat + 1}" for seat in range(seats)]
    return [f"you ({name})" if seat == own else name for seat, name in enumerate(names)]
