"""What was done in a run, by decision and policy, before any comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.votes import (
    GROUP,
    UNUSABLE,
    by_policy,
    by_status,
    each_word,
    kept,
    numbered,
    unusable,
    usable,
)

NEEDED = ("decision", "policy", "action", "status", "payoff", *GROUP)
"""Columns of the decision table that are looked at."""


def summarise(table: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Describe a table of decisions.

    Parameters
    ----------
    table : DataFrame
        With the columns of a run folder.
    settings : mapping
        Of the run; ``decisions`` gives range and labels of each decision.

    Returns
    -------
    DataFrame
        One row a decision and policy: n (valid answers), mean and sd of the action, none / half / all
        (shares at the bottom, middle and top of the widest legal range; missing for choices among labels),
        choices (shares of the labels, in words), payoff (mean), invalid (share of answers asked for that
        could not be used), void (groups with a missing action), how many answers were unreadable,
        out_of_range, refused, truncated or lost in transport, and mean_low and mean_high: the mean with all
        of these at the lowest and at the highest legal action (of the widest range, where it varies;
        missing where nothing is, or where choices are among labels).
    """
    rows = []
    for decision, policy, made in _by_decision(table):
        spec = settings.get("decisions", {}).get(decision, {})
        good = usable(made)
        actions = made["action"].to_numpy(np.float64)
        actions = actions if good.all() else actions[good]
        bad = unusable(made)
        unused = int(bad.sum())
        asked = len(actions) + unused
        why = by_status(made[bad]) if unused else {}
        rows.append(
            {
                "decision": decision,
                "policy": policy,
                "n": len(actions),
                "mean": actions.mean() if len(actions) else np.nan,
                "sd": actions.std() if len(actions) else np.nan,
                **_points(actions, spec),
                "choices": _choices(actions, spec),
                "payoff": made["payoff"].mean() if "payoff" in made else np.nan,
                "invalid": unused / asked if asked else np.nan,
                "void": _void(made),
                **{status: why.get(status, 0) for status in UNUSABLE},
                **_bounds(actions, unused, spec),
            }
        )
    return pd.DataFrame(rows, columns=None if rows else COLUMNS)


COLUMNS = [
    "decision",
    "policy",
    "n",
    "mean",
    "sd",
    "none",
    "half",
    "all",
    "choices",
    "payoff",
    "invalid",
    "void",
    *UNUSABLE,
    "mean_low",
    "mean_high",
]


def _by_decision(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for decision, which in each_word(table["decision"]):
        for policy, made in by_policy(kept(table, which)):
            yield decision, policy, made


def _void(made: pd.DataFrame) -> int:
    """Count the groups with a missing action."""
    missing = made["action"].isna().to_numpy()
    return len(np.unique(numbered(made, GROUP)[missing])) if missing.any() else 0


def _bounds(
    actions: np.ndarray[Any, np.dtype[np.float64]], missing: int, spec: Mapping[str, Any]
) -> dict[str, float]:
    if not missing or spec.get("labels") or "low" not in spec:
        return {"mean_low": np.nan, "mean_high": np.nan}
    total, known = len(actions) + missing, float(actions.sum())
    low, high = ((known + missing * float(spec[end])) / total for end in ("low", "high"))
    return {"mean_low": low, "mean_high": high}


def _points(actions: np.ndarray[Any, np.dtype[np.float64]], spec: Mapping[str, Any]) -> dict[str, float]:
    names = ("none", "half", "all")
    if spec.get("labels") or spec.get("varies") or "low" not in spec or not len(actions):
        return dict.fromkeys(names, float("nan"))
    low, high = float(spec["low"]), float(spec["high"])
    places = (low, (low + high) / 2, high)
    return {
        name: float((np.abs(actions - at) <= 1e-9 + 1e-5 * abs(at)).mean())
        for name, at in zip(names, places, strict=True)
    }


def _choices(actions: np.ndarray[Any, np.dtype[np.float64]], spec: Mapping[str, Any]) -> str:
    if not spec.get("labels") or not len(actions):
        return ""
    return ", ".join(f"{label} {np.mean(actions == index):.0%}" for index, label in enumerate(spec["labels"]))
