"""Whether a simulated decision may be compared with a human record, and on which scale."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gamesim.analysis.society import CONTINUATION
from gamesim.errors import unknown
from gamesim.humans import Reference

ALLOWABLE = ("given", "method", "parameters", "range", "round", "society", "stake")


@dataclass(frozen=True, eq=False)
class Match:
    """A reference that may be used, and how.

    Parameters
    ----------
    reference : Reference
    factor : float
        A simulated amount times this is in the units of the reference.
    round : int or None
        The simulated round that is compared; None for all.
    given : mapping of str to float
        What must have been seen for a simulated decision to count, in simulated units.
    notes : tuple of str
        What was allowed or converted, in sentences.
    """

    reference: Reference
    factor: float
    round: int | None
    given: Mapping[str, float]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Refusal:
    """A reference that may not be used, and why.

    Parameters
    ----------
    reference : Reference
    reason : str
        One sentence that names both sides.
    mismatches : tuple of str
        What does not fit: some of `ALLOWABLE`, or ``options``, which cannot be allowed.
    """

    reference: Reference
    reason: str
    mismatches: tuple[str, ...]


def check_allowed(allow: Collection[str]) -> None:
    """Check the names of mismatches that are to be let through.

    Raises
    ------
    GamesimError
        If one is not known.
    """
    for name in allow:
        if name not in ALLOWABLE:
            raise unknown("mismatch", name, ALLOWABLE)


def match(
    reference: Reference,
    spec: Mapping[str, Any],
    rounds: Collection[int],
    allow: Collection[str],
    society: Collection[str] = (),
) -> Match | Refusal:
    """Hold a simulated decision against a reference.

    Parameters
    ----------
    reference : Reference
        Of the same decision.
    spec : mapping
        The decision as the run describes it: method, stake, low, high, labels, parameters.
    rounds : collection of int
        Rounds in which the run has this decision.
    allow : collection of str
        Mismatches to let through, out of `ALLOWABLE`; they become notes.
    society : collection of str
        What sets the society of the run apart from the groups of the record (`gamesim.analysis.society`).

    Returns
    -------
    Match or Refusal

    Notes
    -----
    In a first round nothing has come of another society yet but what players expect of it: such decisions are
    compared, with a note.  Those of later rounds follow from what went on in it and are refused.
    """
    found: list[tuple[str, str, str]] = []
    notes: list[str] = []
    chosen = _round(reference, rounds, found)
    factor = _stake(reference, spec, found, notes)
    if spec.get("method") is not None and spec["method"] != reference.method:
        found.append(("method", f"{reference.method}", f"{spec['method']}"))
    for key, wanted in reference.parameters.items():
        held = spec.get("parameters", {}).get(key)
        if not _same(held, wanted):
            told = f"no {key}" if held is None else f"{key} {_plain(held)}"
            found.append(("parameters", f"{key} {wanted:g}", told))
    if society and (chosen == 1 or set(rounds) <= {1}):
        notes.append(f"society differs: run {', '.join(society)}; first rounds are compared all the same")
    elif society:
        found.append(("society", "plain groups", ", ".join(society)))
    if reference.parameters.get(CONTINUATION) and not any(kind == "parameters" for kind, *_ in found):
        notes.append(f"the humans' choices are of {reference.filter}")
    labels = tuple(spec.get("labels") or ())
    if set(labels) != set(reference.labels):
        sides = [", ".join(names) or "amounts" for names in (reference.labels, labels)]
        found.append(("options", sides[0], sides[1]))
    elif not labels and not reference.given:
        span = (spec["low"] * factor, spec["high"] * factor)
        if not (_same(span[0], reference.low) and _same(span[1], reference.high)):
            humans, run = f"{reference.low:g} to {reference.high:g}", f"{span[0]:g} to {span[1]:g}"
            found.append(("range", humans, run))
    barred = [item for item in found if item[0] not in allow]
    if barred:
        kinds = tuple(dict.fromkeys(kind for kind, *_ in barred))
        way = "" if "options" in kinds else f" (allow {', '.join(kinds)} to compare all the same)"
        listed = "; ".join(_sides(kind, barred) for kind in kinds)
        return Refusal(reference, f"{reference.name} is refused: {listed}{way}", kinds)
    notes += [f"{key} differs and was allowed: humans {humans}, run {run}" for key, humans, run in found]
    given = {} if "given" in allow else {key: value / factor for key, value in reference.given.items()}
    if reference.given and not given:
        told = ", ".join(f"{key} = {value:g}" for key, value in reference.given.items())
        notes.append(f"given differs and was allowed: humans decided after {told}, the run after anything")
    return Match(reference, factor, chosen, given, tuple(notes))


def _sides(kind: str, found: Collection[tuple[str, str, str]]) -> str:
    humans = ", ".join(item[1] for item in found if item[0] == kind)
    run = ", ".join(item[2] for item in found if item[0] == kind)
    return f"{kind}: humans {humans}, run {run}"


def _round(reference: Reference, rounds: Collection[int], found: list[tuple[str, str, str]]) -> int | None:
    if reference.round is None or not rounds:
        return None
    if reference.round in rounds:
        return reference.round
    wanted = reference.round
    nearest = min(sorted(rounds), key=lambda number: abs(number - wanted))
    span = f"{min(rounds)} to {max(rounds)}" if len(rounds) > 1 else f"{min(rounds)}"
    found.append(("round", f"round {wanted}", f"round {span} (nearest: {nearest})"))
    return nearest


def _stake(
    reference: Reference,
    spec: Mapping[str, Any],
    found: list[tuple[str, str, str]],
    notes: list[str],
) -> float:
    ours, theirs = spec.get("stake"), reference.stake
    if ours is None or theirs is None or _same(ours, theirs):
        return 1.0
    if not reference.shares:
        found.append(("stake", f"{theirs:g}", f"{ours:g}"))
    if reference.labels:
        return 1.0
    notes.append(f"compared as shares of the stake: {theirs:g} among humans, {ours:g} in the run")
    return float(theirs) / float(ours)


def _same(held: object, wanted: float) -> bool:
    if isinstance(held, bool) or not isinstance(held, int | float):
        return False
    return math.isclose(held, wanted, rel_tol=1e-3, abs_tol=1e-9)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
