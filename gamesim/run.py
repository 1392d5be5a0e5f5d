"""Play a game and keep what happened: the Python side of ``gamesim play``."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from gamesim import archive, resuming
from gamesim.design import Design
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.models.budget import Spent
from gamesim.network import Network
from gamesim.personas import Given
from gamesim.preparing import Prepared, Progress, noting, prepare
from gamesim.record import NODES, PERSONS, Recorder, Settings
from gamesim.society import Calendar, Society
from gamesim.streams import Ints

if TYPE_CHECKING:
    import networkx as nx

    from gamesim.analysis.comparison import Comparison
    from gamesim.analysis.table import Table


@dataclass(frozen=True)
class Run:
    """What was played, as it is on disk or in memory.

    Parameters
    ----------
    settings : Settings
        Everything that was set, and how the run ended.
    folder : Path or None
        Where it is kept; None where it is in memory only.
    spent : Spent
        What served models took while it was played just now; nothing where it was not.
    """

    settings: Settings
    folder: Path | None
    _recorder: Recorder | None = None
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
        if self._recorder is not None:
            return self._recorder.table()
        assert self.folder is not None
        return archive.read_decisions(self.folder)

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
            if self._recorder is not None:
                found = self._recorder.table(new)
            else:
                assert self.folder is not None
                found = archive.read_decisions(self.folder, new)
            self._columns.update(found.items())
        return pd.DataFrame({name: self._columns[name] for name in names}, copy=False)

    @cached_property
    def _columns(self) -> dict[Hashable, pd.Series[Any]]:
        """Columns that were read so far."""
        return {}

    @cached_property
    def table(self) -> Table:
        """The decision table as measures read it: in pieces, some columns at a time."""
        from gamesim.analysis.table import Table

        if self._recorder is not None:
            return Table(self._recorder.pieces)
        assert self.folder is not None
        return Table(partial(archive.read_pieces, self.folder))

    @cached_property
    def answered(self) -> bool:
        """Whether any valid decision was made."""
        return any((piece["status"] == "ok").any() for piece in self.table.pieces("status"))

    @cached_property
    def replies(self) -> list[dict[str, Any]]:
        """Prompts with raw answers, and exact probabilities."""
        if self._recorder is not None:
            return self._recorder.replies
        assert self.folder is not None
        return archive.read_replies(self.folder)

    @cached_property
    def network_rounds(self) -> pd.DataFrame:
        """Figures of a network that changes, one row a session and round (`gamesim.rewiring.figures`)."""
        if self._recorder is not None:
            return self._recorder.network_figures()
        assert self.folder is not None
        return archive.read_network_rounds(self.folder)

    def summary(self) -> pd.DataFrame:
        """Summarise by decision and policy: n, mean, SD, shares at 0, half and all, earnings, invalid, void."""
        from gamesim.analysis.summary import summarise

        return summarise(self.table, self.settings.model_dump())

    @cached_property
    def edges(self) -> Ints | None:
        """Who is next to whom: (E, 2) int, pairs of agents by number within a session; None without a network."""
        if self.settings.network is None:
            return None
        if self._recorder is not None:
            return self._recorder.edges
        assert self.folder is not None
        return archive.read_network(self.folder)

    @cached_property
    def nodes(self) -> pd.DataFrame | None:
        """What the nodes of the network are called: columns agent and name; None where they have no names."""
        return self._agents(NODES)

    @cached_property
    def persons(self) -> pd.DataFrame | None:
        """What is every agent's own: a column for each option that differs from person to person; None without any."""
        return self._agents(PERSONS)

    def _agents(self, name: str) -> pd.DataFrame | None:
        if self._recorder is not None:
            table = self._recorder.beside.get(name)
        else:
            assert self.folder is not None
            table = archive.read_agents(self.folder, name)
        return None if table is None else table.to_pandas()

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
            As `gamesim.analysis.compare.compare` takes them.
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
        from gamesim.analysis.table import SEPARATE

        if self.edges is None:
            raise GamesimError("there is no network to draw: the run was not played on one")
        if (self.settings.network or {}).get("rewire"):
            raise GamesimError(
                "the network changed from round to round and is not drawn: network_final.csv has the last one, "
                "network_rounds.csv its figures by round, and plot_series draws the rounds"
            )
        if self.settings.matching in SEPARATE:
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


