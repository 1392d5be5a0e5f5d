"""What goes on from round to round, with intervals over sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd

from gamesim.analysis.collective import Floats, Ints, gini, over_sessions
from gamesim.analysis.landmarks import Name, by_round, landmarks, of_games, whole
from gamesim.analysis.measures import MEASURE, MEASURES
from gamesim.analysis.panel import Panel, Panels, by_role, known_or_nothing, panels
from gamesim.analysis.table import MESSAGES, SITTING, Census, Table
from gamesim.analysis.ties import Ties
from gamesim.humans.persons import Individuals, between, resemblance
from gamesim.meeting import Kind, of_settings
from gamesim.network_measures import adjacency, assortativity, nominal_assortativity

ALL = "all"
"""Stands for the policy where a figure is of everybody."""
COLUMNS = (
    *("supergame", "round", "decision", "option", "policy", "measure", "value", "low", "high", "sessions"),
)
NEEDED = (
    "decision",
    "policy",
    "agent",
    "group",
    "seat",
    "action",
    "status",
    "payoff",
    "supergame",
    "round",
    *SITTING,
)
"""Columns of the decision table that are looked at."""
_AT_A_TIME = 4_000_000


def series(
    table: pd.DataFrame | Table,
    settings: Mapping[str, Any],
    *,
    edges: Ints | None = None,
    network: pd.DataFrame | None = None,
    level: float = 0.95,
    band: float = 0.05,
) -> pd.DataFrame:
    """Measure a run round by round.

    Parameters
    ----------
    table : DataFrame or Table
        With the columns of a run folder.
    settings : mapping
        Of the run; ``decisions`` gives range, labels and role of each decision, ``matching`` how groups were formed,
        ``game`` the seats of each role and what groups could earn; without the latter there is no efficiency.
    edges : (E, 2) int, optional
        Pairs of neighbours by number of the agent, where the run was on a network.
    network : DataFrame, optional
        Figures of the network by session, supergame and round, where it changed.
    level : float
        Of the intervals over sessions.
    band : float
        Width of the band within which a series counts as settled, as a share of the range of the decision.

    Returns
    -------
    DataFrame
        One row a supergame, round, decision, option, policy and measure: value, low, high, sessions (those that
        have the value).  ``policy`` is ``"all"`` or, where several play, one of them.  Measures:

        ``mean``: mean action, of amounts.  ``share``: share that took an option, of choices.  ``earnings``: mean
        payoff of those who made the decision.  ``agents``: share of a policy among them.  ``efficiency``: what was
        earned of what groups without a missing answer could earn.  ``gini``: of the earnings so far of those who
        decided so far.  ``assortment``: Newman's assortativity of actions on the network.  Where the network changes:
        ``degree``, the mean number of links of an agent, ``clustering`` and ``assortment`` (of cooperation) of the
        network of each round.  These have no round: ``settled``, the first round from which the mean (or share) stays
        within the band, ``drift``, the last quarter of the rounds less the quarter before, and ``end_game``, the last
        round less the mean of those before, of each supergame; where there are several of these, ``mean_of_game``,
        ``share_of_game`` and so on (`gamesim.analysis.measures.MEASURES` says which), the mean over the rounds of one;
        ``icc``, the share of variance between persons, and
        ``own_lag``, the correlation with the own action one round before, of the whole run; an agent that decides for
        each of its groups separately is a person in each of them.  Limits are NaN with fewer than two sessions.
    """
    needed: tuple[str, ...] = NEEDED
    if of_settings(settings).apart:
        edges = None  # there is no one action of an agent to set beside those of its neighbours
        needed = (*NEEDED, "group", "seat")
    source = Table.of(table)
    names = list(settings.get("decisions", {}))
    found: dict[Name, list[Floats]] = {}
    moments: list[tuple[int, int]] = []
    wealth = _Wealth(len(source.census.sessions.known), source.census.agents)
    persons = _Persons(source.census, settings)
    for piece in source.pieces(*needed):
        if len(piece):
            laid = panels(piece, source.census, names)
            moments.extend(laid.moments)
            persons.add(laid)
            for name, values in _all(laid, settings, edges, wealth):
                found.setdefault(name, []).append(values)
    rows: list[pd.DataFrame] = []
    for name, pieces in found.items():
        decision, _, _, measure = name
        values = np.concatenate(pieces)
        spec = settings.get("decisions", {}).get(decision, {})
        least, most = MEASURE[measure].limits
        if measure == "mean" and "low" in spec:
            least, most = float(spec["low"]), float(spec["high"])
        rows.append(by_round(moments, name, over_sessions(values, level, least, most)))
        if MEASURE[measure].of_games:
            rows.extend(of_games(moments, name, values, level, least, most))
        if measure in ("mean", "share"):
            rows.extend(landmarks(moments, name, values, band * (most - least), level))
    rows.extend(persons.rows(level))
    if network is not None and rows:
        rows.extend(_of_network(network, moments, level))
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    return frame.astype({"round": "Int64", "supergame": "Int64", "sessions": "int64"})[list(COLUMNS)]


Named = tuple[Name, Floats]


def _all(laid: Panels, settings: Mapping[str, Any], edges: Ints | None, wealth: _Wealth) -> Iterator[Named]:
    """Give every series of some rounds: its name, and (T, S) float."""
    specs = settings.get("decisions", {})
    for decision, panel in laid.of.items():
        labels = specs.get(decision, {}).get("labels") or ()
        yield from _of_decision(decision, panel, labels)
        if edges is not None and len(edges) and specs.get(decision, {}).get("unit") != MESSAGES:
            yield (decision, "", ALL, "assortment"), _assortment(panel, edges, len(labels))
    paid = by_role(laid, settings)
    possible = _possible(paid, settings, edges)
    if possible is not None:
        earned = np.sum([each.by_policy(each.payoff).sum(axis=0) for each in paid.values()], axis=0)
        yield ("", "", ALL, "efficiency"), _ratio(earned, possible)
    yield ("", "", ALL, "gini"), wealth.gini(list(paid.values()))


def _of_decision(decision: str, panel: Panel, labels: Sequence[str]) -> Iterator[Named]:
    known = ~np.isnan(panel.action)
    whole = bool(known.all())
    count = panel.by_policy() if whole else panel.by_policy(known.astype(np.float64))
    if labels:
        for number, label in enumerate(labels):
            took = panel.by_policy((panel.action == number).astype(np.float64))
            yield from _each(decision, label, "share", panel, took, count)
    else:
        yield from _each(decision, "", "mean", panel, panel.by_policy(panel.action), count)
    paid = ~np.isnan(panel.payoff)
    payers = panel.by_policy() if paid.all() else panel.by_policy(paid.astype(np.float64))
    yield from _each(decision, "", "earnings", panel, panel.by_policy(panel.payoff), payers)
    if len(panel.playing) > 1:
        there = panel.by_policy()
        for index in panel.playing:
            yield (decision, "", panel.policies[index], "agents"), _ratio(there[index], there.sum(axis=0))


def _each(
    decision: str, option: str, measure: str, panel: Panel, total: Floats, count: Floats
) -> Iterator[Named]:
    """Give the mean of everybody, and of each policy where there are several."""
    yield (decision, option, ALL, measure), _ratio(total.sum(axis=0), count.sum(axis=0))
    for index in panel.playing if len(panel.playing) > 1 else ():
        yield (decision, option, panel.policies[index], measure), _ratio(total[index], count[index])


def _ratio(above: Floats, below: Floats) -> Floats:
    result = np.full(above.shape, np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _possible(paid: Mapping[str, Panel], settings: Mapping[str, Any], edges: Ints | None) -> Floats | None:
    """Add up what all groups without a missing answer could earn: (T, S) float; None where that is not known."""
    seats: Mapping[str, int] = settings.get("game", {}).get("seats", {})
    most = {int(size): worth for size, worth in settings["game"].get("efficient_payoff", {}).items()}
    if not most or set(paid) != set(seats):
        return None
    role, panel = next(iter(paid.items()))
    kind = of_settings(settings)
    if kind.apart and kind.around:
        return None
    if kind.together:
        return None if edges is None else _possible_together(panel, kind, edges, most)
    groups = panel.by_policy((~np.isnan(panel.payoff)).astype(np.float64)).sum(axis=0) / seats[role]
    size = sum(seats.values())
    return groups * most[size] if size in most else None


def _possible_together(panel: Panel, kind: Kind, edges: Ints, most: Mapping[int, float]) -> Floats | None:
    """Do so where everybody decides once for several groups, along edges or in neighbourhoods."""
    rounds, sessions, agents = panel.shape
    links = adjacency(agents, edges)
    sizes = np.full(agents, 2) if kind.pairs else links.sum(axis=1).astype(np.int64) + 1
    if not set(sizes.tolist()) <= set(most):
        return None
    there = (~np.isnan(panel.grid(panel.action))).reshape(-1, agents).T.astype(np.float64)
    near = links @ there
    if kind.pairs:
        groups = (there * near).sum(axis=0) / 2
        return cast(Floats, (groups * most[2]).reshape(rounds, sessions))
    worth = np.array([most[size] for size in sizes.tolist()])
    return cast(Floats, (worth @ (there * (near == sizes[:, None] - 1))).reshape(rounds, sessions))


class _Persons:
    """The individuals behind each decision, where there are several rounds and actions that have a mean.

    Who decides for each of several groups is somebody else in each of them.
    """

    def __init__(self, census: Census, settings: Mapping[str, Any]) -> None:
        self._labels: dict[str, Sequence[str]] = {}
        self._of: dict[str, dict[str, Individuals]] = {}
        sessions = len(census.sessions.known)
        self._people = census.agents
        kind = of_settings(settings)
        self._ties = Ties(kind, sessions, census.agents) if kind.apart else None
        for decision, made in census.policies.items() if len(census.moments) > 1 else ():
            labels = settings.get("decisions", {}).get(decision, {}).get("labels") or ()
            if len(labels) in (0, 2):
                self._labels[decision] = labels
                self._of[decision] = {
                    policy: Individuals(sessions * census.agents, sessions) for policy in made
                }
        self._number = census.number

    def add(self, laid: Panels) -> None:
        rounds = np.array([self._number(*each) for each in laid.moments])
        for decision, by_policy in self._of.items():
            panel = laid.of[decision]
            action = panel.action
            if self._labels[decision]:
                action = np.where(np.isnan(action), np.nan, action == 0)
            who = panel.agent if self._ties is None else self._numbered(self._ties, panel)
            person = panel.session.astype(np.int64) * self._people + who
            for policy, individuals in by_policy.items():
                mine = panel.policy == panel.policies.index(policy)
                of = slice(None) if mine.all() else np.flatnonzero(mine)
                individuals.add(action[of], person[of], rounds[panel.moment[of]])

    def _numbered(self, ties: Ties, panel: Panel) -> Ints:
        """Tell the ties of an agent apart, and make room for all of them."""
        who = ties(panel)
        if ties.most > self._people:
            self._people = ties.most
            for by_policy in self._of.values():
                for individuals in by_policy.values():
                    individuals.widen(individuals.sessions * self._people)
        return who

    def rows(self, level: float) -> Iterator[pd.DataFrame]:
        """Give both figures of each decision, of everybody and of each policy where there are several."""
        for decision, by_policy in self._of.items():
            option = self._labels[decision][0] if self._labels[decision] else ""
            groups = {ALL: list(by_policy.values())}
            if len(by_policy) > 1:
                groups |= {policy: [one] for policy, one in by_policy.items()}
            for policy, ones in groups.items():
                for measure, found in (("icc", between(ones)), ("own_lag", resemblance(ones))):
                    name = (decision, option, policy, measure)
                    yield whole(None, name, over_sessions(found[None], level, *MEASURE[measure].limits))


class _Wealth:
    """What everybody has earned so far."""

    def __init__(self, sessions: int, agents: int) -> None:
        self._earned = np.zeros((sessions, agents))
        self._there = np.zeros((sessions, agents), dtype=bool)

    def gini(self, paid: Sequence[Panel]) -> Floats:
        """Add some rounds, and measure after each how unequal those are who decided so far: (T, S) float."""
        rounds, sessions, agents = shape = paid[0].shape
        place, payoff = (
            np.concatenate([getattr(each, name) for each in paid])
            if len(paid) > 1
            else getattr(paid[0], name)
            for name in ("place", "payoff")
        )
        earned = np.bincount(place, known_or_nothing(payoff), rounds * sessions * agents).reshape(shape)
        there = np.zeros(shape, dtype=bool)
        there.ravel()[place] = True
        earned[0] += self._earned
        there[0] |= self._there
        np.cumsum(earned, axis=0, out=earned)
        np.logical_or.accumulate(there, axis=0, out=there)
        self._earned, self._there = earned[-1].copy(), there[-1].copy()
        result = np.full((rounds, sessions), np.nan)
        for session in range(sessions):
            held, who = earned[:, session], there[:, session]
            changes = np.flatnonzero((who[1:] != who[:-1]).any(axis=1)) + 1
            for start, end in pairwise([0, *changes.tolist(), rounds]):
                at_a_time = max(1, _AT_A_TIME // agents)
                for first in range(start, end, at_a_time):
                    last = min(first + at_a_time, end)
                    result[first:last, session] = gini(cast(Floats, held[first:last, who[first]]))
        return result


def _assortment(panel: Panel, edges: Ints, options: int) -> Floats:
    rounds, sessions, agents = panel.shape
    nodes = max(agents, int(edges.max()) + 1)
    links = adjacency(nodes, edges)
    columns = panel.grid(panel.action).reshape(-1, agents)
    at_a_time = max(1, _AT_A_TIME // nodes)
    found = []
    for start in range(0, len(columns), at_a_time):
        values = np.full((nodes, len(columns[start : start + at_a_time])), np.nan)
        values[:agents] = columns[start : start + at_a_time].T
        found.append(
            nominal_assortativity(links, values, options) if options else assortativity(links, values)
        )
    return np.concatenate(found).reshape(rounds, sessions)


def _of_network(
    network: pd.DataFrame, moments: Sequence[tuple[int, int]], level: float
) -> Iterator[pd.DataFrame]:
    """Give what became of a network that changes."""
    for measure in MEASURES:
        if not measure.figure:
            continue
        wide = network.pivot_table(measure.figure, ["supergame", "round"], "session", dropna=False).reindex(
            list(moments)
        )
        least, most = measure.limits
        values, name = wide.to_numpy(np.float64), ("", "", ALL, measure.name)
        yield by_round(moments, name, over_sessions(values, level, least, most))
        yield from of_games(moments, name, values, level, least, most)
