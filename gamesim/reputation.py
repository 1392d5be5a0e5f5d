"""What players know of those they meet: their own meetings, an image score, or everything that was done.

What is known is a column a thing, by name:

=====================  ========================================================================
name                   what it is
=====================  ========================================================================
``others``             how many others there are in the group, or neighbours on a network
``image.WHAT``         mean share over all rounds so far
``rounds.STAGE``       from how many rounds that is known; 0 where nothing is
``list.T.WHAT``        what was done in round T of the run
``met.T.WHAT``         the same, only where the two met in that round
``meetings``           in how many rounds they met
=====================  ========================================================================

``WHAT`` is a stage (``return``), or for choices a stage and an option (``choose=cooperate``: 1 where it was taken).
Where there are several others, values are means over those of whom anything is known; missing decisions are passed
over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from gamesim.actions import ActionSpace, Choice, cooperation
from gamesim.game import Game, Play
from gamesim.groups import Groups
from gamesim.streams import Floats, Ints

LEVELS = ("none", "partner", "image", "list")
"""How much is known of others: nothing, own meetings with them, their image, all that they did."""


def features(game: Game, stage: str) -> tuple[str, ...]:
    """Name what is known of a stage: the stage, or all of its options but the last, which follows from the others."""
    space = game.space_at_most(stage)
    if isinstance(space, Choice):
        return tuple(f"{stage}={label}" for label in space.labels[:-1])
    return (stage,)


def stages_of_others(game: Game, role: str) -> tuple[str, ...]:
    """Name the stages decided by those whom a role meets; what is said at a stage is no part of a reputation."""
    met = {each for each in game.roles if each != role or game.seats_of(role) > 1}
    return tuple(
        each.name for each in game.stages if game.decider(each.name) in met and each.name not in game.talks
    )


def pairs(groups: Groups, role: str) -> tuple[Ints, Ints]:
    """Pair every decider of a role with everybody else in the group, or with all neighbours.

    Returns
    -------
    row : (P,) int
        Which decider.
    other : (P,) int
        The other's number in the simulation.
    """
    seats = groups.seats[role]
    if seats.once is None:
        row, group = np.arange(len(seats.agent)), seats.group()
    elif seats.once.home is not None:
        row, group = np.arange(len(seats.deciders)), seats.own_group()
    else:
        row, group = seats.once.of, seats.group()
    everybody = np.concatenate([each.agent for each in groups.seats.values()])
    their = np.concatenate([each.group() for each in groups.seats.values()])
    everybody = everybody[np.argsort(their, kind="stable")]
    sizes = np.bincount(their, minlength=len(groups))
    many = sizes[group]
    which = np.repeat(np.arange(len(group)), many)
    place = np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)
    other = everybody[(np.cumsum(sizes) - sizes)[group][which] + place]
    own = other == seats.deciders[row][which]
    return row[which][~own], other[~own]


class Reputation:
    """Collects over all rounds of a run what is known of everybody, supergames included.

    The image is that of Nowak & Sigmund (1998, Nature 393:573-577) in spirit: what somebody did to whomever; here it
    is the mean share of the maximum, not a sum of steps up and down.

    Parameters
    ----------
    level : str
        One of `LEVELS`.
    game : Game
        What is played.
    agents : int
        Number of agents over all sessions, N.
    """

    def __init__(self, level: str, game: Game, agents: int) -> None:
        self.level = level
        self._game = game
        self._agents = agents
        self._sums: dict[str, Floats] = {}
        self._counts: dict[str, Floats] = {}
        self._rounds: list[dict[str, Floats]] = []
        self._met: list[Ints] = []

    def learn(self, play: Play, spaces: Mapping[str, ActionSpace]) -> None:
        """Take in a round.

        Parameters
        ----------
        play : Play
            What was done.
        spaces : mapping from stage to ActionSpace
            What the deciders of each stage could do.
        """
        if self.level == "none":
            return
        done: dict[str, Floats] = {}
        for stage, actions in play.decided.items():
            if stage in self._game.talks:
                continue
            seats = play.seats(self._game.decider(stage))
            for name, values in self._values(stage, actions, spaces[stage]).items():
                done[name] = seats.by_agent(values, self._agents)
        if self.level == "image":
            for name, values in done.items():
                none = np.zeros(self._agents)
                self._sums[name] = self._sums.get(name, none) + np.nan_to_num(values)
                self._counts[name] = self._counts.get(name, none) + ~np.isnan(values)
            return
        self._rounds.append(done)
        if self.level == "partner":
            met = [
                self._codes(play.seats(role).deciders, *pairs(play.groups, role))
                for role in play.groups.seats
            ]
            self._met.append(np.concatenate(met))

    def known(self, play: Play, role: str) -> dict[str, Floats]:
        """Give what the deciders of a role know of those they meet now: (D,) float each."""
        if self.level == "none":
            return {}
        deciders = play.seats(role).deciders
        row, other = pairs(play.groups, role)
        names = {stage: features(self._game, stage) for stage in stages_of_others(self._game, role)}
        known = {"others": np.bincount(row, minlength=len(deciders)).astype(np.float64)}
        if self.level == "image":
            for stage, its in names.items():
                count = self._counts.get(its[0], np.zeros(self._agents))
                lived = np.where(count > 0, count, np.nan)
                known[f"rounds.{stage}"] = np.nan_to_num(_mean(row, lived[other], len(deciders)))
                for name in its:
                    share = np.divide(
                        self._sums.get(name, count), count, out=np.full(self._agents, np.nan), where=count > 0
                    )
                    known[f"image.{name}"] = _mean(row, share[other], len(deciders))
            return known
        met = np.ones((len(self._rounds), len(row)), dtype=bool)
        if self.level == "partner":
            codes = self._codes(deciders, row, other)
            for number, earlier in enumerate(self._met):
                met[number] = np.isin(codes, earlier, assume_unique=True)
            known["meetings"] = np.zeros(len(deciders))
            np.maximum.at(known["meetings"], row, met.sum(axis=0).astype(np.float64))
        for number, done in enumerate(self._rounds):
            for its in names.values():
                for name in its:
                    values = np.where(met[number], done[name][other], np.nan)
                    kind = "met" if self.level == "partner" else "list"
                    known[f"{kind}.{number + 1}.{name}"] = _mean(row, values, len(deciders))
        return known

    def _values(self, stage: str, actions: Floats, space: ActionSpace) -> dict[str, Floats]:
        names = features(self._game, stage)
        if isinstance(space, Choice):
            missing = np.isnan(actions)
            return {
                name: np.where(missing, np.nan, (actions == option).astype(np.float64))
                for option, name in enumerate(names)
            }
        return {names[0]: cooperation(space, actions) if self.level == "image" else actions}

    def _codes(self, deciders: Ints, row: Ints, other: Ints) -> Ints:
        return deciders[row] * self._agents + other


def _mean(row: Ints, values: Floats, many: int) -> Floats:
    """Average over the others of each decider, missing values left out: (P,) -> (D,); NaN where nothing is left."""
    known = ~np.isnan(values)
    count = np.bincount(row[known], minlength=many)
    total = np.bincount(row[known], values[known], minlength=many)
    return cast(Floats, np.divide(total, count, out=np.full(many, np.nan), where=count > 0))
