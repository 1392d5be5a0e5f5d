"""All legal answers of one prompt as a prefix tree, so that shared beginnings are read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnswerTrie", "build_trie"]


@dataclass(frozen=True, eq=False)
class AnswerTrie:
    """A prefix tree of token sequences.

    *Rows* are the places at which the model is asked for its next token: row 0 is the end of the prompt, row
    ``1 + i`` is node ``i``.  *Edges* are the (row, next token) pairs that some answer passes.

    Parameters
    ----------
    tokens : (N,) int
        Token of each node.
    depth : (N,) int
        Tokens between the end of the prompt and the node, from 1.
    ancestors : (N, N) bool
        ``[i, j]`` says that node ``j`` is node ``i`` or stands above it.
    edge_row, edge_token : (E,) int
        The row that an edge leaves, and the token that it writes.
    paths : (L, D) int
        Edges of each answer in order, filled up with ``E``.
    """

    tokens: NDArray[np.int64]
    depth: NDArray[np.int64]
    ancestors: NDArray[np.bool_]
    edge_row: NDArray[np.int64]
    edge_token: NDArray[np.int64]
    paths: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the nodes."""
        return len(self.tokens)

    @property
    def height(self) -> int:
        """Largest depth of a node, 0 for a tree without nodes."""
        return int(self.depth.max(initial=0))

    def longest(self) -> NDArray[np.int64]:
        """Give the nodes on the way to the deepest node, from the top."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.ancestors[int(self.depth.argmax())])

    def total(self, edge_log_probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up the edges of each answer.

        Parameters
        ----------
        edge_log_probability : (E,) float
            Log-probability of each edge.

        Returns
        -------
        (L,) float
            Log-probability of each answer.
        """
        total: NDArray[np.float64] = np.append(edge_log_probability, 0.0)[self.paths].sum(axis=1)
        return total


def build_trie(sequences: Sequence[Sequence[int]]) -> AnswerTrie:
    """Build the tree of token sequences.

    Parameters
    ----------
    sequences : sequence of sequence of int
        The tokens of each answer, end token included; none empty.

    Returns
    -------
    AnswerTrie
        Its nodes are the tokens after which something follows: end tokens are edges only.
    """
    edges: dict[tuple[int, int], int] = {}
    row_of_edge: dict[int, int] = {}
    tokens: list[int] = []
    parents: list[int] = []
    paths: list[list[int]] = []
    for sequence in sequences:
        row, path = 0, []
        for position, token in enumerate(sequence):
            edge = edges.setdefault((row, token), len(edges))
            path.append(edge)
            if position + 1 < len(sequence):
                if edge not in row_of_edge:
                    tokens.append(token)
                    parents.append(row - 1)
                    row_of_edge[edge] = len(tokens)
                row = row_of_edge[edge]
        paths.append(path)

    ancestors = np.eye(len(tokens), dtype=np.bool_)
    for node, parent in enumerate(parents):
        if parent >= 0:
            ancestors[node] |= ancestors[parent]
    filled = np.full((len(paths), max(map(len, paths), default=0)), len(edges), dtype=np.int64)
    for index, path in enumerate(paths):
        filled[index, : len(path)] = path
    return AnswerTrie(
        tokens=np.array(tokens, dtype=np.int64),
        depth=ancestors.sum(axis=1, dtype=np.int64),
        ancestors=ancestors,
        edge_row=np.array([row for row, _ in edges], dtype=np.int64),
        edge_token=np.array([token for _, token in edges], dtype=np.int64),
        paths=filled,
    )
