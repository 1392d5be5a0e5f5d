"""The ultimatum game: an offer that the other may reject.

=========  ========  ==================  =====  ====================================================
role       decision  range               unit   asked
=========  ========  ==================  =====  ====================================================
proposer   offer     0 to endowment      money  always
responder  minimum   0 to endowment      money  strategy method: the least that would be accepted
responder  answer    reject, accept             ``sequential=true``: to the offer that was made
=========  ========  ==================  =====  ====================================================

With ``both_roles=true`` each player states an offer and a minimum and is paired afterwards, as in the MobLab
records; what is paid is the mean of the two pairings, one with each player as proposer.

Selfish players: the responder accepts everything, being indifferent at zero and accepting then (the tie rule),
so the proposer offers nothing.  Every accepted offer is efficient.  People on record offer about 44 % and ask
for about 34 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Choice, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class Ultimatum(Game):
    """One player offers a division; the other accepts it, or both get nothing (Gueth et al. 1982)."""

    endowment: float = parameter(100.0, unit="money", above=0, help="money to divide")
    step: float = parameter(1.0, unit="money", above=0, help="smallest unit of an offer")
    sequential: bool = parameter(False, help="the responder answers the offer made, not every possible one")
    both_roles: bool = parameter(False, help="each player states an offer and a minimum, paired afterwards")

    equilibrium = "offers nothing, accepts everything (when indifferent, accepts)"
    efficiency = "any accepted offer: the sum is then the endowment"
    methods = {"minimum": "strategy method"}
    sources = (
        "Gueth, Schmittberger & Schwarze 1982, Journal of Economic Behavior & Organization 3:367-388",
        "Oosterbeek, Sloof & van de Kuilen 2004, Experimental Economics 7:171-188",
    )
    rules = {
        "proposer": (
            "You and another person can share {endowment}. You propose how much the other person gets; you "
            "would keep the rest. The other person then accepts or rejects. If your proposal is accepted, "
            "both are paid as you proposed. If it is rejected, both of you get nothing.",
            "Two people are to divide {endowment}. One proposes, the other responds, and you are the one who "
            "proposes. You name the part that the responder receives. A responder who agrees is paid that "
            "part and you are paid the remainder; a responder who refuses leaves both with nothing.",
            "You make an offer to another participant out of {endowment}. The participant may take it, in "
            "which case you keep what is left, or turn it down, in which case neither of you earns anything.",
            "There is {endowment} on the table for you and one other participant. Your task is to offer the "
            "other a part of it. Acceptance means the division goes ahead; refusal means that both earn zero.",
        ),
        "responder": (
            "Another person proposes how to share {endowment} between the two of you. If you accept the "
            "proposal, both are paid accordingly. If you reject it, both of you get nothing.",
            "Two people are to divide {endowment}. The other person proposes what part you receive and keeps "
            "the remainder if you agree. If you refuse, both are left with nothing.",
            "Another participant makes you an offer out of {endowment}. You may take it, and the other keeps "
            "what is left, or turn it down, and neither of you earns anything.",
            "There is {endowment} on the table for you and one other participant, who offers you a part of "
            "it. If you agree the division goes ahead; if you do not, both earn zero.",
        ),
        "player": (
            "You and another person can share {endowment}. One of you proposes how much the other gets and "
            "the other accepts or rejects; if a proposal is rejected, both get nothing. You state what you do "
            "in either position: what you offer, and the least that you accept."
            " Both positions count: you are paid the average of what you earn in the one and in the other.",
            "Two people are to divide {endowment}, and you are one of them. One proposes what part the other "
            "receives and keeps the remainder if the other agrees; after a refusal both are left with nothing. "
            "You decide for both positions, on your proposal and on the least that you would agree to."
            " Both positions count: you are paid the average of what you earn in the one and in the other.",
            "You and another participant make each other offers out of {endowment}. Whoever makes an offer "
            "keeps what is left if it is taken, and neither earns anything from an offer that is turned down. "
            "You say how much you offer and which offer is the smallest that you take."
            " Both positions count: you are paid the average of what you earn in the one and in the other.",
            "There is {endowment} on the table for you and one other participant. You may find yourself on "
            "either side: offering the other a part of it, or answering such an offer. Agreement means the "
            "division goes ahead; without it both earn zero. You state your offer and your smallest "
            "acceptable one."
            " Both positions count: you are paid the average of what you earn in the one and in the other.",
        ),
    }
    ask = {
        "offer": (
            "How much do you offer to the other person?",
            "What amount do you propose for the other person?",
            "State the part that you offer to the other person.",
        ),
        "minimum": (
            "Before you learn the offer: what is the smallest amount that you would accept?",
            "You decide before seeing the proposal. State the least you are willing to accept.",
            "Which amount is the lowest that you would take? Any smaller offer will be rejected for you.",
        ),
        "answer": (
            "You are offered {offer}. Do you {turned}?",
            "The proposal gives you {offer}. Is your answer {turned}?",
            "Out of the total, {offer} would be yours. Choose: {turned}.",
        ),
    }
    words = {"accepted": ("rejected", "accepted")}
    recall = {
        "proposer": "you offered {offer}, which was {accepted}, and you earned {earned}",
        "responder": "you were offered {offer}, which was {accepted}, and you earned {earned}",
        "player": "you offered {offer} and asked for at least {minimum}, and you earned {earned}",
    }

    def check(self) -> None:
        """Refuse a live answer from a player who states a whole plan."""
        if self.both_roles and self.sequential:
            raise GamesimError("ultimatum: both_roles and sequential exclude each other; choose one")

    @property
    def roles(self) -> tuple[str, ...]:
        """Proposer and responder, or two players who are both."""
        return ("player", "player") if self.both_roles else ("proposer", "responder")

    def decider(self, stage: str) -> str:
        """Give the role that decides; a player takes every stage."""
        return "player" if self.both_roles else super().decider(stage)

    @stage(by="proposer")
    def offer(self, play: Play) -> ActionSpace:
        """Choose what the responder would get."""
        return Amount(0, self.endowment, self.step)

    @stage(by="responder", when=lambda game: not game.sequential)
    def minimum(self, play: Play) -> ActionSpace:
        """State the least that is accepted."""
        return Amount(0, self.endowment, self.step)

    @stage(by="responder", sees=("offer",), when=lambda game: game.sequential)
    def answer(self, play: Play) -> ActionSpace:
        """Accept or reject the offer."""
        return Choice(("reject", "accept"))

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Divide as offered where the offer is accepted; else pay nothing."""
        if self.both_roles:
            proposing = self._accepted(play) * (self.endowment - play["offer"])
            responding = (play.partner("offer") >= play["minimum"]) * play.partner("offer")
            missing = play["minimum"] * 0 + play.partner("minimum") * 0
            return {"player": (proposing + responding) / 2 + missing}
        accepted = self._accepted(play)
        return {
            "proposer": accepted * (self.endowment - play["offer"]),
            "responder": accepted * play["offer"],
        }

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the proposer whether the offer was accepted, and the responder what it was."""
        if self.both_roles:
            return {}
        accepted = self._accepted(play)
        return {
            "proposer": {"accepted": accepted},
            "responder": {"offer": play["offer"], "accepted": accepted},
        }

    def _accepted(self, play: Play) -> Floats:
        if self.sequential:
            return play["answer"]
        minimum = play.partner("minimum") if self.both_roles else play["minimum"]
        accepted: Floats = np.where(
            np.isnan(minimum) | np.isnan(play["offer"]), np.nan, play["offer"] >= minimum
        )
        return accepted

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Offer nothing; accept everything."""
        return np.ones(size) if stage == "answer" else np.zeros(size)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Offer half; ask for half, or accept half and more."""
        if stage == "answer":
            return (seen["offer"] >= self.endowment / 2 - 1e-9).astype(np.float64)
        return np.full(size, self.endowment / 2)

    def efficient_payoff(self) -> float:
        """Give the endowment."""
        return self.endowment
