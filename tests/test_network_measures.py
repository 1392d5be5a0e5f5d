"""Measures of a network: those of networkx, in memory that grows with the links."""

from __future__ import annotations

import tracemalloc

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesim import network_measures
from gamesim.network import Network
from gamesim.network_measures import clustering, triangles


@st.composite
def graphs(draw: st.DrawFn) -> nx.Graph:
    """Draw a graph of any density, a hub with its neighbours, everybody linked, or nobody, numbered in any order."""
    n = draw(st.integers(0, 12))
    kind = draw(st.sampled_from(["gnp", "star", "complete", "empty"]))
    if kind == "gnp":
        graph = nx.gnp_random_graph(n, draw(st.floats(0, 1)), seed=draw(st.integers(0, 99)))
    else:
        graph = {"star": nx.star_graph, "complete": nx.complete_graph, "empty": nx.empty_graph}[kind](n)
    numbers = draw(st.permutations(range(len(graph))))
    return nx.relabel_nodes(graph, dict(zip(graph, numbers, strict=True)))


@pytest.fixture(params=[1, network_measures._AT_A_TIME], ids=["in pieces", "at once"], autouse=True)
def _pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_measures, "_AT_A_TIME", request.param)


@given(graphs())
def test_triangles_and_clustering_are_those_of_networkx(graph: nx.Graph) -> None:
    network = Network.from_edges(len(graph), np.array(graph.edges, dtype=np.int64).reshape(-1, 2))
    for found, known in ((triangles, nx.triangles), (clustering, nx.clustering)):
        expected = known(graph)
        np.testing.assert_allclose(found(network.matrix), [expected[node] for node in range(len(graph))])


@pytest.mark.parametrize("graph", [nx.star_graph(4_000), nx.complete_bipartite_graph(3, 3_000)], ids=str)
def test_a_hub_takes_no_more_memory_than_its_links(graph: nx.Graph) -> None:
    network = Network.from_networkx(graph)
    links = network.matrix
    tracemalloc.start()
    found = clustering(links)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found.any()
    assert peak < 300 * len(network.neighbours)
