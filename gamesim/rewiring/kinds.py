"""Every way in which a network changes, each of them a class."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from gamesim.actions import counted
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.meeting import Kind, on_networks
from gamesim.network import Network, pair_codes
from gamesim.policy import Policy
from gamesim.rewiring.base import Ask, ByChance, Rewiring
from gamesim.rewiring.pairs import Offers, free_pairs, many_pairs
from gamesim.streams import key, uniforms, words

ATTACHMENTS = ("preferential", "random")


@dataclass(frozen=True)
class Random(ByChance):
    """Some links are replaced by links between random pairs that had none.

    Parameters
    ----------
    share : float
        Share of the links that are replaced.
    """

    name: ClassVar[str] = "random"
    usual: ClassVar[str] = "share=0.1"
    told: ClassVar[str] = (
        "Between rounds links between neighbours may be replaced by links between people who were none, as chance "
        "alone decides."
    )

    share: float

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        self.must_be("above 0 and at most 1", "share", 0 < self.share <= 1)

    def idle(self, network: Network) -> str:
        """Say that there is nothing to replace, or nothing to replace it by: there are as many links throughout."""
        if not len(network.codes):
            return "there is no link"
        if not _free(network):
            return "everybody is linked with everybody"
        if not self._replaced(network):
            return f"a share of {self.share:g} of {counted(len(network.codes), 'links')} is none"
        return ""

    def notes(self, network: Network, rounds: int, policies: Mapping[str, Policy]) -> list[str]:
        """Say that fewer links are replaced than the share."""
        many, free = self._replaced(network), _free(network)
        few = f"rewire random: {free} of {counted(many, 'links')} replaced after a round: no more pairs are free"
        return [*super().notes(network, rounds, policies), *([few] if 0 < free < many else [])]

    def _replaced(self, network: Network) -> int:
        """Count the links that the share comes to."""
        return round(self.share * len(network.codes))

    def after(self, network: Network, step: int, address: tuple[int | str, ...]) -> Network:
        """Replace some links."""
        n, codes = network.n, network.codes
        many = min(self._replaced(network), _free(network))
        gone = codes[np.argsort(words(key(*address, "gone"), codes), kind="stable")[:many]]
        return network.relinked(gone, free_pairs(n, many, codes, key(*address, "new")))


@dataclass(frozen=True)
class Growth(ByChance):
    """One more node joins.

    Parameters
    ----------
    m : int
        Links of a node that joins.
    attach : str
        Whom it links to: ``preferential`` in proportion to their links (Barabasi & Albert 1999, Science 286:509-512),
        or ``random``.
    """

    name: ClassVar[str] = "growth"
    usual: ClassVar[str] = "m=2"
    told: ClassVar[str] = (
        "Between rounds another person may join, as a neighbour of one or more people drawn by chance; nobody loses a "
        "neighbour."
    )
    grows: ClassVar[bool] = True

    m: int
    attach: str = "preferential"
    start: int = field(default=0, init=False)
    """Nodes that are there in the first round: those that are numbered first."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if self.attach not in ATTACHMENTS:
            raise unknown("attachment", self.attach, ATTACHMENTS, where=f"rewire {self.name}")
        self.must_be("at least 1", "m", self.m >= 1)

    def on(self, network: Network | None, game: Game, n: int | None) -> tuple[Network, Self]:
        """Make room for all who join."""
        begun, _ = super().on(network, game, n)
        if n is None or n <= begun.n:
            given = "n is not given, but" if n is None else f"n = {n}"
            raise GamesimError(
                f"rewire growth: {given} must be above the {begun.n} nodes that the network begins with"
            )
        if self.m > begun.n:
            raise GamesimError(
                f"rewire growth: m = {self.m} links are more than the {begun.n} nodes there are to link to at first"
            )
        fitted = dataclasses.replace(self)
        object.__setattr__(fitted, "start", begun.n)
        return begun.padded(n), fitted

    def why_not(self, kind: Kind) -> str:
        """Say that only matchings along the network leave out who is not in it."""
        if kind.on_network:
            return ""
        return f"matching {kind.name} would seat those who have not joined; take {', '.join(on_networks())}"

    def notes(self, network: Network, rounds: int, policies: Mapping[str, Policy]) -> list[str]:
        """Say that the run ends before all have joined."""
        joined = self.there(network.n, rounds)
        if joined == network.n:
            return []
        return [
            f"rewire growth: {joined} of {network.n} agents are there by round {rounds}; the others never play"
        ]

    def there(self, n: int, step: int) -> int:
        """Count those who have joined."""
        return min(n, self.start + step - 1)

    def after(self, network: Network, step: int, address: tuple[int | str, ...]) -> Network:
        """Let the next node join those before it."""
        there = self.there(network.n, step)
        if there == network.n:
            return network
        weight = np.ones(there)
        if self.attach == "preferential":
            # Who has no link at all is taken only where nobody else is left.
            weight = np.maximum(network.degree[:there], 1e-12)
        # The first of exponential waiting times is a draw by weight (Efraimidis & Spirakis 2006).
        wait = -np.log1p(-uniforms(key(*address, "joins"), np.arange(there))) / weight
        chosen = np.argsort(wait, kind="stable")[: self.m]
        return network.relinked(gone=chosen[:0], new=pair_codes(network.n, chosen, there))


