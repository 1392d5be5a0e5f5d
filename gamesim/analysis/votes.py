"""The simulated side of a comparison: which decisions count, and the distribution they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from gamesim.analysis.protocol import Match
from gamesim.analysis.table import Census, Ints, Numbers, by_status, unusable, usable
from gamesim.humans import Votes

Floats = npt.NDArray[np.float64]
Exact = Mapping[int, tuple[npt.ArrayLike, npt.ArrayLike]]

# How a question was put: the same paraphrase with its options in another order is another text.
TEXT = ("wording", "option_order")
FEW_SESSIONS = 10
_PARTS = 16


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


class _Counts:
    """How often values occur together; what was counted is added up from time to time."""

    def __init__(self, *columns: str) -> None:
        self._columns = list(columns)
        self._parts: list[pd.DataFrame] = []

    def add(self, values: Mapping[str, npt.ArrayLike]) -> None:
        counted = pd.DataFrame(values).groupby(self._columns, sort=True).size()
        self._parts.append(counted.reset_index(name="count"))
        if len(self._parts) >= _PARTS:
            self.total()

    def total(self) -> pd.DataFrame:
        """Give the combinations, in order, and their ``count``."""
        if not self._parts:
            return pd.DataFrame({name: [] for name in (*self._columns, "count")})
        if len(self._parts) > 1:
            together = pd.concat(self._parts).groupby(self._columns, sort=True)
            self._parts = [together["count"].sum().reset_index()]
        return self._parts[0]


class Tally:
    """The votes of one policy that answer the question of one human record, counted piece by piece.

    A decision whose policy gave exact probabilities counts with the whole distribution; any other with the
    action drawn. Amounts finer than the reference's grid go to its nearest point, halves upwards.

    Parameters
    ----------
    match : Match
        The round, and what must have been seen.
    spec : mapping
        The decision as the run describes it.
    votes : {"subject", "decision"}
        The first qualifying decision of every agent, or all.
    exact : mapping of int to (support, probabilities)
        By reply.
    census : Census
    """

    def __init__(
        self, match: Match, spec: Mapping[str, Any], votes: Votes, exact: Exact, census: Census
    ) -> None:
        self._match, self._spec, self._exact, self._census = match, spec, exact, census
        self._voted = np.zeros(census.persons, dtype=bool) if votes == "subject" else None
        self._bad: dict[str, Ints] = {}
        self._texts = Numbers(TEXT)
        self._sessions: set[int] = set()
        self._supergames = 1 + max((game for game, _ in census.moments), default=1)
        self._later = False
        self._drawn = _Counts("unit", "wording", "value")
        self._sure = _Counts("unit", "wording", "reply")
        self.n = 0

    def add(self, rows: pd.DataFrame) -> None:
        """Count the decisions of a piece of the table, all of one kind and one policy."""
        alike = _alike(rows, self._match)
        bad, chosen = unusable(rows) & alike, usable(rows) & alike
        places = np.flatnonzero(chosen)
        if self._voted is not None and (len(places) or bad.any()):
            person = self._census.person(rows)
            places = self._first(rows, person, places, self._voted)
            self._voted[person[places]] = True
            self._missing(rows, bad, person)
        elif bad.any():
            self._missing(rows, bad, np.zeros(len(rows), dtype=np.int64))
        if len(places):
            self._count(rows if len(places) == len(rows) else rows.iloc[places])

    def _first(
        self, rows: pd.DataFrame, person: Ints, places: Ints, voted: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Take the first of the given rows of everybody who has no vote so far."""
        places = places[~voted[person[places]]]
        when = self._census.moment(rows)[places]
        if (np.diff(when) < 0).any():
            places = places[np.argsort(when, kind="stable")]
        first = np.full(self._census.persons, -1) if len(places) else np.empty(0, np.int64)
        # Of several rows that go to the same place the last one stays.
        first[person[places[::-1]]] = places[::-1]
        return np.sort(first[first >= 0])

    def _missing(self, rows: pd.DataFrame, bad: npt.NDArray[np.bool_], person: Ints) -> None:
        many = 1 if self._voted is None else len(self._voted)
        for status in by_status(rows[bad]):
            such = bad & (rows["status"] == status).to_numpy(bool)
            self._bad.setdefault(status, np.zeros(many, dtype=np.int64))
            self._bad[status] += np.bincount(person[such], minlength=many)

    def lacking(self) -> tuple[int, dict[str, int]]:
        """Count the votes that are missing.

        Returns
        -------
        n : int
            Decisions without a usable answer; by subject, agents with no valid decision at all.
        by_status : dict of str to int
            The answers behind them, by status, the most frequent first.
        """
        if self._voted is not None:
            by = {status: np.where(self._voted, 0, counts) for status, counts in self._bad.items()}
            n = int(np.count_nonzero(np.sum([*by.values()], axis=0))) if by else 0
        else:
            by = self._bad
            n = int(sum(counts.sum() for counts in by.values()))
        totals = {status: int(counts.sum()) for status, counts in by.items()}
        ordered = sorted(totals.items(), key=lambda item: -item[1])
        return n, {status: count for status, count in ordered if count}

    def _count(self, rows: pd.DataFrame) -> None:
        self.n += len(rows)
        unit, wording = self._unit(rows), self._texts(rows)
        known = np.zeros(len(rows), dtype=bool)
        if self._exact and "reply" in rows:
            known = rows["reply"].isin(list(self._exact)).to_numpy(bool)
        if known.any():
            replies = rows["reply"][known].to_numpy(np.int64)
            self._sure.add({"unit": unit[known], "wording": wording[known], "reply": replies})
        if not known.all():
            actions = rows["action"].to_numpy(np.float64)[~known]
            values = np.round(_convert(actions, self._match, self._spec), 12)
            self._drawn.add({"unit": unit[~known], "wording": wording[~known], "value": values})

    def _unit(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Give each row the number of its group and supergame among all sessions; 0 where decisions are independent."""
        if self._match.round == 1 or "round" not in rows:
            return np.zeros(len(rows), dtype=np.int64)
        self._later |= int(rows["round"].max()) > 1
        session = self._census.sessions(rows)
        self._sessions.update(np.flatnonzero(np.bincount(session)).tolist())
        unit = session
        if "supergame" in rows:
            game = rows["supergame"].to_numpy(np.int64, na_value=0)
            unit = game * len(self._census.sessions.known) + unit
        if "group" in rows:
            group = rows["group"].to_numpy(np.int64, na_value=-1) + 1
            unit = group * (self._supergames * len(self._census.sessions.known)) + unit
        return unit

    def simulated(self) -> Simulated:
        """Make one distribution of the votes, of which there must be one at least."""
        # Decisions of a first round are independent; of later ones sessions, or groups where those are few.
        unit = "decision"
        if self._later:
            unit = "session" if len(self._sessions) >= FEW_SESSIONS else "group"
        drawn, sure = self._drawn.total(), self._sure.total()
        numbers = sorted(sure["reply"].unique().tolist())
        spread = [[np.asarray(side, np.float64) for side in self._exact[number]] for number in numbers]
        stands = [np.round(_convert(values, self._match, self._spec), 12) for values, _ in spread]
        legal = np.round(_legal(self._match, self._spec), 12)
        reference = np.round(self._match.reference.support, 12)
        support = np.unique(np.concatenate([drawn["value"].to_numpy(np.float64), *stands, legal, reference]))
        size = len(support)
        place = np.searchsorted(support, drawn["value"])
        # The distribution behind every reply, on the support.
        chances = np.zeros((len(numbers), size))
        for row, values, (_, p) in zip(chances, stands, spread, strict=True):
            np.add.at(row, np.searchsorted(support, values), p / p.sum())
        which = np.searchsorted(numbers, sure["reply"]) if numbers else np.zeros(0, np.int64)
        times = sure["count"].to_numpy(np.float64)

        def by(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> Floats:
            known = np.union1d(one, other)
            if len(known) < 2:
                return np.zeros((0, size))
            cell = np.searchsorted(known, one) * size + place
            cells = np.bincount(cell, drawn["count"], len(known) * size).reshape(-1, size)
            counts = csr_array((times, (np.searchsorted(known, other), which)), (len(known), len(numbers)))
            return np.asarray(cells + counts @ chances)

        units, texts = (
            [side[name].to_numpy(np.int64) for side in (drawn, sure)] for name in ("unit", "wording")
        )
        if unit == "session":
            units = [each % len(self._census.sessions.known) for each in units]
        return Simulated(
            support=support,
            drawn=np.bincount(place, drawn["count"], size).astype(np.int64),
            exact=np.bincount(which, times, len(numbers)) @ chances,
            clusters=by(*units) if unit != "decision" else np.zeros((0, size)),
            unit=unit,
            wordings=by(*texts),
            n=self.n,
            uniform=np.bincount(np.searchsorted(support, legal), minlength=size) / len(legal),
        )


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


def _legal(match: Match, spec: Mapping[str, Any]) -> Floats:
    """List what was legal in the run, in units and on the grid of the reference."""
    reference = match.reference
    if reference.labels or reference.given or not {"low", "high", "step"} <= set(spec):
        return reference.support
    steps = round((spec["high"] - spec["low"]) / spec["step"])
    return _convert(spec["low"] + spec["step"] * np.arange(steps + 1, dtype=np.float64), match, spec)


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
