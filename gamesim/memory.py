"""What is kept of past rounds: as many as anybody looks back, and what those who fold them have made of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gamesim.game import Game, Play
from gamesim.observation import Observations
from gamesim.past import Folds, Past
from gamesim.policy import Policy
from gamesim.population import Cast
from gamesim.society import Society
from gamesim.streams import Draws, Ints


class Memory:
    """The past rounds of a game, and of a supergame.

    Parameters
    ----------
    game : Game
    cast : Cast
    policies : sequence of Policy
        Who looks back.
    society : Society
    person : callable
        From agents to their random draws for what a person keeps through the whole session.
    """

    def __init__(
        self,
        game: Game,
        cast: Cast,
        policies: Sequence[Policy],
        society: Society,
        person: Callable[[Ints], Draws],
    ) -> None:
        self._plays: list[Play] = []
        self._game = game
        self._cast = cast
        self._policies = policies
        self._person = person
        self._span = _span(policies, society)
        self._forgotten = 0
        self._begun = 0
        self._folds: dict[tuple[int, str], Folds] = {}

    @property
    def plays(self) -> list[Play]:
        """The rounds of the present supergame that are kept, oldest first."""
        return self._plays[max(0, self._begun - self._forgotten) :]

    @property
    def _lived(self) -> int:
        return self._forgotten + len(self._plays)

    def begin(self) -> None:
        """Begin another supergame, of which nobody knows anything yet."""
        self._begun = self._lived
        for (index, _), folds in self._folds.items():
            if not self._policies[index].carries:
                folds.clear()

    def add(self, play: Play) -> None:
        """Keep a round as long as anybody may look at it."""
        self._plays.append(play)
        here = self._lived - self._begun
        needed = [here if self._span is None else min(self._span, here), *self._unfolded()]
        many = max(0, len(self._plays) - max(needed))
        del self._plays[:many]
        self._forgotten += many

    def past(self, role: str, agent: Ints, whose: Ints | None) -> Past:
        """Give the past of deciders, by their numbers: (D,) int; and of which group, where they decide for several."""
        forgotten = max(0, self._forgotten - self._begun)
        return Past(tuple(self.plays), role, agent, self._also(role), whose, forgotten)

    def known_to(self, index: int, obs: Observations) -> Observations:
        """Let a policy that folds the past go on from where it stood."""
        policy = self._policies[index]
        if not policy.folds:
            return obs
        past = dataclasses.replace(obs.past, folds=self._folds_of(index, obs.role))
        if policy.carries:
            past = dataclasses.replace(past, _plays=tuple(self._plays), forgotten=self._forgotten)
        return dataclasses.replace(obs, past=past)

    def _unfolded(self) -> Iterator[int]:
        """Give how many rounds each policy that folds has yet to fold at each of its stages."""
        for index, policy in enumerate(self._policies):
            if policy.folds:
                lived = self._lived if policy.carries else self._lived - self._begun
                roles = self._cast.roles_of(index)
                for stage in self._game.stages:
                    role = self._game.decider(stage.name)
                    # Who has no words is not asked for messages.
                    if role in roles and (policy.speaks or stage.name not in self._game.talks):
                        yield lived - self._folds_of(index, role).done(stage.name)

    def _folds_of(self, index: int, role: str) -> Folds:
        """Give what a policy keeps of the past for all for whom it may decide in a role."""
        if (index, role) not in self._folds:
            holds = np.zeros(self._cast.n, dtype=np.bool_)
            for each in (role, *self._also(role)):
                holds[self._cast.members[each]] = True
            agents = np.flatnonzero((self._cast.policy == index) & np.tile(holds, self._cast.sessions))
            self._folds[index, role] = Folds(agents, self._person(agents))
        return self._folds[index, role]

    def _also(self, role: str) -> tuple[str, ...]:
        """Name the other roles that an agent may have held before."""
        return tuple(each for each in self._cast.members if each != role) if self._cast.rotating else ()


def _span(policies: Sequence[Policy], society: Society) -> int | None:
    """Give how many rounds anybody looks back, folds apart; None for all."""
    # Who does not decide anew keeps the choice of the last round.
    kept = 0 if society.update == "synchronous" else 1
    # Who is asked about a link is told what it earned.
    spans = [
        max(1, policy.lookback) if policy.asked_for_links and policy.lookback is not None else policy.lookback
        for policy in policies
        if not policy.folds
    ]
    known = [span for span in spans if span is not None]
    return max([kept, *known]) if len(known) == len(spans) else None
