"""Who meets whom in a round.

The agents of a role are numbered without gaps, so a shuffle plus the first number is a seating order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.groups import Groups, Seats
from gamesim.population import Cast
from gamesim.streams import Ints, generator, key, words

_SORT_UP_TO = 512
"""Sessions up to this size are shuffled together by sorting keyed draws; larger ones one by one, which is faster."""


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


def stranger(game: Game, cast: Cast, round: int, seed: int) -> Groups:
    """Form groups anew at random in every round."""
    orders = {
        role: _numbered(agents, shuffles(len(agents), cast.sessions, seed, "matching", role, round))
        for role, agents in cast.members.items()
    }
    return _seat(game, cast, orders)


def partner(game: Game, cast: Cast, round: int, seed: int) -> Groups:
    """Form groups at random once and keep them."""
    return stranger(game, cast, 1, seed)


def round_robin(game: Game, cast: Cast, round: int, seed: int) -> Groups:
    """Let everybody meet everybody, nobody twice before all have met (the circle method).

    Raises
    ------
    GamesimError
        For groups of another size than two.
    """
    if len(game.roles) != 2:
        raise GamesimError(
            f"{game.name}: round_robin pairs players, but a group here has {len(game.roles)} seats; "
            "use stranger or partner"
        )
    first = shuffles(len(cast.members[game.roles[0]]), cast.sessions, seed, "matching", game.roles[0], 1)
    if game.roles[0] == game.roles[1]:
        agents = cast.members[game.roles[0]]
        circle = np.concatenate(
            [first[:, :1], np.roll(first[:, 1:], (round - 1) % max(1, len(agents) - 1), axis=1)], axis=1
        )
        pairs = np.stack([circle[:, : len(agents) // 2], circle[:, : len(agents) // 2 - 1 : -1]], axis=2)
        return _seat(game, cast, {game.roles[0]: agents[0] + pairs.reshape(cast.sessions, -1)})
    proposers, responders = (cast.members[role] for role in game.roles)
    return _seat(
        game,
        cast,
        {
            game.roles[0]: proposers[0] + first,
            game.roles[1]: responders[0] + np.roll(first, (round - 1) % len(responders), axis=1),
        },
    )


MATCHINGS: dict[str, Callable[[Game, Cast, int, int], Groups]] = {
    "stranger": stranger,
    "partner": partner,
    "round_robin": round_robin,
}


def find_matching(name: str) -> Callable[[Game, Cast, int, int], Groups]:
    """Find a matching by name.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    if name not in MATCHINGS:
        raise unknown("matching", name, MATCHINGS)
    return MATCHINGS[name]


def _numbered(agents: Ints, order: Ints) -> Ints:
    return order + agents[0] if agents[0] else order


def _seat(game: Game, cast: Cast, orders: dict[str, Ints]) -> Groups:
    offset = cast.n * np.arange(cast.sessions)[:, None]
    seats = {
        role: Seats((order + offset if cast.sessions > 1 else order).ravel(), game.seats_of(role))
        for role, order in orders.items()
    }
    return Groups(seats, cast.sessions)
