"""The past rounds of readers, one by one: what is known of each, and in how many groups it was played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import Bools
from gamesim.meeting import kind_of
from gamesim.observation import Observations
from gamesim.streams import Floats, Ints

OUT, KEPT = "out", "kept"
"""Rounds in which somebody was not asked: it was sat out, or the last choice counted again."""


@dataclass(frozen=True)
class Round:
    """One past round of one reader.

    Parameters
    ----------
    known : mapping from name to float
        Own actions, what was told, and ``earned``.
    role : str
        The role held, where roles change; empty in a round that was sat out.
    unasked : str
        Why there was no question, `OUT` or `KEPT`; empty where there was one.
    games : int
        In how many groups the choice counted.
    void : int
        How many of these lacked somebody's action, so that nobody earned anything there.
    kind : str
        What these groups are called: ``games``, each with another person, or ``groups``.
    sums : bool
        Whether what was earned cannot be worked out from all else that is told: it is the sum over several groups, or
        groups were of another size.
    varies : bool
        Whether the number of groups is not always that of now.
    """

    known: Mapping[str, float]
    role: str = ""
    unasked: str = ""
    games: int = 1
    void: int = 0
    kind: str = "groups"
    sums: bool = False
    varies: bool = False

    @property
    def several(self) -> bool:
        """Whether what was told is the mean over games with several people."""
        return self.kind == "games" and self.games > 1


def lived(obs: Observations, rows: Ints) -> list[list[Round]]:
    """Collect the past of some rows, round by round.

    Parameters
    ----------
    obs : Observations
        D deciders.
    rows : (U,) int
        Of which of them.

    Returns
    -------
    list of list of Round
        For each of the rows, its rounds, oldest first.
    """
    if not len(obs.past):
        return [[] for _ in rows]
    deciding = obs.take(rows)
    past = deciding.past
    columns = _columns(deciding)
    kind = kind_of(obs.matching)
    groups = "games" if kind.together and kind.pairs else "groups"
    held, kept = past.held(), past.kept()
    games, void = past.games(), np.nan_to_num(past.void())
    varies = np.any(~np.isnan(games) & (games != _games(deciding)), axis=0)
    sums = np.any(games > 1, axis=0) | _resized(deciding)
    return [
        [
            Round(
                {name: float(values[t, i]) for name, values in columns.items()},
                past.roles[held[t, i]] if past.also and held[t, i] >= 0 else "",
                OUT if held[t, i] < 0 else KEPT if kept[t, i] else "",
                int(np.nan_to_num(games[t, i])),
                int(void[t, i]),
                groups,
                bool(sums[i]),
                bool(varies[i]),
            )
            for t in range(len(past))
        ]
        for i in range(len(rows))
    ]


def _columns(obs: Observations) -> dict[str, Floats]:
    """Give own actions, what was told and what was earned: (T, D) float each."""
    past = obs.past
    stages = [each.name for each in obs.game.stages if obs.game.decider(each.name) in past.roles]
    columns: dict[str, Floats] = {stage: past.own(stage) for stage in stages}
    for name in past.names_told():
        # What is decided in one role may be what is told in another.
        told = past.told(name)
        columns[name] = np.where(np.isnan(columns[name]), told, columns[name]) if name in columns else told
    columns["earned"] = past.earned()
    return columns


def _games(obs: Observations) -> Ints:
    """Count the groups in which a choice counts now: (D,) int."""
    kind = kind_of(obs.matching)
    if obs.neighbours is None or not kind.together:
        return np.ones(len(obs), dtype=np.int64)
    return obs.neighbours.count + kind.around


def _resized(obs: Observations) -> Bools:
    """Tell whose groups were not always of the size that the rules name now: (D,) bool."""
    if obs.sizes is None:
        return np.zeros(len(obs), dtype=np.bool_)
    sizes = obs.past.sizes()
    other: Bools = np.any(~np.isnan(sizes) & (sizes != obs.sizes), axis=0)
    return other
