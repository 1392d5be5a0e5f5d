"""What players are told, asked and paid, game by game, as a file that a reader can check line by line."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategies import Watcher, label, simulate

from gamesim import catalog
from gamesim.actions import ActionSpace, Amount, Text, plain
from gamesim.messages import quoted
from gamesim.observation import Observations
from gamesim.prompt import texts
from gamesim.simulation import Simulation

FOLDER = Path(__file__).parent / "playthroughs"
SHOWN: dict[str, list[dict[str, Any]]] = {
    "beauty_contest": [{"group_size": 3}],
    "cheap_talk": [{}, {"talk": "number"}],
    "common_pool": [{"group_size": 3}],
    "conditional_contribution": [{"endowment": 2, "group_size": 2}],
    "minimum_effort": [{"group_size": 3}],
    "ultimatum": [{}, {"sequential": True}, {"both_roles": True}],
}
"""Parameters to show, where they are not the defaults alone."""

PLAYS = [(name, parameters) for name in catalog.names("games") for parameters in SHOWN.get(name, [{}])]


def legal(space: ActionSpace) -> str:
    if isinstance(space, Amount):
        values = space.support()
        return f"{plain(values[0])} to {plain(values[-1])} in steps of {plain(space.step)}"
    if isinstance(space, Text):
        return f"a message of at most {space.max_chars} characters"
    return ", ".join(f"{shown} ({name})" for shown, name in zip(space.shown, space.labels, strict=True))


def indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def decision(simulation: Simulation, obs: Observations, decider: int, text: str) -> list[str]:
    play = simulation.plays[obs.round - 1]
    agent = int(obs.agent[decider])
    action = float(play[obs.stage][int(np.flatnonzero(play.seats(obs.role).agent == agent)[0])])
    space = obs.space.take(np.array([decider]))
    done = quoted(play.messages.text(action)) if isinstance(space, Text) else f"[{space.write(action)}]"
    return [
        f"Round {obs.round}, agent {agent} ({obs.role}) decides {obs.decision}:",
        indented(text),
        f"  legal: {legal(space)}",
        f"  action: {done}",
        "",
    ]


def playthrough(name: str, parameters: dict[str, Any]) -> str:
    """Play two rounds of one group with uniform players and write down all of it."""
    game = catalog.find_game(name).from_settings(parameters)
    watcher = Watcher()
    simulation = simulate(game, [watcher], len(game.roles), rounds=2, seed=1)
    settings = ", ".join(f"{key}={getattr(game, key)}" for key in sorted(type(game).parameters()))
    lines = [f"{name}: {settings}", f"roles: {', '.join(game.roles)}", ""]
    for round in (1, 2):
        for obs in watcher.shown:
            if obs.round != round:
                continue
            written, row = texts(obs)
            for decider, i in enumerate(row):
                lines += decision(simulation, obs, decider, written[i].user)
        play = simulation.plays[round - 1]
        for role, earned in play.earned.items():
            for agent, payoff in zip(play.seats(role).agent, earned, strict=True):
                lines.append(f"Round {round}, agent {agent} ({role}) earns {game.money(float(payoff))}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


@pytest.mark.parametrize(("name", "parameters"), PLAYS, ids=[label(*play) for play in PLAYS])
def test_players_are_told_asked_and_paid_as_written(
    name: str, parameters: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    path = FOLDER / f"{label(name, parameters)}.txt"
    new = playthrough(name, parameters)
    if request.config.getoption("--update-playthroughs"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(new, encoding="utf-8")
        return
    assert path.is_file(), f"no playthrough of {path.stem} yet; write it with: pytest --update-playthroughs"
    old = path.read_text(encoding="utf-8")
    difference = "\n".join(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"{path.name} (kept)", f"{path.name} (now)", lineterm=""
        )
    )
    assert old == new, (
        f"what players of {name} read, may do or earn is not what {path.name} says; if that was meant, "
        f"run pytest --update-playthroughs and read what changed\n{difference}"
    )


def test_every_playthrough_belongs_to_a_game() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {label(*play) for play in PLAYS}
