"""The linear public goods game: what is good for the group costs its giver.

======  ==========  ==============  =====
role    decision    range           unit
======  ==========  ==============  =====
member  contribute  0 to endowment  money
======  ==========  ==============  =====

A member earns ``endowment - own contribution + mpcr * sum of contributions``.  Where groups differ in size
either the marginal per-capita return is the same for all (``hold=mpcr``) or the multiplier is, the return
then being ``mpcr * group_size / own group's size`` (``hold=multiplier``).  Who sits in several groups on a
network contributes to each of them, from an endowment in each; with ``spread`` one endowment and one
contribution are divided evenly among them (Santos, Santos & Pacheco 2008), so that all earnings together are
``endowment - own contribution + sum over groups of return * sum of parts``.

Selfish players contribute nothing as long as the return is at most 1.  Contributing everything is efficient as
soon as return times members exceeds 1.  People on record contribute about half in the third round.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import plain
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage
from gamesim.groups import Groups


@dataclass(frozen=True)
class PublicGoods(Game):
    """Members of a group contribute to a fund that pays all of them (Isaac & Walker 1988)."""

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, help="members of a group")
    mpcr: float = parameter(0.5, above=0, help="marginal per-capita return: what one unit pays each member")
    hold: str = parameter(
        "mpcr", options=("mpcr", "multiplier"), help="what stays fixed where groups differ in size"
    )
    spread: bool = parameter(
        False, help="on a network: whether one endowment is divided among all groups that an agent is in"
    )
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit contributed")

    equilibrium = "contributes nothing when mpcr is at most 1 (at 1: indifferent, contributes nothing)"
    efficiency = "everybody contributes everything when mpcr times members exceeds 1"
    sources = (
        "Isaac & Walker 1988, Quarterly Journal of Economics 103:179-199",
        "Ledyard 1995, in Kagel & Roth, Handbook of Experimental Economics",
        "Santos, Santos & Pacheco 2008, Nature 454:213-216",
    )
    rules = {
        "member": (
            "You are in a group of {group_size} {group_size:person|people}. Each has {endowment} and decides how much "
            "of it to put into a common project. Every unit put into the project by anybody pays {mpcr} "
            "{mpcr:unit|units} to each member of the group, whoever paid it in. You earn what you keep plus what the "
            "project pays you.{divided}",
            "Your group has {group_size} {group_size:member|members}, each with {endowment}. All decide at the same "
            "time what part to contribute to a group account. Each unit in the account returns {mpcr} to every "
            "member. Your income is what you did not contribute plus your return from the account.{divided}",
            "Together with {others} other {others:participant|participants} you can finance a shared fund. You have "
            "{endowment} of your own. For each unit in the fund, each of the {group_size} of you receives {mpcr}, no "
            "matter who paid. What you do not pay in stays yours.{divided}",
            "{group_size} {group_size:participant|participants}, you among them, each receive {endowment}. Everyone "
            "chooses how much goes to a joint account and keeps the rest. The joint account gives each participant "
            "{mpcr} times the total paid in by all.{divided}",
        ),
    }
    ask = {
        "contribute": (
            "How much do you contribute?",
            "What amount do you put in?",
            "State your contribution.",
        )
    }
    money_names = ("others_mean",)
    recall = {
        "member": (
            "you contributed {contribute}, the others on average {others_mean}",
            "you contributed {contribute}",
        )
    }

    @property
    def shared_out(self) -> bool:
        """Whether one endowment is divided among all groups."""
        return self.spread

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution."""
        return Amount(0, self.endowment, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay what is kept and the return of the fund."""
        own: Floats = play["contribute"]
        held: float | Floats = self.endowment
        if self.spread:
            games = play.games("member")
            own, held = own / games, held / games
        seats = play.seats("member")
        return {"member": held - own + self._returns(play) * seats.spread(seats.total(own))}

    def _returns(self, play: Play) -> float | Floats:
        sizes = play.seats("member").sizes
        if self.hold == "mpcr":
            return self.mpcr
        returns = self.mpcr * self.group_size / np.asarray(sizes)
        return float(returns) if isinstance(sizes, int) else np.repeat(returns, sizes)

    def check_groups(self, groups: Groups) -> None:
        """Refuse to divide among several groups where everybody sits in one."""
        once = groups.seats["member"].once
        if self.spread and (once is None or once.home is None):
            raise GamesimError(
                f"{self.name}: spread = true divides one contribution among the neighbourhoods that an agent is in: "
                "play it on a network with matching neighbourhoods"
            )

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others contributed on average."""
        return {"member": {"others_mean": play.others_mean("contribute")}}

    def facts(self) -> Mapping[str, float | str]:
        """Count the others, and say whether there is one endowment for all groups."""
        divided = (
            f" You have {self.money(self.endowment)} once for all groups that you are in: what you put in and what you "
            "keep is divided evenly among them."
        )
        return {"others": self.group_size - 1, "divided": divided if self.spread else ""}

    def sized(self, size: int) -> Game:
        """Give the game of another group, with its return where the multiplier is held."""
        game = super().sized(size)
        if self.hold == "multiplier" and game is not self:
            object.__setattr__(game, "mpcr", self.mpcr * self.group_size / size)
        return game

    def elsewhere(self) -> str:
        """Say what a unit pays there, which differs where the multiplier is held."""
        if self.hold == "mpcr":
            return super().elsewhere()
        return f"a unit put in there pays {plain(self.mpcr * self.group_size)} divided by that number to each of them"

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute nothing, or everything where each unit pays its giver more than it costs."""
        return np.full(size, self.endowment if self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute half: the endowment split equally between the fund and oneself."""
        return np.full(size, self.endowment / 2)

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it."""
        return self.efficient_payoff_of(self.group_size)

    def efficient_payoff_of(self, size: int) -> float:
        """Give the same for a group of another size.

        With `spread` and a multiplier held fixed every agent adds one endowment, times the multiplier, to the groups
        that it is in, of which one is its own; with the return held fixed it hangs on the sizes of all these groups.
        """
        if self.spread:
            most = self.endowment * max(1.0, self.mpcr * self.group_size)
            return most if self.hold == "multiplier" else math.nan
        multiplier = self.mpcr * (size if self.hold == "mpcr" else self.group_size)
        return size * self.endowment * max(1.0, multiplier)
