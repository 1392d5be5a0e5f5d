"""Rounds of a decision table laid out for what goes on in them: rounds by sessions by agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.collective import Floats, Ints
from gamesim.analysis.table import Census


@dataclass(frozen=True, eq=False)
class Panel:
    """The decisions of one kind, row by row, with the place of each.

    Parameters
    ----------
    moment, session, policy, agent : (R,) int
        When, where and by whom a decision was made; `policy` counts in `policies`, `agent` within the session.
    action, payoff : (R,) float
        What was done and what it earned; NaN where missing.
    shape : (T, S, N)
        Rounds, sessions, agents a session.
    policies : sequence of str
        All policies of the table.
    playing : sequence of int
        Those of them that make this decision in some round of the table.
    group, seat : (R,) int, optional
        In which group of the session and round, and where in it, if these columns are read.
    """

    moment: Ints
    session: Ints
    policy: Ints
    agent: Ints
    action: Floats
    payoff: Floats
    shape: tuple[int, int, int]
    policies: Sequence[str]
    playing: Sequence[int]
    group: Ints | None = None
    seat: Ints | None = None

    def by_policy(self, values: Floats | None = None) -> Floats:
        """Add up values, or count rows, by policy, round and session: (P, T, S) float; missing ones are nothing."""
        rounds, sessions, _ = self.shape
        size = len(self.policies) * rounds * sessions
        weights = None if values is None else known_or_nothing(values)
        return (
            np.bincount(self._cell, weights, size)
            .astype(np.float64, copy=False)
            .reshape(len(self.policies), rounds, sessions)
        )

    def grid(self, values: Floats) -> Floats:
        """Lay values out by round, session and agent: (T, S, N) float; NaN where there is none."""
        laid = np.full(self.shape, np.nan)
        laid.ravel()[self.place] = values
        return laid

    @cached_property
    def place(self) -> Ints:
        """Where each row stands in a grid: (R,) int."""
        _, sessions, agents = self.shape
        place = self.moment.astype(np.int64)
        for span, values in ((sessions, self.session), (agents, self.agent)):
            place *= span
            place += values
        return place

    @cached_property
    def _cell(self) -> Ints:
        rounds, sessions, _ = self.shape
        cell = self.policy.astype(np.int64)
        for span, values in ((rounds, self.moment), (sessions, self.session)):
            cell *= span
            cell += values
        return cell


@dataclass(frozen=True, eq=False)
class Panels:
    """All decisions of some rounds.

    Parameters
    ----------
    of : mapping from decision to Panel
        Of all decisions of the table, in the order of play.
    moments : sequence of (int, int)
        Supergame and round, in order.
    """

    of: Mapping[str, Panel]
    moments: Sequence[tuple[int, int]]


def panels(rows: pd.DataFrame, census: Census, order: Sequence[str]) -> Panels:
    """Lay a piece of a decision table out.

    Parameters
    ----------
    rows : DataFrame
        With the columns of a run folder.
    census : Census
        Of the table.
    order : sequence of str
        Decisions in the order of play; others follow.

    Returns
    -------
    Panels
    """
    moment, moments = _moments(rows, census)
    session = census.sessions(rows)
    decisions = [name for name in order if name in census.policies]
    decisions += [name for name in census.policies if name not in decisions]
    policies = list(dict.fromkeys(policy for made in census.policies.values() for policy in made))
    decision, policy = _code(rows["decision"], decisions), _code(rows["policy"], policies)
    agent = rows["agent"].to_numpy()
    placed = {name: rows[name].to_numpy() for name in ("group", "seat") if name in rows}
    action = rows["action"].to_numpy(np.float64)
    if "status" in rows:
        ok = (rows["status"] == "ok").to_numpy(bool)
        action = action if ok.all() else np.where(ok, action, np.nan)
    payoff = rows["payoff"].to_numpy(np.float64)
    shape = (len(moments), len(census.sessions.known), census.agents)
    made = {}
    for number, name in enumerate(decisions):
        of = decision == number
        # One decision, as on most networks, is taken as it stands.
        rows_of = slice(None) if of.all() else np.flatnonzero(of)
        made[name] = Panel(
            moment[rows_of],
            session[rows_of],
            policy[rows_of],
            agent[rows_of],
            action[rows_of],
            payoff[rows_of],
            shape,
            policies,
            [policies.index(each) for each in census.policies[name]],
            **{column: values[rows_of] for column, values in placed.items()},
        )
    return Panels(made, moments)


def by_role(laid: Panels, settings: Mapping[str, Any]) -> dict[str, Panel]:
    """Give one decision of each role: one that decides at several stages has its payoff beside each of them."""
    specs = settings.get("decisions", {})
    found: dict[str, Panel] = {}
    for decision, panel in laid.of.items():
        found.setdefault(specs.get(decision, {}).get("role", decision), panel)
    return found


def known_or_nothing(values: Floats) -> Floats:
    """Put 0 in the place of missing values."""
    missing = np.isnan(values)
    return np.where(missing, 0.0, values) if missing.any() else values


def _moments(rows: pd.DataFrame, census: Census) -> tuple[Ints, Sequence[tuple[int, int]]]:
    """Tell which of the rounds of a piece each row is of: (R,) int, and supergame and round of these."""
    when = census.moment(rows)
    steps = np.diff(when, prepend=when[:1] - 1)
    if (steps < 0).any():
        present, place = np.unique(when, return_inverse=True)
    else:
        # In the order of play, as in a run folder, there is nothing to sort.
        present, place = when[steps > 0], np.cumsum(steps > 0) - 1
    known = {census.number(*each): each for each in census.moments}
    return place, [known[number] for number in present.tolist()]


def _code(column: pd.Series[Any], words: Sequence[str]) -> Ints:
    """Code words by their place in a list: (R,) int."""
    coded = column.astype("category").cat
    place = [words.index(str(each)) if str(each) in words else -1 for each in coded.categories]
    return np.array([*place, -1])[coded.codes.to_numpy()]
