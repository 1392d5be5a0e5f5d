"""Simulated beside human distributions as a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from gamesim.analysis.bars import Bar, bars
from gamesim.analysis.comparison import Comparison, Row
from gamesim.errors import GamesimError

ENDINGS = (".pdf", ".png", ".svg")
HUMAN, SIMULATED = "#b8bcc4", "#1f5fa8"
COLUMNS = 3


def plot(comparison: Comparison, path: str | Path) -> Path:
    """Draw one panel a row of a comparison: shares of choices, humans in grey beside the policy in blue.

    Parameters
    ----------
    comparison : Comparison
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
    if not comparison.rows:
        raise GamesimError("there is nothing to draw: no decision was compared with a human record")
    across = min(COLUMNS, len(comparison.rows))
    down = math.ceil(len(comparison.rows) / across)
    figure = canvas(3.7 * across, 3.1 * down)
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
    figure.savefig(target, dpi=200)
    return target


def check_ending(target: Path) -> None:
    """Refuse a file that no figure can be written to.

    Raises
    ------
    GamesimError
        If the name does not end as a figure does.
    """
    if target.suffix.lower() not in ENDINGS:
        raise GamesimError(f"cannot draw to {target.name!r}: the name must end in {', '.join(ENDINGS)}")


def canvas(width: float, height: float) -> Any:
    """Make an empty matplotlib figure of so many inches, without a window.

    Raises
    ------
    GamesimError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise GamesimError("drawing needs matplotlib: pip install 'gamesim[plot]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


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
            label=f"humans: {row.reference}{people}",
        )
    else:
        panel.axvline(
            (row.human_mean - row.low) / (row.high - row.low) * (len(drawn) - 1),
            color="#6b7078",
            linestyle="--",
            linewidth=1.2,
            label=f"mean of humans: {row.reference}{people}",
        )
    panel.bar(
        [at + width / 2 for at in places],
        [bar.simulated for bar in drawn],
        width,
        color=SIMULATED,
        label=f"{policy}, {basis}",
    )
    panel.set_xticks(list(places), [bar.label for bar in drawn], fontsize=7)
    panel.set_xlim(-0.7, len(drawn) - 0.3)
    panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    panel.locator_params(axis="y", nbins=5)
    panel.tick_params(axis="y", labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    # Above the axes, where no bar can run into it.
    panel.legend(
        fontsize=6.5,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.01),
        borderaxespad=0.0,
        handlelength=1.2,
        labelspacing=0.2,
    )
    panel.set_title(_title(row), fontsize=8.5, loc="left", pad=27)
    panel.set_xlabel(_axis(row), fontsize=8)


def _title(row: Row) -> str:
    low, high = row.intervals.get("human sampling", (math.nan, math.nan))
    distance = "" if math.isnan(row.w1n) else f"   W1 = {row.w1n:.3f}"
    spread = "" if math.isnan(low) else f" [{low:.3f}, {high:.3f}]"
    sample = ", in sample" if row.in_sample else ""
    return f"{row.decision}{distance}{spread}{sample}"


def _axis(row: Row) -> str:
    return "choice" if row.source.labels else f"{row.unit or 'amount'}, {row.low:g} to {row.high:g}"
