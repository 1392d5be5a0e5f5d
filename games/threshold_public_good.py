"""The threshold public good: it is provided if enough is contributed, else not at all.

======  ==========  ==============  =====
role    decision    range           unit
======  ==========  ==============  =====
member  contribute  0 to endowment  money
======  ==========  ==============  =====

If the contributions of a group reach `threshold`, every member receives `benefit`; what was contributed beyond it is
lost.  If they fall short, they are given back (``refund=true``, the money-back guarantee) or lost (``refund=false``).
The benefits of all over the threshold are the step return of Croson & Marks (2000), 2 with the defaults.

Contributing nothing is an equilibrium, and so is every way of reaching the threshold exactly in which nobody gives
more than the benefit.  Selfish players take the symmetric one of these, an equal share, as long as the benefit is at
least that share; else they contribute nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class ThresholdPublicGood(Game):
    """Members of a group pay for a good that is provided at a threshold (van de Kragt et al. 1983)."""

    endowment: float = parameter(55.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(5, least=2, help="members of a group")
    threshold: float = parameter(125.0, unit="money", above=0, help="what the good costs")
    benefit: float = parameter(50.0, unit="money", above=0, help="what the good pays each member")
    refund: bool = parameter(True, help="contributions that fall short are given back")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit contributed")

    equilibrium = "an equal share of the threshold if the benefit is at least that share, else nothing"
    efficiency = "the threshold is reached exactly when all benefits together exceed it"
    sources = (
        "van de Kragt, Orbell & Dawes 1983, American Political Science Review 77:112-122",
        "Croson & Marks 2000, Experimental Economics 2:239-259",
    )
    rules = {
        "member": (
            "You are in a group of {group_size} {group_size:person|people}. Each has {endowment} and decides how much "
            "of it to put into a common project. If the group puts in {threshold} or more, the project is carried out "
            "and pays {benefit} to each member, whoever paid it in; anything above {threshold} is lost. {shortfall}",
            "Your group has {group_size} {group_size:member|members}, each with {endowment}. All decide at the same "
            "time what part to contribute to a group account. The account needs {threshold}: with that or more, every "
            "member receives {benefit}, and nobody gets the surplus over {threshold}. {shortfall}",
            "Together with others, {group_size} {group_size:person|people} in all, you can finance something worth "
            "{benefit} to each of you. It costs {threshold}. You have {endowment} of your own; what you do not pay in "
            "stays yours. If what all pay in covers the cost, everybody has the benefit, and what exceeds {threshold} "
            "is not returned. {shortfall}",
        )
    }
    ask = {
        "contribute": (
            "How much do you contribute?",
            "What amount do you put in?",
            "State your contribution.",
        )
    }
    words = {"provided": ("missed", "reached")}
    money_names = ("total",)
    recall = {
        "member": "you contributed {contribute}, the group {total} in all, the threshold was {provided}, and you "
        "earned {earned}"
    }

    def check(self) -> None:
        """Refuse thresholds that cannot be reached, or not by equal shares."""
        share = self.threshold / self.group_size
        if share > self.endowment:
            raise GamesimError(
                f"threshold_public_good: threshold = {self.threshold!r} cannot be reached by {self.group_size} "
                f"members with {self.endowment!r} each"
            )
        if abs(share / self.step - round(share / self.step)) > 1e-9:
            raise GamesimError(
                f"threshold_public_good: threshold = {self.threshold!r} must be a whole number of steps for each of "
                f"{self.group_size} members, so that they can share it equally"
            )

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member")
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution."""
        return Amount(0, self.endowment, self.step)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the benefit where the threshold is reached."""
        provided = self._provided(play)
        charged = np.where((provided == 0) & self.refund, 0.0, play["contribute"])
        return {"member": self.endowment - charged + self.benefit * provided}

    def _provided(self, play: Play) -> Floats:
        total = play.total("contribute")
        return np.where(np.isnan(total), np.nan, total >= self.threshold - 1e-9)

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member the sum of contributions and whether it was enough."""
        return {"member": {"total": play.total("contribute"), "provided": self._provided(play)}}

    def facts(self) -> Mapping[str, float | str]:
        """Say what happens to contributions that fall short."""
        fate = "given back to those who made them" if self.refund else "lost"
        return {
            "shortfall": f"If the contributions fall short, nobody receives the benefit and they are {fate}."
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute an equal share of the threshold if it is worth it."""
        share = self.threshold / self.group_size
        return np.full(size, share if self.benefit >= share else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Contribute an equal share of the threshold."""
        return np.full(size, self.threshold / self.group_size)

    def efficient_payoff(self) -> float:
        """Give what a group earns that provides the good if it is worth it."""
        return self.group_size * self.endowment + max(0.0, self.group_size * self.benefit - self.threshold)
