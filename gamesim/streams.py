"""Random draws that belong to a decision, not to the order in which decisions happen to be made.

Every draw is a pure function of its address: seed, purpose, replication, session, round, stage and agent.
So the order of rows, the size of a batch, other agents, other sessions and the number of workers never move
it.  numpy's generators give numbers in sequence; a counter-based hash gives number *i* without numbers before
it, for a whole batch at once.  The hash is SplitMix64 (Steele, Lea & Flood 2014, section 4) in counter mode:
``mix(key + i * gamma)``; keys come from BLAKE2b, so that neighbouring addresses have unrelated keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53
_BLOCK = 16_384
"""Rows hashed at a time: a block stays in the processor's cache through all steps, four times as fast."""
_SORT_UP_TO = 512
"""Sessions up to this size are shuffled together by sorting keyed draws; larger ones one by one, which is faster."""


def key(*address: int | str) -> int:
    """Hash an address to a 64-bit key.

    Parameters
    ----------
    *address : int or str
        What the draws are for, from the general to the particular.

    Returns
    -------
    int
        Between 0 and 2**64 - 1; equal addresses give equal keys on every machine.
    """
    digest = hashlib.blake2b(repr(address).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def words(stream: int | Words, index: NDArray[np.integer]) -> Words:
    """Give the words of a stream at the given places.

    Parameters
    ----------
    stream : int or (D,) uint64
        Key of the stream, one for all rows or one a row.
    index : (D,) int
        Place in the stream, usually the agent's number.

    Returns
    -------
    (D,) uint64
    """
    out = np.empty(len(index), dtype=np.uint64)
    for block, z in _blocks(stream, index):
        out[block] = z
    return out


def uniforms(stream: int | Words, index: NDArray[np.integer]) -> Floats:
    """Give the draws of a stream at the given places, uniform on [0, 1): (D,) float."""
    out = np.empty(len(index))
    for block, z in _blocks(stream, index):
        z >>= np.uint64(11)
        np.multiply(z, _TO_UNIT, out=out[block])
    return out


def _blocks(stream: int | Words, index: NDArray[np.integer]) -> Iterator[tuple[slice, Words]]:
    """Hash block by block; each block's words are overwritten by the next."""
    room = np.empty((2, min(_BLOCK, len(index))), dtype=np.uint64)
    for start in range(0, len(index), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(index)))
        z, shifted = room[:, : block.stop - start]
        z[:] = index[block]
        z += np.uint64(1)
        z *= _GAMMA
        z += np.uint64(stream) if isinstance(stream, int) else stream[block]
        np.right_shift(z, np.uint64(30), out=shifted)
        z ^= shifted
        z *= _MIX_1
        np.right_shift(z, np.uint64(27), out=shifted)
        z ^= shifted
        z *= _MIX_2
        np.right_shift(z, np.uint64(31), out=shifted)
        z ^= shifted
        yield block, z


def generator(*address: int | str) -> np.random.Generator:
    """Open an ordinary generator at an address, for what is drawn once and as a whole (a shuffle, say)."""
    return np.random.default_rng(key(*address))


def shuffles(n: int, sessions: int, *address: int | str) -> Ints:
    """Shuffle 0 to n-1 for every session: (sessions, n) int.

    A session's shuffle depends on its number and size alone, not on how many sessions there are.
    """
    if n <= _SORT_UP_TO:
        streams = words(key(*address, n), np.arange(sessions))
        draws = words(np.repeat(streams, n), np.tile(np.arange(n), sessions))
        return np.argsort(draws.reshape(sessions, n), axis=1, kind="stable")
    orders = [generator(*address, n, session).permutation(n) for session in range(sessions)]
    return np.stack(orders) if sessions > 1 else orders[0][None]


@dataclass(frozen=True)
class Draws:
    """The random draws of one batch of deciders.

    Parameters
    ----------
    address : tuple of int or str
        Seed, replication, round and stage: what the rows share.
    session : int or (D,) int
        Session of each row, or of all of them.
    agent : (D,) int
        Number of the agent within its session.
    whose : (D,) int, optional
        For which of its groups each decides, where it decides for several in turn.
    """

    address: tuple[int | str, ...]
    session: int | Ints
    agent: Ints
    whose: Ints | None = None

    def uniform(self, purpose: str = "action") -> Floats:
        """Give one draw a row, uniform on [0, 1); another purpose gives unrelated draws."""
        return uniforms(self._stream(purpose), self.agent)

    def seeds(self, purpose: str = "model") -> Ints:
        """Give one non-negative 63-bit seed a row, for a model that draws by itself."""
        return (words(self._stream(purpose), self.agent) >> np.uint64(1)).astype(np.int64)

    def _stream(self, purpose: str) -> int | Words:
        streams = words(key(*self.address, purpose), np.atleast_1d(np.asarray(self.session)))
        if self.whose is not None:
            return words(np.broadcast_to(streams, self.whose.shape), self.whose)
        return int(streams[0]) if isinstance(self.session, int) else streams

    def take(self, rows: NDArray[np.integer]) -> Draws:
        """Keep some rows; their draws stay what they were."""
        session = self.session if isinstance(self.session, int) else self.session[rows]
        return Draws(
            self.address, session, self.agent[rows], None if self.whose is None else self.whose[rows]
        )
