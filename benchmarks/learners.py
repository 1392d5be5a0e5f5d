"""Learners whose state is kept from round to round against the same learners working their whole past out anew.

CPU seconds of play alone, nothing recorded, and the rounds that were kept in memory.  Both ways give the same decisions
(tests/test_folds.py).  Run it by hand:  python benchmarks/learners.py [--n 100] [--rounds 40]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from societies import Unrecorded

from gamesim.design import Design
from gamesim.preparing import prepare
from gamesim.simulation import Simulation

LEARNERS = {
    "roth_erev": "ultimatum",
    "satisficing": "ultimatum",
    "ewa": "prisoners_dilemma",
    "fictitious_play": "prisoners_dilemma",
}


class Anew(Simulation):
    """Keeps no state, so that every round goes through all rounds before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._memory.known_to = lambda index, obs: obs  # type: ignore[method-assign]


def measured(kind: type[Simulation], game: str, agent: str, n: int, rounds: int) -> tuple[float, int]:
    """Give CPU seconds, and how many rounds were in memory in the end."""
    prepared = prepare(game, agent, Design(n=n, rounds=rounds), {})
    simulation = kind(**prepared.arguments(), recorder=Unrecorded())
    began = time.process_time()
    simulation.run_model()
    return time.process_time() - began, len(simulation.plays)


def main() -> None:
    """Print one row an agent and length of play."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    print(
        f"{'agent':<16} {'rounds':>6} {'kept: CPU s':>12} {'anew: CPU s':>12} {'ratio':>6}  rounds in memory"
    )
    for agent, game in LEARNERS.items():
        measured(Simulation, game, agent, given.n, 2)
        for rounds in (given.rounds, 2 * given.rounds):
            kept, few = measured(Simulation, game, agent, given.n, rounds)
            anew, many = measured(Anew, game, agent, given.n, rounds)
            print(
                f"{agent:<16} {rounds:>6} {kept:>12.2f} {anew:>12.2f} {anew / kept:>6.1f}  {few} against {many}"
            )


if __name__ == "__main__":
    main()
