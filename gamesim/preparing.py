"""Check what is to be played, and get everybody ready for it."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamesim import remarks
from gamesim.agent_table import Given
from gamesim.catalog import find_agent
from gamesim.compatible import possible_sizes
from gamesim.describing import describe
from gamesim.design import Design
from gamesim.errors import GamesimWarning
from gamesim.game import Game
from gamesim.models.access import Access, Watching
from gamesim.models.budget import Budget
from gamesim.needs import ready
from gamesim.network import Network
from gamesim.persons import persons
from gamesim.policy import Policy, Setting
from gamesim.population import Cast
from gamesim.prompt.pack import open_pack
from gamesim.record import Settings
from gamesim.rewiring import Rewiring
from gamesim.seating import Seated, seated
from gamesim.society import Society
from gamesim.spec import Item

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """All that a simulation needs, checked and ready to play.

    Parameters
    ----------
    game : Game
    cast : Cast
    policies : sequence of Policy
    labels : sequence of str
    network : Network or None
    society : Society
    rewiring : Rewiring or None
        As `gamesim.simulation.Simulation` takes them.
    access : Access
        The way to served models, to be closed in the end.
    settings : Settings
        What the record will say.
    persons : pyarrow.Table or None
        What is every agent's own, as `gamesim.persons` tells.
    """

    game: Game
    cast: Cast
    policies: Sequence[Policy]
    labels: Sequence[str]
    network: Network | None
    society: Society
    rewiring: Rewiring | None
    access: Access
    settings: Settings
    persons: pa.Table | None

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of `gamesim.simulation.Simulation`, but for the recorder."""
        same = ("game", "cast", "policies", "labels", "network", "society", "rewiring")
        recorded = ("rounds", "matching", "seed", "run")
        return {name: getattr(self, name) for name in same} | {
            name: getattr(self.settings, name) for name in recorded
        }


def prepare(
    game: str | Game,
    agents: Given | Policy,
    design: Design,
    parameters: Mapping[str, Any],
    progress: Progress | None = None,
) -> Prepared:
    """Check what is to be played and get everybody ready.

    Parameters
    ----------
    game, agents, progress
        As `gamesim.play` takes them; a policy that is at hand may play as well.
    design : Design
    parameters : mapping
        Those of the game.

    Raises
    ------
    GamesimError
        For any mistake in them.
    """
    who = seated(game, agents, design, parameters)
    watch = progress.answers if isinstance(progress, Watching) else None
    access = Access(
        Budget(design.max_cost, design.max_tokens, design.max_seconds), design.cache, design.dry_run, watch
    )
    notes = [] if who.personas is None else who.personas.notes(who.cast.n)
    notes.extend(remarks.idle(who.society, who.rewiring, who.rounds, len(who.items)))
    with noting(notes):
        at_hand = agents if isinstance(agents, Policy) else None
        policies = _prepare(who, _setting(who, design, access), at_hand)
    labels = _labels(who.items, policies)
    notes.extend(_noted(who, design, labels, policies))
    return Prepared(
        who.game,
        who.cast,
        policies,
        labels,
        who.network,
        who.society,
        who.rewiring,
        access,
        describe(who, design, labels, policies, notes),
        persons(who.cast, policies, labels, design.seed),
    )


def _setting(who: Seated, design: Design, access: Access) -> Setting:
    """Say in what setting policies get ready, but for their roles."""
    return Setting(
        who.game,
        (),
        who.rounds,
        design.seed,
        None if design.require_weights else find_agent("mini").in_place_of,
        design.download,
        access.to,
        who.network is not None,
        str(design.prompts or ""),
        design.fixed_wording,
        separate=who.kind.apart,
        sizes=possible_sizes(who.sizes, who.network, who.rewiring),
        reputation=who.society.reputation,
        neighbours=who.society.neighbours,
    )


def _noted(who: Seated, design: Design, labels: Sequence[str], policies: Sequence[Policy]) -> Iterator[str]:
    """Say what of the design changes nothing for these policies, and who does nothing."""
    unread = bool(design.prompts) and not any("pack" in policy.describe() for policy in policies)
    if unread:
        open_pack(
            str(design.prompts), type(who.game)
        )  # what nobody reads is named in the heading all the same
    yield from remarks.unheeded(policies, who.society, personas=who.personas is not None, unread=unread)
    yield from remarks.lonely(who.network, who.rewiring, who.society, who.kind.name)
    yield from remarks.unlinked(who.network, who.kind.name, policies)
    yield from remarks.silent(who.game, who.cast, labels, policies)
    if who.rewiring is not None and who.network is not None:
        yield from who.rewiring.notes(who.network, who.rounds, dict(zip(labels, policies, strict=True)))


@contextmanager
def noting(notes: list[str]) -> Iterator[None]:
    """Pass warnings on, and keep gamesim's own among the notes of the record."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GamesimWarning)
        yield
    for each in caught:
        if issubclass(each.category, GamesimWarning):
            notes.append(str(each.message))
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _prepare(who: Seated, setting: Setting, at_hand: Policy | None) -> list[Policy]:
    """Let every policy get ready for the roles that it was dealt."""
    prepared = []
    for index, item in enumerate(who.items):
        policy = find_agent(item.agent).from_options(item.options) if at_hand is None else at_hand
        prepared.append(ready(policy, dataclasses.replace(setting, roles=who.cast.roles_of(index))))
    return prepared


def _labels(items: Sequence[Item], policies: Sequence[Policy]) -> list[str]:
    """Name each policy as it was written; a stand-in goes under its own name."""
    return [
        policy.agent_name() if policy.stand_in_for else item.label
        for item, policy in zip(items, policies, strict=True)
    ]
