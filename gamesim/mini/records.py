"""Human records for mini: read, cleaned and split by subject; published figures where there are none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import fsolve

from gamesim.errors import GamesimError
from gamesim.mini.header import CHOICES, SCALES, State, answers

__all__ = ["COOPERATE", "Case", "Part", "Records", "maximum_entropy", "part_of", "published", "read_records"]

Floats = NDArray[np.float64]
Part = Literal["test", "tune", "train"]

COLUMNS: Final[Mapping[str, str]] = {
    "dictator.give": "dictator",
    "ultimatum.offer": "ultimatum_1",
    "ultimatum.minimum": "ultimatum_2",
    "trust.send": "trust_1",
    "trust.return": "trust_3",
    "public_goods.contribute": "PG",
    "bomb_risk.open": "bomb",
}
"""Column of ``joint.csv.gz`` by decision."""

COOPERATE: Final[Mapping[tuple[str, str], float]] = {
    ("cooperate", "cooperate"): 12035 / (12035 + 3173),
    ("cooperate", "defect"): 3821 / (3821 + 7686),
    ("defect", "cooperate"): 4963 / (4963 + 8440),
    ("defect", "defect"): 3635 / (3635 + 10584),
}
"""Share that cooperates after (own, other) of the last round; counts published with Mei et al. 2024."""

COOPERATE_FIRST: Final = 36269 / 80383
"""Share that cooperates in round 1 (Mei et al. 2024)."""

GUESS_MEAN, GUESS_SD = 35.47, 21.51
"""First guesses in the beauty contest with p = 2/3: mean and standard deviation of 200 published answers."""


@dataclass(frozen=True)
class Case:
    """One recorded decision.

    Parameters
    ----------
    state : State
        What the subject knew.
    answer : int
        What the subject did, on the decision's scale.
    """

    state: State
    answer: int


@dataclass(frozen=True)
class Records:
    """The decisions of one part of the subjects.

    Parameters
    ----------
    first : mapping from decision to (n,) int
        One first decision a subject, at the canonical stake (round 3 in the public goods game).
    later : mapping from decision to list of Case
        Decisions with a history: later rounds of the dictator and the bomb risk game, and the minimum of
        subjects who also stated an offer.
    """

    first: Mapping[str, NDArray[np.int64]]
    later: Mapping[str, list[Case]]

    def marginal(self, decision: str) -> Floats:
        """Give the shares of a decision's answers: (answers,) float; published where no records are."""
        if decision not in self.first:
            return published(State(decision))
        counts = np.bincount(self.first[decision], minlength=SCALES[decision] + 1)
        share: Floats = counts / counts.sum()
        return share


def part_of(user: int) -> Part:
    """Say which part a subject belongs to: 20 % test, 10 % tuning, 70 % training, by a hash of the id."""
    at = int.from_bytes(hashlib.sha256(str(user).encode()).digest()[:8], "big") / 2**64
    return "test" if at < 0.2 else "tune" if at < 0.3 else "train"


def read_records(folder: Path, part: Part) -> Records:
    """Read the records of one part of the subjects.

    Parameters
    ----------
    folder : Path
        Holds ``joint.csv.gz``, ``dictator.csv.gz`` and ``bomb_risk.csv.gz``.
    part : {"test", "tune", "train"}
        Which subjects.

    Returns
    -------
    Records
        Without time-outs (moves of -1), moves beyond the stake and other stakes than 100.

    Raises
    ------
    GamesimError
        If a file or a column is missing.
    """
    joint = _read(folder, "joint", ("UserID", *COLUMNS.values()))
    joint = joint[_among(joint, part)]
    first = {}
    for decision, column in COLUMNS.items():
        values = joint[column].to_numpy(dtype=np.float64)
        first[decision] = values[(values >= 0) & (values <= SCALES[decision])].astype(np.int64)
        if not len(first[decision]):
            raise GamesimError(
                f"{folder / 'joint.csv.gz'}: no {part} subject has a {column} within 0-{SCALES[decision]}"
            )
    dictator = _read_rounds(folder, "dictator")
    bomb = _read_rounds(folder, "bomb_risk")
    later = {
        "dictator.give": _histories(dictator[_among(dictator, part)], "dictator.give", lambda told: None),
        "bomb_risk.open": _histories(
            bomb[_among(bomb, part)], "bomb_risk.open", lambda told: str(told).lower()
        ),
        "ultimatum.minimum": _minima(joint),
    }
    return Records(first, later)


