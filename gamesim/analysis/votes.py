"""The simulated side of a comparison: which decisions count, and the distribution they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.analysis.protocol import Match
from gamesim.humans import Votes

Floats = npt.NDArray[np.float64]
Exact = Mapping[int, tuple[npt.ArrayLike, npt.ArrayLike]]

# One person: the same agent in another replication or in another draw is another vote.
PERSON = (
    "run",
    "study",
    "treatment",
    "replication",
    "session",
    "draw",
    "agent",
)
SESSION = ("run", "study", "treatment", "replication", "session")
# How a question was put: the same paraphrase with its options in another order is another text.
TEXT = ("wording", "option_order")
GROUP = (*SESSION, "supergame", "round", "group")
FEW_SESSIONS = 10
UNUSABLE = ("unreadable", "out_of_range", "refused", "truncated", "transport")


@dataclass(frozen=True, eq=False)
class Simulated:
    """The distribution of simulated choices, and what is needed to redraw it.

    Parameters
    ----------
    support : ndarray, shape (L,)
        Increasing, in the units of the reference, the reference's own grid included.
    drawn : ndarray of int, shape (L,)
        Choices that were drawn.
    exact : ndarray, shape (L,)
        Sum of the exact distributions of the choices that have one.
    clusters : ndarray, shape (C, L)
        All choices by independent unit; empty when every decision is one.
    unit : str
        What an independent unit is.
    wordings : ndarray, shape (W, L)
        All choices by wording; empty when there is only one.
    n : int
        Votes.
    uniform : ndarray, shape (L,)
        The distribution of a player to whom every legal action of the run is alike.
    """

    support: Floats
    drawn: npt.NDArray[np.int64]
    exact: Floats
    clusters: Floats
    unit: str
    wordings: Floats
    n: int
    uniform: Floats

    @property
    def p(self) -> Floats:
        """The distribution, shape (L,)."""
        return (self.drawn + self.exact) / self.n

    @property
    def is_exact(self) -> bool:
        """Whether nothing in the distribution was drawn, so that no draws add noise to it."""
        return self.unit == "decision" and not self.drawn.any()


def valid(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep decisions with a usable answer."""
    return rows[_usable(rows)]


def _usable(rows: pd.DataFrame) -> pd.Series[bool]:
    usable = rows["action"].notna()
    return usable & (rows["status"] == "ok") if "status" in rows else usable


