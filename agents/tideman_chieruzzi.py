"""Growing retaliation with fresh starts (Tideman & Chieruzzi, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, Played, never, none, rounds_left
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class TidemanChieruzzi(Deterministic):
    """Tit for tat whose punishments grow with every run of defections, until it offers a fresh start (Axelrod 1980).

    It cooperates twice and forgets all punishments where the other is behind by what two unreturned defections earn (10
    points of the tournament), cooperated last, and defects too rarely or too often for a fair coin by three standard
    deviations, 20 rounds or more after the last fresh start and 10 or more before the end. It defects in the last two
    rounds. Details follow the Axelrod package. Second in Axelrod's first tournament.
    """

    def begin(self, people: int) -> State:
        """Nobody is to be punished yet, and the last fresh start is long ago."""
        counts = {name: none(people) for name in ("left", "length", "betrayals", "ahead")}
        return counts | {"last": np.full(people, -20), "second": never(people), "defects": never(people)}

    def follow(self, state: State, played: Played) -> State:
        """Go on with punishments, or start afresh."""
        other, second, left, length = played.betrayed, state["second"], state["left"], state["length"]
        rounds = state["rounds"]
        betrayals = state["betrayals"] + other
        ahead = state["ahead"] + played.defected - other
        unlike = np.abs(betrayals - rounds / 2) >= 1.5 * rounds**0.5
        fresh = ~second & ~other & (ahead >= 2) & unlike & (rounds - state["last"] >= 20) & (played.left > 10)
        going = ~second & ~fresh & (left > 0)
        starts = ~second & ~fresh & (left == 0) & other
        length = np.where(fresh, 0, length + starts)
        return {
            "left": np.where(fresh, 0, np.where(starts, length - 1, left - going)),
            "length": length,
            "betrayals": np.where(fresh, 0, betrayals),
            "ahead": ahead,
            "last": np.where(fresh, rounds, state["last"]),
            "second": fresh,
            "defects": going | starts,
        }

    def defects(self, obs: Observations, state: State) -> Bools:
        """Punish, and defect at the end."""
        if rounds_left(obs) < 2:
            return np.ones(len(obs), dtype=np.bool_)
        return state["defects"]