def read_other_stakes(folder: Path, least: int = 50) -> dict[int, Floats]:
    """Read first-round dictator moves at stakes other than 100, which mini never sees.

    Parameters
    ----------
    folder : Path
        Holds ``dictator.csv.gz``.
    least : int
        Stakes with fewer rows are left out.

    Returns
    -------
    dict from stake to (n,) float
        Per cent of the stake that was given, all parts of the subjects.
    """
    rows = _read_rounds(folder, "dictator", stake=None)
    rows = rows[(rows["Round"] == 1) & (rows["Total"] > 0) & (rows["Total"] != 100)]
    return {
        int(str(stake)): (group["move"] / group["Total"] * 100).to_numpy(dtype=np.float64)
        for stake, group in rows.groupby("Total")
        if len(group) >= least
    }


def published(state: State) -> Floats:
    """Give the distribution that published figures imply.

    Parameters
    ----------
    state : State
        Of the prisoner's dilemma (memory-one table, last round only) or of the beauty contest.

    Returns
    -------
    (answers,) float
        Shares; in the beauty contest the maximum-entropy distribution with the published mean and deviation.
    """
    if state.decision in CHOICES:
        own, other = state.past[-1] if state.past else (None, None)
        share = COOPERATE[str(own), str(other)] if state.past else COOPERATE_FIRST
        return np.array([share, 1 - share])
    return maximum_entropy(GUESS_MEAN, GUESS_SD, len(answers(state.decision)))


@lru_cache
def maximum_entropy(mean: float, sd: float, size: int) -> Floats:
    """Find the distribution on 0 ... size - 1 with the given moments and the largest entropy.

    Parameters
    ----------
    mean, sd : float
        Moments, in units of the answer.
    size : int
        Number of answers.

    Returns
    -------
    (size,) float
        Probabilities proportional to ``exp(a x + b x**2)``.
    """
    grid = (np.arange(size) - mean) / sd

    def shares(weights: Floats) -> Floats:
        exponent = weights[0] * grid + weights[1] * grid**2
        density = np.exp(exponent - exponent.max())
        out: Floats = density / density.sum()
        return out

    def misfit(weights: Floats) -> Floats:
        density = shares(weights)
        return np.array([density @ grid, density @ grid**2 - 1])

    return shares(np.asarray(fsolve(misfit, np.array([0.0, -0.5])), dtype=np.float64))


def _read(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    file = folder / f"{name}.csv.gz"
    if not file.is_file():
        raise GamesimError(f"{file} does not exist: mini is trained on joint, dictator and bomb_risk .csv.gz")
    table = pd.read_csv(file)
    missing = [column for column in columns if column not in table]
    if missing:
        raise GamesimError(f"{file} has no column {', '.join(missing)}")
    return table


def _read_rounds(folder: Path, name: str, stake: int | None = 100) -> pd.DataFrame:
    columns = ("UserID", "Role", "Round", "totalRound", "Total", "move", "roundResult")
    table = _read(folder, name, columns)
    # A session goes on while subject, length and stake stay the same and the round number grows.
    key = table[["UserID", "totalRound", "Total"]]
    begins = (key != key.shift()).any(axis=1) | (table["Round"] <= table["Round"].shift())
    table["session"] = begins.cumsum()
    decided = (table["Role"] != "second") & table["move"].between(0, table["Total"])
    if stake is not None:
        decided &= table["Total"] == stake
    return table[decided]


def _among(table: pd.DataFrame, part: Part) -> NDArray[np.bool_]:
    return np.array([part_of(int(user)) == part for user in table["UserID"]], dtype=np.bool_)


def _histories(rows: pd.DataFrame, decision: str, outcome: Callable[[object], str | None]) -> list[Case]:
    cases = []
    for _, session in rows.groupby("session", sort=False):
        past: tuple[tuple[int, str | None], ...] = ()
        steps = zip(
            session["Round"], session["totalRound"], session["move"], session["roundResult"], strict=True
        )
        for number, total, move, told in steps:
            if past:
                cases.append(Case(State(decision, int(number), int(total), past), int(move)))
            past = (*past, (int(move), outcome(told)))
    return cases


def _minima(joint: pd.DataFrame) -> list[Case]:
    both = joint[joint["ultimatum_1"].between(0, 100) & joint["ultimatum_2"].between(0, 100)]
    return [
        Case(State("ultimatum.minimum", also=(("ultimatum.offer", int(offer)),)), int(minimum))
        for offer, minimum in zip(both["ultimatum_1"], both["ultimatum_2"], strict=True)
    ]
