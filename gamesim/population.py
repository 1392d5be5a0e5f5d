"""Who is who: how many of each agent there are, and which seats they may take."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.network import Network
from gamesim.spec import Item, check_seats, shares
from gamesim.streams import Draws, Ints, generator
from gamesim.subjects import People, Subjects

KEYBOARD = "me"


@dataclass(frozen=True)
class Cast:
    """The agents of all sessions.

    Parameters
    ----------
    n : int
        Agents a session; agent `a` of session `s` is number ``s * n + a``.
    sessions : int
        How many sessions are played side by side.
    members : mapping from role to (n_role,) int
        The agents, by number within a session, that hold each role.
    policy : (sessions * n,) int
        Index of the policy of every agent.
    subjects : Subjects, optional
        Who every agent is, where they are anybody.
    rotating : bool
        Whether roles are drawn anew in every round; `members` then says only which roles there are, and groups are
        formed of all agents.
    """

    n: int
    sessions: int
    members: Mapping[str, Ints]
    policy: Ints
    subjects: Subjects | None = None
    rotating: bool = False

    @property
    def people(self) -> People | None:
        """All personas, if there are any."""
        return None if self.subjects is None else People.of(self.subjects.people)

    def roles_of(self, policy: int) -> tuple[str, ...]:
        """Name the roles in which a policy decides for at least one agent."""
        if self.rotating:
            return tuple(self.members)
        of = self.policy.reshape(self.sessions, self.n)
        return tuple(role for role, agents in self.members.items() if (of[:, agents] == policy).any())

    def draws(self, seed: int, round: int, purpose: str, agents: Ints, whose: Ints | None = None) -> Draws:
        """Open the draws of agents in a round of the run.

        Parameters
        ----------
        seed, round : int
        purpose : str
            A stage, or what else is drawn for.
        agents : (D,) int
            Their numbers in the simulation.
        whose : (D,) int, optional
            For which of its groups each draws, by the number of an agent.
        """
        address = (seed, 0, round, purpose)
        if self.sessions == 1:
            return Draws(address, 0, agents, whose)
        within = None if whose is None else whose % self.n
        return Draws(address, agents // self.n, agents % self.n, within)

    def persons(self, seed: int, agents: Ints) -> Draws:
        """Open the draws of what agents, by number, keep through the whole session."""
        return self.draws(seed, 0, "person", agents)


def check_size(game: Game, n: int) -> None:
    """Refuse a number of agents that leaves somebody over.

    Raises
    ------
    GamesimError
        Naming the numbers next to it that would do.
    """
    size = len(game.roles)
    over = n % size
    if n < 1 or (over and n < size):
        raise GamesimError(f"{game.name}: n = {n} is too few; a group has {size} seats, so n={size} would do")
    if over:
        people = "1 agent" if over == 1 else f"{over} agents"
        raise GamesimError(
            f"{game.name}: n = {n} leaves {people} over, since a group has {size} seats; "
            f"n={n - over} or n={n - over + size} would do"
        )


def members_of(game: Game, n: int, seed: int, *, scattered: bool) -> dict[str, Ints]:
    """Deal the roles of a session: from role to (n_role,) int, agents in rising order.

    Parameters
    ----------
    game : Game
    n : int
        Agents; whoever is left over by whole groups has the first role.
    seed : int
        Of the run.
    scattered : bool
        Whether they are drawn over all agents; else each role has agents of neighbouring numbers.
    """
    drawn = scattered and len(set(game.roles)) > 1
    agents = generator(seed, "cast", "roles").permutation(n) if drawn else np.arange(n)
    groups, over = divmod(n, len(game.roles))
    members: dict[str, Ints] = {}
    start = 0
    for place, role in enumerate(dict.fromkeys(game.roles)):
        count = groups * game.seats_of(role) + (over if place == 0 else 0)
        members[role] = np.sort(agents[start : start + count])
        start += count
    return members


def deal(
    game: Game,
    items: Sequence[Item],
    n: int,
    sessions: int,
    seed: int,
    seat: str = "",
    on_network: bool = False,
) -> Cast:
    """Deal roles and policies.

    Roles are held for the whole session.  Shares of a population (or seat) are met exactly up to rounding by
    largest remainders; who gets which policy is drawn, session by session.

    Parameters
    ----------
    game : Game
        Whose roles are dealt.
    items : sequence of Item
        The agents of the spec; item `i` is policy `i`.
    n, sessions : int
        Agents a session, and sessions.
    seed : int
        Seed of the run.
    seat : str
        Role that the keyboard agent takes; the first one unless given.
    on_network : bool
        Whether groups are formed on a network: `n` need not be a number of whole groups, and roles are drawn over
        the nodes, the same for all sessions, since nodes of neighbouring numbers are often neighbours.

    Returns
    -------
    Cast
    """
    if seat and seat not in game.roles:
        raise unknown("seat", seat, dict.fromkeys(game.roles), where=f"{game.name}: --seat")
    if seat and all(item.agent != KEYBOARD for item in items):
        raise GamesimError(
            f"{game.name}: --seat {seat} is for the person at the keyboard; add {KEYBOARD} to --agents, or write "
            f"{seat}=AGENT there"
        )
    check_seats(items, game.roles, game.name)
    if not on_network:
        check_size(game, n)
    members = members_of(game, n, seed, scattered=on_network)
    policy = np.empty((sessions, n), dtype=np.int64)
    seated = bool(items[0].seat)
    pools = members if seated else {"": np.arange(n)}
    for pool, agents in pools.items():
        indices = [i for i, item in enumerate(items) if item.seat == pool]
        dealt = _numbers([items[i] for i in indices], len(agents))
        for session in range(sessions):
            if len(indices) == 1:
                policy[session, agents] = indices[0]
                continue
            order = generator(seed, "cast", pool, session).permutation(len(agents))
            policy[session, agents[order]] = np.repeat(indices, dealt)
        for i in (i for i in indices if items[i].agent == KEYBOARD):
            _seat_keyboard(policy, members[pool or seat or game.roles[0]], i)
    return Cast(n, sessions, members, policy.ravel())


def rotating(cast: Cast, game: Game, items: Sequence[Item], seat: str = "") -> Cast:
    """Let roles be drawn anew in every round.

    Raises
    ------
    GamesimError
        Where there is one role alone, or agents were given seats.
    """
    if len(set(game.roles)) == 1:
        raise GamesimError(f"{game.name}: roles = random, but there is one role alone, {game.roles[0]}")
    if seat:
        raise GamesimError(
            f"{game.name}: roles = random, but --seat {seat} gives a role; leave one of them out"
        )
    if items[0].seat:
        raise GamesimError(
            f"{game.name}: roles = random, but {items[0].seat}={items[0].agent} gives a role; name agents without seats"
        )
    return dataclasses.replace(cast, rotating=True)


def placed(cast: Cast, items: Sequence[Item], network: Network | None, placement: str, seed: int) -> Cast:
    """Deal the policies of a cast to the nodes of a network.

    Parameters
    ----------
    cast : Cast
        Dealt at random.
    items : sequence of Item
        The agents of the spec.
    network : Network, optional
        Of one session.
    placement : str
        ``random``: as they were dealt.  ``clustered``: policy after policy along a breadth-first walk from a random
        node, so that equals sit side by side.  ``degree``: the first policy on the nodes with most neighbours, and so
        on; ties are broken at random.
    seed : int
        Of the run.

    Raises
    ------
    GamesimError
        Without a network, or where agents were given seats.
    """
    if placement == "random":
        return cast
    if network is None:
        raise GamesimError(
            f"placement = {placement} needs a network: add --network, such as barabasi_albert:m=3"
        )
    if items[0].seat:
        raise GamesimError(f"placement = {placement} is for agents without seats, not {items[0].seat}=")
    dealt = np.sort(cast.policy.reshape(cast.sessions, cast.n), axis=1)
    policy = np.empty_like(dealt)
    for session in range(cast.sessions):
        shuffled = generator(seed, "placement", session).permutation(cast.n)
        order = (
            network.breadth_first(shuffled)
            if placement == "clustered"
            else shuffled[np.argsort(-network.degree[shuffled], kind="stable")]
        )
        policy[session, order] = dealt[session]
    return dataclasses.replace(cast, policy=policy.ravel())


def with_subjects(cast: Cast, items: Sequence[Item], subjects: Subjects) -> Cast:
    """Say who every agent is; the person at the keyboard stays who they are.

    Parameters
    ----------
    cast : Cast
    items : sequence of Item
        The agents of the spec, from which the cast was dealt.
    subjects : Subjects
        A persona for each of the ``sessions * n`` agents.
    """
    keyboards = [index for index, item in enumerate(items) if item.agent == KEYBOARD]
    row = np.where(np.isin(cast.policy, keyboards), -1, subjects.row)
    return dataclasses.replace(cast, subjects=Subjects(subjects.people, row))


def _numbers(items: Sequence[Item], n: int) -> Ints:
    """Turn shares into head counts by largest remainders; the keyboard agent is one head."""
    keyboards = [item.agent == KEYBOARD for item in items]
    rest = [item for item, keyboard in zip(items, keyboards, strict=True) if not keyboard]
    if not rest or sum(keyboards) == 0:
        return _apportion(shares(items), n)
    heads = iter(_apportion(_rescaled(shares(rest)), n - 1))
    return np.array([1 if keyboard else next(heads) for keyboard in keyboards])


def _rescaled(parts: Sequence[float]) -> list[float]:
    return [part / sum(parts) for part in parts]


def _apportion(parts: Sequence[float], n: int) -> Ints:
    if len(parts) > n:
        raise GamesimError(f"{len(parts)} agents are to share {n} seats; take a larger n")
    exact = np.array(parts) * n
    # Rounded first, so that 0.1 * 30 does not fall short of 3.
    heads = np.floor(np.round(exact, 9)).astype(np.int64)
    remainders = exact - heads
    for i in np.argsort(-remainders, kind="stable")[: n - int(heads.sum())]:
        heads[i] += 1
    if not heads.all():
        least = min(parts)
        raise GamesimError(
            f"a share of {least:g} of {n} agents is nobody; take at least n={math.ceil(1 / least)}, or a larger weight"
        )
    return heads


def _seat_keyboard(policy: Ints, role: Ints, index: int) -> None:
    """Move the keyboard agent of every session to the first place of its role."""
    for row in policy:
        holder = int(np.flatnonzero(row == index)[0])
        row[holder], row[role[0]] = row[role[0]], row[holder]
