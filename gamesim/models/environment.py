"""Where a key and a server's address come from: the environment, or a ``.env`` file in the working directory."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["KEY", "TIMEOUT", "URL", "setting"]

KEY = "OPENAI_API_KEY"
URL = "OPENAI_BASE_URL"
TIMEOUT = "GAMESIM_TIMEOUT"


def setting(name: str, file: Path | None = None) -> str:
    """Look a setting up; the environment goes before the file.

    The file is read each time and nothing of it enters the environment, where other programs would find it.
    Its lines are ``NAME=value``, with or without ``export`` and quotes; ``#`` begins a comment.

    Parameters
    ----------
    name : str
        `KEY`, `URL` or `TIMEOUT`.
    file : Path, optional
        ``.env`` in the working directory unless given.

    Returns
    -------
    str
        Empty if neither has it.
    """
    if found := os.environ.get(name, "").strip():
        return found
    path = file or Path(".env")
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        left, sign, right = line.strip().removeprefix("export ").partition("=")
        if sign and left.strip() == name:
            return _unquoted(right.strip())
    return ""


def _unquoted(value: str) -> str:
    for quote in "\"'":
        if value.startswith(quote) and (end := value.find(quote, 1)) > 0:
            return value[1:end]
    return value.split(" #")[0].strip()
