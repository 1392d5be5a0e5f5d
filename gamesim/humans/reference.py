"""Human records as derived counts, each with its protocol, its filter and its source.

A reference is one decision of one population under one protocol. The files beside this module are found by
themselves: adding a JSON file adds a reference. No file holds rows of people, only how often each choice
was made.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gamesim.errors import GamesimError, unknown

Votes = Literal["subject", "decision"]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_WORDS = (
    *("name", "decision", "kind", "dataset", "population", "method"),
    *("filter", "citation", "licence", "url", "note"),
)
_REQUIRED = (*_WORDS, "low", "high", "step", "labels")
_OPTIONAL = (
    *("stake", "round", "given", "parameters", "attrition", "subjects", "decisions"),
    *("one_vote", "per_decision", "figures", "shares", "default"),
)
_OBJECTS = ("given", "parameters", "one_vote", "per_decision", "figures")
CONDITIONS = ("name", "kind", "dataset", "population", "method", "stake", "round", "shares", "default")


@dataclass(frozen=True)
class Figure:
    """One number about human choices and where it comes from.

    Parameters
    ----------
    value : float
        The number, in the units of the decision.
    source : str
        Who reports it; ``"recalled"`` in it marks a number not checked against its source.
    """

    value: float
    source: str


@dataclass(frozen=True, eq=False)
class Reference:
    """How one population of humans made one decision under one protocol.

    Parameters
    ----------
    name : str
        Such as ``"moblab.dictator.give"``; unique.
    decision : str
        Such as ``"dictator.give"``.
    kind : {"counts", "published"}
        ``counts``: derived here from records, every subject at hand one vote. ``published``: figures as
        printed by a source, with counts only where the source prints them exactly.
    dataset : str
        The body of data it belongs to, such as ``"moblab"``; agents declare these names as ``trained_on``.
    population, method, filter, citation, licence, url, note : str
        In words.
    stake : float or None
        What was at stake, in the units of the choice; None where it plays no part.
    round : int or None
        Counted from 1; None where rounds are pooled.
    given : mapping of str to float
        Earlier choices in the same play on which this decision is conditioned.
    parameters : mapping of str to float
        Rules of the game that must hold in a simulation compared with it.
    low, high, step : float
        The legal grid, in the units of the choice; 0, L - 1 and 1 where there are ``labels``.
    labels : tuple of str
        Names of the options, in the order of their index; empty for amounts.
    shares : bool
        The amounts are per cent of stakes that varied, so they compare with any stake as shares of it.
    default : bool
        Whether a comparison uses it when no reference is named.
    attrition : tuple of (str, int)
        Rows left after each step of the cleaning.
    subjects, decisions : int or None
        How many people and how many decisions are counted.
    one_vote, per_decision : mapping of str to int
        How often each value was chosen: in a subject's first qualifying decision, and in all of them.
    figures : mapping of str to Figure
        Means, standard deviations, sample sizes and the like, by name.
    """

    name: str
    decision: str
    kind: str
    dataset: str
    population: str
    method: str
    filter: str
    citation: str
    licence: str
    url: str
    note: str
    low: float
    high: float
    step: float
    labels: tuple[str, ...] = ()
    stake: float | None = None
    round: int | None = None
    given: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    attrition: tuple[tuple[str, int], ...] = ()
    subjects: int | None = None
    decisions: int | None = None
    one_vote: Mapping[str, int] = field(default_factory=dict)
    per_decision: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    shares: bool = False
    default: bool = True

    @property
    def has_counts(self) -> bool:
        """Whether a whole distribution is known and not only figures about it."""
        return bool(self.one_vote or self.per_decision)

    @property
    def support(self) -> Floats:
        """All legal values on the grid, shape (L,), in the units of the choice."""
        steps = round((self.high - self.low) / self.step)
        return self.low + self.step * np.arange(steps + 1, dtype=np.float64)

    def votes(self, votes: Votes = "subject") -> Votes:
        """Which votes can be counted: the ones asked for, or the only ones the source gives."""
        if votes == "subject" and not self.one_vote:
            return "decision"
        return votes

    def counts(self, votes: Votes = "subject") -> Counts:
        """How often each value of ``support`` was chosen.

        Parameters
        ----------
        votes : {"subject", "decision"}
            One vote a person (the first qualifying decision), or one a decision. A source that prints
            decisions only has no votes of subjects; its decisions are returned then (see ``votes``).

        Returns
        -------
        ndarray of int, shape (L,)

        Raises
        ------
        GamesimError
            If the reference has figures only.
        """
        if not self.has_counts:
            raise GamesimError(f"human reference {self.name!r} has published figures only, no counts")
        table = self.one_vote if self.votes(votes) == "subject" else self.per_decision
        counts = np.zeros(len(self.support), dtype=np.int64)
        for value, count in table.items():
            counts[_position(value, self.labels, self.low, self.step)] = count
        return counts


def _position(value: str, labels: tuple[str, ...], low: float, step: float) -> int:
    if labels:
        return labels.index(value)
    place = (float(value) - low) / step
    if abs(place - round(place)) > 1e-9:
        raise ValueError(value)
    return round(place)


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
    for key in _REQUIRED:
        if key not in raw:
            raise GamesimError(f"{where}: key {key!r} is missing")
    for key in raw:
        if key not in _REQUIRED and key not in _OPTIONAL:
            raise GamesimError(f"{where}: key {key!r} is not known")
    _check_scalars(raw, where)
    for key in _OBJECTS:
        if not isinstance(raw.get(key, {}), dict):
            raise GamesimError(f"{where}: key {key!r} must be an object, not {raw[key]!r}")
    labels = tuple(str(label) for label in raw["labels"])
    figures = {
        str(k): _figure(v, f"{where}: key 'figures', {k!r}") for k, v in raw.get("figures", {}).items()
    }
    fields = dict(raw)
    fields["labels"] = labels
    fields["figures"] = MappingProxyType(figures)
    fields["attrition"] = tuple((str(step), int(left)) for step, left in raw.get("attrition", []))
    for key in set(_OBJECTS) - {"figures"}:
        fields[key] = MappingProxyType(dict(raw.get(key, {})))
    reference = Reference(**fields)
    _check_counts(reference, where)
    if reference.kind == "counts" and not reference.one_vote:
        raise GamesimError(f"{where}: key 'one_vote' is missing, which kind 'counts' needs")
    if reference.kind == "published" and not figures:
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
        if key == "stake" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise GamesimError(f"{where}: key {key!r} must be a number, not {value!r}")
    if raw["step"] <= 0 or raw["high"] <= raw["low"]:
        raise GamesimError(f"{where}: keys 'low', 'high' and 'step' span no grid")
    number = raw.get("round")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
        raise GamesimError(f"{where}: key 'round' must be a whole number from 1, not {number!r}")


def _figure(raw: object, where: str) -> Figure:
    match raw:
        case {"value": int() | float() as value, "source": str() as source} if source:
            return Figure(float(value), source)
    raise GamesimError(f"{where} must be {{'value': number, 'source': text}}, not {raw!r}")


def _check_counts(reference: Reference, where: str) -> None:
    for key, total in (("one_vote", reference.subjects), ("per_decision", reference.decisions)):
        table: Mapping[str, int] = getattr(reference, key)
        for value, count in table.items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise GamesimError(f"{where}: key {key!r}, {value!r} must be a whole number, not {count!r}")
            try:
                place = _position(value, reference.labels, reference.low, reference.step)
            except ValueError as error:
                raise GamesimError(f"{where}: key {key!r}, {value!r} is not a legal choice") from error
            if not 0 <= place < len(reference.support):
                raise GamesimError(
                    f"{where}: key {key!r}, {value!r} lies outside {reference.low:g} to {reference.high:g}"
                )
        if table and sum(table.values()) != total:
            raise GamesimError(f"{where}: key {key!r} sums to {sum(table.values())}, the total says {total}")


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
    found: dict[str, Reference] = {}
    for entry in sorted(resources.files("gamesim.humans").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            reference = read(entry.read_text(encoding="utf-8"), where=f"gamesim/humans/{entry.name}")
            if reference.name in found:
                raise GamesimError(
                    f"gamesim/humans/{entry.name}: key 'name' {reference.name!r} is taken by another file"
                )
            found[reference.name] = reference
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
