"""One row of a comparison, put together from what was counted and measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gamesim.analysis import beside
from gamesim.analysis.comparison import Row, judge
from gamesim.analysis.likeness import NAN, Likeness, moments
from gamesim.analysis.missing import imputed
from gamesim.analysis.protocol import Match
from gamesim.analysis.votes import Simulated, coarser
from gamesim.humans import Votes, kernels

ENOUGH_WORDINGS = 10


class OfPolicy(NamedTuple):
    """What is the same beside every record: persons over all rounds, shares of invalid answers and void groups."""

    icc: float
    lag1: float
    invalid: float
    void: float


def row_of(
    policy: str,
    one: Match,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    figures: OfPolicy,
    lacks: tuple[int, dict[str, int]],
    simulated: Simulated,
    likeness: Likeness,
    votes: Votes,
) -> Row:
    """Put a row together.

    Parameters
    ----------
    policy : str
    one : Match
        The human record, and how it is used.
    spec, about : mapping
        What the run tells of the decision and of the policy.
    figures : OfPolicy
    lacks : (int, dict of str to int)
        Votes that are missing, and the answers behind them by status.
    simulated : Simulated
    likeness : Likeness
    votes : {"subject", "decision"}

    Returns
    -------
    Row
    """
    reference = one.reference
    in_sample = reference.dataset in (about.get("trained_on") or ())
    stand_in_for = about.get("stand_in_for") or None
    human = likeness.human
    if in_sample and not about.get("scored_in_sample", True):
        human = np.zeros(0)
        likeness = likeness._replace(w1n=NAN, tv=NAN, intervals={}, sd_ratio=NAN, entropy_ratio=NAN)
    ours = moments(reference, simulated.support, simulated.p)
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
        mean=ours[0],
        sd=ours[1],
        human_n=people,
        human_mean=likeness.human_moments[0],
        human_sd=likeness.human_moments[1],
        human_votes=reference.votes(votes),
        mean_gap=(ours[0] - likeness.human_moments[0])
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


def _notes(
    one: Match,
    spec: Mapping[str, Any],
    about: Mapping[str, Any],
    simulated: Simulated,
    likeness: Likeness,
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
        if not simulated.drawn.any():
            notes.append(
                f"of {simulated.n:,} decisions the probabilities count, not what was drawn from them"
            )
        notes.append(f"simulation interval by {simulated.unit}: decisions after the first round depend on it")
    if 0 < len(simulated.wordings) < ENOUGH_WORDINGS:
        notes.append(
            f"only {len(simulated.wordings)} wordings: a claim about wording needs {ENOUGH_WORDINGS}"
        )
    if reference.kind == "published":
        notes.append("published figures, not records")
    return notes
