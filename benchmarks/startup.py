"""How long ``gamesim --help`` takes beside the bare interpreter: user plus system seconds, medians of 15 pairs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

PAIRS = 15


def cpu(*command: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Measure both in turn and print the difference."""
    cpu("-m", "gamesim", "--help")
    bare, helped = zip(
        *((cpu("-c", "pass"), cpu("-m", "gamesim", "--help")) for _ in range(PAIRS)), strict=True
    )
    print(
        f"bare interpreter {statistics.median(bare):.3f} s, gamesim --help {statistics.median(helped):.3f} s"
    )
    above = statistics.median(b - a for a, b in zip(bare, helped, strict=True))
    print(f"above the bare interpreter: {above:.3f} s (target: at most 0.25)")


if __name__ == "__main__":
    main()
