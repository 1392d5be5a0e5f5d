"""What the fixture `command` gives: the command run as a user types it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Result(NamedTuple):
    """Exit code and output."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]
