"""Simulated beside human distributions as a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from gamesim.analysis.bars import Bar, bars
from gamesim.analysis.comparison import Comparison, Row
from gamesim.analysis.picture import OPTIONS, Picture, headed, percents
from gamesim.errors import GamesimError
from gamesim.folding import folded

HUMAN, SIMULATED = "#b8bcc4", OPTIONS[0]
LEGEND = 56
"""Most characters of a line of a legend."""
COLUMNS = 3


def plot(comparison: Comparison, path: str | Path) -> Path:
    """Draw one panel a row of a comparison: shares of choices, humans in grey beside the policy in blue.

    Parameters
    ----------
    comparison : Comparison
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
    if not comparison.rows:
        raise GamesimError(
            "there is nothing to draw: no decision was compared with a human record; plot_series draws rounds"
        )
    across = min(COLUMNS, len(comparison.rows))
    down = math.ceil(len(comparison.rows) / across)
    figure = picture.figure(3.7 * across, 3.3 * down)
    panels = figure.subplots(down, across, squeeze=False)
    for panel, row in zip(panels.flat, comparison.rows, strict=False):
        _panel(panel, row)
    for panel in list(panels.flat)[len(comparison.rows) :]:
        panel.set_axis_off()
    figure.supylabel("share of choices", fontsize=9)
    if any(row.intervals for row in comparison.rows):
        figure.supxlabel(
            "W1: Wasserstein-1 distance over the legal range;"
            + ("\n" if across == 1 else " ")
            + "brackets: 95 % interval of human sampling",
            fontsize=7,
        )
    return picture.saved(figure)


def _panel(panel: Any, row: Row) -> None:
    drawn: list[Bar] = bars(row)
    places = range(len(drawn))
    width = 0.42
    people = "" if row.human_n is None else f", n = {row.human_n:,}"
    policy = f"{row.policy}, standing in for {row.stand_in_for}" if row.stand_in_for else row.policy
    basis = f"exact probabilities of {row.n:,}" if row.exact else f"n = {row.n:,}"
    if len(row.human):
        panel.bar(
            [at - width / 2 for at in places],
            [bar.human for bar in drawn],
            width,
            color=HUMAN,
            label=folded(f"humans: {row.reference}{people}", LEGEND),
        )
    else:
        panel.axvline(
            (row.human_mean - row.low) / (row.high - row.low) * (len(drawn) - 1),
            color="#6b7078",
            linestyle="--",
            linewidth=1.2,
            label=folded(f"mean of humans: {row.reference}{people}", LEGEND),
        )
    panel.bar(
        [at + width / 2 for at in places],
        [bar.simulated for bar in drawn],
        width,
        color=SIMULATED,
        label=folded(f"{policy}, {basis}", LEGEND),
    )
    # Names of ranges stand beside each other at a slant.
    slant: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    panel.set_xticks(
        list(places), [bar.label for bar in drawn], fontsize=7, **(slant if len(drawn) > 6 else {})
    )
    panel.set_xlim(-0.7, len(drawn) - 0.3)
    percents(panel.yaxis)
    panel.locator_params(axis="y", nbins=5)
    panel.tick_params(axis="y", labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    headed(panel, _title(row))
    panel.set_xlabel(_axis(row), fontsize=8)


def _title(row: Row) -> str:
    low, high = row.intervals.get("human sampling", (math.nan, math.nan))
    distance = "" if math.isnan(row.w1n) else f"\nW1 = {row.w1n:.3f}"
    spread = "" if row.in_sample or math.isnan(low) else f" [{low:.3f}, {high:.3f}]"
    sample = ", in sample" if row.in_sample else ""
    return f"{row.decision}{distance}{spread}{sample}"


def _axis(row: Row) -> str:
    return "choice" if row.source.labels else f"{row.unit or 'amount'}, {row.low:g} to {row.high:g}"
