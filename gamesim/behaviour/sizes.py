"""Groups of the size that there is: on a network they need not be as large as the game says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import cast

import numpy as np

from gamesim.distribution import ActionDistribution, certain, joined
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.policy import Setting
from gamesim.streams import Floats, Ints

Plan = Callable[[str, Mapping[str, Floats], int], Floats | ActionDistribution]
"""From stage, what is seen there and the number of deciders to what they do, such as a game's ``selfish``."""


@lru_cache(maxsize=4096)
def of_size(game: Game, size: int) -> Game:
    """Give the game as it is in a group of some size.

    Raises
    ------
    GamesimError
        Where the game does not say what it is in groups of other sizes.
    """
    found = game.sized(size)
    if len(found.roles) != size:
        raise GamesimError(
            f"{game.name}: a group here has {size} members, but the rules, which have no group_size, are those of "
            f"{len(found.roles)}; choose another matching"
        )
    return found


def numbered(sizes: Ints) -> tuple[list[int], Ints]:
    """Give the distinct sizes, ascending, and which of them each is: (D,) int to (D,) int."""
    there = np.bincount(sizes) > 0
    return np.flatnonzero(there).tolist(), (np.cumsum(there) - 1)[sizes]


def games_of(setting: Setting) -> list[Game]:
    """Give the game of every size of group that there can be."""
    return [of_size(setting.game, size) for size in setting.sizes] or [setting.game]


def each_game(obs: Observations) -> tuple[list[Game], Ints]:
    """Give the game of every size of group that a batch decides in, and which is each decider's: (D,) int."""
    if obs.sizes is None or not len(obs):
        return [obs.game], np.zeros(len(obs), dtype=np.int64)
    sizes, which = numbered(obs.sizes)
    return [of_size(obs.game, size) for size in sizes], which


def planned(obs: Observations, plan: Callable[[Game], Plan]) -> Floats | ActionDistribution:
    """Ask the game of the size of each decider's group for what it does: (D,) float, or a mixture where any is one.

    Parameters
    ----------
    obs : Observations
    plan : callable
        From the game of a size to its plan.
    """
    games, which = each_game(obs)
    if len(games) == 1:
        return plan(games[0])(obs.stage, obs.seen, len(obs))
    found = []
    for place, game in enumerate(games):
        rows = np.flatnonzero(which == place)
        seen = {name: each[rows] for name, each in obs.seen.items()}
        found.append((rows, plan(game)(obs.stage, seen, len(rows))))
    if any(isinstance(each, ActionDistribution) for _, each in found):
        return joined(
            [(rows, each if isinstance(each, ActionDistribution) else certain(each)) for rows, each in found]
        )
    actions = np.empty(len(obs))
    for rows, each in found:
        actions[rows] = cast(Floats, each)
    return actions


def departures(setting: Setting, required: Mapping[str, float]) -> list[str]:
    """Say, in a few words each, which parameters are others on this network than those of a record."""
    said = []
    for name, value in required.items():
        held = sorted({float(getattr(game, name, value)) for game in games_of(setting)})
        if held != [value]:
            span = " to ".join(dict.fromkeys(f"{round(end, 3):g}" for end in (held[0], held[-1])))
            said.append(f"with {name} {value:g}, and played with {span}")
    return said
