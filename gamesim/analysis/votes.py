"""The simulated side of a comparison: which decisions count, and the distribution they make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
# Numbers of rows may be a few times as many as the rows, before they are numbered anew.
FULL, FEW = 4, 1000
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
    return kept(rows, usable(rows))


def kept(rows: pd.DataFrame, which: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Keep rows; all of them as they stand, since a copy of a large table takes room."""
    return rows if which.all() else rows[which]


def usable(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which decisions have a usable answer: (R,) bool."""
    there = rows["action"].notna().to_numpy()
    return there & (rows["status"] == "ok").to_numpy(bool) if "status" in rows else there


def unusable(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which decisions were asked for and gave no usable answer: (R,) bool."""
    bad = ~usable(rows)
    return bad & (rows["status"] != "skipped").to_numpy(bool) if "status" in rows else bad


def by_policy(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the decisions of each policy, in the order of the categories, or of the alphabet where there are none."""
    for name, which in each_word(rows["policy"]):
        yield name, kept(rows, which)


def each_word(column: pd.Series[Any]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Give every word of a column with the rows that have it: (R,) bool."""
    coded = column.astype("category").cat
    codes = coded.codes.to_numpy()
    for code, word in enumerate(coded.categories):
        if (which := codes == code).any():
            yield str(word), which


def numbered(rows: pd.DataFrame, columns: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Give equal rows in those `columns` that the table has the same number, from 0, at most a few times their number.

    Missing values are equal to each other.  The numbers are in no order that means anything, and some may be left out.
    """
    code = np.zeros(len(rows), dtype=np.int64)
    size = 1
    for name in columns:
        if name not in rows or not len(rows):
            continue
        values, span = _coded(rows[name])
        if span == 1:
            continue
        if size * span > FULL * len(rows) + FEW:
            code, known = pd.factorize(code)
            size = len(known)
        if size * span > FULL * len(rows) + FEW:
            code, known = pd.factorize(code * span + values)
            size = len(known)
        else:
            code *= span
            code += values
            size *= span
    return code


def _coded(column: pd.Series[Any]) -> tuple[npt.NDArray[np.integer], int]:
    """Give the values of a column as numbers from 0, and how many there may be."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
    elif column.isna().all():
        return np.zeros(1, dtype=np.int64), 1
    elif column.dtype.kind in "iu" and not column.isna().any():
        codes = column.to_numpy()
        least, most = int(codes.min()), int(codes.max())
        if most - least <= FULL * len(codes) + FEW:
            return (codes if least == 0 else codes - least), most - least + 1
        codes = pd.factorize(codes)[0]
    else:
        codes = pd.factorize(column)[0]
    least = int(codes.min())
    return codes.astype(np.int64) - least, int(codes.max()) - least + 1


def key(rows: pd.DataFrame, columns: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Give equal rows in those `columns` that the table has the same number, from 0 in order of appearance."""
    return pd.factorize(numbered(rows, columns))[0].astype(np.int64, copy=False)


def distinct(numbers: npt.NDArray[np.int64]) -> int:
    """Count the different numbers, which are from 0."""
    return int(np.count_nonzero(np.bincount(numbers)))


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
    rows = kept(rows, usable(rows) & _alike(rows, match))
    if votes == "subject":
        order = [name for name in ("supergame", "round") if name in rows]
        if not all(_rises(rows[name]) for name in order):
            rows = rows.sort_values(order, kind="stable")
        rows = kept(rows, _first(numbered(rows, PERSON)))
    return rows


def _rises(column: pd.Series[Any]) -> bool:
    return bool((np.diff(column.to_numpy(np.float64, na_value=np.nan)) >= 0).all())


def _first(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which rows are the first with their number: (R,) bool."""
    rows = np.arange(len(numbers))
    first = np.empty(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    # Of several rows that go to the same place the last one stays.
    first[numbers[::-1]] = rows[::-1]
    return np.asarray(first[numbers] == rows)


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
    bad = unusable(rows)
    if not bad.any():
        return 0, {}
    alike = _alike(rows, match)
    bad &= alike
    if votes == "decision":
        return int(bad.sum()), by_status(rows[bad])
    person = numbered(rows, PERSON)
    answered = np.zeros(int(person.max()) + 1, dtype=bool)
    answered[person[alike & usable(rows)]] = True
    bad &= ~answered[person]
    return len(np.unique(person[bad])), by_status(rows[bad])


def by_status(rows: pd.DataFrame) -> dict[str, int]:
    """Count rows by status, the most frequent first."""
    counts = rows["status"].value_counts() if "status" in rows else pd.Series(dtype=np.int64)
    return {str(name): int(count) for name, count in counts.items() if count}


def _alike(rows: pd.DataFrame, match: Match) -> npt.NDArray[np.bool_]:
    """Tell which decisions are in the round and after the choices that the reference is about: (R,) bool."""
    alike = np.ones(len(rows), dtype=bool)
    if match.round is not None and "round" in rows:
        alike &= (rows["round"] == match.round).to_numpy(bool, na_value=False)
    if match.given:
        alike &= _after(rows["seen"], match.given) if "seen" in rows else False
    return alike


def _after(seen: pd.Series[Any], given: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    """Tell what was decided after the given choices were seen: (R,) bool."""
    coded = seen.astype("category").cat
    fits = np.array([_saw(text, given) for text in coded.categories] + [False])
    return np.asarray(fits[coded.codes.to_numpy()])


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
    known = reply.isin(list(exact)).to_numpy(bool)
    unit, units = _units(rows, match)
    wording = key(rows, TEXT)
    values, weights, sure, unit_of, wording_of = [], [], [], [], []
    drawn = rows[~known]
    values.append(_convert(drawn["action"].to_numpy(np.float64), match, spec))
    weights.append(np.ones(len(drawn)))
    sure.append(np.zeros(len(drawn), bool))
    unit_of.append(units[~known])
    wording_of.append(wording[~known])
    shared = pd.DataFrame({"reply": reply[known], "unit": units[known], "wording": wording[known]})
    counted = shared.value_counts().reset_index()
    for number in counted["reply"].unique().tolist():
        alike = counted[counted["reply"] == number]
        support, chances = (np.asarray(side, dtype=np.float64) for side in exact[number])
        times = alike["count"].to_numpy(np.float64)
        values.append(np.tile(_convert(support, match, spec), len(alike)))
        weights.append(np.outer(times, chances / chances.sum()).ravel())
        sure.append(np.ones(len(support) * len(alike), bool))
        unit_of.append(np.repeat(alike["unit"].to_numpy(), len(support)))
        wording_of.append(np.repeat(alike["wording"].to_numpy(), len(support)))
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
    sessions = key(rows, SESSION)
    if sessions.max(initial=0) + 1 >= FEW_SESSIONS:
        return "session", sessions
    return "group", key(rows, (*SESSION, "supergame", "group"))


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
