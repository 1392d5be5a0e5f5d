"""The battle of the sexes: both want to meet, each at another place.

======  ========  =============
role    decision  actions
======  ========  =============
row     row       ballet, fight
column  column    ballet, fight
======  ========  =============

Two who choose the same meet: at the ballet the row player earns `favourite` and the column player `other_place`; at
the fight it is the other way round.  Two who choose differently earn `apart`; favourite > other_place > apart.  The
defaults are those of Cooper, DeJong, Forsythe & Ross (1989).  Players read of options A and B.

Both ways of meeting are equilibria, and neither stands out for selfish players; they mix so that the other is
indifferent, which treats both alike: with the defaults each takes the own favourite with probability 3/4.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Play, parameter, stage
from gamesim.matrix import RowAndColumn, mixture, paid


@dataclass(frozen=True)
class BattleOfTheSexes(RowAndColumn):
    """Two players gain by meeting and differ in where (Luce & Raiffa 1957; Cooper et al. 1989)."""

    favourite: float = parameter(600.0, unit="money", help="one who meets at the own favourite place earns")
    other_place: float = parameter(
        200.0, unit="money", help="one who meets at the other's favourite place earns"
    )
    apart: float = parameter(0.0, unit="money", help="each of two who do not meet earns")

    equilibrium = "both mix so that the other is indifferent"
    efficiency = "both choose the same"
    stake_parameter = "favourite"
    sources = (
        "Luce & Raiffa 1957, Games and Decisions, Wiley",
        "Cooper, DeJong, Forsythe & Ross 1989, RAND Journal of Economics 20:568-587",
    )
    rules = {
        "row": (
            "You and another person each choose {options} at the same time. If both choose {ballet}, you earn "
            "{favourite} and the other earns {other_place}. If both choose {fight}, you earn {other_place} and the "
            "other earns {favourite}. If you choose differently, each earns {apart}.",
            "Two participants, you and one other, pick one of two options without knowing the other's pick. "
            "Earnings, yours first: {ballet} and {ballet}, {favourite} and {other_place}; {fight} and {fight}, "
            "{other_place} and {favourite}; anything else, {apart} for both.",
            "Your earnings depend on your choice and on that of another participant. When both of you take {ballet}, "
            "{favourite} is yours and {other_place} the other's. When both take {fight}, {other_place} is yours and "
            "{favourite} the other's. When your choices differ, both get {apart}.",
        ),
        "column": (
            "You and another person each choose {options} at the same time. If both choose {ballet}, you earn "
            "{other_place} and the other earns {favourite}. If both choose {fight}, you earn {favourite} and the "
            "other earns {other_place}. If you choose differently, each earns {apart}.",
            "Two participants, you and one other, pick one of two options without knowing the other's pick. "
            "Earnings, yours first: {ballet} and {ballet}, {other_place} and {favourite}; {fight} and {fight}, "
            "{favourite} and {other_place}; anything else, {apart} for both.",
            "Your earnings depend on your choice and on that of another participant. When both of you take {ballet}, "
            "{other_place} is yours and {favourite} the other's. When both take {fight}, {favourite} is yours and "
            "{other_place} the other's. When your choices differ, both get {apart}.",
        ),
    }

    def check(self) -> None:
        """Refuse payoffs that make another game."""
        if not self.favourite > self.other_place > self.apart:
            raise GamesimError(
                "battle_of_the_sexes: payoffs must be in the order favourite > other_place > apart; for other orders "
                "use two_by_two"
            )

    @stage(by="row")
    def row(self, play: Play) -> ActionSpace:
        """Choose a place, the first being the own favourite."""
        return Choice(("ballet", "fight"), ("A", "B"))

    @stage(by="column")
    def column(self, play: Play) -> ActionSpace:
        """Choose a place, the second being the own favourite."""
        return Choice(("ballet", "fight"), ("A", "B"))

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay two who meet by whose favourite the place is."""
        table = np.array([[self.favourite, self.apart], [self.apart, self.other_place]])
        row, column = play["row"], play["column"]
        return {"row": paid(table, row, column), "column": paid(table, 1 - column, 1 - row)}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Take the own favourite with the probability that makes the other indifferent."""
        gain = self.favourite - self.apart
        own = gain / (gain + self.other_place - self.apart)
        return mixture(own if stage == "row" else 1 - own)

    def efficient_payoff(self) -> float:
        """Give what two who meet earn."""
        return self.favourite + self.other_place
