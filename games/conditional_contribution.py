"""The public goods game by the strategy method: a contribution for every average of the others.

======  ========================  ==============  =====
role    decision                  range           unit
======  ========================  ==============  =====
member  unconditional             0 to endowment  money
member  given_0, given_1, ...     0 to endowment  money
======  ========================  ==============  =====

Each member states an unconditional contribution and a table: a contribution for every average of the others, from 0
to the endowment, rounded to whole units (halves up).  One member of each group is drawn, whose table counts; for the
rest the unconditional contribution does.  Then all earn as in `public_goods`.  The defaults are those of Fischbacher,
Gaechter & Fehr (2001), who found half of their subjects to be conditional cooperators and a third free riders.

Selfish players contribute nothing anywhere as long as `mpcr` is at most 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, Stage, parameter, stage

MOST = 20
AVERAGES = tuple(range(MOST + 1))


def _given(average: int) -> Stage:
    def contribute(game: "ConditionalContribution", play: Play) -> ActionSpace:
        return Amount(0, game.endowment)

    contribute.__name__ = f"given_{average}"
    called = f"if the others contribute {average} on average, contribute"
    return stage(by="member", when=lambda game: average <= game.endowment, called=called)(contribute)


def _asked(average: int) -> tuple[str, ...]:
    level = f"{{average_{average}}}"
    return (
        f"Your table: if the others contribute {level} on average, how much do you contribute?",
        f"For your table, suppose the rest of the group put in {level} each on average. What amount do you put in?",
        f"One line of your table: the others average {level}. State your contribution in this case.",
    )


@dataclass(frozen=True)
class ConditionalContribution(Game):
    """Members state contributions for all that others may contribute (Fischbacher, Gaechter & Fehr 2001)."""

    endowment: int = parameter(
        20, unit="money", least=1, most=MOST, help="each member's money, in whole units"
    )
    group_size: int = parameter(4, least=2, help="members of a group")
    mpcr: float = parameter(0.4, above=0, help="marginal per-capita return: what one unit pays each member")

    equilibrium = "contributes nothing when mpcr is at most 1 (at 1: indifferent, contributes nothing)"
    efficiency = "everybody contributes everything when mpcr times members exceeds 1"
    methods = {f"given_{average}": "strategy method" for average in AVERAGES}
    sources = ("Fischbacher, Gaechter & Fehr 2001, Economics Letters 71:397-404",)
    rules = {
        "member": (
            "You are in a group of {group_size} people. Each has {endowment} and decides how much "
            "of it to put into a common project. Every unit put into the project by anybody pays {mpcr} "
            "{mpcr:unit|units} to each member of the group. You earn what you keep plus what the project pays you. "
            "You decide twice: on one contribution, and on a table that says how much you contribute for each average "
            "contribution of the others. One member is drawn at random whose table counts; for all the rest the "
            "single contribution counts. The average of the others is rounded to whole units, halves upwards, to find "
            "the line of the table that counts.",
            "Your group has {group_size} members, each with {endowment}. What a member "
            "contributes to a group account returns {mpcr} per unit to every member; what is not contributed is kept. "
            "First you name a contribution. Then you fill in a table with your contribution for every average of the "
            "others. Chance picks one member who contributes according to the table and what the others named; the "
            "others contribute what they named. An average between two lines of the table counts as the nearer one, "
            "and one half way as the higher one.",
            "Together with others, {group_size} people in all, you can finance a shared fund. You "
            "have {endowment} of your own; for each unit in the fund, each of you receives {mpcr}, and what you do "
            "not pay in stays yours. You give one figure straight away, and a list of figures that depend on what the "
            "others pay in on average. For one of you, chosen by lot, the list applies, for everybody else the first "
            "figure. In the list the entry for the nearest whole number counts, the upper one if the average is half "
            "way between two.",
        )
    }
    ask = {
        "unconditional": (
            "Your single contribution: how much do you contribute, whatever the others do?",
            "Without knowing the others' contributions, what amount do you put in?",
            "State your contribution for the case that your table does not count.",
        ),
        **{f"given_{average}": _asked(average) for average in AVERAGES},
    }
    words = {"drawn": ("single contribution", "table")}
    money_names = ("others_mean",)
    recall = {
        "member": "your {drawn} counted, the others contributed {others_mean} on average, and you earned {earned}"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def unconditional(self, play: Play) -> ActionSpace:
        """Choose a contribution that depends on nothing."""
        return Amount(0, self.endowment)

    given_0, given_1, given_2, given_3, given_4, given_5, given_6 = map(_given, AVERAGES[:7])
    given_7, given_8, given_9, given_10, given_11, given_12, given_13 = map(_given, AVERAGES[7:14])
    given_14, given_15, given_16, given_17, given_18, given_19, given_20 = map(_given, AVERAGES[14:])

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay what is kept and the return of the fund."""
        made = self._contributions(play)
        fund = made.sum(axis=1, keepdims=True)
        return {"member": play.settled("member", (self.endowment - made + self.mpcr * fund).ravel())}

    def _drawn(self, play: Play) -> Floats:
        """Mark the member of each group whose table counts: (G, K) float of 0 and 1."""
        lots = play.by_group("member", play.chance("table", "member"))
        drawn: Floats = (np.arange(lots.shape[1]) == lots.argmax(axis=1)[:, None]).astype(np.float64)
        return drawn

    def _contributions(self, play: Play) -> Floats:
        """Give what everybody contributes in the end: (G, K) float."""
        single = play.by_group("member", play["unconditional"])
        table = np.stack(
            [play.by_group("member", play[f"given_{k}"]) for k in AVERAGES[: self.endowment + 1]], axis=2
        )
        drawn = self._drawn(play)
        mean = (single * (1 - drawn)).sum(axis=1, keepdims=True) / (self.group_size - 1)
        line = np.broadcast_to(np.floor(np.nan_to_num(mean) + 0.5).astype(np.int64), single.shape)
        answer = np.take_along_axis(table, line[:, :, None], axis=2)[:, :, 0]
        return np.where(drawn == 1, answer, single)

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what counted and what the others contributed on average."""
        made = self._contributions(play)
        others = (made.sum(axis=1, keepdims=True) - made) / (self.group_size - 1)
        return {"member": {"drawn": self._drawn(play).ravel(), "others_mean": others.ravel()}}

    def facts(self) -> Mapping[str, float | str]:
        """Write the averages of the table as money."""
        return {f"average_{average}": self.money(average) for average in AVERAGES}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute nothing, or everything where each unit pays its giver more than it costs."""
        return np.full(size, float(self.endowment) if self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute half, as in `public_goods`, and in the table as much as the others."""
        if stage == "unconditional":
            return np.full(size, self.endowment / 2)
        return np.full(size, float(stage.removeprefix("given_")))

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it."""
        return self.group_size * self.endowment * max(1.0, self.mpcr * self.group_size)
