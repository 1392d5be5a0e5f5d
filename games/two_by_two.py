"""Any game of two players with two actions each, by its eight payoffs.

======  ========  ===========
role    decision  actions
======  ========  ===========
row     row       up, down
column  column    left, right
======  ========  ===========

``row_up_left`` is what the row player earns when row goes up and column goes left, and so on.  The defaults are
matching pennies.  Players read of options A and B.

Selfish players: if there is one pure equilibrium, it is played; if there are two, the one with the larger
product of the losses from leaving it (risk dominance, Harsanyi & Selten 1988; at a tie, the first in reading
order); if there is none, both mix so that the other is indifferent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.game import ActionSpace, Choice, Floats, Play, parameter, stage
from gamesim.matrix import RowAndColumn, mixture, paid


@dataclass(frozen=True)
class TwoByTwo(RowAndColumn):
    """Two players choose between two actions at the same time, with any payoffs."""

    row_up_left: float = parameter(1.0, unit="money", help="row earns at up, left")
    row_up_right: float = parameter(0.0, unit="money", help="row earns at up, right")
    row_down_left: float = parameter(0.0, unit="money", help="row earns at down, left")
    row_down_right: float = parameter(1.0, unit="money", help="row earns at down, right")
    column_up_left: float = parameter(0.0, unit="money", help="column earns at up, left")
    column_up_right: float = parameter(1.0, unit="money", help="column earns at up, right")
    column_down_left: float = parameter(1.0, unit="money", help="column earns at down, left")
    column_down_right: float = parameter(0.0, unit="money", help="column earns at down, right")

    equilibrium = "the pure equilibrium; of two, the risk-dominant one; without one, the mixed one"
    efficiency = "whichever pair of actions has the largest sum"
    stake_parameter = ""
    sources = ("Harsanyi & Selten 1988, A General Theory of Equilibrium Selection in Games, MIT Press",)
    rules = {
        "row": (
            "You and another person each choose {options} at the same time. You earn {row_up_left} if both choose "
            "{up}, {row_up_right} if you choose {up} and the other {right}, {row_down_left} if you choose {down} "
            "and the other {left}, and {row_down_right} if both choose {down}. The other earns {column_up_left}, "
            "{column_up_right}, {column_down_left} and {column_down_right} in the same four cases.",
            "Two participants pick {options} without knowing the other's pick. Earnings, yours first: {up} and "
            "{left}, {row_up_left} and {column_up_left}; you {up} and the other {right}, {row_up_right} and "
            "{column_up_right}; you {down} and the other {left}, {row_down_left} and {column_down_left}; {down} and "
            "{right}, {row_down_right} and {column_down_right}.",
            "You and one other person take option {up} or option {down}, both at once. When both take {up}, you get "
            "{row_up_left} and the other {column_up_left}. When you take {up} and the other {right}, you get "
            "{row_up_right} and the other {column_up_right}. When you take {down} and the other {left}, you get "
            "{row_down_left} and the other {column_down_left}. When both take {down}, you get {row_down_right} and "
            "the other {column_down_right}.",
            "Your earnings depend on your choice and on that of another participant. Choosing {up} brings you "
            "{row_up_left} if the other chooses {left} and {row_up_right} if the other chooses {right}; choosing "
            "{down} brings you {row_down_left} and {row_down_right}. The other earns, in the same order, "
            "{column_up_left}, {column_up_right}, {column_down_left} and {column_down_right}.",
        ),
        "column": (
            "You and another person each choose {options} at the same time. You earn {column_up_left} if both "
            "choose {left}, {column_down_left} if you choose {left} and the other {down}, {column_up_right} if you "
            "choose {right} and the other {up}, and {column_down_right} if both choose {right}. The other earns "
            "{row_up_left}, {row_down_left}, {row_up_right} and {row_down_right} in the same four cases.",
            "Two participants pick {options} without knowing the other's pick. Earnings, yours first: {left} and "
            "{up}, {column_up_left} and {row_up_left}; you {left} and the other {down}, {column_down_left} and "
            "{row_down_left}; you {right} and the other {up}, {column_up_right} and {row_up_right}; {right} and "
            "{down}, {column_down_right} and {row_down_right}.",
            "You and one other person take option {left} or option {right}, both at once. When both take {left}, "
            "you get {column_up_left} and the other {row_up_left}. When you take {left} and the other {down}, you "
            "get {column_down_left} and the other {row_down_left}. When you take {right} and the other {up}, you "
            "get {column_up_right} and the other {row_up_right}. When both take {right}, you get "
            "{column_down_right} and the other {row_down_right}.",
            "Your earnings depend on your choice and on that of another participant. Choosing {left} brings you "
            "{column_up_left} if the other chooses {up} and {column_down_left} if the other chooses {down}; "
            "choosing {right} brings you {column_up_right} and {column_down_right}. The other earns, in the same "
            "order, {row_up_left}, {row_down_left}, {row_up_right} and {row_down_right}.",
        ),
    }

    @stage(by="row")
    def row(self, play: Play) -> ActionSpace:
        """Choose up or down."""
        return Choice(("up", "down"), ("A", "B"))

    @stage(by="column")
    def column(self, play: Play) -> ActionSpace:
        """Choose left or right."""
        return Choice(("left", "right"), ("A", "B"))

    def tables(self) -> tuple[Floats, Floats]:
        """Give the two payoff matrices, rows up and down, columns left and right: (2, 2) each."""
        row = [[self.row_up_left, self.row_up_right], [self.row_down_left, self.row_down_right]]
        column = [
            [self.column_up_left, self.column_up_right],
            [self.column_down_left, self.column_down_right],
        ]
        return np.array(row), np.array(column)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Look both actions up in the payoff tables."""
        row, column = self.tables()
        return {
            "row": paid(row, play["row"], play["column"]),
            "column": paid(column.T, play["column"], play["row"]),
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Play the equilibrium named in the module's docstring."""
        row, column = self.tables()
        best = []
        for i in (0, 1):
            for j in (0, 1):
                losses = (row[i, j] - row[1 - i, j], column[i, j] - column[i, 1 - j])
                if min(losses) >= 0:
                    best.append((-losses[0] * losses[1], i, j))
        if best:
            _, up, left = min(best)
            return np.full(size, float(up if stage == "row" else left))
        # Row mixes so that column is indifferent, and column so that row is.
        gain = column[:, 0] - column[:, 1] if stage == "row" else row[0, :] - row[1, :]
        return mixture(float(gain[1] / (gain[1] - gain[0])))

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take one's part of the pair whose payoffs are nearest to equal (of these, the largest sum)."""
        row, column = self.tables()
        cells = [
            (abs(row[i, j] - column[i, j]), -row[i, j] - column[i, j], i, j) for i in (0, 1) for j in (0, 1)
        ]
        _, _, up, left = min(cells)
        return np.full(size, float(up if stage == "row" else left))

    def efficient_payoff(self) -> float:
        """Give the largest sum in the tables."""
        row, column = self.tables()
        return float((row + column).max())
