"""Simulated beside human: how alike they are, and what that figure is worth."""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.comparison import Comparison, Row
from gamesim.analysis.likeness import NAN, likeness_to
from gamesim.analysis.protocol import Match, Refusal, check_allowed, match
from gamesim.analysis.rows import OfPolicy, row_of
from gamesim.analysis.society import departures, with_continuation
from gamesim.analysis.table import (
    GROUP,
    MESSAGES,
    PERSON,
    Census,
    Table,
    by_decision,
    unusable,
    usable,
    void_groups,
)
from gamesim.analysis.votes import TEXT, Exact, Tally
from gamesim.errors import GamesimError
from gamesim.humans import Reference, Votes, open_references
from gamesim.humans import references as shipped
from gamesim.humans.collection import Chosen
from gamesim.humans.persons import Individuals, between, resemblance
from gamesim.meeting import of_settings

__all__ = ["Comparison", "compare"]

NEEDED = ("decision", "policy", "action", "status", *PERSON, *GROUP, *TEXT)
"""Columns of the decision table that are looked at; `seen` and `reply` are where records ask for them."""
REASONS = 3


def compare(
    table: pd.DataFrame | Table,
    settings: Mapping[str, Any],
    exact: Exact | None = None,
    *,
    references: Chosen | Sequence[Chosen] | None = None,
    allow: Collection[str] = frozenset(),
    votes: Votes = "subject",
    seed: int = 0,
    resamples: int = 2000,
) -> Comparison:
    """Hold the decisions of a run against human records.

    Parameters
    ----------
    table : DataFrame or Table
        Decisions of one treatment, with the columns of a run folder.
    settings : mapping
        Of the run: ``decisions`` describes each decision, ``policies`` each policy; ``matching``, ``network`` and
        ``society`` who met whom; ``game`` in groups of which sizes.
    exact : mapping of int to (support, probabilities), optional
        Exact distributions by the number in the column `reply`; they count instead of the actions drawn
        from them.
    references : str, Path or Reference, or a sequence of them, optional
        Human records to use, as `gamesim.humans.open_references` takes them: one's own files, folders of such files,
        and names; those that come with the package (and are meant for it) otherwise.
    allow : collection of str
        Mismatches to let through: given, method, parameters, range, round, society, stake.
    votes : {"subject", "decision"}
        One vote an agent and a human subject (their first qualifying decision), or one a decision.
    seed : int
        Of the resampling; every row has a stream of its own.
    resamples : int
        Redraws behind each interval and each figure of noise.

    Returns
    -------
    Comparison
        Without rows, and with the reasons as notes, where nothing can be compared.

    Raises
    ------
    GamesimError
        If `allow` holds an unknown name, the table several treatments, or a record cannot be opened.
    """
    check_allowed(allow)
    source = Table.of(table)
    census = source.census
    if len(census.treatments) > 1:
        raise GamesimError("the table holds several treatments: compare them one by one")
    pool = _default_references() if references is None else open_references(references)
    described = settings.get("decisions", {})
    notes = [
        f"{name}: the settings do not describe this decision"
        for name in census.policies
        if name not in described
    ]
    refused: list[Refusal] = []
    matched: dict[str, list[Match]] = {}
    reasons: dict[str, list[str]] = {}
    for decision, spec in described.items():
        if decision not in census.policies:
            continue
        known = [reference for reference in pool if reference.decision == decision]
        rules = with_continuation(spec, settings)
        rounds = frozenset().union(*census.policies[decision].values())
        tried = [match(one, rules, rounds, allow, departures(settings, one)) for one in known]
        matched[decision] = [one for one in tried if isinstance(one, Match)]
        barred = [one for one in tried if isinstance(one, Refusal)]
        refused += barred
        told = _refusals(decision, matched[decision], barred)
        reasons[decision] = told if known else [_unknown(decision, spec, pool, references is not None)]
    separate = of_settings(settings).apart
    counted = _count(source, matched, described, votes, exact or {}, separate)
    known_people = list(dict.fromkeys([*_default_references(), *pool]))
    rows: list[Row] = []
    for decision, ones in matched.items():
        notes += reasons[decision]
        for policy in census.policies[decision] if ones else ():
            about = settings.get("policies", {}).get(policy, {})
            made = counted[decision, policy]
            # A population that the policy was trained on is no yardstick for it.
            seen = about.get("trained_on") or ()
            others = [each for each in known_people if each.dataset not in seen]
            for one, tally in zip(ones, made.tallies, strict=True):
                if not tally.n:
                    notes.append(_nothing(decision, policy, one))
                    continue
                simulated = tally.simulated()
                name = f"{decision}/{policy}/{one.reference.name}"
                rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
                likeness = likeness_to(simulated, one.reference, others, votes, resamples, rng)
                rows.append(
                    row_of(
                        policy,
                        one,
                        described[decision],
                        about,
                        made.figures(),
                        tally.lacking(),
                        simulated,
                        likeness,
                        votes,
                    )
                )
    return Comparison(tuple(rows), tuple(notes), tuple(refused), seed, resamples)


