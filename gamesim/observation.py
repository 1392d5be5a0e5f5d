"""What a batch of deciders knows: what the stage shows, what they lived through, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import ActionSpace
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game, Play
from gamesim.groups import Seats
from gamesim.messages import Messages
from gamesim.neighbours import Neighbours
from gamesim.streams import Draws, Floats, Ints
from gamesim.subjects import Subjects

State = dict[str, NDArray[Any]]
"""What somebody has made of the rounds so far: arrays by name, one row a decider."""


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
    also : tuple of str
        Other roles that they may have held, where roles are drawn anew in every round.
    whose : (D,) int, optional
        Whose groups they decide for, where an agent decides for each of several (`gamesim.groups.Seats`): the past is
        then that of the agent in this group.
    forgotten : int
        How many rounds before these were not kept, since nobody looks at them.
    folds : Folds, optional
        What `Observations.fold` came to before, where that is kept.
    """

    _plays: Sequence[Play]
    role: str
    agent: Ints
    also: tuple[str, ...] = ()
    whose: Ints | None = None
    forgotten: int = 0
    folds: Folds | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that the deciders may have held, the present one first."""
        return (self.role, *self.also)

    def __len__(self) -> int:
        return len(self._plays)

    def sizes(self) -> Floats:
        """Give how many members each one's own group had in every past round, or the one decided for: (T, D) float."""
        return self._collect(lambda play, role, seats: seats.members())

    def own(self, stage: str) -> Floats:
        """Give what each did at a stage in every past round: (T, D) float, NaN for no decision.

        Raises
        ------
        GamesimError
            When the stage is not theirs: what others did is known only as far as they are told.
        """
        by = self._plays[0].game.decider(stage) if self._plays else self.role
        if by not in self.roles:
            raise GamesimError(
                f"{self._plays[0].game.name}.{stage} is not decided by the {self.role}, who cannot know it"
            )
        return self._collect(lambda play, role, seats: play.decided[stage] if role == by else None)

    def told(self, name: str) -> Floats:
        """Give what each was told after every past round: (T, D) float.

        Raises
        ------
        GamesimError
            When nobody in their roles is told that.
        """
        if self._plays and name not in self.names_told():
            raise unknown(
                "thing told", name, self.names_told(), where=f"{self._plays[0].game.name}: {self.role}"
            )

        def values(play: Play, role: str, seats: Seats) -> Floats | None:
            told = play.told.get(role, {})
            return seats.typical(told[name]) if name in told else None

        return self._collect(values)

    def earned(self) -> Floats:
        """Give what each earned in every past round: (T, D) float."""
        return self._collect(lambda play, role, seats: play.earned[role])

    def games(self) -> Floats:
        """Give in how many groups each choice counted in every past round: (T, D) float."""
        return self._collect(lambda play, role, seats: seats.games())

    def held(self) -> Ints:
        """Give which of `roles` each held in every past round: (T, D) int, -1 for none."""
        roles = self._collect(
            lambda play, role, seats: np.full(len(seats.deciders), float(self.roles.index(role)))
        )
        return cast(Ints, np.nan_to_num(roles, nan=-1).astype(np.int64))

    def names_told(self) -> tuple[str, ...]:
        """Name what is told after a round, in any of the roles."""
        if not self._plays:
            return ()
        told = self._plays[0].told
        return tuple(dict.fromkeys(name for role in self.roles for name in told.get(role, ())))

    def recent(self, rounds: int) -> Past:
        """Keep the last few rounds."""
        return dataclasses.replace(
            self,
            _plays=self._plays[len(self._plays) - min(rounds, len(self._plays)) :],
            forgotten=0,
            folds=None,
        )

    def rounds(self, after: int = 0) -> Iterator[Past]:
        """Give the rounds one by one, oldest first, without the first few.

        Raises
        ------
        RuntimeError
            When some of these rounds were not kept, for an agent that does not say how far it looks back.
        """
        if after < self.forgotten:
            raise RuntimeError(f"rounds {after + 1} to {self.forgotten} are looked at but were not kept")
        for play in self._plays[after - self.forgotten :]:
            yield dataclasses.replace(self, _plays=(play,), forgotten=0, folds=None)

    def take(self, rows: NDArray[np.integer]) -> Past:
        """Keep some deciders."""
        return dataclasses.replace(
            self, agent=self.agent[rows], whose=None if self.whose is None else self.whose[rows]
        )

    def _collect(self, values: Callable[[Play, str, Seats], Floats | None]) -> Floats:
        out = np.empty((len(self._plays), len(self.agent)))
        if self.whose is not None:
            return self._collect_by_group(values, self.whose, out)
        for row, play in enumerate(self._plays):
            held = {role: play.seats(role) for role in self.roles}
            top = max(int(seats.deciders.max(initial=0)) for seats in held.values())
            by_agent = np.full(max(top, int(self.agent.max(initial=0))) + 1, np.nan)
            for role, seats in held.items():
                found = values(play, role, seats)
                if found is not None:
                    by_agent[seats.deciders] = found
            out[row] = by_agent[self.agent]
        return out

    def _collect_by_group(
        self, values: Callable[[Play, str, Seats], Floats | None], whose: Ints, out: Floats
    ) -> Floats:
        place, of = self.agent, None
        for row, play in enumerate(self._plays):
            seats = play.seats(self.role)
            if seats is not of:
                place, of = seats.places(self.agent, whose), seats
            found = values(play, self.role, seats)
            out[row] = np.nan if found is None else np.append(found, np.nan)[place]
        return out


