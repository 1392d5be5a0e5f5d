"""What goes on from round to round as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.picture import EDGE, MARKERS, OPTIONS, Picture, named, title
from gamesim.analysis.series import ALL
from gamesim.analysis.table import MESSAGES
from gamesim.errors import GamesimError
from gamesim.folding import folded

_TOGETHER = {"efficiency": "efficiency", "gini": "inequality (Gini of earnings)", "assortment": "assortment"}
_NETWORK = {"clustering": "clustering", "assortment": "assortment of cooperation"}
LEGEND = 34
"""Most characters of a line of a legend."""
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
    decisions = [name for name in dict.fromkeys(series["decision"]) if name]
    if not decisions:
        raise GamesimError("there is nothing to draw: no decision was made")
    links = series[series["measure"] == "degree"]
    down = len(decisions) + (len(links) > 0)
    figure = picture.figure(9.6, 2.8 * down)
    panels = figure.subplots(down, 2, squeeze=False)
    # Of a network that changes, the assortment stands below.
    drawn = series if not len(links) else series[series["measure"] != "assortment"]
    for (left, right), name in zip(panels, decisions, strict=False):
        lines(left, series, name, settings["decisions"][name], f"{name}: ")
        own = drawn[drawn["decision"].eq(name) & drawn["measure"].isin(list(_TOGETHER))]
        if name == decisions[0]:
            whole(right, drawn, name)
        elif len(own):
            whole(right, own, name, heading=f"{name}: of everybody together")
        else:
            right.set_axis_off()
    if len(links):
        left, right = panels[-1]
        _line(left, links, 0, "links an agent")
        title(left, "the network: mean number of links of an agent")
        _rounds(left, series)
        whole(right, series, "", _NETWORK, "the network")
    return picture.saved(figure)


def lines(panel: Any, series: pd.DataFrame, name: str, spec: Mapping[str, Any], before: str = "") -> None:
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
    before : str
        Begins the title.
    """
    labels = spec["labels"] or ()
    mine = series[series["decision"].eq(name) & series["measure"].isin(["share", "mean"])]
    if len(labels) > 2:
        mine = mine[mine["policy"] == ALL]
        kinds = [(label, mine["option"] == label) for label in labels]
    else:
        mine = mine[mine["option"] == (labels[0] if labels else "")]
        policies = list(dict.fromkeys(mine["policy"]))[: LINES + 1]
        kinds = [(policy, mine["policy"] == policy) for policy in policies]
    several = len(kinds) > 1
    for number, (label, rows) in enumerate(kinds):
        place = number - (several and kinds[0][0] == ALL)
        _line(panel, mine[rows], place, "everybody" if label == ALL else folded(label, LEGEND))
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
    title(panel, before + what + (" (band: 95 % over sessions)" if series["sessions"].max() > 1 else ""))
    if len(kinds) > 1:
        panel.legend(fontsize=6.5, frameon=False, ncols=2)
    low, high = (0.0, 1.0) if labels else (float(spec["low"]), float(spec["high"]))
    if message:
        # Most messages are far shorter than they may be.
        high = max(1.0, float(np.nanmax(mine[["value", "high"]].to_numpy(np.float64), initial=0.0)))
    panel.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    if labels:
        panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    _rounds(panel, series)


def whole(
    panel: Any,
    series: pd.DataFrame,
    name: str,
    words: Mapping[str, str] = _TOGETHER,
    heading: str = "of everybody together",
) -> None:
    """Draw some measures of everybody by round, of a decision or of none: efficiency, inequality, assortment."""
    for number, (measure, label) in enumerate(words.items()):
        rows = series[series["measure"].eq(measure) & series["decision"].isin(["", name])]
        if rows["value"].notna().any():
            _line(panel, rows, number, label)
    title(panel, heading)
    panel.axhline(0, color=EDGE, linewidth=0.6, zorder=0)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(fontsize=6.5, frameon=False)
    _rounds(panel, series)


def _line(panel: Any, rows: pd.DataFrame, place: int, label: str) -> None:
    """Draw a series in the colour of its place; everybody beside the parts is at -1, in black."""
    colour = "#1c2026" if place < 0 else OPTIONS[place % len(OPTIONS)]
    rows = rows[rows["round"].notna()]
    at = np.arange(1, len(rows) + 1)
    marker = MARKERS[(place + 1) % len(MARKERS)] if len(rows) <= 30 else None
    value, low, high = (rows[each].to_numpy(np.float64) for each in ("value", "low", "high"))
    panel.plot(at, value, color=colour, linewidth=1.3, marker=marker, markersize=2.5, label=label)
    panel.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)


def _rounds(panel: Any, series: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    # Half a round at each side: there is no round 0.
    panel.set_xlim(
        0.5, series.loc[series["round"].notna(), ["supergame", "round"]].drop_duplicates().shape[0] + 0.5
    )
    games = int(series["supergame"].max())
    named(panel, "round" if games == 1 else f"round, over {games} games", "")
