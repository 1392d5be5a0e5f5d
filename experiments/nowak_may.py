"""Cooperators survive on a lattice: Nowak & May (1992), and what becomes of them out of step."""

from __future__ import annotations

import numpy as np

from gamesim.catalog import find_game
from gamesim.game import Game
from gamesim.replication import LARGE, Estimate, Finding, Replication, Sessions, at_size
from gamesim.streams import Floats

NEIGHBOURS = 8
CHAOS = 12 * np.log(2) - 8
"""Share of cooperators for temptations between 9/5 and 2 (Nowak & May 1992): 0.318."""
COLLAPSED = 0.1


def game(temptation: float, with_self: bool = True) -> Game:
    """Give the dilemma with reward 1, temptation b and nothing else, as it is played on the lattice.

    A cooperator that also plays itself earns 1 more.  Where everybody has eight neighbours, an eighth of that on top
    of each of the eight games is the same, so the own game needs no groups of its own.

    Parameters
    ----------
    temptation : float
        b.
    with_self : bool
        Whether everybody plays itself as well.
    """
    own = 1 / NEIGHBOURS if with_self else 0.0
    return find_game("prisoners_dilemma").from_settings(
        {"reward": 1 + own, "sucker": own, "temptation": temptation, "punishment": 0.0}
    )


def lattice(
    temptation: float,
    *,
    side: int,
    sessions: int,
    with_self: bool = True,
    start: float = 0.9,
    update: str = "synchronous",
    seed: int = 0,
) -> Sessions:
    """Set up cells on a torus that copy the best of the nine around them.

    Parameters
    ----------
    temptation : float
    side : int
        Cells along each side.
    sessions : int
    with_self : bool
        Whether everybody plays itself as well.
    start : float
        Share of cooperators in the first round.
    update : str
        Schedule of revisions, as `gamesim.play` takes it.
    seed : int
    """
    return Sessions(
        game(temptation, with_self),
        f"imitate_best@start={start}",
        network=f"lattice:side={side},neighbours={NEIGHBOURS}",
        sessions=sessions,
        update=update,
        seed=seed,
    )


def run(size: str = LARGE, seed: int = 0) -> Replication:
    """Measure the share of cooperators by temptation, by self-interaction and by schedule."""
    side, sessions = at_size(size, 40, 99), at_size(size, 4, 6)
    warm, looked = at_size(size, 60, 150), at_size(size, 20, 50)

    def shares(temptation: float, with_self: bool = True, start: float = 0.9) -> Floats:
        cells = lattice(temptation, side=side, sessions=sessions, with_self=with_self, start=start, seed=seed)
        return cells.settled(warm, looked)

    def together(temptation: float, with_self: bool = True) -> Estimate:
        return Estimate.of(shares(temptation, with_self))

    share, generations = 0.01, at_size(size, 20, 100)
    turns = round(1 / share)

    def apart(temptation: float) -> Estimate:
        schedule = f"sequential:{share}"
        cells = lattice(temptation, side=side // 2, sessions=sessions, update=schedule, seed=seed)
        return Estimate.of(cells.settled((generations - 1) * turns, 1, turns))

    few, from_half = together(1.9), shares(1.9, start=0.5)
    half, alive = Estimate.of(from_half), from_half[from_half > 0]
    ordered, over = together(1.7), together(2.1)
    over_half = Estimate.of(shares(2.1, start=0.5))
    alone, alone_over = together(1.62, with_self=False), together(1.7, with_self=False)
    mild, late = apart(1.3), apart(1.9)
    return Replication(
        "Cooperators on a lattice",
        "Nowak & May 1992, Nature 359:826-829, and 1993, International Journal of Bifurcation and Chaos 3:35-78 "
        "(without the own game); Nowak, Bonhoeffer & May 1994, PNAS 91:4877-4881; "
        "Huberman & Glance 1993, PNAS 90:7716-7718.",
        f"Prisoner's dilemma with R = 1, T = b, S = P = 0 on a torus of {side} x {side} cells with eight neighbours; "
        f"everybody copies the best of the nine. Shares of cooperators over {looked} rounds after {warm}; out of step, "
        f"on {side // 2} x {side // 2} cells, a hundredth revises at a time, for {generations} generations. A share "
        f"replicates within 0.02 of the figure, a collapse below {COLLAPSED:g}.",
        [
            Finding("b = 1.7, 90 % cooperate at first", "above b = 1.9", ordered, ordered.above(few)),
            Finding("b = 1.9, 90 % cooperate at first", f"{CHAOS:.3f}", few, few.within(CHAOS, 0.02)),
            Finding("b = 1.9, 50 % cooperate at first", f"{CHAOS:.3f}", half, half.within(CHAOS, 0.02)),
            Finding("b = 2.1, 90 % cooperate at first", "collapse", over, over.below(COLLAPSED)),
            Finding("b = 2.1, 50 % cooperate at first", "collapse", over_half, over_half.below(COLLAPSED)),
            Finding("b = 1.62 without the own game", "0.299", alone, alone.within(0.299, 0.02)),
            Finding("b = 1.7 without the own game", "collapse", alone_over, alone_over.below(COLLAPSED)),
            Finding("b = 1.9, out of step", "collapse", late, late.below(COLLAPSED)),
            Finding("b = 1.3, out of step", "cooperators stay", mild, mild.above(0.5)),
        ],
        [
            "The engine's matching `edges` has no game of a player with itself. On a lattice where everybody has eight "
            "neighbours the own game is worth the same as an eighth of it on top of each of the eight games, so it is "
            "played as R = 9/8 and S = 1/8. On networks of unequal degree that does not hold.",
            "The figure without the own game, for b from 8/5 to 5/3, was not checked against the paper's text.",
            f"Of the {sessions} sessions with b = 1.9 that begin with a half, cooperators outlive the first "
            f"generations in {len(alive)}"
            + (f", with a share of {alive.mean():.3f} there." if len(alive) else "."),
            "Above b = 2 blocks of three by three cooperators stand still among defectors (their middle earns 9, the "
            "defectors beside them 3 b), so some are left where many cooperate at first.",
        ],
    )


if __name__ == "__main__":
    print(run())
