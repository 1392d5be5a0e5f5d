"""What is kept of a network that changes: its figures by round, and how many links were made and broken."""

from __future__ import annotations

import math

import numpy as np

from gamesim.network import Network, ends
from gamesim.network_measures import assortativity, clustering
from gamesim.streams import Floats, Ints


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

    def beyond(one: Network, other: Network) -> Ints:
        """Count the links of one network that the other has not."""
        only = np.setdiff1d(one.codes, other.codes, assume_unique=True)
        return np.bincount(ends(one.n, only)[:, 0] // n, minlength=sessions)

    return {"made": beyond(after, before), "broken": beyond(before, after)}


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan
