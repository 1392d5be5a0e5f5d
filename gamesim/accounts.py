"""What everybody earns in a round, and has earned so far."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gamesim.actions import Choice
from gamesim.game import Game, Play
from gamesim.groups import Groups, Seats
from gamesim.streams import Draws, Floats, Ints


class Accounts:
    """The earnings of all agents.

    Parameters
    ----------
    game : Game
        Says what is paid.
    agents : int
        How many there are in all sessions, N.
    """

    def __init__(self, game: Game, agents: int) -> None:
        self._game = game
        self.wealth: Floats = np.zeros(agents)
        """What every agent earned so far, in game units: (N,) float; void groups pay nothing."""

    def settle(self, play: Play) -> int:
        """Pay everybody for a round, and count the groups that lack an action."""
        missing = any(np.isnan(values.sum()) for values in play.decided.values())
        first = play.seats(self._game.roles[0])
        if first.along is not None and self._pairwise is not None and not missing:
            stage = self._game.stages[0].name
            play.earned[self._game.roles[0]] = first.along.earned(play.decided[stage], self._pairwise)
        else:
            for role, values in self._game.paid(play).items():
                play.earned[role] = play.seats(role).earned(values)
        for role, earned in play.earned.items():
            self._pay(play.seats(role), np.nan_to_num(earned) if missing else earned)
        return int(play.void().sum()) if missing else 0

    def _pay(self, seats: Seats, gain: Floats) -> None:
        if seats.whose is not None:
            self.wealth += np.bincount(seats.agent, gain, len(self.wealth))
        elif seats.once is not None and len(gain) == len(self.wealth):
            self.wealth += gain  # in the order of their numbers
        else:
            self.wealth[seats.deciders] += gain

    @cached_property
    def _pairwise(self) -> Floats | None:
        """What each option earns against each: (L, L) float; None where that is not all there is to the game."""
        stage = self._game.stages[0]
        space = self._game.space_at_most(stage.name)
        if len(self._game.stages) > 1 or len(self._game.roles) != 2 or not isinstance(space, Choice):
            return None
        many = len(space.labels)
        asked_chance: list[Ints] = []

        def chance(agents: Ints) -> Draws:
            asked_chance.append(agents)
            return Draws((0,), agents, agents)

        role = self._game.roles[0]
        pairs = Play(self._game, Groups({role: Seats(np.arange(2 * many * many), 2)}), chance)
        options = np.arange(many, dtype=np.float64)
        pairs.decide(stage.name, np.column_stack([np.repeat(options, many), np.tile(options, many)]).ravel())
        earned = self._game.paid(pairs)[role].reshape(many, many, 2)
        symmetric = np.array_equal(earned[:, :, 0], earned[:, :, 1].T)
        return None if asked_chance or not symmetric else earned[:, :, 0]
