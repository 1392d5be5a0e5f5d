"""Simple rules that mini's use of history is measured against, fitted to the training subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gamesim.mini.header import SCALES
from gamesim.mini.records import Case

__all__ = ["Rule", "losses", "marginal_rule", "repeat_rule", "spread_rule"]

Floats = NDArray[np.float64]
Rule = Callable[[Sequence[Case]], Floats]

_GRID = np.arange(0, 1.001, 0.02)
_WIDTHS = (2, 4, 8, 12, 16, 24)


def losses(shares: Floats, cases: Sequence[Case]) -> Floats:
    """Give minus the log-probability of each recorded answer.

    Parameters
    ----------
    shares : (N, answers) float
        Predicted distributions.
    cases : sequence of Case
        N recorded decisions.

    Returns
    -------
    (N,) float
        Nats.
    """
    out: Floats = -np.log(np.maximum(shares[np.arange(len(cases)), [case.answer for case in cases]], 1e-12))
    return out


def marginal_rule(train: Sequence[Case], decision: str) -> Rule:
    """Predict the shares of all training answers, half an answer added to each."""
    counts = np.bincount([case.answer for case in train], minlength=SCALES[decision] + 1) + 0.5
    shares = counts / counts.sum()
    return lambda cases: np.tile(shares, (len(cases), 1))


def repeat_rule(train: Sequence[Case], decision: str) -> Rule:
    """Predict the own last move with the best fixed probability, the marginal otherwise."""
    marginal = marginal_rule(train, decision)
    weight = min(
        _GRID[:-1],
        key=lambda each: float(losses(_mix(each, _last(train, decision), marginal(train)), train).mean()),
    )
    return lambda cases: _mix(weight, _last(cases, decision), marginal(cases))


def spread_rule(train: Sequence[Case], decision: str) -> Rule:
    """Predict the own last move, its neighbourhood, or the marginal, with the best weights and width."""
    marginal = marginal_rule(train, decision)
    parts = (_last(train, decision), marginal(train))
    best = (np.inf, 0.0, 0.0, _WIDTHS[0])
    rows, hit = np.arange(len(train)), [case.answer for case in train]
    last, rest = (part[rows, hit] for part in parts)
    for width in _WIDTHS:
        near = _around(train, decision, width)[rows, hit]
        for repeat in _GRID[::2]:
            for stay in _GRID[::2]:
                if repeat + stay < 0.999:
                    mixture = repeat * last + stay * near + (1 - repeat - stay) * rest
                    best = min(best, (float(-np.log(mixture).mean()), repeat, stay, width))
    _, repeat, stay, width = best
    return lambda cases: (
        repeat * _last(cases, decision)
        + stay * _around(cases, decision, width)
        + (1 - repeat - stay) * marginal(cases)
    )


def _mix(weight: float, first: Floats, second: Floats) -> Floats:
    return weight * first + (1 - weight) * second


def _last(cases: Sequence[Case], decision: str) -> Floats:
    out = np.zeros((len(cases), SCALES[decision] + 1))
    out[np.arange(len(cases)), [int(case.state.past[-1][0]) for case in cases]] = 1.0
    return out


def _around(cases: Sequence[Case], decision: str, width: float) -> Floats:
    last = np.array([int(case.state.past[-1][0]) for case in cases])
    density = np.exp(-np.abs(np.arange(SCALES[decision] + 1) - last[:, None]) / width)
    out: Floats = density / density.sum(axis=1, keepdims=True)
    return out
