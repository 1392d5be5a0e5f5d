"""Take up a run that was cut off: what must be as it was, and what is played again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gamesim import archive, record
from gamesim.errors import GamesimError
from gamesim.record import Settings

_MOST_TOLD = 3
_LISTS = ("personas", "agent_table")
"""Settings that are lists, told by their files and hashes."""


def earlier_run(folder: Path, settings: Settings) -> Settings | None:
    """Give the settings of the run that a folder holds; clear one that was cut off, so that it can be played again.

    Raises
    ------
    GamesimError
        Naming what differs, when what the folder holds is another run than is to be played.
    """
    if not (folder / "run.json").exists():
        return None
    earlier = archive.read_settings(folder)
    if different := _differences(earlier, settings):
        name = different[0]
        if name in ("files", "servers"):
            raise GamesimError(
                f"{folder}: cannot be resumed, since the {name} behind its agents are not those it was played with"
            )
        raise GamesimError(f"{folder}: cannot be resumed, since {_told(earlier, settings, name)}")
    if earlier.status != "complete":
        record.clear(folder)
    return earlier


def spent_in_all(earlier: Settings | None, now: str) -> str:
    """Say what a run took, and what it had taken before it was cut off."""
    if not now or earlier is None:
        return now
    return f"{now}, after {earlier.spent or 'what is not on record: it was killed'} before it was taken up"


def _differences(one: Settings, other: Settings) -> list[str]:
    keys = (
        "game",
        "agents",
        "agent_table",
        "network",
        "n",
        "sessions",
        "rounds",
        "matching",
        "society",
        "seed",
        "seat",
        "personas",
        "fixed_wording",
    )
    different = [name for name in keys if getattr(one, name) != getattr(other, name)]
    return different or [name for name in ("files", "servers") if _behind(one, name) != _behind(other, name)]


def _behind(settings: Settings, what: str) -> dict[str, Any]:
    """Give what stands behind the agents as they are written: files of the user's, packs, servers."""
    if what == "files":
        pack = f"{settings.game['name']}.toml"
        return {
            label: (about.get("sha256"), about.get("pack", {}).get("sha256", {}).get(pack))
            for label, about in settings.policies.items()
        }
    models = {label: about.get("model", {}) for label, about in settings.policies.items()}
    # Of several servers the first stands for all, as in the cache.
    return {label: str(about.get("base_url")).partition(",")[0] for label, about in models.items()}


def _told(earlier: Settings, settings: Settings, name: str) -> str:
    """Say what of a setting was otherwise: its name alone where that differs, and few of many."""
    was, now = (_parts(name, _shown(each, name)) for each in (earlier, settings))
    different = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    first = [key for key in different if key == f"{name}.name"] or different[:_MOST_TOLD]
    shown = str if name in _LISTS else repr
    told = [f"{key} was {shown(was.get(key))} there and is {shown(now.get(key))} now" for key in first]
    rest = 0 if first == [f"{name}.name"] else len(different) - len(first)
    return "; ".join(told + ([f"{rest} more of {name} differ"] if rest else []))


def _parts(name: str, value: Any) -> dict[str, Any]:
    """Take mappings apart: from dotted names to what is no mapping."""
    if not isinstance(value, dict):
        return {name: value}
    return {
        key: each for part, inner in value.items() for key, each in _parts(f"{name}.{part}", inner).items()
    }


def _shown(settings: Settings, name: str) -> Any:
    known = getattr(settings, name)
    if name not in _LISTS:
        return known
    source = known.get("file") or known.get("population") or known.get("given", "none")
    return f"{source} (sha256 {known['sha256'][:12]})" if known else source
