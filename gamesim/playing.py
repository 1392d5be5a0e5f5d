"""Play a game and keep what happened: the Python side of ``gamesim play``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gamesim import resuming
from gamesim.agent_table import Given as Agents
from gamesim.archive import Archive
from gamesim.design import Design
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.network import Network
from gamesim.personas import Given
from gamesim.preparing import Prepared, Progress, noting, prepare
from gamesim.record import NODES, PERSONS, Recorder
from gamesim.run import Run

if TYPE_CHECKING:
    import networkx as nx


def play(
    game: str | Game,
    agents: Agents = "befm",
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
    agents : str, Path, mapping from agent to weight, or DataFrame
        Who plays, as on the command line: ``"befm"``, ``"uniform:0.5,spe:0.5"``,
        ``"proposer=befm,responder=human"``; or a table with one row an agent, ``"agents.csv"`` or a DataFrame.
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
        ``"strategic:share=0.3"`` (see `gamesim.rewiring`).
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
    if folder is not None and earlier is not None and earlier.status == "complete":
        return Run(earlier, Archive(folder), folder)
    recorder = Recorder(folder, prepared.cast.people)
    recorder.settings(settings)
    if prepared.network is not None:
        recorder.network(prepared.network.edges)
        if prepared.network.names:
            recorder.keep_agents(
                NODES, pa.table({"agent": range(settings.n), "name": prepared.network.names})
            )
    if prepared.persons is not None:
        recorder.keep_agents(PERSONS, prepared.persons)
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
    kept = recorder if recorder.folder is None else Archive(recorder.folder)
    return Run(settings, kept, recorder.folder, prepared.access.budget.spent())
