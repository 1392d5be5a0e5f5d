"""Who meets whom in a round.

The agents of a role are numbered without gaps, so a shuffle plus the first number is a seating order.  On a network
agents are nodes; one who sits in several groups at a time decides once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.groups import Groups, Once, Seats
from gamesim.network import Network
from gamesim.population import Cast
from gamesim.streams import Floats, Ints, generator, key, words

_SORT_UP_TO = 512
"""Sessions up to this size are shuffled together by sorting keyed draws; larger ones one by one, which is faster."""


@dataclass(frozen=True)
class Scene:
    """What a matching may look at.

    Parameters
    ----------
    game : Game
        What is played.
    cast : Cast
        Who holds which role.
    round : int
        Number of the round, from 1; where supergames are played, that of the supergame.
    seed : int
        Of the run.
    network : Network, optional
        Who is next to whom, over all sessions.
    score : (sessions * n,) float, optional
        What everybody earned so far.
    present : (K,) int, optional
        Who is there, ascending, where some join a network later.
    """

    game: Game
    cast: Cast
    round: int
    seed: int
    network: Network | None = None
    score: Floats | None = None
    present: Ints | None = None


Matching = Callable[[Scene], Groups]


def shuffles(n: int, sessions: int, *address: int | str) -> Ints:
    """Shuffle 0 to n-1 for every session: (sessions, n) int.

    A session's shuffle depends on its number and size alone, not on how many sessions there are.
    """
    if n <= _SORT_UP_TO:
        streams = words(key(*address, n), np.arange(sessions))
        draws = words(np.repeat(streams, n), np.tile(np.arange(n), sessions))
        return np.argsort(draws.reshape(sessions, n), axis=1, kind="stable")
    orders = [generator(*address, n, session).permutation(n) for session in range(sessions)]
    return np.stack(orders) if sessions > 1 else orders[0][None]


def stranger(scene: Scene) -> Groups:
    """Form groups anew at random in every round."""
    return _seat(scene, _shuffled(scene, scene.round))


def partner(scene: Scene) -> Groups:
    """Form groups at random once and keep them."""
    return _seat(scene, _shuffled(scene, 1))


def round_robin(scene: Scene) -> Groups:
    """Let everybody meet everybody, nobody twice before all have met (the circle method).

    Raises
    ------
    GamesimError
        For groups of another size than two.
    """
    game, cast, round = scene.game, scene.cast, scene.round
    if len(game.roles) != 2:
        raise GamesimError(
            f"{game.name}: round_robin pairs players, but a group here has {len(game.roles)} seats; "
            "use stranger or partner"
        )
    first = shuffles(
        len(cast.members[game.roles[0]]), cast.sessions, scene.seed, "matching", game.roles[0], 1
    )
    if game.roles[0] == game.roles[1]:
        agents = cast.members[game.roles[0]]
        circle = np.concatenate(
            [first[:, :1], np.roll(first[:, 1:], (round - 1) % max(1, len(agents) - 1), axis=1)], axis=1
        )
        pairs = np.stack([circle[:, : len(agents) // 2], circle[:, : len(agents) // 2 - 1 : -1]], axis=2)
        return _seat(scene, {game.roles[0]: agents[0] + pairs.reshape(cast.sessions, -1)})
    proposers, responders = (cast.members[role] for role in game.roles)
    return _seat(
        scene,
        {
            game.roles[0]: proposers[0] + first,
            game.roles[1]: responders[0] + np.roll(first, (round - 1) % len(responders), axis=1),
        },
    )


def perfect_stranger(scene: Scene) -> Groups:
    """Form groups so that nobody meets anybody twice.

    Pairs follow the circle method.  Larger groups of K lie on a grid of K rows and m columns, and row `i` moves by
    `i` columns a round: two agents share a group in at most one of the first m rounds as long as no number from 2 to
    K - 1 divides m.

    Raises
    ------
    GamesimError
        When there are not enough agents for so many rounds.
    """
    game, cast = scene.game, scene.cast
    size = len(game.roles)
    columns = len(cast.members[game.roles[0]]) // game.seats_of(game.roles[0])
    single = len(set(game.roles)) == 1
    most = columns * size - 1 if size == 2 and single else columns
    if scene.round > most:
        raise GamesimError(
            f"{game.name}: perfect_stranger: with n = {cast.n}, groups of {size} can meet for {most} rounds at most, "
            f"and round {scene.round} would bring people together again"
        )
    if size == 2:
        return round_robin(scene)
    if any(columns % divisor == 0 for divisor in range(2, size)):
        raise GamesimError(
            f"{game.name}: perfect_stranger: {columns} groups of {size} would meet again; take a number of groups that "
            f"nothing from 2 to {size - 1} divides, such as n={size * _next(columns, size)}"
        )
    # The row of a seat counts over all roles, so that people of different roles part as well.
    orders: dict[str, Ints] = {}
    row = 0
    for role, agents in cast.members.items():
        seats = game.seats_of(role)
        shuffled = agents[0] + shuffles(len(agents), cast.sessions, scene.seed, "matching", role, 1)
        grid = shuffled.reshape(cast.sessions, seats, columns)
        moved = [np.roll(grid[:, i], (row + i) * (scene.round - 1), axis=1) for i in range(seats)]
        orders[role] = np.stack(moved, axis=2).reshape(cast.sessions, -1)
        row += seats
    return _seat(scene, orders)


def edges(scene: Scene) -> Groups:
    """Play along every edge of the network: each edge is a game, and everybody decides once for all of them."""
    network = _network(scene, "edges", size=2)
    return _once(scene, _along(network) if scene.present is None else _along_present(network, scene.present))


def neighbourhoods(scene: Scene) -> Groups:
    """Make everybody's closed neighbourhood a group; everybody decides once for all groups that they are in."""
    network = _network(scene, "neighbourhoods")
    if len(scene.game.roles) == 1:
        raise GamesimError(
            f"{scene.game.name}: is decided alone, so a choice cannot count in the groups of neighbours; use stranger"
        )
    return _once(
        scene, _around(network) if scene.present is None else _around_present(network, scene.present)
    )


