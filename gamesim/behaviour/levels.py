"""Levels of reasoning: what each level of a player does who replies to lower levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from gamesim.behaviour.choosing import logit
from gamesim.behaviour.outcomes import names_told, payoff_table, rival_stage
from gamesim.behaviour.sizes import each_game
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.streams import Floats, Ints

BEAUTY = ("average", "target")
"""What players of a guessing game are told, by which it is known."""


@lru_cache(maxsize=1024)
def choices_by_level(
    game: Game, stage: str, precision: float, weights: tuple[tuple[float, ...], ...]
) -> Floats:
    """Give the probabilities of every action at every level.

    Level 0 takes every action with the same probability.  A higher level replies to a mixture of lower ones, by logit
    choice; at a tie without noise it takes the first.  Where a fraction of the average is to be guessed it takes that
    fraction of the mean guess that it believes in, its own influence on the average left out.

    Parameters
    ----------
    game : Game
    stage : str
    precision : float
        Of the logit choice; infinity for best replies.
    weights : tuple of tuple of float
        For each level from 1 on, what it believes the shares of the levels below it to be, from 0 on.

    Returns
    -------
    (H, L) float
        One row a level, from 0 on; each sums to 1.

    Raises
    ------
    GamesimError
        For games in which players do not decide at the same time.
    """
    if set(BEAUTY) <= set(names_told(game, game.decider(stage))):
        return _guesses(game, stage, precision, weights)
    rival = rival_stage(game, stage)
    tables = {stage: payoff_table(game, stage)}
    if rival is not None and rival != stage:
        tables[rival] = payoff_table(game, rival)
    levels = {each: [np.full(len(table), 1 / len(table))] for each, table in tables.items()}
    for believed in weights:
        replies = {}
        for each, table in tables.items():
            other = rival_stage(game, each) or each
            mixture = np.asarray(believed) @ np.array(levels[other])
            replies[each] = logit((table @ mixture)[None, :], precision, np.zeros(len(table)))[0]
        for each, reply in replies.items():
            levels[each].append(reply)
    return np.array(levels[stage])


def of_levels(obs: Observations, level: Ints, choices: Callable[[Game], Floats]) -> ActionDistribution:
    """Give everybody the probabilities of its level, in a group of its size.

    Parameters
    ----------
    obs : Observations
    level : (D,) int
    choices : callable
        From the game to the probabilities of every action at every level, as `choices_by_level` gives them.
    """
    games, which = each_game(obs)
    tables = [choices(game) for game in games]
    return ActionDistribution(obs.space.support(), np.concatenate(tables), which * len(tables[0]) + level)


def _guesses(game: Game, stage: str, precision: float, weights: Sequence[Sequence[float]]) -> Floats:
    if math.isfinite(precision):
        raise GamesimError(
            f"{game.name}.{stage}: levels of reasoning guess without noise; leave precision out"
        )
    space = game.space_at_most(stage)
    support = space.support()
    fraction = float(game.p)  # type: ignore[attr-defined]
    means = [float(support.mean())]
    rows = [np.full(len(support), 1 / len(support))]
    for believed in weights:
        guess = space.nearest(np.array([fraction * np.dot(believed, means)]))
        means.append(float(guess[0]))
        rows.append(np.isclose(support, guess[0]).astype(np.float64))
    return np.array(rows)
