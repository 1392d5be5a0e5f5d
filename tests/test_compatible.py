"""Every game with every matching: it is played, or refused in one sentence before anything is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strategies import all_games, prepared

from gamesim import play
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.matching import MATCHINGS
from gamesim.meeting import on_networks
from gamesim.network import Network
from gamesim.simulation import Simulation

NETWORKS = ("watts_strogatz:n=24,k=4,p=0.3", "ring:n=24,k=2")


def refused(game: Game, matching: str, network: str | None) -> str:
    """Play two rounds, or give what is said where it is refused before the first."""
    try:
        made = prepared(game, "uniform", matching=matching, network=network, rounds=2)
    except GamesimError as refusal:
        return str(refusal)
    model = Simulation(**made.arguments())
    model.step()
    model.step()
    assert model.groups_played > model.groups_void == 0
    return ""


@pytest.mark.parametrize("name", list(all_games()))
def test_a_game_is_played_or_refused_before_play(name: str) -> None:
    game: Game = all_games()[name]
    said = {(m, network): refused(game, m, network) for m in MATCHINGS for network in (None, *NETWORKS)}
    assert not any("\n" in each for each in said.values())
    played = {where for where, each in said.items() if not each}
    assert {matching for matching, network in played if network is None}.isdisjoint(on_networks())
    pairs, one_role = len(game.roles) == 2, len(set(game.roles)) == 1
    assert (("random_neighbour", NETWORKS[1]) in played) == pairs
    assert (("separate_edges", NETWORKS[1]) in played) == (pairs and one_role)
    assert (("edges", NETWORKS[0]) in played) == (
        pairs and one_role and not any(each.sees for each in game.stages)
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"game": "prisoners_dilemma", "matching": "neighbourhoods"}, "for groups with 2 player seats"),
        ({"game": "conditional_contribution"}, "group_size=3"),
        ({"game": "cheap_talk", "matching": "neighbourhoods"}, "use separate_neighbourhoods"),
        (
            {"game": "third_party_punishment", "matching": "neighbourhoods"},
            "use a matching without a network",
        ),
    ],
)
def test_what_would_do_instead_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(GamesimError, match=said):
        prepared(agents="uniform", network="ring:n=24,k=2", **settings)


def test_a_game_with_groups_of_the_size_of_neighbourhoods_is_played() -> None:
    table = play("conditional_contribution", "uniform", network="ring:n=8,k=2", group_size=3).decisions
    assert table["payoff"].notna().all()


def test_a_fault_in_a_game_of_ones_own_is_named_before_play(tmp_path: Any) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from gamesim.game import Amount, Game, stage\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Game):\n"
        "    roles = ('member',) * 3\n\n"
        "    @stage(by='member')\n"
        "    def give(self, play):\n"
        "        return Amount(0, 10)\n\n"
        "    def payoffs(self, play):\n"
        "        return {'member': play['give'].reshape(-1, 3).ravel() + play.groups.missing}\n"
    )
    with pytest.raises(GamesimError, match=r"mine.py, line 14: payoffs failed"):
        prepared(str(file), "uniform", network="watts_strogatz:n=24,k=4,p=0.3", matching="neighbourhoods")


def test_neighbours_are_not_shown_a_mean_of_three_options(tmp_path: Any) -> None:
    file = tmp_path / "signs.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from gamesim.game import Choice, Game, stage\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Signs(Game):\n"
        "    roles = ('player', 'player')\n\n"
        "    @stage(by='player')\n"
        "    def show(self, play):\n"
        "        return Choice(('rock', 'paper', 'scissors'))\n\n"
        "    def payoffs(self, play):\n"
        "        return {'player': (play['show'] - play.partner('show')) % 3 % 2}\n"
    )
    words: dict[str, Any] = {"network": "ring:n=8,k=2", "matching": "separate_edges", "rounds": 2}
    with pytest.raises(GamesimError, match=r"there is none of 3 options; add --neighbours nothing"):
        prepared(str(file), **words)
    table = play(str(file), "uniform", neighbours="nothing", **words).decisions
    assert set(table["payoff"]) == {0, 1}


def test_whoever_is_there_without_neighbours_is_a_group_of_one_also_where_others_join_later() -> None:
    lonely = Network.from_edges(4, np.array([[0, 1], [1, 2]]))
    run = play(
        "public_goods",
        "uniform",
        network=lonely,
        n=6,
        rewire="growth:m=1",
        matching="neighbourhoods",
        rounds=2,
    )
    assert run.settings.game["by_size"]["group_size"] == [1, 3]
    first = run.decisions[run.decisions["round"] == 1]
    assert sorted(first["agent"]) == [0, 1, 2, 3]
    assert first.loc[first["agent"] == 3, "payoff"].notna().all()
