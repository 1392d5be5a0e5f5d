"""Whether a result hangs on a choice that the modeller made: the same society under two schedules of revision.

Huberman & Glance (1993) showed that a famous result on lattices vanishes when agents revise one after another.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from gamesim.errors import GamesimError, unknown
from gamesim.run import Run
from gamesim.society import revising_at_once

CHOICES = ("update",)
SHARE = 0.1
"""Of the agents that revise in a round of the second schedule, where the first is synchronous."""


def check_choice(what: str, continuation: float) -> None:
    """Refuse what cannot be varied, and games whose length cannot be set."""
    if what not in CHOICES:
        raise unknown("choice", what, CHOICES, where="--sensitivity")
    if continuation:
        raise GamesimError(
            f"--sensitivity {what} needs a fixed number of rounds: write --rounds instead of --continuation"
        )


def other_schedule(update: str, rounds: int, n: int) -> tuple[str, int]:
    """Give the schedule to set beside one, and in how many rounds everybody revises as often.

    Parameters
    ----------
    update : str
        The first, such as ``synchronous`` or ``sequential:0.05``.
    rounds : int
        Its rounds; nobody revises in the first.
    n : int
        Agents a session.
    """
    name, _, share = update.partition(":")
    if name == "synchronous":
        return f"sequential:{SHARE:g}", 1 + round((rounds - 1) * n / revising_at_once(SHARE, n))
    at_once = revising_at_once(float(share or 0), n)
    return "synchronous", 1 + max(1, round((rounds - 1) * at_once / n))


def by_update(first: Run, second: Run) -> pd.DataFrame:
    """Set the last rounds of two schedules side by side.

    Returns
    -------
    DataFrame
        One row a decision and policy: both means, their difference, and its 95 % interval over sessions (Welch; missing
        with a single session).
    """
    sides = [_last_means(run) for run in (first, second)]
    rows = []
    for decision, policy in sides[0].index.intersection(sides[1].index):
        one, other = (side.loc[(decision, policy)].to_numpy(dtype=float) for side in sides)
        low = high = np.nan
        if len(one) > 1 and len(other) > 1 and one.std() == 0 and other.std() == 0:
            low = high = other.mean() - one.mean()
        elif len(one) > 1 and len(other) > 1:
            interval = stats.ttest_ind(other, one, equal_var=False).confidence_interval()
            low, high = float(interval.low), float(interval.high)
        rows.append(
            {
                "decision": decision,
                "policy": policy,
                str(first.settings.society["update"]): one.mean(),
                str(second.settings.society["update"]): other.mean(),
                "difference": other.mean() - one.mean(),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def _last_means(run: Run) -> pd.DataFrame:
    """Give the mean action of the last round: one row a decision and policy, one column a session."""
    table = run.decisions
    last = table[table["round"] == table["round"].max()]
    means = last.groupby(["decision", "policy", "session"], observed=True)["action"].mean()
    wide: pd.DataFrame = means.unstack("session")
    return wide
