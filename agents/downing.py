"""Long-run earnings maximised on the belief that the other only responds to oneself (Downing, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Bools, Deterministic, dilemma, others_defections, own_defections
from gamesim.observation import Observations


@dataclass(frozen=True)
class Downing(Deterministic):
    """Always takes what would earn most if the other responded to the round before alone (Downing 1975; Axelrod 1980).

    It estimates how often the other cooperates after one's own cooperation and after one's own defection, and compares
    what cooperating and defecting for ever would earn; at a tie it changes its choice. As in the Axelrod package
    it defects twice to begin with, takes the other's first move for an answer to cooperation, and has its own last
    move among those answered. Tenth in Axelrod's first tournament.
    """

    lookback = None

    def defects(self, obs: Observations) -> Bools:
        """Compare the two estimates by the payoffs of the game."""
        if obs.round < 3:
            return np.ones(len(obs), dtype=np.bool_)
        own, others = own_defections(obs), others_defections(obs)
        asked = np.concatenate([np.zeros((1, len(obs)), dtype=np.bool_), own[:-1]])
        kind = (~others & ~asked).sum(axis=0) / (1 + (~own).sum(axis=0))
        lenient = (~others & asked).sum(axis=0) / np.maximum(own.sum(axis=0), 2)
        (reward, sucker), (temptation, punishment) = dilemma(obs)
        cooperating = kind * reward + (1 - kind) * sucker
        defecting = lenient * temptation + (1 - lenient) * punishment
        defects: Bools = np.where(cooperating == defecting, ~own[-1], cooperating < defecting)
        return defects
