"""Rule-based play against what bounds it: hand-vectorised numpy, and a plain Mesa loop.

Public goods, groups of four, strangers, uniform play: 100,000 agents, 20 rounds.  Times are user plus system
seconds of this process; ratios come from one run.  Run it by hand:  python benchmarks/rule_based.py
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import gamesim
from gamesim.columns import COLUMNS

AGENTS, ROUNDS, GROUP, ENDOWMENT, MPCR = 100_000, 20, 4, 20, 0.5
MESA_AGENTS = 10_000
REPEATS = 7


def numpy_by_hand(agents: int = AGENTS) -> float:
    """Play it as one would by hand, recording nothing."""
    rng = np.random.default_rng(0)
    total = 0.0
    for _ in range(ROUNDS):
        rng.permutation(agents)
        given = rng.integers(0, ENDOWMENT + 1, agents).astype(np.float64)
        pots = given.reshape(-1, GROUP).sum(axis=1)
        payoff = ENDOWMENT - given + MPCR * np.repeat(pots, GROUP)
        total += float(payoff[0])
    return total


def numpy_and_write(folder: Path, agents: int = AGENTS) -> None:
    """Play it by hand, then write the same table with the same library."""
    rng = np.random.default_rng(0)
    rows: dict[str, list[Any]] = {
        name: [] for name in ("round", "group", "seat", "agent", "action", "payoff")
    }
    for number in range(1, ROUNDS + 1):
        order = rng.permutation(agents)
        given = rng.integers(0, ENDOWMENT + 1, agents).astype(np.float64)
        pots = given.reshape(-1, GROUP).sum(axis=1)
        payoff = ENDOWMENT - given + MPCR * np.repeat(pots, GROUP)
        rows["round"].append(np.full(agents, number, dtype=np.int32))
        rows["group"].append(np.repeat(np.arange(agents // GROUP, dtype=np.int32), GROUP))
        rows["seat"].append(np.tile(np.arange(GROUP, dtype=np.int32), agents // GROUP))
        rows["agent"].append(order.astype(np.int32))
        rows["action"].append(given)
        rows["payoff"].append(payoff)
    count = agents * ROUNDS
    words = {
        "run": "x",
        "stage": "contribute",
        "decision": "public_goods.contribute",
        "role": "member",
        "policy": "uniform",
        "elicitation": "exact",
        "status": "ok",
    }
    numbers = {"replication": 0, "session": 0, "supergame": 1, "attempts": 1, "reply": 7}
    arrays = []
    for item in COLUMNS:
        if item.name in rows:
            arrays.append(pa.array(np.concatenate(rows[item.name])))
        elif item.name in words:
            codes = pa.array(np.zeros(count, dtype=np.int32))
            arrays.append(pa.DictionaryArray.from_arrays(codes, pa.array([words[item.name]])))
        elif item.name in numbers:
            arrays.append(pa.array(np.full(count, numbers[item.name], dtype=item.type.to_pandas_dtype())))
        elif item.name == "probability":
            arrays.append(pa.array(np.full(count, 1 / (ENDOWMENT + 1))))
        else:
            arrays.append(pa.nulls(count, item.type))
    pq.write_table(pa.Table.from_arrays(arrays, schema=COLUMNS), folder / "decisions.parquet")


class Contributor(mesa.Agent):  # type: ignore[misc]
    """An agent as Mesa's tutorials write it."""

    given = 0
    earned = 0.0

    def contribute(self) -> None:
        """Choose."""
        self.given = self.random.randint(0, ENDOWMENT)


def mesa_loop(agents: int = MESA_AGENTS) -> None:
    """Play it with one Mesa agent a person and a loop over groups."""
    model = mesa.Model(rng=0)
    Contributor.create_agents(model, agents)
    for _ in range(ROUNDS):
        model.agents.do("contribute")
        people = list(model.agents.shuffle())
        for start in range(0, agents, GROUP):
            group = people[start : start + GROUP]
            pot = sum(one.given for one in group)
            for one in group:
                one.earned += ENDOWMENT - one.given + MPCR * pot


def in_memory() -> None:
    """Play it with gamesim, without writing."""
    gamesim.play("public_goods", agents="uniform", n=AGENTS, rounds=ROUNDS)


def on_disk(folder: Path) -> None:
    """Play it with gamesim, with the table written."""
    gamesim.play("public_goods", agents="uniform", n=AGENTS, rounds=ROUNDS, out=folder)


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def in_folder(work: Callable[[Path], object]) -> float:
    folder = Path(tempfile.mkdtemp())
    try:
        return cpu(lambda: work(folder))
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Measure in turn, so that a drifting machine hits all alike, and print medians and ratios."""
    in_memory()
    numpy_by_hand()
    times: dict[str, list[float]] = {}
    for _ in range(REPEATS):
        times.setdefault("numpy by hand", []).append(cpu(numpy_by_hand))
        times.setdefault("gamesim, in memory", []).append(cpu(in_memory))
        times.setdefault("numpy by hand and write", []).append(in_folder(numpy_and_write))
        times.setdefault("gamesim, written", []).append(in_folder(on_disk))
    times["Mesa, one object an agent"] = [cpu(mesa_loop) * AGENTS / MESA_AGENTS]
    medians = {name: statistics.median(values) for name, values in times.items()}
    decisions = AGENTS * ROUNDS
    print(
        f"public goods, {AGENTS:,} agents, {ROUNDS} rounds: {decisions:,} decisions; CPU seconds, median of {REPEATS}"
    )
    for name, seconds in medians.items():
        print(
            f"  {name:<28} {seconds:7.3f} s   {decisions / seconds / 1e6:7.1f} million decisions a CPU second"
        )
    speed = statistics.median(
        a / b for a, b in zip(times["numpy by hand"], times["gamesim, in memory"], strict=True)
    )
    cost = statistics.median(
        b / a for a, b in zip(times["numpy by hand and write"], times["gamesim, written"], strict=True)
    )
    print(f"speed beside numpy by hand, without writing: {speed:.2f} (target: at least 0.5)")
    print(f"cost beside numpy by hand and the same write: {cost:.2f} (target: at most 1.5)")
    mesa_ratio = medians["Mesa, one object an agent"] / medians["gamesim, in memory"]
    print(f"Mesa's loop takes {mesa_ratio:.0f} times as long ({MESA_AGENTS:,} agents measured, scaled)")


if __name__ == "__main__":
    main()
