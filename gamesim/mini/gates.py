"""What a model must reach before it is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["ACCEPTANCE_GATE", "LEGAL_MASS_GATE", "PUBLISHED_GATE", "W1_GATES", "failures"]

W1_GATES: Final[Mapping[str, float]] = {
    "header": 0.03,
    "unseen wording": 0.03,
    "games' wording": 0.03,
    "other stakes": 0.05,
    "games' wording, other stakes": 0.05,
}
"""Largest mean of W1 / range over the decisions with records, by condition."""

ACCEPTANCE_GATE: Final = 0.07
"""Largest mean gap between the derived and the human acceptance curve."""

PUBLISHED_GATE: Final = 0.08
"""Largest gap between a share of cooperation and the published one."""

LEGAL_MASS_GATE: Final = 0.95
"""Least probability of a legal reply, for every decision."""


def failures(figures: Mapping[str, Any]) -> list[str]:
    """Say which of the release's gates the figures of a model miss, one sentence each.

    Parameters
    ----------
    figures : mapping
        As `evaluate` gives them.

    Returns
    -------
    list of str
        Empty when all are met.
    """
    missed = []
    for condition, most in W1_GATES.items():
        value = figures["mean normalised w1"][condition]
        if value > most:
            missed.append(f"mean normalised W1, {condition}: {value:.4f} is above {most}")
    for decision, row in figures["history"].items():
        for rule in ("marginal", "repeat"):
            if row["mini"] >= row[rule]:
                missed.append(
                    f"log loss of {decision} with history: {row['mini']:.3f} against {row[rule]:.3f}, {rule}"
                )
    if figures["acceptance"]["mean"] > ACCEPTANCE_GATE:
        missed.append(f"acceptance curve: {figures['acceptance']['mean']:.3f} is above {ACCEPTANCE_GATE}")
    for name, row in figures["published"].items():
        if name.startswith("cooperate") and abs(row["mini"] - row["published"]) > PUBLISHED_GATE:
            missed.append(
                f"{name}: {row['mini']:.3f} is not within {PUBLISHED_GATE} of {row['published']:.3f}"
            )
    for decision, mass in figures["legal mass"].items():
        if mass < LEGAL_MASS_GATE:
            missed.append(f"legal mass of {decision}: {mass:.3f} is below {LEGAL_MASS_GATE}")
    return missed
