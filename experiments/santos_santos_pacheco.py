"""Cooperators spread on scale-free networks where a contribution is divided among groups: Santos et al. (2008)."""

from __future__ import annotations

from dataclasses import dataclass

from gamesim.behaviour.copying import Copier, Ties
from gamesim.replication import LARGE, Estimate, Finding, Replication, Sessions, at_size, over_seeds
from gamesim.streams import Floats

NETWORKS = {"scale-free": "barabasi_albert:n={n},m=2", "regular": "ring:n={n},k=4"}
"""Both with four neighbours on average."""
GROUP = 5
"""Members of a group on average, z + 1."""
COST = 1.0


@dataclass(frozen=True)
class Replicator(Copier):
    """Draws one neighbour and copies it in proportion to how much more it gained, as in `imitate_better`.

    What counts is what contributions brought and cost; the endowment, which hubs have in more groups, does not.

    Parameters
    ----------
    enhancement : float
        What a unit in a fund becomes, r.
    spread : bool
        Whether there is one endowment for all groups.
    """

    enhancement: float = 1.0
    spread: bool = True

    def chances(self, ties: Ties) -> Floats:
        """Compare everybody with each neighbour, by the widest range that groups of the larger number allow."""
        groups = ties.around.network.degree + 1
        gained = ties.around.earned - COST * (1 if self.spread else groups)
        return ties.by_gain(gained, groups, (1 + self.enhancement) * COST)


def cooperation(
    network: str, eta: float, *, spread: bool, sessions: int, warm: int, looked: int, seed: int = 0
) -> Floats:
    """Measure the share of contributors, from a half: (S,) float.

    Parameters
    ----------
    network : str
        As `gamesim.play` takes it.
    eta : float
        Enhancement r over the mean size of groups.
    spread : bool
        Whether a cooperator's cost is divided among its groups, or paid in each of them.
    sessions, warm, looked, seed : int
        As in `santos_pacheco`.
    """
    played = Sessions(
        "public_goods",
        Replicator(enhancement=eta * GROUP, spread=spread),
        network=network,
        sessions=sessions,
        seed=seed,
        matching="neighbourhoods",
        endowment=COST,
        step=COST,
        group_size=GROUP,
        mpcr=eta,
        hold="multiplier",
        spread=spread,
    )
    return played.settled(warm, looked)


def run(size: str = LARGE, seed: int = 0) -> Replication:
    """Measure cooperation where the cost is divided among groups, and where it is paid in each."""
    n, networks, sessions = at_size(size, 100, 300), at_size(size, 5, 6), at_size(size, 2, 4)
    warm, looked = at_size(size, 300, 2000), at_size(size, 50, 200)
    etas = (0.6,) if size != LARGE else (0.5, 0.6)

    def share(kind: str, eta: float, spread: bool) -> Estimate:
        network, played = NETWORKS[kind].format(n=n), {"sessions": sessions, "warm": warm, "looked": looked}
        return over_seeds(
            lambda own: cooperation(network, eta, spread=spread, **played, seed=own),
            range(seed, seed + networks),
        )

    findings = []
    for eta in etas:
        divided = share("scale-free", eta, True)
        others = {
            "scale-free, cost paid in each group": share("scale-free", eta, False),
            "regular, cost divided": share("regular", eta, True),
            "regular, cost paid in each group": share("regular", eta, False),
        }
        findings += [
            Finding(
                f"r / (z + 1) = {eta:g}: {name}; scale-free, divided: {divided}",
                "below scale-free, divided",
                each,
                each.below(divided),
            )
            for name, each in others.items()
        ]
    return Replication(
        "One contribution divided among all groups",
        "Santos, Santos & Pacheco 2008, Nature 454:213-216.",
        f"Public goods game in everybody's neighbourhood on Barabasi-Albert networks and on rings, {n} agents with "
        "four neighbours on average; contributors give everything, others nothing; a random neighbour that gained more "
        f"is copied with a probability in proportion to the difference. Shares of contributors over {looked} rounds "
        f"after {warm}, from a half; a session here is a network of its own, averaged over {sessions} plays.",
        findings,
        [
            "The paper prints curves and no figures: with the cost divided, cooperators on scale-free networks take "
            "hold at a smaller enhancement r than with the cost paid in each group, and either way before those on "
            "regular networks. Only the order is compared, at enhancements in between.",
        ],
    )


if __name__ == "__main__":
    print(run())
