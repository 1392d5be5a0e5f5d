"""What goes on from round to round as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.plot import canvas, check_ending
from gamesim.analysis.series import ALL
from gamesim.errors import GamesimError

OPTIONS = ("#1f5fa8", "#e08a2e", "#4f9d5d", "#8a5aa8", "#b3485b", "#5b6572", "#9a8a3c", "#3aa0a8")
EDGE = "#9aa1ab"
LINES = 6
"""Most policies that have a line of their own."""


def plot_series(series: pd.DataFrame, settings: Mapping[str, Any], path: str | Path) -> Path:
    """Draw the mean action of each decision by round, and beside it efficiency, inequality and assortment.

    Parameters
    ----------
    series : DataFrame
        From `gamesim.analysis.series.series`.
    settings : mapping
        Of the run.
    path : str or Path
        Ends in .png, .svg or .pdf.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    GamesimError
        If the ending is another, there is nothing to draw, or matplotlib is not installed.
    """
    target = Path(path)
    check_ending(target)
    decisions = [name for name in dict.fromkeys(series["decision"]) if name]
    if not decisions:
        raise GamesimError("there is nothing to draw: no decision was made")
    figure = canvas(9.6, 2.8 * len(decisions))
    for (left, right), name in zip(figure.subplots(len(decisions), 2, squeeze=False), decisions, strict=True):
        lines(left, series, name, settings["decisions"][name], f"{name}: ")
        whole(right, series, name)
    figure.savefig(target, dpi=200)
    return target


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
    for number, (label, rows) in enumerate(kinds):
        colour = OPTIONS[(number - (kinds[0][0] == ALL)) % len(OPTIONS)]
        if label == ALL:
            colour = "#1c2026" if len(kinds) > 1 else OPTIONS[0]
        _line(panel, mine[rows], "everybody" if label == ALL else label, colour)
    what = "share by option" if len(labels) > 2 else f"share of {labels[0]}" if labels else "mean action"
    title(panel, before + what + (" (band: 95 % over sessions)" if series["sessions"].max() > 1 else ""))
    if len(kinds) > 1:
        panel.legend(fontsize=6.5, frameon=False, ncols=2)
    low, high = (0.0, 1.0) if labels else (float(spec["low"]), float(spec["high"]))
    panel.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    if labels:
        panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    _rounds(panel, series)


def whole(panel: Any, series: pd.DataFrame, name: str) -> None:
    """Draw efficiency, inequality and the assortment of a decision by round."""
    words = {"efficiency": "efficiency", "gini": "inequality (Gini of earnings)", "assortment": "assortment"}
    for number, (measure, label) in enumerate(words.items()):
        rows = series[series["measure"].eq(measure) & series["decision"].isin(["", name])]
        if rows["value"].notna().any():
            _line(panel, rows, label, OPTIONS[number])
    title(panel, "of everybody together")
    panel.axhline(0, color=EDGE, linewidth=0.6, zorder=0)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(fontsize=6.5, frameon=False)
    _rounds(panel, series)


def title(panel: Any, text: str) -> None:
    """Put a title at the left above a panel."""
    panel.set_title(text, fontsize=8.5, loc="left")


def named(panel: Any, x: str, y: str) -> None:
    """Name the axes of a panel."""
    panel.set_xlabel(x, fontsize=8)
    panel.set_ylabel(y, fontsize=8)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)


def _line(panel: Any, rows: pd.DataFrame, label: str, colour: str) -> None:
    rows = rows[rows["round"].notna()]
    at = np.arange(1, len(rows) + 1)
    marker = "o" if len(rows) <= 30 else None
    value, low, high = (rows[each].to_numpy(np.float64) for each in ("value", "low", "high"))
    panel.plot(at, value, color=colour, linewidth=1.3, marker=marker, markersize=2.5, label=label)
    panel.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)


def _rounds(panel: Any, series: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    panel.margins(x=0.02)
    games = int(series["supergame"].max())
    named(panel, "round" if games == 1 else f"round, over {games} games", "")
