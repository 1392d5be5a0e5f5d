"""Societies against what bounds them: sparse products on a network, Mesa's network, and gamesim's own small runs.

An imitation round: the prisoner's dilemma with every neighbour on Watts-Strogatz (k = 6), then imitation of the best,
with payoffs under which cooperators stay.  Mesa's agents ask their cell for its neighbours, as its tutorials do, or
keep them in a list, since nobody moves here.  Wall seconds of the least of several rounds, as sparse products are too
short for the clock of CPU time; sizes in CPU seconds; memory as the peak of a process of its own.  Run it by hand:
python benchmarks/societies.py [--nodes 100000]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from mesa.discrete_space import CellAgent
from mesa.discrete_space import Network as MesaNetwork

import gamesim
from gamesim.catalog import find_agent, find_game
from gamesim.columns import Block
from gamesim.network import Network
from gamesim.population import deal
from gamesim.record import Recorder
from gamesim.simulation import Simulation
from gamesim.spec import parse
from gamesim.wiring import open_network

SMALL, LARGE, ROUNDS = 10_000, 1_000_000, 20
PAYOFFS = {"temptation": 540.0, "punishment": 0.0}
PAYS = ((400.0, 0.0), (540.0, 0.0))
"""What the first of two players earns, by both actions; 0 is to cooperate."""


class Unrecorded(Recorder):
    """Forgets what is decided, so that play alone is measured."""

    def add(self, block: Block) -> None:
        """Keep nothing."""


class Imitator(CellAgent):  # type: ignore[misc]
    """An imitator as Mesa's tutorials would write it."""

    def __init__(self, model: mesa.Model, cell: Any, action: int) -> None:
        super().__init__(model)
        self.cell = cell
        self.action = self.next = action
        self.earned = 0.0

    @property
    def around(self) -> Any:
        """The neighbours."""
        return self.cell.neighborhood.agents

    def meet(self) -> None:
        """Play with every neighbour."""
        self.earned = sum(PAYS[self.action][other.action] for other in self.around)

    def look(self) -> None:
        """Choose whom to imitate."""
        best = max((self, *self.around), key=lambda one: one.earned)
        self.next = best.action

    def change(self) -> None:
        """Take the choice over."""
        self.action = self.next


class Settled(Imitator):
    """The same, with the neighbours in a list."""

    @cached_property
    def around(self) -> Any:
        """The neighbours, looked up once."""
        return list(super().around)


def least(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def imitation(network: Network) -> Simulation:
    """Make the society that is measured, two rounds old."""
    game = find_game("prisoners_dilemma").from_settings(PAYOFFS)
    dealt = deal(game, parse("imitate_best"), network.n, 1, 0, on_network=True)
    policies = [find_agent("imitate_best").from_options({})]
    society = Simulation(
        game,
        dealt,
        policies,
        ["imitate_best"],
        rounds=100,
        matching="edges",
        network=network,
        recorder=Unrecorded(),
    )
    society.step()
    society.step()
    return society


def mesa_rounds(network: Network, kind: type[Imitator], rounds: int) -> float:
    """Time rounds of the same on Mesa's network, each a loop over agents, two rounds old; the least of them."""
    model = mesa.Model(rng=0)
    space = MesaNetwork(network.to_networkx(), random=model.random)
    actions = np.random.default_rng(0).integers(0, 2, network.n)
    for cell, action in zip(space.all_cells.cells, actions, strict=True):
        kind(model, cell, int(action))

    def one_round() -> None:
        model.agents.do("meet")
        model.agents.do("look")
        model.agents.do("change")

    one_round()
    one_round()
    return least(one_round, rounds)


def cpu_per_decision(agents: int) -> float:
    repeats = max(1, LARGE // agents // 5)
    gamesim.play("public_goods", "uniform", n=agents, rounds=ROUNDS)
    began = time.process_time()
    for _ in range(repeats):
        gamesim.play("public_goods", "uniform", n=agents, rounds=ROUNDS)
    return (time.process_time() - began) / (agents * ROUNDS * repeats)


def written() -> None:
    """Play the large run with its table written, report on it, and print CPU seconds and the peak of memory of both."""
    folder = Path(tempfile.mkdtemp())
    began = time.process_time()
    try:
        run = gamesim.play("public_goods", "uniform", n=LARGE, rounds=ROUNDS, out=folder)
        size = (folder / "decisions.parquet").stat().st_size
        print(
            f"{LARGE:,} agents, {ROUNDS} rounds, table written: {time.process_time() - began:.1f} CPU s, "
            f"{size / 2**20:.0f} MiB on disk, peak memory {peak():.2f} GiB"
        )
        began = time.process_time()
        run.summary()
        run.compare()
        run.series()
    finally:
        shutil.rmtree(folder)
    seconds = time.process_time() - began
    print(f"the report of it: {seconds:.1f} CPU s, peak memory {peak():.2f} GiB (target: at most 2)")


def peak() -> float:
    """Give the most memory that this process ever held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def main() -> None:
    """Measure rounds on a network, cost by size, and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000, help="nodes of the network")
    parser.add_argument("--written", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.written:
        written()
        return
    network = open_network(f"watts_strogatz:n={given.nodes},k=6,p=0.1")
    society = imitation(network)
    values = np.random.default_rng(0).random(network.n)
    bound = least(lambda: (network.matrix @ values, network.matrix @ values), 50)
    ours = least(society.step, 50)
    staying = float(np.mean(society.actions() == 0))
    print(
        f"an imitation round of {network.n:,} nodes with {len(network.edges):,} edges, least of 50 (Mesa: of 3); "
        f"{staying:.0%} cooperate at the end"
    )
    print(f"  two sparse products    {1000 * bound:8.2f} ms")
    print(
        f"  gamesim                {1000 * ours:8.2f} ms   {ours / bound:.1f} times the products (target: at most 4)"
    )
    for kind, name in ((Imitator, "Mesa, agent by agent "), (Settled, "  neighbours in a list")):
        theirs = mesa_rounds(network, kind, 3)
        times = f"{theirs / ours:.0f} times gamesim (target: at least 50)"
        print(f"  {name}  {1000 * theirs:8.2f} ms   {times}")
    small, large = cpu_per_decision(SMALL), cpu_per_decision(LARGE)
    print(f"public goods, {ROUNDS} rounds, not written, CPU time a decision")
    print(f"  {SMALL:>9,} agents   {1e9 * small:6.1f} ns")
    print(f"  {LARGE:>9,} agents   {1e9 * large:6.1f} ns   {large / small:.2f} times (target: at most 2)")
    subprocess.run([sys.executable, __file__, "--written"], check=True)


if __name__ == "__main__":
    main()
