"""A run on a network as a figure: who did what, who earned how much, and the rounds before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.collective import Floats, Ints
from gamesim.analysis.panel import by_role, panels
from gamesim.analysis.picture import EDGE, OPTIONS, Picture, headed, named, percents
from gamesim.analysis.series import NEEDED
from gamesim.analysis.series_plot import by_decision, decided, explain_bands
from gamesim.analysis.table import MESSAGES, Table
from gamesim.errors import GamesimError, unknown
from gamesim.folding import folded
from gamesim.network_measures import adjacency

SPRING_UP_TO = 1_000
"""Most nodes that are laid out by springs: the time grows with their square."""
DRAWN_UP_TO = 5_000
"""Most nodes that are drawn one by one on a circle; a lattice is an image of any size."""
NOBODY = "#d5d8dd"
_RINGS = (
    "ring",
    "cycle_graph",
    "circulant_graph",
    "watts_strogatz_graph",
    "newman_watts_strogatz_graph",
    "connected_watts_strogatz_graph",
)
"""Generators that set nodes on a circle."""
_SOLID_UP_TO = 2_000
CAPTION = 120
"""Most characters of a line above the picture."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn of one session.

    Parameters
    ----------
    edges : (E, 2) int
    action : (N,) float
        The last one of every agent; NaN where there is none.
    earned : (N,) float
        A round, on average.
    labels : sequence of str
        Names of the options; empty for amounts.
    low, high : float
        Range of the action.
    grid : (int, int) or None
        Rows and columns of a lattice.
    at : (N, 2) float or None
        Where the nodes are drawn, from 0 to 1.
    size : float
        Area of a node, in square points.
    """

    edges: Ints
    action: Floats
    earned: Floats
    labels: Sequence[str]
    low: float
    high: float
    grid: tuple[int, int] | None
    at: Floats | None
    size: float


def plot_network(
    table: pd.DataFrame | Table,
    settings: Mapping[str, Any],
    edges: Ints,
    series: pd.DataFrame,
    path: str | Path,
    *,
    decision: str = "",
) -> Path:
    """Draw the first session of a run on its network, and below it the series of all sessions.

    A lattice is a map of one cell an agent.  Other networks are drawn as nodes and edges up to `SPRING_UP_TO` agents
    (`DRAWN_UP_TO` where they stand on a circle); of larger ones there are distributions instead.

    Parameters
    ----------
    table : DataFrame or Table
        With the columns of a run folder.
    settings : mapping
        Of the run.
    edges : (E, 2) int
        Pairs of neighbours by number of the agent.
    series : DataFrame
        From `gamesim.analysis.series.series`.
    path : str or Path
        Of a `gamesim.analysis.picture.Picture`.
    decision : str
        Which one is drawn; the first unless given.

    Returns
    -------
    Path

    Raises
    ------
    GamesimError
        If the decision does not exist.
    """
    picture = Picture(path)
    source = Table.of(table)
    made = [name for name in settings["decisions"] if name in source.census.policies]
    if not made:
        raise GamesimError("there is nothing to draw: no decision was made")
    if decision and decision not in made:
        raise unknown("decision", decision, made)
    done = [name for name in made if settings["decisions"][name].get("unit") != MESSAGES]
    name = decision or (done or made)[0]
    scene = scene_of(source, settings, edges, name)
    below = len(decided(series))
    figure = picture.figure(9.6, 5.2 + 2.6 * below)
    grid = figure.add_gridspec(1 + below, 2, height_ratios=(5, *[2.6] * below))
    acted, earned = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    by_decision(figure, grid, series, settings, above=1)
    _draw(acted, earned, scene, figure)
    sessions = int(series["sessions"].max())
    many = scene.grid is None and scene.at is None
    headed(acted, f"{name}: last action" + (" beside that of neighbours" if many else ""))
    headed(earned, "earnings a round")
    explain_bands(figure, series)
    figure.suptitle(_caption(settings, len(scene.action), sessions), fontsize=9.5, x=0.01, ha="left")
    return picture.saved(figure, _dots(scene))


def scene_of(table: pd.DataFrame | Table, settings: Mapping[str, Any], edges: Ints, name: str) -> Scene:
    """Take from a run what is drawn of its first session; the arguments are those of `plot_network`."""
    source = Table.of(table)
    network, nodes = settings["network"], int(settings["n"])
    action, total, count = np.full(nodes, np.nan), np.zeros(nodes), np.zeros(nodes)
    for piece in source.pieces(*NEEDED):
        laid = panels(piece, source.census, list(settings["decisions"]))
        panel = laid.of[name]
        for each in panel.grid(panel.action)[:, 0]:
            action[: len(each)] = np.where(np.isnan(each), action[: len(each)], each)
        for role in by_role(laid, settings).values():
            payoff = role.grid(role.payoff)[:, 0]
            total[: payoff.shape[1]] += np.nansum(payoff, axis=0)
            count[: payoff.shape[1]] += (~np.isnan(payoff)).sum(axis=0)
    earned = np.full(nodes, np.nan)
    np.divide(total, count, out=earned, where=count > 0)
    spec = settings["decisions"][name]
    grid = _grid(network, nodes)
    at, size = (None, 0.0) if grid else _places(nodes, edges, network)
    return Scene(
        edges=edges,
        action=action,
        earned=earned,
        labels=spec["labels"] or (),
        low=spec["low"],
        high=spec["high"],
        grid=grid,
        at=at,
        size=size,
    )


def _grid(network: Mapping[str, Any], nodes: int) -> tuple[int, int] | None:
    """Tell how many rows and columns a lattice has."""
    shape = {"lattice": ("side", "side"), "grid_2d_graph": ("m", "n")}.get(network.get("generator", ""))
    sides = [network[side] for side in shape or ()]
    known = all(isinstance(side, int) for side in sides)
    return (sides[0], sides[1]) if sides and known and sides[0] * sides[1] == nodes else None


def _places(nodes: int, edges: Ints, network: Mapping[str, Any]) -> tuple[Floats | None, float]:
    """Lay the nodes out, on a circle where the network is built on one and else by springs, and size them."""
    if network.get("generator") in _RINGS and nodes <= DRAWN_UP_TO:
        # Several rows, so that many nodes have room beside each other.
        rows = min(8, -(-nodes // 120))
        angle = 2 * np.pi * np.arange(nodes) / nodes
        radius = 1 - 0.05 * (np.arange(nodes) % rows)
        apart = 2 * np.pi * 0.75 * 150 * rows / nodes
        at = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
        return (at + 1) / 2, float(np.clip(min(apart, 7.0 if rows > 1 else 9.0) ** 2, 1, 70))
    if nodes > SPRING_UP_TO:
        return None, 0.0
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(edges.tolist())
    found = networkx.spring_layout(graph, seed=0, method="force")
    at = np.array([found[node] for node in range(nodes)])
    spread = np.ptp(at, axis=0)
    return (at - at.min(axis=0)) / np.where(spread > 0, spread, 1), float(np.clip(9_000 / nodes, 9, 70))


def _draw(left: Any, right: Any, scene: Scene, figure: Any) -> None:
    if scene.grid is None and scene.at is None:
        _neighbours(left, scene)
        _histogram(right, scene)
        return
    colours, key = _colours(scene)
    shown = _shade(left, scene, scene.action, colours)
    if not key:
        _scale(figure, shown, left)
    _explain(left, scene.action, key, "no decision")
    _scale(figure, _shade(right, scene, scene.earned, _earnings(scene)), right)
    _explain(right, scene.earned, [], "no payoff")
    for panel in (left, right):
        panel.set_aspect("equal")
        panel.set_axis_off()


def _explain(panel: Any, values: Floats, key: Sequence[Any], missing: str) -> None:
    """Say below a map what its colours stand for, that of agents without a value included."""
    from matplotlib.patches import Patch

    nobody = [Patch(color=NOBODY, label=missing)] if np.isnan(values).any() else []
    if handles := [*key, *nobody]:
        panel.legend(
            handles=handles,
            fontsize=7,
            frameon=False,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=4,
        )


def _scale(figure: Any, shown: Any, panel: Any) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    bar = figure.colorbar(shown, ax=panel, shrink=0.7, pad=0.02, aspect=30)
    if isinstance(shown.norm, LogNorm):
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)


def _colours(scene: Scene) -> tuple[Any, list[Any]]:
    """Give the colours of the actions, and for options what each stands for."""
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm, ListedColormap, Normalize
    from matplotlib.patches import Patch

    if not scene.labels:
        return (colormaps["viridis"], Normalize(scene.low, scene.high)), []
    palette = [OPTIONS[number % len(OPTIONS)] for number in range(len(scene.labels))]
    key = [Patch(color=colour, label=label) for colour, label in zip(palette, scene.labels, strict=True)]
    edges = np.arange(len(palette) + 1) - 0.5
    return (ListedColormap(palette), BoundaryNorm(edges, len(palette))), key


def _earnings(scene: Scene) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm, Normalize

    known = scene.earned[~np.isnan(scene.earned)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    scale = LogNorm if _skewed(scene.earned) else Normalize
    return colormaps["cividis"], scale(low, high if high > low else low + 1)


def _skewed(earned: Floats) -> bool:
    """Tell whether a few earn so much that the others could not be told apart."""
    known = earned[~np.isnan(earned)]
    return len(known) > 0 and known.min() > 0 and known.max() > 8 * float(np.median(known))


def _shade(panel: Any, scene: Scene, values: Floats, colours: Any) -> Any:
    """Colour every agent by a value."""
    colormap, norm = colours
    colormap = colormap.with_extremes(bad=NOBODY)
    if scene.grid is not None:
        return panel.imshow(
            values.reshape(scene.grid), cmap=colormap, norm=norm, interpolation="nearest", aspect="equal"
        )
    from matplotlib.collections import LineCollection

    assert scene.at is not None
    many = len(scene.edges)
    panel.add_collection(
        LineCollection(
            list(scene.at[scene.edges]),
            colors=EDGE,
            linewidths=0.6 if many < _SOLID_UP_TO else 0.25,
            alpha=0.6 if many < _SOLID_UP_TO else min(0.6, 1_500 / many),
            rasterized=many > _SOLID_UP_TO,
            zorder=1,
        )
    )
    return panel.scatter(
        *scene.at.T,
        c=values,
        s=scene.size,
        cmap=colormap,
        norm=norm,
        linewidths=0.3 if scene.size > 12 else 0,
        edgecolors="white",
        plotnonfinite=True,
        zorder=2,
    )


def _near(scene: Scene) -> Floats:
    """Average the last actions of everybody's neighbours; of options, the share that took the first."""
    links = adjacency(len(scene.action), scene.edges)
    known = ~np.isnan(scene.action)
    value = (scene.action == 0).astype(np.float64) if scene.labels else np.where(known, scene.action, 0.0)
    count = links @ known.astype(np.float64)
    near = np.full(len(value), np.nan)
    np.divide(links @ value, count, out=near, where=count > 0)
    return near


