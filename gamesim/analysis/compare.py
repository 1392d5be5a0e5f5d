"""Simulated beside human: how alike they are, and what that figure is worth."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.analysis import beside
from gamesim.analysis.beside import Interval, Noise
from gamesim.analysis.comparison import Comparison, Row, judge
from gamesim.analysis.distance import BINS, binned, entropy_ratio, mean_sd, sd_ratio, tv, w1n
from gamesim.analysis.missing import imputed
from gamesim.analysis.protocol import Match, Refusal, check_allowed, match
from gamesim.analysis.society import departures, with_continuation
from gamesim.analysis.votes import (
    GROUP,
    PERSON,
    TEXT,
    Exact,
    Simulated,
    by_policy,
    coarser,
    collect,
    distinct,
    kept,
    lacking,
    numbered,
    select,
    unusable,
    usable,
    valid,
)
from gamesim.errors import GamesimError
from gamesim.humans import Reference, Votes, kernels
from gamesim.humans import references as shipped
from gamesim.humans.persons import icc, lag1

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

__all__ = ["Comparison", "compare"]

NAN = float("nan")
ENOUGH_WORDINGS = 10
NEEDED = tuple(
    dict.fromkeys(("decision", "policy", "action", "status", "seen", *PERSON, *GROUP, *TEXT)),
)
"""Columns of the decision table that are looked at; `reply` is one where there are exact distributions."""
REASONS = 3


def compare(
    table: pd.DataFrame,
    settings: Mapping[str, Any],
    exact: Exact | None = None,
    *,
    references: Sequence[Reference] | None = None,
    allow: Collection[str] = frozenset(),
    votes: Votes = "subject",
    seed: int = 0,
    resamples: int = 2000,
) -> Comparison:
    """Hold the decisions of a run against human records.

    Parameters
    ----------
    table : DataFrame
        Decisions of one treatment, with the columns of a run folder.
    settings : mapping
        Of the run: ``decisions`` describes each decision, ``policies`` each policy; ``matching``, ``network`` and
        ``society`` who met whom.
    exact : mapping of int to (support, probabilities), optional
        Exact distributions by the number in the column `reply`; they count instead of the actions drawn
        from them.
    references : sequence of Reference, optional
        Human records to use; those that come with the package (and are meant for it) otherwise.
    allow : collection of str
        Mismatches to let through: given, method, parameters, range, round, society, stake.
    votes : {"subject", "decision"}
        One vote an agent and a human subject (their first qualifying decision), or one a decision.
    seed : int
        Of the resampling; every row has a stream of its own.
    resamples : int
        Redraws behind each interval and each figure of noise.

    Returns
    -------
    Comparison
        Without rows, and with the reasons as notes, where nothing can be compared.

    Raises
    ------
    GamesimError
        If `allow` holds an unknown name or the table several treatments.
    """
    check_allowed(allow)
    if "treatment" in table and table["treatment"].nunique() > 1:
        raise GamesimError("the table holds several treatments: compare them one by one")
    pool = _default_references() if references is None else references
    rows: list[Row] = []
    described = settings.get("decisions", {})
    notes = [
        f"{name}: the settings do not describe this decision"
        for name in table["decision"].dropna().unique()
        if name not in described
    ]
    refused: list[Refusal] = []
    for decision, spec in described.items():
        made = kept(table, (table["decision"] == decision).to_numpy(bool))
        known = [reference for reference in pool if reference.decision == decision]
        if made.empty:
            continue
        if not known:
            notes.append(f"{decision}: no human record answers this decision")
            continue
        rounds = {int(number) for number in made["round"].dropna().unique()} if "round" in made else set()
        tried = [
            match(
                reference, with_continuation(spec, settings), rounds, allow, departures(settings, reference)
            )
            for reference in known
        ]
        matched = [one for one in tried if isinstance(one, Match)]
        barred = [one for one in tried if isinstance(one, Refusal)]
        refused += barred
        notes += _refusals(decision, matched, barred)
        for policy, of_policy in by_policy(made):
            about = settings.get("policies", {}).get(policy, {})
            figures: _OfPolicy | None = None
            for one in matched:
                chosen = select(of_policy, one, votes)
                if chosen.empty:
                    notes.append(_nothing(decision, policy, one))
                    continue
                simulated = collect(chosen, one, spec, exact or {})
                name = f"{decision}/{policy}/{one.reference.name}"
                rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
                # A population that the policy was trained on is no yardstick for it.
                seen = about.get("trained_on") or ()
                others = [each for each in _default_references() if each.dataset not in seen]
                likeness = _likeness(simulated, one.reference, others, votes, resamples, rng)
                # Figures of all rounds are the same beside every record.
                figures = figures or _of_policy(of_policy)
                lacks = lacking(of_policy, one, votes)
                rows.append(_row(policy, one, spec, about, figures, lacks, simulated, likeness, votes))
    return Comparison(tuple(rows), tuple(notes), tuple(refused), seed, resamples)


def _default_references() -> tuple[Reference, ...]:
    return tuple(each for each in shipped() if each.default)


def _refusals(decision: str, matched: Sequence[Match], barred: Sequence[Refusal]) -> list[str]:
    """Give the reasons of the references that came nearest, where nothing of their data set is compared."""
    if matched:
        used = {one.reference.dataset for one in matched}
        barred = [one for one in barred if one.reference.dataset not in used and len(one.mismatches) == 1]
    nearest = sorted(barred, key=lambda one: len(one.mismatches))
    more = len(nearest) - REASONS
    rest = [f"{decision}: {more} more human records are refused"] if more > 0 else []
    return [one.reason for one in nearest[:REASONS]] + rest


class _Likeness(NamedTuple):
    """All that compares two distributions, and the humans as counts on the common support."""

    human: Floats
    human_moments: tuple[float, float]
    w1n: float
    tv: float
    sd_ratio: float
    entropy_ratio: float
    intervals: dict[str, Interval]
    floor: Noise
    perfect: Noise
    between: tuple[tuple[str, float], ...]
    rivals: dict[str, float]


def _likeness(
    simulated: Simulated,
    reference: Reference,
    others: Sequence[Reference],
    votes: Votes,
    resamples: int,
    rng: np.random.Generator,
) -> _Likeness:
    if not reference.has_counts:
        return _from_figures(simulated, reference)
    support, span = simulated.support, (reference.low, reference.high)
    human = np.zeros(len(support), dtype=np.int64)
    human[np.searchsorted(support, np.round(reference.support, 12))] = reference.counts(votes)
    bins = len(reference.labels) or BINS
    ours, theirs = (binned(support, side, *span, bins) for side in (simulated.p, human))
    intervals = {
        "human sampling": beside.human_sampling(simulated, human, span, resamples, rng),
        "simulation": beside.simulation(simulated, human, span, resamples, rng),
    }
    if len(simulated.wordings):
        intervals["wording"] = beside.wording(simulated, human, span, resamples, rng)
    floor = beside.floor(support, human, span, resamples, rng)
    return _Likeness(
        human=human / human.sum(),
        human_moments=_moments(reference, support, human),
        w1n=w1n(support, simulated.p, human, *span),
        tv=tv(ours, theirs),
        sd_ratio=sd_ratio(support, simulated.p, human),
        entropy_ratio=entropy_ratio(ours, theirs),
        intervals=intervals,
        floor=floor,
        perfect=beside.perfect(simulated, human, span, resamples, rng),
        between=beside.other_people(reference, others, votes),
        rivals={**beside.rivals(reference, support, human, simulated.uniform), "human marginal": floor.mean},
    )


def _from_figures(simulated: Simulated, reference: Reference) -> _Likeness:
    """Compare with published figures: a share of one of two options is a distribution, a mean is not."""
    mean, sd = (
        reference.figures[name].value if name in reference.figures else NAN for name in ("mean", "sd")
    )
    human, gap = np.zeros(0), NAN
    if len(reference.labels) == 2 and not math.isnan(mean):
        human, sd = np.array([mean, 1 - mean]), math.sqrt(mean * (1 - mean))
        gap = tv(simulated.p, human)
    nothing = Noise(NAN, NAN)
    return _Likeness(human, (mean, sd), gap, gap, NAN, NAN, {}, nothing, nothing, (), {})


def _moments(reference: Reference, support: Floats, weights: npt.ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation; of choosing the first label where there are labels."""
    values = (support == 0).astype(np.float64) if reference.labels else support
    return mean_sd(values, weights)


