"""How a society goes on from round to round: who revises a choice when, how long a game lasts, what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError, unknown
from gamesim.neighbours import SHOWN
from gamesim.reputation import LEVELS
from gamesim.streams import generator, key, shuffles, uniforms, words

ROLES = ("fixed", "random")
PLACEMENTS = ("random", "clustered", "degree")
UPDATES = ("synchronous", "sequential", "death_birth")


@dataclass(frozen=True)
class Society:
    """The rules under which rounds follow each other.

    The schedule of revisions changes results (Huberman & Glance 1993), so it is always stated.

    Parameters
    ----------
    update : str
        ``synchronous``: everybody decides anew in every round.  ``sequential``: from the second round on agents take
        turns in an order drawn anew for every generation; the others keep their choice.  ``death_birth``: who decides
        anew is drawn with replacement (as in Ohtsuki et al. 2006).
    share : float
        Share of the agents that decide anew in a round under the last two; one agent a session where it is 0.
    continuation : float
        Probability that another round follows; 0 where the number of rounds is fixed.
    supergames : int
        Games of several rounds that are played one after another, each in groups that stay together until it is over.
    neighbours : str
        What neighbours on a network see of each other: ``nothing``, ``actions`` or ``earnings`` too.
    reputation : str
        What players know of those they meet: ``none``, ``partner``, ``image`` or ``list`` (`gamesim.reputation`).
    roles : str
        ``fixed``: held for the whole session; ``random``: drawn anew in every round within each group.
    placement : str
        Which policies sit on which nodes: ``random``, ``clustered`` or ``degree`` (`gamesim.population.placed`).
    """

    update: str = "synchronous"
    share: float = 0.0
    continuation: float = 0.0
    supergames: int = 1
    neighbours: str = "earnings"
    reputation: str = "none"
    roles: str = "fixed"
    placement: str = "random"

    def __post_init__(self) -> None:
        for what, given, there_are in (
            ("update schedule", self.update, UPDATES),
            ("view of neighbours", self.neighbours, SHOWN),
            ("reputation", self.reputation, LEVELS),
            ("way to give roles", self.roles, ROLES),
            ("placement", self.placement, PLACEMENTS),
        ):
            if given not in there_are:
                raise unknown(what, given, there_are)
        if not 0 <= self.share <= 1:
            raise GamesimError(f"update: share = {self.share} must be 0 to 1")
        if not 0 <= self.continuation < 1:
            raise GamesimError(f"continuation = {self.continuation} must be at least 0 and below 1")
        if self.supergames < 1:
            raise GamesimError(f"supergames = {self.supergames} must be at least 1")

    @property
    def lasting(self) -> bool:
        """Whether groups stay together for a game of several rounds, and are formed anew for the next."""
        return self.continuation > 0 or self.supergames > 1

    @classmethod
    def from_words(cls, update: str = "synchronous", **given: float | str) -> Society:
        """Read the schedule as it is written: ``sequential`` or ``sequential:0.1``."""
        name, sign, share = update.partition(":")
        if sign and name == "synchronous":
            raise GamesimError(
                f"update {update}: everybody decides anew in every round; take sequential:{share}"
            )
        try:
            return cls(name, float(share) if sign else 0.0, **given)  # type: ignore[arg-type]
        except ValueError:
            raise GamesimError(f"update {update}: write {name}:SHARE with a number from 0 to 1") from None

    def revising(self, step: int, begun: int, seed: int, n: int, sessions: int) -> NDArray[np.bool_]:
        """Tell who decides anew in a round: (sessions * n,) bool.

        Parameters
        ----------
        step : int
            Number of the round in the run, from 1.
        begun : int
            Games begun so far, from 1: in their first rounds everybody decides, and nobody's turn passes.
        seed : int
            Of the run.
        n, sessions : int
            Agents a session, and sessions.
        """
        many = revising_at_once(self.share, n)
        may = np.zeros((sessions, n), dtype=bool)
        if self.update == "death_birth":
            streams = words(key(seed, "revising", step), np.arange(sessions))
            drawn = uniforms(np.repeat(streams, many), np.tile(np.arange(many), sessions))
            places = np.floor(drawn * n).astype(np.int64).reshape(sessions, many)
            np.put_along_axis(may, places, True, axis=1)
            return may.ravel()
        turns = -(-n // many)
        generation, turn = divmod(step - begun - 1, turns)
        order = shuffles(n, sessions, seed, "revising", generation)
        np.put_along_axis(may, order[:, turn * many : (turn + 1) * many], True, axis=1)
        return may.ravel()


def revising_at_once(share: float, n: int) -> int:
    """Count those of `n` agents who decide anew in a round: a share of them, and one at least."""
    return max(1, round(share * n))


ALONE = Society()


@dataclass(frozen=True)
class Moment:
    """Where a round stands.

    Parameters
    ----------
    supergame, round : int
        Number of the game, and of the round within it, from 1.
    announced : int
        How many rounds players know of; 0 where that is left to chance.
    """

    supergame: int
    round: int
    announced: int


class Calendar:
    """All rounds of a run; the first has number 1.

    Parameters
    ----------
    rounds : int
        Rounds of each game; not used where chance decides.
    society : Society
        Says whether it does.
    seed : int
        Of the run.
    """

    def __init__(self, rounds: int, society: Society, seed: int) -> None:
        self._announced = 0 if society.continuation else rounds
        lengths = [rounds] * society.supergames
        if society.continuation:
            # The same for all sessions and treatments of a seed, as laboratories do.
            chance = generator(seed, "continuation")
            lengths = chance.geometric(1 - society.continuation, society.supergames).tolist()
        self.lengths = tuple(int(length) for length in lengths)
        self._ends = np.cumsum(self.lengths)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __str__(self) -> str:
        """Say how many games and rounds there are: ``10 rounds``, ``3 supergames of 25 rounds in all``."""
        games, rounds = len(self.lengths), len(self)
        if games > 1:
            return f"{games} supergames of {rounds} rounds in all"
        return f"{rounds} round{'s' if rounds > 1 else ''}"

    def at(self, step: int) -> Moment:
        """Tell where a round stands."""
        game = int(np.searchsorted(self._ends, step))
        before = int(self._ends[game - 1]) if game else 0
        return Moment(game + 1, step - before, self._announced)
