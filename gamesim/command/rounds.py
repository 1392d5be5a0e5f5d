"""What a run of several rounds prints: the first, the middle and the last of them, and a line of bars."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.table import Table

from gamesim.analysis.series import ALL
from gamesim.command.shown import console, marked
from gamesim.errors import GamesimError
from gamesim.run import Run

WIDTH = 10
POLICIES = 4
"""Most policies that have a line each."""
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Line:
    """One measure over the rounds.

    Parameters
    ----------
    name : str
    rows : DataFrame
        Its part of the series, in order, and what has no round.
    least, most : float
        Ends of the bars.
    write : callable
        How a figure is printed.
    """

    name: str
    rows: pd.DataFrame
    least: float
    most: float
    write: Callable[[float], str]


def several(run: Run) -> bool:
    """Tell whether a run has more than one round to show."""
    return len(run.table.census.moments) > 1


def print_rounds(run: Run) -> None:
    """Print how means, efficiency, inequality and assortment went from the first to the last round.

    Raises
    ------
    GamesimError
        When nobody decided anything.
    """
    series = run.series()
    if not len(series):
        raise GamesimError("there is nothing to show: no decision was made")
    timed = series[series["round"].notna()]
    moments = list(dict.fromkeys(zip(timed["supergame"], timed["round"], strict=True)))
    games = moments[-1][0] > 1
    names = [f"{game}.{round}" if games else str(round) for game, round in moments]
    shown = sorted({0, (len(moments) - 1) // 2, len(moments) - 1})
    sessions = int(series["sessions"].max())
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("game.round" if games else "by round", overflow="fold")
    for place in shown:
        table.add_column(names[place], justify="right")
    if sessions > 1:
        table.add_column("95 % of last", justify="right")
    table.add_column("over time")
    if not games:
        table.add_column("settled", justify="right")
        table.add_column("end game", justify="right")
    for line in _lines(run, series):
        rows = line.rows[line.rows["round"].notna()]
        values = rows["value"].to_numpy(np.float64)
        last = rows.iloc[-1]
        interval = [_interval(last, line.write)] if sessions > 1 else []
        marks = (
            []
            if games
            else [_mark(line, "settled", "{:.0f}".format), _mark(line, "end_game", line.write, "+")]
        )
        table.add_row(
            marked(line.name),
            *(line.write(values[place]) for place in shown),
            *interval,
            bars(values, line.least, line.most),
            *marks,
        )
    console.print()
    console.print(table)
    if sessions == 1:
        console.print("one session: no intervals over sessions", style="dim")


def write_csv(run: Run, path: Path) -> None:
    """Write all series as a table with commas.

    Raises
    ------
    GamesimError
        When the file cannot be written.
    """
    try:
        run.series().to_csv(path, index=False)
    except OSError as error:
        raise GamesimError(f"--csv {path}: cannot be written ({error.strerror or error})") from None


def as_json(run: Run) -> str:
    """Give all series as a JSON list, one object a row; what is missing is null."""
    table = run.series().astype(object)
    return json.dumps(table.where(table.notna(), None).to_dict("records"), indent=1, allow_nan=False)


def bars(values: np.ndarray, least: float, most: float, width: int = WIDTH) -> str:
    """Draw values as a line of bars, averaged where there are more than `width`; a blank where there is none.

    Parameters
    ----------
    values : (T,) float
    least, most : float
        Value of the lowest and of the highest bar.
    width : int
        Most characters.
    """
    drawn = ""
    for part in np.array_split(values, min(width, len(values))):
        known = part[~np.isnan(part)]
        if not len(known):
            drawn += " "
            continue
        share = (known.mean() - least) / (most - least)
        drawn += _BARS[int(np.clip(share * len(_BARS), 0, len(_BARS) - 1))]
    return drawn


def _lines(run: Run, series: pd.DataFrame) -> Iterator[Line]:
    specs = run.settings.decisions
    for decision in [name for name in specs if (series["decision"] == name).any()]:
        spec, short = specs[decision], decision.partition(".")[2]
        mine = series[series["decision"] == decision]
        labels = spec["labels"] or []
        for option in (labels[:1] if len(labels) == 2 else labels) or [""]:
            of = mine[
                mine["option"].eq(option) & mine["measure"].isin(["mean", "share", "settled", "end_game"])
            ]
            policies = list(dict.fromkeys(of["policy"]))
            what = f"{short}: {option}" if option else short
            for policy in policies if len(policies) <= POLICIES + 1 else [ALL]:
                least, most = (0.0, 1.0) if labels else (float(spec["low"]), float(spec["high"]))
                named = what if policy == ALL else f"  {policy}"
                yield Line(named, of[of["policy"] == policy], least, most, _percent if labels else _number)
    for measure, name in (
        ("efficiency", "efficiency"),
        ("gini", "Gini of earnings"),
        ("assortment", "assortment"),
    ):
        for about, rows in series[series["measure"] == measure].groupby("decision", sort=False):
            stage = str(about).partition(".")[2] if len(specs) > 1 else ""
            full = f"{name} of {stage}" if stage else name
            least = -1.0 if measure == "assortment" else 0.0
            yield Line(full, rows, least, 1.0, _number)


def _interval(row: pd.Series, write: Callable[[float], str]) -> str:
    return "-" if math.isnan(row["low"]) else f"{write(row['low'])} to {write(row['high'])}"


def _mark(line: Line, measure: str, write: Callable[[float], str], sign: str = "") -> str:
    found = line.rows.loc[line.rows["measure"] == measure, "value"]
    if not len(found):
        return ""
    value = float(found.iloc[0])
    if math.isnan(value):
        return "-"
    return (sign if value > 0 else "") + write(value)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1%}"
