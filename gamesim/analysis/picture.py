"""What all pictures share: the file they go to, colours, titles, axes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from gamesim.errors import GamesimError
from gamesim.folding import folded

ENDINGS = (".pdf", ".png", ".svg")
OPTIONS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7f7f7f", "#f0e442")
"""Colours that those who confuse red and green tell apart (Okabe & Ito 2008, Color Universal Design)."""
MARKERS = "os^DvPX*"
EDGE = "#9aa1ab"
TITLE = 60
"""Most characters of a line above a panel."""


class Picture:
    """A file that a figure is drawn to, without a window.

    Parameters
    ----------
    path : str or Path
        Ends in .png, .svg or .pdf.

    Raises
    ------
    GamesimError
        If the name does not end as a figure does, or is that of a folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in ENDINGS:
            raise GamesimError(
                f"cannot draw to {self.path.name!r}: the name must end in {', '.join(ENDINGS)}"
            )
        if self.path.is_dir():
            raise GamesimError(f"cannot draw to {self.path}: it is a folder")

    def figure(self, width: float, height: float) -> Any:
        """Make an empty figure of so many inches.

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

    def saved(self, figure: Any, dots: float = 200.0) -> Path:
        """Write a figure at so many dots an inch, and give the path of the file.

        Raises
        ------
        GamesimError
            If it cannot be written.
        """
        try:
            figure.savefig(self.path, dpi=dots)
        except OSError as error:
            raise GamesimError(f"{self.path}: cannot be written ({error.strerror})") from None
        return self.path


def headed(panel: Any, text: str, room: int = TITLE) -> None:
    """Put a title at the left above a panel, and between the two what is drawn, where nothing can run into it.

    Parameters
    ----------
    panel : Axes
    text : str
    room : int
        Characters of a legend that the panel is wide.
    """
    pad = 6.0
    if names := panel.get_legend_handles_labels()[1]:
        longest = max(len(line) for name in names for line in name.split("\n"))
        columns = max(1, room // (longest + 8))
        panel.legend(
            fontsize=6.5,
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.01),
            borderaxespad=0.0,
            handlelength=1.2,
            labelspacing=0.2,
            ncols=columns,
        )
        lines = [1 + name.count("\n") for name in names]
        down = math.ceil(len(lines) / columns)
        pad = 7 + 9 * max(sum(lines[at : at + down]) for at in range(0, len(lines), down))
    panel.set_title(folded(text, TITLE), fontsize=8.5, loc="left", pad=pad)


def percents(axis: Any) -> None:
    """Write the ticks of an axis of shares as percentages, with the decimals that they need."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0))


def named(panel: Any, x: str, y: str) -> None:
    """Name the axes of a panel."""
    panel.set_xlabel(x, fontsize=8)
    panel.set_ylabel(y, fontsize=8)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
