"""What replications of published results share: findings, intervals, and societies seen as they go.

A replication is a module in ``experiments/`` with a ``run(size, seed)`` that gives a `Replication`: all of its findings
at one of the `SIZES`, from draws that follow from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import stats

from gamesim.actions import cooperation
from gamesim.columns import Block
from gamesim.design import Design
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.policy import Policy
from gamesim.preparing import prepare
from gamesim.record import Recorder
from gamesim.simulation import Simulation
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


def over_seeds(measure: Callable[[int], Floats], seeds: Iterable[int]) -> Estimate:
    """Estimate from one figure a seed: the mean over the sessions that are played with it, as on one network.

    Parameters
    ----------
    measure : callable
        From a seed to the figures of its sessions: (S,) float.
    seeds : iterable of int
    """
    return Estimate.of([float(measure(seed).mean()) for seed in seeds])


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

    def network_round(self, supergame: int, round: int, figures: Mapping[str, Ints | Floats]) -> None:
        """Let figures of a network go."""

    def add_replies(self, replies: Iterable[Mapping[str, Any]]) -> Ints:
        """Let replies go, and number them all alike."""
        return np.zeros(sum(1 for _ in replies), dtype=np.int64)


class Sessions:
    """Sessions of a society, round by round, of which no more is kept than its agents look back at.

    Parameters
    ----------
    game : str or Game
        As `gamesim.play` takes it.
    agents : str, mapping from agent to weight, or Policy
        Likewise; a policy that is at hand may play as well.
    **given
        ``network``, ``sessions``, ``update``, ``seed`` and all else of a `gamesim.design.Design`; parameters of the
        game.  It is played for as long as somebody looks unless ``rounds`` are given.

    Raises
    ------
    GamesimError
        For any mistake in the above.
    """

    def __init__(self, game: str | Game, agents: str | Mapping[str, float] | Policy, **given: Any) -> None:
        design, parameters = Design.among({"rounds": NO_END} | given)
        prepared = prepare(game, agents, design, parameters)
        self.sessions = design.sessions
        self.simulation = Simulation(**prepared.arguments(), recorder=Unkept(people=prepared.cast.people))

    def step(self, rounds: int = 1) -> None:
        """Play on."""
        for _ in range(rounds):
            self.simulation.step()

    @property
    def cooperation(self) -> Floats:
        """How cooperative each session was in the last round: (S,) float.

        What `gamesim.actions.cooperation` says of everybody at the first decision of the game, on average over those
        who took it; NaN where nobody did.
        """
        play = self.simulation.last
        if play is None:
            raise GamesimError(
                "no round has been played yet, in which anybody could have cooperated: step first"
            )
        stage = play.game.stages[0]
        shares = cooperation(stage.space(play.game, play), play.decided[stage.name])
        seats = play.seats(play.game.decider(stage.name))
        whole = seats.by_agent(shares, len(self.simulation.wealth)).reshape(self.sessions, -1)
        known = np.count_nonzero(~np.isnan(whole), axis=1)
        nothing = np.full(self.sessions, np.nan)
        return np.asarray(np.divide(np.nansum(whole, axis=1), known, out=nothing, where=known > 0))

    def settled(self, warm: int, looked: int, every: int = 1) -> Floats:
        """Average that over some rounds after others have passed: (S,) float.

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
