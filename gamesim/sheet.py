"""The rows of the decision table that a round makes, and the replies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from gamesim.actions import Choice, Text
from gamesim.answers import Answers, message_columns, seen_column, trait_columns
from gamesim.columns import Block, Coded, Column
from gamesim.game import Play, Stage
from gamesim.groups import Seats
from gamesim.observation import Observations
from gamesim.policy import Decisions
from gamesim.population import Cast
from gamesim.record import Recorder
from gamesim.society import Moment
from gamesim.streams import Ints

EXACT_LIMIT = 2_000
"""Largest number of distinct distributions of one batch that are kept beside the draws."""


class Sheet:
    """Writes what is decided in the words and numbers of the table.

    Parameters
    ----------
    recorder : Recorder
        Keeps what is written.
    cast : Cast
    labels : sequence of str
        Names of the policies.
    run : str
        Name of the run.
    """

    def __init__(self, recorder: Recorder, cast: Cast, labels: Sequence[str], run: str) -> None:
        self._recorder = recorder
        self._cast = cast
        self._labels = labels
        self._run = run

    def add(self, when: Moment, stage: Stage, play: Play, answers: Answers, obs: Observations) -> None:
        """Write the decisions of a stage when they are wanted."""
        self._recorder.add(Block(len(obs), partial(self._columns, when, stage, play, answers, obs)))

    def reply(self, obs: Observations, index: int, decisions: Decisions) -> int | Ints | None:
        """Keep what stands behind the answers of a policy, and give the number of the reply behind each row."""
        replies, reply = decisions.replies, decisions.reply
        # Of messages the probabilities would be those of codes.
        exact = None if isinstance(obs.space, Text) else decisions.distribution
        if not replies and exact is not None and len(exact.probabilities) <= EXACT_LIMIT:
            replies = [
                {
                    "decision": obs.decision,
                    "policy": self._labels[index],
                    "actions": exact.values_of(row)[p > 0].tolist(),
                    "probabilities": p[p > 0].tolist(),
                }
                for row, p in enumerate(exact.probabilities)
            ]
            reply = exact.row
        if not replies:
            return None
        numbers = self._recorder.add_replies(replies)
        return int(numbers[0]) if reply is None else np.where(reply >= 0, numbers[reply], -1)

    def _labelled(self, agents: Ints) -> Column:
        """Name the policy of each agent; policies of the same name are one in the table."""
        names = list(dict.fromkeys(self._labels))
        if len(names) == 1:
            return names[0]
        code = np.array([names.index(label) for label in self._labels])
        return Coded(code[self._cast.policy[agents]], names)

    def _columns(
        self, when: Moment, stage: Stage, play: Play, answers: Answers, obs: Observations
    ) -> dict[str, Column]:
        """Put the decisions of a stage into the columns of the table."""
        role = obs.role
        seats = play.seats(role)
        session = obs.agent // self._cast.n
        places = np.flatnonzero(np.array(play.game.roles) == role)
        space = play.game.space_at_most(stage.name)
        columns: dict[str, Column] = {
            "run": self._run,
            "replication": 0,
            "session": session if self._cast.sessions > 1 else 0,
            "supergame": when.supergame,
            "round": when.round,
            "stage": stage.name,
            "decision": obs.decision,
            "group": self._group(play, seats, session),
            "seat": int(places[0])
            if len(places) == 1 or seats.once is not None
            else places[0] + seats.position(),
            "role": role,
            "agent": obs.draws.agent,
            "policy": self._labelled(obs.agent),
            "seen": seen_column(obs),
            "payoff": play.earned[role],
        }
        columns |= answers.columns()
        if isinstance(space, Choice):
            columns["label"] = Coded(np.nan_to_num(answers.actions, nan=-1).astype(np.int32), space.labels)
        if isinstance(space, Text):
            columns |= message_columns(answers.actions, obs.messages)
        if self._cast.subjects is not None:
            columns |= trait_columns(self._cast.subjects.take(obs.agent))
        return columns

    def _group(self, play: Play, seats: Seats, session: Ints) -> Ints:
        """Count the groups of the rows within their sessions; -1 where a decision counts in several."""
        group = seats.own_group()
        if self._cast.sessions == 1:
            return group
        holder = next(iter(play.groups.seats.values()))
        first_seat = holder.agent[np.flatnonzero(holder.position() == 0)] // self._cast.n
        start = np.searchsorted(first_seat, np.arange(self._cast.sessions))
        return np.where(group < 0, -1, group - start[session])
