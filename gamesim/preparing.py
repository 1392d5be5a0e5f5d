"""Check what is to be played, and get everybody ready for it."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import math
import platform
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesim import record, remarks
from gamesim.agent_table import Given, open_table
from gamesim.catalog import find_agent, find_game
from gamesim.compatible import check_society, group_sizes, parameters_by_size, possible_sizes
from gamesim.design import Design
from gamesim.errors import GamesimError, GamesimWarning
from gamesim.game import Game
from gamesim.meeting import (
    EDGES,
    NEIGHBOURHOODS,
    RANDOM_NEIGHBOUR,
    SEPARATE_NEIGHBOURHOODS,
    STRANGER,
    Kind,
    kind_of,
)
from gamesim.models.access import Access, Watching
from gamesim.models.budget import Budget
from gamesim.models.machine import memory
from gamesim.needs import ready
from gamesim.network import Network
from gamesim.personas import find_personas
from gamesim.persons import persons
from gamesim.policy import Policy, Setting, source_of
from gamesim.population import KEYBOARD, Cast, cast, placed, rotating, with_subjects
from gamesim.prompt.pack import open_pack
from gamesim.record import Settings
from gamesim.rewiring import Rewiring, find_rewiring
from gamesim.society import Calendar, Society
from gamesim.spec import Item, parse
from gamesim.streams import key
from gamesim.wiring import find_network

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]

_RECORDED_VERSIONS = ("gamesim", "mesa", "numpy", "pandas", "pyarrow", "scipy")
_BYTES_AN_AGENT = 64
"""What an agent takes at the least while a round is played."""
_MODEL_VERSIONS = ("torch", "transformers", "peft", "openai")


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
    persons : pyarrow.Table or None
        What is every agent's own, as `gamesim.persons` tells.
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
    persons: pa.Table | None

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
    agents: Given | Policy,
    design: Design,
    parameters: Mapping[str, Any],
    progress: Progress | None = None,
) -> Prepared:
    """Check what is to be played and get everybody ready.

    Parameters
    ----------
    game, agents, progress
        As `gamesim.play` takes them; a policy that is at hand may play as well.
    design : Design
    parameters : mapping
        Those of the game.

    Raises
    ------
    GamesimError
        For any mistake in them.
    """
    rules = _rules(game, parameters)
    table = open_table(agents)
    spec = _spec(agents) if table is None else table.written
    items = parse(spec) if table is None else ()
    design = design if table is None else table.sized(design)
    _check_room(design)
    rewiring = None if design.rewire is None else find_rewiring(design.rewire)
    # Whether a network has a node for each row is for the table to say.
    fixed = None if table is not None or (rewiring is not None and rewiring.grows) else design.n
    usual = rules.default_n if table is None else len(table)
    linked = find_network(design.network, fixed, design.seed, usual)
    if rewiring is not None:
        linked, rewiring = rewiring.on(linked, rules, design.n)
    if table is not None:
        table = table.by_agent(linked)
        items = table.items()
    size = linked.n if linked is not None else _default_n(rules, items) if design.n is None else design.n
    kind = _usual(rules, linked) if design.matching is None else kind_of(design.matching)
    if table is None:
        dealt = cast(rules, items, size, design.sessions, design.seed, design.seat, kind.on_network)
    else:
        dealt = table.cast(rules, design.sessions, design.seed, kind.on_network)
    society = _society(design, rules, size, kind)
    dealt = placed(dealt, items, linked, society.placement, design.seed)
    if society.roles == "random":
        dealt = rotating(dealt, rules, items, design.seat)
    source = None if design.personas is None else find_personas(design.personas)
    if source is not None:
        dealt = with_subjects(dealt, items, source.deal(size, design.sessions, design.seed))
    played = len(Calendar(design.rounds, society, design.seed))
    check_society(
        rules,
        dealt,
        kind.name,
        linked,
        society,
        rewiring,
        design.seed,
        society.supergames if society.lasting else played,
    )
    standin = None if design.require_weights else find_agent("mini").in_place_of
    watch = progress.answers if isinstance(progress, Watching) else None
    access = Access(
        Budget(design.max_cost, design.max_tokens, design.max_seconds), design.cache, design.dry_run, watch
    )
    sizes = group_sizes(kind.name, linked, rewiring)
    setting = Setting(
        rules,
        (),
        played,
        design.seed,
        standin,
        design.download,
        access.to,
        linked is not None,
        str(design.prompts or ""),
        design.fixed_wording,
        separate=kind.apart,
        sizes=possible_sizes(sizes, linked, rewiring),
        reputation=society.reputation,
        neighbours=society.neighbours,
    )
    notes = [] if source is None else source.notes(size)
    notes.extend(remarks.idle(society, rewiring, played, len(items)))
    with noting(notes):
        policies = _prepare(items, setting, dealt, agents if isinstance(agents, Policy) else None)
    labels = _labels(items, policies)
    about = {label: policy.describe() for label, policy in zip(labels, policies, strict=True)}
    unread = bool(design.prompts) and not any("pack" in each for each in about.values())
    if unread:
        open_pack(str(design.prompts), type(rules))  # what nobody reads is named in the heading all the same
    notes.extend(remarks.unheeded(policies, society, personas=source is not None, unread=unread))
    notes.extend(remarks.lonely(linked, rewiring, society, kind.name))
    notes.extend(remarks.silent(rules, dealt, labels, policies))
    if rewiring is not None and linked is not None:
        notes.extend(rewiring.notes(linked, played, dict(zip(labels, policies, strict=True))))
    settings = Settings(
        schema_number=record.SCHEMA,
        run="",
        status="running",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions=_versions(any("model" in each for each in about.values())),
        seed=design.seed,
        n=size,
        sessions=design.sessions,
        rounds=design.rounds,
        matching=kind.name,
        network=None if linked is None else linked.describe() | (rewiring.describe() if rewiring else {}),
        society=dataclasses.asdict(society),
        agents=spec,
        agent_table={} if table is None else dict(table.about),
        seat=design.seat,
        game={
            "name": rules.name,
            "parameters": dataclasses.asdict(rules),
            "seats": {role: rules.seats_of(role) for role in dict.fromkeys(rules.roles)},
            "efficient_payoff": _efficient(rules, linked),
            "by_size": parameters_by_size(rules, sizes),
            "shared_out": rules.shared_out,
            **source_of(type(rules)),
        },
        changed=_changed(rules),
        decisions=rules.measures(),
        policies=about,
        personas={} if source is None else source.describe(size, design.sessions),
        prompts=setting.prompts,
        fixed_wording=design.fixed_wording,
        standins={
            label: item.label
            for label, item in zip(labels, items, strict=True)
            if about[label].get("stand_in_for")
        },
        references=sorted({name for each in about.values() for name in each.get("references", ())}),
        notes=list(dict.fromkeys([*notes, *(note for policy in policies for note in policy.notes())])),
    )
    settings.run = f"{key(settings.model_dump_json(), time.time_ns()):016x}"
    own = persons(dealt, policies, labels, design.seed)
    return Prepared(rules, dealt, policies, labels, linked, society, rewiring, access, settings, own)


def _rules(game: str | Game, parameters: Mapping[str, Any]) -> Game:
    """Find the game and give it its parameters."""
    if not isinstance(game, str | Game):
        raise GamesimError(f"game = {game!r} must be a name, the path of a Python file as a text, or a game")
    kind = type(game) if isinstance(game, Game) else find_game(game)
    settings = ["agents", *(each.name for each in dataclasses.fields(Design))]
    for name in parameters:
        near = difflib.get_close_matches(name, [*kind.parameters(), *settings], n=1)
        if name not in kind.parameters() and near and near[0] in settings:
            raise GamesimError(
                f"{kind.name}: {name!r} is neither a setting nor a parameter; did you mean {near[0]!r}?"
            )
    if not isinstance(game, Game):
        return find_game(game).from_settings(parameters)
    if parameters:
        raise GamesimError(f"{next(iter(parameters))}: give parameters to the game or to play, not to both")
    return game


def _check_room(design: Design) -> None:
    """Refuse more agents than this machine has memory for, however little each of them does."""
    agents = (design.n or 0) * design.sessions
    room = memory()
    if room is not None and agents * _BYTES_AN_AGENT > room:
        each = "" if design.sessions == 1 else f" in each of {design.sessions} sessions"
        raise GamesimError(
            f"n = {design.n}{each} takes at least {agents * _BYTES_AN_AGENT / 2**30:,.0f} GiB of memory, and this "
            f"machine has {room / 2**30:,.0f}; a million agents take at least {1e6 * _BYTES_AN_AGENT / 2**20:.0f} MiB"
        )


@contextmanager
def noting(notes: list[str]) -> Iterator[None]:
    """Pass warnings on, and keep gamesim's own among the notes of the record."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GamesimWarning)
        yield
    for each in caught:
        if issubclass(each.category, GamesimWarning):
            notes.append(str(each.message))
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _changed(game: Game) -> dict[str, Any]:
    """Give the parameters that are not as the game has them by itself."""
    now = dataclasses.asdict(game)
    return {each.name: now[each.name] for each in dataclasses.fields(game) if now[each.name] != each.default}


