"""What was played, read from memory or from a run folder."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import pyarrow as pa

from gamesim import archive
from gamesim.errors import GamesimError
from gamesim.meeting import kind_of
from gamesim.models.budget import Spent
from gamesim.record import NODES, PERSONS, Settings
from gamesim.society import Calendar, Society
from gamesim.streams import Ints

if TYPE_CHECKING:
    from gamesim.analysis.comparison import Comparison
    from gamesim.analysis.table import Table


class Kept(Protocol):
    """What was recorded of a run: a `gamesim.record.Recorder` in memory, a `gamesim.archive.Archive` on disk."""

    @property
    def replies(self) -> list[dict[str, Any]]:
        """Prompts with raw answers, and exact probabilities."""

    @property
    def edges(self) -> Ints | None:
        """Who is next to whom."""

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Give the decision table, or some columns of it."""

    def pieces(self, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Give some columns of it piece by piece, whole rounds in the order of play."""

    def network_figures(self) -> pd.DataFrame:
        """Give the figures of a network that changed, by session and round."""

    def agents(self, name: str) -> pa.Table | None:
        """Give a table about the agents; None where none was kept."""


@dataclass(frozen=True)
class Run:
    """What was played, as it is on disk or in memory.

    Parameters
    ----------
    settings : Settings
        Everything that was set, and how the run ended.
    kept : Kept
        What was recorded.
    folder : Path or None
        Where it is kept; None where it is in memory only.
    spent : Spent
        What served models took while it was played just now; nothing where it was not.
    """

    settings: Settings
    kept: Kept
    folder: Path | None
    spent: Spent = field(default_factory=Spent)

    def __repr__(self) -> str:
        kept = "in memory" if self.folder is None else f"in {self.folder}"
        return (
            f"<Run of {self.settings.game['name']}: {self.settings.agents}, n={self.settings.n}, "
            f"{self.calendar}, seed={self.settings.seed}, {kept}>"
        )

    @cached_property
    def calendar(self) -> Calendar:
        """How many rounds were to be played, in how many games."""
        return Calendar(self.settings.rounds, Society(**self.settings.society), self.settings.seed)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """The decision table, one row a decision."""
        return self.kept.table()

    def columns(self, *names: str) -> pd.DataFrame:
        """Give some columns of the decision table; of a large run on disk, only these are read.

        Raises
        ------
        GamesimError
            When there is no column of that name.
        """
        if "decisions" in self.__dict__:
            return self.decisions[list(names)]
        if new := [name for name in names if name not in self._columns]:
            self._columns.update(self.kept.table(new).items())
        return pd.DataFrame({name: self._columns[name] for name in names}, copy=False)

    @cached_property
    def _columns(self) -> dict[Hashable, pd.Series[Any]]:
        """Columns that were read so far."""
        return {}

    @cached_property
    def table(self) -> Table:
        """The decision table as measures read it: in pieces, some columns at a time."""
        from gamesim.analysis.table import Table

        return Table(self.kept.pieces)

    @cached_property
    def answered(self) -> bool:
        """Whether any valid decision was made."""
        return any((piece["status"] == "ok").any() for piece in self.table.pieces("status"))

    @property
    def replies(self) -> list[dict[str, Any]]:
        """Prompts with raw answers, and exact probabilities."""
        return self.kept.replies

    @cached_property
    def network_rounds(self) -> pd.DataFrame:
        """Figures of a network that changes, one row a session and round (`gamesim.rewiring.figures`)."""
        return self.kept.network_figures()

    def summary(self) -> pd.DataFrame:
        """Summarise by decision and policy: n, mean, SD, shares at 0, half and all, earnings, invalid, void."""
        from gamesim.analysis.summary import summarise

        return summarise(self.table, self.settings.model_dump())

    @property
    def edges(self) -> Ints | None:
        """Who is next to whom: (E, 2) int, pairs of agents by number within a session; None without a network."""
        return None if self.settings.network is None else self.kept.edges

    @cached_property
    def nodes(self) -> pd.DataFrame | None:
        """What the nodes of the network are called: columns agent and name; None where they have no names."""
        return _frame(self.kept.agents(NODES))

    @cached_property
    def persons(self) -> pd.DataFrame | None:
        """What is every agent's own: a column for each option that differs from person to person; None without any."""
        return _frame(self.kept.agents(PERSONS))

    def series(self, **options: Any) -> pd.DataFrame:
        """Measure the run round by round, with intervals over sessions: means, efficiency, Gini, assortment.

        Parameters
        ----------
        **options
            As `gamesim.analysis.series.series` takes them.
        """
        return self._series(**options) if options else self._usual_series.copy()

    @cached_property
    def _usual_series(self) -> pd.DataFrame:
        return self._series()

    def _series(self, **options: Any) -> pd.DataFrame:
        from gamesim.analysis.series import series

        changes = bool((self.settings.network or {}).get("rewire"))
        return series(
            self.table,
            self.settings.model_dump(),
            edges=None if changes else self.edges,
            network=self.network_rounds if changes else None,
            **options,
        )

    def compare(self, **options: Any) -> Comparison:
        """Compare with the human records that answer to these decisions.

        Parameters
        ----------
        **options
            As `gamesim.analysis.compare.compare` takes them: ``references`` for records of one's own, ``allow``,
            ``votes``, ``seed``, ``resamples``.
        """
        from gamesim.analysis.compare import compare

        exact = archive.exact_distributions(self.replies)
        return compare(self.table, self.settings.model_dump(), exact, **options)

    def plot(self, path: str | Path, **options: Any) -> Path:
        """Draw simulated beside human distributions into a PNG, SVG or PDF file."""
        from gamesim.analysis.plot import plot

        return plot(self.compare(**options), Path(path))

    def plot_series(self, path: str | Path) -> Path:
        """Draw what went on from round to round into a PNG, SVG or PDF file."""
        from gamesim.analysis.series_plot import plot_series

        return plot_series(self.series(), self.settings.model_dump(), path)

    def plot_network(self, path: str | Path, **options: Any) -> Path:
        """Draw who did and earned what on the network, and the rounds before, into a PNG, SVG or PDF file.

        Parameters
        ----------
        path : str or Path
        **options
            As `gamesim.analysis.network_plot.plot_network` takes them.
        """
        from gamesim.analysis.network_plot import plot_network

        if self.edges is None:
            raise GamesimError("there is no network to draw: the run was not played on one")
        if (self.settings.network or {}).get("rewire"):
            raise GamesimError(
                "the network changed from round to round and is not drawn: network_final.csv has the last one, "
                "network_rounds.csv its figures by round, and plot_series draws the rounds"
            )
        if kind_of(self.settings.matching).apart:
            raise GamesimError(
                f"agents are not drawn under {self.settings.matching}, where each decides several things at a time: "
                "plot_series draws the rounds"
            )
        return plot_network(
            self.table,
            self.settings.model_dump(),
            self.edges,
            self.series(),
            Path(path),
            **options,
        )


def open_run(folder: str | Path) -> Run:
    """Open a run folder, finished or interrupted.

    Raises
    ------
    GamesimError
        When it is no run folder, or a part of it is cut off.
    """
    path = Path(folder)
    return Run(archive.read_settings(path), archive.Archive(path), path)


def _frame(table: pa.Table | None) -> pd.DataFrame | None:
    return None if table is None else table.to_pandas()
