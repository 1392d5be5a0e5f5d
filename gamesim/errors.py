"""What can go wrong through the user's hand, said in one sentence."""

from __future__ import annotations

import difflib
import inspect
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

MOST_LISTED = 30
"""Where a near name is known, longer lists of all names are left out."""


class GamesimError(Exception):
    """A mistake that the user can mend: one sentence, no traceback, exit code 2."""

    exit_code = 2


class NothingPlayedError(GamesimError):
    """The run ended without a single valid decision: exit code 1."""

    exit_code = 1


class StoppedError(GamesimError):
    """The run stopped asking before its end and can be taken up again where it stopped: exit code 3."""

    exit_code = 3


class LeftError(GamesimError):
    """Whoever started the run ended it with Ctrl-C: exit code 130."""

    exit_code = 130


class GamesimWarning(UserWarning):
    """Something that the user should know about a result that is given all the same."""


def unknown(kind: str, name: str, known: Iterable[str], *, where: str = "") -> GamesimError:
    """Word the error for a name that does not exist, with the nearest that does.

    Parameters
    ----------
    kind : str
        What was looked for, such as ``"game"``.
    name : str
        The name that was given.
    known : iterable of str
        All names that exist.
    where : str
        The file and key in which the name stood, if any.

    Returns
    -------
    GamesimError
        To be raised by the caller.
    """
    names = sorted(known)
    begun = [each for each in names if len(name) > 1 and each.startswith(name)]
    near = begun[:1] or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listing = f" ({_plural(kind)}: {', '.join(names) if names else 'none'})"
    if near and len(names) > MOST_LISTED:
        listing = ""
    prefix = f"{where}: " if where else ""
    return GamesimError(f"{prefix}unknown {kind} {name!r}{hint}{listing}")


def _plural(kind: str) -> str:
    """Put the head of a kind into the plural: ``kinds of model``, ``memories``, ``mismatches``."""
    head, *rest = re.split(r" (?=of |to )", kind, maxsplit=1)
    if re.search(r"[^aeiou]y$", head):
        head = f"{head[:-1]}ie"
    elif head.endswith("ch"):
        head = f"{head}e"
    return " ".join([f"{head}s", *rest])


def source(kind: type) -> str:
    """Say where a game or agent is written: in which file, if it has one."""
    try:
        return inspect.getsourcefile(kind) or kind.__name__
    except (TypeError, OSError):
        return kind.__name__


@contextmanager
def faults_of(kind: type, method: str) -> Iterator[None]:
    """Word a fault in a user's own game or agent in one sentence, with the line; leave all others as they are."""
    try:
        yield
    except Exception as error:
        if isinstance(error, GamesimError) or kind.__module__.startswith("gamesim."):
            raise
        file = source(kind)
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == file), "?")
        raise GamesimError(
            f"{file}, line {line}: {method} failed: {type(error).__name__}: {error}"
        ) from error
