"""Pairs of nodes drawn at random, and those of them about whose link one of the two decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gamesim.network import Network, ends, pair_codes
from gamesim.streams import Floats, Ints, key, uniforms, words


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
        """Draw a share of all pairs, and who of the two decides; other arguments as in `Rewiring.changed`."""
        n = network.n // sessions
        many = many_pairs(n, share)
        chosen = []
        for session in range(sessions):
            address = (seed, "rewiring", session, step)
            codes = free_pairs(n, many, np.empty(0, dtype=np.int64), key(*address, "pairs"))
            turn = uniforms(key(*address, "decider"), codes) < 0.5
            both = ends(n, codes)
            both[turn] = both[turn, ::-1]
            chosen.append(np.column_stack([both + session * n, codes]))
        decider, other, code = np.concatenate(chosen).T
        linked = np.isin(pair_codes(network.n, decider, other), network.codes, assume_unique=True)
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
        codes = pair_codes(network.n, self.decider, self.other)
        return network.relinked(
            gone=codes[self.linked & (wanted == 0)], new=codes[~self.linked & (wanted == 1)]
        )


def many_pairs(n: int, share: float) -> int:
    """Count how many of all pairs of `n` nodes a share comes to."""
    return round(share * n * (n - 1) / 2)


def free_pairs(n: int, many: int, taken: Ints, stream: int) -> Ints:
    """Draw pairs of nodes without repetition, all that are not taken being equally likely.

    Parameters
    ----------
    n : int
        Number of nodes.
    many : int
        How many pairs; there must be as many.
    taken : (T,) int
        Pairs that may not be drawn, as `gamesim.network.pair_codes` numbers them.
    stream : int
        Key of the draws.

    Returns
    -------
    (many,) int
        The pairs, as codes, ascending.
    """
    if 2 * (many + len(taken)) > n * (n - 1) // 2:
        free = np.setdiff1d(pair_codes(n, *np.triu_indices(n, 1)), taken, assume_unique=True)
        return np.sort(free[np.argsort(words(stream, free), kind="stable")[:many]])
    found = np.empty(0, dtype=np.int64)
    asked = 0
    while len(found) < many:
        place = np.arange(asked, asked + 2 * (many - len(found)) + 8)
        asked += len(place)
        one = np.floor(uniforms(stream, 2 * place) * n).astype(np.int64)
        two = np.floor(uniforms(stream, 2 * place + 1) * (n - 1)).astype(np.int64)
        two += two >= one
        codes = np.concatenate([found, pair_codes(n, one, two)])
        codes = codes[np.sort(np.unique(codes, return_index=True)[1])]
        found = codes[~np.isin(codes, taken, assume_unique=True)][:many]
    return np.sort(found)
