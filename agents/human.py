"""People on record, drawn one by one from the marginal record of the decision.

It knows how often each choice was made and nothing else: no person, no memory.  So more than one round needs
``human@iid=true``, which says that every round is drawn afresh.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesim.actions import Choice
from gamesim.distribution import ActionDistribution, per_space, spread
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.humans import Reference, check_rules, differing, find, kernels, named
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats


@dataclass(frozen=True)
class Human(ExactPolicy):
    """Draws from human records: one vote a subject, amounts by share of the stake.

    Parameters
    ----------
    dataset : str
        Which body of records.
    iid : bool
        Draw every round afresh, as if each were the first.
    """

    dataset: str = "moblab"
    iid: bool = False

    def prepare(self, setting: Setting) -> "Human":
        """Refuse decisions without a record, other rules, and memory that records of single choices lack."""
        used = []
        for stage in setting.decisions():
            reference = self._reference(setting.game, stage)
            used.append(reference.name)
            if stage in setting.game.methods and reference.method != setting.game.methods[stage]:
                raise GamesimError(f"human: {reference.name} was asked by {reference.method}")
            check_rules("human", reference.decision, reference.parameters, setting.game)
        if setting.rounds > 1 and not self.iid:
            sequences = all(f"{setting.game.name}.{stage}" in kernels() for stage in setting.decisions())
            other = ", or use human_kernel" if sequences else ""
            raise GamesimError(
                f"human: the record has no memory, but {setting.rounds} rounds are to be played; write "
                f"human@iid=true to draw each round afresh{other}"
            )
        ready = copy.copy(self)
        object.__setattr__(ready, "_used", used)
        object.__setattr__(
            ready, "_departures", [note for name in used for note in _departures(named(name), setting)]
        )
        return ready

    def describe(self) -> dict[str, Any]:
        """Add the records it draws from."""
        return super().describe() | {
            "trained_on": [self.dataset],
            "references": list(getattr(self, "_used", ())),
        }

    def notes(self) -> list[str]:
        """Say that rounds are drawn afresh, and where the record is of another situation than the one played."""
        afresh = (
            ["human@iid=true: every round is drawn afresh, so there are no individuals in it"]
            if self.iid
            else []
        )
        return [*afresh, *getattr(self, "_departures", ())]

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the recorded shares."""
        reference = self._reference(obs.game, obs.stage)
        shares = reference.counts() / reference.counts().sum()
        if isinstance(obs.space, Choice):
            return ActionDistribution(obs.space.support(), _by_label(reference, shares, obs.space)[None, :])
        return per_space(obs.space, len(obs), lambda legal: shares @ spread(len(shares), len(legal)))

    def _reference(self, game: Game, stage: str) -> Reference:
        """Find the record of a decision: of several the one by the rules of the game."""
        decision = f"{game.name}.{stage}"
        found = find(decision, dataset=self.dataset, default=True)
        with_counts = [each for each in found if each.has_counts]
        if with_counts:
            same = [each for each in with_counts if differing(each.parameters, game) is None]
            return (same or with_counts)[0]
        if found:
            raise GamesimError(
                f"human: of {decision} only figures are published ({found[0].name}), no distribution to draw from"
            )
        others = sorted({each.dataset for each in find(decision) if each.has_counts})
        hint = f"; write human@dataset={others[0]}" if others else ""
        raise GamesimError(f"human: {self.dataset} has no record of {decision}{hint}")


def _departures(record: Reference, setting: Setting) -> list[str]:
    """Say where a record is of another situation than the one that is played."""
    stage = record.decision.partition(".")[2]
    stake = setting.game.measures()[record.decision]["stake"]
    notes = []
    if record.given:
        told = ", ".join(f"{name} = {value:g}" for name, value in record.given.items())
        notes.append(
            f"{stage} is played as on record after {told}, by share of what is there, whatever came before"
        )
    if record.round not in (None, 1):
        notes.append(f"{stage} is on record in round {record.round}, and played so in every round")
    if record.stake is not None and not record.labels and record.stake != stake:
        notes.append(f"{stage} is on record at a stake of {record.stake:g}, and played by share of {stake:g}")
    if record.kind == "counts" and not record.parameters and record.dataset == "alsobay2025":
        notes.append(f"{stage} is on record pooled over varied rules")
    return [f"human: {record.name}: {note}" for note in notes]


def _by_label(reference: Reference, shares: Floats, space: Choice) -> Floats:
    by_name: Mapping[str, float] = dict(zip(reference.labels, shares, strict=True))
    return np.array([by_name[label] for label in space.labels])
