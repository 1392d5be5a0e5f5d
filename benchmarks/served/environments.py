"""Other libraries, each in a virtual environment of its own: their pins exclude each other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

INSTALL_SECONDS = 1200


class NotInstalled(Exception):
    """Why a library has no environment."""


def environment(folder: Path, python: str, requirements: tuple[str, ...]) -> str:
    """Give the interpreter of an environment with these requirements; made and filled if it is not there.

    Parameters
    ----------
    folder : Path
        Where environments are kept.
    python : str
        Interpreter it is made with.
    requirements : tuple of str
        As pip takes them.

    Returns
    -------
    str
        Path of the interpreter.

    Raises
    ------
    NotInstalled
        With the last thing that was said.
    """
    release = _run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    home = folder / re.sub(r"[^\w.]+", "-", f"{'-'.join(requirements)}-python{release}")
    inside = home / "bin" / "python"
    finished = home / "installed"
    if not finished.exists():
        print(f"installing {' '.join(requirements)} into {home}", flush=True)
        _run(python, "-m", "venv", "--clear", str(home))
        _run(str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
        finished.touch()
    return str(inside)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        raise NotInstalled(last_line(done.stderr))
    return done.stdout.strip()


def last_line(text: str) -> str:
    """Give the last line that says something: the error, where a program ended with one."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    return lines[-1] if lines else "nothing was said"
