"""What each action can bring to everybody, worked out from a game's own rules.

An agent that weighs outcomes needs no table of its own: all combinations of actions and moves of nature are laid out
as the groups of one round, and the game pays them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import cast

import numpy as np

from gamesim.actions import ActionSpace
from gamesim.behaviour.sizes import games_of
from gamesim.errors import GamesimError
from gamesim.game import Game, Play
from gamesim.groups import Groups, Seats
from gamesim.policy import Setting
from gamesim.streams import Draws, Floats, Ints

MOVES_OF_NATURE = 1_000
"""At least so many moves of nature are laid out, evenly over what can happen."""
MOST_SEATS = 20_000_000
"""Most seats of all groups that are laid out at a time, which takes a second or two and half a gigabyte."""
MOST_SIZES = 5
"""How many times as many are laid out for groups of all sizes."""

Beliefs = Callable[[Game, str, ActionSpace, Mapping[str, float]], Floats]
"""From game, stage, its legal actions and what is seen there to probabilities of the others' actions: (L,) float."""


@dataclass(frozen=True)
class Prospects:
    """What can come of each action of one decider.

    Parameters
    ----------
    actions : (L,) float
        The legal actions.
    row : (R,) int
        Which action each outcome belongs to, ascending.
    other : (R,) float
        What the others do; 0 where nobody else decides.
    own : (R,) float
        What the decider earns.
    others : (R, J) float
        What each of the others in the group earns; J is 0 for whoever is alone.
    probability : (R,) float
        Of each outcome, summing to 1 for every action.
    """

    actions: Floats
    row: Ints
    other: Floats
    own: Floats
    others: Floats
    probability: Floats

    @cached_property
    def _starts(self) -> Ints:
        return np.flatnonzero(np.diff(self.row, prepend=-1))

    def expect(self, values: Floats) -> Floats:
        """Average over the outcomes of each action: (..., R) to (..., L)."""
        return cast(Floats, np.add.reduceat(values * self.probability, self._starts, axis=-1))

    @cached_property
    def mean(self) -> Floats:
        """What the decider earns on average after each action: (L,) float."""
        return self.expect(self.own)

    @cached_property
    def least(self) -> float:
        """The least that anybody can earn."""
        return float(min(self.own.min(), self.others.min(initial=np.inf)))

    @cached_property
    def kindness(self) -> Floats:
        """What the others earn together on average after each action: (L,) float."""
        return self.expect(self.others.sum(axis=1))


@dataclass(frozen=True)
class _Nature(Draws):
    """Moves of nature that are laid out rather than drawn: one place on a grid for each group."""

    places: dict[str, Floats] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def uniform(self, purpose: str = "action") -> Floats:
        if purpose not in self.asked:
            self.asked.append(purpose)
        return self.places.get(purpose, np.full(len(self.agent), 0.5))[self.agent]


@lru_cache(maxsize=4096)
def prospects(game: Game, stage: str, seen: tuple[tuple[str, float], ...], beliefs: Beliefs) -> Prospects:
    """Lay out what can come of each action at a stage.

    Where several others act, they are taken to act alike.  Others who see the own action answer it.

    Parameters
    ----------
    game : Game
    stage : str
        The decision.
    seen : tuple of (name, value)
        What the decider is shown of this round.
    beliefs : callable
        What the decider believes of the others.

    Raises
    ------
    GamesimError
        Where a player decides more than once in a round, more than two roles decide, or there is too much to lay out.
    """
    mine = game.decider(stage)
    check_two_movers(game, stage)
    shown = dict(seen)
    given = _alone(game, mine, shown)
    space = _space(game, stage, given)
    own = space.support()
    rival = rival_stage(game, stage)
    if rival is None:
        combined, weight = np.column_stack([own, np.zeros(len(own))]), np.ones(len(own))
        if len(game.stages) > 1:
            _check_apart(game, stage, own, combined, weight)
    elif rival in shown:
        combined, weight = np.column_stack([own, np.full(len(own), shown[rival])]), np.ones(len(own))
    elif rival != stage and stage in game.stage(rival).sees:
        parts = []
        for action in own:
            answers = _space(game, rival, _alone(game, mine, {stage: action}))
            believed = beliefs(game, rival, answers, {stage: float(action)})
            parts.append(np.column_stack([np.full(len(believed), action), answers.support(), believed]))
        table = np.concatenate(parts)
        combined, weight = table[:, :2], table[:, 2]
    else:
        against = game.space_at_most(rival) if rival != stage else space
        believed = beliefs(game, rival, against, {})
        combined = np.column_stack([np.repeat(own, len(believed)), np.tile(against.support(), len(own))])
        weight = np.tile(believed, len(own))
    possible = weight > 0
    return _paid(game, stage, rival, own, combined[possible], weight[possible])


