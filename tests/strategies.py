"""Games, plays and observations for tests: real parts, drawn by hypothesis or played by the engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from gamesim import catalog
from gamesim.actions import Text
from gamesim.design import Design
from gamesim.distribution import ActionDistribution, uniform
from gamesim.game import Game, Play
from gamesim.groups import Groups, Seats
from gamesim.meeting import kind_of
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.policy import OK, UNREADABLE, Decisions, ExactPolicy, Policy
from gamesim.population import deal, rotating
from gamesim.preparing import Prepared, prepare
from gamesim.record import Recorder
from gamesim.rewiring import Rewiring
from gamesim.simulation import Simulation
from gamesim.society import Society
from gamesim.spec import parse
from gamesim.streams import Draws, Floats, Ints

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "beauty_contest": [{"group_size": 5, "highest": 20}, {"group_size": 3, "p": 1.3, "highest": 7}],
    "bomb_risk": [{"boxes": 9, "prize": 2.5}],
    "cheap_talk": [{"talk": "number"}, {"group_size": 2, "max_chars": 20, "endowment": 10}],
    "centipede": [{"moves": 6, "share": 0.6, "growth": 3}],
    "conditional_contribution": [{"endowment": 3, "group_size": 3}],
    "dictator": [{"endowment": 10, "step": 0.5}, {"currency": "points"}],
    "first_price_auction": [{"group_size": 2, "highest": 10, "step": 0.5}],
    "modified_dictator": [{"endowment": 1, "step": 0.1}],
    "money_request": [{"low": 0, "high": 3, "step": 0.5, "bonus": 4}],
    "peer_punishment": [
        {"group_size": 2, "effect": "amount", "deduction": 3, "cost": "linear"},
        {"group_size": 5},
    ],
    "prisoners_dilemma": [
        {"reward": 9, "temptation": 8, "sucker": 0, "punishment": 7},
        {"reward": 20, "temptation": 30, "sucker": -10, "punishment": 0},
        {"reward": -1, "temptation": 0, "sucker": -10, "punishment": -5},
    ],
    "public_goods": [{"group_size": 2}, {"group_size": 5, "mpcr": 0.3, "hold": "multiplier"}],
    "stag_hunt": [{"alone": -1000.0, "tempted": -50, "safe": -100}],
    "threshold_public_good": [
        {"group_size": 3, "endowment": 5, "threshold": 9, "benefit": 4, "refund": False}
    ],
    "trust": [{"endowment": 10, "factor": 2, "step": 0.5}, {"endowment": 0.3, "step": 0.1}],
    "two_by_two": [{"row_up_left": -3.0, "column_up_left": 2.5}],
    "ultimatum": [{"sequential": True}, {"both_roles": True}, {"endowment": 10}],
}
"""Beside the default parameters of every game in the catalogue."""


def label(name: str, parameters: dict[str, Any]) -> str:
    return "-".join([name, *(f"{key}={value}" for key, value in parameters.items())])


SAYINGS = ("", "all in?", "I give 10 {money}", 'no "[20]"')


NETWORKED = tuple(name for name in catalog.names("agents") if catalog.find_agent(name).needs_network)
"""The agents that look at their neighbours."""


@cache
def all_games() -> dict[str, Game]:
    """Give every game of the catalogue, with default and other parameters, by a name for the test."""
    return {
        label(name, parameters): catalog.find_game(name).from_settings(parameters)
        for name in catalog.names("games")
        for parameters in [{}, *VARIANTS.get(name, [])]
    }


def seated(game: Game, groups: int) -> Groups:
    """Seat agents 0, 1, ... group by group, role by role."""
    seats, start = {}, 0
    for role in dict.fromkeys(game.roles):
        count = groups * game.seats_of(role)
        seats[role] = Seats(np.arange(start, start + count), game.seats_of(role))
        start += count
    return Groups(seats, 1)


def chance(agents: Ints) -> Draws:
    return Draws((7, 0, 1, "chance"), 0, agents)


@st.composite
def units(draw: st.DrawFn, size: int) -> Floats:
    """Draw numbers on [0, 1): one by one where they are few, so that a failure shrinks, else by a seed."""
    if size <= 12:
        few = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=size, max_size=size))
        return np.array(few)
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1))).random(size)


@st.composite
def plays(draw: st.DrawFn, game: Game, least: int = 1, most: int = 4) -> Play:
    """Draw a legal play of some groups."""
    play = Play(game, seated(game, draw(st.integers(least, most))), chance)
    for stage in game.stages:
        size = len(play.seats(game.decider(stage.name)).agent)
        space = stage.space(game, play)
        if isinstance(space, Text):
            said = draw(st.lists(st.sampled_from(SAYINGS), min_size=size, max_size=size))
            play.actions[stage.name] = np.array([play.messages.enter(text) for text in said])
        else:
            play.actions[stage.name] = space.uniform(draw(units(size)))
    return play


def only(play: Play, groups: list[int]) -> Play:
    """Keep some groups of a play."""
    seats = {
        role: Seats(each.agent.reshape(-1, play.game.seats_of(role))[groups].ravel(), each.sizes)
        for role, each in play.groups.seats.items()
    }
    kept = Play(play.game, Groups(seats, 1), chance, play.messages)
    kept.actions = {
        name: values.reshape(-1, play.game.seats_of(play.game.decider(name)))[groups].ravel()
        for name, values in play.actions.items()
    }
    return kept


def rebuilt(play: Play, actions: dict[str, Floats]) -> Play:
    """Give the same groups other actions."""
    other = Play(play.game, play.groups, play.chance_draws, play.messages)
    other.actions = {**play.actions, **actions}
    return other


def played(game: Game, actions: dict[str, list[float]]) -> dict[str, list[float]]:
    """Play one group and give what everybody earns."""
    play = Play(game, seated(game, 1), chance)
    play.actions = {name: np.array(values, dtype=np.float64) for name, values in actions.items()}
    return {role: earned.tolist() for role, earned in game.payoffs(play).items()}


@dataclass(frozen=True)
class Watcher(ExactPolicy):
    """Plays uniformly, says one thing or another or nothing that can be read, and keeps what it was shown."""

    shown: list[Observations] = field(default_factory=list)
    mute: Callable[[Observations], NDArray[np.bool_]] | None = None

    speaks = True

    def decide(self, obs: Observations) -> Decisions:
        if not isinstance(obs.space, Text):
            drawn = super().decide(obs)
            if self.mute is None:
                return drawn
            missing = self.mute(obs)
            status = np.where(missing, UNREADABLE, OK).astype(np.uint8)
            return Decisions(np.where(missing, np.nan, drawn.actions), "rule", status=status)
        self.shown.append(obs)
        which = np.floor(obs.draws.uniform() * len(SAYINGS)).astype(int)
        return Decisions(np.array([obs.messages.enter(SAYINGS[i]) for i in which]), "rule")

    def distribution(self, obs: Observations) -> ActionDistribution:
        self.shown.append(obs)
        return uniform(obs.space, len(obs))


def simulate(
    game: Game,
    policies: list[Policy],
    n: int,
    *,
    spec: str = "",
    rounds: int = 1,
    sessions: int = 1,
    matching: str = "stranger",
    seed: int = 0,
) -> Simulation:
    """Play policies that are at hand rather than named."""
    items = parse(spec or ",".join(f"policy_{i}" for i in range(len(policies))))
    simulation = Simulation(
        game,
        deal(game, items, n, sessions, seed),
        policies,
        [f"policy_{i}" for i in range(len(policies))],
        rounds=rounds,
        matching=matching,
        seed=seed,
        recorder=Recorder(),
    )
    for _ in range(rounds):
        simulation.step()
    return simulation


def observed(game: Game, groups: int, *, rounds: int = 1, seed: int = 0) -> list[Observations]:
    """Give what uniform players are shown at every stage of every round."""
    watcher = Watcher()
    simulate(game, [watcher], groups * len(game.roles), rounds=rounds, seed=seed)
    return watcher.shown


def watched(
    game: str | Game,
    n: int,
    rounds: int,
    *,
    matching: str = "stranger",
    network: Network | None = None,
    rewiring: Rewiring | None = None,
    sessions: int = 1,
    seed: int = 1,
    parameters: dict[str, Any] | None = None,
    mute: Callable[[Observations], NDArray[np.bool_]] | None = None,
    watching: type[Watcher] = Watcher,
    **society: Any,
) -> tuple[Simulation, list[Observations]]:
    """Play uniformly, but for those who are to give no answer, and show what everybody was shown."""
    watcher = watching(mute=mute)
    rules = catalog.find_game(game).from_settings(parameters or {}) if isinstance(game, str) else game
    items = parse("watcher")
    dealt = deal(rules, items, n, sessions, seed, on_network=kind_of(matching).on_network)
    if society.get("roles") == "random":
        dealt = rotating(dealt, rules, items)
    model = Simulation(
        rules,
        dealt,
        [watcher],
        ["watcher"],
        rounds=rounds,
        matching=matching,
        network=network,
        rewiring=rewiring,
        society=Society(**society),
        seed=seed,
    )
    for _ in range(len(model.calendar)):
        model.step()
    return model, watcher.shown


def prepared(game: str | Game, agents: str = "uniform", **given: Any) -> Prepared:
    """Get everybody ready for a play with some settings and parameters of the game."""
    names = {each.name for each in dataclasses.fields(Design)}
    design = Design(**{name: value for name, value in given.items() if name in names})
    return prepare(game, agents, design, {name: value for name, value in given.items() if name not in names})
