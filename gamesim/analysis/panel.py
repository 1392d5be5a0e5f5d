"""A decision table laid out for what goes on over rounds: rounds by sessions by agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.analysis.collective import Floats, Ints
from gamesim.analysis.votes import SESSION


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
    """

    moment: Ints
    session: Ints
    policy: Ints
    agent: Ints
    action: Floats
    payoff: Floats
    shape: tuple[int, int, int]
    policies: Sequence[str]

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
    """All decisions of a table.

    Parameters
    ----------
    of : mapping from decision to Panel
        In the order of play.
    moments : sequence of (int, int)
        Supergame and round, in order.
    """

    of: Mapping[str, Panel]
    moments: Sequence[tuple[int, int]]


def panels(table: pd.DataFrame, order: Sequence[str]) -> Panels:
    """Lay a decision table out.

    Parameters
    ----------
    table : DataFrame
        With the columns of a run folder.
    order : sequence of str
        Decisions in the order of play; others follow.

    Returns
    -------
    Panels
    """
    moment, moments = _numbered(table, ("supergame", "round"))
    session, sessions = _numbered(table, SESSION)
    decision, decisions = _words(table["decision"])
    policy, policies = _words(table["policy"])
    agent = table["agent"].to_numpy()
    action = table["action"].to_numpy(np.float64)
    if "status" in table:
        ok = (table["status"] == "ok").to_numpy(bool)
        action = action if ok.all() else np.where(ok, action, np.nan)
    payoff = table["payoff"].to_numpy(np.float64)
    shape = (len(moments), len(sessions), int(agent.max(initial=-1)) + 1)
    names = [name for name in order if name in decisions]
    made = {}
    for name in [*names, *(each for each in decisions if each not in names)]:
        of = decision == decisions.index(name)
        if of.any():
            # One decision, as on most networks, is taken as it stands.
            rows = slice(None) if of.all() else np.flatnonzero(of)
            made[name] = Panel(
                moment[rows],
                session[rows],
                policy[rows],
                agent[rows],
                action[rows],
                payoff[rows],
                shape,
                policies,
            )
    return Panels(made, [(each[0] if len(each) > 1 else 1, each[-1]) for each in moments])


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


def _words(column: pd.Series[Any]) -> tuple[Ints, list[str]]:
    coded = column.astype("category").cat
    return coded.codes.to_numpy(), [str(each) for each in coded.categories]


def _numbered(table: pd.DataFrame, names: tuple[str, ...]) -> tuple[Ints, list[tuple[int, ...]]]:
    """Give equal rows the same number, in order: (R,) int from 0, and what each number stands for."""
    code: npt.NDArray[np.int64] = np.zeros(len(table), dtype=np.int64)
    spans: list[tuple[int, int]] = []
    for name in names:
        if name not in table:
            continue
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.codes
        if not column.isna().any():
            values = column.to_numpy()
        elif column.isna().all():
            spans.append((-1, 1))
            continue
        else:
            values = column.to_numpy(np.int64, na_value=-1)
        least = int(values.min(initial=0 if not len(values) else values[0]))
        span = int(values.max(initial=least)) - least + 1
        spans.append((least, span))
        if span > 1:
            code *= span
            code += values
            code -= least
    present = np.flatnonzero(np.bincount(code))
    number = np.zeros(int(present[-1]) + 1 if len(present) else 0, dtype=np.int32)
    number[present] = np.arange(len(present))
    meaning = []
    for each in present.tolist():
        parts = []
        for least, span in reversed(spans):
            each, rest = divmod(each, span)
            parts.append(least + rest)
        meaning.append(tuple(reversed(parts)))
    return number[code], meaning
