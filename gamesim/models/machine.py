"""What this machine can compute with, found without loading torch, which takes longer than all the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Device", "devices", "extras", "memory"]

EXTRAS = ("local", "remote", "plot")
_SECONDS = 2.0


@dataclass(frozen=True)
class Device:
    """Something that a local model can run on.

    Parameters
    ----------
    kind : str
        As after ``@device=``: ``cuda``, ``mps`` or ``cpu``.
    name : str
        What it is.
    memory : int or None
        Bytes, where known.
    note : str
        What stands in the way, if anything.
    """

    kind: str
    name: str
    memory: int | None
    note: str = ""


def devices() -> list[Device]:
    """List the devices of this machine, the fastest first; none where torch is not installed.

    Graphics cards are those that ``nvidia-smi`` lists; whether torch can use them is read off the kind of its
    build.
    """
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return []
    build = _build(Path(found.submodule_search_locations[0]) / "version.py")
    result = _cards(build)
    if sys.platform == "darwin" and platform.machine() == "arm64":
        result.append(Device("mps", "Apple graphics, memory shared with the processor", memory()))
    cores = os.cpu_count() or 1
    return [*result, Device("cpu", f"{cores} core{'s' if cores > 1 else ''}", memory())]


def extras() -> dict[str, list[str]]:
    """Give the packages that each optional extra lacks here: empty where it is installed."""
    try:
        wanted = importlib.metadata.requires("gamesim") or []
    except importlib.metadata.PackageNotFoundError:
        wanted = []
    lacking: dict[str, list[str]] = {name: [] for name in EXTRAS}
    for requirement in wanted:
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        package = re.match(r"[\w.-]+", requirement)
        if extra and package and extra[1] in lacking and not _installed(package[0]):
            lacking[extra[1]].append(package[0])
    return lacking


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _build(file: Path) -> str:
    """Say what torch was built for, from the file in which it says so: ``cuda 12.8``, ``hip 6.4`` or nothing."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return ""
    for kind in ("cuda", "hip"):
        if found := re.search(rf"^{kind}\b.*=\s*['\"]([^'\"]+)['\"]", text, re.MULTILINE):
            return f"{kind} {found[1]}"
    return ""


def _cards(build: str) -> list[Device]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    note = "" if build.startswith("cuda") else "the torch installed here is not built for it"
    cards = []
    for line in told.splitlines():
        name, _, size = line.rpartition(",")
        memory = int(size) * 2**20 if size.strip().isdigit() else None
        cards.append(Device("cuda", name.strip(), memory, note))
    return cards


def memory() -> int | None:
    """Give the bytes of memory that this machine has, where that is known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
