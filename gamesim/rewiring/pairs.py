"""Networks that change from round to round, and their figures by round.

::

    spec = random:share=0.1 | growth:m=2[,attach=preferential|random] | strategic:share=0.3[,error=0]
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.network import Network
from gamesim.network_measures import assortativity, clustering
from gamesim.policy import Policy
from gamesim.streams import Floats, Ints, key, uniforms, words
from gamesim.values import read

KINDS = {"random": ("share",), "growth": ("m", "attach"), "strategic": ("share", "error")}
ATTACHMENTS = ("preferential", "random")
NEEDED = {"random": "share=0.1", "growth": "m=2", "strategic": "share=0.3"}


@dataclass(frozen=True)
class Rewiring:
    """How a network changes after every round but the last.

    Parameters
    ----------
    name : str
        ``random``: some links are replaced by links between random pairs that had none.  ``growth``: one more node
        joins, with `m` links.  ``strategic``: random pairs are reconsidered, one of the two, drawn at random, deciding
        alone whether to have the link (Rand, Arbesman & Christakis 2011, PNAS 108:19193-19198).
    share : float
        Share of the links that are replaced, or of all pairs that are reconsidered.
    m : int
        Links of a node that joins.
    attach : str
        Whom it links to: ``preferential`` in proportion to their links (Barabasi & Albert 1999, Science 286:509-512),
        or ``random``.
    error : float
        Probability that a decision about a link by a rule comes out the other way.
    start : int
        Nodes that are there in the first round under ``growth``: those that are numbered first.
    """

    name: str
    share: float = 0.0
    m: int = 0
    attach: str = "preferential"
    error: float = 0.0
    start: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if self.name not in KINDS:
            raise unknown("way to rewire", self.name, KINDS)
        if self.attach not in ATTACHMENTS:
            raise unknown("attachment", self.attach, ATTACHMENTS, where=f"rewire {self.name}")
        if self.name != "growth" and not 0 < self.share <= 1:
            raise GamesimError(f"rewire {self.name}: share = {self.share} must be above 0 and at most 1")
        if self.name == "growth" and self.m < 1:
            raise GamesimError(f"rewire growth: m = {self.m} must be at least 1")
        if not 0 <= self.error <= 0.5:
            raise GamesimError(f"rewire {self.name}: error = {self.error} must be 0 to 0.5")

    @classmethod
    def from_words(cls, spec: str) -> Rewiring:
        """Read it as it is written.

        Raises
        ------
        GamesimError
            For an unknown name or setting, or a value that cannot be.
        """
        name, _, written = spec.partition(":")
        if name not in KINDS:
            raise unknown("way to rewire", name, KINDS)
        kinds: dict[str, type] = {"share": float, "m": int, "attach": str, "error": float}
        given = {}
        for part in written.split(",") if written else ():
            what, sign, value = (each.strip() for each in part.partition("="))
            if not sign or not value:
                raise GamesimError(f"rewire {spec}: write {name}:{NEEDED[name]}, not {part!r}")
            if what not in KINDS[name]:
                raise unknown("setting", what, KINDS[name], where=f"rewire {name}")
            if what in given:
                raise GamesimError(f"rewire {spec}: {what} is given twice")
            given[what] = read(f"rewire {name}: {what}", value, kinds[what])
        if (needed := KINDS[name][0]) not in given:
            raise GamesimError(f"rewire {name} needs {needed}: write {name}:{NEEDED[name]}")
        return cls(name, **given)

    def on(self, network: Network | None, game: Game, n: int | None) -> tuple[Network, Rewiring]:
        """Fit it to the network it begins with, or refuse.

        Parameters
        ----------
        network : Network, optional
            Of one session.
        game : Game
            What is played.
        n : int, optional
            Number of agents; under ``growth`` those who join included.

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
        if self.name == "strategic" and (len(game.stages) > 1 or game.talks or len(set(game.roles)) > 1):
            raise GamesimError(
                f"{game.name}: rewire strategic is for games in which all decide once in one role, since players are "
                "told each other's last action; use random"
            )
        if self.name != "growth":
            return network, self
        if n is None or n <= network.n:
            given = "n is not given, but" if n is None else f"n = {n}"
            raise GamesimError(
                f"rewire growth: {given} must be above the {network.n} nodes that the network begins with"
            )
        if self.m > network.n:
            raise GamesimError(
                f"rewire growth: m = {self.m} links are more than the {network.n} nodes there are to link to at first"
            )
        return network.padded(n), dataclasses.replace(self, start=network.n)

    def describe(self) -> dict[str, Any]:
        """Give what a record needs."""
        used = ("name", *KINDS[self.name], *(("start",) if self.name == "growth" else ()))
        return {"rewire": {name: getattr(self, name) for name in used}}

    def notes(self, n: int, rounds: int, policies: Mapping[str, Policy]) -> list[str]:
        """Say what whoever reads the result must know.

        Parameters
        ----------
        n, rounds : int
            Of the run.
        policies : mapping from label to Policy
            Who plays.
        """
        if self.name == "growth" and self.start + rounds - 1 < n:
            joined = self.start + rounds - 1
            return [
                f"rewire growth: {joined} of {n} agents are there by round {rounds}; the others never play"
            ]
        if self.name != "strategic":
            return []
        plain = [
            label
            for label, policy in policies.items()
            if not policy.asked_for_links and type(policy).link is Policy.link
        ]
        if not plain:
            return []
        return [
            f"rewire strategic: {', '.join(plain)}: decided by the usual rule, a link with whoever cooperated last and "
            f"none with others, error {self.error:g}"
        ]

    def present(self, n: int, sessions: int, step: int) -> Ints | None:
        """Tell who is there in a round: (K,) int, ascending; None for everybody."""
        joined = min(n, self.start + step - 1)
        if self.name != "growth" or joined == n:
            return None
        return (np.arange(sessions)[:, None] * n + np.arange(joined)).ravel()

    def changed(self, network: Network, sessions: int, seed: int, step: int) -> Network:
        """Change a network by chance alone after a round.

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
        """
        n = network.n // sessions

        def one(edges: Ints, session: int) -> Ints:
            address = (seed, "rewiring", session, step)
            if self.name == "random":
                return _replaced(edges, n, self.share, address)
            return _joined(edges, n, self.start + step - 1, self, address)

        return _by_session(network, sessions, one)


