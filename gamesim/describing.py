"""What the record of a run says before it is played."""

from __future__ import annotations

import dataclasses
import datetime
import math
import platform
import time
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from gamesim import record
from gamesim.compatible import parameters_by_size
from gamesim.design import Design
from gamesim.game import Game
from gamesim.network import Network
from gamesim.policy import Policy, source_of
from gamesim.record import Settings
from gamesim.seating import Seated
from gamesim.streams import key

_RECORDED_VERSIONS = ("gamesim", "mesa", "numpy", "pandas", "pyarrow", "scipy")
_MODEL_VERSIONS = ("torch", "transformers", "peft", "openai")


def describe(
    who: Seated, design: Design, labels: Sequence[str], policies: Sequence[Policy], notes: Sequence[str]
) -> Settings:
    """Say what is to be played, by whom and with which versions.

    Parameters
    ----------
    who : Seated
    design : Design
    labels : sequence of str
        Names of the policies.
    policies : sequence of Policy
        Ready to play.
    notes : sequence of str
        What whoever reads the result must know.

    Returns
    -------
    Settings
        With a name for the run that no other has.
    """
    game, network = who.game, who.network
    about = {label: policy.describe() for label, policy in zip(labels, policies, strict=True)}
    settings = Settings(
        schema_number=record.SCHEMA,
        run="",
        status="running",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions=_versions(any("model" in each for each in about.values())),
        seed=design.seed,
        n=who.cast.n,
        sessions=design.sessions,
        rounds=design.rounds,
        matching=who.kind.name,
        network=None
        if network is None
        else network.describe() | ({} if who.rewiring is None else who.rewiring.describe()),
        society=dataclasses.asdict(who.society),
        agents=who.agents,
        agent_table=dict(who.table),
        seat=design.seat,
        game={
            "name": game.name,
            "parameters": dataclasses.asdict(game),
            "seats": {role: game.seats_of(role) for role in dict.fromkeys(game.roles)},
            "efficient_payoff": _efficient(game, network),
            "by_size": parameters_by_size(game, who.sizes),
            "shared_out": game.shared_out,
            **source_of(type(game)),
        },
        changed=_changed(game),
        decisions=game.measures(),
        policies=about,
        personas={} if who.personas is None else who.personas.describe(who.cast.n, design.sessions),
        prompts=str(design.prompts or ""),
        fixed_wording=design.fixed_wording,
        standins={
            label: item.label
            for label, item in zip(labels, who.items, strict=True)
            if about[label].get("stand_in_for")
        },
        references=sorted({name for each in about.values() for name in each.get("references", ())}),
        notes=list(dict.fromkeys([*notes, *(note for policy in policies for note in policy.notes())])),
    )
    settings.run = f"{key(settings.model_dump_json(), time.time_ns()):016x}"
    return settings


def _changed(game: Game) -> dict[str, Any]:
    """Give the parameters that are not as the game has them by itself."""
    now = dataclasses.asdict(game)
    return {each.name: now[each.name] for each in dataclasses.fields(game) if now[each.name] != each.default}


def _efficient(game: Game, network: Network | None) -> dict[str, float]:
    """Give what groups can earn at most, by size: of the game's own, and of all sizes on a network."""
    sizes = {len(game.roles)} | (set() if network is None else {2, *(np.unique(network.degree) + 1).tolist()})
    known = {str(size): game.efficient_payoff_of(size) for size in sorted(sizes)}
    return {size: worth for size, worth in known.items() if not math.isnan(worth)}


def _versions(with_models: bool) -> dict[str, str]:
    packages = [*_RECORDED_VERSIONS, *(_MODEL_VERSIONS if with_models else ())]
    found = {package: _version(package) for package in packages}
    return {"python": platform.python_version()} | {
        package: number for package, number in found.items() if number
    }


@lru_cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
