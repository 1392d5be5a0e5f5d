"""Learners in the ultimatum game stay away from the perfect equilibrium: Roth & Erev (1995)."""

from __future__ import annotations

import numpy as np

from gamesim.playing import play
from gamesim.replication import LARGE, Estimate, Finding, Replication, at_size
from gamesim.streams import Floats

LEARNER = "roth_erev@strength=1.8@forgetting=0.001@experimentation=0.05"
"""Slow forgetting, some experimentation, and beginnings worth about a round or two of play (after Roth & Erev 1995)."""
ENDOWMENT = 10
SMALL_OFFER = 1
AT_FIRST = (SMALL_OFFER + 1) / (ENDOWMENT + 1)
"""Share of offers of 0 and 1 while all offers are equally likely."""
PAIRS = 10


def offers(responder: str, *, rounds: int, sessions: int, seed: int = 0) -> Floats:
    """Let proposers learn, and give their offers of the last tenth of the rounds: (S, O) float, of 10.

    Parameters
    ----------
    responder : str
        Whom they meet, a stranger in every round.
    rounds, sessions, seed : int
    """
    table = play(
        "ultimatum",
        f"proposer={LEARNER},responder={responder}",
        n=2 * PAIRS,
        rounds=rounds,
        sessions=sessions,
        matching="stranger",
        seed=seed,
        endowment=ENDOWMENT,
    ).decisions
    late = table[(table["stage"] == "offer") & (table["round"] > rounds - max(1, rounds // 10))]
    return late.sort_values("session")["action"].to_numpy(dtype=np.float64).reshape(sessions, -1)


def run(size: str = LARGE, seed: int = 0) -> Replication:
    """Measure late offers to responders that learn as well, and to responders that accept everything."""
    rounds, sessions = at_size(size, 100, 300), at_size(size, 6, 20)
    both = offers(LEARNER, rounds=rounds, sessions=sessions, seed=seed)
    granted = offers("fixed@action=0", rounds=rounds, sessions=sessions, seed=seed)
    share, low = Estimate.of(both.mean(axis=1) / ENDOWMENT), Estimate.of((both <= SMALL_OFFER).mean(axis=1))
    mild = Estimate.of(granted.mean(axis=1) / ENDOWMENT)
    few = Estimate.of((granted <= SMALL_OFFER).mean(axis=1))
    return Replication(
        "Learners in the ultimatum game",
        "Roth & Erev 1995, Games and Economic Behavior 8:164-212.",
        f"{PAIRS} proposers and {PAIRS} responders divide 10 in whole units, a stranger in every round, {rounds} "
        "rounds; both learn by reinforcement, which offer to make and which to accept. Offers of the last tenth "
        "of the rounds.",
        [
            Finding("mean offer, share of the pie", "far above 0 (the equilibrium)", share, share.above(0.2)),
            Finding("offers of 0 or 1", f"rarer than at first ({AT_FIRST:.3f})", low, low.below(AT_FIRST)),
            Finding("mean offer where everything is accepted", "below that", mild, mild.below(share)),
            Finding(
                "offers of 0 or 1 where everything is accepted",
                f"more often than at first ({AT_FIRST:.3f})",
                few,
                few.above(AT_FIRST),
            ),
        ],
        [
            "Parameters are as usually quoted from the paper, whose text was not at hand. "
            "The paper's runs begin from propensities drawn at random and go on for many more rounds; its figures "
            "are not compared, only what it explains by them: proposers learn faster not to make small offers than "
            "responders learn to accept them.",
        ],
    )


if __name__ == "__main__":
    print(run())
