"""What a batch of deciders knows: what the stage shows, what they lived through, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import ActionSpace
from gamesim.game import Game
from gamesim.meeting import STRANGER, kind_of
from gamesim.messages import Messages
from gamesim.neighbours import Neighbours
from gamesim.past import Past, State
from gamesim.streams import Draws, Floats, Ints
from gamesim.subjects import Subjects


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
    rewiring : str
        How the network changes between rounds, as `gamesim.rewiring` names it; empty where it stays.
    own : mapping from stage to (D,) float
        What the deciders themselves did earlier in this round.
    subjects : Subjects, optional
        Who the deciders are, where they are anybody.
    neighbours : Neighbours, optional
        Those next to them on a network.
    continuation : float
        Probability that another round follows each; `rounds` are announced where it is 0.
    lasting : bool
        Whether groups stay together for a game of several rounds, and are formed anew for the next.
    update : str
        Who decides anew in a round, as `gamesim.society.Society` says it; whoever does not keeps the last choice.
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
    matching: str = STRANGER.name
    rewiring: str = ""
    own: Mapping[str, Floats] = field(default_factory=dict)
    subjects: Subjects | None = None
    neighbours: Neighbours | None = None
    continuation: float = 0.0
    lasting: bool = False
    update: str = "synchronous"
    known: Mapping[str, Floats] = field(default_factory=dict)
    apart: Apart | None = None
    messages: Messages = field(default_factory=Messages)

    def __len__(self) -> int:
        return len(self.agent)

    @property
    def decision(self) -> str:
        """Name of the decision, such as ``ultimatum.offer``."""
        return f"{self.game.name}.{self.stage}"

    @cached_property
    def sizes(self) -> Ints | None:
        """Members of each decider's own group, or of the one decided for: (D,) int; None for the size of the game."""
        if self.apart is not None:
            return self.apart.size
        around = kind_of(self.matching).around
        return self.neighbours.count + 1 if around and self.neighbours is not None else None

    def take(self, rows: NDArray[np.integer]) -> Observations:
        """Keep some rows."""
        return dataclasses.replace(
            self,
            agent=self.agent[rows],
            space=self.space.take(rows),
            seen={name: values[rows] for name, values in self.seen.items()},
            past=self.past.take(rows),
            draws=self.draws.take(rows),
            person=self.person.take(rows),
            own={name: values[rows] for name, values in self.own.items()},
            subjects=None if self.subjects is None else self.subjects.take(rows),
            neighbours=None if self.neighbours is None else self.neighbours.take(rows),
            known={name: values[rows] for name, values in self.known.items()},
            apart=None if self.apart is None else self.apart.take(rows),
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
        if len(self.past):
            stages = [
                each.name for each in self.game.stages if self.game.decider(each.name) in self.past.roles
            ]
            columns.extend(self.past.held().astype(np.float64))
            columns.extend(self.past.kept().astype(np.float64) if self.update != "synchronous" else ())
            columns.extend(row for stage in stages for row in self.past.own(stage))
            columns.extend(row for name in self.past.names_told() for row in self.past.told(name))
            columns.extend(self.past.earned())
            if self.neighbours is not None:
                # What is told of earnings hangs on the groups that they are from.
                columns.extend((*self.past.games(), *self.past.void(), *self.past.sizes()))
        if not columns:
            return np.zeros(min(1, len(self)), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        # NaN equals nothing, itself included: any number outside the game's range stands for it.
        table = np.nan_to_num(np.column_stack(columns), nan=-1e300)
        _, first, situation = np.unique(table, axis=0, return_index=True, return_inverse=True)
        return cast(Ints, first.astype(np.int64)), cast(Ints, situation.ravel().astype(np.int64))
