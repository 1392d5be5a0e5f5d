"""What goes on from round to round as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.measures import MEASURES
from gamesim.analysis.picture import EDGE, MARKERS, OPTIONS, Picture, headed, named, percents
from gamesim.analysis.series import ALL
from gamesim.analysis.table import MESSAGES
from gamesim.errors import GamesimError
from gamesim.folding import folded

_TOGETHER = {each.name: each.panel for each in MEASURES if each.panel}
_NETWORK = {each.name: each.network_panel for each in MEASURES if each.network_panel}
LEGEND = 34
"""Most characters of a line of a legend."""
ROOM = 90
"""Characters of a legend that half a picture is wide."""
LINES = 6
"""Most policies that have a line of their own."""


def plot_series(series: pd.DataFrame, settings: Mapping[str, Any], path: str | Path) -> Path:
    """Draw the mean action of each decision by round, and beside it efficiency, inequality and assortment.

    What is of no one decision, efficiency and inequality, stands beside the first.

    Parameters
    ----------
    series : DataFrame
        From `gamesim.analysis.series.series`.
    settings : mapping
        Of the run.
    path : str or Path
        Of a `gamesim.analysis.picture.Picture`.

    Returns
    -------
    Path

    Raises
    ------
    GamesimError
        If there is nothing to draw.
    """
    picture = Picture(path)
    decisions = decided(series)
    if not decisions:
        raise GamesimError("there is nothing to draw: no decision was made")
    links = series[series["measure"] == "degree"]
    down = len(decisions) + (len(links) > 0)
    figure = picture.figure(9.6, 2.8 * down)
    grid = figure.add_gridspec(down, 2)
    # Of a network that changes, the assortment stands below.
    by_decision(
        figure, grid, series if not len(links) else series[series["measure"] != "assortment"], settings
    )
    if len(links):
        together = of_everybody(series, [""], _NETWORK)
        left = figure.add_subplot(grid[-1, 0 if together else slice(None)])
        _line(left, links, 0, "")
        headed(left, "the network: mean number of links of an agent")
        _rounds(left, series)
        if together:
            whole(figure.add_subplot(grid[-1, 1]), series, together, "the network")
    explain_bands(figure, series)
    return picture.saved(figure)


def decided(series: pd.DataFrame) -> list[str]:
    """Give the decisions of which anything is known, in the order of play."""
    rows = series[series["measure"].isin(["share", "mean"]) & series["value"].notna()]
    return [name for name in dict.fromkeys(series["decision"]) if rows["decision"].eq(name).any()]


def by_decision(
    figure: Any, grid: Any, series: pd.DataFrame, settings: Mapping[str, Any], above: int = 0
) -> None:
    """Draw each decision by round in a row of a grid of two columns, and beside it what is of everybody together.

    Parameters
    ----------
    figure : Figure
    grid : GridSpec
        With a row for each of `decided`.
    series : DataFrame
    settings : mapping
        Of the run.
    above : int
        Rows of the grid above the first decision.
    """
    names = decided(series)
    for place, name in enumerate(names):
        together = of_everybody(series, [""]) if place == 0 else {}
        for label, rows in of_everybody(series, [name]).items():
            together[folded(f"{label} of {name}", LEGEND) if len(names) > 1 else label] = rows
        left = figure.add_subplot(grid[above + place, 0 if together else slice(None)])
        _lines(left, series, name, settings["decisions"][name])
        if together:
            whole(figure.add_subplot(grid[above + place, 1]), series, together)


def explain_bands(figure: Any, series: pd.DataFrame) -> None:
    """Say once for all panels what their bands are."""
    sessions = int(series["sessions"].max())
    if sessions > 1:
        figure.supxlabel(f"bands: 95 % intervals over {sessions:,} sessions", fontsize=7)


def _lines(panel: Any, series: pd.DataFrame, name: str, spec: Mapping[str, Any]) -> None:
    """Draw the mean action by round, of everybody and of each policy, with intervals.

    Of choices between two it is the share of the first, of choices among more the share of each.

    Parameters
    ----------
    panel : Axes
    series : DataFrame
    name : str
        Of the decision.
    spec : mapping
        What ``settings["decisions"]`` says of it.
    """
    labels = spec["labels"] or ()
    mine = series[series["decision"].eq(name) & series["measure"].isin(["share", "mean"])]
    if len(labels) > 2:
        parts = mine["policy"].nunique() - 1
        left_out = f"{parts} agents not drawn apart" if parts > 0 else ""
        mine = mine[mine["policy"] == ALL]
        kinds = [(label, mine["option"] == label) for label in labels]
    else:
        mine = mine[mine["option"] == (labels[0] if labels else "")]
        policies = list(dict.fromkeys(mine["policy"]))
        more = len(policies[LINES + 1 :])
        left_out = f"{more} more agent{'s' if more > 1 else ''} not drawn" if more else ""
        kinds = [(policy, mine["policy"] == policy) for policy in policies[: LINES + 1]]
    several = len(kinds) > 1
    for number, (label, rows) in enumerate(kinds):
        place = number - (several and kinds[0][0] == ALL)
        shown = "everybody" if label == ALL else folded(label, LEGEND)
        _line(panel, mine[rows], place, shown if several else "")
    if left_out:
        panel.plot([], [], linestyle="none", label=folded(f"{left_out} (all are in --csv)", LEGEND))
    message = spec.get("unit") == MESSAGES
    what = (
        "share by option"
        if len(labels) > 2
        else f"share who chose {labels[0]}"
        if labels
        else f"mean number of {MESSAGES}"
        if message
        else "mean action"
    )
    headed(panel, f"{name}: {what}", ROOM)
    low, high = (0.0, 1.0) if labels else (float(spec["low"]), float(spec["high"]))
    if message:
        # Most messages are far shorter than they may be.
        high = max(1.0, float(np.nanmax(mine[["value", "high"]].to_numpy(np.float64), initial=0.0)))
    panel.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    if labels:
        percents(panel.yaxis)
    _rounds(panel, series)


def of_everybody(
    series: pd.DataFrame, decisions: Sequence[str], words: Mapping[str, str] = _TOGETHER
) -> dict[str, pd.DataFrame]:
    """Give what is known of everybody, of some decisions or of none (``""``): rows by what they are called."""
    mine = series[series["decision"].isin(decisions)]
    found = {label: mine[mine["measure"] == measure] for measure, label in words.items()}
    return {label: rows for label, rows in found.items() if rows["value"].notna().any()}


def whole(
    panel: Any,
    series: pd.DataFrame,
    together: Mapping[str, pd.DataFrame],
    heading: str = "of everybody together",
) -> None:
    """Draw by round what `of_everybody` gave: efficiency, inequality, assortment."""
    for number, (label, rows) in enumerate(together.items()):
        _line(panel, rows, number, label)
    headed(panel, heading, ROOM)
    panel.axhline(0, color=EDGE, linewidth=0.6, zorder=0)
    _rounds(panel, series)


def _line(panel: Any, rows: pd.DataFrame, place: int, label: str) -> None:
    """Draw a series, broken between games, in the colour of its place; everybody beside parts is at -1, in black."""
    colour = "#1c2026" if place < 0 else OPTIONS[place % len(OPTIONS)]
    rows = rows[rows["round"].notna()]
    ends = np.flatnonzero(np.diff(rows["supergame"].to_numpy(np.int64))) + 1
    marker = MARKERS[(place + 1) % len(MARKERS)] if len(rows) <= 30 else None
    at, value, low, high = (
        np.insert(each, ends, np.nan)
        for each in (
            np.arange(1.0, len(rows) + 1),
            *(rows[each].to_numpy(np.float64) for each in ("value", "low", "high")),
        )
    )
    panel.plot(at, value, color=colour, linewidth=1.3, marker=marker, markersize=2.5, label=label or None)
    panel.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
    # A round without another beside it makes no line.
    gone = np.isnan(np.concatenate([[np.nan], value, [np.nan]]))
    alone = ~gone[1:-1] & gone[:-2] & gone[2:]
    panel.plot(at[alone], value[alone], color=colour, linestyle="none", marker="o", markersize=2.5)
    panel.vlines(at[alone], low[alone], high[alone], color=colour, alpha=0.18, linewidth=3)


def _rounds(panel: Any, series: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    moments = series.loc[series["round"].notna(), ["supergame", "round"]].drop_duplicates()
    # Half a round at each side: there is no round 0.
    panel.set_xlim(0.5, len(moments) + 0.5)
    games = int(series["supergame"].max())
    for start in np.flatnonzero(np.diff(moments["supergame"].to_numpy(np.int64))) + 1.5:
        panel.axvline(start, color=EDGE, linewidth=0.5, zorder=0)
    named(panel, "round" if games == 1 else f"round, over {games} games (a thin line where one begins)", "")
