"""Groups of agents who are next to each other: along edges, in neighbourhoods, in pairs of neighbours.

Agents are nodes.  One who sits in several groups at a time decides once for all of them, or separately for each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np

from gamesim.errors import GamesimError
from gamesim.groups import Groups, Once, Seats
from gamesim.matching.scene import Scene
from gamesim.meeting import (
    EDGES,
    NEIGHBOURHOODS,
    RANDOM_NEIGHBOUR,
    SEPARATE_EDGES,
    SEPARATE_NEIGHBOURHOODS,
    STRANGER,
    Kind,
)
from gamesim.network import Network
from gamesim.streams import Ints, key, words

Layout = Callable[[Network], Seats]


def edges(scene: Scene) -> Groups:
    """Play along every edge of the network: each edge is a game, and everybody decides once for all of them."""
    network = _network(scene, EDGES)
    if scene.present is not None:
        return _of_one_role(scene, _along_present(network, scene.present))
    return _of_one_role(scene, dataclasses.replace(_kept(network, _along), along=network))


def separate_edges(scene: Scene) -> Groups:
    """Play along every edge of the network: each edge is a game, for which both of its ends decide separately."""
    return _of_one_role(scene, _kept(_network(scene, SEPARATE_EDGES), _along_each))


def neighbourhoods(scene: Scene) -> Groups:
    """Make everybody's closed neighbourhood a group; everybody decides once for all groups that they are in."""
    network = _network(scene, NEIGHBOURHOODS)
    whole = _kept(network, _around)
    return _of_one_role(
        scene, whole if scene.present is None else _around_present(network, whole, scene.present)
    )


def separate_neighbourhoods(scene: Scene) -> Groups:
    """Make everybody's closed neighbourhood a group; everybody decides separately for every group they are in."""
    network = _network(scene, SEPARATE_NEIGHBOURHOODS)
    whole = _kept(network, _around_each)
    return _of_one_role(
        scene, whole if scene.present is None else _around_each_present(network, whole, scene.present)
    )


def random_neighbour(scene: Scene) -> Groups:
    """Pair neighbours at random; who finds no free neighbour sits the round out."""
    network = _network(scene, RANDOM_NEIGHBOUR)
    cast, pools = scene.cast, scene.pools
    pairs = network.edges
    if len(pools) == 2:
        first = np.isin(pairs % cast.n, next(iter(cast.members.values())))
        mixed = first[:, 0] != first[:, 1]
        pairs = np.where(first[mixed, :1], pairs[mixed], pairs[mixed, ::-1])
    session = pairs[:, 0] // cast.n
    streams = words(key(scene.seed, "matching", "neighbour", scene.round), np.arange(cast.sessions))
    # An edge's draw follows from its own ends, so other edges and sessions never move it.
    ends = (pairs[:, 0] % cast.n) * cast.n + pairs[:, 1] % cast.n
    order = np.lexsort((words(streams[session], ends), session))
    pairs = pairs[order][_first_come(pairs[order], network.n)]
    if len(pools) == 1:
        return Groups({next(iter(pools)): Seats(pairs.ravel(), 2)}, cast.sessions)
    return Groups({role: Seats(pairs[:, i].copy(), 1) for i, role in enumerate(pools)}, cast.sessions)


def _network(scene: Scene, kind: Kind) -> Network:
    """Give the network, and refuse games whose groups, roles and stages a matching does not cover."""
    if scene.network is None:
        raise GamesimError(
            f"matching {kind.name} needs a network: add --network, such as watts_strogatz:k=6,p=0.1"
        )
    if kind.pairs:
        _check_pairs(scene, kind)
    else:
        _check_not_alone(scene)
    if kind.together or kind.apart:
        _check_one_role(scene, kind)
    if kind.together:
        _check_at_once(scene, kind)
    return scene.network


def _check_pairs(scene: Scene, kind: Kind) -> None:
    seats = len(scene.game.roles)
    if seats != 2:
        has = f"a group here has {seats} seats" if seats > 1 else "everybody decides alone here"
        raise GamesimError(f"{scene.game.name}: matching {kind.name} is for groups of 2, but {has}")


