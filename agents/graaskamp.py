"""Tit for tat that tries what it can get away with (Graaskamp, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy, others_defections, own_defections, seems_random
from gamesim.observation import Observations
from gamesim.streams import Floats

CHECKED = 56
"""Rounds after which it looks at what the other did."""


@dataclass(frozen=True)
class Graaskamp(Strategy):
    """Tit for tat for 56 rounds but for a defection in the 51st, then whatever suits the other (Axelrod 1980).

    Against who cooperates as often as not, by a chi-squared test at 5 % in every round, it defects for good; with tit
    for tat and its own twin it plays tit for tat; against others it cooperates but for a defection every 5 to 15
    rounds, all equally likely. As in the Axelrod package (whose gaps end at 14) the program ANALOGY, with which it
    would play tit for tat too, is left out, and a twin is who did the same in every round. Ninth in Axelrod's first
    tournament.
    """

    lookback = None

    def cooperation(self, obs: Observations) -> Floats:
        """Tell whom it plays against, and how long ago it last defected."""
        if obs.round == 1:
            return np.ones(len(obs))
        own, others = own_defections(obs), others_defections(obs)
        if obs.round <= CHECKED:
            tit_for_tat: Floats = (~others[-1] & (obs.round != 51)).astype(np.float64)
            return tit_for_tat
        rounds = np.arange(obs.round - 1)[:, None]
        copies = np.concatenate([np.ones((1, len(obs)), dtype=np.bool_), others[1:] == own[:-1]])
        alike = np.logical_and.accumulate(copies) | np.logical_and.accumulate(others == own)
        began = np.maximum(alike.sum(axis=0) + 1, CHECKED)
        since = len(own) - np.maximum(began, np.where(own, rounds, 0).max(axis=0))
        trying = np.where(since < 5, 1.0, 1 - 1 / np.clip(16 - since, 1, None))
        chance = np.where(alike[-1], ~others[-1], trying)
        cooperation: Floats = np.where(seems_random(others)[CHECKED - 1 :].any(axis=0), 0.0, chance)
        return cooperation
