"""Play a game and keep what happened: the Python side of ``gamesim play``."""

from __future__ import annotations

import dataclasses
import datetime
import math
import platform
import time
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gamesim import record
from gamesim.catalog import find_agent, find_game
from gamesim.errors import GamesimError, GamesimWarning
from gamesim.game import Game
from gamesim.matching import ON_NETWORKS, Scene, find_matching
from gamesim.models.access import Access, Watching
from gamesim.models.budget import Budget
from gamesim.network import Network, open_network
from gamesim.personas import Given, find_personas
from gamesim.policy import Policy, Setting, source_of
from gamesim.population import KEYBOARD, Cast, cast, placed, rotating, with_subjects
from gamesim.record import Recorder, Settings
from gamesim.rewiring import Rewiring
from gamesim.society import Calendar, Society
from gamesim.spec import Item, parse
from gamesim.streams import Ints, key

if TYPE_CHECKING:
    import networkx as nx

    from gamesim.analysis.comparison import Comparison

Progress = Callable[[int, int], None]

_RECORDED_VERSIONS = ("gamesim", "mesa", "numpy", "pandas", "pyarrow", "scipy")
_MODEL_VERSIONS = ("torch", "transformers", "peft", "openai")


@dataclass(frozen=True)
class Run:
    """What was played, as it is on disk or in memory.

    Parameters
    ----------
    settings : Settings
        Everything that was set, and how the run ended.
    folder : Path or None
        Where it is kept, if anywhere.
    """

    settings: Settings
    folder: Path | None
    _recorder: Recorder | None = None

    def __repr__(self) -> str:
        kept = "in memory" if self.folder is None else f"in {self.folder}"
        return (
            f"<Run of {self.settings.game['name']}: {self.settings.agents}, n={self.settings.n}, "
            f"rounds={self.settings.rounds}, seed={self.settings.seed}, {kept}>"
        )

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """The decision table, one row a decision."""
        if self._recorder is not None:
            return self._recorder.table()
        assert self.folder is not None
        return record.read_decisions(self.folder)

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
                found = record.read_decisions(self.folder, new)
            self._columns.update(found.items())
        return pd.DataFrame({name: self._columns[name] for name in names}, copy=False)

    @cached_property
    def _columns(self) -> dict[Hashable, pd.Series[Any]]:
        """Columns that were read so far."""
        return {}

    @cached_property
    def answered(self) -> bool:
        """Whether any valid decision was made."""
        return bool((self.columns("status")["status"] == "ok").any())

    @cached_property
    def replies(self) -> list[dict[str, Any]]:
        """Prompts with raw answers, and exact probabilities."""
        if self._recorder is not None and self.folder is None:
            return self._recorder.replies
        assert self.folder is not None
        return record.read_replies(self.folder)

    @cached_property
    def network_rounds(self) -> pd.DataFrame:
        """Figures of a network that changes, one row a session and round (`gamesim.rewiring.figures`)."""
        if self._recorder is not None and self._recorder.network_rounds:
            return pd.concat(self._recorder.network_rounds, ignore_index=True)
        if self.folder is None:
            raise GamesimError("the network did not change, so there are no figures of it by round")
        return record.read_network_rounds(self.folder)

    def summary(self) -> pd.DataFrame:
        """Summarise by decision and policy: n, mean, SD, shares at 0, half and all, earnings, invalid, void."""
        from gamesim.analysis.summary import NEEDED, summarise

        return summarise(self.columns(*NEEDED), self.settings.model_dump())

    @cached_property
    def edges(self) -> Ints | None:
        """Who is next to whom: (E, 2) int, pairs of agents by number within a session; None without a network."""
        if self.settings.network is None:
            return None
        if self._recorder is not None:
            return self._recorder.edges
        assert self.folder is not None
        return record.read_network(self.folder)

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
        from gamesim.analysis.series import NEEDED, series

        # Where the network changes, its figures by round are in `network_rounds`.
        edges = None if (self.settings.network or {}).get("rewire") else self.edges
        return series(self.columns(*NEEDED), self.settings.model_dump(), edges=edges, **options)

    def compare(self, **options: Any) -> Comparison:
        """Compare with the human records that answer to these decisions.

        Parameters
        ----------
        **options
            As `gamesim.analysis.compare.compare` takes them.
        """
        from gamesim.analysis.compare import NEEDED, compare

        exact = record.exact_distributions(self.replies)
        needed = [*NEEDED, "reply"] if exact else NEEDED
        return compare(self.columns(*needed), self.settings.model_dump(), exact, **options)

    def plot(self, path: str | Path, **options: Any) -> Path:
        """Draw simulated beside human distributions into a PNG or SVG file."""
        from gamesim.analysis.plot import plot

        return plot(self.compare(**options), Path(path))

    def plot_series(self, path: str | Path) -> Path:
        """Draw what went on from round to round into a PNG or SVG file."""
        from gamesim.analysis.series_plot import plot_series

        return plot_series(self.series(), self.settings.model_dump(), path)

    def plot_network(self, path: str | Path, **options: Any) -> Path:
        """Draw who did and earned what on the network, and the rounds before, into a PNG or SVG file.

        Parameters
        ----------
        path : str or Path
        **options
            As `gamesim.analysis.network_plot.plot_network` takes them.
        """
        from gamesim.analysis.network_plot import plot_network
        from gamesim.analysis.series import NEEDED

        if self.edges is None:
            raise GamesimError("there is no network to draw: the run was not played on one")
        if (self.settings.network or {}).get("rewire"):
            raise GamesimError(
                "the network changed from round to round and is not drawn: network_final.csv has the last one, and "
                "network_rounds.csv its figures by round"
            )
        return plot_network(
            self.columns(*NEEDED),
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
    network: str | Network | nx.Graph | None = None,
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
        ``"edges"`` for pairs.
    network : str, Network or networkx graph, optional
        Who is next to whom, such as ``"watts_strogatz:n=400,k=6,p=0.1"``; its nodes are the agents of a session.
    update : str
        Who decides anew in a round: ``"synchronous"``, ``"sequential"`` or ``"death_birth"`` (see
        `gamesim.society.Society`).
    continuation : float
        Probability that another round follows; the number of rounds is then left to chance.
    supergames : int, optional
        Games of such length that are played, with new groups each time; 1 unless given, and as many as it takes for
        everybody to meet everybody under ``round_robin``.
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
    if resume and not cache:
        raise GamesimError(
            "a run is resumed from the cache of answers, which is switched off: leave --no-cache out"
        )
    prepared = prepare(
        game,
        agents,
        n=n,
        rounds=rounds,
        sessions=sessions,
        matching=matching,
        network=network,
        update=update,
        continuation=continuation,
        supergames=supergames,
        neighbours=neighbours,
        rewire=rewire,
        reputation=reputation,
        roles=roles,
        placement=placement,
        seed=seed,
        seat=seat,
        personas=personas,
        prompts=prompts,
        fixed_wording=fixed_wording,
        require_weights=require_weights,
        download=download,
        max_cost=max_cost,
        max_tokens=max_tokens,
        max_seconds=max_seconds,
        cache=cache,
        dry_run=dry_run,
        progress=progress,
        **parameters,
    )
    settings = prepared.settings
    folder = Path(out) if out is not None and not dry_run else None
    earlier = _taken_up(folder, settings) if resume and folder is not None else None
    if earlier is not None:
        return earlier
    recorder = Recorder(folder, prepared.dealt.people)
    recorder.settings(settings)
    if prepared.linked is not None:
        recorder.network(prepared.linked.edges)
    if announce is not None:
        announce(settings.notes)
    try:
        return _simulate(prepared, recorder, progress)
    finally:
        settings.spent = prepared.access.spent()
        # A served model's way to probabilities is found while it is asked.
        settings.policies = {
            label: policy.describe() for label, policy in zip(prepared.labels, prepared.policies, strict=True)
        }
        recorder.finish(settings)
        prepared.access.close()


@dataclass(frozen=True)
class Prepared:
    """All that a simulation needs, checked and ready to play.

    Parameters
    ----------
    rules : Game
    dealt : Cast
    policies : sequence of Policy
    labels : sequence of str
    linked : Network or None
    society : Society
    rewiring : Rewiring or None
        As `gamesim.simulation.Simulation` takes them.
    access : Access
        The way to served models, to be closed in the end.
    settings : Settings
        What the record will say.
    """

    rules: Game
    dealt: Cast
    policies: Sequence[Policy]
    labels: Sequence[str]
    linked: Network | None
    society: Society
    rewiring: Rewiring | None
    access: Access
    settings: Settings

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of `gamesim.simulation.Simulation`, but for the recorder."""
        return {
            "game": self.rules,
            "cast": self.dealt,
            "policies": self.policies,
            "labels": self.labels,
            "rounds": self.settings.rounds,
            "matching": self.settings.matching,
            "network": self.linked,
            "society": self.society,
            "rewiring": self.rewiring,
            "seed": self.settings.seed,
            "run": self.settings.run,
        }


def prepare(
    game: str | Game,
    agents: str | Mapping[str, float] = "befm",
    *,
    n: int | None = None,
    rounds: int = 1,
    sessions: int = 1,
    matching: str | None = None,
    network: str | Network | nx.Graph | None = None,
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
    require_weights: bool = False,
    download: bool = False,
    max_cost: float | None = None,
    max_tokens: float | None = None,
    max_seconds: float | None = None,
    cache: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
    **parameters: Any,
) -> Prepared:
    """Check what is to be played and get everybody ready; the arguments are those of `play`."""
    for name, value, least in (("rounds", rounds, 1), ("sessions", sessions, 1), ("seed", seed, 0)):
        if value < least:
            raise GamesimError(f"{name} = {value} must be at least {least}")
    if isinstance(game, Game) and parameters:
        raise GamesimError(f"{next(iter(parameters))}: give parameters to the game or to play, not to both")
    rules = game if isinstance(game, Game) else find_game(game).from_settings(parameters)
    items = parse(agents)
    rewiring = None if rewire is None else Rewiring.from_words(rewire)
    linked = _network(network, None if rewiring is not None and rewiring.m else n, seed, rules)
    if rewiring is not None:
        linked, rewiring = rewiring.on(linked, rules, n)
    size = linked.n if linked is not None else _default_n(rules, items) if n is None else n
    meeting = matching or _usual_matching(rules, linked)
    dealt = cast(rules, items, size, sessions, seed, seat, on_network=meeting in ON_NETWORKS)
    if supergames is None:
        supergames = max(1, size - 1) if continuation and meeting == "round_robin" else 1
    society = Society.from_words(
        update,
        continuation=continuation,
        supergames=supergames,
        neighbours=neighbours,
        reputation=reputation,
        roles=roles,
        placement=placement,
    )
    dealt = placed(dealt, items, linked, society.placement, seed)
    if society.roles == "random":
        dealt = rotating(dealt, rules, items, seat)
    source = None if personas is None else find_personas(personas)
    if source is not None:
        dealt = with_subjects(dealt, items, source.deal(size, sessions, seed))
    _check_society(rules, dealt, meeting, linked, society, seed)
    played = len(Calendar(rounds, society, seed))
    standin = None if require_weights else find_agent("mini").in_place_of
    watch = progress.answers if isinstance(progress, Watching) else None
    access = Access(Budget(max_cost, max_tokens, max_seconds), cache, dry_run, watch)
    setting = Setting(
        rules,
        (),
        played,
        seed,
        standin,
        download,
        access.to,
        linked is not None,
        str(prompts or ""),
        fixed_wording,
    )
    notes = [] if source is None else source.notes(size)
    with _noting(notes):
        policies = _prepare(items, setting, dealt)
    if source is not None and not any(policy.reads_personas for policy in policies):
        notes.append("no agent of this run heeds its persona: traits are in the table and change nothing")
    labels = _labels(items, policies)
    if rewiring is not None:
        notes.extend(rewiring.notes(size, played, dict(zip(labels, policies, strict=True))))
    about = {label: policy.describe() for label, policy in zip(labels, policies, strict=True)}
    if prompts and not any("pack" in each for each in about.values()):
        notes.append("no agent of this run reads texts: --prompts changes nothing")
    settings = Settings(
        schema_number=record.SCHEMA,
        run="",
        status="running",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions=_versions(any("model" in each for each in about.values())),
        seed=seed,
        n=size,
        sessions=sessions,
        rounds=rounds,
        matching=meeting,
        network=None if linked is None else linked.describe() | (rewiring.describe() if rewiring else {}),
        society=dataclasses.asdict(society),
        agents=agents if isinstance(agents, str) else ",".join(f"{a}:{w}" for a, w in agents.items()),
        seat=seat,
        game={
            "name": rules.name,
            "parameters": dataclasses.asdict(rules),
            "seats": {role: rules.seats_of(role) for role in dict.fromkeys(rules.roles)},
            "efficient_payoff": _efficient(rules, linked),
            **source_of(type(rules)),
        },
        decisions=rules.measures(),
        policies=about,
        personas={} if source is None else source.describe(size, sessions),
        prompts=setting.prompts,
        fixed_wording=fixed_wording,
        standins={
            label: item.label
            for label, item in zip(labels, items, strict=True)
            if about[label].get("stand_in_for")
        },
        references=sorted({name for each in about.values() for name in each.get("references", ())}),
        notes=list(dict.fromkeys([*notes, *(note for policy in policies for note in policy.notes())])),
    )
    settings.run = f"{key(settings.model_dump_json(), time.time_ns()):016x}"
    return Prepared(rules, dealt, policies, labels, linked, society, rewiring, access, settings)


def _differences(one: Settings, other: Settings) -> list[str]:
    keys = (
        "game",
        "agents",
        "n",
        "sessions",
        "rounds",
        "matching",
        "network",
        "society",
        "seed",
        "seat",
        "personas",
        "fixed_wording",
    )
    different = [name for name in keys if getattr(one, name) != getattr(other, name)]
    return different or [name for name in ("files", "servers") if _behind(one, name) != _behind(other, name)]


def _behind(settings: Settings, what: str) -> dict[str, Any]:
    """Give what stands behind the agents as they are written: files of the user's, packs, servers."""
    if what == "files":
        pack = f"{settings.game['name']}.toml"
        return {
            label: (about.get("sha256"), about.get("pack", {}).get("sha256", {}).get(pack))
            for label, about in settings.policies.items()
        }
    models = {label: about.get("model", {}) for label, about in settings.policies.items()}
    # Of several servers the first stands for all, as in the cache.
    return {label: str(about.get("base_url")).partition(",")[0] for label, about in models.items()}


def _shown(settings: Settings, name: str) -> str:
    if name != "personas":
        return repr(getattr(settings, name))
    known = settings.personas
    source = known.get("file") or known.get("population") or known.get("given", "none")
    return f"{source} (sha256 {known['sha256'][:12]})" if known else source


def _taken_up(folder: Path, settings: Settings) -> Run | None:
    """Clear a run that was cut off so that it can be played again; give it back if it is complete."""
    if not (folder / "run.json").exists():
        return None
    earlier = record.read_settings(folder)
    if different := _differences(earlier, settings):
        name = different[0]
        if name in ("files", "servers"):
            raise GamesimError(
                f"{folder}: cannot be resumed, since the {name} behind its agents are not those it was played with"
            )
        was, now = (_shown(each, name) for each in (earlier, settings))
        raise GamesimError(f"{folder}: cannot be resumed, since {name} was {was} there and is {now} now")
    if earlier.status == "complete":
        return Run(earlier, folder)
    record.clear(folder)
    return None


def open_run(folder: str | Path) -> Run:
    """Open a run folder, finished or interrupted.

    Raises
    ------
    GamesimError
        When it is no run folder, or a part of it is cut off.
    """
    path = Path(folder)
    return Run(record.read_settings(path), path)


def _simulate(prepared: Prepared, recorder: Recorder, progress: Progress | None) -> Run:
    from gamesim.simulation import Simulation  # late: importing Mesa takes longer than most games

    settings = prepared.settings
    began = time.perf_counter()
    simulation = Simulation(**prepared.arguments(), recorder=recorder)
    settings.status = "interrupted"
    try:
        with _noting(settings.notes):
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
    return Run(settings, recorder.folder, recorder)


@contextmanager
def _noting(notes: list[str]) -> Iterator[None]:
    """Pass warnings on, and keep gamesim's own among the notes of the record."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GamesimWarning)
        yield
    for each in caught:
        if issubclass(each.category, GamesimWarning):
            notes.append(str(each.message))
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _network(given: str | Network | nx.Graph | None, n: int | None, seed: int, game: Game) -> Network | None:
    if given is None or isinstance(given, Network):
        return given
    if isinstance(given, str):
        return open_network(given, n, seed, game.default_n)
    return Network.from_networkx(given)


def _efficient(game: Game, network: Network | None) -> dict[str, float]:
    """Give what groups can earn at most, by size: of the game's own, and of all sizes on a network."""
    sizes = {len(game.roles)} | (set() if network is None else {2, *(np.unique(network.degree) + 1).tolist()})
    known = {str(size): game.efficient_payoff_of(size) for size in sorted(sizes)}
    return {size: worth for size, worth in known.items() if not math.isnan(worth)}


def _usual_matching(game: Game, network: Network | None) -> str:
    """Give the matching that is meant where none is named."""
    if network is None:
        return "stranger"
    if len(set(game.roles)) > 1 or any(each.sees for each in game.stages):
        return "random_neighbour"
    return "edges" if len(game.roles) == 2 else "neighbourhoods"


def _check_society(
    game: Game, dealt: Cast, matching: str, network: Network | None, society: Society, seed: int
) -> None:
    """Refuse, before anything is played, what does not fit together."""
    find_matching(matching)
    if society.update != "synchronous" and any(each.sees for each in game.stages):
        raise GamesimError(
            f"{game.name}: update {society.update} is for games in which all decide at once, since others keep "
            "their choice"
        )
    if matching in ON_NETWORKS:
        linked = None if network is None else network.copies(dealt.sessions)
        find_matching(matching)(Scene(game, dealt, 1, seed, linked))
        return
    rounds = society.supergames if society.continuation else 1
    find_matching(matching)(Scene(game, dealt, rounds, seed))


def _default_n(game: Game, items: Sequence[Item]) -> int:
    size = len(game.roles)
    if any(item.agent == KEYBOARD for item in items):
        return size
    return max(1, round(game.default_n / size)) * size


def _prepare(items: Sequence[Item], setting: Setting, dealt: Cast) -> list[Policy]:
    """Let every policy get ready for the roles that it was dealt."""
    ready = []
    for index, item in enumerate(items):
        policy = find_agent(item.agent).from_options(item.options)
        ready.append(policy.prepare(dataclasses.replace(setting, roles=dealt.roles_of(index))))
    return ready


def _labels(items: Sequence[Item], policies: Sequence[Policy]) -> list[str]:
    """Name each policy as it was written; a stand-in goes under its own name."""
    return [
        policy.agent_name() if policy.stand_in_for else item.label
        for item, policy in zip(items, policies, strict=True)
    ]


def _versions(with_models: bool) -> dict[str, str]:
    packages = [*_RECORDED_VERSIONS, *(_MODEL_VERSIONS if with_models else ())]
    found = {package: _version(package) for package in packages}
    return {"python": platform.python_version()} | {
        package: number for package, number in found.items() if number
    }


@lru_cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
