"""What a comparison holds: one row a decision, policy and human record, and what belongs beside it."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.analysis.beside import Interval, Noise
from gamesim.analysis.missing import Missing
from gamesim.analysis.protocol import Refusal
from gamesim.humans import Reference, Votes

Floats = npt.NDArray[np.float64]

IN_SAMPLE = "in sample: no verdict"
FIGURES_ONLY = "published figures only: no verdict"
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Row:
    """One decision of one policy beside one human reference; distances are normalised Wasserstein-1.

    Parameters
    ----------
    decision, policy, reference : str
        Names.
    source : Reference
        The human side in full.
    verdict : str
        What may be said; ``in sample: no verdict`` where the policy has seen the records.
    in_sample : bool
        Such rows stay out of rankings.
    stand_in_for : str or None
        The agent that was asked for, when the policy stands in for it.
    unit : str
        What `mean` counts: units of the reference, or the share of one label.
    n, mean, sd : int, float, float
        Simulated votes and their moments.
    human_n, human_mean, human_sd : int or None, float, float
        The same of the humans.
    human_votes : {"subject", "decision"}
        What the human counts count.
    mean_gap : float
        Simulated minus human mean as a share of the legal range.
    w1n : float
        Distance from the humans; NaN where only figures are published.
    tv : float
        Total variation over 11 points (one a label where there are labels).
    intervals : mapping of str to (float, float)
        95 % percentile intervals of `w1n` by what they cover: ``human sampling``, ``simulation``, ``wording``.
        ``wording`` redraws the texts, an order of the options being a text of its own, and is there where
        several were used.  Redrawing adds noise, and noise adds distance: where `w1n` is near 0 they lie above
        it, as the floor does.
    wordings : int
        Texts that the votes were cast on; 1 where nothing varied.
    wording_sd : float
        Standard deviation of the mean choice between texts beyond chance, in units of the reference, or of the
        first label's share; NaN with one text.
    floor : Noise
        Half of the human subjects against the other half; also the score of the rival that replays humans.
    perfect : Noise
        A simulator that is the human distribution itself, with as many draws as the simulation; with none where that
        is exact.
    between : tuple of (str, float)
        Other human populations in the same decision, nearest first.
    rivals : mapping of str to float
        ``uniform``, ``constant median`` and ``human marginal``.
    sd_ratio, entropy_ratio : float
        Spread and entropy (11 points) as multiples of the humans'.
    icc, lag1, human_icc, human_lag1 : float
        Share of variance between persons, and correlation with the own last action; NaN in one round.
    invalid, void : float
        Share of answers asked for that were not valid, and of groups with a missing action.
    missing : Missing or None
        The figures with the answers that could not be used put in; None where there are none.
    exact : bool
        Whether exact probabilities stand for all decisions.
    notes : tuple of str
        What was allowed, converted or has to be borne in mind.
    low, high : float
        The legal range, in units of the reference.
    support, simulated, human : ndarray, shape (L,)
        Values and both distributions; `human` is empty where only figures are published.
    """

    decision: str
    policy: str
    reference: str
    source: Reference
    verdict: str
    in_sample: bool
    stand_in_for: str | None
    unit: str
    n: int
    mean: float
    sd: float
    human_n: int | None
    human_mean: float
    human_sd: float
    human_votes: Votes
    mean_gap: float
    w1n: float
    tv: float
    intervals: Mapping[str, Interval]
    wordings: int
    wording_sd: float
    floor: Noise
    perfect: Noise
    between: tuple[tuple[str, float], ...]
    rivals: Mapping[str, float]
    sd_ratio: float
    entropy_ratio: float
    icc: float
    lag1: float
    human_icc: float
    human_lag1: float
    invalid: float
    void: float
    missing: Missing | None
    exact: bool
    notes: tuple[str, ...]
    low: float
    high: float
    support: Floats
    simulated: Floats
    human: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Rows by decision, policy and reference, and what could not be compared.

    Parameters
    ----------
    rows : tuple of Row
    notes : tuple of str
        Sentences: decisions without a reference, references refused, nothing valid to compare.
    refused : tuple of Refusal
        All references that were held against the run and refused.
    seed, resamples : int
        Of the intervals and of the noise.
    """

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    refused: tuple[Refusal, ...]
    seed: int
    resamples: int

    def __repr__(self) -> str:
        table = pd.DataFrame(self.lines()).to_string(index=False) if self.rows else "nothing compared"
        return "\n".join([table, *self.notes])

    def _repr_html_(self) -> str:
        """Show the rows as a table in a notebook."""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return pd.DataFrame(self.lines()).to_html(index=False) + notes

    @property
    def table(self) -> pd.DataFrame:
        """One line a row of the comparison, every figure in its own column."""
        return pd.DataFrame([_flat(row) for row in self.rows])

    def lines(self) -> list[dict[str, str]]:
        """Give the rows as short texts for printing, in a fixed order of columns."""
        return [_brief(row) for row in self.rows]


