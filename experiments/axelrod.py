"""Axelrod's first tournament (1980), played by those of its entries that are at hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gamesim.catalog import find_game
from gamesim.game import Game
from gamesim.replication import LARGE, Estimate, Finding, Replication, at_size
from gamesim.run import play
from gamesim.streams import Floats

ROUNDS = 200
ENTRIES = {
    "tit_for_tat": ("Tit for Tat", 504.5),
    "memory_one@cc=1@cd=0.2857142857@dc=0.2857142857@dd=1@start=1": ("Grofman", 481.9),
    "grim": ("Friedman", 473.4),
    "memory_one@cc=0.9@cd=0@dc=0.9@dd=0@start=1": ("Joss", 304.4),
    "uniform": ("Random", 276.3),
}
"""From agent to its name and mean score of a match against all fifteen (Axelrod 1980, Journal of Conflict Resolution
24:3-25)."""


def game() -> Game:
    """Give the tournament's dilemma: 5, 3, 1, 0."""
    return find_game("prisoners_dilemma").from_settings(
        {"reward": 3.0, "sucker": 0.0, "temptation": 5.0, "punishment": 1.0}
    )


def match(
    first: str, second: str, *, rounds: int = ROUNDS, sessions: int = 1, seed: int = 0
) -> tuple[Floats, Floats]:
    """Let two agents play against each other.

    Parameters
    ----------
    first, second : str
        Agents as on the command line.
    rounds, sessions, seed : int

    Returns
    -------
    actions : (S, 2, T) float
        What the first and the second did, round by round; 0 is to cooperate.
    earned : (S, 2) float
        What each earned in all.
    """
    agents = first if first == second else {first: 0.5, second: 0.5}
    table = play(
        game(), agents, n=2, matching="partner", rounds=rounds, sessions=sessions, seed=seed
    ).decisions
    # Who holds which seat is drawn, so the two are told apart by their names.
    table = table.assign(late=table["policy"] == second if first != second else table["agent"] == 1)
    table = table.sort_values(["session", "late", "round"])
    shape = (sessions, 2, rounds)
    earned = table["payoff"].to_numpy(dtype=np.float64).reshape(shape).sum(axis=2)
    return table["action"].to_numpy(dtype=np.float64).reshape(shape), earned


def scores(*, rounds: int = ROUNDS, sessions: int, seed: int = 0) -> dict[str, Floats]:
    """Play everybody against everybody and its twin, and average over the matches of each.

    Parameters
    ----------
    rounds, sessions, seed : int

    Returns
    -------
    dict from agent to (S,) float
    """
    names = list(ENTRIES)
    total = {name: np.zeros(sessions) for name in names}
    for place, first in enumerate(names):
        for second in names[place:]:
            _, earned = match(first, second, rounds=rounds, sessions=sessions, seed=seed)
            if first == second:
                total[first] += earned.mean(axis=1)
            else:
                total[first] += earned[:, 0]
                total[second] += earned[:, 1]
    return {name: values / len(names) for name, values in total.items()}


def run(size: str = LARGE, seed: int = 0) -> Replication:
    """Play the tournament and compare the order.

    Parameters
    ----------
    size : str
        ``small`` or ``large``.
    seed : int
    """
    rounds, sessions = at_size(size, 50, ROUNDS), at_size(size, 5, 50)
    found = scores(rounds=rounds, sessions=sessions, seed=seed)
    scale = ROUNDS / rounds
    findings = []
    for better, worse in pairwise(ENTRIES):
        (name, score), (other, lower) = ENTRIES[better], ENTRIES[worse]
        ahead = Estimate.of(scale * (found[better] - found[worse]))
        findings.append(
            Finding(f"{name} ahead of {other} by", f"{score - lower:.1f}", ahead, ahead.above(0.0))
        )
    means = ", ".join(f"{ENTRIES[name][0]} {scale * values.mean():.1f}" for name, values in found.items())
    return Replication(
        "Axelrod's first tournament",
        "Axelrod 1980, Journal of Conflict Resolution 24:3-25.",
        f"The five of the fifteen entries that are at hand play matches of {rounds} rounds, payoffs 5, 3, 1, 0, "
        "against each other and their twins. Score of a match per 200 rounds; an ordering replicates when the "
        "one is ahead of the other by more than chance.",
        findings,
        [
            f"Mean scores: {means}. They are not comparable with the published ones, which are against all fifteen: "
            "ten entries are missing, and who wins depends on who takes part. In this one Grofman's entry gains "
            "on Joss's, with which Tit for Tat falls into retaliation, Friedman's gains on Random, and "
            "Random on Grofman's.",
            "Nor is Tit for Tat first when the Axelrod package (4.14.0) plays its own reconstructions of all fifteen: "
            "with 20 repetitions and seed 1 it is fourth, behind Stein & Rapoport, Grofman and Shubik.",
            "Move by move, the deterministic strategies do what those of the Axelrod package do in 200 rounds "
            "(`tests/test_experiments.py`).",
        ],
    )


if __name__ == "__main__":
    print(run())