def key(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series[Any]:
    """Give equal rows in those `columns` that the table has the same number, from 0."""
    present = [name for name in columns if name in rows]
    if not present:
        return pd.Series(0, index=rows.index)
    return rows.groupby(present, dropna=False, sort=False, observed=True).ngroup()


def select(rows: pd.DataFrame, match: Match, votes: Votes) -> pd.DataFrame:
    """Take the valid decisions that answer the same question as the reference.

    Parameters
    ----------
    rows : DataFrame
        All decisions of one kind and one policy.
    match : Match
        The round, and what must have been seen.
    votes : {"subject", "decision"}
        The first qualifying decision of every agent, or all.

    Returns
    -------
    DataFrame
    """
    rows = _alike(valid(rows), match)
    if votes == "subject":
        order = [name for name in ("supergame", "round") if name in rows]
        if order:
            rows = rows.sort_values(order, kind="stable")
        rows = rows[~key(rows, PERSON).duplicated()]
    return rows


def unusable(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep decisions that were asked for and gave no usable answer."""
    return rows[_asked(rows) & ~_usable(rows).to_numpy()]


def _asked(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return (rows["status"] != "skipped").to_numpy() if "status" in rows else np.ones(len(rows), dtype=bool)


def lacking(rows: pd.DataFrame, match: Match, votes: Votes) -> tuple[int, dict[str, int]]:
    """Count the votes that are missing beside those of `select`.

    Parameters
    ----------
    rows, match, votes
        As in `select`.

    Returns
    -------
    n : int
        Decisions without a usable answer; by subject, agents with no valid decision at all.
    by_status : dict of str to int
        The answers behind them, by status.
    """
    alike = _alike(rows, match)
    bad = _asked(alike) & ~_usable(alike).to_numpy()
    if votes == "decision":
        return int(bad.sum()), by_status(alike[bad])
    person = key(alike, PERSON).to_numpy()
    bad &= ~np.isin(person, person[_usable(alike)])
    return len(np.unique(person[bad])), by_status(alike[bad])


def by_status(rows: pd.DataFrame) -> dict[str, int]:
    """Count rows by status, the most frequent first."""
    counts = rows["status"].value_counts() if "status" in rows else pd.Series(dtype=np.int64)
    return {str(name): int(count) for name, count in counts.items() if count}


def _alike(rows: pd.DataFrame, match: Match) -> pd.DataFrame:
    """Keep decisions in the round and after the choices that the reference is about."""
    if match.round is not None and "round" in rows:
        rows = rows[rows["round"] == match.round]
    if match.given:
        seen = (
            rows["seen"].astype(object) if "seen" in rows else pd.Series(None, index=rows.index, dtype=object)
        )
        rows = rows[seen.isin([text for text in seen.unique() if _saw(text, match.given)])]
    return rows


def _saw(text: object, given: Mapping[str, float]) -> bool:
    if not isinstance(text, str):
        return False
    try:
        seen = json.loads(text)
    except json.JSONDecodeError:
        return False
    if not isinstance(seen, dict):
        return False
    for name, wanted in given.items():
        value = seen.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value - wanted) > 1e-6:
            return False
    return True


def collect(rows: pd.DataFrame, match: Match, spec: Mapping[str, Any], exact: Exact) -> Simulated:
    """Make one distribution of selected decisions.

    A decision whose policy gave exact probabilities counts with the whole distribution; any other with the
    action drawn. Amounts finer than the reference's grid go to its nearest point, halves upwards.

    Parameters
    ----------
    rows : DataFrame
        From `select`, at least one.
    match : Match
    spec : mapping
        The decision as the run describes it.
    exact : mapping of int to (support, probabilities)
        By reply.

    Returns
    -------
    Simulated
    """
    reply = rows["reply"] if "reply" in rows else pd.Series(np.nan, index=rows.index)
    known = reply.isin(list(exact)).to_numpy()
    unit, units = _units(rows, match)
    wording = key(rows, TEXT).to_numpy()
    values, weights, sure, unit_of, wording_of = [], [], [], [], []
    drawn = rows[~known]
    values.append(_convert(drawn["action"].to_numpy(np.float64), match, spec))
    weights.append(np.ones(len(drawn)))
    sure.append(np.zeros(len(drawn), bool))
    unit_of.append(units[~known])
    wording_of.append(wording[~known])
    shared = pd.DataFrame({"reply": reply[known], "unit": units[known], "wording": wording[known]})
    for shared_by in shared.value_counts().reset_index().itertuples(index=False, name=None):
        number, of_unit, of_wording, times = (int(value) for value in shared_by)
        support, chances = (np.asarray(side, dtype=np.float64) for side in exact[number])
        values.append(_convert(support, match, spec))
        weights.append(times * chances / chances.sum())
        sure.append(np.ones(len(support), bool))
        unit_of.append(np.full(len(support), of_unit))
        wording_of.append(np.full(len(support), of_wording))
    legal = _legal(match, spec)
    amounts = np.round(np.concatenate([*values, legal, match.reference.support]), 12)
    support, places = np.unique(amounts, return_inverse=True)
    weight = np.concatenate(weights)
    place, legal_place = places[: len(weight)], places[len(weight) : len(weight) + len(legal)]
    certain = np.concatenate(sure)
    size = len(support)

    def by(labels: list[Any]) -> Floats:
        labelled = np.concatenate(labels)
        table = np.zeros((int(labelled.max()) + 1, size))
        np.add.at(table, (labelled, place), weight)
        return table if len(table) > 1 else np.zeros((0, size))

    return Simulated(
        support=support,
        drawn=np.bincount(place[~certain], minlength=size),
        exact=np.bincount(place[certain], weights=weight[certain], minlength=size).astype(np.float64),
        clusters=by(unit_of) if unit != "decision" else np.zeros((0, size)),
        unit=unit,
        wordings=by(wording_of),
        n=len(rows),
        uniform=np.bincount(legal_place, minlength=size) / len(legal),
    )


def _legal(match: Match, spec: Mapping[str, Any]) -> Floats:
    """List what was legal in the run, in units and on the grid of the reference."""
    reference = match.reference
    if reference.labels or reference.given or not {"low", "high", "step"} <= set(spec):
        return reference.support
    steps = round((spec["high"] - spec["low"]) / spec["step"])
    return _convert(spec["low"] + spec["step"] * np.arange(steps + 1, dtype=np.float64), match, spec)


def _units(rows: pd.DataFrame, match: Match) -> tuple[str, npt.NDArray[np.int64]]:
    """Find what is independent: decisions of a first round; later sessions, or groups where those are few."""
    if match.round == 1 or "round" not in rows or int(rows["round"].max()) == 1:
        return "decision", np.zeros(len(rows), dtype=np.int64)
    sessions = key(rows, SESSION).to_numpy(np.int64)
    if sessions.max(initial=0) + 1 >= FEW_SESSIONS:
        return "session", sessions
    return "group", key(rows, (*SESSION, "supergame", "group")).to_numpy(np.int64)


def _convert(amounts: Floats, match: Match, spec: Mapping[str, Any]) -> Floats:
    """Bring simulated actions to the units and the grid of the reference."""
    reference = match.reference
    if reference.labels:
        order = np.array([reference.labels.index(label) for label in spec["labels"]], dtype=np.float64)
        named: Floats = order[amounts.astype(np.int64)]
        return named
    converted = amounts * match.factor
    if coarser(match, spec):
        steps = np.floor((converted - reference.low) / reference.step + 0.5 + 1e-9)
        converted = reference.low + reference.step * steps
    return converted


def coarser(match: Match, spec: Mapping[str, Any]) -> bool:
    """Whether the reference knows only coarser amounts than the run."""
    return not match.reference.labels and match.reference.step > 1.001 * spec["step"] * match.factor
