"""Long-run earnings maximised on the belief that the other only responds to oneself (Downing, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, Played, dilemma, never, none
from gamesim.observation import Observations
from gamesim.past import State


@dataclass(frozen=True)
class Downing(Deterministic):
    """Always takes what would earn most if the other responded to the round before alone (Downing 1975; Axelrod 1980).

    It estimates how often the other cooperates after one's own cooperation and after one's own defection, and compares
    what cooperating and defecting for ever would earn; at a tie it changes its choice. As in the Axelrod package
    it defects twice to begin with, takes the other's first move for an answer to cooperation, and has its own last
    move among those answered. Tenth in Axelrod's first tournament.
    """

    def begin(self, people: int) -> State:
        """Nothing has been played; the first move of the other answers cooperation."""
        counts = ("cooperated", "defected", "kind", "lenient")
        return {"last": never(people)} | {name: none(people) for name in counts}

    def follow(self, state: State, played: Played) -> State:
        """Count own moves, and the other's cooperation by the own move before it."""
        own, before, cooperated = played.defected, state["last"], ~played.betrayed
        return {
            "last": own,
            "cooperated": state["cooperated"] + ~own,
            "defected": state["defected"] + own,
            "kind": state["kind"] + (cooperated & ~before),
            "lenient": state["lenient"] + (cooperated & before),
        }

    def defects(self, obs: Observations, state: State) -> Bools:
        """Compare the two estimates by the payoffs of the game."""
        kind = state["kind"] / (1 + state["cooperated"])
        lenient = state["lenient"] / np.maximum(state["defected"], 2)
        (reward, sucker), (temptation, punishment) = dilemma(obs)
        cooperating = kind * reward + (1 - kind) * sucker
        defecting = lenient * temptation + (1 - lenient) * punishment
        better = np.where(cooperating == defecting, ~state["last"], cooperating < defecting)
        defects: Bools = better | (state["rounds"] < 2)
        return defects
