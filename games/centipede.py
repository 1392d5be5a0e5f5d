"""The centipede game: take the larger part of a pot, or pass and let it grow.

======  ========  ==================  =======
role    decision  range               unit
======  ========  ==================  =======
first   first     1 to turns + 1      numbers
second  second    1 to turns + 1      numbers
======  ========  ==================  =======

Two players take turns, the first at moves 1, 3, ..., the second at moves 2, 4, ....  Who takes ends the game and gets
`share` of the pot, the other gets the rest; who passes multiplies it by `growth`.  If nobody takes at any of `moves`
moves, the pot grows once more and is divided as if the first player took.  It is played by the strategy method, as in
Nagel & Tang (1998): each player states at which of the own turns to take, turns + 1 meaning never.  The defaults are
the four moves of McKelvey & Palfrey (1992) at ten times their payoffs: 4 and 1, 2 and 8, 16 and 4, 8 and 32, and 64
and 16 if nobody takes.

As long as `share` is at least ``(1 - share) * growth``, selfish players take at every turn (at equality too), so the
first move ends the game.  Else they always pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Centipede(Game):
    """Two players pass a growing pot back and forth until one takes (Rosenthal 1981; McKelvey & Palfrey 1992)."""

    moves: int = parameter(4, least=2, help="moves of both players together, an even number")
    pot: float = parameter(5.0, unit="money", above=0, help="money at the first move")
    growth: float = parameter(2.0, above=1, help="what passing multiplies the pot by")
    share: float = parameter(0.8, above=0.5, most=1, help="part of the pot for who takes")

    roles = ("first", "second")
    equilibrium = "takes at every turn (if share is below (1 - share) * growth: never)"
    efficiency = "nobody takes"
    methods = {"first": "strategy method", "second": "strategy method"}
    stake_parameter = "pot"
    sources = (
        "McKelvey & Palfrey 1992, Econometrica 60:803-836",
        "Nagel & Tang 1998, Journal of Mathematical Psychology 42:356-384",
    )
    rules = {
        "first": (
            "You and another person take turns, and you begin. At each move the person whose turn it is either takes, "
            "which ends everything, or passes to the other. There are at most {moves} moves, so each of you has up to "
            "{turns} {turns:turn|turns}. What you and the other earn depends on the move at which somebody takes: "
            "{payments}. You decide beforehand at which of your turns you take.",
            "Two participants move one after the other; you move at moves 1, 3 and so on, the other at moves 2, 4 and "
            "so on, {moves} moves in all. To take stops the game, to pass hands the move over. Payments by the move "
            "at which it is stopped: {payments}. You plan in advance at which of your {turns} {turns:turn|turns} to "
            "take.",
            "This is a game of up to {moves} moves between you, who have the odd ones, and another person, who has "
            "the even ones. Whoever has the move can take, and the game is over, or leave the move to the other. It "
            "pays as follows: {payments}. You fix now at which of your {turns} {turns:turn|turns} you would take.",
        ),
        "second": (
            "You and another person take turns, and the other begins. At each move the person whose turn it is either "
            "takes, which ends everything, or passes to the other. There are at most {moves} moves, so each of you "
            "has up to {turns} {turns:turn|turns}. What the other and you earn depends on the move at which somebody "
            "takes: {payments}. You decide beforehand at which of your turns you take.",
            "Two participants move one after the other; the other moves at moves 1, 3 and so on, you at moves 2, 4 "
            "and so on, {moves} moves in all. To take stops the game, to pass hands the move over. Payments by the "
            "move at which it is stopped: {payments}. You plan in advance at which of your {turns} {turns:turn|turns} "
            "to take.",
            "This is a game of up to {moves} moves between you, who have the even ones, and another person, who has "
            "the odd ones. Whoever has the move can take, and the game is over, or leave the move to the other. It "
            "pays as follows: {payments}. You fix now at which of your {turns} {turns:turn|turns} you would take.",
        ),
    }
    ask = {
        "first": (
            "At which of your turns do you take? Say 1 for your first turn and so on, or {never} for never.",
            "Which of your turns is the one at which you take ({never} means that you always pass)?",
            "State the number of your turn at which you take, where {never} stands for passing every time.",
        ),
        "second": (
            "At which of your turns do you take? Say 1 for your first turn and so on, or {never} for never.",
            "Which of your turns is the one at which you take ({never} means that you always pass)?",
            "State the number of your turn at which you take, where {never} stands for passing every time.",
        ),
    }
    recall = {
        "first": "you planned to take at your turn {first} ({never} is never), it ended at move {ended}, and you "
        "earned {earned}",
        "second": "you planned to take at your turn {second} ({never} is never), it ended at move {ended}, and you "
        "earned {earned}",
    }

    def check(self) -> None:
        """Refuse an odd number of moves."""
        if self.moves % 2:
            raise GamesimError(f"centipede: moves = {self.moves!r} must be even, as many for each player")

    @property
    def turns(self) -> int:
        """Turns of each player."""
        return self.moves // 2

    @stage(by="first", called="planned to take at turn")
    def first(self, play: Play) -> ActionSpace:
        """Choose the own turn at which to take."""
        return Amount(1, self.turns + 1, unit="numbers")

    @stage(by="second", called="planned to take at turn")
    def second(self, play: Play) -> ActionSpace:
        """Choose the own turn at which to take."""
        return Amount(1, self.turns + 1, unit="numbers")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Divide the pot of the move at which somebody takes first."""
        first, second = self._divided(self._ended(play))
        return {"first": first, "second": second}

    def _ended(self, play: Play) -> Floats:
        """Give the move that ends the game: (G,) float; moves + 1 where nobody takes."""
        return np.minimum(2 * play["first"] - 1, 2 * play["second"])

    def _divided(self, move: Floats) -> tuple[Floats, Floats]:
        pot = self.pot * self.growth ** (move - 1)
        odd = move % 2 == 1
        return pot * np.where(odd, self.share, 1 - self.share), pot * np.where(
            odd, 1 - self.share, self.share
        )

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell both at which move it ended."""
        ended = self._ended(play)
        return {"first": {"ended": ended}, "second": {"ended": ended}}

    def facts(self) -> Mapping[str, float | str]:
        """List the payments by move, and count the turns."""
        first, second = self._divided(np.arange(1.0, self.moves + 2))
        listed = [
            f"at move {k + 1}{', when nobody has taken' * (k == self.moves)}, {self.money(a)} for who moves first and "
            f"{self.money(b)} for who moves second"
            for k, (a, b) in enumerate(zip(first, second, strict=True))
        ]
        return {"payments": "; ".join(listed), "turns": self.turns, "never": self.turns + 1}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take at the first turn, or never where passing pays at every move."""
        return np.full(size, 1.0 if self.share >= (1 - self.share) * self.growth else self.turns + 1.0)

    def efficient_payoff(self) -> float:
        """Give the pot that nobody took."""
        return float(self.pot * self.growth**self.moves)