def _efficient(game: Game, network: Network | None) -> dict[str, float]:
    """Give what groups can earn at most, by size: of the game's own, and of all sizes on a network."""
    sizes = {len(game.roles)} | (set() if network is None else {2, *(np.unique(network.degree) + 1).tolist()})
    known = {str(size): game.efficient_payoff_of(size) for size in sorted(sizes)}
    return {size: worth for size, worth in known.items() if not math.isnan(worth)}


def _usual(game: Game, network: Network | None) -> Kind:
    """Give the matching that is meant where none is named."""
    if network is None or len(game.roles) == 1:
        return STRANGER
    if len(set(game.roles)) > 1:
        return RANDOM_NEIGHBOUR
    sequential = any(each.sees for each in game.stages)
    if len(game.roles) == 2:
        return RANDOM_NEIGHBOUR if sequential else EDGES
    return SEPARATE_NEIGHBOURHOODS if sequential else NEIGHBOURHOODS


def _society(design: Design, game: Game, n: int, kind: Kind) -> Society:
    """Give the society of a design, with games, unless said, for everybody to meet all whom they can, if they are to.

    These are all others, or those of the other role.
    """
    supergames = design.supergames or 1
    if design.supergames is None and design.continuation and kind.everybody:
        one_pool = len(set(game.roles)) == 1 or design.roles == "random"
        supergames = max(1, n - 1 if one_pool else n // 2)
    rules = {
        each.name: getattr(design, each.name)
        for each in dataclasses.fields(Society)
        if each.name not in ("share", "supergames")
    }
    return Society.from_words(**rules, supergames=supergames)


def _default_n(game: Game, items: Sequence[Item]) -> int:
    size = len(game.roles)
    if any(item.agent == KEYBOARD for item in items):
        return size
    return max(1, round(game.default_n / size)) * size


def _spec(agents: Any) -> str:
    """Write who plays as on the command line; a policy that is at hand plays under its name."""
    if isinstance(agents, Policy):
        return agents.agent_name()
    return ",".join(f"{a}:{w}" for a, w in agents.items()) if isinstance(agents, Mapping) else agents


def _prepare(items: Sequence[Item], setting: Setting, dealt: Cast, at_hand: Policy | None) -> list[Policy]:
    """Let every policy get ready for the roles that it was dealt."""
    prepared = []
    for index, item in enumerate(items):
        policy = find_agent(item.agent).from_options(item.options) if at_hand is None else at_hand
        prepared.append(ready(policy, dataclasses.replace(setting, roles=dealt.roles_of(index))))
    return prepared


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
