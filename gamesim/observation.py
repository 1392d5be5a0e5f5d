"""What a batch of deciders knows: what the stage shows, what they lived through, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import ActionSpace
from gamesim.errors import GamesimError
from gamesim.game import Game, Play
from gamesim.groups import Seats
from gamesim.neighbours import Neighbours
from gamesim.streams import Draws, Floats, Ints
from gamesim.subjects import Subjects


@dataclass(frozen=True)
class Past:
    """The rounds that a batch of deciders has behind it, looked up only when somebody asks.

    Parameters
    ----------
    _plays : sequence of Play
        The rounds so far, oldest first: T of them.
    role : str
        Role of the deciders.
    agent : (D,) int
        Their numbers in the simulation.
    """

    _plays: Sequence[Play]
    role: str
    agent: Ints

    def __len__(self) -> int:
        return len(self._plays)

    def own(self, stage: str) -> Floats:
        """Give what each did at a stage in every past round: (T, D) float, NaN for no decision.

        Raises
        ------
        GamesimError
            When the stage is not theirs: what others did is known only as far as they are told.
        """
        if self._plays and self._plays[0].game.decider(stage) != self.role:
            raise GamesimError(
                f"{self._plays[0].game.name}.{stage} is not decided by the {self.role}, who cannot know it"
            )
        return self._collect(lambda play, seats: play.decided[stage])

    def told(self, name: str) -> Floats:
        """Give what each was told after every past round: (T, D) float."""
        return self._collect(lambda play, seats: seats.typical(play.game.feedback(play)[self.role][name]))

    def earned(self) -> Floats:
        """Give what each earned in every past round: (T, D) float."""
        return self._collect(lambda play, seats: play.earned[self.role])

    def names_told(self) -> tuple[str, ...]:
        """Name what the role is told after a round."""
        return tuple(self._plays[0].game.feedback(self._plays[0]).get(self.role, ())) if self._plays else ()

    def recent(self, rounds: int) -> Past:
        """Keep the last few rounds."""
        return Past(self._plays[len(self._plays) - min(rounds, len(self._plays)) :], self.role, self.agent)

    def _collect(self, values: Callable[[Play, Seats], Floats]) -> Floats:
        out = np.empty((len(self._plays), len(self.agent)))
        for row, play in enumerate(self._plays):
            seats = play.seats(self.role)
            deciders = seats.deciders
            by_agent = np.full(int(max(deciders.max(initial=0), self.agent.max(initial=0))) + 1, np.nan)
            by_agent[deciders] = values(play, seats)
            out[row] = by_agent[self.agent]
        return out


@dataclass(frozen=True)
class Observations:
    """A batch of deciders and all that they know.

    Parameters
    ----------
    game : Game
        The rules, which everybody knows.
    stage : str
        What is being decided.
    role : str
        Role of the deciders.
    round, rounds : int
        Number of this round, from 1, and how many are announced.
    agent : (D,) int
        The deciders' numbers in the simulation.
    space : ActionSpace
        Legal actions, bounds by row where they differ.
    seen : mapping from name to (D,) float
        What the stage shows of this round.
    past : Past
        What the deciders did, were told and earned before.
    matching : str
        How groups are formed from round to round.
    own : mapping from stage to (D,) float
        What the deciders themselves did earlier in this round.
    subjects : Subjects, optional
        Who the deciders are, where they are anybody.
    neighbours : Neighbours, optional
        Those next to them on a network.
    continuation : float
        Probability that another round follows each; `rounds` are announced where it is 0.
    draws : Draws
        Their random draws for this decision.
    person : Draws
        Their random draws for what a person keeps through the whole session.
    """

    game: Game
    stage: str
    role: str
    round: int
    rounds: int
    agent: Ints
    space: ActionSpace
    seen: Mapping[str, Floats]
    past: Past
    draws: Draws
    person: Draws
    matching: str = "stranger"
    own: Mapping[str, Floats] = field(default_factory=dict)
    subjects: Subjects | None = None
    neighbours: Neighbours | None = None
    continuation: float = 0.0

    def __len__(self) -> int:
        return len(self.agent)

    @property
    def decision(self) -> str:
        """Name of the decision, such as ``ultimatum.offer``."""
        return f"{self.game.name}.{self.stage}"

    def take(self, rows: NDArray[np.integer]) -> Observations:
        """Keep some rows."""
        agent = self.agent[rows]
        return Observations(
            game=self.game,
            stage=self.stage,
            role=self.role,
            round=self.round,
            rounds=self.rounds,
            agent=agent,
            space=self.space.take(rows),
            seen={name: values[rows] for name, values in self.seen.items()},
            past=Past(self.past._plays, self.past.role, agent),
            draws=self.draws.take(rows),
            person=self.person.take(rows),
            matching=self.matching,
            own={name: values[rows] for name, values in self.own.items()},
            subjects=None if self.subjects is None else self.subjects.take(rows),
            neighbours=None if self.neighbours is None else self.neighbours.take(rows),
            continuation=self.continuation,
        )

    @cached_property
    def situations(self) -> tuple[Ints, Ints]:
        """Find the rows that know the same.

        Returns
        -------
        first : (U,) int
            One row of each distinct situation.
        situation : (D,) int
            Which situation each row is in.
        """
        columns = [*self.seen.values(), *self.own.values()]
        if self.past._plays:
            stages = [each.name for each in self.game.stages if self.game.decider(each.name) == self.role]
            columns.extend(row for stage in stages for row in self.past.own(stage))
            columns.extend(row for name in self.past.names_told() for row in self.past.told(name))
            columns.extend(self.past.earned())
        if not columns:
            return np.zeros(min(1, len(self)), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        # NaN equals nothing, itself included: any number outside the game's range stands for it.
        table = np.nan_to_num(np.column_stack(columns), nan=-1e300)
        _, first, situation = np.unique(table, axis=0, return_index=True, return_inverse=True)
        return cast(Ints, first.astype(np.int64)), cast(Ints, situation.ravel().astype(np.int64))
