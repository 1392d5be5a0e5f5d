"""How a network is built or read: networkx's generators by their own names, a few of ours, and files.

::

    spec = name [":" key "=" value {"," key "=" value}]  |  path of an edge list, GraphML, GEXF or CSV table
"""

from __future__ import annotations

import ast
import difflib
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesim.errors import GamesimError, unknown
from gamesim.network import Network
from gamesim.streams import key
from gamesim.values import read_spec

_NUMBER = re.compile(r"\d+")

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

_ANSWERS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

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


WHOLE = ("n", "n1", "n2", "N", "k", "m", "m1", "m2", "d", "l", "dim", "side", "neighbours")
"""Parameters of generators that count something."""
CHANCES = ("p", "q", "p1", "p2", "p_in", "p_out")
"""Those that are probabilities, in generators that draw and have no default for them."""


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


def find_network(
    given: str | Path | Network | nx.Graph | None, n: int | None, seed: int, default: int
) -> Network | None:
    """Find the network that is meant: a spec or file as `open_network` reads it, or one that is there already."""
    if given is None:
        return None
    if isinstance(given, (str, Path)):
        return open_network(str(given), n, seed, default)
    if not isinstance(given, Network) and not hasattr(given, "edges"):
        raise GamesimError(
            f"network: expected a networkx graph, a spec or a file, not {type(given).__name__}; "
            "networkx.from_numpy_array makes a graph of an adjacency matrix"
        )
    network = given if isinstance(given, Network) else Network.from_networkx(given)
    network.check_size(n)
    return network


def _built(spec: str, n: int | None, seed: int) -> Network:
    name, settings = read_spec("network", spec)
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
    known = {each: _number(name, each, _value(text), parameters) for each, text in settings.items()}
    if "watts_strogatz" in name and isinstance(k := known.get("k"), int) and k % 2:
        raise GamesimError(f"network {name}: k = {k} must be even: half of the neighbours are on each side")
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
    listed = [each for each in known if parameters[each].kind is inspect.Parameter.VAR_POSITIONAL]
    named = {each: value for each, value in known.items() if each not in listed}
    with _worded(spec):
        built = builder(*(value for each in listed for value in known[each]), **named)
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


def _value(text: str) -> Any:
    """Read a number, a truth value or a list; anything else is a word."""
    try:
        return ast.literal_eval({"true": "True", "false": "False"}.get(text.lower(), text))
    except (ValueError, SyntaxError):
        return text


def _number(name: str, key: str, value: Any, parameters: Mapping[str, inspect.Parameter]) -> Any:
    """Refuse a number that a generator would take as another one; lists are left to it."""
    if isinstance(value, (list, tuple)):
        return value
    where = f"network {name}: {key} = {value!r}"
    if isinstance(parameters[key].default, bool):
        if str(value).lower() not in _ANSWERS:
            raise GamesimError(f"{where} must be true or false")
        return _ANSWERS[str(value).lower()]
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if key in WHOLE:
        if not float(number).is_integer():
            raise GamesimError(f"{where} must be a whole number")
        if number < 0 and name not in OWN:
            raise GamesimError(f"{where} must be at least 0")
        return int(number)
    drawn = "seed" in parameters and parameters[key].default is inspect.Parameter.empty
    chance = key in CHANCES and drawn and (key != "q" or "p" in parameters)
    if chance and not 0 <= number <= 1:
        raise GamesimError(f"{where} must be a probability, from 0 to 1")
    return value


@contextmanager
def _worded(spec: str) -> Iterator[None]:
    """Word what networkx complains of in one sentence."""
    import networkx

    try:
        yield
    except (
        networkx.NetworkXException,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        ZeroDivisionError,
    ) as error:
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

    pairs: list[tuple[int, list[str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        words = text.partition("{")[0].split()
        if text and len(words) != 2:
            why = (
                "; between the two stands a space" if len(words) == 1 else ", and links have no weights here"
            )
            raise GamesimError(
                f"network {path}, line {number}: {line.strip()!r} is not a pair of nodes such as 0 1{why}"
            )
        if text:
            pairs.append((number, words))
    numbered = [all(map(_NUMBER.fullmatch, words)) for _, words in pairs]
    if len(pairs) > 1 and all(numbered[1:]) and not numbered[0]:
        number, words = pairs[0]
        raise GamesimError(
            f"network {path}, line {number}: {' '.join(words)!r} looks like a heading, since all other nodes are whole "
            "numbers; leave it out, or begin it with #"
        )
    graph = networkx.Graph()
    if all(numbered):
        graph.add_nodes_from(sorted({word for _, words in pairs for word in words}, key=int))
    graph.add_edges_from(words for _, words in pairs)
    return graph


def _table(path: Path) -> nx.Graph:
    """Read pairs in two columns with headings, or a square table, with or without names in the first row and column."""
    import networkx
    import pandas as pd

    with path.open(encoding="utf-8-sig") as lines:
        header = lines.readline()
    separator = max(",;\t", key=header.count)
    table = pd.read_csv(path, header=None, sep=separator, encoding="utf-8-sig")
    named = not pd.api.types.is_numeric_dtype(table.iloc[:, 0])
    cornered = bool(table.iloc[0].isna().any())
    if table.shape[1] == 2 and (len(table) != 2 or (named and not cornered)):
        as_written = pd.read_csv(
            path, sep=separator, encoding="utf-8-sig", dtype=str, keep_default_na=False, skipinitialspace=True
        )
        return _pairs(path, as_written)
    names: list[str] = []
    values = table.to_numpy()
    if named or cornered:
        whole = pd.read_csv(path, index_col=0, sep=separator, encoding="utf-8-sig")
        names, values = [str(name) for name in whole.index], whole.to_numpy()
    if values.shape[0] != values.shape[1] or (names and names != [str(name) for name in whole.columns]):
        shown = f" ({', '.join(map(str, table.iloc[0]))})" if named and not cornered else ""
        raise GamesimError(
            f"network {path}: a table of pairs has two columns (links have no weights here), and an adjacency table is "
            "square, with the same names in one order at its rows and columns, but this one is "
            f"{len(table)} x {table.shape[1]}{shown}"
        )
    linked = np.asarray(values, dtype=float)
    if np.isnan(linked).any():
        row, column = np.argwhere(np.isnan(linked))[0] + 1
        raise GamesimError(f"network {path}: row {row}, column {column} of the table is empty; write 0 or 1")
    if not np.isin(linked, (0, 1)).all():
        weight = linked[~np.isin(linked, (0, 1))][0]
        raise GamesimError(
            f"network {path}: the table has a weight of {weight:g}, but links have none here; write 0 or 1"
        )
    graph = networkx.from_numpy_array(linked != 0)
    return networkx.relabel_nodes(graph, dict(enumerate(names))) if names else graph


def _pairs(path: Path, table: pd.DataFrame) -> nx.Graph:
    """Take a pair of nodes a line, under headings; nodes are put in order, whole numbers by value."""
    import networkx

    if (table == "").to_numpy().any():
        raise GamesimError(f"network {path}: every line needs two names, with a comma between")
    names = set(table.to_numpy().ravel().tolist())
    numbered = all(map(_NUMBER.fullmatch, names))
    for heading in table.columns:
        if heading in names or (numbered and _NUMBER.fullmatch(heading)):
            raise GamesimError(
                f"network {path}: the first line of a table of pairs must be headings such as source,target, "
                f"but {heading!r} is a node"
            )
    graph = networkx.Graph()
    graph.add_nodes_from(sorted(names, key=int) if numbered else sorted(names))
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
