"""Count how humans go on from one round to the next, for the kernels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gamesim.errors import GamesimError
from gamesim.humans.kernel import bin_of
from gamesim.humans.persons import icc, lag1
from gamesim.humans.records import SOURCES
from gamesim.humans.transcripts import online_contributions

Floats = npt.NDArray[np.float64]

LEAN = 20.0
HUNDREDTHS = np.arange(101) / 100
TWENTIETHS = np.arange(21) / 20


def build(records: Path) -> list[dict[str, Any]]:
    """Derive the kernels that come from records; the prisoner's dilemma has a published table.

    Parameters
    ----------
    records : Path
        As in `gamesim.humans.derive.build`.

    Returns
    -------
    list of dict
        Ready to be written as JSON.
    """
    return [_dictator(records), _bomb(records), _public_goods(records)]


def _sequences(path: Path, keep: str) -> pd.DataFrame:
    """Read one MobLab file and name the uninterrupted run of rounds (`play`) to which each row belongs.

    The records carry no session id; rows stand in order of play, so a run is a person whose round number
    rises by one from row to row with the same planned number of rounds.
    """
    if not path.is_file():
        raise GamesimError(f"human records: {path} is missing")
    rows = pd.read_csv(path)
    goes_on = (
        (rows.UserID == rows.UserID.shift())
        & (rows.Round == rows.Round.shift() + 1)
        & (rows.totalRound == rows.totalRound.shift())
    )
    return rows.assign(play=(~goes_on).cumsum()).query(keep)


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Join every row with the row one round before in the same play: columns `choice`, `own`, `seen`."""
    before = rows[["play", "Round", "choice", "shown"]].assign(Round=rows.Round + 1)
    before = before.rename(columns={"choice": "own", "shown": "seen"})
    return rows[["play", "Round", "choice"]].merge(before, on=["play", "Round"])


def _kernel(
    rows: pd.DataFrame, support: Floats, own_edges: list[float], seen_edges: list[float], **fields: Any
) -> dict[str, Any]:
    """Count stays and moves; `rows` has UserID, play, Round, choice (in units of `support`) and shown."""
    pairs = _pairs(rows)
    place = np.abs(support - pairs["choice"].to_numpy()[:, None]).argmin(axis=1)
    last = np.abs(support - pairs["own"].to_numpy()[:, None]).argmin(axis=1)
    own = bin_of(support[last], tuple(own_edges))
    seen = bin_of(pairs["seen"].fillna(0.0).to_numpy(dtype=np.float64), tuple(seen_edges))
    cells = []
    for row, column in sorted(set(zip(own.tolist(), seen.tolist(), strict=True))):
        inside = (own == row) & (seen == column)
        moved = place[inside & (place != last)]
        values, counts = np.unique(moved, return_counts=True)
        moves = {str(value): int(count) for value, count in zip(values, counts, strict=True)}
        stays = int((inside & (place == last)).sum())
        cells.append({"own": row, "seen": column, "stays": stays, "moves": moves})
    start = rows[rows.Round == 1].drop_duplicates("UserID")["choice"].to_numpy()
    first, counts = np.unique(np.abs(support - start[:, None]).argmin(axis=1), return_counts=True)
    people = rows[rows.play.isin(pairs.play)]
    persons = icc(people["choice"], people["play"])
    lag = lag1(people["choice"], people["play"], people["Round"])
    fields["note"] += (
        f" {len(pairs):,} pairs of rounds of {people.UserID.nunique():,} subjects; share of variance between "
        f"persons {persons:.2f}, correlation with the own last choice {lag:.2f}."
    )
    return {
        **fields,
        "unit": "share of the stake",
        "labels": [],
        "lean": LEAN,
        "own_edges": own_edges,
        "seen_edges": seen_edges,
        "support": [round(float(value), 4) for value in support],
        "first": {str(value): int(count) for value, count in zip(first, counts, strict=True)},
        "icc": round(persons, 4),
        "lag1": round(lag, 4),
        "cells": cells,
    }


def _dictator(records: Path) -> dict[str, Any]:
    rows = _sequences(
        records / "moblab" / "dictator.csv.gz", "Role == 'first' and Total == 100 and 0 <= move <= 100"
    )
    source = SOURCES["moblab"]
    return _kernel(
        rows.assign(choice=rows.move / 100, shown=0.0),
        HUNDREDTHS,
        [0.0, 0.1, 0.2, 0.3, 0.4, 0.49, 0.5],
        [],
        name="moblab.dictator.give",
        decision="dictator.give",
        dataset=source.dataset,
        citation=source.citation,
        licence=source.licence,
        url=source.url,
        seen="nothing: dictators learn nothing between rounds",
        note="Stake 100, consecutive rounds as dictator.",
    )


def _bomb(records: Path) -> dict[str, Any]:
    rows = _sequences(records / "moblab" / "bomb_risk.csv.gz", "0 <= move <= 100")
    source = SOURCES["moblab"]
    return _kernel(
        rows.assign(choice=rows.move / 100, shown=(rows.roundResult == "BOMB").astype(float)),
        HUNDREDTHS,
        [0.1, 0.25, 0.4, 0.49, 0.5, 0.6, 0.75],
        [0.5],
        name="moblab.bomb_risk.open",
        decision="bomb_risk.open",
        dataset=source.dataset,
        citation=source.citation,
        licence=source.licence,
        url=source.url,
        seen="1 if the bomb was among the boxes opened, 0 if not",
        note="100 boxes, consecutive rounds.",
    )


def _public_goods(records: Path) -> dict[str, Any]:
    rows = online_contributions(records)
    source = SOURCES["alsobay"]
    return _kernel(
        rows.assign(choice=rows.own / 20, shown=rows.others / 20, play=rows.UserID).dropna(subset=["shown"]),
        TWENTIETHS,
        [0.0, 0.25, 0.45, 0.5, 0.95],
        [0.25, 0.5, 0.75],
        name="alsobay2025.public_goods.contribute",
        decision="public_goods.contribute",
        dataset=source.dataset,
        citation=source.citation,
        licence=source.licence,
        url=source.url,
        seen="mean contribution of the other members, as a share of the endowment",
        note="Sessions in which any whole amount could be contributed, pooled over group sizes, multipliers, "
        "frames, punishment, reward and chat: no baseline for a plain public good.",
    )