def weighed(setting: Setting) -> list[tuple[Game, str]]:
    """Give every decision in the game of every size of group, whose outcomes are to be laid out.

    Raises
    ------
    GamesimError
        Where that is too much in all.
    """
    games = games_of(setting)
    for stage in setting.decisions():
        rival = rival_stage(setting.game, stage)
        actions = [len(setting.game.space_at_most(each).support()) for each in (stage, rival) if each]
        outcomes, seats = math.prod(actions), sum(len(game.roles) for game in games)
        if len(games) > 1 and outcomes * seats > MOST_SIZES * MOST_SEATS:
            raise GamesimError(
                f"{setting.game.name}.{stage}: too much can happen in groups of {len(games)} sizes up to "
                f"{len(games[-1].roles):,} to weigh all of it ({outcomes:,} outcomes in each); take a network with "
                "fewer neighbours or fewer actions, as by a larger step"
            )
    return list(itertools.product(games, setting.decisions()))


def _check_apart(game: Game, stage: str, own: Floats, combined: Floats, weight: Floats) -> None:
    """Refuse several decisions of one player unless each counts by itself, as where one of them is drawn and paid."""
    low, high = (_paid(game, stage, None, own, combined, weight, share).mean for share in (0.0, 1.0))
    if not np.allclose(
        low - low[0], high - high[0], rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(low).max()))
    ):
        raise GamesimError(f"{game.name}.{stage}: what it brings hangs on the player's other decisions")


def _is_list(game: Game) -> bool:
    """Tell whether one player alone decides on a list of items."""
    return (
        len(game.stages) > 1
        and len({game.decider(each.name) for each in game.stages}) == 1
        and game.seats_of(game.decider(game.stages[0].name)) == 1
        and not any(each.sees for each in game.stages)
    )


def check_two_movers(game: Game, stage: str) -> None:
    """Refuse games in which a player decides more than once a round, or more than two roles decide.

    A list of items, one of which is drawn and paid, is no such game.
    """
    stages = {each.name for each in game.stages}
    if hidden := [name for each in game.stages for name in each.sees if name not in stages]:
        raise GamesimError(
            f"{game.name}.{stage}: its outcomes cannot be weighed, since each is shown a {hidden[0]} of its own"
        )
    if _is_list(game):
        return
    deciders = [game.decider(each.name) for each in game.stages]
    if len(deciders) != len(set(deciders)) or len(deciders) > 2:
        raise GamesimError(
            f"{game.name}.{stage}: its outcomes can be weighed only where one or two roles decide, each once a round"
        )
    if len(deciders) == 2 and any(game.seats_of(role) > 1 for role in deciders):
        raise GamesimError(
            f"{game.name}.{stage}: its outcomes can be weighed only where each of two deciding roles has one seat"
        )


def payoff_table(game: Game, stage: str) -> Floats:
    """Give what each action earns against each of the others' actions: (L, K) float.

    Where a group is left to one member K is L, and the columns are alike.

    Raises
    ------
    GamesimError
        Where the two do not decide at the same time.
    """
    check_two_movers(game, stage)
    if any(each.sees for each in game.stages):
        raise GamesimError(f"{game.name}.{stage}: is not decided at the same time as the other's choice")
    rival = rival_stage(game, stage)
    if rival is None and len(game.roles) == getattr(game, "group_size", 0):
        alone = prospects(game, stage, (), alike)
        return np.tile(alone.mean[:, None], len(alone.actions))
    if rival is None:
        raise GamesimError(f"{game.name}.{stage}: nobody else's choice matters there")
    found = prospects(game, stage, (), alike)
    columns = len(game.space_at_most(rival).support())
    # An outcome that is one of several moves of nature is averaged over them.
    cell = found.row * columns + np.searchsorted(game.space_at_most(rival).support(), found.other - 1e-9)
    size = len(found.actions) * columns
    total = np.bincount(cell, found.own * found.probability, size)
    weight = np.bincount(cell, found.probability, size)
    return cast(Floats, (total / weight).reshape(-1, columns))