def random_neighbour(scene: Scene) -> Groups:
    """Pair neighbours at random; who finds no free neighbour sits the round out."""
    network = _network(scene, "random_neighbour", size=2, several_roles=True)
    game, cast = scene.game, scene.cast
    pairs = network.edges
    roles = list(dict.fromkeys(game.roles))
    if len(roles) == 2 and not cast.rotating:
        first = np.isin(pairs % cast.n, cast.members[roles[0]])
        mixed = first[:, 0] != first[:, 1]
        pairs = np.where(first[mixed, :1], pairs[mixed], pairs[mixed, ::-1])
    session = pairs[:, 0] // cast.n
    streams = words(key(scene.seed, "matching", "neighbour", scene.round), np.arange(cast.sessions))
    # An edge's draw follows from its own ends, so other edges and sessions never move it.
    ends = (pairs[:, 0] % cast.n) * cast.n + pairs[:, 1] % cast.n
    order = np.lexsort((words(streams[session], ends), session))
    pairs = pairs[order][_first_come(pairs[order], network.n)]
    if len(roles) == 1:
        return Groups({roles[0]: Seats(pairs.ravel(), 2)}, cast.sessions)
    return Groups({role: Seats(pairs[:, i].copy(), 1) for i, role in enumerate(roles)}, cast.sessions)


def assortative(scene: Scene) -> Groups:
    """Group likes with likes: those who earned alike so far; at random in the first round."""
    score = scene.score if scene.score is not None else np.zeros(scene.cast.n * scene.cast.sessions)
    orders = {}
    for role, order in _shuffled(scene, scene.round).items():
        offset = scene.cast.n * np.arange(scene.cast.sessions)[:, None]
        # Sorting after a shuffle settles ties at random.
        place = np.argsort(-score[order + offset], axis=1, kind="stable")
        orders[role] = np.take_along_axis(order, place, axis=1)
    return _seat(scene, orders)


def assortative_type(scene: Scene) -> Groups:
    """Group likes with likes: agents of the same policy, as far as numbers allow."""
    types = scene.cast.policy.astype(np.float64)
    return assortative(Scene(scene.game, scene.cast, scene.round, scene.seed, scene.network, types))


MATCHINGS: dict[str, Matching] = {
    "stranger": stranger,
    "perfect_stranger": perfect_stranger,
    "partner": partner,
    "round_robin": round_robin,
    "edges": edges,
    "neighbourhoods": neighbourhoods,
    "random_neighbour": random_neighbour,
    "assortative": assortative,
    "assortative_type": assortative_type,
}
ON_NETWORKS = ("edges", "neighbourhoods", "random_neighbour")


