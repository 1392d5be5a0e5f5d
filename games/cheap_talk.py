"""The public goods game with cheap talk: members say something that binds nobody, then contribute.

======  ==========  ================  ==========
role    decision    range             unit
======  ==========  ================  ==========
member  say         up to max_chars   characters
member  announce    0 to endowment    money
member  contribute  0 to endowment    money
======  ==========  ================  ==========

With `talk` = ``message`` everybody first writes one message, or says nothing; then all read what was said in their
group, by seat, and contribute whatever they like.  With `talk` = ``number`` everybody announces a contribution and sees
the mean of what the others announced, the least that talk can be (Wilson & Sell 1997).  Earnings are those of
`public_goods` and do not depend on what is said.

Selfish players contribute nothing as long as `mpcr` is at most 1, whatever was said: talk is babbling (Crawford & Sobel
1982; Farrell & Rabin 1996).  Any message or announcement is then as good as another; they say nothing, or announce
everything (the tie rules).  People who may talk contribute far more (Isaac & Walker 1988; Ostrom, Walker & Gardner
1992; the survey of Ledyard 1995), but not where they can only exchange numbers (Bochet, Page & Putterman 2006).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import counted
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, Text, parameter, stage


@dataclass(frozen=True)
class CheapTalk(Game):
    """Members of a group talk, then contribute to a fund that pays all of them (Isaac & Walker 1988)."""

    endowment: float = parameter(20.0, unit="money", above=0, help="each member's money a round")
    group_size: int = parameter(4, least=2, help="members of a group")
    mpcr: float = parameter(0.5, above=0, help="marginal per-capita return: what one unit pays each member")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit announced or contributed")
    talk: str = parameter(
        "message", options=("message", "number"), help="what is said: a message, or a number announced"
    )
    max_chars: int = parameter(200, least=1, help="most characters of a message")

    equilibrium = (
        "contributes nothing when mpcr is at most 1, whatever was said; says nothing, or announces everything "
        "(anything said is as good)"
    )
    efficiency = "everybody contributes everything when mpcr times members exceeds 1"
    sources = (
        "Isaac & Walker 1988, Economic Inquiry 26:585-608",
        "Ostrom, Walker & Gardner 1992, American Political Science Review 86:404-417",
        "Ledyard 1995, in Kagel & Roth (eds), Handbook of Experimental Economics, 111-194",
        "Wilson & Sell 1997, Journal of Conflict Resolution 41:695-717",
        "Bochet, Page & Putterman 2006, Journal of Economic Behavior & Organization 60:11-26",
        "Crawford & Sobel 1982, Econometrica 50:1431-1451",
        "Farrell & Rabin 1996, Journal of Economic Perspectives 10(3):103-118",
    )
    signals = ("said", "others_announced")
    said_names = ("said",)
    money_names = ("others_announced", "others_mean")
    rules = {
        "member": (
            "You are in a group of {group_size} {group_size:person|people}. Each has {endowment} and decides how much "
            "of it to put into a common project. Every unit put into the project by anybody pays {mpcr} "
            "{mpcr:unit|units} to each member of the group, whoever paid it in. You earn what you keep plus what the "
            "project pays you. Before that, {talking}. What is said binds nobody.",
            "Your group has {group_size} {group_size:member|members}, each with {endowment}. All decide what part to "
            "contribute to a group account, in which each unit returns {mpcr} to every member; what is not "
            "contributed is kept. But first {talking}. Nobody has to do as they said.",
            "Together with others, {group_size} {group_size:person|people} in all, you can finance a shared fund out "
            "of {endowment} of your own. For each unit in the fund each of you receives {mpcr}, and what you do not "
            "pay in stays yours. There are two steps: first {talking}; then comes the payment itself, which may be "
            "any amount whatever was said.",
        )
    }
    ask = {
        "say": (
            "What do you say to your group?",
            "Which message do you send to the members of your group?",
            "Before anybody contributes: write your message to the group.",
        ),
        "announce": (
            "What contribution do you announce?",
            "How much do you tell the others that you will contribute?",
            "State the contribution that you announce.",
        ),
        "contribute": (
            "This was said in your group: {said}. How much do you contribute?",
            "You and the others said the following: {said}. What amount do you put in?",
            "What was said: {said}. State your contribution.",
            "The others announced {others_announced} on average. How much do you contribute?",
            "The average of what the others said is {others_announced}. What amount do you put in?",
            "On average {others_announced} was announced by the others. State your contribution.",
        ),
    }
    recall = {
        "member": (
            "this was said in your group: {said}; you contributed {contribute} and the others {others_mean} on average",
            "this was said in your group: {said}; you contributed {contribute}",
            "you announced {announce} and the others {others_announced} on average; you contributed {contribute} and "
            "the others {others_mean} on average",
            "you announced {announce} and contributed {contribute}",
        )
    }

    @property
    def roles(self) -> tuple[str, ...]:
        """As many members as the group has."""
        return ("member",) * self.group_size

    @stage(by="member", when=lambda game: game.talk == "message")
    def say(self, play: Play) -> ActionSpace:
        """Write a message, or say nothing."""
        return Text(self.max_chars)

    @stage(by="member", when=lambda game: game.talk == "number")
    def announce(self, play: Play) -> ActionSpace:
        """Choose what to announce."""
        return Amount(0, self.endowment, self.step)

    @stage(by="member", sees=("said",), when=lambda game: game.talk == "message")
    def contribute(self, play: Play) -> ActionSpace:
        """Choose a contribution, having read what was said."""
        return Amount(0, self.endowment, self.step)

    @stage(by="member", sees=("others_announced",), when=lambda game: game.talk == "number")
    def contribute_(self, play: Play) -> ActionSpace:
        """Choose a contribution, knowing what was announced on average."""
        return Amount(0, self.endowment, self.step)

    def facts(self) -> Mapping[str, float | str]:
        """Say what happens before the contributions."""
        if self.talk == "number":
            return {
                "talking": "everybody announces a contribution and sees what the others announce on average"
            }
        return {
            "talking": f"everybody may write one message of at most {counted(self.max_chars, 'characters')} to the "
            "group, and all read what each of them wrote"
        }

    def signal(self, name: str, play: Play) -> Floats:
        """Show what everybody said, or what the others announced on average, to the cent."""
        return play.conversation("say") if name == "said" else np.round(play.others_mean("announce"), 2)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay what is kept and the return of the fund."""
        earned = self.endowment - play["contribute"] + self.mpcr * play.total("contribute")
        return {"member": play.settled("member", earned)}

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell each member what was said, or announced on average, and what the others contributed on average."""
        heard = "said" if self.talk == "message" else "others_announced"
        return {
            "member": {
                heard: self.signal(heard, play),
                "others_mean": play.others_mean("contribute"),
            }
        }

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Say nothing, or announce everything; contribute nothing, or all where a unit pays more than it costs."""
        everything = stage == "announce" or (stage == "contribute" and self.mpcr > 1)
        return np.full(size, self.endowment if everything else 0.0)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Announce and contribute half, as in `public_goods`; say nothing."""
        return np.full(size, 0.0 if stage == "say" else self.endowment / 2)

    def efficient_payoff(self) -> float:
        """Give what a group earns when contributions are what is best for it."""
        return self.group_size * self.endowment * max(1.0, self.mpcr * self.group_size)