def rival_stage(game: Game, stage: str) -> str | None:
    """Name the stage at which others decide, which is the same one where all are in one role; None for nobody."""
    if _is_list(game):
        return None
    if others := [each.name for each in game.stages if each.name != stage]:
        return others[0]
    return stage if game.seats_of(game.decider(stage)) > 1 else None


def alike(game: Game, stage: str, space: ActionSpace, seen: Mapping[str, float]) -> Floats:
    """Believe every action of the others to be equally likely."""
    size = len(space.support())
    return np.full(size, 1 / size)


@lru_cache(maxsize=1024)
def helps_others(game: Game, stage: str) -> bool:
    """Tell whether others earn no less when one player does the most rather than the least.

    Others do half then, and afterwards everybody does the least.
    """
    mine = game.decider(stage)
    earned = []
    for share in (0.0, 1.0):
        play, rest = _alone(game, mine, {}), 0.5
        for each in game.stages:
            space = _space(game, each.name, play)
            actions = np.full(game.seats_of(game.decider(each.name)), float(space.at(rest)))
            if each.name == stage:
                actions[0], rest = float(space.at(share)), 0.0
            play.decide(each.name, actions)
        paid = {role: values.copy() for role, values in game.payoffs(play).items()}
        paid[mine][0] = 0
        earned.append(sum(float(values.sum()) for values in paid.values()))
    return earned[1] >= earned[0]


@lru_cache(maxsize=1024)
def names_told(game: Game, role: str) -> tuple[str, ...]:
    """Name what a role is told after a round."""
    play = _alone(game, role, {})
    for each in game.stages:
        space = each.space(game, play)
        seats = game.seats_of(game.decider(each.name))
        play.decide(each.name, np.broadcast_to(space.at(0.5), (seats,)).astype(np.float64))
    return tuple(game.feedback(play).get(role, ()))


def _alone(game: Game, role: str, known: Mapping[str, float]) -> Play:
    """Give one group in which some stages are over."""
    play = Play(game, _groups(game, 1), lambda agents: _Nature((0,), 0, np.zeros_like(agents)))
    for name, value in known.items():
        play.decide(name, np.full(game.seats_of(game.decider(name)), value))
    return play


def _space(game: Game, stage: str, play: Play) -> ActionSpace:
    space = game.stage(stage).space(game, play)
    return space.take(np.zeros(1, dtype=np.int64)) if space.varies else space


def _groups(game: Game, count: int) -> Groups:
    """Seat `count` groups; everybody in a group bears its number."""
    return Groups(
        {
            role: Seats(np.repeat(np.arange(count), game.seats_of(role)), game.seats_of(role))
            for role in dict.fromkeys(game.roles)
        }
    )


