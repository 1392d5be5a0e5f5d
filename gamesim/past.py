"""What deciders have behind them: the rounds they lived through, and what folding these came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import Bools
from gamesim.errors import GamesimError, unknown
from gamesim.game import Play
from gamesim.groups import Seats
from gamesim.streams import Draws, Floats, Ints

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

    def void(self) -> Floats:
        """Give how many of these groups lacked somebody's action, in every past round: (T, D) float."""
        return self._collect(
            lambda play, role, seats: seats.earned(seats.spread(play.void().astype(np.float64)))
        )

    def held(self) -> Ints:
        """Give which of `roles` each held in every past round: (T, D) int, -1 for none."""
        roles = self._collect(
            lambda play, role, seats: np.full(len(seats.deciders), float(self.roles.index(role)))
        )
        return cast(Ints, np.nan_to_num(roles, nan=-1).astype(np.int64))

    def kept(self) -> Bools:
        """Tell in which past rounds each was not asked and the last choice counted again: (T, D) bool."""
        return np.nan_to_num(self._collect(lambda play, role, seats: play.kept.get(role))) > 0

    def names_told(self) -> tuple[str, ...]:
        """Name what is told after a round, in any of the roles."""
        if not self._plays:
            return ()
        told = self._plays[0].told
        return tuple(dict.fromkeys(name for role in self.roles for name in told.get(role, ())))

    def seats(self) -> Seats:
        """Give the seats of the present role in the last round."""
        return self._plays[-1].seats(self.role)

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
        for row, play in enumerate(self._plays):
            found = values(play, self.role, play.seats(self.role))
            out[row] = np.nan if found is None else np.append(found, np.nan)[self._places[row]]
        return out

    @cached_property
    def _places(self) -> list[Ints]:
        """Where the deciders sat in each round, by the groups they decide for: (D,) int each, -1 for nowhere."""
        assert self.whose is not None
        found: list[Ints] = []
        of = None
        for play in self._plays:
            seats = play.seats(self.role)
            found.append(found[-1] if seats is of else seats.places(self.agent, self.whose))
            of = seats
        return found


class Folds:
    """What folds over past rounds have come to, kept from round to round for all whom one policy decides for.

    There is a row for everybody, and where agents decide for each of several groups one for everybody in each group
    that they ever sat in.  In groups of others nobody has lived through anything yet; what that comes to is kept in the
    row of the agent itself.

    Parameters
    ----------
    agent : (A,) int
        Their numbers in the simulation, in rising order.
    person : Draws
        Their random draws for what a person keeps through the whole session.
    """

    def __init__(self, agent: Ints, person: Draws) -> None:
        self._everybody = agent
        self._person = person
        self.clear()

    def clear(self) -> None:
        """Forget everything, as at the start of another game."""
        self._kept: dict[tuple[str, Hashable], tuple[State, int]] = {}
        self._rows = Seats(self._everybody, 1)
        self._seated: Seats | None = None

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
        state, done = self._kept.get((stage, key)) or (start(self._person), 0)
        for each in past.rounds(done):
            self._make_room(each)
            lived = dataclasses.replace(each, agent=self._rows.agent, whose=self._rows.whose)
            state, done = step(self._widened(state), lived), done + 1
        state = self._widened(state)
        self._kept[stage, key] = state, done
        if past.whose is None and np.array_equal(past.agent, self._everybody):
            return state
        rows = self._own(past.agent)
        if past.whose is not None and self._rows.whose is not None:
            place = self._rows.places(past.agent, past.whose)
            rows = np.where(place < 0, rows, place)
        return {name: values[rows] for name, values in state.items()}

    def _own(self, agent: Ints) -> Ints:
        """Give the rows of agents themselves, all of whom are among these: (K,) int."""
        return np.searchsorted(self._everybody, agent)

    def _make_room(self, past: Past) -> None:
        """Add rows for those who sit in a group for the first time in a round."""
        seats = past.seats()
        if seats.whose is None or seats is self._seated:
            return
        self._seated = seats
        row = np.minimum(self._own(seats.agent), len(self._everybody) - 1)
        here = self._everybody[row] == seats.agent
        agent, whose = seats.agent[here], seats.whose[here]
        rows, groups = self._rows.agent, self._rows.whose
        if groups is None:
            groups = np.full(len(rows), -1)
        new = Seats(rows, 1, whose=groups).places(agent, whose) < 0
        self._rows = Seats(np.append(rows, agent[new]), 1, whose=np.append(groups, whose[new]))

    def _widened(self, state: State) -> State:
        """Let rows that were added begin with what their agents have made of rounds without them."""
        return {
            name: values
            if len(values) == len(self._rows.agent)
            else np.concatenate([values, values[self._own(self._rows.agent[len(values) :])]])
            for name, values in state.items()
        }
