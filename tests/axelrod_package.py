"""What the strategies of the Axelrod package do: ``axelrod_package.json`` is written by

    python tests/axelrod_package.py > tests/axelrod_package.json

where ``pip install axelrod`` (4.14.0) has been run, in an environment of its own; it takes some minutes.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement, product
from statistics import mean, stdev
from typing import Any

ROUNDS = 200
SHOWN = 12
DETERMINISTIC = {
    "tit_for_tat": "TitForTat",
    "tit_for_two_tats": "TitFor2Tats",
    "grim": "Grudger",
    "wsls": "WinStayLoseShift",
    "always_cooperate": "Cooperator",
    "always_defect": "Defector",
    "memory_one@cc=1@cd=0@dc=1@dd=0@start=0": "SuspiciousTitForTat",
    "memory_one@cc=0@cd=0@dc=1@dd=1@start=1": "Alternator",
    "memory_one@cc=0@cd=1@dc=0@dd=1@start=1": "AntiTitForTat",
    "tideman_chieruzzi": "FirstByTidemanAndChieruzzi",
    "nydegger": "FirstByNydegger",
    "shubik": "FirstByShubik",
    "stein_rapoport": "FirstBySteinAndRapoport",
    "davis": "FirstByDavis",
    "downing": "FirstByDowning",
}
"""From agent to its name there."""
STOCHASTIC = {
    "grofman": "FirstByGrofman",
    "graaskamp": "FirstByGraaskamp",
    "feld": "FirstByFeld",
    "joss": "FirstByJoss",
    "tullock": "FirstByTullock",
    "memory_one": "FirstByAnonymous",
    "uniform": "Random",
}
KNOWN = DETERMINISTIC | STOCHASTIC
PAIRS = list(combinations_with_replacement(DETERMINISTIC, 2))
"""Whose moves are compared."""
LOOKED = (2, 12, 13, 51, 57, 62, 66, 72, 73, 120, 199, 200)
"""Rounds in which frequencies of cooperation are compared."""
MET = (
    "always_cooperate",
    "tit_for_tat",
    "wsls",
    "memory_one@cc=0@cd=0@dc=1@dd=1@start=1",
    "tit_for_two_tats",
)
RATED = list(product(STOCHASTIC, MET))
"""Between whom they are compared."""
REPETITIONS = 1000
ENTRIES = (
    "tit_for_tat",
    "tideman_chieruzzi",
    "nydegger",
    "grofman",
    "shubik",
    "stein_rapoport",
    "grim",
    "davis",
    "graaskamp",
    "downing",
    "feld",
    "joss",
    "tullock",
    "memory_one",
    "uniform",
)
"""Of the tournament whose mean scores are compared."""
TOURNAMENTS = 50


def written(moves: Sequence[str]) -> str:
    """Give the first moves of both, and the beginning of a hash of all."""
    first, second = moves
    digest = hashlib.sha256(f"{first} {second}".encode()).hexdigest()
    return f"{first[:SHOWN]} {second[:SHOWN]} {digest[:12]}"


@cache
def package() -> Any:
    """Load the Axelrod package, with Graaskamp's gaps of 5 to 15 moves; its own draw leaves 15 out."""
    axelrod = importlib.import_module("axelrod")
    generator = importlib.import_module("axelrod.random_").RandomGenerator
    half_open = generator.randint

    def randint(self: Any, *ends: int, **named: Any) -> int:
        return int(half_open(self, ends[0], ends[1] + 1) if ends else half_open(self, **named))

    generator.randint = randint
    return axelrod


def match(first: str, second: str, seed: int) -> Any:
    """Play a match of the Axelrod package."""
    axelrod = package()
    players = [getattr(axelrod, KNOWN[name])() for name in (first, second)]
    played = axelrod.Match(players, turns=ROUNDS, seed=seed)
    played.play()
    return played


def moves(first: str, second: str, seed: int = 0) -> tuple[str, str]:
    """Give both's moves in a match as Cs and Ds."""
    rounds = match(first, second, seed).result
    one, other = ("".join(str(pair[seat]) for pair in rounds) for seat in (0, 1))
    return one, other


def cooperations(first: str, second: str) -> str:
    """Count in how many repetitions the first and, behind a stroke, the second cooperated, by round looked at."""
    played = [moves(first, second, seed) for seed in range(REPETITIONS)]
    counts = [[sum(each[seat][round - 1] == "C" for each in played) for round in LOOKED] for seat in (0, 1)]
    return " / ".join(" ".join(map(str, each)) for each in counts)


def score(entry: str, seed: int) -> float:
    """Give the mean that an entry earns in one tournament."""
    earned: list[float] = []
    for place, other in enumerate(ENTRIES):
        first, second = match(entry, other, seed * len(ENTRIES) + place).final_score()
        earned.append(float(first + second) / 2 if entry == other else float(first))
    return float(mean(earned))


def scores() -> dict[str, str]:
    """Give the mean score of every entry and its standard error."""
    found = {entry: [score(entry, seed) for seed in range(TOURNAMENTS)] for entry in ENTRIES}
    return {entry: f"{mean(each):.2f} {stdev(each) / TOURNAMENTS**0.5:.3f}" for entry, each in found.items()}


def recorded_moves() -> dict[str, str]:
    """Give the moves of all pairs of deterministic strategies."""
    return {f"{first} / {second}": written(moves(first, second)) for first, second in PAIRS}


if __name__ == "__main__":
    parts = {
        "moves": recorded_moves(),
        "cooperations": {f"{a} / {b}": cooperations(a, b) for a, b in RATED},
        "scores": scores(),
    }
    print(json.dumps(parts, indent=1))
