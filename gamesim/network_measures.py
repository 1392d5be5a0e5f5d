"""Measures of a network and of what stands at its nodes.  Sparse matrices and arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]
_AT_A_TIME = 2**20
"""Paths of two links that are looked at together at least; where there are more links, as many as these."""


def adjacency(n: int, edges: Ints) -> csr_array:
    """Make the sparse adjacency of an undirected network: (n, n) float, from pairs of nodes, (E, 2) int."""
    from scipy.sparse import csr_array

    low, high = edges[:, 0], edges[:, 1]
    both = np.concatenate([low, high]), np.concatenate([high, low])
    return csr_array((np.ones(2 * len(edges)), both), shape=(n, n))


def assortativity(links: csr_array, values: Floats) -> Floats:
    """Correlate what stands at the two ends of the edges.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.
    values : (N, K) float
        K times one number a node; edges with a missing end are left out.

    Returns
    -------
    (K,) float
        From -1 to 1; NaN where there is no edge or the ends do not vary.

    Notes
    -----
    Newman 2003, Physical Review E 67:026126, equation 21: networkx's ``numeric_assortativity_coefficient``, which
    walks over all edges in Python, for many rounds at once.
    """
    known = (~np.isnan(values)).astype(np.float64)
    degree = (links @ known) * known
    ends = degree.sum(axis=0)
    whole = np.where(ends > 0, ends, 1.0)
    filled = np.where(known > 0, values, 0.0)
    # Around the mean of the ends, so that large amounts lose no digits.
    apart = (filled - (degree * filled).sum(axis=0) / whole) * known
    variance = (degree * apart**2).sum(axis=0) / whole
    shared = (apart * (links @ apart)).sum(axis=0) / whole
    varies = variance > 1e-12 * np.maximum(1.0, np.abs(filled).max(axis=0, initial=0.0)) ** 2
    result = np.full(len(ends), np.nan)
    np.divide(shared, variance, out=result, where=varies & (ends > 0))
    return result


def nominal_assortativity(links: csr_array, options: Floats, many: int) -> Floats:
    """Tell how far edges join those who took the same of several options.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.
    options : (N, K) float
        K times the option of each node, from 0 to `many` - 1; edges with a missing end are left out.
    many : int
        How many options there are; with two it equals `assortativity`.

    Returns
    -------
    (K,) float
        1 where all edges join likes; NaN where there is no edge or all ends are alike.

    Notes
    -----
    Newman 2003, equation 2: networkx's ``attribute_assortativity_coefficient``.
    """
    degree = links @ (~np.isnan(options)).astype(np.float64)
    alike, ends = [], []
    for option in range(many):
        took = (options == option).astype(np.float64)
        alike.append((took * (links @ took)).sum(axis=0))
        ends.append((took * degree).sum(axis=0))
    total = np.sum(ends, axis=0)
    whole = np.where(total > 0, total, 1.0)
    chance = (np.array(ends) ** 2).sum(axis=0) / whole**2
    varies = (total > 0) & (chance < 1 - 1e-12)
    result = np.full(len(total), np.nan)
    np.divide(np.sum(alike, axis=0) / whole - chance, 1 - chance, out=result, where=varies)
    return result


def clustering(links: csr_array) -> Floats:
    """Give the share of each node's pairs of neighbours that are linked.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.

    Returns
    -------
    (N,) float
        0 for nodes with fewer than two neighbours.

    Notes
    -----
    The local clustering coefficient of Watts & Strogatz 1998, Nature 393:440-442: networkx's ``clustering``.
    """
    degree = np.asarray(links.sum(axis=1)).ravel()
    ordered = degree * (degree - 1)
    result = np.zeros(len(ordered))
    return cast(Floats, np.divide(2 * triangles(links), ordered, out=result, where=ordered > 0))


def triangles(links: csr_array) -> Floats:
    """Count the linked pairs of neighbours of each node.

    Parameters
    ----------
    links : (N, N) sparse
        From `adjacency`.

    Returns
    -------
    (N,) float

    Notes
    -----
    Every link goes once, from the end with fewer links to the one with more.  A node then has at most sqrt(2 E) links
    that go out, E being all links, so that 2 E sqrt(2 E) bounds the paths that are looked at, however many links a hub
    has (Chiba & Nishizeki 1985, SIAM Journal on Computing 14:210-223).  They are looked at piece by piece: memory
    grows with the links.
    """
    up = _upward(links)
    paths = np.cumsum(links @ np.diff(up.indptr))
    found = np.zeros(links.shape[0])
    for first, last in _pieces(paths, max(_AT_A_TIME, links.nnz)):
        rows = links[first:last]
        found[first:last] = (rows @ up).multiply(rows).sum(axis=1)
    return found


def _upward(links: csr_array) -> csr_array:
    """Keep of every link the way to the end with more links, of two equals to the one numbered higher."""
    from scipy.sparse import csr_array

    degree = np.diff(links.indptr).astype(np.int64)
    place = degree * len(degree) + np.arange(len(degree))
    kept = np.repeat(place, degree) < place[links.indices]
    starts = np.concatenate([[0], np.cumsum(kept)])[links.indptr]
    return csr_array((links.data[kept], links.indices[kept], starts), shape=links.shape)


def _pieces(total: Floats, most: int) -> Iterator[tuple[int, int]]:
    """Cut rows where a running total of what they take passes the next multiple of the most that a piece may take."""
    end = total[-1] if len(total) else 0
    cuts = np.searchsorted(total, np.arange(most, end, most))
    return pairwise(np.unique([0, *cuts, len(total)]).tolist())
