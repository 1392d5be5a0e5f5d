"""Whether a result hangs on a choice that the modeller made: the same society under two schedules of revision.

Huberman & Glance (1993) showed that a famous result on lattices vanishes when agents revise one after another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.collective import over_sessions
from gamesim.errors import GamesimError, unknown
from gamesim.run import Run
from gamesim.society import revising_at_once

CHOICES = ("update",)
SHARE = 0.1
"""Of the agents that revise in a round of the second schedule, where the first is synchronous."""


def check_choice(what: str, design: Mapping[str, Any]) -> None:
    """Refuse what cannot be varied, and runs without one fixed number of rounds in which somebody revises.

    Parameters
    ----------
    what : str
        What is to be varied, one of `CHOICES`.
    design : mapping
        The settings of the run, as `gamesim.playing.play` takes them.
    """
    supergames, rewire = design["supergames"], design["rewire"]
    if what not in CHOICES:
        raise unknown("choice", what, CHOICES, where="--sensitivity")
    if design["continuation"]:
        raise GamesimError(
            f"--sensitivity {what} needs a fixed number of rounds: write --rounds instead of --continuation"
        )
    if (supergames or 1) > 1:
        raise GamesimError(f"--sensitivity {what} needs a single game: leave --supergames {supergames} out")
    if rewire is not None:
        raise GamesimError(
            f"--sensitivity {what} needs a network that stays: with --rewire {rewire} it changes once a round, so "
            "more often under one schedule than under the other"
        )
    if design["rounds"] < 2:
        raise GamesimError(
            f"--sensitivity {what} needs --rounds of at least 2: nobody revises in the first round"
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


def once_more(first: Run, design: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of the same society under another schedule, within what is left of the ceilings.

    Parameters
    ----------
    first : Run
        As it was played.
    design : mapping
        Its settings, as `gamesim.playing.play` takes them.
    """
    schedule, rounds = other_schedule(design["update"], design["rounds"], first.settings.n)
    took = {
        "max_cost": first.spent.cost,
        "max_tokens": first.spent.tokens_in + first.spent.tokens_out,
        "max_seconds": first.spent.seconds,
    }
    left = {name: max(0.0, design[name] - used) for name, used in took.items() if design[name] is not None}
    return {**design, **left, "update": schedule, "rounds": rounds}


def by_update(first: Run, second: Run) -> pd.DataFrame:
    """Set the last rounds of two schedules side by side, session by session.

    A session begins alike in both, with the same network, seed and first round, so that the two are a pair.

    Returns
    -------
    DataFrame
        One row a decision, option and policy: both means of amounts, or shares of the first option of choices, their
        difference, and its 95 % interval over sessions (Student's t of the paired differences; missing with fewer than
        two, and without width where all sessions differ by as much).  Sessions without a valid answer in one of the two
        are left out.
    """
    sides = [_last_means(run) for run in (first, second)]
    names = [str(run.settings.society["update"]) for run in (first, second)]
    rows = []
    for decision, policy in sides[0].index.intersection(sides[1].index):
        one, other = (side.loc[(decision, policy)].to_numpy(dtype=float) for side in sides)
        paired = ~np.isnan(other - one)
        pairs = np.stack([one, other, other - one])[:, paired]
        found = over_sessions(pairs)
        labels = first.settings.decisions[decision]["labels"]
        rows.append(
            {
                "decision": decision,
                "option": labels[0] if labels else "",
                "policy": policy,
                names[0]: found.value[0],
                names[1]: found.value[1],
                "difference": found.value[2],
                "low": found.low[2],
                "high": found.high[2],
            }
        )
    return pd.DataFrame(rows)


def _last_means(run: Run) -> pd.DataFrame:
    """Give the mean action, or share of the first option, in the last round: decisions and policies by sessions."""
    table = run.columns("decision", "policy", "session", "round", "action")
    last = table[(table["round"] == table["round"].max()) & table["action"].notna()]
    choices = [name for name, spec in run.settings.decisions.items() if spec["labels"]]
    values = last["action"].where(~last["decision"].isin(choices), (last["action"] == 0).astype(float))
    means = values.groupby([last["decision"], last["policy"], last["session"]], observed=True).mean()
    wide: pd.DataFrame = means.unstack("session").reindex(columns=range(run.settings.sessions))
    return wide
