"""What the strategies of the Axelrod package do against each other: ``axelrod_moves.json`` is written by

    python tests/axelrod_moves.py > tests/axelrod_moves.json

where ``pip install axelrod`` (4.14.0) has been run, in an environment of its own.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from itertools import combinations_with_replacement

ROUNDS = 200
SHOWN = 12
KNOWN = {
    "tit_for_tat": "TitForTat",
    "tit_for_two_tats": "TitFor2Tats",
    "grim": "Grudger",
    "wsls": "WinStayLoseShift",
    "always_cooperate": "Cooperator",
    "always_defect": "Defector",
    "memory_one@cc=1@cd=0@dc=1@dd=0@start=0": "SuspiciousTitForTat",
    "memory_one@cc=0@cd=0@dc=1@dd=1@start=1": "Alternator",
    "memory_one@cc=0@cd=1@dc=0@dd=1@start=1": "AntiTitForTat",
}
"""From agent to its name there; all of them deterministic."""
PAIRS = list(combinations_with_replacement(KNOWN, 2))


def written(moves: tuple[str, str]) -> dict[str, str]:
    """Give the first moves of both, and a hash of all."""
    first, second = moves
    return {
        "first": first[:SHOWN],
        "second": second[:SHOWN],
        "sha256": hashlib.sha256(f"{first} {second}".encode()).hexdigest(),
    }


def played(first: str, second: str) -> tuple[str, str]:
    """Let the Axelrod package play a match, and give both's moves as Cs and Ds."""
    axelrod = importlib.import_module("axelrod")
    players = [getattr(axelrod, KNOWN[name])() for name in (first, second)]
    rounds = axelrod.Match(players, turns=ROUNDS).play()
    one, other = ("".join(str(pair[seat]) for pair in rounds) for seat in (0, 1))
    return one, other


if __name__ == "__main__":
    print(json.dumps({f"{a} / {b}": written(played(a, b)) for a, b in PAIRS}, indent=1))
