"""What learners share: everybody's history, and what each action would have brought in it."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gamesim.behaviour.choosing import drawn
from gamesim.behaviour.outcomes import Prospects, alike, names_told, payoff_table, prospects, rival_stage
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter
from gamesim.policy import Decisions, ExactPolicy, Setting
from gamesim.streams import Floats, Ints

_BLOCK = 400_000


@dataclass(frozen=True)
class History:
    """The rounds that some persons have behind them: T rounds of D persons.

    Parameters
    ----------
    outlook : Prospects
        What can come of each action while nothing is known of the others.
    own : (T, D) int
        Which action each took; -1 for none.
    earned : (T, D) float
        What each earned in a game, on average where it played several at once; NaN for nothing.
    told : (T, D) float, optional
        What the others did, on average where there are several; NaN for no decision.
    table : (L, K) float, optional
        What each action earns against each of the others'.
    others : (K,) float, optional
        The others' actions.
    """

    outlook: Prospects
    own: Ints
    earned: Floats
    told: Floats | None = None
    table: Floats | None = None
    others: Floats | None = None

    def __len__(self) -> int:
        return len(self.own)

    @property
    def people(self) -> int:
        """Number of persons, D."""
        return int(self.own.shape[1])

    @property
    def options(self) -> int:
        """Number of actions, L."""
        return len(self.outlook.actions)

    def met(self, round: int) -> Floats:
        """Give how the others acted in a round, as weights on their actions: (D, K) float.

        A mean between two actions is a mixture of both.  Rows are zero where nothing was decided.
        """
        assert self.told is not None
        assert self.others is not None
        told = self.told[round]
        known = np.nan_to_num(told, nan=float(self.others[0]))
        above = np.clip(np.searchsorted(self.others, known - 1e-9), 1, len(self.others) - 1)
        low, high = self.others[above - 1], self.others[above]
        share = np.clip((known - low) / (high - low), 0, 1)
        weights = np.zeros((self.people, len(self.others)))
        rows = np.arange(self.people)
        weights[rows, above - 1], weights[rows, above] = 1 - share, share
        weights[np.isnan(told)] = 0
        return weights

    def brought(self, round: int) -> Floats:
        """Give what each action would have earned against those met in a round: (D, L) float."""
        assert self.table is not None
        earned: Floats = self.met(round) @ self.table.T
        return earned

    def took(self, round: int) -> Floats:
        """Mark the action that each took in a round: (D, L) float, rows zero for no decision."""
        return np.asarray(np.arange(self.options) == self.own[round][:, None], dtype=np.float64)


@dataclass(frozen=True)
class Learner(ExactPolicy):
    """An agent whose probabilities follow from its own history."""

    informed: ClassVar[bool] = True
    """Whether it needs to know the payoffs and what the others did, or only what it earned."""

    @abstractmethod
    def weights(self, history: History, of: Mapping[str, Floats]) -> Floats:
        """Give the probabilities of every action: (D, L) float.

        Parameters
        ----------
        history : History
        of : mapping from parameter to (D, 1) float
        """

    def prepare(self, setting: Setting) -> Self:
        """Refuse answers to what others just did, and games that do not tell what a learner must know."""
        game = setting.game
        for stage in setting.decisions():
            if game.stage(stage).sees:
                raise GamesimError(
                    f"{self.agent_name()} learns which action to take, not answers to what is seen: it does not "
                    f"play {game.name}.{stage}"
                )
            prospects(game, stage, (), alike)
            if self.informed:
                payoff_table(game, stage)
                told_of_rival(self.agent_name(), game, stage)
        return self

    def decide(self, obs: Observations) -> Decisions:
        """Draw one action a row, block by block."""
        actions, probability = np.empty(len(obs)), np.empty(len(obs))
        u = obs.draws.uniform()
        for rows, values, weights in self._blocks(obs):
            actions[rows], probability[rows] = drawn(values, weights, u[rows])
        return Decisions(actions, "exact", probability=probability)

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the probabilities, a row for everybody, which takes room."""
        parts = [weights for _, _, weights in self._blocks(obs)]
        return ActionDistribution(obs.space.support(), np.concatenate(parts), np.arange(len(obs)))

    def _blocks(self, obs: Observations) -> Iterator[tuple[slice, Floats, Floats]]:
        game, stage = obs.game, obs.stage
        outlook = prospects(game, stage, (), alike)
        past = obs.past if self.lookback is None else obs.past.recent(self.lookback)
        own = past.own(stage)
        taken = np.searchsorted(outlook.actions, own - 1e-9).astype(np.int64)
        taken[np.isnan(own)] = -1
        earned = past.earned() / np.maximum(past.games(), 1)
        told = table = others = None
        if self.informed:
            rival = rival_stage(game, stage)
            assert rival is not None
            table, others = payoff_table(game, stage), game.space_at_most(rival).support()
            told = (
                past.told(told_of_rival(self.agent_name(), game, stage)) if len(past) else np.empty_like(own)
            )
        traits = {
            item.name: value.of(obs)[:, None]
            for item in dataclasses.fields(self)
            if isinstance(value := getattr(self, item.name), Parameter)
        }
        size = max(1, _BLOCK // len(outlook.actions))
        for first in range(0, len(obs), size):
            rows = slice(first, first + size)
            history = History(
                outlook,
                taken[:, rows],
                earned[:, rows],
                None if told is None else told[:, rows],
                table,
                others,
            )
            of = {name: values[rows] for name, values in traits.items()}
            yield rows, outlook.actions, self.weights(history, of)


def told_of_rival(agent: str, game: Game, stage: str) -> str:
    """Find the name under which a player is told what the others did.

    Raises
    ------
    GamesimError
        Where it is not told.
    """
    told = names_told(game, game.decider(stage))
    for name in (rival_stage(game, stage), "other", "others_mean"):
        if name is not None and name in told:
            return name
    raise GamesimError(
        f"{agent}: the {game.decider(stage)} of {game.name} is not told afterwards what the other did"
    )
