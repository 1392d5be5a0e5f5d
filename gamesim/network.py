"""Who is next to whom: a sparse network, its builders by networkx's own names, and files.

::

    spec = name [":" key "=" value {"," key "=" value}]  |  path of an edge list, GraphML, GEXF or CSV
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.streams import Floats, Ints, key

if TYPE_CHECKING:
    import networkx as nx
    from scipy.sparse import csr_array

FILES = (".edgelist", ".txt", ".graphml", ".gexf", ".csv")


COMMON = (
    *(
        "barabasi_albert",
        "erdos_renyi",
        "gnm_random",
        "karate_club",
        "newman_watts_strogatz",
        "powerlaw_cluster",
    ),
    *("random_geometric", "relaxed_caveman", "star", "watts_strogatz"),
)
"""Generators of networkx that are named to whoever mistypes one."""


@dataclass(frozen=True, eq=False)
class Network:
    """An undirected network without loops, as a sparse adjacency.

    Parameters
    ----------
    starts : (N + 1,) int
        Where each node's neighbours begin in `neighbours`.
    neighbours : (2 E,) int
        The neighbours of node 0, of node 1, and so on, each ascending.
    name : str
        As it was written.
    settings : mapping
        What it was built from.
    """

    starts: Ints
    neighbours: Ints
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_edges(
        cls, n: int, edges: Ints, name: str = "", settings: Mapping[str, Any] | None = None
    ) -> Network:
        """Build it from pairs of nodes; loops and repetitions are left out.

        Parameters
        ----------
        n : int
            Number of nodes.
        edges : (E, 2) int
            Pairs of nodes from 0 to n - 1.
        name, settings
            As in the class.
        """
        pairs = np.sort(np.asarray(edges, dtype=np.int64).reshape(-1, 2), axis=1)
        codes = np.sort(pairs[:, 0] * n + pairs[:, 1])
        # numpy's own way to distinct numbers hashes them, which takes many times as long for such codes.
        codes = codes[np.diff(codes, prepend=-1) > 0]
        low, high = codes // n, codes % n
        low, high = low[low != high], high[low != high]
        both = np.concatenate([low * n + high, high * n + low])
        both.sort()
        starts = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(both // n, minlength=n), out=starts[1:])
        return cls(starts, both % n, name, settings or {})

    @classmethod
    def from_networkx(
        cls, graph: nx.Graph, name: str = "", settings: Mapping[str, Any] | None = None
    ) -> Network:
        """Take a networkx graph; nodes are numbered in its own order, directions are dropped."""
        number = {node: i for i, node in enumerate(graph)}
        edges = np.array([(number[a], number[b]) for a, b in graph.edges()], dtype=np.int64)
        return cls.from_edges(len(number), edges, name or str(graph.name or "networkx graph"), settings)

    def to_networkx(self) -> nx.Graph:
        """Give it as a networkx graph with nodes 0 to N - 1."""
        import networkx

        graph = networkx.Graph()
        graph.add_nodes_from(range(self.n))
        graph.add_edges_from(self.edges.tolist())
        return graph

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.starts) - 1

    @cached_property
    def degree(self) -> Ints:
        """Number of neighbours of each node: (N,) int."""
        return np.diff(self.starts)

    @cached_property
    def owner(self) -> Ints:
        """Whose neighbour each entry of `neighbours` is: (2 E,) int."""
        return np.repeat(np.arange(self.n), self.degree)

    @cached_property
    def edges(self) -> Ints:
        """Every pair of neighbours once, the lower number first: (E, 2) int."""
        once = self.owner < self.neighbours
        return np.column_stack([self.owner[once], self.neighbours[once]])

    @cached_property
    def matrix(self) -> csr_array:
        """The adjacency as a sparse matrix: (N, N) float."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.neighbours))
        return csr_array((ones, self.neighbours, self.starts), shape=(self.n, self.n))

    def mean(self, values: Floats) -> Floats:
        """Average over each node's neighbours, missing values left out: (N,) float; NaN where nothing is left."""
        known = ~np.isnan(values)
        if known.all():
            total, count = self.matrix @ values, self.degree.astype(np.float64)
        else:
            total, count = self.matrix @ np.where(known, values, 0.0), self.matrix @ known.astype(np.float64)
        return cast(Floats, np.divide(total, count, out=np.full(self.n, np.nan), where=count > 0))

    def earned(self, actions: Floats, table: Floats) -> Floats:
        """Sum what each node earns in games with each of its neighbours: (N,) float.

        Parameters
        ----------
        actions : (N,) float
            Everybody's option, from 0 to L - 1.
        table : (L, L) float
            What an option (row) earns against another (column).
        """
        if len(table) == 2:
            second = self.matrix @ actions
            with_first = table[0, 0] + actions * (table[1, 0] - table[0, 0])
            with_second = table[0, 1] + actions * (table[1, 1] - table[0, 1])
            return cast(Floats, with_first * (self.degree - second) + with_second * second)
        own = actions.astype(np.int64)
        against = np.stack([self.matrix @ (own == option).astype(np.float64) for option in range(len(table))])
        return cast(Floats, np.einsum("on,no->n", against, table[own]))

    @cached_property
    def _columns(self) -> tuple[Ints, Ints, list[Ints]] | None:
        """Lay the neighbours out column by column: everybody's first, the second of those who have two, and so on.

        Nodes go by falling degree: their order, its inverse, and the columns.  None where there would be so many
        columns that going through them one by one gains nothing.
        """
        if self.degree.max(initial=0) > 64:
            return None
        order = np.argsort(-self.degree, kind="stable")
        falling = self.degree[order]
        columns = []
        for column in range(int(falling[0]) if self.n else 0):
            rows = order[: np.searchsorted(-falling, -column)]
            columns.append(self.neighbours[self.starts[rows] + column])
        return order, np.argsort(order), columns

    def most(self, values: Floats) -> Floats:
        """Give the largest value in each closed neighbourhood: (N,) float; missing values must be -inf."""
        if self._columns is not None:
            order, place, columns = self._columns
            top = values[order]
            for column in columns:
                rows = top[: len(column)]
                np.maximum(rows, values[column], out=rows)
            return top[place]
        top = values.copy()
        linked = np.flatnonzero(self.degree)
        beside = np.maximum.reduceat(values[self.neighbours], self.starts[linked])
        top[linked] = np.maximum(top[linked], beside)
        return top

    def best_action(self, earned: Floats, actions: Floats, options: int) -> Floats:
        """Give the option that the best earner in each closed neighbourhood took: (N,) float.

        At a tie the own option stays if it is among the best, and else the first of them is taken.  NaN where nobody
        is known to have earned anything.
        """
        whole = not np.isnan(earned.sum() + actions.sum())
        known = earned if whole else np.where(np.isnan(actions) | np.isnan(earned), -np.inf, earned)
        top = [self.most(np.where(actions == option, known, -np.inf)) for option in range(options)]
        best, taken = top[0], np.zeros(self.n)
        for option in range(1, options):
            better = top[option] > best
            best, taken = np.maximum(best, top[option]), np.where(better, float(option), taken)
        for option in range(1, options):
            np.putmask(taken, (top[option] == best) & (actions == option), option)
        if not whole:
            taken[best == -np.inf] = np.nan
        return taken

    def best(self, values: Floats) -> Ints:
        """Find who has the most in each closed neighbourhood: (N,) int.

        A node that nobody beats is its own best; of several neighbours with equally much it is the lowest number.
        Missing values beat nobody.
        """
        known = np.where(np.isnan(values), -np.inf, values)
        result = np.arange(self.n)
        linked = np.flatnonzero(self.degree)
        if not len(linked):
            return result
        beside = known[self.neighbours]
        top = np.full(self.n, -np.inf)
        top[linked] = np.maximum.reduceat(beside, self.starts[linked])
        better = top > known
        hit = np.flatnonzero(beside == np.repeat(np.where(better, top, np.nan), self.degree))
        # Written backwards, so that the first of equals stays.
        result[self.owner[hit[::-1]]] = self.neighbours[hit[::-1]]
        return result

    def pick(self, u: Floats) -> Ints:
        """Give each node one neighbour at random, itself where it has none: (N,) int.

        Parameters
        ----------
        u : (N,) float
            Uniform draws on [0, 1).
        """
        place = self.starts[:-1] + np.floor(u * self.degree).astype(np.int64)
        own = np.arange(self.n)
        return (
            np.where(self.degree > 0, self.neighbours[np.minimum(place, len(self.neighbours) - 1)], own)
            if len(self.neighbours)
            else own
        )

    def breadth_first(self, starts: Ints) -> Ints:
        """Walk through all nodes, neighbours before neighbours of neighbours: (N,) int.

        Parameters
        ----------
        starts : (N,) int
            All nodes; each part of the network is entered at its first one in this order.
        """
        order: list[int] = []
        found = np.zeros(self.n, dtype=bool)
        for start in starts.tolist():
            if found[start]:
                continue
            found[start] = True
            done = len(order)
            order.append(start)
            while done < len(order):
                node = order[done]
                done += 1
                beside = self.neighbours[self.starts[node] : self.starts[node + 1]]
                new = beside[~found[beside]]
                found[new] = True
                order.extend(new.tolist())
        return np.array(order, dtype=np.int64)

    def padded(self, n: int) -> Network:
        """Add nodes without neighbours until there are `n`."""
        return Network.from_edges(n, self.edges, self.name, self.settings)

    def renumbered(self, order: Ints) -> Network:
        """Give node `i` the number ``order[i]``."""
        return Network.from_edges(self.n, order[self.edges], self.name, self.settings)

    def copies(self, count: int) -> Network:
        """Lay several copies side by side, unconnected."""
        if count == 1:
            return self
        shift = (np.arange(count) * self.n)[:, None]
        starts = np.concatenate(
            [[0], (self.starts[1:] + (np.arange(count) * self.starts[-1])[:, None]).ravel()]
        )
        return Network(starts, (self.neighbours + shift).ravel(), self.name, self.settings)

    def check_size(self, n: int | None) -> None:
        """Refuse a network without nodes, or of another size than the one asked for, if any."""
        if n is not None and self.n != n:
            raise GamesimError(f"network {self.name}: has {self.n} nodes, but n = {n}; leave one of them out")
        if self.n == 0:
            raise GamesimError(f"network {self.name}: has no nodes")

    def describe(self) -> dict[str, Any]:
        """Give what a record needs."""
        return {"name": self.name, "n": self.n, "edges": len(self.neighbours) // 2, **self.settings}


def open_network(spec: str, n: int | None = None, seed: int = 0, default: int | None = None) -> Network:
    """Build or read a network.

    Parameters
    ----------
    spec : str
        As above: ``watts_strogatz:n=400,k=6,p=0.1``, ``karate_club``, ``friends.graphml``.
    n : int, optional
        Number of nodes, which the network must have.
    seed : int
        Of the run; a generator with chance in it draws from it.
    default : int, optional
        Number of nodes where neither the spec nor `n` says.

    Raises
    ------
    GamesimError
        For an unknown generator, parameter or file, or a size that is not the one asked for.
    """
    path = Path(spec)
    network = _read(path) if path.suffix.lower() in FILES else _built(spec, n or default, seed)
    network.check_size(n)
    return network


def _built(spec: str, n: int | None, seed: int) -> Network:
    name, _, written = spec.partition(":")
    settings = _settings(spec, written)
    if name in OWN:
        builder, title = OWN[name], name
    else:
        builder, title = _generator(name)
    parameters = {
        each.name: each
        for each in inspect.signature(builder).parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD and each.name not in ("backend", "create_using")
    }
    for given in settings:
        if given not in parameters:
            raise unknown(
                "parameter", given, [each for each in parameters if each != "seed"], where=f"network {name}"
            )
    known = dict(settings)
    size = "side" if "side" in parameters else "n"
    if size in parameters and size not in known and n is not None:
        known[size] = n if size == "n" else round(n**0.5)
    missing = [
        each.name
        for each in parameters.values()
        if each.default is inspect.Parameter.empty and each.name not in (*known, "seed")
    ]
    if missing:
        raise GamesimError(f"network {name} needs {' and '.join(missing)}: write {name}:{missing[0]}=...")
    if "seed" in parameters:
        known.setdefault("seed", key(seed, "network") % 2**32)
    with _worded(spec):
        built = builder(**known)
    if isinstance(built, Network):
        return Network(built.starts, built.neighbours, spec, {"generator": title, **known})
    if not hasattr(built, "edges"):
        raise GamesimError(f"network {name}: networkx gives no graph for that name")
    return Network.from_networkx(built, spec, {"generator": title, **known})


def _generator(name: str) -> tuple[Callable[..., Any], str]:
    import networkx

    for candidate in (name, f"{name}_graph"):
        found = getattr(networkx, candidate, None)
        if callable(found) and "generators" in getattr(found, "__module__", ""):
            return found, candidate
    if Path(name).suffix:
        raise GamesimError(f"network {name}: a file ends in {', '.join(FILES)}")
    known = [each.removesuffix("_graph") for each in dir(networkx) if each.endswith("_graph")]
    near = difflib.get_close_matches(name, [*OWN, *known], n=1)
    error = unknown("network", name, {*OWN, *COMMON, *near})
    raise GamesimError(f"{error}; any generator of networkx will do, and a file ({', '.join(FILES)})")


def _settings(spec: str, written: str) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    # Commas inside brackets belong to a list.
    for part in re.split(r",(?=\s*\w+\s*=)", written) if written else ():
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise GamesimError(f"network {spec}: write name:key=value,key=value, not {part!r}")
        text = value.strip()
        try:
            settings[name.strip()] = ast.literal_eval(
                {"true": "True", "false": "False"}.get(text.lower(), text)
            )
        except (ValueError, SyntaxError):
            settings[name.strip()] = text
    return settings


@contextmanager
def _worded(spec: str) -> Iterator[None]:
    """Word what networkx complains of in one sentence."""
    import networkx

    try:
        yield
    except (networkx.NetworkXException, TypeError, ValueError, ZeroDivisionError) as error:
        raise GamesimError(f"network {spec}: {(str(error) or repr(error)).splitlines()[0]}") from error


def _read(path: Path) -> Network:
    import networkx

    if not path.is_file():
        raise GamesimError(f"network {path}: there is no such file")
    readers: dict[str, Callable[[Path], Any]] = {
        ".graphml": networkx.read_graphml,
        ".gexf": networkx.read_gexf,
        ".csv": _table,
    }
    try:
        graph = readers.get(path.suffix.lower(), _edge_list)(path)
    except GamesimError:
        raise
    except Exception as error:  # the readers raise whatever their parsers do
        raise GamesimError(f"network {path}: cannot be read: {str(error).splitlines()[0]}") from error
    return Network.from_networkx(graph, str(path), {"file": path.name})


def _edge_list(path: Path) -> nx.Graph:
    """Read pairs of nodes; those whose names are whole numbers stand in their order, others as they appear."""
    import networkx

    read = networkx.read_edgelist(path)
    if not all(re.fullmatch(r"\d+", node) for node in read):
        return read
    graph = networkx.Graph()
    graph.add_nodes_from(sorted(read, key=int))
    graph.add_edges_from(read.edges())
    return graph


def _table(path: Path) -> nx.Graph:
    """Read pairs in two columns with headings, or a square table, with or without names in the first row and column."""
    import networkx
    import pandas as pd

    table = pd.read_csv(path, header=None)
    if table.shape[1] == 2 and len(table) != 2:
        return _pairs(path)
    if not pd.api.types.is_numeric_dtype(table.iloc[:, 0]) or table.iloc[0].isna().any():
        table = pd.read_csv(path, index_col=0)
        rows, columns = ([str(name) for name in names] for names in (table.index, table.columns))
        if len(rows) == len(columns) and rows != columns:
            raise GamesimError(
                f"network {path}: rows and columns of the table must have the same names in one order"
            )
    values = table.to_numpy()
    if values.shape[0] != values.shape[1]:
        raise GamesimError(
            f"network {path}: an adjacency table is square, but this is {values.shape[0]} x {values.shape[1]}; "
            "a table of pairs has two columns"
        )
    linked = np.asarray(values, dtype=float)
    if np.isnan(linked).any():
        row, column = np.argwhere(np.isnan(linked))[0] + 1
        raise GamesimError(f"network {path}: row {row}, column {column} of the table is empty; write 0 or 1")
    return networkx.from_numpy_array(linked != 0)


def _pairs(path: Path) -> nx.Graph:
    """Read a pair of nodes a line, under headings; nodes are put in order."""
    import networkx
    import pandas as pd

    table = pd.read_csv(path)
    if table.isna().to_numpy().any():
        raise GamesimError(f"network {path}: every line needs two names, with a comma between")
    nodes = sorted(set(table.to_numpy().ravel().tolist()), key=lambda node: (str(type(node)), node))
    for heading in table.columns:
        if heading in {str(node) for node in nodes}:
            raise GamesimError(
                f"network {path}: the first line of a table of pairs must be headings such as source,target, "
                f"but {heading!r} is a node"
            )
    graph = networkx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(table.itertuples(index=False, name=None))
    return graph


def complete(n: int) -> Network:
    """Link everybody with everybody."""
    low, high = np.triu_indices(n, 1)
    return Network.from_edges(n, np.column_stack([low, high]))


def ring(n: int, k: int = 2) -> Network:
    """Link everybody with the `k` nearest on a circle, half of them on each side."""
    if k % 2 or not 0 < k < n:
        raise ValueError(f"k = {k} must be even, positive and below n = {n}")
    nodes = np.arange(n)
    edges = [np.column_stack([nodes, (nodes + step) % n]) for step in range(1, k // 2 + 1)]
    return Network.from_edges(n, np.concatenate(edges))


def lattice(side: int, neighbours: int = 4, wrap: bool = True) -> Network:
    """Link everybody on a square with those beside (4), or also across the corners (8).

    Parameters
    ----------
    side : int
        Nodes along each side; node ``row * side + column``.
    neighbours : int
        4 (von Neumann) or 8 (Moore).
    wrap : bool
        Whether the edges are joined to a torus.
    """
    if side < 1:
        raise ValueError(f"side = {side} must be at least 1")
    if neighbours not in (4, 8):
        raise ValueError(f"neighbours = {neighbours} must be 4 or 8")
    row, column = np.divmod(np.arange(side * side), side)
    steps = [(0, 1), (1, 0)] + ([(1, 1), (1, -1)] if neighbours == 8 else [])
    edges = []
    for down, right in steps:
        r, c = row + down, column + right
        inside = np.ones(len(row), dtype=bool) if wrap else (r < side) & (c >= 0) & (c < side)
        edges.append(np.column_stack([row * side + column, (r % side) * side + c % side])[inside])
    return Network.from_edges(side * side, np.concatenate(edges))


def random_regular(n: int, k: int, seed: int = 0) -> Any:
    """Give everybody `k` neighbours, otherwise at random (networkx's ``random_regular_graph``)."""
    import networkx

    return networkx.random_regular_graph(k, n, seed=seed)


OWN: dict[str, Callable[..., Any]] = {
    "complete": complete,
    "ring": ring,
    "lattice": lattice,
    "random_regular": random_regular,
}
"""Names that networkx lacks, or whose networkx generator numbers nodes otherwise."""
