"""What replications of published results share: findings, intervals, and societies seen as they go.

A replication is a module in ``experiments/`` with a ``run(size, seed)`` that gives a `Replication`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import stats

from gamesim.columns import Block
from gamesim.compatible import group_sizes
from gamesim.errors import unknown
from gamesim.game import Game
from gamesim.needs import ready
from gamesim.network import Network
from gamesim.policy import Policy, Setting
from gamesim.population import cast
from gamesim.record import Recorder
from gamesim.simulation import Simulation
from gamesim.society import Society
from gamesim.spec import Item
from gamesim.streams import Floats, Ints

SMALL, LARGE = "small", "large"
SIZES = (SMALL, LARGE)
NO_END = 10**9
"""Rounds of a society that is played for as long as somebody looks."""


@dataclass(frozen=True)
class Estimate:
    """A mean over independent sessions, with its 95 % interval.

    Parameters
    ----------
    mean, low, high : float
    sessions : int
        Independent repetitions behind it.
    """

    mean: float
    low: float
    high: float
    sessions: int

    @classmethod
    def of(cls, values: Floats | Sequence[float]) -> Self:
        """Estimate from one figure a session: Student's t.

        Parameters
        ----------
        values : (S,) float
        """
        figures = np.asarray(values, dtype=np.float64)
        mean, many = float(figures.mean()), len(figures)
        if many < 2:
            return cls(mean, -np.inf, np.inf, many)
        half = float(stats.t.ppf(0.975, many - 1) * figures.std(ddof=1) / np.sqrt(many))
        return cls(mean, mean - half, mean + half, many)

    @classmethod
    def share(cls, hits: int, sessions: int) -> Self:
        """Estimate the share of sessions in which something happened: Wilson's interval (1927)."""
        interval = stats.binomtest(hits, sessions).proportion_ci(method="wilson")
        return cls(hits / sessions, float(interval.low), float(interval.high), sessions)

    def within(self, figure: float, margin: float) -> bool | None:
        """Tell whether the whole interval lies within a margin of a figure; None where only a part does."""
        inside = figure - margin <= self.low and self.high <= figure + margin
        outside = self.high < figure - margin or self.low > figure + margin
        return None if not inside and not outside else inside

    def above(self, other: float | Estimate) -> bool | None:
        """Tell whether the whole interval lies above a figure or another interval; None where they overlap."""
        low, high = (other.low, other.high) if isinstance(other, Estimate) else (other, other)
        return None if self.low <= high and self.high >= low else self.low > high

    def below(self, other: float | Estimate) -> bool | None:
        """Tell whether the whole interval lies below a figure or another interval; None where they overlap."""
        above = self.above(other)
        return None if above is None else not above

    def __str__(self) -> str:
        if not np.isfinite(self.low):
            return f"{self.mean:.3f}"
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Finding:
    """One published result beside ours.

    Parameters
    ----------
    claim : str
        What was measured, and under which conditions.
    published : str
        The published figure or ordering.
    ours : Estimate
        The same quantity here.
    replicates : bool or None
        Whether ours agrees; None where the interval leaves it open.
    """

    claim: str
    published: str
    ours: Estimate
    replicates: bool | None


@dataclass(frozen=True)
class Replication:
    """All findings of one paper.

    Parameters
    ----------
    title : str
    source : str
        The paper.
    setting : str
        What was played, in a sentence or two, and by which rule a finding counts as replicated.
    findings : sequence of Finding
    notes : sequence of str
        What differs from the paper, and why what did not replicate did not.
    """

    title: str
    source: str
    setting: str
    findings: Sequence[Finding]
    notes: Sequence[str] = ()

    def table(self) -> pd.DataFrame:
        """Give one row a finding: claim, published, mean, low, high, sessions, replicates."""
        return pd.DataFrame(
            [
                {
                    "claim": each.claim,
                    "published": each.published,
                    "mean": each.ours.mean,
                    "low": each.ours.low,
                    "high": each.ours.high,
                    "sessions": each.ours.sessions,
                    "replicates": each.replicates,
                }
                for each in self.findings
            ]
        )

    def __str__(self) -> str:
        verdict = {True: "yes", False: "**no**", None: "open"}
        lines = [f"## {self.title}", "", self.source, "", self.setting, ""]
        lines += [
            "| result | published | here [95 % interval] | sessions | replicates |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {each.claim} | {each.published} | {each.ours} | {each.ours.sessions} | {verdict[each.replicates]} |"
            for each in self.findings
        ]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def at_size(size: str, small: int, large: int) -> int:
    """Choose between the two sizes of a replication.

    Raises
    ------
    GamesimError
        For a size that does not exist.
    """
    if size not in SIZES:
        raise unknown("size", size, SIZES)
    return small if size == SMALL else large


class Unkept(Recorder):
    """Keeps nothing: a society of many thousand rounds is looked at while it lasts."""

    def add(self, block: Block) -> None:
        """Let a block go."""

    def add_replies(self, replies: Iterable[Mapping[str, Any]]) -> Ints:
        """Let replies go, and number them all alike."""
        return np.zeros(sum(1 for _ in replies), dtype=np.int64)


class Population:
    """Sessions of one policy on a network, round by round, of which only the last round is kept.

    Parameters
    ----------
    game : Game
        A game with one choice.
    policy : Policy
        Who decides for everybody.
    network : Network
    sessions : int
    society : Society
        Who may revise a choice when.
    seed : int
    matching : str
        Along every edge unless given.
    """

    def __init__(
        self,
        game: Game,
        policy: Policy,
        network: Network,
        *,
        sessions: int = 1,
        society: Society | None = None,
        seed: int = 0,
        matching: str = "edges",
    ) -> None:
        item = Item(policy.agent_name())
        sizes = group_sizes(matching, network, None)
        setting = Setting(game, game.roles, linked=True, seed=seed, sizes=sizes)
        self.sessions = sessions
        self.stage = game.stages[0].name
        self.simulation = Simulation(
            game,
            cast(game, [item], network.n, sessions, seed, on_network=True),
            [ready(policy, setting)],
            [item.agent],
            rounds=NO_END,
            matching=matching,
            network=network,
            society=society or Society(),
            seed=seed,
            recorder=Unkept(),
        )

    def step(self, rounds: int = 1) -> None:
        """Play on."""
        for _ in range(rounds):
            self.simulation.step()

    @property
    def cooperation(self) -> Floats:
        """Share of each session that took the first option, or gave nothing, in the last round: (S,) float."""
        choices = self.simulation.plays[-1].decided[self.stage].reshape(self.sessions, -1)
        return np.asarray((choices == 0).mean(axis=1))

    def settled(self, warm: int, looked: int, every: int = 1) -> Floats:
        """Average that share over some rounds after others have passed: (S,) float.

        Parameters
        ----------
        warm : int
            Rounds that pass first.
        looked : int
            Times that are looked at.
        every : int
            Rounds from one look to the next.
        """
        self.step(warm)
        total = np.zeros(self.sessions)
        for _ in range(looked):
            self.step(every)
            total += self.cooperation
        return total / looked