def _paid(
    game: Game,
    stage: str,
    rival: str | None,
    own: Floats,
    combined: Floats,
    weight: Floats,
    rest: float = 0.0,
) -> Prospects:
    grid, asked = {}, _purposes(game, stage, rival, combined)
    moves = 1
    if asked:
        each = _points(len(own) - 1, len(asked))
        moves = each ** len(asked)
        axes = np.meshgrid(*[(np.arange(each) + 0.5) / each] * len(asked), indexing="ij")
        grid = {name: axis.ravel() for name, axis in zip(asked, axes, strict=True)}
    if len(combined) * moves * len(game.roles) > MOST_SEATS:
        raise GamesimError(
            f"{game.name}.{stage}: too much can happen in a group of {len(game.roles):,} to weigh all of it "
            f"({len(combined) * moves:,} outcomes); take smaller groups or fewer actions, as by a larger step"
        )
    if rival is None and asked and len(game.stages) > 1:
        grid, moves = _where_it_counts(game, stage, combined, grid, moves)
    laid, weight = np.repeat(combined, moves, axis=0), np.repeat(weight, moves) / moves
    mine = game.decider(stage)
    seats = _earned(game, stage, rival, laid, grid, rest)
    others = [values[:, 1:] if role == mine else values for role, values in seats.items()]
    table = np.column_stack([np.searchsorted(own, laid[:, 0] - 1e-9), laid[:, 1], seats[mine][:, 0], *others])
    if asked:
        table, which = np.unique(table, axis=0, return_inverse=True)
        weight = np.bincount(which.ravel(), weight).astype(np.float64)
    return Prospects(
        own, table[:, 0].astype(np.int64), table[:, 1], table[:, 2], _narrow(table[:, 3:]), weight
    )


def _earned(
    game: Game, stage: str, rival: str | None, laid: Floats, grid: dict[str, Floats], rest: float
) -> dict[str, Floats]:
    """Give what everybody earns in the groups that are laid out, by role: (groups, seats) float."""
    places = {name: np.tile(values, len(laid) // len(values)) for name, values in grid.items()}
    play, _ = _played(game, stage, rival, laid, places, rest)
    return {role: earned.reshape(len(laid), -1) for role, earned in game.payoffs(play).items()}


def _where_it_counts(
    game: Game, stage: str, combined: Floats, grid: dict[str, Floats], moves: int
) -> tuple[dict[str, Floats], int]:
    """Keep the moves of nature that pay this item of a list, where what is decided at the others changes nothing."""
    laid = np.repeat(combined, moves, axis=0)
    low, high = (_earned(game, stage, None, laid, grid, rest) for rest in (0.0, 1.0))
    alike = np.all([(low[role] == high[role]).all(axis=1) for role in low], axis=0)
    counts = alike.reshape(-1, moves).all(axis=0)
    if not counts.any():
        return grid, moves
    return {name: values[counts] for name, values in grid.items()}, int(counts.sum())


def _narrow(others: Floats) -> Floats:
    """Keep one column where all are alike: groups may be large."""
    alike_all = others.shape[1] > 1 and bool((others == others[:, :1]).all())
    return np.broadcast_to(others[:, :1].copy(), others.shape) if alike_all else others.copy()


def _points(steps: int, dimensions: int) -> int:
    """Choose how many places each move of nature has: a multiple of 60 and of the steps between actions, if not many.

    So a bomb in one of 100 boxes, or one row of a menu of ten, falls on each equally often.
    """
    least = MOVES_OF_NATURE ** (1 / dimensions)
    for unit in (math.lcm(max(1, steps), 60), max(1, steps)):
        if unit <= 2 * MOVES_OF_NATURE:
            return unit * max(1, math.ceil(float(least) / unit - 1e-9))
    return MOVES_OF_NATURE


def _purposes(game: Game, stage: str, rival: str | None, combined: Floats) -> list[str]:
    play, nature = _played(game, stage, rival, combined[:1], {})
    game.payoffs(play)
    return nature


def _played(
    game: Game,
    stage: str,
    rival: str | None,
    laid: Floats,
    places: dict[str, Floats],
    rest: float = 0.0,
) -> tuple[Play, list[str]]:
    """Play the groups that are laid out; other items of a list are decided at a share of their range."""
    asked: list[str] = []
    play = Play(
        game, _groups(game, len(laid)), lambda agents: _Nature((0,), 0, agents, places=places, asked=asked)
    )
    if rival == stage:
        seats = game.seats_of(game.decider(stage))
        play.decide(stage, np.column_stack([laid[:, 0], *[laid[:, 1]] * (seats - 1)]).ravel())
        return play, asked
    for each in game.stages:
        if each.name not in (stage, rival):
            held = float(_space(game, each.name, play).at(rest))
            play.decide(each.name, np.full(len(laid), held))
    play.decide(stage, laid[:, 0])
    if rival is not None:
        play.decide(rival, laid[:, 1])
    return play, asked