def _row(
    policy: str,
    one: Match,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    figures: _OfPolicy,
    lacks: tuple[int, dict[str, int]],
    simulated: Simulated,
    likeness: _Likeness,
    votes: Votes,
) -> Row:
    reference = one.reference
    in_sample = reference.dataset in (about.get("trained_on") or ())
    stand_in_for = about.get("stand_in_for") or None
    human = likeness.human
    if in_sample and not about.get("scored_in_sample", True):
        human = np.zeros(0)
        likeness = likeness._replace(w1n=NAN, tv=NAN, intervals={}, sd_ratio=NAN, entropy_ratio=NAN)
    moments = _moments(reference, simulated.support, simulated.p)
    people = reference.subjects if reference.votes(votes) == "subject" else reference.decisions
    if not reference.has_counts:
        size = reference.figures.get("n")
        people = None if size is None else int(size.value)
    record = kernels().get(reference.decision)
    if record is not None and record.dataset != reference.dataset:
        record = None
    several = not math.isnan(figures.icc)
    missing = imputed(
        simulated,
        *lacks,
        human,
        (reference.low, reference.high),
        bool(reference.labels),
    )
    return Row(
        decision=reference.decision,
        policy=policy,
        reference=reference.name,
        source=reference,
        verdict=judge(
            in_sample,
            likeness.w1n,
            likeness.intervals,
            likeness.perfect,
            likeness.between,
            likeness.rivals,
            missing,
        ),
        in_sample=in_sample,
        stand_in_for=stand_in_for,
        unit=f"share who {reference.labels[0]}" if reference.labels else str(spec.get("unit", "")),
        n=simulated.n,
        mean=moments[0],
        sd=moments[1],
        human_n=people,
        human_mean=likeness.human_moments[0],
        human_sd=likeness.human_moments[1],
        human_votes=reference.votes(votes),
        mean_gap=(moments[0] - likeness.human_moments[0])
        / (1.0 if reference.labels else reference.high - reference.low),
        w1n=likeness.w1n,
        tv=likeness.tv,
        intervals=likeness.intervals,
        wordings=max(len(simulated.wordings), 1),
        wording_sd=beside.wording_sd(simulated, bool(reference.labels)),
        floor=likeness.floor,
        perfect=likeness.perfect,
        between=likeness.between,
        rivals=likeness.rivals,
        sd_ratio=likeness.sd_ratio,
        entropy_ratio=likeness.entropy_ratio,
        icc=figures.icc,
        lag1=figures.lag1,
        human_icc=record.icc if record and several else NAN,
        human_lag1=record.lag1 if record and several else NAN,
        invalid=figures.invalid,
        void=figures.void,
        missing=missing,
        exact=simulated.is_exact,
        notes=tuple(_notes(one, spec, about, simulated, likeness, votes)),
        low=reference.low,
        high=reference.high,
        support=simulated.support,
        simulated=simulated.p,
        human=likeness.human,
    )


