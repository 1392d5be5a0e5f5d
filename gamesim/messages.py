"""What players say to each other: cleaned when it is read, and carried as a number like every other action.

A message is a code, 52 bits of a hash of its words, so that equal messages have equal codes in every run, whatever
the order or the batch; saying nothing is 0.  A conversation, as one player reads it, is a code too, also where nobody
said anything.  `Messages` holds the words behind the codes of one simulation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.streams import Floats, key

SILENCE = 0.0
NOTHING = "nothing"

_HIDDEN = ("Cc", "Cf", "Cs")
# Brackets and quotation marks are those of the page around a message; a wide form may be read as the plain one.
_PAGE = str.maketrans('[]{}［］｛｝"＂“”„‟«»＜＞﹤﹥', "()()()()''''''''‹›‹›")  # noqa: RUF001
# What a chat template could take for one of its marks, or for a part of one: <|im_start|>, </s>, <<SYS>>.
_MARK = re.compile(r"<[^<>]*[|｜]>|<\S*[>|｜]|<{2,}|>{2,}|(?<=[|｜])>")  # noqa: RUF001

Said = tuple[tuple[str, str], ...]
"""Speakers and what each said, in the order of their seats."""


class Conversation(NamedTuple):
    """What several said, as one of them reads it.

    Parameters
    ----------
    said : tuple of (str, str)
        Each speaker and the speaker's message; empty for those who said nothing.
    reader : int
        Which of the speakers reads it; -1 where nobody said anything, which all read alike.
    """

    said: Said
    reader: int


def clean(text: str) -> str:
    """Make a message fit to be quoted on one line, so that no part of it is read as anything but a message.

    Runs of white space become one blank; control and invisible characters are dropped; double quotation marks become
    single ones, square and curly brackets round ones, and the angle brackets, opening and closing, of what could be a
    mark of a chat template (``<|im_start|>``, ``</s>``) become single guillemets.  Letters of all scripts stay.

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
        self._words: dict[float, str | Conversation] = {}

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

    def converse(self, said: Said, reader: int) -> float:
        """Give the code of what several said, as one of them reads it.

        Parameters
        ----------
        said : tuple of (str, str)
            Each speaker and the speaker's message, in the order of their seats.
        reader : int
            Which of the speakers reads it.

        Returns
        -------
        float
            A whole number below 2**52, never 0; the same for all readers where nobody said anything.
        """
        return self._kept(Conversation(said, reader if any(text for _, text in said) else -1))

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
        if words.reader < 0:
            return NOTHING
        return "; ".join(
            f"{f'you ({speaker})' if seat == words.reader else speaker}: {quoted(text)}"
            for seat, (speaker, text) in enumerate(words.said)
        )

    def spoken(self, code: float) -> bool:
        """Tell whether anything was said in a message or a conversation."""
        words = self._found(code)
        return bool(words) if isinstance(words, str) else words.reader >= 0

    def record(self, code: float) -> str | dict[str, str]:
        """Give the words for a record: the text of a message; of a conversation what each speaker said.

        Returns
        -------
        str or dict from speaker to str
            All speakers by their seats, the same for all readers; an empty text for who said nothing.
        """
        words = self._found(code)
        return words if isinstance(words, str) else dict(words.said)

    def _kept(self, words: str | Conversation) -> float:
        # One is never mistaken for the other, whatever a message quotes.
        address = ("said", words) if isinstance(words, str) else ("conversation", repr(words))
        code = float(key(*address) >> 12)
        if self._words.setdefault(code, words) != words:
            raise GamesimError(
                f"{self._words[code]!r} and {words!r} have the same code by chance, so that one of them must be worded "
                "in another way"
            )
        return code

    def _found(self, code: float) -> str | Conversation:
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


def speakers(role: str, seats: int) -> Sequence[str]:
    """Name those who speak in a role by their seats.

    Examples
    --------
    >>> speakers("member", 3)
    ['Member 1', 'Member 2', 'Member 3']
    """
    return [f"{role.replace('_', ' ').capitalize()} {seat + 1}" for seat in range(seats)]