@dataclass(frozen=True)
class Offers:
    """The pairs that are reconsidered after a round: R of them.

    Parameters
    ----------
    decider, other : (R,) int
        Who decides, and about the link with whom, by number in the simulation.
    linked : (R,) bool
        Whether they are linked now.
    code : (R,) int
        A number for the pair within its session, to which draws belong.
    """

    decider: Ints
    other: Ints
    linked: NDArray[np.bool_]
    code: Ints

    @classmethod
    def drawn(cls, network: Network, sessions: int, share: float, seed: int, step: int) -> Offers:
        """Draw them, and who of the two decides; arguments as in `Rewiring`."""
        n = network.n // sessions
        many = round(share * n * (n - 1) / 2)
        chosen = []
        for session in range(sessions):
            address = (seed, "rewiring", session, step)
            codes = free_pairs(n, many, np.empty(0, dtype=np.int64), key(*address, "pairs"))
            turn = uniforms(key(*address, "decider"), codes) < 0.5
            ends = np.column_stack([codes // n, codes % n])
            ends[turn] = ends[turn, ::-1]
            chosen.append(np.column_stack([ends + session * n, codes]))
        decider, other, code = np.concatenate(chosen).T
        wide = network.n
        linked = np.isin(
            np.minimum(decider, other) * wide + np.maximum(decider, other),
            network.edges[:, 0] * wide + network.edges[:, 1],
            assume_unique=True,
        )
        return cls(decider, other, linked, code)

    def settled(self, network: Network, wanted: Floats) -> Network:
        """Make and break links.

        Parameters
        ----------
        network : Network
            As it was.
        wanted : (R,) float
            1 where the decider wants the link, 0 where not, NaN where things stay as they are.
        """
        wide = network.n
        codes = np.minimum(self.decider, self.other) * wide + np.maximum(self.decider, self.other)
        kept = np.setdiff1d(
            network.edges[:, 0] * wide + network.edges[:, 1], codes[wanted == 0], assume_unique=True
        )
        now = np.concatenate([kept, codes[wanted == 1]])
        return Network.from_edges(
            wide, np.column_stack([now // wide, now % wide]), network.name, network.settings
        )


def free_pairs(n: int, many: int, taken: Ints, stream: int) -> Ints:
    """Draw pairs of nodes without repetition, all that are not taken being equally likely.

    Parameters
    ----------
    n : int
        Number of nodes.
    many : int
        How many pairs; there must be as many.
    taken : (T,) int
        Pairs that may not be drawn, as ``low * n + high``.
    stream : int
        Key of the draws.

    Returns
    -------
    (many,) int
        The pairs, as codes, ascending.
    """
    if 2 * (many + len(taken)) > n * (n - 1) // 2:
        low, high = np.triu_indices(n, 1)
        free = np.setdiff1d(low * n + high, taken, assume_unique=True)
        return np.sort(free[np.argsort(words(stream, free), kind="stable")[:many]])
    found = np.empty(0, dtype=np.int64)
    asked = 0
    while len(found) < many:
        place = np.arange(asked, asked + 2 * (many - len(found)) + 8)
        asked += len(place)
        one = np.floor(uniforms(stream, 2 * place) * n).astype(np.int64)
        two = np.floor(uniforms(stream, 2 * place + 1) * (n - 1)).astype(np.int64)
        two += two >= one
        codes = np.concatenate([found, np.minimum(one, two) * n + np.maximum(one, two)])
        codes = codes[np.sort(np.unique(codes, return_index=True)[1])]
        found = codes[~np.isin(codes, taken, assume_unique=True)][:many]
    return np.sort(found)


def _replaced(edges: Ints, n: int, share: float, address: tuple[int | str, ...]) -> Ints:
    codes = edges[:, 0] * n + edges[:, 1]
    many = min(round(share * len(codes)), n * (n - 1) // 2 - len(codes))
    gone = np.argsort(words(key(*address, "gone"), codes), kind="stable")[:many]
    new = free_pairs(n, many, codes, key(*address, "new"))
    now = np.concatenate([np.delete(codes, gone), new])
    return np.column_stack([now // n, now % n])


def _joined(edges: Ints, n: int, there: int, rule: Rewiring, address: tuple[int | str, ...]) -> Ints:
    """Let node `there` join those before it."""
    if there >= n:
        return edges
    weight = np.ones(there)
    if rule.attach == "preferential":
        # Who has no link at all is taken only where nobody else is left.
        weight = np.maximum(np.bincount(edges.ravel(), minlength=n)[:there], 1e-12)
    # The first of exponential waiting times is a draw by weight (Efraimidis & Spirakis 2006).
    wait = -np.log1p(-uniforms(key(*address, "joins"), np.arange(there))) / weight
    chosen = np.argsort(wait, kind="stable")[: rule.m]
    return np.concatenate([edges, np.column_stack([chosen, np.full(len(chosen), there)])])


def _by_session(network: Network, sessions: int, change: Callable[[Ints, int], Ints]) -> Network:
    n = network.n // sessions
    bounds = np.searchsorted(network.edges[:, 0], np.arange(sessions + 1) * n)
    parts = [change(network.edges[bounds[s] : bounds[s + 1]] - s * n, s) + s * n for s in range(sessions)]
    return Network.from_edges(network.n, np.concatenate(parts), network.name, network.settings)


def figures(
    network: Network, sessions: int, cooperated: Floats, present: Ints | None = None
) -> dict[str, Ints | Floats]:
    """Describe the network of every session.

    Parameters
    ----------
    network : Network
        Of all sessions side by side.
    sessions : int
        How many there are: S.
    cooperated : (N,) float
        How cooperative everybody was, from 0 to 1; NaN for no decision.
    present : (K,) int, optional
        Who is there; everybody unless given.

    Returns
    -------
    mapping from name to (S,) array
        ``edges``; ``mean_degree`` and ``sd_degree`` (population SD); ``clustering``, the mean local clustering
        coefficient (Watts & Strogatz 1998), 0 for nodes with fewer than two neighbours; ``cooperation``, the mean;
        ``assortment``, the correlation of cooperation over both ends of all links (Newman 2003, Phys. Rev. E
        67:026126), NaN where all are alike.
    """
    there = np.arange(network.n) if present is None else present
    parts = zip(network.parts(sessions), cooperated.reshape(sessions, -1, 1), strict=True)
    degree = network.degree[there].reshape(sessions, -1).astype(np.float64)
    return {
        "edges": network.degree.reshape(sessions, -1).sum(axis=1) // 2,
        "mean_degree": degree.mean(axis=1),
        "sd_degree": degree.std(axis=1),
        "clustering": clustering(network.matrix)[there].reshape(sessions, -1).mean(axis=1),
        "cooperation": np.array([_mean(each) for each in cooperated[there].reshape(sessions, -1)]),
        "assortment": np.concatenate([assortativity(part.matrix, values) for part, values in parts]),
    }


def changes(before: Network, after: Network, sessions: int) -> dict[str, Ints | Floats]:
    """Count the links ``made`` and ``broken`` from one network to the next: (S,) int each."""
    n = before.n // sessions
    was, now = (each.edges[:, 0] * each.n + each.edges[:, 1] for each in (before, after))
    return {
        name: np.bincount(np.setdiff1d(one, other, assume_unique=True) // before.n // n, minlength=sessions)
        for name, one, other in (("made", now, was), ("broken", was, now))
    }


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan
