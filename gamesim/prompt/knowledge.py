"""What players know of others and of their places, as text: what rules read as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gamesim.actions import Choice, plain
from gamesim.game import Game
from gamesim.meeting import PARTNER, kind_of, sits
from gamesim.neighbours import EARNED, IDLE, Neighbours
from gamesim.observation import Observations
from gamesim.prompt.wording import Wording
from gamesim.prompt.words import NO_DECISION
from gamesim.reputation import features, stages_of_others

Write = Callable[[str, float], str]
"""From a stage, or ``earned``, and a value to what the reader calls it."""

IDLY = (NO_DECISION, "nothing to decide", "sat out")
"""What is told of a neighbour of whom no decision is known, by `gamesim.neighbours.Neighbours.idle`."""


def own_game(obs: Observations, row: int) -> Game:
    """Give the game as one decider is told its rules: with the size of the own group, or the one decided for."""
    sizes = obs.sizes
    return obs.game if sizes is None else obs.game.sized(int(sizes[row]))


def matching_told(obs: Observations) -> str:
    """Name the matching as players live it: where groups last for a game, they are those of partners.

    On a network that changes neighbours need not be the same each time, so that there is nothing to name.
    """
    kind = kind_of(obs.matching)
    if obs.lasting and kind.lasting:
        return PARTNER.name
    return "" if obs.rewiring and kind.on_network else kind.name


def setting_lines(obs: Observations, row: int, wording: Wording) -> list[str]:
    """Say whether roles change, who is next to the decider and how links change, one sentence each.

    Parameters
    ----------
    obs : Observations
        A batch of deciders.
    row : int
        Which of them is told.
    wording : Wording
        The sentences on links that change.
    """
    lines = []
    if obs.past.also:
        lines.append("Roles are drawn anew in every round.")
    if obs.neighbours is not None:
        lines.append(_neighbourhood(obs, obs.neighbours, row))
    if obs.rewiring and (obs.rounds > 1 or obs.continuation > 0):
        lines.append(wording.rewiring[obs.rewiring])
    return lines


def _neighbourhood(obs: Observations, around: Neighbours, row: int) -> str:
    """Say how many neighbours the decider has, and in which of the groups that follow from them the choice counts."""
    kind, many = kind_of(obs.matching), int(around.count[row])
    if not kind.on_network and len(obs.game.roles) == 1:
        return f"You have {'1 neighbour' if many == 1 else f'{many} neighbours'}."
    neighbour = 0 if obs.apart is None else int(obs.apart.name[row])
    return kind.setting(many).format(
        many=many,
        elsewhere=_elsewhere(obs.game, around, many) if kind.together and kind.around else "",
        neighbour=neighbour,
        group=f"the group of neighbour {neighbour}" if neighbour else "your own group",
        whom=_pairable(obs),
        again="" if obs.lasting else " each time",
        sits=sits(lasting=obs.lasting),
    )


def _pairable(obs: Observations) -> str:
    """Say with which neighbours the decider can be paired."""
    mixed = len(set(obs.game.roles)) > 1 and not obs.past.also
    if obs.lasting and obs.rewiring:
        # Pairs stay together though their links are cut.
        whom = "one of those you had when pairs were formed"
        return f"{whom} and who hold the other role," if mixed else f"{whom},"
    return "one of those among them who hold the other role," if mixed else "one of them"


def _elsewhere(game: Game, around: Neighbours, many: int) -> str:
    """Say what differs in the groups of neighbours, where they need not be as large as the own one."""
    degree, differs = around.network.degree, game.elsewhere()
    if not differs or (degree == degree[0]).all():
        return ""
    whose, groups = ("neighbour's", "group") if many == 1 else ("neighbours'", "groups")
    return f" Your {whose} {groups} may have another number of members; {differs}."


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
    known = {name: float(values[row]) for name, values in obs.known.items()}
    return [*_neighbour_lines(obs, row, write), *_Reputation(obs, known, write).lines()]


@dataclass(frozen=True)
class _Reputation:
    """What one decider knows of those it meets, as `gamesim.reputation` names it."""

    obs: Observations
    known: Mapping[str, float]
    write: Write

    def lines(self) -> list[str]:
        """Write a sentence for each stage that the others decide, after one on how often they were met."""
        stages = stages_of_others(self.obs.game, self.obs.role) if self.known.get("others") else ()
        if not stages:
            return []
        if "meetings" not in self.known:
            return [
                self._image(each) if f"rounds.{each}" in self.known else self._list(each) for each in stages
            ]
        if not self.known["meetings"]:
            return [f"You have not met {self._them if self._one else f'any of {self._who}'} before."]
        often = _rounds(self.known["meetings"])
        met = f"{self._them} in {often}" if self._one else f"some of {self._who} in up to {often}"
        return [f"You have met {met} before.", *(self._meetings(each) for each in stages)]

    @property
    def _one(self) -> bool:
        return self.known["others"] == 1

    def _alone(self, stage: str) -> bool:
        """Tell whether one person alone is told of: the only one met, or the only one of a role that stays."""
        game, role = self.obs.game, self.obs.game.decider(stage)
        stays = not self.obs.past.also and role != self.obs.role
        return self._one or (stays and game.seats_of(role) == 1)

    @property
    def _who(self) -> str:
        return kind_of(self.obs.matching).others[0 if self._one else 1]

    @property
    def _them(self) -> str:
        """Speak again of those who were named."""
        if not self._one:
            return "they"
        return "this person" if self._who.startswith("the") else self._who

    def _role(self, stage: str) -> str:
        """Name the role in which it was done, where that changes."""
        role = self.obs.game.decider(stage).replace("_", " ")
        return f" as {role}" if self.obs.past.also else ""

    def _which(self, stage: str) -> str:
        """Name the role, where it changes, and the decision, where there are several."""
        several = len(stages_of_others(self.obs.game, self.obs.role)) > 1
        return f"{self._role(stage)}{f' ({self.obs.game.called(stage)})' if several else ''}"

    def _image(self, stage: str) -> str:
        game, who, rounds = self.obs.game, self._who, self.known[f"rounds.{stage}"]
        if not rounds:
            return f"Nothing is known yet of what {who} did{self._which(stage)}."
        shares = [self.known[f"image.{name}"] for name in features(game, stage)]
        percents = [f"{plain(round(100 * share, 1))} %" for share in shares]
        alone = self._alone(stage)
        average = "On average" if self.obs.apart is None else "On average over all their games"
        counted = f"{_rounds(rounds)}{'' if alone else ' each'}{self._role(stage)}"
        if not isinstance(game.space_at_most(stage), Choice):
            chose = f"chose {percents[0]} of the largest possible amount ({game.called(stage)})"
            if alone:
                return f"In {counted} so far, {who} {chose}{self._mean(stage) or ' on average'}."
            return f"{average} {who} {chose} so far, in {counted}."
        options = [self.write(stage, float(option)) for option in range(len(shares))]
        if not alone:
            return f"{average} {who} have chosen {_each(options, percents)} of the time, in {counted}."
        subject = f"{who[0].upper()}{who[1:]} {'has' if self._one else 'have'} chosen"
        if self.obs.apart is not None:
            in_percent = _each(options, [f"in {percent}" for percent in percents])
            return f"{subject} {in_percent} of its games, on average over {counted}."
        times = _each(options, [f"in {plain(round(share * rounds))}" for share in shares])
        return f"{subject} {times} of {counted}."

    def _list(self, stage: str) -> str:
        done, rounds = self._done("list", stage)
        if not done:
            return f"Nothing is known yet of what {self._who} did{self._which(stage)}."
        listed = self._listed(done, rounds, rounds)
        return f"What {self._who} did{self._mean(stage)}{self._which(stage)} so far, oldest first: {listed}."

    def _meetings(self, stage: str) -> str:
        done, rounds = self._done("met", stage)
        if not done:
            return f"Nothing is known of what {self._them} did then{self._which(stage)}."
        listed = self._listed(done, rounds, int(self.known["meetings"]))
        return f"What {self._them} did then{self._mean(stage)}{self._which(stage)}, oldest first: {listed}."

    def _mean(self, stage: str) -> str:
        """Say of what a value is the mean, where it is one."""
        if self.obs.apart is None:
            return "" if self._alone(stage) else " on average"
        return f" on average over all {'its' if self._one else 'their'} games"

    def _done(self, kind: str, stage: str) -> tuple[dict[int, str], int]:
        """Write what is known of each round of the run, and count them all."""
        names = features(self.obs.game, stage)
        rounds = sum(name.startswith(f"{kind}.") and name.endswith(f".{names[0]}") for name in self.known)
        values = {
            number: [self.known[f"{kind}.{number}.{name}"] for name in names]
            for number in range(1, rounds + 1)
        }
        return {
            number: _written(self.obs.game, stage, each, self.write)
            for number, each in values.items()
            if not np.isnan(each[0])
        }, rounds

    def _listed(self, done: Mapping[int, str], rounds: int, complete: int) -> str:
        """List what was done, with the rounds unless it is known which these are: all so many of them."""
        if len(done) == complete and not self.obs.past.also:
            return ", ".join(done.values())
        earlier = rounds - (self.obs.round - 1)
        before = [text for number, text in done.items() if number <= earlier]
        return "; ".join(
            [f"before this game: {', '.join(before)}"] * bool(before)
            + [f"round {number - earlier}: {text}" for number, text in done.items() if number > earlier]
        )


def _each(options: Sequence[str], how_often: Sequence[str]) -> str:
    return _joined([f"{option} {often}" for option, often in zip(options, how_often, strict=True)])


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
    shown = [_news(obs.game, dict(zip(seen, column.tolist(), strict=True)), write) for column in table.T]
    if obs.apart is not None:
        return [
            f"What each neighbour did on average over all its games in the last round: {'; '.join(shown)}."
        ]
    between = ", " if len(_stages(seen)) == 1 else "; "
    return [f"What your neighbours did in the last round: {between.join(shown)}."]


def _stages(seen: Mapping[str, object]) -> list[str]:
    return [name for name in seen if name not in (EARNED, IDLE)]


def _news(game: Game, seen: Mapping[str, float], write: Write) -> str:
    """Write what one neighbour did and earned."""
    stages = _stages(seen)
    did = [
        told if len(stages) == 1 else f"{game.called(stage)} {told}"
        for stage in stages
        if not math.isnan(value := seen[stage])
        for told in [
            write(stage, value if isinstance(game.space_at_most(stage), Choice) else round(value, 2))
        ]
    ]
    text = " and ".join(did) or IDLY[int(seen[IDLE])]
    earned = seen.get(EARNED, math.nan)
    return text if math.isnan(earned) else f"{text} (earned {write(EARNED, round(earned, 2))})"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
