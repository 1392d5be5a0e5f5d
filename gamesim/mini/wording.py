"""Ordinary prose around the header: paraphrases of mini's own, so that it learns to read past wording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gamesim.mini.header import SCALES, State, answers

__all__ = ["RULES", "UNSEEN_RULES", "filler", "prose", "system", "thin"]

RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "dictator.give": (
        "An unknown person sits in another room. {all} has been placed in your hands, and you settle "
        "how it is divided: name the part that goes to that person. Nobody can object.",
        "Here is {all}. Share it with a second participant in any way you like, or do not share it at"
        " all. The second participant only waits for the result. What would you like to give?",
        "Dictator game. You own {all}; the receiver owns nothing and has no say. Choose a transfer to"
        " the receiver.",
        "We ask you to split {all} between yourself and a stranger. The stranger cannot refuse your "
        "split. How much is for the stranger?",
        "Imagine that {all} is yours to hand out. Your partner gets whatever you pass on and you "
        "pocket the rest. Which amount do you pass on?",
    ),
    "ultimatum.offer": (
        "Two of you bargain over {all}. You move first and propose what the other gets. If the other "
        "turns it down, both of you leave with nothing. What do you propose to the other?",
        "Ultimatum game, first mover. Propose a share of {all} for the second mover, who can take it "
        "or leave it. When it is left, nobody is paid.",
        "You and a partner can earn {all} together, but only if your partner agrees to the cut you "
        "suggest. Suggest the partner's cut.",
        "As the proposer you make one single offer out of {all}. A refused offer leaves both sides "
        "empty-handed. State your offer.",
    ),
    "ultimatum.minimum": (
        "Two of you bargain over {all}. The other moves first and proposes what you get. Below which "
        "amount would you refuse, leaving both with nothing? Name the lowest amount you would still "
        "take.",
        "Ultimatum game, second mover. A proposer cuts {all} and offers you a share. Fix now the "
        "smallest share you are ready to accept; anything lower is turned down and nobody is paid.",
        "Your partner suggests how to cut {all}. You set a threshold in advance: offers at or above "
        "it are accepted, offers under it destroy the money for both. Which threshold do you set?",
        "As the responder, say the least out of {all} that you would agree to. Less than that means "
        "no money for either side.",
    ),
    "trust.send": (
        "You hold {all}. Whatever you entrust to a partner grows threefold on its way, and the "
        "partner then decides how much comes back to you. How much do you entrust?",
        "Investment game, first mover. From your {all}, choose what to invest with the second mover. "
        "Each unit becomes three. The second mover may send some of it back, or nothing.",
        "Put any part of {all} in the care of another person. It is multiplied by three there. The "
        "other person is free to repay you as they please. State your investment.",
        "You start with {all}. Money passed to the trustee triples; the trustee chooses a repayment. "
        "What do you pass to the trustee?",
    ),
    "trust.return": (
        "An investor trusted you with money that has grown to {all}. You decide how much of it flows "
        "back to the investor and keep what remains. How much flows back?",
        "Investment game, second mover. After tripling, you have {all} from the first mover in front "
        "of you. Choose a repayment between nothing and everything.",
        "Somebody put money in your care and it is now worth {all}. You owe nothing by law. What do "
        "you repay?",
        "You are the trustee. {all} lies on your account thanks to the other person. State the amount"
        " you give back.",
    ),
    "public_goods.contribute": (
        "Four people each own {all}. Everyone decides how much to put into a shared project. The "
        "project pays every one of the four half of all that was put in. What do you put in?",
        "Public goods game in groups of four. Out of {all}, pay any amount into the common pot. The "
        "pot is doubled and divided equally. The rest stays with you.",
        "You and three others keep a village well. You have {all} to spend on it. For each unit spent"
        " by anybody, all four gain half a unit. How much will you spend on the well?",
        "Your group of four runs a joint fund. Your income is {all}. Decide on your payment to the "
        "fund, which returns one half of its total to each member.",
    ),
    "bomb_risk.open": (
        "In front of you are {n} sealed boxes. A single one is mined. You gain one point a box that "
        "you take, but all is lost if you took the mined box. How many do you take?",
        "Bomb task: pick how many of {n} boxes to lift. One of them blows up everything you gained; "
        "each of the others is worth the same small prize.",
        "A robot gathers boxes for you, {n} at most. Each gathered box raises your earnings, though a"
        " hidden bomb in one of them wipes them out. At which count should the robot halt?",
        "Choose a count between zero and {n}. That many boxes are taken from the table. If the "
        "explosive one is there, you get zero, otherwise you get the count.",
    ),
    "prisoners_dilemma.choose": (
        "You and a partner choose at the same time. If both cooperate, both get {r}. If both defect, "
        "both get {p}. If one defects alone, the defector gets {t} and the other nothing. What do you"
        " choose?",
        "Prisoner's dilemma. Cooperate or defect? Joint cooperation pays {r} each, joint defection "
        "{p} each, and a lone defector takes {t} while the lone cooperator gets zero.",
        "Two players, two options. Mutual cooperation brings {r} to each of you and mutual defection "
        "{p}. Defecting against a cooperator is worth {t} and leaves the cooperator with nothing.",
    ),
    "beauty_contest.guess": (
        "A crowd of {crowd} people guesses whole numbers up to {n}. The winner is the one nearest to "
        "two thirds of the average guess. What is your guess?",
        "Guessing game with {crowd} players. Pick a number from zero to {n}. Two thirds of the mean "
        "of all picks is the target, and the closest pick wins.",
        "Name a whole number not above {n}. So do {crowd} others. We take the mean, multiply by two "
        "thirds, and reward whoever came closest.",
    ),
}
"""Descriptions used in training."""

UNSEEN_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "dictator.give": (
        "Suppose a researcher handed you {all} this morning. A second volunteer got no money. By this"
        " evening you must tell the researcher how large a gift, if any, the second volunteer "
        "receives from you.",
        "Allocate {all}: some to a fellow student whom you will never meet, the remainder for yourself.",
    ),
    "ultimatum.offer": (
        "A buyer and a seller haggle over a surplus of {all}. You, the buyer, write one take-it-or-"
        "leave-it figure for the seller on a card. Rejection wipes out the surplus.",
        "Make a bid to your counterpart concerning {all}; a veto by the counterpart means zero for each.",
    ),
    "ultimatum.minimum": (
        "A buyer will write one take-it-or-leave-it figure for you on a card, out of a surplus of "
        "{all}. Write down your reservation figure before you see the card: worse cards are torn up "
        "and the surplus is gone.",
        "Concerning {all}: from what bid onward do you not use your veto, which would mean zero for each?",
    ),
    "trust.send": (
        "A savings scheme lets you lend from your {all} to a fellow student. Loans are worth three "
        "times as much to the fellow student, who is under no duty to reward you. How big is your "
        "loan?",
        "Out of {all}, transfer something to B. B receives triple and B alone chooses a reward for you.",
    ),
    "trust.return": (
        "Thanks to a fellow student's loan, you, the borrower, now hold {all}. You are under no duty "
        "to reward the lender. How big is the reward?",
        "You are B. A's transfer was tripled, which makes {all}. Choose the reward for A.",
    ),
    "public_goods.contribute": (
        "Four neighbours consider lighting their street. Each has a budget of {all}. Every unit given"
        " to the lamps is worth half a unit to all four households. How much of your budget goes to "
        "the lamps?",
        "Divide {all} between a private account and a group account whose sum, times one half, is "
        "credited to every one of the four members. What goes to the group account?",
    ),
    "bomb_risk.open": (
        "A field has {n} squares and one landmine. Walk over as many squares as you dare: every "
        "square is worth a coin, and the mine costs you all of them. How many squares?",
        "Draw cards from a deck of {n}. One is the joker. Draw it and your score is nil; otherwise "
        "your score is the number of cards drawn.",
    ),
    "prisoners_dilemma.choose": (
        "Two firms set prices. Both high means {r} of profit each, both low means {p} each, and a "
        "firm that is low alone earns {t} while its rival earns nothing. High is cooperating and low "
        "is defecting.",
    ),
    "beauty_contest.guess": (
        "A newspaper invites {crowd} readers to send in an integer no greater than {n}. The prize "
        "goes to the reader whose integer lies nearest to 0.67 times the mean of what was sent in. "
        "What do you send?",
    ),
}
"""Descriptions that training never shows, for testing."""

_SYSTEMS = (
    "You are taking part in a study.",
    "You are a player in a game about money.",
    "You are a participant.",
    "Please decide as you would in real life.",
)
_FILLER = (
    "The bus to the lake leaves every forty minutes in summer.",
    "A good soup needs time, salt and a lid that fits.",
    "The library has moved to the second floor of the old mill.",
    "Rain is expected in the north and along the coast.",
    "My neighbour paints boats and sells them at the spring market.",
    "The committee will meet again once the report has been printed.",
    "Three of the seven bridges are closed to lorries.",
    "Most owls hunt at night, but some do so at dusk.",
    "The museum shows maps from 1640 to 1815 and a large globe.",
    "Bring a coat, a torch and something to read.",
    "The price of bread rose by 4 per cent last year.",
    "She learnt the violin at the age of 9 and never stopped.",
    "Turn left after the station and follow the river for 12 minutes.",
    "The experiment lasts about 45 minutes, and your answers stay anonymous.",
    "Please do not talk to others while you decide.",
    "Your earnings are paid in private at the end.",
    "Seat {n} is taken, but seat {m} is free.",
    "Of {n} parcels, {m} went to the wrong house.",
    "The ticket costs ${n} and the way back ${m}.",
    "Locker {n} is next to the door; the code is {m}.",
    "Last year {n} people joined, and {m} points separated first from last.",
)
_FORMATS = (
    "Answer with a whole number in square brackets.",
    "Give your decision as [number].",
    "Write one number between 0 and {top} in brackets, nothing else.",
    "Reply in square brackets.",
    "",
)
_CHOICE_FORMATS = ("Answer [cooperate] or [defect].", "Reply [defect] or [cooperate], nothing else.", "")


def prose(
    state: State,
    rng: np.random.Generator,
    stake: float | None = None,
    *,
    unseen: bool = False,
    recall: float = 1.0,
) -> str:
    """Describe a game and ask for the decision.

    Parameters
    ----------
    state : State
        What is decided, on the canonical scale.
    rng : numpy.random.Generator
        Chooses wording, currency and history.
    stake : float, optional
        The whole in the prose's own units; the canonical scale unless given.
    unseen : bool
        Take the descriptions kept for testing.
    recall : float
        Probability that the past is told.

    Returns
    -------
    str
        Ordinary prose; past moves are told in the prose's own units.
    """
    whole = float(SCALES.get(state.decision, 400)) if stake is None else stake
    unit = _UNITS[int(rng.integers(len(_UNITS)))]
    templates = (UNSEEN_RULES if unseen else RULES)[state.decision]
    text = templates[int(rng.integers(len(templates)))].format(
        all=unit.format(_plain(whole)),
        n=_plain(round(whole)),
        r=unit.format(_plain(whole)),
        p=unit.format(_plain(round(whole * 0.75))),
        t=unit.format(_plain(round(whole * 1.75))),
        crowd=int(rng.integers(3, 200)),
    )
    parts = [text]
    if state.rounds > 1:
        parts.append(f"This is round {state.round} of {state.rounds}.")
    if state.past and rng.random() < recall:
        parts.append(_history(state, whole, unit))
    for decision, move in state.also:
        parts.append(
            f"Before, in {decision.replace('.', ' ')}, you chose {_plain(move * whole / SCALES[decision])}."
        )
    formats = _FORMATS if state.decision in SCALES else _CHOICE_FORMATS
    parts.append(formats[int(rng.integers(len(formats)))].format(top=_plain(whole)))
    return _BETWEEN[int(rng.integers(len(_BETWEEN)))].join(part for part in parts if part)


def filler(rng: np.random.Generator) -> str:
    """Write sentences that have nothing to do with any game."""
    chosen = rng.choice(len(_FILLER), size=int(rng.integers(1, 7)), replace=False)
    numbers = rng.integers(0, (1001, 101, 21)[int(rng.integers(3))], size=2)
    return " ".join(_FILLER[index].format(n=numbers[0], m=numbers[1]) for index in chosen)


def thin(text: str, rng: np.random.Generator) -> str:
    """Drop 0 to 20 % of the words of a text at random."""
    words = text.split(" ")
    kept = rng.random(len(words)) >= rng.uniform(0, 0.2)
    return " ".join(word for word, keep in zip(words, kept, strict=True) if keep)


def system(rng: np.random.Generator, usual: str) -> str:
    """Take the usual system sentence in half of the cases, another one in the others."""
    return usual if rng.random() < 0.5 else _SYSTEMS[int(rng.integers(len(_SYSTEMS)))]


_BETWEEN = (" ", " ", "\n", "\n\n")
_UNITS = ("${}", "{} points", "{} euros", "{} tokens", "£{}", "{}")


def _plain(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 20 or float(amount).is_integer() else f"{amount:.1f}"


def _history(state: State, whole: float, unit: str) -> str:
    lines = []
    first = state.round - len(state.past)
    for number, (own, other) in list(enumerate(state.past, start=max(first, 1)))[-10:]:
        if isinstance(own, str):
            told = f"you chose {own}, the other {other}"
        else:
            amount = own * whole / (len(answers(state.decision)) - 1)
            told = f"you chose {_plain(amount) if other else unit.format(_plain(amount))}"
            told += f", {other}" if other else ""
        lines.append(f"Round {number}: {told}.")
    return "Earlier:\n" + "\n".join(lines)
