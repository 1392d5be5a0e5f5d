"""The slider measure of social value orientation: six lists of nine ways to share with another.

=========  ================  ======  =======
role       decision          range   unit
=========  ================  ======  =======
decider    item_1 to item_6  1 to 9  numbers
recipient  none
=========  ================  ======  =======

Each of the six primary items of Murphy, Ackermann & Handgraaf (2011) is a list of nine allocations to oneself and
another; one is chosen by its number.  One item is drawn and paid.  `SvoSlider.angle` gives the orientation: above
57.15 degrees altruistic, above 22.45 prosocial, above -12.04 individualistic, else competitive.

Selfish players take the most for themselves, and of equals (item 1 pays them 85 anyhow) the most for the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, Stage, stage

ITEMS = tuple(range(1, 7))
OWN = np.array(
    [
        [85, 85, 85, 85, 85, 85, 85, 85, 85],
        [85, 87, 89, 91, 93, 94, 96, 98, 100],
        [50, 54, 59, 63, 68, 72, 76, 81, 85],
        [50, 54, 59, 63, 68, 72, 76, 81, 85],
        [100, 94, 88, 81, 75, 69, 63, 56, 50],
        [100, 98, 96, 94, 93, 91, 89, 87, 85],
    ],
    dtype=np.float64,
)
OTHER = np.array(
    [
        [85, 76, 68, 59, 50, 41, 33, 24, 15],
        [15, 19, 24, 28, 33, 37, 41, 46, 50],
        [100, 98, 96, 94, 93, 91, 89, 87, 85],
        [100, 89, 79, 68, 58, 47, 36, 26, 15],
        [50, 56, 63, 69, 75, 81, 88, 94, 100],
        [50, 54, 59, 63, 68, 72, 76, 81, 85],
    ],
    dtype=np.float64,
)


def _item(number: int) -> Stage:
    def choose(game: Game, play: Play) -> ActionSpace:
        return Amount(1, OWN.shape[1], unit="numbers")

    choose.__name__ = f"item_{number}"
    return stage(by="decider", called=f"in decision {number} allocation")(choose)


def _asked(number: int) -> tuple[str, ...]:
    listed = f"{{list_{number}}}"
    return (
        f"Decision {number} of 6: {listed}. Which allocation do you choose?",
        f"List {number}. {listed}. What is the number of the allocation that you prefer?",
        f"These are the ways to share in decision {number}: {listed}. State the number of your choice.",
    )


@dataclass(frozen=True)
class SvoSlider(Game):
    """One player chooses between allocations to oneself and another (Murphy, Ackermann & Handgraaf 2011)."""

    roles = ("decider", "recipient")
    equilibrium = "the most for oneself (of equals, the most for the other)"
    efficiency = "an item in which both get 85 is drawn and that is what was chosen"
    stake_parameter = ""
    sources = (
        "Murphy, Ackermann & Handgraaf 2011, Judgment and Decision Making 6:771-781",
        "Murphy & Ackermann 2014, Personality and Social Psychology Review 18:13-41",
    )
    rules = {
        "decider": (
            "You have been paired with another person whom you do not know. You make six decisions about sharing money "
            "between you and the other. In each there are nine allocations, numbered 1 to 9, and you choose the one "
            "that you prefer. The other has no say. At the end one of the six is drawn at random and paid to both.",
            "There are two people in this task, you and somebody else, and only you decide. Six lists follow, each "
            "with nine ways of dividing money between the two of you, numbered 1 to 9. Pick one from every list. One "
            "list is then selected by chance, and both of you get what your pick says.",
            "Six times you choose how much you and another participant get, from nine numbered possibilities (1 to 9) "
            "each time. The other participant accepts whatever you choose. A random draw determines which of the six "
            "choices is carried out for real.",
        ),
        "recipient": (
            "You have been paired with another person who chooses how money is shared between the two of you. You get "
            "what that person chooses. You have nothing to decide.",
        ),
    }
    ask = {f"item_{number}": _asked(number) for number in ITEMS}
    recall = {
        "decider": "in the six decisions you chose the allocations "
        + ", ".join(f"{{item_{number}}}" for number in ITEMS)
        + "; decision {drawn} was drawn and you earned {earned}",
        "recipient": "decision {drawn} was drawn and you were given {earned}",
    }

    item_1, item_2, item_3, item_4, item_5, item_6 = (_item(number) for number in ITEMS)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay both what was chosen in the item that was drawn."""
        drawn = self._drawn(play).astype(np.int64) - 1
        chosen = np.nan_to_num(self._chosen(play), nan=1.0).astype(np.int64) - 1
        place = chosen[np.arange(len(drawn)), drawn]
        return {
            "decider": play.settled("decider", OWN[drawn, place]),
            "recipient": play.settled("recipient", OTHER[drawn, place]),
        }

    def angle(self, play: Play) -> Floats:
        """Give the social value orientation of every decider in degrees: (G,) float, NaN where a choice is missing.

        It is the angle of the mean allocation seen from 50 for both: atan2(mean other - 50, mean own - 50).
        """
        chosen = self._chosen(play)
        place = np.nan_to_num(chosen, nan=1.0).astype(np.int64) - 1
        items = np.arange(len(ITEMS))
        own, other = OWN[items, place].mean(axis=1) - 50, OTHER[items, place].mean(axis=1) - 50
        return np.where(np.isnan(chosen).any(axis=1), np.nan, np.degrees(np.arctan2(other, own)))

    def _chosen(self, play: Play) -> Floats:
        return np.column_stack([play[f"item_{number}"] for number in ITEMS])

    def _drawn(self, play: Play) -> Floats:
        drawn: Floats = np.floor(play.chance("item", "decider") * len(ITEMS)) + 1
        return drawn

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell both which item was drawn."""
        drawn = self._drawn(play)
        return {"decider": {"drawn": drawn}, "recipient": {"drawn": drawn}}

    def facts(self) -> Mapping[str, float | str]:
        """Write the lists out."""
        return {
            f"list_{number}": "; ".join(
                f"{place}, {self.money(own)} for you and {self.money(other)} for the other"
                for place, (own, other) in enumerate(
                    zip(OWN[number - 1], OTHER[number - 1], strict=True), start=1
                )
            )
            for number in ITEMS
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take the most for oneself, of equals the most for the other."""
        item = int(stage.removeprefix("item_")) - 1
        return np.full(size, float(np.lexsort((OTHER[item], OWN[item]))[-1] + 1))

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take the allocation nearest to equal, of equals the largest."""
        item = int(stage.removeprefix("item_")) - 1
        return np.full(size, float(np.lexsort((-OWN[item], np.abs(OWN[item] - OTHER[item])))[0] + 1))

    def efficient_payoff(self) -> float:
        """Give the largest sum in all lists."""
        return float((OWN + OTHER).max())