def find_matching(name: str) -> Matching:
    """Find a matching by name.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    if name not in MATCHINGS:
        raise unknown("matching", name, MATCHINGS)
    return MATCHINGS[name]


def _shuffled(scene: Scene, round: int) -> dict[str, Ints]:
    return {
        role: _numbered(
            agents, shuffles(len(agents), scene.cast.sessions, scene.seed, "matching", role, round)
        )
        for role, agents in scene.cast.members.items()
    }


def _numbered(agents: Ints, order: Ints) -> Ints:
    return order + agents[0] if agents[0] else order


def _seat(scene: Scene, orders: dict[str, Ints]) -> Groups:
    cast = scene.cast
    offset = cast.n * np.arange(cast.sessions)[:, None]
    seats = {
        role: Seats((order + offset if cast.sessions > 1 else order).ravel(), scene.game.seats_of(role))
        for role, order in orders.items()
    }
    return Groups(seats, cast.sessions)


def _network(scene: Scene, name: str, size: int = 0, several_roles: bool = False) -> Network:
    """Give the network, or say why this matching cannot be played."""
    game = scene.game
    if scene.network is None:
        raise GamesimError(
            f"matching {name} needs a network: add --network, such as watts_strogatz:k=6,p=0.1"
        )
    if size and len(game.roles) != size:
        raise GamesimError(
            f"{game.name}: matching {name} is for groups of {size}, but a group here has {len(game.roles)} seats"
        )
    if not several_roles and (len(set(game.roles)) > 1 or any(each.sees for each in game.stages)):
        raise GamesimError(
            f"{game.name}: matching {name} is for games in which all decide at once in one role, since one choice "
            "counts in all groups; use random_neighbour"
        )
    return scene.network


@lru_cache(maxsize=2)
def _along(network: Network) -> Seats:
    """Seat both ends of every edge."""
    pairs = network.edges.ravel()
    return Seats(pairs, 2, Once(np.arange(network.n), pairs), network)


@lru_cache(maxsize=2)
def _around(network: Network) -> Seats:
    """Seat everybody's closed neighbourhood, the own seat first."""
    everybody = np.arange(network.n)
    starts = network.starts[:-1] + everybody
    agent = np.empty(len(network.neighbours) + network.n, dtype=np.int64)
    own = np.zeros(len(agent), dtype=bool)
    own[starts] = True
    agent[own], agent[~own] = everybody, network.neighbours
    return Seats(agent, network.degree + 1, Once(everybody, agent, starts))


def _along_present(network: Network, present: Ints) -> Seats:
    """Seat both ends of every edge, where nobody else is there to decide."""
    ends = network.edges.ravel()
    return Seats(ends, 2, Once(present, np.searchsorted(present, ends)))


def _around_present(network: Network, present: Ints) -> Seats:
    """Seat the closed neighbourhoods of those who are there."""
    whole = _around(network)
    there = np.isin(np.repeat(np.arange(network.n), network.degree + 1), present)
    agent, sizes = whole.agent[there], (network.degree + 1)[present]
    return Seats(agent, sizes, Once(present, np.searchsorted(present, agent), np.cumsum(sizes) - sizes))


def drawn_roles(scene: Scene, groups: Groups, step: int) -> Groups:
    """Draw anew who of each group takes which seat.

    Parameters
    ----------
    scene : Scene
    groups : Groups
        As the matching formed them.
    step : int
        Number of the round in the run, from 1.
    """
    by_group = np.concatenate(
        [seats.agent.reshape(len(groups), -1) for seats in groups.seats.values()], axis=1
    )
    agents = by_group.ravel()
    streams = words(key(scene.seed, "roles", step), np.arange(scene.cast.sessions))
    drawn = words(streams[agents // scene.cast.n], agents % scene.cast.n).reshape(by_group.shape)
    by_group = np.take_along_axis(by_group, np.argsort(drawn, axis=1, kind="stable"), axis=1)
    seats, start = {}, 0
    for role in groups.seats:
        many = scene.game.seats_of(role)
        seats[role] = Seats(by_group[:, start : start + many].ravel(), many)
        start += many
    return Groups(seats, groups.sessions)


def _once(scene: Scene, seats: Seats) -> Groups:
    return Groups({scene.game.roles[0]: seats}, scene.cast.sessions)


def _first_come(pairs: Ints, n: int) -> Ints:
    """Go through pairs in order and keep those whose ends are both still free: their places."""
    rank = np.arange(len(pairs))
    left = np.ones(len(pairs), dtype=bool)
    kept: list[Ints] = []
    while left.any():
        first = np.full(n, len(pairs))
        open_ = rank[left]
        np.minimum.at(first, pairs[open_].ravel(), np.repeat(open_, 2))
        # A pair that comes first at both of its ends is kept whatever the others do.
        sure = open_[(first[pairs[open_, 0]] == open_) & (first[pairs[open_, 1]] == open_)]
        kept.append(sure)
        taken = np.zeros(n, dtype=bool)
        taken[pairs[sure].ravel()] = True
        left &= ~(taken[pairs[:, 0]] | taken[pairs[:, 1]])
    return np.sort(np.concatenate(kept)) if kept else rank[:0]


def _next(columns: int, size: int) -> int:
    """Find the next number of groups that nothing from 2 to size - 1 divides."""
    while any(columns % divisor == 0 for divisor in range(2, size)):
        columns += 1
    return columns
