"""Who is next to whom: a sparse network, and what is summed, averaged and found over neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gamesim.errors import GamesimError
from gamesim.streams import Floats, Ints

if TYPE_CHECKING:
    import networkx as nx
    from scipy.sparse import csr_array


def pair_codes(n: int, one: Ints, two: Ints | int) -> Ints:
    """Give pairs of `n` nodes as numbers, so that sets of pairs are sets of numbers: (P,) int, ``low * n + high``."""
    return np.minimum(one, two) * n + np.maximum(one, two)


def ends(n: int, codes: Ints) -> Ints:
    """Give the two nodes of pairs that `pair_codes` numbered, the lower one first: (P, 2) int."""
    return np.column_stack([codes // n, codes % n])


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
    names : sequence of str
        Names of the nodes, where they are not called 0 to N - 1.
    """

    starts: Ints
    neighbours: Ints
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    names: Sequence[str] = ()

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
        one, two = np.asarray(edges, dtype=np.int64).reshape(-1, 2).T
        codes = np.sort(pair_codes(n, one, two)[one != two])
        # numpy's own way to distinct numbers hashes them, which takes many times as long for such codes.
        return cls.from_codes(n, codes[np.diff(codes, prepend=-1) > 0], name, settings)

    @classmethod
    def from_codes(
        cls, n: int, codes: Ints, name: str = "", settings: Mapping[str, Any] | None = None
    ) -> Network:
        """Build it from pairs of nodes as `pair_codes` numbers them, (E,) int, each once and in any order."""
        low, high = codes // n, codes % n
        both = np.concatenate([codes, high * n + low])
        both.sort()
        starts = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(both // n, minlength=n), out=starts[1:])
        return cls(starts, both % n, name, settings or {})

    @classmethod
    def from_networkx(
        cls, graph: nx.Graph, name: str = "", settings: Mapping[str, Any] | None = None
    ) -> Network:
        """Take a networkx graph; nodes are numbered in its own order and keep their names, directions are dropped."""
        number = {node: i for i, node in enumerate(graph)}
        edges = np.array([(number[a], number[b]) for a, b in graph.edges()], dtype=np.int64)
        network = cls.from_edges(len(number), edges, name or str(graph.name or "networkx graph"), settings)
        names = [str(node) for node in number]
        return network if names == [str(i) for i in range(len(names))] else replace(network, names=names)

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
    def codes(self) -> Ints:
        """All edges as `pair_codes` numbers them: (E,) int, ascending."""
        return pair_codes(self.n, *self.edges.T)

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

    def rank(self, nodes: Ints, others: Ints) -> Ints:
        """Count the neighbours of each node whose number is below that of another node: (K,) int."""
        return cast(Ints, np.searchsorted(self._directed, nodes * self.n + others) - self.starts[nodes])

    @cached_property
    def _directed(self) -> Ints:
        return self.owner * self.n + self.neighbours

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

    def relinked(self, gone: Ints, new: Ints) -> Network:
        """Break links and make others.

        Parameters
        ----------
        gone : (B,) int
            Links that there are, as `pair_codes` numbers them.
        new : (M,) int
            Pairs that are not linked, each once.
        """
        kept = np.setdiff1d(self.codes, gone, assume_unique=True)
        return Network.from_codes(self.n, np.concatenate([kept, new]), self.name, self.settings)

    def padded(self, n: int) -> Network:
        """Add nodes without neighbours and names until there are `n`."""
        names = [*self.names, *[""] * (n - self.n)] if self.names else ()
        return replace(Network.from_edges(n, self.edges, self.name, self.settings), names=names)

    def copies(self, count: int) -> Network:
        """Lay several copies side by side, unconnected."""
        return Network.beside([self] * count)

    @classmethod
    def beside(cls, parts: Sequence[Network]) -> Network:
        """Lay networks of one size side by side, unconnected; name and settings are those of the first."""
        first = parts[0]
        if len(parts) == 1:
            return first
        begin = np.cumsum([0, *(len(each.neighbours) for each in parts)])
        starts = [each.starts[:-1] + start for each, start in zip(parts, begin, strict=False)]
        neighbours = [each.neighbours + place * first.n for place, each in enumerate(parts)]
        names = [name for each in parts for name in each.names]
        return cls(
            np.concatenate([*starts, begin[-1:]]),
            np.concatenate(neighbours),
            first.name,
            first.settings,
            names,
        )

    def parts(self, count: int) -> list[Network]:
        """Take apart what `beside` laid side by side; nodes are numbered from 0 in each, without names."""
        if count == 1:
            return [self]
        n = self.n // count
        found = []
        for first in np.arange(count) * n:
            starts = self.starts[first : first + n + 1]
            neighbours = self.neighbours[starts[0] : starts[-1]] - first
            found.append(Network(starts - starts[0], neighbours, self.name, self.settings))
        return found

    def check_size(self, n: int | None) -> None:
        """Refuse a network without nodes, or of another size than the one asked for, if any."""
        if n is not None and self.n != n:
            raise GamesimError(f"network {self.name}: has {self.n} nodes, but n = {n}; leave one of them out")
        if self.n == 0:
            raise GamesimError(f"network {self.name}: has no nodes")

    def describe(self) -> dict[str, Any]:
        """Give what a record needs."""
        return {"name": self.name, "n": self.n, "edges": len(self.neighbours) // 2, **self.settings}