@dataclass(frozen=True)
class Strategic(Rewiring):
    """Random pairs are reconsidered, one of the two, drawn at random, deciding alone whether to have the link.

    Parameters
    ----------
    share : float
        Share of all pairs that are reconsidered.
    error : float
        Probability that a decision about a link by a rule comes out the other way.

    Notes
    -----
    Rand, Arbesman & Christakis 2011, PNAS 108:19193-19198.
    """

    name: ClassVar[str] = "strategic"
    usual: ClassVar[str] = "share=0.3"
    told: ClassVar[str] = (
        "Between rounds some people are asked about others, neighbours or not, as chance decides: who is asked is told "
        "what the other did last, and alone decides whether the two are neighbours from then on."
    )

    share: float
    error: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        self.must_be("above 0 and at most 1", "share", 0 < self.share <= 1)
        self.must_be("0 to 0.5", "error", 0 <= self.error <= 0.5)

    def on(self, network: Network | None, game: Game, n: int | None) -> tuple[Network, Self]:
        """Refuse games in which nobody has one last action."""
        fitted = super().on(network, game, n)
        if len(game.stages) > 1 or game.talks or len(set(game.roles)) > 1:
            raise GamesimError(
                f"{game.name}: rewire strategic is for games in which all decide once in one role, since players are "
                "told each other's last action; use random"
            )
        return fitted

    def why_not(self, kind: Kind) -> str:
        """Say that links must decide who meets whom, and that who decides for each group has no one last action."""
        if not kind.on_network:
            along = ", ".join(on_networks())
            return f"players decide about links, which matching {kind.name} does not follow; take {along}"
        if not kind.apart:
            return ""
        return (
            f"links follow what the other did last, but under {kind.name} that differs by group; take matching "
            f"{kind.other}"
        )

    def idle(self, network: Network) -> str:
        """Say that no pair is reconsidered."""
        if many_pairs(network.n, self.share):
            return ""
        return f"a share of {self.share:g} of {counted(network.n * (network.n - 1) // 2, 'pairs')} is none"

    def notes(self, network: Network, rounds: int, policies: Mapping[str, Policy]) -> list[str]:
        """Say whose links the usual rule decides about."""
        notes = super().notes(network, rounds, policies)
        plain = [
            label
            for label, policy in policies.items()
            if not policy.asked_for_links and type(policy).link is Policy.link
        ]
        usual = (
            f"rewire strategic: {', '.join(plain)}: decided by the usual rule, a link with whoever cooperated last and "
            f"none with others, error {self.error:g}"
        )
        return [*notes, usual] if plain else notes

    def changed(self, network: Network, sessions: int, seed: int, step: int, ask: Ask) -> Network:
        """Ask about the pairs that are reconsidered."""
        offers = Offers.drawn(network, sessions, self.share, seed, step)
        return offers.settled(network, ask(offers, self.error))


def _free(network: Network) -> int:
    """Count the pairs that are not linked."""
    return network.n * (network.n - 1) // 2 - len(network.codes)


KINDS: dict[str, type[Rewiring]] = {each.name: each for each in (Random, Growth, Strategic)}


def sentences() -> dict[str, str]:
    """Say by kind what players read of a network that changes."""
    return {name: kind.told for name, kind in KINDS.items()}