@dataclass(frozen=True)
class Apart:
    """Which of its groups each decider decides for, where one agent decides for each of several.

    Parameters
    ----------
    name : (D,) int
        Which neighbour shares the edge, or stands in the centre of the neighbourhood, from 1 in an order that stays;
        0 for the own neighbourhood.
    size : (D,) int
        Members of that group.
    """

    name: Ints
    size: Ints

    def take(self, rows: NDArray[np.integer]) -> Apart:
        """Keep some deciders."""
        return Apart(self.name[rows], self.size[rows])


class Folds:
    """What folds over past rounds have come to, kept from round to round for all whom one policy decides for.

    Parameters
    ----------
    agent : (A,) int
        Their numbers in the simulation, in rising order.
    person : Draws
        Their random draws for what a person keeps through the whole session.
    """

    def __init__(self, agent: Ints, person: Draws) -> None:
        self.agent = agent
        self.person = person
        self._kept: dict[tuple[str, Hashable], tuple[State, int]] = {}

    def clear(self) -> None:
        """Forget everything, as at the start of another game."""
        self._kept.clear()

    def done(self, stage: str) -> int:
        """Count the rounds that all folds of a stage have behind them; 0 where there is none."""
        return min((done for (at, _), (_, done) in self._kept.items() if at == stage), default=0)

    def state(
        self,
        stage: str,
        key: Hashable,
        past: Past,
        start: Callable[[Draws], State],
        step: Callable[[State, Past], State],
    ) -> State:
        """Go on from where the fold stood to the end of the past, for everybody; give the rows of its deciders."""
        state, done = self._kept.get((stage, key)) or (start(self.person), 0)
        for each in dataclasses.replace(past, agent=self.agent).rounds(done):
            state, done = step(state, each), done + 1
        self._kept[stage, key] = state, done
        if np.array_equal(past.agent, self.agent):
            return state
        rows = np.searchsorted(self.agent, past.agent)
        return {name: values[rows] for name, values in state.items()}


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
    known : mapping from name to (D,) float
        What they know of those they meet, as `gamesim.reputation` names it.
    apart : Apart, optional
        Which of its groups each decides for, where one agent stands in several rows.
    messages : Messages
        The words behind the codes of what is said in the game.
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
    known: Mapping[str, Floats] = field(default_factory=dict)
    apart: Apart | None = None
    messages: Messages = field(default_factory=Messages)

    def __len__(self) -> int:
        return len(self.agent)

    @property
    def decision(self) -> str:
        """Name of the decision, such as ``ultimatum.offer``."""
        return f"{self.game.name}.{self.stage}"

    @property
    def sizes(self) -> Ints | None:
        """Members of each decider's own group, or of the one decided for: (D,) int; None for the size of the game."""
        if self.apart is not None:
            return self.apart.size
        if self.matching != "neighbourhoods" or self.neighbours is None:
            return None
        return self.neighbours.count + 1

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
            past=self.past.take(rows),
            draws=self.draws.take(rows),
            person=self.person.take(rows),
            matching=self.matching,
            own={name: values[rows] for name, values in self.own.items()},
            subjects=None if self.subjects is None else self.subjects.take(rows),
            neighbours=None if self.neighbours is None else self.neighbours.take(rows),
            continuation=self.continuation,
            known={name: values[rows] for name, values in self.known.items()},
            apart=None if self.apart is None else self.apart.take(rows),
            messages=self.messages,
        )

    def fold(
        self, key: Hashable, start: Callable[[Draws], State], step: Callable[[State, Past], State]
    ) -> State:
        """Work through the past rounds one by one, oldest first.

        What comes out is a function of these rounds alone.  Where the agent's class says ``folds = True`` it is kept
        from round to round, so that a round costs one step, however long the past is, and past rounds need not be
        kept.

        Parameters
        ----------
        key : hashable
            Names this fold among those of the agent at this stage.
        start : callable
            From the persons' draws to their state before the first round.
        step : callable
            From a state and the `Past` of one round to the state after it; it must treat each row by itself, give new
            arrays, and depend on nothing else that changes from round to round.

        Returns
        -------
        dict from name to (D, ...) array
            The state after the last round.
        """
        if self.past.folds is not None:
            return self.past.folds.state(self.stage, key, self.past, start, step)
        state = start(self.person)
        for each in self.past.rounds():
            state = step(state, each)
        return state

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
        columns = [*self.seen.values(), *self.own.values(), *self.known.values()]
        if self.neighbours is not None:
            columns.extend(self.neighbours.columns())
        if self.apart is not None:
            columns.extend(each.astype(np.float64) for each in (self.apart.name, self.apart.size))
        if self.past._plays:
            stages = [
                each.name for each in self.game.stages if self.game.decider(each.name) in self.past.roles
            ]
            columns.extend(self.past.held().astype(np.float64) if self.past.also else ())
            columns.extend(row for stage in stages for row in self.past.own(stage))
            columns.extend(row for name in self.past.names_told() for row in self.past.told(name))
            columns.extend(self.past.earned())
        if not columns:
            return np.zeros(min(1, len(self)), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        # NaN equals nothing, itself included: any number outside the game's range stands for it.
        table = np.nan_to_num(np.column_stack(columns), nan=-1e300)
        _, first, situation = np.unique(table, axis=0, return_index=True, return_inverse=True)
        return cast(Ints, first.astype(np.int64)), cast(Ints, situation.ravel().astype(np.int64))
