"""What is kept from round to round is what working the whole past out anew gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gamesim
from gamesim import catalog
from gamesim.behaviour.strategies import Strategy
from gamesim.errors import GamesimError
from gamesim.memory import Memory
from gamesim.observation import Observations
from gamesim.past import State
from gamesim.policy import Policy
from gamesim.simulation import Simulation
from gamesim.streams import Draws

FOLDING = sorted(name for name in catalog.names("agents") if catalog.find_agent(name).folds)
CONTRIBUTING = ("conditional_cooperator", "hump_shaped")
VARIED = (
    {name: "@error=uniform(0,0.4)" for name in FOLDING if issubclass(catalog.find_agent(name), Strategy)}
    | dict.fromkeys(("best_response", "ewa", "fictitious_play"), "@precision=lognormal(-3,1)")
    | dict.fromkeys(CONTRIBUTING, "@start=beta(2,2)@update=0.5@persistence=beta(2,2)@drift=0.1")
    | {"satisficing": "@inertia=beta(2,2)", "memory_one": "@cc=0.9@dd=beta(2,2)"}
)
"""Options under which more can happen than by default."""
GROUPS: dict[str, Any] = {"game": "public_goods", "hold": "multiplier"}
SMALL_WORLD = "watts_strogatz:n=12,k=4,p=0.1"
WAYS: dict[str, dict[str, Any]] = {
    "partners": {"n": 8, "matching": "partner", "rounds": 64},
    "sessions": {"n": 8, "sessions": 3, "rounds": 5},
    "supergames": {"n": 8, "continuation": 0.7, "supergames": 3, "sessions": 2},
    "supergames edge by edge": {
        "network": SMALL_WORLD,
        "matching": "separate_edges",
        "rounds": 3,
        "supergames": 3,
        "rewire": "random:share=0.5",
    },
    "in turns": {"n": 12, "update": "sequential:0.25", "rounds": 9},
    "on a network": {"network": SMALL_WORLD, "rounds": 6},
    "neighbours by chance": {"network": SMALL_WORLD, "matching": "random_neighbour", "rounds": 8},
    "edge by edge": {"network": SMALL_WORLD, "matching": "separate_edges", "rounds": 5},
    "edges that come and go": {
        "network": SMALL_WORLD,
        "matching": "separate_edges",
        "rewire": "random:share=0.5",
        "rounds": 7,
        "sessions": 2,
    },
    "edges in turns": {
        "network": SMALL_WORLD,
        "matching": "separate_edges",
        "update": "sequential:0.25",
        "rounds": 9,
    },
    "group by group": {"network": SMALL_WORLD, "matching": "separate_neighbourhoods", "rounds": 5},
    "groups of newcomers": {
        "network": "complete:n=4",
        "n": 9,
        "matching": "separate_neighbourhoods",
        "rewire": "growth:m=2",
        "rounds": 7,
    },
    "rewired": {"network": SMALL_WORLD, "rewire": "strategic:share=0.3", "rounds": 6},
    "growing": {"network": "complete:n=4", "n": 12, "rewire": "growth:m=2", "rounds": 8},
    "groups of all sizes": {"network": "barabasi_albert:n=12,m=2", "rounds": 6, **GROUPS},
    "groups that grow": {"network": "complete:n=4", "n": 12, "rewire": "growth:m=2", "rounds": 8, **GROUPS},
    "groups that change": {
        "network": "watts_strogatz:n=12,k=2,p=0.3",
        "rewire": "strategic:share=0.3",
        "rounds": 6,
        **GROUPS,
    },
    "roles by chance": {"n": 8, "roles": "random", "rounds": 7, "game": "two_by_two"},
}


def played(agents: str, game: str, **settings: Any) -> pd.DataFrame:
    return gamesim.play(game, agents, seed=3, **settings).decisions.drop(columns=["run", "reply"])


def cases() -> Iterator[tuple[str, str, str]]:
    """Give the agents that fold, and the games and ways in which each of them can play."""
    for name in FOLDING:
        strategy = issubclass(catalog.find_agent(name), Strategy)
        for way, settings in WAYS.items():
            in_groups = settings.get("matching") == "separate_neighbourhoods"
            game = "public_goods" if in_groups or name in CONTRIBUTING else "prisoners_dilemma"
            game = settings.get("game", game)
            in_pairs = (
                settings.get("matching") in ("random_neighbour", "separate_edges") or "game" in settings
            )
            if (strategy and game != "prisoners_dilemma") or (name in CONTRIBUTING and in_pairs):
                continue
            yield name, way, game


@pytest.mark.parametrize(("name", "way", "game"), list(cases()))
def test_a_fold_that_is_kept_is_the_fold_over_the_whole_past(
    name: str, way: str, game: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = f"{name}{VARIED.get(name, '')}:0.7,uniform:0.3"
    settings = {"game": game, **WAYS[way]}
    kept = played(agents, **settings)
    known_to = Memory.known_to

    def unkept(memory: Memory, index: int, obs: Observations) -> Observations:
        known = known_to(memory, index, obs)
        return dataclasses.replace(known, past=dataclasses.replace(known.past, folds=None))

    monkeypatch.setattr(Memory, "known_to", unkept)
    anew = played(agents, **settings)
    assert len(kept[["action", "probability"]].drop_duplicates()) > 3
    pd.testing.assert_frame_equal(kept, anew)


class Counting(Policy):
    """Counts its rounds and those in which it acted, by a fold and by the past itself."""

    def decide(self, obs: Observations) -> Any:
        def step(state: State, past: Any) -> State:
            acted = ~np.isnan(past.own(obs.stage)[0])
            return {"rounds": state["rounds"] + 1, "acted": state["acted"] + acted}

        def start(person: Draws) -> State:
            return {name: np.zeros(len(person.agent)) for name in ("rounds", "acted")}

        state = obs.fold("count", start, step)
        assert (state["rounds"] == obs.round - 1).all()
        if obs.past.forgotten == 0:
            own = obs.past.own(obs.stage)
            np.testing.assert_array_equal(state["acted"], (~np.isnan(own)).sum(axis=0))
        return gamesim.Decisions(obs.draws.uniform().round())


def simulated(policies: list[Policy], rounds: int, **settings: Any) -> Simulation:
    from gamesim.design import Design
    from gamesim.preparing import prepare

    agents = ",".join(["uniform"] * len(policies))
    given = prepare("prisoners_dilemma", agents, Design(rounds=rounds, **settings), {}).arguments()
    simulation = Simulation(**{**given, "policies": policies, "labels": ["counting"] * len(policies)})
    simulation.run_model()
    return simulation


def test_past_rounds_are_kept_no_longer_than_they_are_looked_at() -> None:
    folding = type("Folding", (Counting,), {"folds": True})
    assert len(simulated([folding()], 9, n=4).plays) == 1
    assert len(simulated([Counting()], 9, n=4).plays) == 9
    looking_back = type("LookingBack", (Counting,), {"folds": True, "__module__": "test_folds"})
    assert len(simulated([folding(), looking_back()], 9, n=8).plays) == 1
    assert len(simulated([folding(), Counting()], 9, n=8).plays) == 9


@pytest.mark.parametrize("matching", ["separate_edges", "separate_neighbourhoods"])
def test_so_are_those_of_every_group_that_an_agent_decides_for(matching: str) -> None:
    game = "public_goods" if matching == "separate_neighbourhoods" else "prisoners_dilemma"
    model = gamesim.GameModel(game, "roth_erev", network="ring:n=6,k=2", matching=matching, rounds=9)
    model.run_model()
    assert len(model.plays) == 1


def test_who_has_no_words_keeps_no_rounds_for_messages() -> None:
    model = gamesim.GameModel("cheap_talk", "conditional_cooperator", n=8, rounds=9)
    model.run_model()
    assert len(model.plays) == 1


def test_who_looks_at_rounds_that_it_said_it_would_not_is_told() -> None:
    class Forgetful(Counting):
        lookback = 1

    with pytest.raises(GamesimError, match="rounds 1 to 1 are looked at but were not kept"):
        simulated([Forgetful()], 4, n=4)
