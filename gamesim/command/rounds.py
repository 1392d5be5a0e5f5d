"""What a run of several rounds prints: the first, the middle and the last of them, and a line of bars."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.series import ALL
from gamesim.analysis.table import MESSAGES
from gamesim.command.heading import treatment
from gamesim.command.shown import console, figure, grid, heights, printable
from gamesim.errors import GamesimError
from gamesim.run import Run

WIDTH = 10
POLICIES = 4
"""Most policies that have a line each."""
BAND = 0.05
"""Share of the range of a decision by which a mean that has converged may still move."""
UNDEFINED = {
    "efficiency": "no group could earn more than nothing",
    "gini": "somebody lost more than they earned so far, or nobody earned anything",
}
"""Why a measure may be missing in a round in which somebody was paid."""
VOID = "every group is void"
_OVER_TIME = "over time"
_SHOWN = {
    "efficiency": "efficiency",
    "gini": "Gini of earnings",
    "degree": "links an agent",
    "clustering": "clustering",
    "assortment": "assortment",
}


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
    names = [f"{game}:{round}" if games else str(round) for game, round in moments]
    shown = sorted({0, (len(moments) - 1) // 2, len(moments) - 1})
    sessions = int(series["sessions"].max())
    heads = [names[place] for place in shown]
    heads += ["95 % of last"] if sessions > 1 else []
    heads += [_OVER_TIME] if games else [_OVER_TIME, "settled", "end game"]
    texts = []
    for line in _lines(run, series):
        rows = line.rows[line.rows["round"].notna()]
        values = rows["value"].to_numpy(np.float64)
        text = [line.name, *(line.write(values[place]) for place in shown)]
        text += [_interval(rows.iloc[-1], line.write)] if sessions > 1 else []
        text.append(bars(values, line.least, line.most))
        if not games:
            text += [_mark(line, "settled", "{:.0f}".format), _mark(line, "end_game", line.write, "+")]
        texts.append(text)
    console.print()
    console.print(grid(["game:round" if games else "by round"], heads, texts, left=_OVER_TIME))
    for sentence in (*_converged(run, series), *_persons(series)):
        console.print(printable(sentence), markup=False)
    for sentence in _undefined(timed):
        console.print(sentence, style="dim")
    if sessions == 1:
        console.print("one session: no intervals over sessions", style="dim")


def _undefined(timed: pd.DataFrame) -> Iterator[str]:
    """Say why measures are missing in some rounds."""
    places = ["supergame", "round"]
    earned = timed[timed["measure"].eq("earnings") & timed["value"].notna()]
    paid = set(earned[places].itertuples(index=False, name=None))
    for measure, why in UNDEFINED.items():
        rows = timed[timed["measure"].eq(measure) & timed["value"].isna()]
        missing = set(rows[places].itertuples(index=False, name=None))
        reasons = [VOID] if missing - paid else []
        reasons += [why] if missing & paid else []
        if reasons:
            yield f"{_SHOWN[measure]}: - where {', or '.join(reasons)}"


def _converged(run: Run, series: pd.DataFrame) -> Iterator[str]:
    """Say of each decision of a single game whether everybody together still moved at its end."""
    if series["supergame"].max() > 1:
        return
    for row in series[series["measure"].eq("drift") & series["policy"].eq(ALL)].to_dict("records"):
        spec = run.settings.decisions[row["decision"]]
        labels = spec["labels"] or []
        if math.isnan(row["low"]) or (len(labels) == 2 and row["option"] != labels[0]):
            continue
        width = BAND * (1.0 if labels else float(spec["high"]) - float(spec["low"]))
        low, high = (figure(row[end], percent=bool(labels)) for end in ("low", "high"))
        within = -width <= row["low"] and row["high"] <= width
        beyond = row["low"] > 0 or row["high"] < 0
        told = "has converged" if within else "still moves" if beyond else "may or may not have converged"
        yield (
            f"{_short(row)} {told}: from the third to the last quarter of the rounds it moved by {low} to {high} "
            f"(95 %; up to {figure(width, percent=bool(labels))} counts as converged)"
        )


def _persons(series: pd.DataFrame) -> Iterator[str]:
    """Give the individuals behind each decision of everybody."""
    of_all = series[series["policy"].eq(ALL)]
    lags = {(row["decision"], row["option"]): row for row in _records(of_all, "own_lag")}
    for row in _records(of_all, "icc"):
        if not math.isnan(row["value"]):
            lag = lags[row["decision"], row["option"]]["value"]
            yield (
                f"{_short(row)}: share of variance between persons {max(row['value'], 0.0):.2f}, own-lag correlation "
                f"{figure(lag)}"
            )


def _records(series: pd.DataFrame, measure: str) -> list[dict[Hashable, Any]]:
    return series[series["measure"] == measure].to_dict("records")


def _short(row: Mapping[Hashable, Any]) -> str:
    """Name a decision without its game, and the option."""
    name = str(row["decision"]).partition(".")[2]
    return f"{name} ({row['option']})" if row["option"] else name


def write_csv(run: Run, path: Path) -> None:
    """Write all series as a table with commas.

    Raises
    ------
    GamesimError
        When the file cannot be written.
    """
    if not path.absolute().parent.is_dir():
        raise GamesimError(f"--csv {path}: there is no folder {path.absolute().parent}")
    try:
        run.series().to_csv(path, index=False)
    except OSError as error:
        raise GamesimError(f"--csv {path}: cannot be written ({error.strerror or error})") from None


def as_json(run: Run) -> str:
    """Give all series as a JSON document, one object a row, with the treatment; what is missing is null."""
    table = run.series().astype(object)
    document = {
        "folder": None if run.folder is None else str(run.folder),
        "settings": run.settings.model_dump(),
        "treatment": treatment(run.settings),
        "series": table.where(table.notna(), None).to_dict("records"),
    }
    return json.dumps(document, indent=1, allow_nan=False)


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
    parts = np.array_split(values, min(width, len(values)))
    means = [np.nan if np.isnan(part).all() else float(np.nanmean(part)) for part in parts]
    return heights(np.array(means), least, most)


def _lines(run: Run, series: pd.DataFrame) -> Iterator[Line]:
    specs = run.settings.decisions
    for decision in [name for name in specs if (series["decision"] == name).any()]:
        spec, short = specs[decision], decision.partition(".")[2]
        short += f" ({MESSAGES})" if spec["unit"] == MESSAGES else ""
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
                yield Line(
                    named, of[of["policy"] == policy], least, most, partial(figure, percent=bool(labels))
                )
    for measure, name in _SHOWN.items():
        for about, rows in series[series["measure"] == measure].groupby("decision", sort=False):
            stage = str(about).partition(".")[2] if len(specs) > 1 else ""
            full = f"{name} of {stage}" if stage else name
            least = -1.0 if measure == "assortment" else 0.0
            # Nobody has more links than there are others.
            most = float(np.nanmax(rows["value"])) if measure == "degree" else 1.0
            yield Line(full, rows, least, most, figure)


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
