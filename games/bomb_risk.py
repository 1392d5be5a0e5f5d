"""The bomb risk elicitation task, in its static form: how many of the boxes, one of which holds a bomb.

======  ========  ============  =====
role    decision  range         unit
======  ========  ============  =====
player  open      0 to boxes    boxes
======  ========  ============  =====

One of the boxes hides a bomb, each with the same probability.  Opening `k` boxes earns ``k * prize`` unless the
bomb is among them; then it earns nothing.  A risk-neutral player opens half.  People on record open about 46 of
100.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class BombRisk(Game):
    """One player opens boxes and loses all if the bomb is among them (Crosetto & Filippin 2013)."""

    boxes: int = parameter(100, least=2, help="number of boxes")
    prize: float = parameter(1.0, unit="money", above=0, help="money for each box opened safely")

    roles = ("player",)
    equilibrium = "risk-neutral: opens half of the boxes (with an odd number, the larger half)"
    efficiency = "expected earnings are largest at half of the boxes"
    stake_parameter = "boxes"
    default_n = 400
    sources = ("Crosetto & Filippin 2013, Journal of Risk and Uncertainty 47:31-65",)
    rules = {
        "player": (
            "There are {boxes} boxes, and one of them, nobody knows which, contains a bomb. You choose how many "
            "boxes to open. For each box you open you earn {prize}. If the bomb is in one of them, you earn "
            "nothing at all.",
            "A bomb is hidden in one of {boxes} boxes, every box being equally likely. Decide on a number of "
            "boxes to collect. Collected boxes are worth {prize} each, unless the bomb is among them, in which "
            "case you are left with nothing.",
            "You face {boxes} closed boxes. All but one are safe and pay {prize} each; the remaining one "
            "destroys everything you collected. You say how many to open, and they are all opened at once.",
            "Out of {boxes} boxes, {safe} are safe and one holds a bomb, placed at random. You pick how many to "
            "open at once. You are paid {prize} a box if the bomb stays closed and zero if it is opened.",
        )
    }
    ask = {
        "open": (
            "How many boxes do you open?",
            "What number of boxes do you collect?",
            "State the number of boxes that you open.",
        )
    }
    words = {"exploded": ("not among them", "among them")}
    recall = {"player": "you opened {open}, the bomb was {exploded}, and you earned {earned}"}

    @stage(by="player")
    def open(self, play: Play) -> ActionSpace:
        """Choose how many boxes to open."""
        return Amount(0, self.boxes, unit="boxes")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the boxes opened unless the bomb was among them."""
        return {"player": play["open"] * self.prize * (1 - self._exploded(play))}

    def _exploded(self, play: Play) -> Floats:
        bomb = np.floor(play.chance("bomb", "player") * self.boxes)
        exploded: Floats = np.where(np.isnan(play["open"]), np.nan, bomb < play["open"])
        return exploded

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the player whether the bomb was opened."""
        return {"player": {"exploded": self._exploded(play)}}

    def facts(self) -> Mapping[str, float | str]:
        """Count the safe boxes."""
        return {"safe": self.boxes - 1}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Open half."""
        return np.full(size, float((self.boxes + 1) // 2))

    def efficient_payoff(self) -> float:
        """Give the largest expected earnings."""
        half = self.boxes // 2
        return half * (1 - half / self.boxes) * self.prize
