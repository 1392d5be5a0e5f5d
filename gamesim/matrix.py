"""Two players with two actions each: what games of a payoff table share, texts among it.

A table is (2, 2) float: rows are the own action, columns the other's, cells the own earnings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gamesim.distribution import ActionDistribution
from gamesim.game import Game, Play
from gamesim.streams import Floats

FIRST, SECOND = 0.0, 1.0
CHOOSE = (
    "Do you choose {options}?",
    "Which option do you take, {options}?",
    "State your choice: {options}.",
)
"""What players of one decision are asked."""
_RULES = (
    "You and another person each choose {options} at the same time. If both choose {first}, each earns {both_first}. "
    "If both choose {second}, each earns {both_second}. If one chooses {first} and the other {second}, the one who "
    "chose {first} earns {first_alone} and the one who chose {second} earns {second_alone}.",
    "Two participants, you and one other, pick one of two options without knowing the other's pick. {first} and "
    "{first}: {both_first} for each. {second} and {second}: {both_second} for each. You {first}, the other {second}: "
    "{first_alone} for you and {second_alone} for the other. You {second}, the other {first}: {second_alone} for you "
    "and {first_alone} for the other.",
    "Your earnings depend on your choice and on that of another participant. Choosing {first} brings you {both_first} "
    "if the other chooses {first} too and {first_alone} if the other chooses {second}. Choosing {second} brings you "
    "{second_alone} if the other chooses {first} and {both_second} if the other chooses {second} too. The other faces "
    "the same rule.",
    "You are matched with one person. Each of you takes option {first} or option {second}, both at once. When you both "
    "take {first} you get {both_first} each; when you both take {second} you get {both_second} each; when you differ, "
    "whoever took {second} gets {second_alone} and whoever took {first} gets {first_alone}.",
)


def paid(table: Floats, own: Floats, other: Floats) -> Floats:
    """Look earnings up.

    Parameters
    ----------
    table : (2, 2) float
    own, other : (M,) float
        Actions 0 and 1, NaN where there is none.

    Returns
    -------
    (M,) float
        NaN where either action is missing.
    """
    cell = 2 * own + other
    missing = np.isnan(cell)
    return np.where(missing, np.nan, table.ravel()[np.where(missing, 0, cell).astype(np.int64)])


def mixture(first: float) -> ActionDistribution:
    """Take the first action with a probability, else the second."""
    return ActionDistribution(np.array([FIRST, SECOND]), np.array([[first, 1 - first]]))


def symmetric_equilibrium(table: Floats, size: int) -> Floats | ActionDistribution:
    """Give the symmetric equilibrium of two players who face the same table.

    It is the dominant action where there is one.  Of two pure equilibria it is the risk-dominant one (Harsanyi &
    Selten 1988; at a tie, the first action); where no pure one is symmetric, both mix.

    Parameters
    ----------
    table : (2, 2) float
    size : int
        Number of deciders.
    """
    stay = table[0, 0] - table[1, 0]
    leave = table[1, 1] - table[0, 1]
    if stay >= 0 and leave >= 0:
        return np.full(size, FIRST if stay >= leave else SECOND)
    if stay >= 0 or leave >= 0:
        return np.full(size, FIRST if stay >= 0 else SECOND)
    return mixture(float(leave / (stay + leave)))


def symmetric_rules(first: str, second: str, **paid: str) -> dict[str, tuple[str, ...]]:
    """Write the rules of a game in which both players face the same table.

    Parameters
    ----------
    first, second : str
        Labels of the two actions.
    **paid : str
        Names of the parameters that say what is earned: ``both_first``, ``first_alone``, ``second_alone``,
        ``both_second``.
    """
    named = {"options": "options", "first": first, "second": second, **paid}
    filled = {key: f"{{{name}}}" for key, name in named.items()}
    return {"player": tuple(text.format(**filled) for text in _RULES)}


@dataclass(frozen=True)
class Symmetric(Game):
    """Base of games in which two players in one role face the same table at a stage called ``choose``."""

    roles = ("player", "player")
    efficiency = "whichever pair of actions has the largest sum"
    ask: ClassVar[Mapping[str, tuple[str, ...]]] = {"choose": CHOOSE}
    recall: ClassVar[Mapping[str, str]] = {"player": "you chose {choose} and the other chose {other}"}

    def table(self) -> Floats:
        """Give the own earnings, rows the own action, columns the other's: (2, 2) float."""
        raise TypeError(f"{self.name} does not say what it pays")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Look both actions up in the payoff table."""
        return {"player": paid(self.table(), play["choose"], play.partner("choose"))}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other chose."""
        return {"player": {"other": play.partner("choose")}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats | ActionDistribution:
        """Play the symmetric equilibrium."""
        return symmetric_equilibrium(self.table(), size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take the action that earns both the most when both take it (at a tie, the first)."""
        table = self.table()
        return np.full(size, FIRST if table[0, 0] >= table[1, 1] else SECOND)

    def efficient_payoff(self) -> float:
        """Give the largest sum in the table."""
        return float((self.table() + self.table().T).max())


@dataclass(frozen=True)
class RowAndColumn(Game):
    """Base of games in which two players in roles of their own decide at stages called ``row`` and ``column``."""

    roles = ("row", "column")
    ask: ClassVar[Mapping[str, tuple[str, ...]]] = {"row": CHOOSE, "column": CHOOSE}
    recall: ClassVar[Mapping[str, str]] = {
        "row": "you chose {row} and the other chose {column}",
        "column": "you chose {column} and the other chose {row}",
    }

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each what the other chose."""
        return {"row": {"column": play["column"]}, "column": {"row": play["row"]}}
