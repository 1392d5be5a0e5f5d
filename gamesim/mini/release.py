"""Train several seeds, keep the one that suits the tuning subjects best, and write down how all do."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from gamesim.errors import GamesimError
from gamesim.mini.card import write_tables
from gamesim.mini.evaluate import evaluate, log_loss, published_gap
from gamesim.mini.gates import PUBLISHED_GATE, W1_GATES, failures
from gamesim.mini.train import Recipe, train

__all__ = ["choose", "train_seeds"]

_LARGEST: Final = 3 * 2**20


def train_seeds(
    records: Path,
    out: Path,
    seeds: Sequence[int] = (0, 1, 2),
    recipe: Recipe | None = None,
    card: Path | None = None,
) -> dict[str, Any]:
    """Train mini from scratch with several seeds and write the best into a folder.

    Parameters
    ----------
    records : Path
        Folder with ``joint.csv.gz``, ``dictator.csv.gz`` and ``bomb_risk.csv.gz``.
    out : Path
        Folder for the chosen model and ``figures.json``; each seed has its own folder beside it.
    seeds : sequence of int
        At least one.
    recipe : Recipe, optional
        Size and schedule.
    card : Path, optional
        Model card whose tables are to be brought up to date.

    Returns
    -------
    dict
        What ``figures.json`` holds.
    """
    recipe = recipe or Recipe()
    folders = {seed: out.parent / f"{out.name}-seed-{seed}" for seed in seeds}
    for seed, folder in folders.items():
        train(records, folder, seed, recipe)
    return choose(records, folders, out, recipe, card)


def choose(
    records: Path, folders: Mapping[int, Path], out: Path, recipe: Recipe, card: Path | None = None
) -> dict[str, Any]:
    """Pick the seed with the least log loss on the tuning subjects; measure all on the test subjects.

    Seeds that missed the dilemma's published table come last: no tuning subject tells of it.

    Parameters
    ----------
    records : Path
        Folder with the records.
    folders : mapping from seed to Path
        What training wrote.
    out : Path
        Folder for the chosen model and ``figures.json``.
    recipe : Recipe
        With which they were trained; written down.
    card : Path, optional
        Model card whose tables are to be brought up to date.

    Returns
    -------
    dict
        What ``figures.json`` holds.

    Raises
    ------
    GamesimError
        If the model is larger than 3 MB.
    """
    torch.set_num_threads(recipe.threads)
    tuned = {seed: log_loss(folder, records, "tune") for seed, folder in folders.items()}
    gaps = {seed: published_gap(folder) for seed, folder in folders.items()}
    best = min(tuned, key=lambda seed: (gaps[seed] > PUBLISHED_GATE, tuned[seed]))
    tested = {seed: evaluate(folder, records, "test") for seed, folder in folders.items()}
    figures: dict[str, Any] = {
        "shipped seed": best,
        "recipe": dataclasses.asdict(recipe),
        "log loss on tuning subjects": {str(seed): loss for seed, loss in tuned.items()},
        "largest gap to published shares": {str(seed): gap for seed, gap in gaps.items()},
        "missed gates": {str(seed): failures(test) for seed, test in tested.items()},
        "summary": _summary(list(tested.values())),
        "test": {str(seed): test for seed, test in tested.items()},
    }
    out.mkdir(parents=True, exist_ok=True)
    for file in folders[best].iterdir():
        shutil.copyfile(file, out / file.name)
    text = json.dumps(_rounded(figures), indent=1) + "\n"
    (out / "figures.json").write_text(text, encoding="utf-8")
    size = sum(file.stat().st_size for file in out.iterdir())
    if size > _LARGEST:
        raise GamesimError(f"{out} holds {size:,} bytes; mini may have {_LARGEST:,} at most")
    if card is not None:
        write_tables(json.loads(text), card)
    return figures


def _summary(tests: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Give mean and standard deviation over seeds of the gated figures."""
    values: dict[str, list[float]] = {}
    for test in tests:
        for name in W1_GATES:
            values.setdefault(f"mean normalised w1, {name}", []).append(test["mean normalised w1"][name])
        for decision, row in test["history"].items():
            values.setdefault(f"log loss with history, {decision}", []).append(row["mini"])
        values.setdefault("acceptance curve", []).append(test["acceptance"]["mean"])
    return {
        name: {"mean": float(np.mean(each)), "sd": float(np.std(each, ddof=1)) if len(each) > 1 else 0.0}
        for name, each in values.items()
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
