"""Which human records there are: those that come with the package, found by their files, and those of a user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from gamesim.errors import GamesimError, unknown
from gamesim.humans.reading import read
from gamesim.humans.reference import Reference

CONDITIONS = ("name", "kind", "dataset", "population", "method", "stake", "round", "shares", "default")
Chosen = str | Path | Reference
"""A record: itself, the name of one that comes with the package, one's own file, or a folder of such files."""


@cache
def references() -> tuple[Reference, ...]:
    """All human references that come with the package, by name.

    Returns
    -------
    tuple of Reference

    Raises
    ------
    GamesimError
        If a file is not valid, or two files share a name.
    """
    entries = (each for each in resources.files("gamesim.humans").iterdir() if each.name.endswith(".json"))
    return _distinct(
        read(each.read_text(encoding="utf-8"), where=f"gamesim/humans/{each.name}") for each in entries
    )


def open_references(chosen: Chosen | Sequence[Chosen]) -> tuple[Reference, ...]:
    """Open human records that are chosen, such as a user's own.

    Parameters
    ----------
    chosen : str, Path or Reference, or a sequence of them
        A JSON file with the fields of `Reference`, a folder of such files, or the name of a record that comes with
        the package.

    Returns
    -------
    tuple of Reference
        By name.

    Raises
    ------
    GamesimError
        If there is no such record or file, a file is not valid, or two records share a name.
    """
    several = [chosen] if isinstance(chosen, str | Path | Reference) else chosen
    return _distinct(reference for each in several for reference in _opened(each))


def _opened(chosen: Chosen) -> Sequence[Reference]:
    if isinstance(chosen, Reference):
        return [chosen]
    path = Path(chosen)
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise GamesimError(f"{path}: there is no human record in this folder: no file ends in .json")
        return [_from_file(each) for each in files]
    if path.suffix.lower() == ".json":
        return [_from_file(path)]
    try:
        return [named(str(chosen))]
    except GamesimError as error:
        raise GamesimError(
            f"{error}; nor is there such a folder, and a file of your own ends in .json"
        ) from None


def _from_file(path: Path) -> Reference:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror or error
        raise GamesimError(f"{path}: cannot be read as a human record ({why})") from None
    return read(text, where=str(path))


def _distinct(references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Put references in the order of their names, each of which one has."""
    found: dict[str, Reference] = {}
    for each in references:
        if each.name in found:
            raise GamesimError(f"two human records have the name {each.name!r}: their key 'name' must differ")
        found[each.name] = each
    return tuple(found[name] for name in sorted(found))


def named(name: str) -> Reference:
    """Give the reference of a name.

    Raises
    ------
    GamesimError
        If there is none, with the nearest name that exists.
    """
    known = {reference.name: reference for reference in references()}
    if name not in known:
        raise unknown("human record", name, known)
    return known[name]


def find(decision: str, **conditions: object) -> tuple[Reference, ...]:
    """Find the references of a decision.

    Parameters
    ----------
    decision : str
        Such as ``"dictator.give"``.
    **conditions
        Fields that must be equal: any of name, kind, dataset, population, method, stake, round, shares,
        default; ``given`` and ``parameters`` take a dict whose items must all be among the reference's.

    Returns
    -------
    tuple of Reference
        Empty when there is none.

    Raises
    ------
    GamesimError
        If a condition is not a field that can be asked for.
    """
    hits = []
    for reference in references():
        if reference.decision == decision and all(_meets(reference, k, v) for k, v in conditions.items()):
            hits.append(reference)
    return tuple(hits)


def _meets(reference: Reference, key: str, wanted: object) -> bool:
    if key in ("given", "parameters"):
        held: Mapping[str, float] = getattr(reference, key)
        return isinstance(wanted, Mapping) and all(held.get(k) == v for k, v in wanted.items())
    if key not in CONDITIONS:
        known = ", ".join((*CONDITIONS, "given", "parameters"))
        raise GamesimError(f"human references cannot be found by {key!r} (conditions: {known})")
    return bool(getattr(reference, key) == wanted)
