"""What was done in a run, by decision and policy, before any comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.analysis.table import (
    GROUP,
    MESSAGES,
    UNUSABLE,
    Table,
    by_decision,
    by_status,
    unusable,
    usable,
    void_groups,
)

Floats = npt.NDArray[np.float64]

NEEDED = ("decision", "policy", "action", "status", "payoff", *GROUP)
"""Columns of the decision table that are looked at."""
COLUMNS = [
    *("decision", "policy", "n", "mean", "sd", "none", "half", "all", "choices"),
    *("payoff", "invalid", "void", *UNUSABLE, "mean_low", "mean_high"),
]
_POINTS = ("none", "half", "all")


def summarise(table: pd.DataFrame | Table, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Describe a table of decisions.

    Parameters
    ----------
    table : DataFrame or Table
        With the columns of a run folder.
    settings : mapping
        Of the run; ``decisions`` gives range and labels of each decision.

    Returns
    -------
    DataFrame
        One row a decision and policy: n (valid answers), mean and sd of the action, none / half / all
        (shares at the bottom, middle and top of the widest legal range; missing for choices among labels
        and for messages, whose action is their number of characters),
        choices (shares of the labels, in words), payoff (mean over decisions, of which each counts
        in one group or in all groups of its agent), invalid (share of answers asked for that
        could not be used), void (groups with a missing action), how many answers were unreadable,
        out_of_range, refused, truncated or lost in transport, and mean_low and mean_high: the mean with all
        of these at the lowest and at the highest legal action (of the widest range, where it varies;
        missing where nothing is, for choices among labels and for messages).
    """
    source = Table.of(table)
    found = {
        (decision, policy): _Made(settings.get("decisions", {}).get(decision, {}))
        for decision, policies in source.census.policies.items()
        for policy in policies
    }
    for piece in source.pieces(*NEEDED):
        for decision, policy, made in by_decision(piece):
            found[decision, policy].add(made)
    rows = [{"decision": one, "policy": other, **made.figures()} for (one, other), made in found.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


class _Made:
    """What is counted of one decision of one policy.

    The variance is put together from those of the pieces as in Chan, Golub & LeVeque 1983, The American
    Statistician 37:242-247.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._labels = spec.get("labels") or ()
        ranged = not self._labels and "low" in spec and spec.get("unit") != MESSAGES
        self._range = (float(spec["low"]), float(spec["high"])) if ranged else None
        self._varies = bool(spec.get("varies"))
        self._n = self._paid = self._void = self._unused = 0
        self._mean = self._squares = self._payoff = 0.0
        self._at = np.zeros(len(self._labels) or len(_POINTS), dtype=np.int64)
        self._bad: Counter[str] = Counter()

    def add(self, made: pd.DataFrame) -> None:
        good = usable(made)
        actions = made["action"].to_numpy(np.float64)
        self._acted(actions if good.all() else actions[good])
        bad = unusable(made)
        if bad.any():
            self._unused += int(bad.sum())
            self._bad.update(by_status(made[bad]))
        self._void += void_groups(made)[0]
        if "payoff" in made:
            payoff = made["payoff"].to_numpy(np.float64)
            known = ~np.isnan(payoff)
            self._paid += int(known.sum())
            self._payoff += float(payoff.sum(where=known))

    def _acted(self, actions: Floats) -> None:
        if not len(actions):
            return
        mean, n = float(actions.mean()), self._n + len(actions)
        apart = mean - self._mean
        self._squares += float(((actions - mean) ** 2).sum()) + apart**2 * self._n * len(actions) / n
        self._mean += apart * len(actions) / n
        self._n = n
        if self._labels:
            self._at += [np.count_nonzero(actions == number) for number in range(len(self._labels))]
        elif self._range and not self._varies:
            low, high = self._range
            places = (low, (low + high) / 2, high)
            self._at += [np.count_nonzero(np.abs(actions - at) <= 1e-9 + 1e-5 * abs(at)) for at in places]

    def figures(self) -> dict[str, Any]:
        unused, n = self._unused, self._n
        points = (self._at / n).tolist() if n and self._range and not self._varies else [np.nan] * 3
        ends = [np.nan, np.nan]
        if unused and self._range:
            ends = [(self._mean * n + unused * end) / (n + unused) for end in self._range]
        return {
            "n": n,
            "mean": self._mean if n else np.nan,
            "sd": float(np.sqrt(self._squares / n)) if n else np.nan,
            **dict(zip(_POINTS, points, strict=True)),
            "choices": self._choices(),
            "payoff": self._payoff / self._paid if self._paid else np.nan,
            "invalid": unused / (n + unused) if n + unused else np.nan,
            "void": self._void,
            **{status: self._bad[status] for status in UNUSABLE},
            "mean_low": ends[0],
            "mean_high": ends[1],
        }

    def _choices(self) -> str:
        if not self._n:
            return ""
        shares = zip(self._labels, self._at / self._n, strict=False)
        return ", ".join(f"{label} {share:.0%}" for label, share in shares)
