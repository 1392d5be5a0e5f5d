"""What the command prints of the decisions themselves: a table by decision and agent, and what is missing in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from gamesim.actions import Text, plain
from gamesim.analysis.table import UNUSABLE
from gamesim.command.shown import console, figure, grid, printable
from gamesim.meeting import kind_of
from gamesim.messages import quoted
from gamesim.population import KEYBOARD
from gamesim.run import Run


def print_summary(run: Run) -> None:
    """Print what was done and earned, how many answers are missing, and how many groups are void."""
    settings = run.settings
    rows = run.summary().to_dict("records")
    order = list(settings.decisions)
    rows.sort(key=lambda row: order.index(row["decision"]))
    said = {name for name, spec in settings.decisions.items() if spec["unit"] == Text.unit}
    amounts = [row for row in rows if not row["choices"] and row["decision"] not in said]
    for words, numbers, of in (
        (["decision", "agent"], _MESSAGE_COLUMNS, [row for row in rows if row["decision"] in said]),
        (["decision", "agent"], _AMOUNT_COLUMNS, amounts),
        (["decision", "agent", "choices"], _CHOICE_COLUMNS, [row for row in rows if row["choices"]]),
    ):
        if of:
            lines = [
                [*(_word(row, word) for word in words), *(write(row[at]) for at, write in numbers.values())]
                for row in of
            ]
            console.print(grid(words, list(numbers), lines))
    if earned := kind_of(settings.matching).earned:
        console.print(f"earned: {earned}")
    for row in rows:
        if row["invalid"] > 0:
            console.print(_unusable(row), markup=False)
    _print_own_results(run)
    if settings.void_groups:
        are, them = ("is", "it") if settings.void_groups == 1 else ("are", "them")
        together = kind_of(settings.matching).together
        sums = "; earnings are sums over the groups that counted" if together else ""
        console.print(
            f"{settings.void_groups:,} of {settings.groups:,} groups {are} void: an action is missing in {them}{sums}"
        )


def _word(row: Mapping[Any, Any], word: str) -> str:
    texts = {"decision": row["decision"].partition(".")[2], "agent": row["policy"], "choices": row["choices"]}
    return str(texts[word])


def _unusable(row: Mapping[Any, Any]) -> str:
    """Say how many answers could not be used, why, and how far they might move the mean."""
    counts = {status: row[status] for status in UNUSABLE if row[status]}
    bad, good = sum(counts.values()), row["n"]
    why = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counts.items())
    text = f"{row['decision'].partition('.')[2]}, {row['policy']}: {bad:,} of {bad + good:,} answers missing ({why})"
    if not pd.isna(row["mean_low"]):
        text += (
            f"; the mean would be {row['mean_low']:.2f} if they were all the lowest action, "
            f"{row['mean_high']:.2f} if the highest"
        )
    return printable(text)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return figure(value, percent=True)


Columns = Mapping[str, tuple[str, Callable[[float], str]]]
_CHOICE_COLUMNS: Columns = {
    "n": ("n", _count),
    "earned": ("payoff", figure),
    "invalid": ("invalid", _percent),
    "void": ("void", _count),
}
_AMOUNT_COLUMNS: Columns = {
    "n": ("n", _count),
    "mean": ("mean", figure),
    "SD": ("sd", figure),
    "none": ("none", _percent),
    "half": ("half", _percent),
    "all": ("all", _percent),
} | dict(list(_CHOICE_COLUMNS.items())[1:])
_MESSAGE_COLUMNS: Columns = {
    "n": ("n", _count),
    Text.unit: ("mean", figure),
    "SD": ("sd", figure),
} | dict(list(_CHOICE_COLUMNS.items())[1:])


def _print_own_results(run: Run) -> None:
    """Tell the person at the keyboard what came of each decision."""
    if KEYBOARD not in run.settings.policies:
        return
    table = run.decisions
    said = {name for name, spec in run.settings.decisions.items() if spec["unit"] == Text.unit}
    for row in table[table["policy"].isin([KEYBOARD])].to_dict("records"):
        stage, earned = printable(row["stage"]), "nothing, since an answer is missing"
        done = row["label"] if isinstance(row["label"], str) else plain(row["action"])
        if pd.isna(row["action"]):
            told = f"round {row['round']}, {stage}: you were not asked, since an answer is missing"
        elif row["decision"] in said:
            told = f"round {row['round']}, {stage}: you said {printable(quoted(done))}"
        else:
            earned = earned if pd.isna(row["payoff"]) else plain(row["payoff"])
            told = f"round {row['round']}, {stage}: you chose {printable(done)} and earned {earned}"
        console.print(told, markup=False)
