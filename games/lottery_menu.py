"""The menu of paired lotteries: ten choices between a safer and a riskier lottery.

======  ===============  ===========
role    decision         actions
======  ===============  ===========
player  row_1 to row_10  safe, risky
======  ===============  ===========

In row k both lotteries pay their larger amount with probability k/10: the safe one `safe_high` or `safe_low`, the
risky one `risky_high` or `risky_low`.  One row is drawn and the lottery chosen in it is played.  The amounts are those
of Holt & Laury (2002) at twenty times their low stakes.  Every row is asked by itself, so that choices may switch back
and forth.  Players read of options A and B.

Risk-neutral players take the lottery with the larger expected value (at equality the safe one): the safe one in rows
1 to 4, the risky one from row 5.  Risk-averse people switch later; in row 10 the risky one pays more for sure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Choice, Floats, Game, Play, Stage, parameter, stage

ROWS = tuple(range(1, 11))


def _row(number: int) -> Stage:
    def choose(game: Game, play: Play) -> ActionSpace:
        return Choice(("safe", "risky"), ("A", "B"))

    choose.__name__ = f"row_{number}"
    return stage(by="player", called=f"in decision {number}")(choose)


def _asked(number: int) -> tuple[str, ...]:
    rest = f"{10 - number} in 10"
    return (
        f"Decision {number} of 10: {{safe}} pays {{safe_high}} with a chance of {number} in 10 and {{safe_low}} with a "
        f"chance of {rest}; {{risky}} pays {{risky_high}} with a chance of {number} in 10 and {{risky_low}} with a "
        f"chance of {rest}. Do you choose {{options}}?",
        f"Row {number}. The larger amount has {number} chances in 10, the smaller one {10 - number}. {{safe}}: "
        "{safe_high} or {safe_low}. {risky}: {risky_high} or {risky_low}. Which option do you take, {options}?",
        f"This is choice number {number}. With {number} tickets out of 10 you win the larger amount, {{safe_high}} in "
        "option {safe} and {risky_high} in option {risky}; with the rest the smaller one, {safe_low} in option {safe} "
        "and {risky_low} in option {risky}. State your choice: {options}.",
    )


@dataclass(frozen=True)
class LotteryMenu(Game):
    """One player chooses between two lotteries ten times, at rising odds (Holt & Laury 2002)."""

    safe_high: float = parameter(40.0, unit="money", help="larger amount of the safe lottery")
    safe_low: float = parameter(32.0, unit="money", help="smaller amount of the safe lottery")
    risky_high: float = parameter(77.0, unit="money", help="larger amount of the risky lottery")
    risky_low: float = parameter(2.0, unit="money", help="smaller amount of the risky lottery")

    roles = ("player",)
    equilibrium = "risk-neutral: the lottery with the larger expected value (at equality, the safe one)"
    efficiency = "the largest amount is won"
    stake_parameter = "risky_high"
    sources = ("Holt & Laury 2002, American Economic Review 92:1644-1655",)
    rules = {
        "player": (
            "You make ten decisions between two lotteries, {options}. Lottery {safe} pays {safe_high} or {safe_low}, "
            "lottery {risky} pays {risky_high} or {risky_low}. In every decision both have the same chance of the "
            "larger amount, and it rises from decision to decision. At the end one of the ten decisions is drawn at "
            "random and the lottery that you chose in it is played.",
            "There are ten rows with two options each, {options}. Option {safe} means {safe_high} or {safe_low}; "
            "option {risky} means {risky_high} or {risky_low}. From the first row to the last, the larger amount "
            "becomes more likely, equally so for both options. One row, picked by chance afterwards, is carried out "
            "with the option that you took there, and decides what you earn.",
            "Ten times you are offered the same two gambles, {options}, each time at better odds. {safe} brings "
            "{safe_high} if you are lucky and {safe_low} if not. {risky} brings {risky_high} if you are lucky and "
            "{risky_low} if not. Only one of your ten choices, selected at random in the end, is played for money.",
        )
    }
    ask = {f"row_{number}": _asked(number) for number in ROWS}
    recall = {
        "player": "in the ten decisions you chose "
        + ", ".join(f"{{row_{number}}}" for number in ROWS)
        + "; decision {drawn} was drawn and you earned {earned}"
    }

    row_1, row_2, row_3, row_4, row_5, row_6, row_7, row_8, row_9, row_10 = (_row(number) for number in ROWS)

    def check(self) -> None:
        """Refuse a safe lottery that is not safer."""
        if not self.risky_high > self.safe_high >= self.safe_low > self.risky_low:
            raise GamesimError(
                "lottery_menu: amounts must be in the order risky_high > safe_high >= safe_low > risky_low"
            )

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Play the lottery chosen in the row that was drawn."""
        drawn = self._drawn(play)
        chosen = np.column_stack([play[f"row_{number}"] for number in ROWS])
        risky = np.take_along_axis(chosen, drawn[:, None].astype(np.int64) - 1, axis=1)[:, 0] == 1
        lucky = play.chance("lottery", "player") * len(ROWS) < drawn
        safe = np.where(lucky, self.safe_high, self.safe_low)
        return {
            "player": play.settled(
                "player", np.where(risky, np.where(lucky, self.risky_high, self.risky_low), safe)
            )
        }

    def _drawn(self, play: Play) -> Floats:
        drawn: Floats = np.floor(play.chance("row", "player") * len(ROWS)) + 1
        return drawn

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the player which row was drawn."""
        return {"player": {"drawn": self._drawn(play)}}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Take the lottery with the larger expected value."""
        p = int(stage.removeprefix("row_")) / len(ROWS)
        safe = p * self.safe_high + (1 - p) * self.safe_low
        risky = p * self.risky_high + (1 - p) * self.risky_low
        return np.full(size, float(risky > safe + 1e-9))

    def efficient_payoff(self) -> float:
        """Give the largest amount."""
        return self.risky_high
