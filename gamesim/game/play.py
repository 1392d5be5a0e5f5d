"""One round of a game, over all groups at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gamesim.actions import Bools
from gamesim.errors import GamesimError
from gamesim.game.declared import Stage
from gamesim.groups import Groups, Seats
from gamesim.messages import SILENCE, Messages, speakers
from gamesim.streams import Draws, Floats, Ints

if TYPE_CHECKING:
    from gamesim.game import Game


class Play:
    """One round as far as it has been played: read-only, over all groups at once.

    ``play["offer"]`` is (M,) float: one value for each seat of the role that decided, ordered by group.  Where
    the role has one seat a group that is (G,).  At a stage of messages the values are codes, whose words are in
    `messages`.
    """

    def __init__(
        self,
        game: Game,
        groups: Groups,
        draws: Callable[[Ints], Draws],
        messages: Messages | None = None,
    ) -> None:
        self.game = game
        self.groups = groups
        self.messages = Messages() if messages is None else messages
        self.actions: dict[str, Floats] = {}
        self.decided: dict[str, Floats] = {}
        self.earned: dict[str, Floats] = {}
        self.kept: dict[str, Floats] = {}
        self.chance_draws = draws

    def __getitem__(self, stage: str) -> Floats:
        if stage not in self.actions and stage in self.decided:
            # Laid out when somebody looks: on a network, seats are many times as many as agents.
            self.actions[stage] = self.seats(self.game.decider(stage)).seated(self.decided[stage])
        return self.actions[stage]

    def decide(self, stage: str, values: Floats) -> None:
        """Enter what was decided at a stage: (D,) float, one value for everybody asked."""
        self.decided[stage] = values

    def keep(self, role: str, kept: Bools) -> None:
        """Enter who of a role kept the last choice at a stage: (D,) bool; in a round, at all stages of the role."""
        self.kept[role] = np.asarray(self.kept.get(role, 1.0) * kept, dtype=np.float64)

    def seats(self, role: str) -> Seats:
        """Give the seats of a role."""
        return self.groups.seats[role]

    def games(self, role: str) -> Floats:
        """Give in how many groups the choice of each seat counts: (M,) float."""
        seats = self.seats(role)
        return seats.seated(seats.games())

    def total(self, stage: str) -> Floats:
        """Sum a stage's actions over each group, shown to each decider of the stage: (M,) float."""
        seats = self.seats(self.game.decider(stage))
        return seats.spread(seats.total(self[stage]))

    def others_mean(self, stage: str) -> Floats:
        """Average the actions of the others in the group: (M,) float."""
        seats = self.seats(self.game.decider(stage))
        sizes = seats.sizes if isinstance(seats.sizes, int) else np.repeat(seats.sizes, seats.sizes)
        others = self.total(stage) - self[stage]
        if isinstance(sizes, int) and sizes > 1:
            others /= sizes - 1
            return others
        count = np.broadcast_to(np.asarray(sizes) - 1, others.shape)
        # Who is alone has no others.
        mean: Floats = np.divide(others, count, out=np.full(len(others), np.nan), where=count > 0)
        return mean

    def partner(self, stage: str) -> Floats:
        """Give each of two equal seats the other's action: (M,) float."""
        return self.by_group(self.game.decider(stage), self[stage])[:, ::-1].ravel()

    def by_group(self, role: str, values: Floats) -> Floats:
        """Lay the values of a role's seats out, one row a group: (M,) -> (G, K).

        Raises
        ------
        GamesimError
            Where groups are not of the size that the game says.
        """
        size = self.game.seats_of(role)
        sizes = self.seats(role).sizes
        if not isinstance(sizes, int):
            raise GamesimError(
                f"{self.game.name}: is for groups with {size} {role} seats, but these groups differ in size; "
                "choose another matching"
            )
        if sizes != size:
            other = f"group_size={sizes}" if "group_size" in self.game.parameters() else "another matching"
            raise GamesimError(
                f"{self.game.name}: is for groups with {size} {role} seats, but these groups have {sizes}; "
                f"choose {other}"
            )
        return values.reshape(-1, size)

    def conversation(self, stage: str) -> Floats:
        """Give each decider of a stage all that was said there in the group, as one code: (M,) float.

        NaN where a message is missing.  Speakers are named by their seats (`gamesim.messages.speakers`).
        """
        role = self.game.decider(stage)
        seats, said = self.seats(role), self[stage]
        sizes = np.broadcast_to(np.asarray(seats.sizes), (seats.groups,))
        starts = np.cumsum(sizes) - sizes
        kinds, kind = np.unique(sizes, return_inverse=True)
        quiet = np.array([self._heard(role, (SILENCE,) * size)[0] for size in kinds.tolist()])
        # Nothing was said, until something is found; what is missing stays so.
        heard = seats.spread(quiet[kind] + seats.total(said * 0.0))
        spoken = np.flatnonzero(np.add.reduceat(said, starts) > 0) if len(said) else ()
        # Where words are few many groups say the same.
        conversations: dict[tuple[float, ...], list[float]] = {}
        for group in spoken:
            seat = slice(int(starts[group]), int(starts[group] + sizes[group]))
            codes = tuple(said[seat].tolist())
            if codes not in conversations:
                conversations[codes] = self._heard(role, codes)
            heard[seat] = conversations[codes]
        return heard

    def _heard(self, role: str, codes: Sequence[float]) -> list[float]:
        texts, many = [self.messages.text(code) for code in codes], len(codes)
        said = tuple(zip(speakers(role, many), texts, strict=True))
        return [self.messages.converse(said, reader) for reader in range(many)]

    def shown(self, stage: Stage) -> dict[str, Floats]:
        """Give what a stage shows of this round to each of its deciders: (M,) float each."""
        seats = self.seats(self.game.decider(stage.name))
        return {
            name: self.game.signal(name, self) if name in self.game.signals else seats.spread(self[name])
            for name in stage.sees
        }

    @cached_property
    def told(self) -> Mapping[str, Mapping[str, Floats]]:
        """What each role is told after the round, worked out once: (M,) float each."""
        return self.game.feedback(self)

    def settled(self, role: str, earned: Floats) -> Floats:
        """Give what each seat of a role earns, and NaN throughout the groups that lack any action: (M,) float."""
        return np.where(np.repeat(self.void(), self.seats(role).sizes), np.nan, earned)

    def void(self) -> Bools:
        """Tell which groups lack an action at any stage, once all have been decided: (G,) bool."""
        deciders = {each.name: self.game.decider(each.name) for each in self.game.stages}
        return self.groups.void({name: self[name] for name in deciders}, deciders)

    def chance(self, purpose: str, role: str) -> Floats:
        """Draw a move of nature for each seat of a role: (M,) float, uniform on [0, 1)."""
        return self.chance_draws(self.seats(role).agent).uniform(purpose)