def play(
    game: str | Game,
    agents: str | Mapping[str, float] = "befm",
    *,
    n: int | None = None,
    rounds: int = 1,
    sessions: int = 1,
    matching: str | None = None,
    network: str | Path | Network | nx.Graph | None = None,
    update: str = "synchronous",
    continuation: float = 0.0,
    supergames: int | None = None,
    neighbours: str = "earnings",
    rewire: str | None = None,
    reputation: str = "none",
    roles: str = "fixed",
    placement: str = "random",
    seed: int = 0,
    seat: str = "",
    personas: Given | None = None,
    prompts: str | Path | None = None,
    fixed_wording: bool = False,
    out: str | Path | None = None,
    resume: bool = False,
    require_weights: bool = False,
    download: bool = False,
    max_cost: float | None = None,
    max_tokens: float | None = None,
    max_seconds: float | None = None,
    cache: bool = True,
    dry_run: bool = False,
    announce: Callable[[Sequence[str]], None] | None = None,
    progress: Progress | None = None,
    **parameters: Any,
) -> Run:
    """Play a game.

    Parameters
    ----------
    game : str or Game
        Name of a game, path of a Python file that holds one, or a game.
    agents : str or mapping from agent to weight
        Who plays, as on the command line: ``"befm"``, ``"uniform:0.5,spe:0.5"``,
        ``"proposer=befm,responder=human"``.
    n : int, optional
        Number of agents a session, receivers and responders included; each game has its own default.
    rounds : int
        Number of rounds.
    sessions : int
        Independent repetitions, played side by side.
    matching : str, optional
        One of `gamesim.matching.MATCHINGS`; ``"stranger"`` unless given, on a network ``"neighbourhoods"``, or
        ``"edges"`` for pairs, ``"random_neighbour"`` where they hold different roles or one answers the other,
        ``"separate_neighbourhoods"`` where more than two answer each other.
    network : str, Path, Network or networkx graph, optional
        Who is next to whom, such as ``"watts_strogatz:n=400,k=6,p=0.1"``; its nodes are the agents of a session.
    update : str
        Who decides anew in a round: ``"synchronous"``, ``"sequential"`` or ``"death_birth"`` (see
        `gamesim.society.Society`).
    continuation : float
        Probability that another round follows; the number of rounds is then left to chance.
    supergames : int, optional
        Games of `rounds` rounds or of chance length that are played one after another; groups stay together for a
        game and are formed anew for the next.  1 unless given; with `continuation` as many as it takes for everybody to
        meet everybody under ``round_robin``.
    neighbours : str
        What neighbours on a network see of each other: ``"nothing"``, ``"actions"`` or ``"earnings"`` too.
    rewire : str, optional
        How the network changes between rounds: ``"random:share=0.1"``, ``"growth:m=2,attach=preferential"``,
        ``"strategic:share=0.3"`` (see `gamesim.rewiring.Rewiring`).
    reputation : str
        What players know of those they meet: ``"none"``, ``"partner"``, ``"image"`` or ``"list"`` (see
        `gamesim.reputation`).
    roles : str
        ``"fixed"`` for the whole session, or drawn anew in every round: ``"random"``.
    placement : str
        Which policies sit on which nodes: ``"random"``, ``"clustered"`` or ``"degree"`` (see
        `gamesim.population.placed`).
    seed : int
        Every draw follows from it.
    seat : str
        Role that ``me`` takes; the first one unless given.
    personas : str, Path, DataFrame or sequence of mappings, optional
        Who the agents are: a ``.csv`` or ``.toml`` file, people one row each, or ``"bigfive"`` for people drawn from
        figures.  Their traits are columns ``x_...`` of the table.
    prompts : str or Path, optional
        Folder of a prompt pack that language models read instead of the games' own texts.
    fixed_wording : bool
        Whether all of them read the first of the equivalent texts, with options in the order of the game.
    out : str or Path, optional
        Folder to keep the run in; in memory only unless given.
    resume : bool
        Take up a run in `out` that was cut off: it is played again, and what was paid for is read from the cache.
    require_weights, download : bool
        Refuse a stand-in; allow fetching weights.
    max_cost, max_tokens, max_seconds : float, optional
        Ceilings for models that are served: US dollars, tokens read and written, seconds.
    cache : bool
        Whether answers of served models are read from and written to the cache.
    dry_run : bool
        Send nothing to served models: uniform play stands in their place, nothing is kept, and ``settings.spent`` of
        the run says what asking would take.
    announce : callable, optional
        Called before the first round with what whoever reads the result must know.
    progress : callable, optional
        Called with rounds done and rounds in all.  A `gamesim.models.access.Watching` is also told of every answer of a
        served model.
    **parameters
        Parameters of the game, such as ``endowment=50``.

    Returns
    -------
    Run

    Raises
    ------
    GamesimError
        For any mistake in the above, before anything is played.
    StoppedError
        When a ceiling is reached or a server refuses everything: the run is cut off and can be resumed.

    Examples
    --------
    >>> run = play("dictator", agents="equal_split", n=20)
    >>> float(run.decisions["action"].mean())
    50.0
    """
    given = locals()
    design = Design(**{each.name: given[each.name] for each in fields(Design)})
    if out is not None and not isinstance(out, str | Path):
        raise GamesimError(f"out = {out!r} must be a folder, as a text or a Path")
    if resume and not cache:
        raise GamesimError(
            "a run is resumed from the cache of answers, which is switched off: leave --no-cache out"
        )
    prepared = prepare(game, agents, design, parameters, progress)
    settings = prepared.settings
    folder = Path(out) if out is not None and not dry_run else None
    earlier = resuming.earlier_run(folder, settings) if resume and folder is not None else None
    if earlier is not None and earlier.status == "complete":
        return Run(earlier, folder)
    recorder = Recorder(folder, prepared.dealt.people)
    recorder.settings(settings)
    if prepared.linked is not None:
        recorder.network(prepared.linked.edges)
        if prepared.linked.names:
            recorder.agents(NODES, pa.table({"agent": range(settings.n), "name": prepared.linked.names}))
    if prepared.persons is not None:
        recorder.agents(PERSONS, prepared.persons)
    if announce is not None:
        announce(settings.notes)
    try:
        return _simulate(prepared, recorder, progress)
    finally:
        settings.spent = resuming.spent_in_all(earlier, prepared.access.spent())
        # A served model's way to probabilities is found while it is asked.
        settings.policies = {
            label: policy.describe() for label, policy in zip(prepared.labels, prepared.policies, strict=True)
        }
        recorder.finish(settings, paid=prepared.access.paid())
        prepared.access.close()


def open_run(folder: str | Path) -> Run:
    """Open a run folder, finished or interrupted.

    Raises
    ------
    GamesimError
        When it is no run folder, or a part of it is cut off.
    """
    path = Path(folder)
    return Run(archive.read_settings(path), path)


def _simulate(prepared: Prepared, recorder: Recorder, progress: Progress | None) -> Run:
    from gamesim.simulation import Simulation  # late: importing Mesa takes longer than most games

    settings = prepared.settings
    began = time.perf_counter()
    simulation = Simulation(**prepared.arguments(), recorder=recorder)
    settings.status = "interrupted"
    try:
        with noting(settings.notes):
            for done in range(rounds := len(simulation.calendar)):
                simulation.step()
                if progress is not None:
                    progress(done + 1, rounds)
        settings.status = "complete"
    finally:
        settings.seconds = round(time.perf_counter() - began, 3)
        settings.groups = simulation.groups_played
        settings.void_groups = simulation.groups_void
        recorder.close()
        if prepared.rewiring is not None and simulation.network is not None:
            recorder.network_after(simulation.network.edges, settings.n)
        recorder.settings(settings)
    kept = None if recorder.folder is not None else recorder
    return Run(settings, recorder.folder, kept, prepared.access.budget.spent())
