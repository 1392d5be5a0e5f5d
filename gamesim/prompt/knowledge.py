"""What players know of others and of their places, as text: what rules read as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gamesim.actions import Choice, plain
from gamesim.game import Game
from gamesim.matching import SEPARATE
from gamesim.observation import Observations
from gamesim.reputation import features, stages_of_others

Write = Callable[[str, float], str]
"""From a stage, or ``earned``, and a value to what the reader calls it."""

ONCE = ("edges", "neighbourhoods")
"""Matchings in which one choice counts in all groups."""


def own_game(obs: Observations, row: int) -> Game:
    """Give the game as one decider is told its rules: with the size of the own group, or the one decided for."""
    sizes = obs.sizes
    return obs.game if sizes is None else obs.game.sized(int(sizes[row]))


def matching_told(obs: Observations) -> str:
    """Name the matching as players live it: where groups last for a game, they are those of partners."""
    return "partner" if obs.lasting and obs.matching not in (*ONCE, *SEPARATE) else obs.matching


def setting_lines(obs: Observations, row: int) -> list[str]:
    """Say whether roles change and who is next to the decider, one sentence each.

    Parameters
    ----------
    obs : Observations
        A batch of deciders.
    row : int
        Which of them is told.
    """
    lines = []
    if obs.past.also:
        lines.append("Roles are drawn anew in every round.")
    if obs.neighbours is None:
        return lines
    many = int(obs.neighbours.count[row])
    people = "1 neighbour" if many == 1 else f"{many} neighbours"
    if obs.matching == "random_neighbour":
        lines.append(f"You have {people}{_paired(many, lasting=obs.lasting)}.")
    elif obs.matching in (*ONCE, *SEPARATE) and many == 0:
        lines.append("You have no neighbours, so you play alone.")
    elif obs.matching == "edges":
        lines.append(
            f"You have {people}: you make one choice, it counts with "
            f"{'that neighbour' if many == 1 else 'each of them'}, and you earn the sum."
        )
    elif obs.matching == "neighbourhoods":
        are, whose = ("is", "your neighbour") if many == 1 else ("are", "each of your neighbours")
        lines.append(
            f"You have {people}, who {are} your group with you. Your one choice counts in your own group and in the "
            f"group of {whose}, and you earn the sum.{_elsewhere(obs, row)}"
        )
    elif obs.apart is not None:
        lines.append(_separately(obs.matching, many, int(obs.apart.name[row])))
    else:
        lines.append(f"You have {people}, but play with whomever you are matched with.")
    return lines


def _paired(many: int, *, lasting: bool) -> str:
    """Say how pairs of neighbours are formed."""
    drawn = "" if many == 1 else " and are paired with one of them at random"
    if lasting:
        return f"{drawn}; who finds nobody free sits out until pairs are formed anew"
    return f"{drawn}{drawn and ' each time'}; who finds nobody free sits the round out"


def _elsewhere(obs: Observations, row: int) -> str:
    """Say what differs in the groups of neighbours, where they need not be as large as the own one."""
    assert obs.neighbours is not None
    degree = obs.neighbours.network.degree
    if (degree == degree[0]).all():
        return ""
    whose, groups = ("neighbour's", "group") if obs.neighbours.count[row] == 1 else ("neighbours'", "groups")
    return f" Your {whose} {groups} may have another number of members; {obs.game.elsewhere()}."


def _separately(matching: str, many: int, name: int) -> str:
    """Say for which of its groups somebody decides, who decides for each of them."""
    people, each = (
        ("1 neighbour", "that neighbour") if many == 1 else (f"{many} neighbours", "each of your neighbours")
    )
    if matching == "separate_edges":
        them = each if many == 1 else "each of them"
        return (
            f"You have {people} and play a game with {them}; you earn the sum. You decide for every game separately; "
            f"this decision is for the game with neighbour {name}."
        )
    group = f"the group of neighbour {name}" if name else "your own group"
    together = "Together" if many == 1 else "With all of them"
    return (
        f"You have {people}. {together} you are in your own group, and you are in the group of {each}; you earn "
        f"the sum. You decide for every group separately; this decision is for {group}."
    )


def known_lines(obs: Observations, row: int, write: Write) -> list[str]:
    """Say what one decider knows of others, one sentence an item.

    Parameters
    ----------
    obs : Observations
        A batch of deciders.
    row : int
        Which of them is told.
    write : callable
        What amounts and options are called: ``write("choose", 0.0)`` is ``"A"``.
    """
    lines = _neighbour_lines(obs, row, write)
    known = {name: float(values[row]) for name, values in obs.known.items()}
    if not known.get("others"):
        return lines
    one = known["others"] == 1
    who = _who(obs, one)
    stages = stages_of_others(obs.game, obs.role)
    if "meetings" in known and not known["meetings"]:
        return [*lines, f"You have not met {_met(who, one, 'any')} before."]
    for stage in stages:
        if f"rounds.{stage}" in known:
            lines.append(_image(obs.game, stage, known, who, one, write))
            continue
        kind = "met" if "meetings" in known else "list"
        names = features(obs.game, stage)
        rounds = sorted({int(name.split(".")[1]) for name in known if name.startswith(f"{kind}.")})
        values = [[known[f"{kind}.{number}.{name}"] for name in names] for number in rounds]
        done = [_written(obs.game, stage, each, write) for each in values if not np.isnan(each[0])]
        what = "" if len(stages) == 1 else f" ({stage})"
        if not done:
            lines.append(f"Nothing is known yet of what {who} did{what}.")
        elif kind == "list":
            lines.append(f"What {who} did so far{what}, oldest first: {', '.join(done)}.")
        else:
            times = f"{'' if one else 'up to '}{_rounds(known['meetings'])}"
            lines.append(
                f"You have met {_met(who, one, 'some')} in {times} before. What was done "
                f"then{what}, oldest first: {', '.join(done)}."
            )
    return lines


def _who(obs: Observations, one: bool) -> str:
    if obs.matching == "separate_edges":
        return "this neighbour"
    if obs.matching in ONCE:
        return "your neighbour" if one else "your neighbours"
    return "the person you meet" if one else "the others in your group"


def _met(who: str, one: bool, how_many: str) -> str:
    if one:
        return "this person" if who.startswith("the") else who
    return f"{how_many} of {who}"


def _image(game: Game, stage: str, known: dict[str, float], who: str, one: bool, write: Write) -> str:
    rounds = known[f"rounds.{stage}"]
    shares = [known[f"image.{name}"] for name in features(game, stage)]
    if np.isnan(shares[0]) or not rounds:
        return f"Nothing is known yet of what {who} did."
    subject, has = who[0].upper() + who[1:], "has" if one else "have"
    counted = _rounds(rounds)
    space = game.space_at_most(stage)
    if not isinstance(space, Choice):
        percent = plain(round(100 * shares[0], 1))
        if one:
            return f"In {counted} so far, {who} chose {percent} % of the largest possible amount ({stage}) on average."
        return f"So far {who} chose {percent} % of the largest possible amount ({stage}) on average, in {counted} each."
    if one:
        done = [f"{write(stage, float(i))} in {round(share * rounds)}" for i, share in enumerate(shares)]
        return f"{subject} {has} chosen {_joined(done)} of {counted}."
    done = [f"{write(stage, float(i))} {plain(round(100 * share, 1))} %" for i, share in enumerate(shares)]
    return f"{subject} {has} chosen {_joined(done)} of the time, in {counted} each."


def _rounds(many: float) -> str:
    return "1 round" if many == 1 else f"{plain(round(many, 2))} rounds"


def _written(game: Game, stage: str, values: Sequence[float], write: Write) -> str:
    """Write one action, or what several did on average, from its features."""
    space = game.space_at_most(stage)
    if not isinstance(space, Choice):
        return write(stage, round(values[0], 2))
    shares = [*values, 1 - sum(values)]
    for option, share in enumerate(shares):
        if round(share, 9) == 1:
            return write(stage, float(option))
    return " and ".join(
        f"{write(stage, float(option))} {plain(round(100 * share, 1))} %"
        for option, share in enumerate(shares)
        if round(share, 9) > 0
    )


def _neighbour_lines(obs: Observations, row: int, write: Write) -> list[str]:
    """List what the neighbours did and earned in the last round, in an order that tells nothing of who they are."""
    if obs.neighbours is None:
        return []
    around, seen = obs.neighbours.around(row), obs.neighbours.seen()
    if not seen or not len(around):
        return []
    table = np.array([values[around] for values in seen.values()])
    table = table[:, np.lexsort(table[::-1])]
    many, space_of = len(seen) - ("earned" in seen), obs.game.space_at_most
    shown = []
    for column in table.T:
        did = [
            told if many == 1 else f"{name} {told}"
            for name, value in zip(seen, column, strict=True)
            if name != "earned" and not np.isnan(value)
            for told in [write(name, value if isinstance(space_of(name), Choice) else round(value, 2))]
        ]
        earned = column[list(seen).index("earned")] if "earned" in seen else np.nan
        text = " and ".join(did) if did else "no decision"
        shown.append(text if np.isnan(earned) else f"{text} (earned {write('earned', round(earned, 2))})")
    if obs.apart is not None:
        return [
            f"What each neighbour did on average over all its games in the last round: {'; '.join(shown)}."
        ]
    return [f"What your neighbours did in the last round: {', '.join(shown)}."]


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
