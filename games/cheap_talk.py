"""The public goods game with cheap talk: members announce contributions that bind nobody.

======  ==========  ==============  =====
role    decision    range           unit
======  ==========  ==============  =====
member  announce    0 to endowment  money
member  contribute  0 to endowment  money
======  ==========  ==============  =====

First everybody announces a contribution; then all see the mean of what the others announced and contribute whatever
they like.  Earnings are those of `public_goods` and do not depend on announcements.  What people say face to face is
more than a number: this is the least that talk can be (Wilson & Sell 1997).

Selfish players contribute nothing as long as `mpcr` is at most 1.  Any announcement is then as good as another; they
announce everything (the tie rule).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class CheapTalk(Game):
    """Members of a group announce, then contribute to a fund that pays all of them (Wilson & Sell 1997)."""

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, help="members of a group")
    mpcr: float = parameter(0.5, above=0, help="marginal per-capita return: what one unit pays each member")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit announced or contributed")

    equilibrium = (
        "announces everything (any announcement is as good) and contributes nothing when mpcr is at most 1"
    )
    efficiency = "everybody contributes everything when mpcr times members exceeds 1"
    sources = (
        "Wilson & Sell 1997, Journal of Conflict Resolution 41:695-717",
        "Farrell & Rabin 1996, Journal of Economic Perspectives 10(3):103-118",
    )
    signals = ("others_announced",)
    rules = {
        "member": (
            "You are in a group of {group_size} people. Each has {endowment} and decides how much of it to put into a "
            "common project. Every unit put into the project by anybody pays {mpcr} units to each member of the group, "
            "whoever paid it in. You earn what you keep plus what the project pays you. Before that, everybody "
            "announces a contribution and sees what the others announce on average. Announcements bind nobody.",
            "Your group has {group_size} members, each with {endowment}. All decide what part to contribute to a group "
            "account, in which each unit returns {mpcr} to every member; what is not contributed is kept. But first "
            "each tells the rest how much they are going to contribute, and learns the average of what is told. Nobody "
            "has to do as they said.",
            "Together with others, {group_size} people in all, you can finance a shared fund out of {endowment} of "
            "your own. For each unit in the fund each of you receives {mpcr}, and what you do not pay in stays yours. "
            "There are two steps: an announcement of what you will pay in, of which all see the average of the rest, "
            "and then the payment itself, which may be any other amount.",
        )
    }
    ask = {
        "announce": (
            "What contribution do you announce?",
            "How much do you tell the others that you will contribute?",
            "State the contribution that you announce.",
        ),
        "contribute": (
            "The others announced {others_announced} on average. How much do you contribute?",
            "The average of what the others said is {others_announced}. What amount do you put in?",
            "On average {others_announced} was announced by the others. State your contribution.",
        ),
    }
    money_names = ("others_announced", "others_mean")
    recall = {
        "member": "you announced {announce} and the others {others_announced} on average; you contributed {contribute} "
        "and the others {others_mean} on average"
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def announce(self, play: Play) -> ActionSpace:
        """Choose what to announce."""
        return Amount(0, self.endowment, self.step)

    @stage(by="member", sees=("others_announced",))
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution."""
        return Amount(0, self.endowment, self.step)

    def signal(self, name: str, play: Play) -> Floats:
        """Show what the others announced on average, to the cent."""
        return np.round(play.others_mean("announce"), 2)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay what is kept and the return of the fund."""
        earned = self.endowment - play["contribute"] + self.mpcr * play.total("contribute")
        return {"member": play.settled("member", earned)}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what the others announced and contributed on average."""
        return {
            "member": {
                "others_announced": self.signal("others_announced", play),
                "others_mean": play.others_mean("contribute"),
            }
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Announce everything; contribute nothing, or everything where a unit pays its giver more than it costs."""
        return np.full(size, self.endowment if stage == "announce" or self.mpcr > 1 else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Announce and contribute half, as in `public_goods`."""
        return np.full(size, self.endowment / 2)

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it."""
        return self.group_size * self.endowment * max(1.0, self.mpcr * self.group_size)
