"""Derive the figures from which personas are drawn: the Big Five scores of people, by sex and age."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.humans.records import SOURCES, Funnel, table

Floats = npt.NDArray[np.float64]

# The fifty items of the markers of Goldberg 1992; these are answered against the direction of their scale.
_REVERSED = {
    "openness": ("O", (2, 4, 6)),
    "conscientiousness": ("C", (2, 4, 6, 8)),
    "extraversion": ("E", (2, 4, 6, 8, 10)),
    "agreeableness": ("A", (1, 3, 5, 7)),
    "neuroticism": ("N", (2, 4)),
}
_ITEMS = [f"{letter}{number}" for letter, _ in _REVERSED.values() for number in range(1, 11)]
_GENDERS = {1: "man", 2: "woman"}  # the codebook's "male" and "female"; few ticked its "other"
_AGES = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 80))


def build(records: Path) -> list[dict[str, Any]]:
    """Derive the populations.

    Parameters
    ----------
    records : Path
        Folder with `bigfive/`.

    Returns
    -------
    list of dict
        Ready to be written as JSON.

    Raises
    ------
    GamesimError
        If the file of records is missing.
    """
    rows = table(records / "bigfive" / "bigfive_data.tsv.gz", separator="\t")
    oldest = _AGES[-1][1]
    funnel = (
        Funnel(rows, "respondents at hand")
        .keep("man or woman", rows.gender.isin(list(_GENDERS)))
        .keep(f"aged 18 to {oldest}", rows.age.between(18, oldest))
        .keep("all 50 items answered", (rows[_ITEMS] > 0).all(axis=1))
        .keep("not one answer to all items", rows[_ITEMS].nunique(axis=1) > 1)
    )
    kept = funnel.rows
    source = SOURCES["bigfive"]
    return [
        {
            "name": "bigfive",
            "version": 1,
            "dataset": source.dataset,
            "population": source.population,
            "citation": source.citation,
            "licence": source.licence,
            "url": source.url,
            "filter": f"men and women aged 18 to {oldest} who answered all items, and not all of them alike",
            "note": f"Figures come from the {len(kept):,} respondents at hand, a part of those published. They chose "
            "to take a test on a web site, the largest group of them in the United States, and half are under 25: they "
            "are a sample of no country. Scores are means of ten items from 1 to 5, as each described themselves.",
            "traits": list(_REVERSED),
            "low": 1,
            "high": 5,
            "step": 0.1,
            "people": len(kept),
            "attrition": funnel.attrition,
            "cells": [
                _cell(kept[(kept.gender == code) & kept.age.between(*ages)], gender)
                for code, gender in _GENDERS.items()
                for ages in _AGES
            ],
        }
    ]


def _cell(rows: pd.DataFrame, gender: str) -> dict[str, Any]:
    scores = np.column_stack([_score(rows, *keyed) for keyed in _REVERSED.values()])
    correlation = np.atleast_2d(np.corrcoef(scores.T))
    return {
        "gender": gender,
        "ages": {str(age): int(count) for age, count in rows.age.value_counts().sort_index().items()},
        "mean": _rounded(scores.mean(axis=0)),
        "sd": _rounded(scores.std(axis=0, ddof=1)),
        "correlation": _rounded(correlation[np.triu_indices(len(correlation), 1)]),
    }


def _score(rows: pd.DataFrame, letter: str, reversed_items: tuple[int, ...]) -> Floats:
    items = [
        6 - rows[f"{letter}{number}"] if number in reversed_items else rows[f"{letter}{number}"]
        for number in range(1, 11)
    ]
    score: Floats = np.stack(items).mean(axis=0)
    return score


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 4) for value in values]
