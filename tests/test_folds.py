"""What is kept from round to round is what working the whole past out anew gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import gamesim
from gamesim import catalog
from gamesim.errors import GamesimError
from gamesim.memory import Memory
from gamesim.observation import Observations, State
from gamesim.policy import Policy
from gamesim.simulation import Simulation
from gamesim.streams import Draws

FOLDING = sorted(name for name in catalog.names("agents") if catalog.find_agent(name).folds)
VARIED = dict.fromkeys(("best_response", "ewa", "fictitious_play"), "@precision=lognormal(-3,1)") | {
    "satisficing": "@inertia=beta(2,2)"
}
"""Options under which more can happen than by default."""
GROUPS: dict[str, Any] = {"game": "public_goods", "hold": "multiplier"}
WAYS: dict[str, dict[str, Any]] = {
    "partners": {"n": 8, "matching": "partner", "rounds": 6},
    "sessions": {"n": 6, "sessions": 3, "rounds": 5},
    "supergames": {"n": 6, "continuation": 0.7, "supergames": 3, "sessions": 2},
    "in turns": {"n": 12, "update": "sequential:0.25", "rounds": 9},
    "on a network": {"network": "watts_strogatz:n=12,k=4,p=0.1", "rounds": 6},
    "neighbours by chance": {
        "network": "watts_strogatz:n=12,k=4,p=0.1",
        "matching": "random_neighbour",
        "rounds": 8,
    },
    "edge by edge": {
        "network": "watts_strogatz:n=12,k=4,p=0.1",
        "matching": "separate_edges",
        "rounds": 5,
    },
    "rewired": {"network": "watts_strogatz:n=12,k=4,p=0.1", "rewire": "strategic:share=0.3", "rounds": 6},
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


def played(agents: str, game: str = "prisoners_dilemma", **settings: Any) -> pd.DataFrame:
    return gamesim.play(game, agents, seed=3, **settings).decisions.drop(columns=["run", "reply"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FOLDING)
def test_a_fold_that_is_kept_is_the_fold_over_the_whole_past(
    name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = f"{name}{VARIED.get(name, '')}:0.7,uniform:0.3"
    kept = played(agents, **WAYS[way])
    monkeypatch.setattr(Memory, "known_to", lambda self, index, obs: obs)
    anew = played(agents, **WAYS[way])
    assert kept["probability"].nunique() > 2
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


def test_who_looks_at_rounds_that_it_said_it_would_not_is_told() -> None:
    class Forgetful(Counting):
        lookback = 1

    with pytest.raises(GamesimError, match="rounds 1 to 1 are looked at but were not kept"):
        simulated([Forgetful()], 4, n=4)
