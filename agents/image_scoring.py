"""Indirect reciprocity: cooperates with those of whom it knows that they cooperated with others."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.strategies import Strategy
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.reputation import features
from gamesim.streams import Floats


@dataclass(frozen=True)
class ImageScoring(Strategy):
    """Cooperates with those whose image is good enough (the discriminators of Nowak & Sigmund 1998).

    Their image is a sum of steps up and down, and a discriminator helps from a sum of 0 on; here it is the share of all
    rounds so far in which somebody cooperated with anybody, which is at least one half just then. Of several others the
    mean counts.

    Parameters
    ----------
    threshold : Parameter
        Least image of those it cooperates with.
    start : Parameter
        Probability of cooperating with those of whom nothing is known; they begin with a sum of 0 there.
    error
        As in `Strategy`.
    """

    threshold: Parameter = personal(0.5, least=0, most=1)
    start: Parameter = personal(1.0, least=0, most=1)

    lookback = 0
    needs_reputation = "image"
    fitted = {"threshold": (0.0, 1.0), "start": (0.0, 1.0), "error": (0.0, 0.5)}

    def cooperation(self, obs: Observations) -> Floats:
        """Hold the image against the threshold."""
        (known,) = features(obs.game, obs.stage)
        image = obs.known[f"image.{known}"]
        if not known.endswith("=cooperate"):
            image = 1 - image
        good = (image >= self.threshold.of(obs)).astype(np.float64)
        return np.where(np.isnan(image), self.start.of(obs), good)