def _check_not_alone(scene: Scene) -> None:
    if len(scene.game.roles) == 1:
        raise GamesimError(
            f"{scene.game.name}: is decided alone, so a choice cannot count in the groups of neighbours; use "
            f"{STRANGER.name}"
        )


def _check_one_role(scene: Scene, kind: Kind) -> None:
    roles = list(dict.fromkeys(scene.game.roles))
    if len(roles) > 1:
        raise GamesimError(
            f"{scene.game.name}: matching {kind.name} is for games of one role, not {', '.join(roles)}; use "
            f"{RANDOM_NEIGHBOUR.name if len(scene.game.roles) == 2 else 'a matching without a network'}"
        )


def _check_at_once(scene: Scene, kind: Kind) -> None:
    """Refuse games in which one choice cannot count in all groups."""
    game = scene.game
    if game.talks or any(each.sees for each in game.stages):
        raise GamesimError(
            f"{game.name}: matching {kind.name} is for games in which all decide at once in one role, since one choice "
            f"counts in all groups; use {kind.other}"
        )


_KEPT: WeakKeyDictionary[Network, dict[Layout, Seats]] = WeakKeyDictionary()
"""Seats that follow from a network alone, laid out once and kept for as long as it lives."""


def _kept(network: Network, layout: Layout) -> Seats:
    """Lay the seats of a network out when they are first asked for.

    They must not hold the network themselves, or it would never be let go.
    """
    laid = _KEPT.setdefault(network, {})
    if layout not in laid:
        laid[layout] = layout(network)
    return laid[layout]


def _along(network: Network) -> Seats:
    """Seat both ends of every edge."""
    pairs = network.edges.ravel()
    return Seats(pairs, 2, Once(np.arange(network.n), pairs))


def _along_each(network: Network) -> Seats:
    """Seat both ends of every edge, each for this edge alone."""
    pairs = network.edges
    return Seats(pairs.ravel(), 2, whose=pairs[:, ::-1].ravel())


def _around(network: Network) -> Seats:
    """Seat everybody's closed neighbourhood, the own seat first."""
    everybody = np.arange(network.n)
    starts = network.starts[:-1] + everybody
    agent = np.empty(len(network.neighbours) + network.n, dtype=np.int64)
    own = np.zeros(len(agent), dtype=bool)
    own[starts] = True
    agent[own], agent[~own] = everybody, network.neighbours
    return Seats(agent, _alike(network.degree + 1), Once(everybody, agent, starts))


def _around_each(network: Network) -> Seats:
    """Seat the closed neighbourhoods, everybody for each of them alone."""
    whole = _kept(network, _around)
    return Seats(whole.agent, whole.sizes, whose=np.repeat(np.arange(network.n), network.degree + 1))


def _along_present(network: Network, present: Ints) -> Seats:
    """Seat both ends of every edge, where nobody else is there to decide."""
    ends = network.edges.ravel()
    return Seats(ends, 2, Once(present, np.searchsorted(present, ends)))


def _around_present(network: Network, whole: Seats, present: Ints) -> Seats:
    """Seat the closed neighbourhoods of those who are there."""
    there = np.isin(np.repeat(np.arange(network.n), network.degree + 1), present)
    agent, sizes = whole.agent[there], (network.degree + 1)[present]
    once = Once(present, np.searchsorted(present, agent), np.cumsum(sizes) - sizes)
    return Seats(agent, _alike(sizes), once)


def _around_each_present(network: Network, whole: Seats, present: Ints) -> Seats:
    """Do so for everybody in each of them alone."""
    assert whole.whose is not None
    there = np.isin(whole.whose, present)
    return Seats(whole.agent[there], _alike((network.degree + 1)[present]), whose=whole.whose[there])


def _alike(sizes: Ints) -> int | Ints:
    """Give one number for groups that are all alike."""
    return int(sizes[0]) if len(sizes) and (sizes == sizes[0]).all() else sizes


def _of_one_role(scene: Scene, seats: Seats) -> Groups:
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
