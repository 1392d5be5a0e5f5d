"""The p-beauty contest: guess a fraction of the average guess.

======  ========  =================  =======
role    decision  range              unit
======  ========  =================  =======
player  guess     0 to highest       numbers
======  ========  =================  =======

The player nearest to `p` times the average of all guesses, the own one included, wins the prize; players at the
same distance share it.  With p below 1 all guessing 0 is an equilibrium, the one that iterated elimination of
weakly dominated numbers leaves; on whole numbers small positive ones can be equilibria too.  With p above 1 all
guessing 0 and all guessing the highest number are equilibria.  People on record guess about 35 in the first round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gamesim.actions import plain
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class BeautyContest(Game):
    """Whoever guesses nearest to p times the average wins (Nagel 1995)."""

    group_size: int = parameter(100, least=2, help="players in a contest")
    p: float = parameter(2 / 3, above=0, help="fraction of the average that is to be guessed")
    highest: int = parameter(100, least=1, help="largest guess")
    prize: float = parameter(100.0, unit="money", above=0, help="money for the winner, shared at a tie")

    equilibrium = "guesses 0 when p is below 1; of the equilibria with p at or above 1, the highest number"
    efficiency = "any guesses: the prize is always paid"
    stake_parameter = "highest"
    sources = ("Nagel 1995, American Economic Review 85:1313-1326",)
    rules = {
        "player": (
            "You and {others} other {others:player|players} each choose a whole number from 0 to {highest}. The "
            "winner is the player whose number is nearest to {p} times the average of all numbers chosen, and earns "
            "{prize}. Players who tie share it.",
            "{group_size} {group_size:person|people}, you among them, each name a whole number between 0 and "
            "{highest}. All the numbers are averaged and the average is multiplied by {p}. Whoever came nearest to "
            "the result receives {prize}, divided among them if there are several.",
            "In this contest with {others} {others:other|others} you guess a whole number from 0 to {highest}. The "
            "target is {p} times the mean of all guesses. The guess nearest to the target wins {prize}; equally near "
            "guesses split it.",
            "Everyone in a group of {group_size} writes down a whole number, at least 0 and at most {highest}. "
            "To win {prize} your number has to be nearest to {p} times the average of what everyone wrote. The "
            "prize is shared if several are equally near.",
        )
    }
    ask = {
        "guess": (
            "Which number do you choose?",
            "What is your guess?",
            "State your number.",
        )
    }
    recall = {
        "player": "you chose {guess}, the average was {average}, the target {target}, and you earned {earned}"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many players as the contest has."""
        return ("player",) * self.group_size

    @stage(by="player")
    def guess(self, play: Play) -> ActionSpace:
        """Choose a number."""
        return Amount(0, self.highest, unit="numbers")

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the prize to the nearest guess, shared at a tie."""
        seats = play.seats("player")
        distance = np.abs(play["guess"] - self.p * self._average(play))
        # Distances that differ by rounding error alone are a tie.
        won = (distance <= seats.spread(seats.smallest(distance)) + 1e-9).astype(np.float64)
        won[np.isnan(distance)] = np.nan
        return {"player": won * self.prize / seats.spread(seats.total(won))}

    def _average(self, play: Play) -> Floats:
        seats = play.seats("player")
        return play.total("guess") / seats.spread(seats.total(np.ones(len(seats.agent))))

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each player the average and the target."""
        average = self._average(play)
        return {"player": {"average": average, "target": self.p * average}}

    def facts(self) -> Mapping[str, float | str]:
        """Count the others, and write p as a fraction where it is one."""
        fraction = Fraction(self.p).limit_denominator(9)
        simple = abs(float(fraction) - self.p) < 1e-9 and fraction.denominator not in (1, 2, 5)
        return {"others": self.group_size - 1, "p": str(fraction) if simple else plain(self.p)}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Guess 0, or the highest number with p at or above 1."""
        return np.full(size, 0.0 if self.p < 1 else float(self.highest))

    def efficient_payoff(self) -> float:
        """Give the prize."""
        return self.prize
