"""Rows of a series: a measure round by round, of a whole game, or of a whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from gamesim.analysis.collective import Floats, Interval, drift, end_game, over_sessions, settled
from gamesim.analysis.measures import OF_GAME

Moments = Sequence[tuple[int, int]]
"""Supergame and round of each row of the values."""
Name = tuple[str, str, str, str]
"""Decision, option, policy and measure."""


def by_round(moments: Moments, name: Name, found: Interval) -> pd.DataFrame:
    """Put a measure of every round in rows."""
    return _rows([game for game, _ in moments], [round for _, round in moments], name, found)


def whole(game: int | None, name: Name, found: Interval) -> pd.DataFrame:
    """Put a figure that is of no single round in a row."""
    return _rows([game], [None], name, found)


def landmarks(
    moments: Moments, name: Name, values: Floats, width: float, level: float
) -> Iterator[pd.DataFrame]:
    """Give where each supergame settled, and how its end differs from what was before."""
    games = [(game, rounds) for game, rounds in _by_game(moments, values) if len(rounds) > 1]
    if not games:
        return
    decision, option, policy, _ = name
    for measure, marked in (
        ("settled", [settled(rounds, width) for _, rounds in games]),
        ("drift", [drift(rounds) for _, rounds in games]),
        ("end_game", [end_game(rounds) for _, rounds in games]),
    ):
        yield _of_whole_games(
            games, (decision, option, policy, measure), over_sessions(np.array(marked), level)
        )


def of_games(
    moments: Moments, name: Name, values: Floats, level: float, least: float, most: float
) -> Iterator[pd.DataFrame]:
    """Average over the rounds of each supergame in which the measure has a value; nothing where there is only one."""
    games = list(_by_game(moments, values))
    if len(games) < 2:
        return
    decision, option, policy, measure = name
    means = np.full((len(games), values.shape[1]), np.nan)
    for mean, (_, rounds) in zip(means, games, strict=True):
        known = ~np.isnan(rounds)
        count = known.sum(axis=0)
        np.divide(np.where(known, rounds, 0.0).sum(axis=0), count, out=mean, where=count > 0)
    name = (decision, option, policy, measure + OF_GAME)
    yield _of_whole_games(games, name, over_sessions(means, level, least, most))


def _of_whole_games(games: Sequence[tuple[int, Floats]], name: Name, found: Interval) -> pd.DataFrame:
    return _rows([game for game, _ in games], [None] * len(games), name, found)


def _by_game(moments: Moments, values: Floats) -> Iterator[tuple[int, Floats]]:
    """Give the rounds of one supergame after another."""
    games = np.array([game for game, _ in moments])
    begun = np.flatnonzero(np.diff(games, prepend=games[:1] - 1))
    yield from zip(games[begun].tolist(), np.split(values, begun[1:]), strict=True)


def _rows(
    games: Sequence[int | None], rounds: Sequence[int | None], name: Name, found: Interval
) -> pd.DataFrame:
    decision, option, policy, measure = name
    return pd.DataFrame(
        {
            "supergame": pd.array(games, dtype="Int64"),
            "round": pd.array(rounds, dtype="Int64"),
            "decision": decision,
            "option": option,
            "policy": policy,
            "measure": measure,
            **found._asdict(),
        }
    )
