"""Where the cache of replies lies, and whether a disk is fit for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gamesim.errors import GamesimError

__all__ = ["cache_folder", "check_local", "file_system"]

_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "lustre", "gpfs", "beegfs", "glusterfs"),
    *(
        "ocfs2",
        "gfs2",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.gcsfuse",
        "fuse.ceph",
    ),
    *("fuse.juicefs", "fuse.mfs", "fuse.davfs", "davfs", "virtiofs", "panfs", "ncpfs"),
}


def cache_folder() -> Path:
    """Give the folder of the cache: ``GAMESIM_CACHE``, or gamesim's own in the user's cache folder."""
    if given := os.environ.get("GAMESIM_CACHE", "").strip():
        return Path(given).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "gamesim"


def file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Give the type of the file system that a folder lies on, as Linux names it; empty where that is unknown."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, best, found = folder.resolve(), -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        # A later mount at the same place hides the earlier one.
        if len(point.parts) >= best and place.is_relative_to(point):
            best, found = len(point.parts), fields[2]
    return found


def check_local(folder: Path, mounts: Path) -> None:
    """Refuse a folder on a network file system, where SQLite's write-ahead log is unsafe.

    Raises
    ------
    GamesimError
        Naming the folder and the file system.
    """
    kind = file_system(folder, mounts)
    if kind in _NETWORK:
        raise GamesimError(
            f"{folder} lies on a network file system ({kind}), where a shared cache can be damaged; "
            "name a local folder in GAMESIM_CACHE"
        )
