"""A run is a Mesa model in good standing: agents, reports, a space, batches, the browser view, and the page on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

import gamesim
from gamesim.errors import GamesimError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mesa.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
VIEW = "mesa.visualization"


def model(**settings: Any) -> gamesim.GameModel:
    given: dict[str, Any] = {
        "game": "prisoners_dilemma",
        "agents": "uniform",
        "network": "karate_club",
        "rounds": 3,
        "seed": 5,
    }
    given |= settings
    return gamesim.GameModel(**given)


def test_a_model_plays_what_a_run_plays() -> None:
    made = model(sessions=2)
    made.run_model()
    run = gamesim.play("prisoners_dilemma", "uniform", network="karate_club", rounds=3, sessions=2, seed=5)
    columns = [name for name in run.decisions if name not in ("run", "reply")]
    pd.testing.assert_frame_equal(made.decisions[columns], run.decisions[columns])


def test_a_model_stops_when_all_rounds_are_played() -> None:
    made = model(rounds=1, continuation=0.5, supergames=4)
    made.run_model()
    assert made.steps == len(made.calendar)
    with pytest.raises(GamesimError, match="rounds have been played"):
        made.step()
    assert made.steps == len(made.calendar)


def test_agents_are_a_set_to_choose_from() -> None:
    made = model(agents="uniform:0.5,spe:0.5", sessions=2)
    made.step()
    assert type(made.agents) is type(mesa.Model().agents)
    assert made.agents_by_type[made.agent_types[0]] is made.agents
    defectors = made.agents.select(lambda player: player.action == 1)
    assert len(defectors) == int((made.actions() == 1).sum())
    groups = made.agents.groupby("policy")
    assert {name: len(group) for name, group in groups} == {"uniform": 34, "spe": 34}
    np.testing.assert_allclose(made.agents.get("wealth"), made.wealth)
    assert {player.session for player in made.agents} == {0, 1}


def test_a_player_knows_what_it_did() -> None:
    made = model(game="trust", network=None, n=4)
    assert all(np.isnan(player.action) for player in made.agents)
    made.step()
    table = made.decisions.set_index("agent")
    for player in made.agents:
        row = table.loc[player.number]
        assert player.actions == {row["stage"]: row["action"]}
        assert player.action == row["action"]
    assert np.isnan(made.actions("return")).sum() == 2
    with pytest.raises(GamesimError, match="unknown stage"):
        made.actions("give")


def test_reports_are_taken_after_every_round() -> None:
    made = model(
        model_reporters={"cooperators": lambda m: float(np.mean(m.actions() == 0)), "void": "groups_void"},
        agent_reporters={"action": "action", "wealth": "wealth"},
    )
    made.run_model()
    by_round = (made.decisions["action"] == 0).groupby(made.decisions["round"]).mean()
    reported = made.datacollector.get_model_vars_dataframe()
    np.testing.assert_allclose(reported["cooperators"], by_round)
    assert (reported["void"] == 0).all()
    players = made.datacollector.get_agent_vars_dataframe()
    np.testing.assert_array_equal(players["action"], made.decisions["action"])
    paid = made.decisions.groupby("agent")["payoff"].cumsum()
    np.testing.assert_allclose(players["wealth"], paid)


def test_a_collector_of_ones_own_can_be_attached() -> None:
    """As one does with any Mesa model: in the step of a subclass."""

    class Watched(gamesim.Simulation):
        def step(self) -> None:
            super().step()
            self.collector.collect(self)

    from gamesim.design import Design
    from gamesim.preparing import prepare

    made = Watched(**prepare("dictator", "uniform", Design(n=10, rounds=4), {}).arguments())
    made.collector = mesa.DataCollector({"given": lambda m: float(np.nansum(m.actions()))})
    made.run_model()
    assert len(made.collector.get_model_vars_dataframe()) == 4


def test_the_network_is_a_space_of_cells() -> None:
    made = model(sessions=2)
    space = made.space
    assert space is made.space
    assert isinstance(space, mesa.discrete_space.Network)
    assert made.network is not None
    for player in made.agents:
        assert player.cell.coordinate == player.number
        near = {other.number for cell in player.cell.neighborhood for other in cell.agents}
        start, end = made.network.starts[player.number : player.number + 2]
        assert near == set(made.network.neighbours[start:end].tolist())
    assert model(network=None, n=4).space is None


def test_agents_are_made_only_when_somebody_looks() -> None:
    made = model()
    made.run_model()
    assert len(made._all_agents) == 0
    assert len(made.agents) == 34


def test_mesa_runs_batches() -> None:
    results = mesa.batch_run(
        gamesim.GameModel,
        {
            "game": "public_goods",
            "agents": ["uniform", "equal_split"],
            "n": 20,
            "rounds": 2,
            "seed": [1, 2],
            "model_reporters": [{"contribution": lambda m: float(np.mean(m.actions()))}],
        },
        display_progress=False,
    )
    table = pd.DataFrame(results)
    assert len(table) == 4
    assert (table.loc[table["agents"] == "equal_split", "contribution"] == 10).all()
    assert table.loc[table["agents"] == "uniform", "contribution"].nunique() == 2


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_batch_puts_reports_of_model_and_agents_of_one_round_side_by_side(rounds: int) -> None:
    results = mesa.batch_run(
        gamesim.GameModel,
        {
            "game": "public_goods",
            "agents": "uniform",
            "n": 8,
            "rounds": rounds,
            "seed": 1,
            "model_reporters": [{"total": lambda m: float(m.wealth.sum())}],
            "agent_reporters": [{"wealth": "wealth"}],
        },
        data_collection_period=1,
        display_progress=False,
    )
    table = pd.DataFrame(results)
    assert len(table) == 8 * rounds
    by_round = table.groupby("Step").agg(total=("total", "first"), summed=("wealth", "sum"))
    np.testing.assert_allclose(by_round["summed"], by_round["total"])
    assert by_round["total"].is_monotonic_increasing


@pytest.mark.filterwarnings("ignore:The `iterations` keyword")
def test_iterations_of_a_batch_are_independent_and_can_be_played_again() -> None:
    given: dict[str, Any] = {"game": "public_goods", "agents": "uniform", "n": 40}
    reports = {"earned": lambda m: m.wealth.tolist(), "seed": "seed"}
    results = mesa.batch_run(
        gamesim.GameModel, {**given, "model_reporters": [reports]}, iterations=3, display_progress=False
    )
    assert len({tuple(each["earned"]) for each in results}) == 3
    for each in results:
        again = gamesim.GameModel(**given, seed=each["seed"])
        again.run_model()
        assert again.settings.seed == each["seed"]
        assert again.wealth.tolist() == each["earned"]


def test_a_seed_goes_by_both_names_that_mesa_gives_it() -> None:
    drawn = [model(seed=None, rng=np.random.default_rng(3)).settings.seed for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert model(seed=None, rng=np.random.SeedSequence(3)).settings.seed == drawn[0]
    given = ({"seed": 7}, {"seed": None, "rng": 7}, {"seed": np.int64(7)}, {"seed": None, "rng": None})
    made = [model(agents="uniform:0.5,spe:0.5", **each) for each in given]
    for each in made:
        each.run_model()
    assert [each.settings.seed for each in made[:3]] == [7, 7, 7]
    first, *others = (each.wealth.tolist() for each in made)
    assert [each == first for each in others] == [True, True, False]
    with pytest.raises(GamesimError, match=r"seed = 7 and rng = 8 are two names"):
        model(seed=7, rng=8)
    with pytest.raises(GamesimError, match=r"seed = 1\.5 must be a whole number"):
        model(seed=None, rng=1.5)


def test_mesa_counts_agents_from_one() -> None:
    made = model(agent_reporters={"number": "number"})
    made.run_model()
    players = made.datacollector.get_agent_vars_dataframe()
    assert (players.index.get_level_values("AgentID") == players["number"] + 1).all()
    assert sorted(players["number"].unique()) == sorted(made.decisions["agent"].unique())


@pytest.mark.filterwarnings("ignore:The `iterations` keyword")
def test_the_code_of_the_page_works() -> None:
    known: dict[str, Any] = {}
    blocks = [block for block in BLOCKS if VIEW not in block]
    assert len(blocks) >= 3
    for block in blocks:
        exec(block, known)
    assert len(known["results"]) == 6
    assert len({each["seed"] for each in known["repeated"]}) == 3
    assert len(known["neighbours"]) > 0


@pytest.mark.filterwarnings("default")
def test_the_browser_view_of_the_page_works() -> None:
    solara = pytest.importorskip("solara", reason='needs pip install "mesa[viz]" "ipyvuetify<2"')
    ipyvuetify, ipywidgets = pytest.importorskip("ipyvuetify"), pytest.importorskip("ipywidgets")
    (block,) = [block for block in BLOCKS if VIEW in block]
    known: dict[str, Any] = {}
    exec(block, known)

    def shown() -> None:
        with solara.AppLayout():
            solara.Column(children=[known["page"]])

    _, found = solara.render(solara.component(shown)(), handle_error=False)
    buttons = {button.children[0]: button for button in found.find(ipyvuetify.Btn).widgets}
    for _ in range(3):
        buttons["Step"].click()
    assert known["model"].steps == 3
    assert len(found.find(ipywidgets.Image).widgets) == 2
    buttons["Reset"].click()
    assert len(found.find(ipyvuetify.Html, children=["Step: 0"]).widgets) == 1
