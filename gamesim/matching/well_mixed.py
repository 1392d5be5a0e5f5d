"""Groups formed of everybody in a session."""

from __future__ import annotations

import dataclasses

import numpy as np

from gamesim.errors import GamesimError
from gamesim.groups import Groups, Seats
from gamesim.matching.scene import Scene
from gamesim.meeting import PARTNER, PERFECT_STRANGER, ROUND_ROBIN, STRANGER
from gamesim.streams import Ints, shuffles


def stranger(scene: Scene) -> Groups:
    """Form groups anew at random in every round; who are a single group keep their seats, so as to know each other."""
    alone = scene.cast.n == len(scene.game.roles)
    return _seat(scene, _shuffled(scene, 1 if alone else scene.round))


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
    game, sessions = scene.game, scene.cast.sessions
    if len(game.roles) != 2:
        raise GamesimError(
            f"{game.name}: {ROUND_ROBIN.name} pairs players, but a group here has {len(game.roles)} seats; use "
            f"{STRANGER.name} or {PARTNER.name}"
        )
    orders = _shuffled(scene, 1)
    first = orders[next(iter(orders))]
    if len(orders) == 1:
        many = first.shape[1]
        turned = np.roll(first[:, 1:], (scene.round - 1) % max(1, many - 1), axis=1)
        circle = np.concatenate([first[:, :1], turned], axis=1)
        pairs = np.stack([circle[:, : many // 2], circle[:, : many // 2 - 1 : -1]], axis=2)
        return _seat(scene, {next(iter(orders)): pairs.reshape(sessions, -1)})
    # The second role follows the order of the first, one place further in every round.
    (_, (ones, _)), (role, (others, _)) = scene.pools.items()
    turned = np.roll(np.searchsorted(ones, first), (scene.round - 1) % len(others), axis=1)
    return _seat(scene, orders | {role: others[turned]})


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
    game, cast, pools = scene.game, scene.cast, scene.pools
    size = len(game.roles)
    agents, seats = next(iter(pools.values()))
    columns = len(agents) // seats
    most = columns * size - 1 if size == 2 and len(pools) == 1 else columns
    if scene.round > most:
        raise GamesimError(
            f"{game.name}: {PERFECT_STRANGER.name}: with n = {cast.n}, groups of {size} can meet for {most} rounds at "
            f"most, and round {scene.round} would bring people together again"
        )
    if size == 2:
        return round_robin(scene)
    if any(columns % divisor == 0 for divisor in range(2, size)):
        raise GamesimError(
            f"{game.name}: {PERFECT_STRANGER.name}: {columns} groups of {size} would meet again; take a number of "
            f"groups that nothing from 2 to {size - 1} divides, such as n={size * _next(columns, size)}"
        )
    # The row of a seat counts over all roles, so that people of different roles part as well.
    orders: dict[str, Ints] = {}
    row = 0
    for role, shuffled in _shuffled(scene, 1).items():
        seats = pools[role][1]
        grid = shuffled.reshape(cast.sessions, seats, columns)
        moved = [np.roll(grid[:, i], (row + i) * (scene.round - 1), axis=1) for i in range(seats)]
        orders[role] = np.stack(moved, axis=2).reshape(cast.sessions, -1)
        row += seats
    return _seat(scene, orders)


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
    return assortative(dataclasses.replace(scene, score=scene.cast.policy.astype(np.float64)))


def _shuffled(scene: Scene, round: int) -> dict[str, Ints]:
    """Shuffle the agents of every pool: (sessions, P) int, by number within the session."""
    found = {}
    for role, (agents, _) in scene.pools.items():
        found[role] = agents[shuffles(len(agents), scene.cast.sessions, scene.seed, "matching", role, round)]
    return found


def _seat(scene: Scene, orders: dict[str, Ints]) -> Groups:
    cast, pools = scene.cast, scene.pools
    offset = cast.n * np.arange(cast.sessions)[:, None]
    seats = {
        role: Seats((order + offset if cast.sessions > 1 else order).ravel(), pools[role][1])
        for role, order in orders.items()
    }
    return Groups(seats, cast.sessions)


def _next(columns: int, size: int) -> int:
    """Find the next number of groups that nothing from 2 to size - 1 divides."""
    while any(columns % divisor == 0 for divisor in range(2, size)):
        columns += 1
    return columns
