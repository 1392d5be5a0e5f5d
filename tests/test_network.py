"""Networks: what is built, how they are read, and what their sparse arithmetic gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesim import open_run, play
from gamesim.errors import GamesimError
from gamesim.network import Network, ends, pair_codes
from gamesim.streams import Ints
from gamesim.wiring import open_network


@st.composite
def networks(draw: st.DrawFn) -> Network:
    n = draw(st.integers(1, 12))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30))
    return Network.from_edges(n, np.array(pairs, dtype=np.int64).reshape(-1, 2))


@given(networks())
def test_it_is_the_graph_of_its_edges(network: Network) -> None:
    graph = network.to_networkx()
    assert graph.number_of_nodes() == network.n
    assert {frozenset(edge) for edge in graph.edges} == {frozenset(map(int, edge)) for edge in network.edges}
    assert network.degree.tolist() == [graph.degree(node) for node in range(network.n)]
    dense = network.matrix.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    for node in range(network.n):
        found = network.neighbours[network.starts[node] : network.starts[node + 1]]
        assert found.tolist() == sorted(graph[node])


@given(networks(), st.data())
def test_sums_means_and_bests_are_those_of_a_loop(network: Network, data: st.DataObject) -> None:
    numbers = st.one_of(st.integers(-3, 3).map(float), st.just(float("nan")))
    values = np.array(data.draw(st.lists(numbers, min_size=network.n, max_size=network.n)))
    graph = network.to_networkx()
    mean, best = network.mean(values), network.best(values)
    for node in range(network.n):
        around = [values[other] for other in graph[node] if not np.isnan(values[other])]
        assert (np.isnan(mean[node]) and not around) or mean[node] == pytest.approx(np.mean(around))
        known = {
            other: values[other] for other in [node, *sorted(graph[node])] if not np.isnan(values[other])
        }
        expected = max(known, key=lambda other: known[other]) if known else node
        assert best[node] == expected


@given(networks(), st.integers(2, 3), st.data())
def test_the_best_option_is_that_of_a_loop(network: Network, options: int, data: st.DataObject) -> None:
    def column(values: st.SearchStrategy[float]) -> np.ndarray:
        return np.array(data.draw(st.lists(values, min_size=network.n, max_size=network.n)))

    earned = column(st.integers(0, 3).map(float))
    actions = column(st.integers(0, options - 1).map(float))
    graph = network.to_networkx()
    taken = network.best_action(earned, actions, options)
    for node in range(network.n):
        closed = [node, *graph[node]]
        top = max(earned[other] for other in closed)
        best = {actions[other] for other in closed if earned[other] == top}
        assert taken[node] == (actions[node] if actions[node] in best else min(best))


@given(networks(), st.integers(2, 3), st.data())
def test_games_with_all_neighbours_pay_what_a_loop_pays(
    network: Network, options: int, data: st.DataObject
) -> None:
    table = np.array(data.draw(st.lists(st.integers(-5, 5), min_size=options**2, max_size=options**2)), float)
    table = table.reshape(options, options)
    actions = np.array(
        data.draw(st.lists(st.integers(0, options - 1), min_size=network.n, max_size=network.n)), float
    )
    graph = network.to_networkx()
    expected = [
        sum(table[int(actions[node]), int(actions[other])] for other in graph[node])
        for node in range(network.n)
    ]
    np.testing.assert_allclose(network.earned(actions, table), expected)


@given(networks(), st.data())
def test_everybody_picks_a_neighbour(network: Network, data: st.DataObject) -> None:
    share = st.floats(0, 1, exclude_max=True)
    u = np.array(data.draw(st.lists(share, min_size=network.n, max_size=network.n)))
    graph = network.to_networkx()
    for node, picked in enumerate(network.pick(u)):
        assert picked in graph[node] if graph[node] else picked == node


@given(networks(), st.integers(1, 4))
def test_copies_are_unconnected(network: Network, count: int) -> None:
    whole = network.copies(count)
    assert whole.n == count * network.n
    expected = np.concatenate([network.edges + i * network.n for i in range(count)])
    np.testing.assert_array_equal(whole.edges, expected)
    for part in whole.parts(count):
        np.testing.assert_array_equal(part.starts, network.starts)
        np.testing.assert_array_equal(part.neighbours, network.neighbours)


@given(networks(), st.data())
def test_links_are_broken_and_made_as_sets(network: Network, data: st.DataObject) -> None:
    low, high = np.triu_indices(network.n, 1)
    pairs = set(zip(low.tolist(), high.tolist(), strict=True))
    chosen = {pair for pair in sorted(pairs) if data.draw(st.booleans())}
    linked = {(a, b) for a, b in network.edges.tolist()}

    def numbered(some: set[tuple[int, int]]) -> Ints:
        one, two = np.array(sorted(some, reverse=True), dtype=np.int64).reshape(-1, 2).T
        return pair_codes(network.n, two, one)

    after = network.relinked(gone=numbered(linked & chosen), new=numbered(chosen - linked))
    assert {(a, b) for a, b in after.edges.tolist()} == linked ^ chosen
    np.testing.assert_array_equal(after.starts, Network.from_edges(network.n, after.edges).starts)
    np.testing.assert_array_equal(ends(network.n, after.codes), after.edges)


@given(networks())
def test_a_node_ranks_among_the_neighbours_of_another(network: Network) -> None:
    graph, others = network.to_networkx(), np.arange(network.n)
    for node in graph:
        below = [sum(each < other for each in graph[node]) for other in range(network.n)]
        assert network.rank(np.full(network.n, node), others).tolist() == below


@pytest.mark.parametrize(
    ("spec", "n", "edges"),
    [
        ("karate_club", 34, 78),
        ("complete:n=6", 6, 15),
        ("ring:n=8,k=4", 8, 16),
        ("lattice:side=5", 25, 50),
        ("lattice:side=5,neighbours=8", 25, 100),
        ("lattice:side=5,wrap=false", 25, 40),
        ("lattice:side=5,wrap=no", 25, 40),
        ("grid_2d:m=3,n=3,periodic=yes", 9, 18),
        ("complete_multipartite:subset_sizes=[2,3]", 5, 6),
        ("watts_strogatz:n=50,k=6,p=0.1", 50, 150),
        ("barabasi_albert:n=50,m=2", 50, 96),
        ("random_regular:n=20,k=3", 20, 30),
        ("stochastic_block_model:sizes=[3,3],p=[[1,0],[0,1]]", 6, 6),
        ("les_miserables", 77, 254),
        ("random_geometric:n=20,radius=2,p=3", 20, 190),
        ("chordal_cycle:p=5", 5, 5),
        ("erdos_renyi:n=1e1,p=1", 10, 45),
        ("grid_2d:m=[1,2],n=3", 6, 7),
    ],
)
def test_named_networks_have_their_size(spec: str, n: int, edges: int) -> None:
    network = open_network(spec)
    assert (network.n, len(network.edges)) == (n, edges)
    again = open_network(spec)
    np.testing.assert_array_equal(network.edges, again.edges)


def test_chance_follows_the_seed() -> None:
    spec = "watts_strogatz:n=50,k=6,p=0.5"
    assert not np.array_equal(open_network(spec, seed=1).edges, open_network(spec, seed=2).edges)


def test_files_are_read(tmp_path: Path) -> None:
    graph = nx.karate_club_graph()
    nx.write_graphml(graph, tmp_path / "club.graphml")
    nx.write_gexf(graph, tmp_path / "club.gexf")
    nx.write_edgelist(graph, tmp_path / "club.edgelist")
    matrix = nx.to_numpy_array(graph, weight=None).astype(int)
    np.savetxt(tmp_path / "club.csv", matrix, fmt="%d", delimiter=",")
    for file in sorted(tmp_path.iterdir()):
        network = open_network(str(file))
        assert (network.n, len(network.edges)) == (34, 78), file


@pytest.mark.parametrize(
    ("spec", "n", "said"),
    [
        ("karate", None, "did you mean 'karate_club'"),
        ("watts_strogatz:n=10,k=4", None, "needs p"),
        ("watts_strogatz:n=10,k=4,p=0.1,q=2", None, "unknown parameter 'q'"),
        ("watts_strogatz:k", None, "write name:key=value"),
        ("ring:n=8,n=9", None, "n is given twice"),
        ("ring:n=8,k=3", None, "must be even"),
        ("lattice:side=5,neighbours=6", None, "must be 4 or 8"),
        ("lattice:side=-1", None, "side = -1 must be at least 1$"),
        ("erdos_renyi:n=20,p=15", None, r"network erdos_renyi: p = 15 must be a probability, from 0 to 1$"),
        ("watts_strogatz:n=20,k=4,p=1.5", None, r"p = 1\.5 must be a probability"),
        ("relaxed_caveman:l=3,k=4,p=-0.1", None, r"p = -0\.1 must be a probability"),
        ("random_lobster:n=9,p1=0.5,p2=2", None, "p2 = 2 must be a probability"),
        ("planted_partition:l=2,k=4,p_in=3,p_out=0", None, "p_in = 3 must be a probability"),
        ("partial_duplication:N=9,n=3,p=0.5,q=-1", None, "q = -1 must be a probability"),
        ("erdos_renyi:n=20,p=high", None, "p = 'high' must be a probability"),
        ("watts_strogatz:n=100,k=5,p=0.1", None, "k = 5 must be even: half of the neighbours"),
        ("newman_watts_strogatz:n=100,k=3,p=0.1", None, "k = 3 must be even"),
        ("watts_strogatz:n=100,k=-2,p=0.1", None, "k = -2 must be at least 0$"),
        ("gnm_random:n=10,m=-3", None, "m = -3 must be at least 0$"),
        ("erdos_renyi:n=ten,p=0.1", None, "n = 'ten' must be a whole number$"),
        ("erdos_renyi:n=10.5,p=0.1", None, r"n = 10\.5 must be a whole number$"),
        ("lattice:side=4,wrap=off", None, "wrap = 'off' must be true or false$"),
        ("line:G=1", None, "network line:G=1: 'int' object has no attribute"),
        ("star:n=abc", None, "n = 'abc' must be a whole number$"),
        ("lattice:side=2.5", None, r"side = 2\.5 must be a whole number$"),
        ("complete:n=true", None, "n = True must be a whole number$"),
        ("karate_club", 40, "has 34 nodes, but n = 40"),
        ("missing.graphml", None, "no such file"),
    ],
)
def test_mistakes_are_told_in_one_sentence(spec: str, n: int | None, said: str) -> None:
    with pytest.raises(GamesimError, match=said) as caught:
        open_network(spec, n)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 1\nonly\n", "line 2: 'only' is not a pair of nodes such as 0 1"),
        ("a;b\nb;c\n", "line 1: 'a;b' is not a pair of nodes such as 0 1; between the two stands a space"),
        ("# a b\n0 1\n0 1 2\n", "line 3: '0 1 2' is not a pair .* links have no weights"),
        ("0 1\n{0 1\n", "line 2: '{0 1' is not a pair"),
        ("# friends\nsource target\n0 1\n1 2\n", "line 2: 'source target' looks like a heading"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "friends.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GamesimError, match=said):
        open_network(str(file))
    file.write_text("# comment\n\n0 1 {'weight': 2}  # known\n1 2\n", encoding="utf-8")
    assert open_network(str(file)).n == 3


def test_a_table_that_is_not_square_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.csv").write_text("0,1,0\n1,0,1\n")
    with pytest.raises(GamesimError, match=r"this one is 2 x 3$"):
        open_network(str(tmp_path / "half.csv"))


def test_pairs_are_read_from_a_table_and_a_written_network_gives_the_same_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = play("prisoners_dilemma", "uniform", network="watts_strogatz:n=30,k=4,p=0.3", seed=3, out=folder)
    again = play("prisoners_dilemma", "uniform", network=str(folder / "network.csv"), seed=3)
    np.testing.assert_array_equal(again.edges, first.edges)
    (tmp_path / "named.csv").write_text("from,to\nbo,al\ncy,bo\n", encoding="utf-8")
    assert open_network(str(tmp_path / "named.csv")).edges.tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("al,bo\nbo,cy\ncy,al\n", "must be headings such as source,target, but 'al' is a node"),
        ("from,to\nal,bo\nbo,\n", "every line needs two names"),
        ("0,1,1\n1,0,1\n", "a table of pairs has two columns"),
        (
            "source,target,weight\n0,1,2\n1,2,3\n0,2,1\n",
            r"no weights here.* this one is 4 x 3 \(source, target, weight\)$",
        ),
        ("source,target,weight\n0,1,2\n1,2,3\n", r"this one is 3 x 3 \(source, target, weight\)$"),
        ("al bo\nbo cy\n", r"this one is 2 x 1 \(al bo\)$"),
    ],
)
def test_a_table_that_is_neither_pairs_nor_adjacency_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "friends.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GamesimError, match=told):
        open_network(str(file))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_may_be_separated_as_spreadsheets_do(tmp_path: Path, separator: str) -> None:
    for text in ("from,to\nbo,al\ncy,bo\n", ",al,bo,cy\nal,0,1,0\nbo,1,0,1\ncy,0,1,0\n"):
        (tmp_path / "named.csv").write_text(text.replace(",", separator), encoding="utf-8-sig")
        assert open_network(str(tmp_path / "named.csv")).edges.tolist() == [[0, 1], [1, 2]]


NAMED = nx.Graph([("carol", "bob"), ("bob", "al, jr")])


def written(kind: str, folder: Path) -> Any:
    """Give the named network as a graph, or write it as a file and give its path."""
    file = folder / f"named.{kind}"
    if kind == "graph":
        return NAMED
    if kind == "graphml":
        nx.write_graphml(NAMED, file)
    if kind == "csv":
        file.write_text('from,to\ncarol,bob\nbob,"al, jr"\n', encoding="utf-8")
    if kind == "table.csv":
        file.write_text(',carol,bob,"al, jr"\ncarol,0,1,0\nbob,1,0,1\n"al, jr",0,1,0\n', encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", ["graph", "graphml", "csv", "table.csv"])
def test_nodes_keep_their_names(tmp_path: Path, kind: str) -> None:
    run = play("prisoners_dilemma", "uniform", network=written(kind, tmp_path), out=tmp_path / "run")
    for each in (run, open_run(tmp_path / "run")):
        assert each.nodes is not None
        assert each.edges is not None
        name = dict(zip(each.nodes["agent"], each.nodes["name"], strict=True))
        linked = {frozenset((name[a], name[b])) for a, b in each.edges.tolist()}
        assert linked == {frozenset(pair) for pair in NAMED.edges}
    in_memory = play("prisoners_dilemma", "uniform", network=written(kind, tmp_path), sessions=2)
    assert in_memory.nodes is not None
    assert sorted(in_memory.nodes["name"]) == ["al, jr", "bob", "carol"]
    order = ["al, jr", "bob", "carol"] if kind == "csv" else ["carol", "bob", "al, jr"]
    assert in_memory.nodes["name"].tolist() == order


def test_nodes_that_are_called_as_they_are_numbered_have_no_table(tmp_path: Path) -> None:
    (tmp_path / "gaps.txt").write_text("7 3\n3 12\n")
    nx.write_graphml(nx.karate_club_graph(), tmp_path / "club.graphml")
    run = play("prisoners_dilemma", "uniform", network=tmp_path / "club.graphml", out=tmp_path / "run")
    assert run.nodes is None
    assert not (tmp_path / "run" / "nodes.csv").exists()
    assert open_network(str(tmp_path / "gaps.txt")).names == ["3", "7", "12"]
    grown = play(
        "prisoners_dilemma",
        "uniform",
        network=tmp_path / "gaps.txt",
        n=4,
        rounds=2,
        rewire="growth:m=1,attach=random",
    )
    assert grown.nodes is not None
    assert grown.nodes["name"].tolist() == ["3", "7", "12", ""]


def test_a_table_of_one_pair_is_read(tmp_path: Path) -> None:
    (tmp_path / "pair.csv").write_text("from,to\n0,1\n")
    assert open_network(str(tmp_path / "pair.csv")).edges.tolist() == [[0, 1]]


def test_an_unknown_network_is_told_the_nearest_name_and_few_others() -> None:
    with pytest.raises(GamesimError, match="did you mean 'watts_strogatz'") as told:
        open_network("watts_strogats:n=10,k=2,p=0")
    assert len(str(told.value)) < 500
    with pytest.raises(GamesimError, match=r"k\.gml: a file ends in"):
        open_network("k.gml")


def test_nodes_of_an_edge_list_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "path.edgelist"
    file.write_text("3 1\n1 2\n0 3\n")
    assert open_network(str(file)).edges.tolist() == [[0, 3], [1, 2], [1, 3]]
    file.write_text("c a\na b\n")
    assert open_network(str(file)).edges.tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("0,1,1\n1,0,\n1,0,0\n", "row 2, column 3"),
        (",c,b,a\na,0,1,0\nb,0,0,1\nc,0,0,0\n", "same names in one order"),
    ],
)
def test_a_table_that_leaves_a_link_open_is_refused(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "open.csv").write_text(table)
    with pytest.raises(GamesimError, match=said):
        open_network(str(tmp_path / "open.csv"))


def test_names_in_a_table_of_pairs_are_kept_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    for text, names in (
        ("a,b\n1,2\n2,X\n3,1\n", ["1", "2", "3", "X"]),
        ("a,b\n10,9\n9,2\n", ["2", "9", "10"]),
        ("a,b\n01,02\n02,NA\n", ["01", "02", "NA"]),
    ):
        file.write_text(text)
        assert list(open_network(str(file)).names) == names
    file.write_text("1,2\n3,4\n4,5\n")
    with pytest.raises(GamesimError, match="must be headings such as source,target, but '1' is a node"):
        open_network(str(file))


def test_a_weight_in_an_adjacency_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    file.write_text("0,0.5,0\n0.5,0,2\n0,2,0\n")
    with pytest.raises(GamesimError, match=r"has a weight of 0\.5, but links have none here"):
        open_network(str(file))
