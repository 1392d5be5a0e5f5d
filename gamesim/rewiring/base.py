"""What the engine asks of every way in which a network changes."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_type_hints

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.meeting import Kind
from gamesim.network import Network
from gamesim.policy import Policy
from gamesim.rewiring.pairs import Offers
from gamesim.streams import Floats, Ints
from gamesim.values import read, read_spec

Ask = Callable[[Offers, float], Floats]
"""Asks deciders about links, where rules err with a probability; what they want is as `Offers.settled` takes it."""


@dataclass(frozen=True)
class Rewiring(ABC):
    """How a network changes after every round but the last.

    Its settings are the fields of the class that are given when it is made, each of which is a text, a truth value or
    a number; a field without a default is needed.  A record has all fields.
    """

    name: ClassVar[str]
    """As it is written."""
    usual: ClassVar[str]
    """What is needed, as it may be written: ``share=0.1``."""
    told: ClassVar[str]
    """What players read of it where there are several rounds, true whatever its settings are."""
    grows: ClassVar[bool] = False
    """Whether nodes join, so that there are more agents than the network has nodes to begin with."""

    @classmethod
    def from_words(cls, written: str) -> Self:
        """Read the settings as they are written, ``name:key=value,key=value``.

        Raises
        ------
        GamesimError
            For an unknown or missing setting, or a value that cannot be.
        """
        settings = {each.name: each for each in dataclasses.fields(cls) if each.init}
        kinds = get_type_hints(cls)
        where = f"rewire {cls.name}"
        given: dict[str, Any] = {}
        for what, value in read_spec("rewire", written, f"{cls.name}:{cls.usual}")[1].items():
            if what not in settings:
                raise unknown("setting", what, settings, where=where)
            given[what] = read(f"{where}: {what}", value, kinds[what])
        needed = [each.name for each in settings.values() if each.default is dataclasses.MISSING]
        if missing := [each for each in needed if each not in given]:
            raise GamesimError(f"{where} needs {' and '.join(missing)}: write {cls.name}:{cls.usual}")
        return cls(**given)

    def must_be(self, what: str, setting: str, holds: bool) -> None:
        """Refuse the value of a setting that is not what it must be."""
        if not holds:
            raise GamesimError(f"rewire {self.name}: {setting} = {getattr(self, setting)} must be {what}")

    def on(self, network: Network | None, game: Game, n: int | None) -> tuple[Network, Self]:
        """Fit it to the network it begins with, or refuse.

        Parameters
        ----------
        network : Network, optional
            Of one session.
        game : Game
            What is played.
        n : int, optional
            Number of agents; where the network grows, those who join included.

        Returns
        -------
        Network
            With a node for everybody who joins.
        Rewiring
        """
        if network is None:
            raise GamesimError(
                f"rewire {self.name} needs a network: add --network, such as erdos_renyi:p=0.2"
            )
        return network, self

    def why_not(self, kind: Kind) -> str:
        """Say why it does not go with a matching; nothing where it does."""
        return ""

    def idle(self, network: Network) -> str:
        """Say why the network of a session never changes; nothing where it does."""
        return ""

    def notes(self, network: Network, rounds: int, policies: Mapping[str, Policy]) -> list[str]:
        """Say what whoever reads the result must know.

        Parameters
        ----------
        network : Network
            That a session begins with.
        rounds : int
            Of the run.
        policies : mapping from label to Policy
            Who plays.
        """
        why = self.idle(network)
        return [f"rewire {self.name} changes nothing: {why}"] if why else []

    def describe(self) -> dict[str, Any]:
        """Give what a record needs."""
        return {"rewire": {"name": self.name, **dataclasses.asdict(self)}}

    def there(self, n: int, step: int) -> int:
        """Count those of the `n` nodes of a session who are there in a round: the ones that are numbered first."""
        return n

    def present(self, n: int, sessions: int, step: int) -> Ints | None:
        """Tell who is there in a round: (K,) int, ascending; None for everybody."""
        there = self.there(n, step)
        return None if there == n else (np.arange(sessions)[:, None] * n + np.arange(there)).ravel()

    @abstractmethod
    def changed(self, network: Network, sessions: int, seed: int, step: int, ask: Ask) -> Network:
        """Change a network after a round.

        Parameters
        ----------
        network : Network
            Of all sessions side by side.
        sessions : int
            How many there are.
        seed : int
            Of the run.
        step : int
            Number of the round in the run, from 1.
        ask : callable
            Asks players.
        """


class ByChance(Rewiring):
    """Rewiring that asks nobody, so that it goes session by session."""

    @abstractmethod
    def after(self, network: Network, step: int, address: tuple[int | str, ...]) -> Network:
        """Change the network of a session after a round; its draws are at the address."""

    def changed(self, network: Network, sessions: int, seed: int, step: int, ask: Ask) -> Network:
        """Change the network of every session."""
        parts = enumerate(network.parts(sessions))
        return Network.beside(
            [self.after(part, step, (seed, "rewiring", session, step)) for session, part in parts]
        )
