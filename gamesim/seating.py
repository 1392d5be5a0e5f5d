"""Who plays, where they sit and how they meet: all of a run but what its policies do."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gamesim.agent_table import Given, open_table
from gamesim.catalog import find_game
from gamesim.compatible import check_society, group_sizes
from gamesim.design import Design
from gamesim.errors import GamesimError
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
from gamesim.models.machine import memory
from gamesim.network import Network
from gamesim.personas import Source, find_personas
from gamesim.policy import Policy
from gamesim.population import KEYBOARD, Cast, deal, placed, rotating, with_subjects
from gamesim.rewiring import Rewiring, find_rewiring
from gamesim.society import Calendar, Society
from gamesim.spec import Item, parse
from gamesim.wiring import find_network

_BYTES_AN_AGENT = 64
"""What an agent takes at the least while a round is played."""


@dataclass(frozen=True)
class Seated:
    """Everybody in their places.

    Parameters
    ----------
    game : Game
    agents : str
        Who plays, as it is written.
    table : mapping
        What a record says of a table of agents; empty without one.
    items : sequence of Item
        The agents one by one; item `i` is policy `i` of the cast.
    cast : Cast
    kind : Kind
        How groups are formed.
    network : Network or None
        Of one session.
    rewiring : Rewiring or None
    society : Society
    personas : Source or None
        Where the people come from that agents are, where they are anybody.
    rounds : int
        Rounds of all games together.
    """

    game: Game
    agents: str
    table: Mapping[str, Any]
    items: Sequence[Item]
    cast: Cast
    kind: Kind
    network: Network | None
    rewiring: Rewiring | None
    society: Society
    personas: Source | None
    rounds: int

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many members groups have to begin with, where the network decides on that."""
        return group_sizes(self.kind.name, self.network, self.rewiring)


def seated(game: str | Game, agents: Given | Policy, design: Design, parameters: Mapping[str, Any]) -> Seated:
    """Seat everybody.

    Parameters
    ----------
    game, agents, design, parameters
        As `gamesim.preparing.prepare` takes them.

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
    network = find_network(design.network, fixed, design.seed, usual)
    if rewiring is not None:
        network, rewiring = rewiring.on(network, rules, design.n)
    kind = _usual(rules, network) if design.matching is None else kind_of(design.matching)
    if table is None:
        n = network.n if network is not None else _default_n(rules, items) if design.n is None else design.n
        dealt = deal(rules, items, n, design.sessions, design.seed, design.seat, kind.on_network)
    else:
        table = table.by_agent(network)
        items = table.items()
        dealt = table.cast(rules, design.sessions, design.seed, kind.on_network)
    society = _society(design, rules, dealt.n, kind)
    dealt = placed(dealt, items, network, society.placement, design.seed)
    if society.roles == "random":
        dealt = rotating(dealt, rules, items, design.seat)
    personas = None if design.personas is None else find_personas(design.personas)
    if personas is not None:
        dealt = with_subjects(dealt, items, personas.deal(dealt.n, design.sessions, design.seed))
    rounds = len(Calendar(design.rounds, society, design.seed))
    check_society(
        rules,
        dealt,
        kind.name,
        network,
        society,
        rewiring,
        design.seed,
        society.supergames if society.lasting else rounds,
    )
    about = {} if table is None else dict(table.about)
    return Seated(rules, spec, about, items, dealt, kind, network, rewiring, society, personas, rounds)


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
