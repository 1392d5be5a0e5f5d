"""Human records as they are written: JSON in, a checked record out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gamesim.errors import GamesimError, unknown
from gamesim.humans.reference import Figure, Reference

_WORDS = (
    *("name", "decision", "kind", "dataset", "population", "method"),
    *("filter", "citation", "licence", "url", "note"),
)
REQUIRED = (*_WORDS, "low", "high", "step", "labels")
"""Keys that every file has."""
_MOST_STEPS = 1_000_000
_TABLES = ("given", "parameters", "one_vote", "per_decision", "figures")
OPTIONAL = (*_TABLES, "stake", "round", "attrition", "subjects", "decisions", "shares", "default")
"""Keys that may be left out."""


def read(text: str, *, where: str) -> Reference:
    """Read one reference from JSON and check it.

    Parameters
    ----------
    text : str
        A JSON object with the fields of `Reference`.
    where : str
        The file, for error messages.

    Returns
    -------
    Reference

    Raises
    ------
    GamesimError
        Naming file and key, if something is missing, unknown or inconsistent.
    """
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise GamesimError(f"{where}: not JSON ({error})") from error
    if not isinstance(raw, dict):
        raise GamesimError(f"{where}: must hold one JSON object")
    for key in raw:
        if key not in REQUIRED and key not in OPTIONAL:
            raise unknown("key", key, (*REQUIRED, *OPTIONAL), where=where)
    for key in REQUIRED:
        if key not in raw:
            raise GamesimError(f"{where}: key {key!r} is missing")
    _check_scalars(raw, where)
    _check_tables(raw, where)
    fields = dict(raw)
    fields["labels"] = _labels(raw, where)
    fields["attrition"] = _attrition(raw.get("attrition", []), where)
    for key in _TABLES:
        fields[key] = MappingProxyType(dict(raw.get(key, {})))
    fields["figures"] = MappingProxyType(
        {
            name: _figure(value, f"{where}: key 'figures', {name!r}")
            for name, value in fields["figures"].items()
        }
    )
    reference = Reference(**fields)
    _check_counts(reference, where)
    if reference.kind == "counts" and not reference.one_vote:
        raise GamesimError(f"{where}: key 'one_vote' is missing, which kind 'counts' needs")
    if reference.kind == "published" and not reference.figures:
        raise GamesimError(f"{where}: key 'figures' is missing, which kind 'published' needs")
    return reference


def _check_scalars(raw: Mapping[str, Any], where: str) -> None:
    for key in _WORDS:
        if not isinstance(raw[key], str):
            raise GamesimError(f"{where}: key {key!r} must be text, not {raw[key]!r}")
    if raw["kind"] not in ("counts", "published"):
        raise GamesimError(f"{where}: key 'kind' must be 'counts' or 'published', not {raw['kind']!r}")
    for key in ("low", "high", "step", "stake"):
        value = raw.get(key)
        if not _is_number(value) and not (key == "stake" and value is None):
            raise GamesimError(f"{where}: key {key!r} must be a number, not {value!r}")
    if raw["step"] <= 0 or raw["high"] <= raw["low"]:
        raise GamesimError(f"{where}: keys 'low', 'high' and 'step' span no grid")
    steps = (raw["high"] - raw["low"]) / raw["step"]
    if steps > _MOST_STEPS:
        raise GamesimError(
            f"{where}: key 'step' must leave at most {_MOST_STEPS:,} steps from 'low' to 'high', not {raw['step']:g}"
        )
    if abs(steps - round(steps)) > 1e-9:
        raise GamesimError(
            f"{where}: steps of {raw['step']:g} from {raw['low']:g} do not end at {raw['high']:g}"
        )
    for key in ("round", "subjects", "decisions"):
        value = raw.get(key)
        if value is not None and not (_is_whole(value) and value >= 1):
            raise GamesimError(f"{where}: key {key!r} must be a whole number from 1, not {value!r}")
    for key in ("shares", "default"):
        if not isinstance(raw.get(key, True), bool):
            raise GamesimError(f"{where}: key {key!r} must be true or false, not {raw[key]!r}")


def _check_tables(raw: Mapping[str, Any], where: str) -> None:
    for key in _TABLES:
        table = raw.get(key, {})
        if not isinstance(table, dict):
            raise GamesimError(f"{where}: key {key!r} must be a JSON object, not {table!r}")
        for name, value in table.items() if key in ("given", "parameters") else ():
            if not _is_number(value):
                raise GamesimError(f"{where}: key {key!r}, {name!r} must be a number, not {value!r}")


def _labels(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    labels = raw["labels"]
    if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
        raise GamesimError(
            f"{where}: key 'labels' must be a list of texts, empty for amounts, not {labels!r}"
        )
    if len(set(labels)) < len(labels):
        raise GamesimError(f"{where}: key 'labels' names an option twice: {', '.join(labels)}")
    if labels and (raw["low"], raw["high"], raw["step"]) != (0, len(labels) - 1, 1):
        raise GamesimError(
            f"{where}: keys 'low', 'high' and 'step' must be 0, {len(labels) - 1} and 1 for {len(labels)} labels"
        )
    return tuple(labels)


def _attrition(raw: object, where: str) -> tuple[tuple[str, int], ...]:
    found = []
    for each in raw if isinstance(raw, list) else [raw]:
        match each:
            case [str() as step, int() as left]:
                found.append((step, left))
            case _:
                raise GamesimError(
                    f"{where}: key 'attrition' must hold pairs of text and rows left, not {each!r}"
                )
    return tuple(found)


def _figure(raw: object, where: str) -> Figure:
    match raw:
        case {"value": int() | float() as value, "source": str() as source} if source:
            return Figure(float(value), source)
    raise GamesimError(f"{where} must be {{'value': number, 'source': text}}, not {raw!r}")


def _check_counts(reference: Reference, where: str) -> None:
    for key, counted in (("one_vote", "subjects"), ("per_decision", "decisions")):
        table: Mapping[str, int] = getattr(reference, key)
        for value, count in table.items():
            if not _is_whole(count) or count < 0:
                raise GamesimError(f"{where}: key {key!r}, {value!r} must be a whole number, not {count!r}")
            try:
                place = reference.place(value)
            except (ValueError, OverflowError) as error:
                raise GamesimError(f"{where}: key {key!r}, {value!r} is not a legal choice") from error
            if not 0 <= place < len(reference.support):
                raise GamesimError(
                    f"{where}: key {key!r}, {value!r} lies outside {reference.low:g} to {reference.high:g}"
                )
        found, total = sum(table.values()), getattr(reference, counted)
        if table and total is None:
            raise GamesimError(
                f"{where}: key {counted!r} is missing, which {key!r} needs (it sums to {found})"
            )
        if table and found != total:
            raise GamesimError(f"{where}: key {key!r} sums to {found}, key {counted!r} says {total}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
