"""Growing retaliation with fresh starts (Tideman & Chieruzzi, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, others_defections, own_defections, rounds_left
from gamesim.observation import Observations


@dataclass(frozen=True)
class TidemanChieruzzi(Deterministic):
    """Tit for tat whose punishments grow with every run of defections, until it offers a fresh start (Axelrod 1980).

    It cooperates twice and forgets all punishments where the other is behind by what two unreturned defections earn (10
    points of the tournament), cooperated last, and defects too rarely or too often for a fair coin by three standard
    deviations, 20 rounds or more after the last fresh start and 10 or more before the end. It defects in the last two
    rounds. Details follow the Axelrod package. Second in Axelrod's first tournament.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Follow punishments and fresh starts from the first round on."""
        if rounds_left(obs) < 2:
            return np.ones(len(obs), dtype=np.bool_)
        left, length, counted = (np.zeros(len(obs), dtype=np.int64) for _ in range(3))
        last = np.full(len(obs), -20)
        second, defects = (np.zeros(len(obs), dtype=np.bool_) for _ in range(2))
        ahead = np.zeros(len(obs), dtype=np.int64)
        for past, (own, other) in enumerate(
            zip(own_defections(obs), others_defections(obs), strict=True), start=1
        ):
            counted = counted + other
            ahead = ahead + own - other
            unlike = np.abs(counted - past / 2) >= 1.5 * past**0.5
            fresh = ~second & ~other & (ahead >= 2) & unlike & (past - last >= 20)
            fresh &= rounds_left(obs) + obs.round - past - 1 >= 10
            going = ~second & ~fresh & (left > 0)
            starts = ~second & ~fresh & (left == 0) & other
            length = np.where(fresh, 0, length + starts)
            left = np.where(fresh, 0, np.where(starts, length - 1, left - going))
            counted = np.where(fresh, 0, counted)
            last = np.where(fresh, past, last)
            second, defects = fresh, going | starts
        return defects