class _OfPolicy(NamedTuple):
    """What is the same beside every record: persons over all rounds, shares of invalid answers and void groups."""

    icc: float
    lag1: float
    invalid: float
    void: float


def _of_policy(rows: pd.DataFrame) -> _OfPolicy:
    return _OfPolicy(*_persons(rows), _invalid(rows), _void(rows))


def _persons(rows: pd.DataFrame) -> tuple[float, float]:
    """Share of variance between agents and own-lag correlation of the actions, over all rounds."""
    if "round" not in rows or rows["round"].nunique() < 2:
        return NAN, NAN
    answered = valid(rows)
    if answered["round"].nunique() < 2:
        return NAN, NAN
    actions = answered["action"].to_numpy(np.float64)
    within = icc(actions, numbered(answered, PERSON))
    return within, lag1(actions, numbered(answered, (*PERSON, "supergame")), answered["round"])


def _invalid(rows: pd.DataFrame) -> float:
    """Share of the answers asked for that could not be used."""
    bad, good = int(unusable(rows).sum()), int(usable(rows).sum())
    return bad / (bad + good) if bad + good else NAN


def _void(rows: pd.DataFrame) -> float:
    """Share of groups in which an action of this decision is missing."""
    groups = numbered(rows, GROUP)
    missing = rows["action"].isna().to_numpy()
    return len(np.unique(groups[missing])) / distinct(groups)


def _notes(
    one: Match,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    simulated: Simulated,
    likeness: _Likeness,
    votes: Votes,
) -> list[str]:
    reference = one.reference
    notes = list(one.notes)
    if reference.dataset in (about.get("trained_on") or ()) and not about.get("scored_in_sample", True):
        notes.append("never scored on the records it was trained on")
    if not about.get("trained_on_known", True):
        notes.append("whether this model has seen these records is not known")
    if about.get("stand_in_for"):
        notes.append(f"a stand-in for {about['stand_in_for']}")
    if reference.has_counts and reference.votes(votes) != votes:
        notes.append("the humans are counted by decisions: the source says nothing of subjects")
    if coarser(one, spec):
        notes.append(f"simulated amounts are taken to the nearest {reference.step:g}, as the humans' are")
    outside = (simulated.support < reference.low) | (simulated.support > reference.high)
    if simulated.p[outside].sum() > 0:
        notes.append(f"{simulated.p[outside].sum():.1%} of simulated choices lie beyond the humans' range")
    if simulated.unit != "decision":
        notes.append(f"simulation interval by {simulated.unit}: decisions after the first round depend on it")
    if 0 < len(simulated.wordings) < ENOUGH_WORDINGS:
        notes.append(
            f"only {len(simulated.wordings)} wordings: a claim about wording needs {ENOUGH_WORDINGS}"
        )
    if reference.kind == "published":
        notes.append("published figures, not records")
    return notes


def _nothing(decision: str, policy: str, one: Match) -> str:
    parts = [] if one.round is None else [f"in round {one.round}"]
    parts += [f"after {name} = {value:g}" for name, value in one.given.items()]
    where = " " + " ".join(parts) if parts else ""
    return f"{decision}, {policy}: no valid decision{where} to hold against {one.reference.name}"
