"""Measures of a network and of what stands at its nodes.  Sparse matrices and arrays in, numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]


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
    triangles = np.asarray((links @ links).multiply(links).sum(axis=1)).ravel()
    degree = np.asarray(links.sum(axis=1)).ravel()
    ordered = degree * (degree - 1)
    return cast(Floats, np.divide(triangles, ordered, out=np.zeros(len(ordered)), where=ordered > 0))