class _Made:
    """What is counted of one decision of one policy: its votes by human record, and what is the same beside all."""

    def __init__(self, tallies: list[Tally], census: Census, persons: bool) -> None:
        self.tallies = tallies
        self._census = census
        self._persons = Individuals(census.persons) if persons else None
        self._good = self._bad = self._void = self._groups = 0

    def add(self, rows: pd.DataFrame) -> None:
        good = usable(rows)
        self._good += int(good.sum())
        self._bad += int(unusable(rows).sum())
        void, groups = void_groups(rows)
        self._void += void
        self._groups += groups
        for tally in self.tallies:
            tally.add(rows)
        if self._persons is not None:
            actions = np.where(good, rows["action"].to_numpy(np.float64), NAN)
            self._persons.add(actions, self._census.person(rows), self._census.moment(rows))

    def figures(self) -> OfPolicy:
        asked, persons = self._good + self._bad, self._persons
        return OfPolicy(
            icc=NAN if persons is None else float(between([persons])[0]),
            lag1=NAN if persons is None else float(resemblance([persons])[0]),
            invalid=self._bad / asked if asked else NAN,
            void=self._void / self._groups,
        )


def _count(
    source: Table,
    matched: Mapping[str, Sequence[Match]],
    described: Mapping[str, Mapping[str, Any]],
    votes: Votes,
    exact: Exact,
    separate: bool,
) -> Mapping[tuple[str, str], _Made]:
    """Count the decisions that have a human record, of each policy, in one passage through the table."""
    census = source.census
    counted = {
        (decision, policy): _Made(
            [Tally(one, described[decision], votes, exact, census) for one in ones],
            census,
            # Of who decides for each of several groups there is no one choice in a round.
            persons=len(rounds) > 1 and not separate,
        )
        for decision, ones in matched.items()
        for policy, rounds in census.policies[decision].items()
        if ones
    }
    if not counted:
        return counted
    asked = ["seen"] if any(one.given for ones in matched.values() for one in ones) else []
    for piece in source.pieces(*NEEDED, *asked, *(["reply"] if exact else [])):
        for decision, policy, rows in by_decision(piece):
            if (decision, policy) in counted:
                counted[decision, policy].add(rows)
    return counted


def _default_references() -> tuple[Reference, ...]:
    return tuple(each for each in shipped() if each.default)


def _refusals(decision: str, matched: Sequence[Match], barred: Sequence[Refusal]) -> list[str]:
    """Give the reason of the nearest reference of each data set of which nothing is compared, and count the others."""
    if matched:
        used = {one.reference.dataset for one in matched}
        barred = [one for one in barred if one.reference.dataset not in used and len(one.mismatches) == 1]
    nearest: dict[str, Refusal] = {}
    for one in sorted(barred, key=lambda one: len(one.mismatches)):
        nearest.setdefault(one.reference.dataset, one)
    told = [one.reason for one in nearest.values()][:REASONS]
    more = len(barred) - len(told)
    records = "record is" if more == 1 else "records are"
    return told + ([f"{decision}: {more} more human {records} refused"] if more else [])


def _unknown(decision: str, spec: Mapping[str, Any], pool: Sequence[Reference], chosen: bool) -> str:
    """Say that nobody is on record for a decision, and which decisions there are records of."""
    if spec.get("unit") == MESSAGES:
        return f"{decision}: of messages there is no human record"
    if chosen:
        return f"{decision}: none of the chosen human records is of this decision"
    known = sorted({each.decision for each in pool})
    what = decision.partition(".")[2]
    alike = [name for name in known if name.partition(".")[2] == what]
    near = alike or difflib.get_close_matches(decision, known, n=3)
    there = f"; the nearest on record: {', '.join(near)}" if near else ""
    return f"{decision}: no human record answers this decision{there}"


def _nothing(decision: str, policy: str, one: Match) -> str:
    parts = [] if one.round is None else [f"in round {one.round}"]
    parts += [f"after {name} = {value:g}" for name, value in one.given.items()]
    where = " " + " ".join(parts) if parts else ""
    return f"{decision}, {policy}: no valid decision{where} to hold against {one.reference.name}"
