"""Tit for tat that grows less cooperative (Feld, in Axelrod 1980)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Feld(Response):
    """Tit for tat that answers cooperation with a probability which falls from 1 to 0.5 in 200 rounds (Axelrod 1980).

    As in the Axelrod package it falls by equal steps. Eleventh in Axelrod's first tournament.
    """

    def plan(self, obs: Observations, state: State) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        kind = np.maximum(1 - state["rounds"] / 400, 0.5)
        return kind, 0.0, kind, 0.0, 1.0
