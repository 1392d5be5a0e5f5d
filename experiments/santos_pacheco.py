"""Scale-free networks make cooperators dominate: Santos & Pacheco (2005)."""

from __future__ import annotations

from gamesim.replication import LARGE, Estimate, Finding, Replication, Sessions, at_size, over_seeds
from gamesim.streams import Floats

TEMPTATIONS = (1.1, 1.4, 1.7, 2.0)
NETWORKS = {"scale-free": "barabasi_albert:n={n},m=2", "regular ring": "ring:n={n},k=4"}
"""Both with four neighbours on average."""


def cooperation(
    network: str, temptation: float, *, sessions: int, warm: int, looked: int, seed: int = 0
) -> Floats:
    """Measure the share of cooperators in the weak dilemma with reward 1 and temptation b: (S,) float.

    Parameters
    ----------
    network : str
        As `gamesim.play` takes it.
    temptation : float
        b.
    sessions : int
        Sessions on that one network.
    warm, looked : int
        Rounds that pass, and rounds that are averaged over after them.
    seed : int
        Of the play and of the network.
    """
    played = Sessions(
        "prisoners_dilemma",
        "imitate_better@start=0.5",
        network=network,
        sessions=sessions,
        seed=seed,
        reward=1.0,
        sucker=0.0,
        temptation=temptation,
        punishment=0.0,
    )
    return played.settled(warm, looked)


def run(size: str = LARGE, seed: int = 0) -> Replication:
    """Measure cooperation by temptation on both kinds of network."""
    n, networks, sessions = at_size(size, 200, 1000), at_size(size, 4, 5), at_size(size, 2, 4)
    warm, looked = at_size(size, 300, 3000), at_size(size, 50, 300)
    temptations = (1.2, 1.7) if size != LARGE else TEMPTATIONS

    def share(kind: str, temptation: float) -> Estimate:
        network, played = NETWORKS[kind].format(n=n), {"sessions": sessions, "warm": warm, "looked": looked}
        return over_seeds(
            lambda own: cooperation(network, temptation, **played, seed=own), range(seed, seed + networks)
        )

    findings = []
    for temptation in temptations:
        free, ring = share("scale-free", temptation), share("regular ring", temptation)
        findings += [
            Finding(f"b = {temptation:g}, scale-free", "above 0.5", free, free.above(0.5)),
            Finding(f"b = {temptation:g}, regular ring", "below scale-free", ring, ring.below(free)),
        ]
    return Replication(
        "Cooperators on scale-free networks",
        "Santos & Pacheco 2005, Physical Review Letters 95:098104.",
        f"Prisoner's dilemma with R = 1, T = b, S = P = 0 on Barabasi-Albert networks and on rings, {n} agents with "
        "four neighbours on average; earnings are summed over neighbours, and a random neighbour that earned more is "
        f"copied with probability (P_j - P_i) / (k D). Shares of cooperators over {looked} rounds after {warm}, from "
        f"a half; a session here is a network of its own, averaged over {sessions} plays.",
        findings,
        [
            "The paper averages over 1,000 rounds after 10,000, with 10,000 agents. It prints curves and no figures: "
            "cooperators are the majority on scale-free networks at every temptation, and fewer on regular ones."
        ],
    )


if __name__ == "__main__":
    print(run())
