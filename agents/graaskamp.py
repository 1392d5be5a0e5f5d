"""Tit for tat that tries what it can get away with (Graaskamp, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Played, Remembering, never, none, seems_random
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats

CHECKED = 56
"""Rounds after which it looks at what the other did."""


@dataclass(frozen=True)
class Graaskamp(Remembering):
    """Tit for tat for 56 rounds but for a defection in the 51st, then whatever suits the other (Axelrod 1980).

    Against who cooperates as often as not, by a chi-squared test at 5 % in every round, it defects for good; with tit
    for tat and its own twin it plays tit for tat; against others it cooperates but for a defection every 5 to 15
    rounds, all equally likely. As in the Axelrod package (whose gaps end at 14) the program ANALOGY, with which it
    would play tit for tat too, is left out, and a twin is who did the same in every round. Ninth in Axelrod's first
    tournament.
    """

    def begin(self, people: int) -> State:
        """Nothing has been played, so that the other may still be a copy or a twin."""
        counts = {name: none(people) for name in ("betrayals", "alike", "last_defection")}
        happened = {name: never(people) for name in ("defected", "betrayed", "random")}
        return counts | happened | {"copies": ~never(people), "twin": ~never(people)}

    def follow(self, state: State, played: Played) -> State:
        """Tell whom it plays against, and when it last defected."""
        own, other, rounds = played.defected, played.betrayed, state["rounds"]
        copies = state["copies"] & ((other == state["defected"]) | (rounds == 1))
        twin = state["twin"] & (other == own)
        betrayals = state["betrayals"] + other
        return {
            "betrayals": betrayals,
            "alike": state["alike"] + (copies | twin),
            "last_defection": np.where(own, rounds - 1, state["last_defection"]),
            "defected": own,
            "betrayed": other,
            "random": state["random"] | (seems_random(betrayals, rounds) & (rounds >= CHECKED)),
            "copies": copies,
            "twin": twin,
        }

    def respond(self, obs: Observations, state: State) -> Floats:
        """Play tit for tat, try or give up."""
        rounds = state["rounds"]
        began = np.maximum(state["alike"] + 1, CHECKED)
        since = rounds - np.maximum(began, state["last_defection"])
        trying = np.where(since < 5, 1.0, 1 - 1 / np.clip(16 - since, 1, None))
        tit_for_tat = (~state["betrayed"]).astype(np.float64)
        later = np.where(state["copies"] | state["twin"], tit_for_tat, trying)
        later[state["random"]] = 0.0
        return np.where(rounds < CHECKED, tit_for_tat * (rounds != 50), later)