def judge(
    in_sample: bool,
    w1n: float,
    intervals: Mapping[str, Interval],
    perfect: Noise,
    between: tuple[tuple[str, float], ...],
    rivals: Mapping[str, float],
    missing: Missing | None = None,
) -> str:
    """Say in words what a distance amounts to, given what stands beside it.

    Parameters
    ----------
    in_sample : bool
        Whether the policy has seen the records.
    w1n, intervals, perfect, between, rivals, missing
        As in `Row`. "Nearer" is said only where the upper ends of all intervals are nearer, too, and the distance
        with the missing answers at their worst.

    Returns
    -------
    str
    """
    if in_sample:
        return IN_SAMPLE
    if math.isnan(perfect.high):
        return FIGURES_ONLY
    ends = [high for _, high in intervals.values()] + ([missing.w1n_worst] if missing else [])
    upper = max([w1n, *(end for end in ends if not math.isnan(end))])
    name, naive = min(
        ((name, rivals[name]) for name in ("uniform", "constant median")), key=lambda item: item[1]
    )
    if w1n >= naive - _TIE and w1n > perfect.high:
        return f"no nearer than {name}"
    if perfect.high >= naive:
        return f"too few to tell from {name}"
    if w1n <= perfect.high:
        return "within the noise of a perfect simulator"
    if upper >= naive:
        return f"not clearly nearer than {name}"
    if between and upper <= between[0][1] < naive:
        return "as near as another human population"
    return "nearer than naive rivals"


_PLAIN = (
    *("decision", "policy", "stand_in_for", "reference", "verdict", "in_sample", "unit"),
    *("n", "mean", "sd", "human_n", "human_mean", "human_sd", "human_votes"),
    *("mean_gap", "w1n", "tv", "sd_ratio", "entropy_ratio"),
    *("icc", "human_icc", "lag1", "human_lag1", "invalid", "void", "exact", "wordings", "wording_sd"),
)
_IMPUTED = ("mean_low", "mean_high", "w1n_uniform", "w1n_best", "w1n_worst")


def _flat(row: Row) -> dict[str, object]:
    """Lay a row out in columns."""
    missing = (float("nan"), float("nan"))
    flat: dict[str, object] = {name: getattr(row, name) for name in _PLAIN}
    for name in ("human sampling", "simulation", "wording"):
        low, high = row.intervals.get(name, missing)
        column = name.replace(" ", "_")
        flat[f"{column}_low"], flat[f"{column}_high"] = low, high
    flat["floor"], flat["floor_95"] = row.floor.mean, row.floor.high
    flat["perfect"], flat["perfect_95"] = row.perfect.mean, row.perfect.high
    flat["other_humans"] = row.between[0][1] if row.between else float("nan")
    flat["other_humans_name"] = row.between[0][0] if row.between else None
    flat["uniform"] = row.rivals.get("uniform", float("nan"))
    flat["constant_median"] = row.rivals.get("constant median", float("nan"))
    flat["human_marginal"] = row.rivals.get("human marginal", float("nan"))
    flat["missing"] = row.missing.n if row.missing else 0
    for name in _IMPUTED:
        flat[f"missing_{name}"] = getattr(row.missing, name) if row.missing else float("nan")
    flat["notes"] = "; ".join(row.notes)
    return flat


def _brief(row: Row) -> dict[str, str]:
    """Put a row in a few short texts."""
    named = f"{row.policy} (for {row.stand_in_for})" if row.stand_in_for else row.policy
    low, high = row.intervals.get("human sampling", (float("nan"), float("nan")))
    people = "" if row.human_n is None else f", n {row.human_n:,}"
    return {
        "decision": row.decision,
        "policy": named,
        "humans": f"{row.reference}{people}",
        "n": f"{row.n:,}",
        "mean": f"{row.mean:.2f}",
        "human mean": f"{row.human_mean:.2f}",
        "W1": _short(row.w1n),
        "human sampling": f"{_short(low)} to {_short(high)}"
        if not (row.in_sample or math.isnan(low))
        else "-",
        "split-half floor": _short(row.floor.mean),
        "perfect simulator": _short(row.perfect.mean),
        "other humans": _short(row.between[0][1]) if row.between else "-",
        "uniform": _short(row.rivals.get("uniform", float("nan"))),
        "constant median": _short(row.rivals.get("constant median", float("nan"))),
        "void": f"{row.void:.0%}",
        "verdict": row.verdict,
    }


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