def _kinds(scene: Scene) -> list[tuple[str, str, Any]]:
    if not scene.labels:
        return [("", OPTIONS[0], ~np.isnan(scene.action))]
    return [
        (label, OPTIONS[number % len(OPTIONS)], scene.action == number)
        for number, label in enumerate(scene.labels)
    ]


def _neighbours(panel: Any, scene: Scene) -> None:
    """Set what neighbours did beside the own action, for more agents than can be drawn."""
    near = _near(scene)
    if scene.labels:
        _shares(panel, scene, near, np.linspace(-0.025, 1.025, 22))
        named(panel, f"share of neighbours with {scene.labels[0]}", "share of agents")
        return
    known = ~(np.isnan(near) | np.isnan(scene.action))
    half = (scene.high - scene.low) / 40
    panel.hist2d(
        scene.action[known],
        near[known],
        bins=21,
        range=[[scene.low - half, scene.high + half]] * 2,
        cmap="Blues",
    )
    left_out = "" if known.all() else f" ({int(known.sum()):,} agents who decided, as a neighbour did)"
    named(panel, f"own action{left_out}", "mean of neighbours")


def _histogram(panel: Any, scene: Scene) -> None:
    known = scene.earned[~np.isnan(scene.earned)]
    if _skewed(scene.earned):
        panel.set_xscale("log")
        bins = np.geomspace(known.min(), known.max(), 41)
    else:
        bins = np.histogram_bin_edges(known, bins=40)
    _shares(panel, scene, scene.earned, bins)
    named(panel, "earnings a round", "share of agents")


def _shares(panel: Any, scene: Scene, values: Floats, bins: Floats) -> None:
    """Draw how values are spread among those who took each option, or among all."""
    known = ~np.isnan(values)
    for label, colour, took in _kinds(scene):
        chosen = values[took & known]
        if len(chosen):
            weights = np.full(len(chosen), 1 / len(chosen))
            named = f"{label} ({len(chosen):,})" if label else None
            panel.hist(chosen, bins=bins, weights=weights, color=colour, label=named, **_STEPS)
    percents(panel.yaxis)


_STEPS: dict[str, Any] = {"histtype": "stepfilled", "alpha": 0.55}


def _caption(settings: Mapping[str, Any], nodes: int, sessions: int) -> str:
    which = f", first of {sessions} sessions" if sessions > 1 else ", one session"
    caption = f"{settings['game']['name']} on {settings['network']['name']}: {nodes:,} agents{which}"
    return f"{caption}\n{folded(settings['agents'], CAPTION)}"


def _dots(scene: Scene) -> float:
    """Give a resolution at which every cell of a lattice has a pixel of its own."""
    return 200.0 if scene.grid is None else float(np.clip(max(scene.grid) / 3.4, 200, 600))
