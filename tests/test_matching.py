from __future__ import annotations

import gc
import weakref
from collections import Counter
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games

from gamesim import play
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.groups import Groups
from gamesim.matching import Scene, find_matching
from gamesim.network import Network
from gamesim.population import Cast, deal
from gamesim.spec import parse
from gamesim.streams import shuffles

MATCHINGS = ("stranger", "partner", "round_robin")


def dealt(game: Game, n: int, sessions: int = 1) -> Cast:
    return deal(game, parse("uniform"), n, sessions, 0)


def members(game: Game, groups: Groups) -> list[tuple[int, ...]]:
    """List who sits in each group, seat by seat."""
    columns = [seats.agent.reshape(len(groups), -1) for seats in groups.seats.values()]
    return [tuple(int(agent) for agent in row) for row in np.concatenate(columns, axis=1)]


def matched(
    name: str, game: Game, n: int, round: int, sessions: int = 1, seed: int = 0
) -> list[tuple[int, ...]]:
    return members(game, find_matching(name)(Scene(game, dealt(game, n, sessions), round, seed)))


@pytest.mark.parametrize("matching", MATCHINGS)
@pytest.mark.parametrize("name", list(all_games()))
@given(groups=st.integers(1, 4), sessions=st.integers(1, 3), round=st.integers(1, 9))
def test_everybody_sits_exactly_once_in_their_role_and_session(
    matching: str, name: str, groups: int, sessions: int, round: int
) -> None:
    game = all_games()[name]
    if matching == "round_robin" and len(game.roles) != 2:
        with pytest.raises(GamesimError, match="round_robin pairs players"):
            matched(matching, game, groups * len(game.roles), round)
        return
    n = groups * len(game.roles)
    people = dealt(game, n, sessions)
    made = find_matching(matching)(Scene(game, people, round, 0))
    assert len(made) == groups * sessions
    for role, seats in made.seats.items():
        everybody = (n * np.arange(sessions)[:, None] + people.members[role]).ravel()
        assert sorted(seats.agent) == everybody.tolist()
        per_session = seats.agent.reshape(sessions, -1) // n
        assert (per_session == np.arange(sessions)[:, None]).all()


@pytest.mark.parametrize("name", ["public_goods", "trust", "prisoners_dilemma"])
def test_partners_stay_and_strangers_change(name: str) -> None:
    game = all_games()[name]
    n = 10 * len(game.roles)
    kept = [matched("partner", game, n, round) for round in (1, 2, 7)]
    assert kept[0] == kept[1] == kept[2]
    changing = [{frozenset(group) for group in matched("stranger", game, n, round)} for round in (1, 2, 3)]
    assert changing[0] != changing[1] != changing[2]
    assert matched("stranger", game, n, 1) == matched("partner", game, n, 1)
    assert matched("stranger", game, n, 1, seed=1) != matched("stranger", game, n, 1)


@pytest.mark.parametrize("n", [2, 4, 6, 10, 16])
def test_in_a_round_robin_of_one_role_everybody_meets_everybody_once(n: int) -> None:
    game = all_games()["prisoners_dilemma"]
    met = Counter(frozenset(pair) for round in range(1, n) for pair in matched("round_robin", game, n, round))
    assert met == Counter(frozenset(pair) for pair in combinations(range(n), 2))
    # Then it starts anew.
    assert matched("round_robin", game, n, n) == matched("round_robin", game, n, 1)


@pytest.mark.parametrize("groups", [1, 2, 3, 5, 8])
def test_in_a_round_robin_of_two_roles_everybody_meets_everybody_once(groups: int) -> None:
    game = all_games()["trust"]
    met = Counter(
        pair for round in range(1, groups + 1) for pair in matched("round_robin", game, 2 * groups, round)
    )
    assert met == Counter(product(range(groups), range(groups, 2 * groups)))


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_session_is_matched_as_if_it_were_alone(matching: str) -> None:
    game = all_games()["prisoners_dilemma"]
    for round in (1, 2):
        together = matched(matching, game, 12, round, sessions=3)
        assert together[:6] == matched(matching, game, 12, round)
        assert together[:12] == matched(matching, game, 12, round, sessions=2)


@pytest.mark.parametrize("n", [3, 512, 513, 700])
def test_shuffles_hold_everybody_and_do_not_depend_on_other_sessions(n: int) -> None:
    three = shuffles(n, 3, 0, "x")
    assert (np.sort(three, axis=1) == np.arange(n)).all()
    np.testing.assert_array_equal(shuffles(n, 1, 0, "x"), three[:1])
    assert n == 3 or (three[0] != three[1]).any()


def test_every_seating_is_equally_likely() -> None:
    counts = Counter(tuple(row) for row in shuffles(3, 6000, 0, "x"))
    assert len(counts) == 6
    # Six orders, 1000 each, standard deviation 29.
    assert all(abs(count - 1000) < 4 * 29 for count in counts.values())


def pairs_met(matching: str, n: int, rounds: int, game: str = "trust") -> list[frozenset[int]]:
    table = play(game, "uniform", n=n, matching=matching, rounds=rounds, roles="random", seed=3).decisions
    groups = table.groupby(["round", "group"])["agent"].apply(frozenset)
    return groups.tolist()


@pytest.mark.parametrize("matching", ["perfect_stranger", "round_robin"])
def test_where_roles_are_drawn_everybody_can_meet_everybody(matching: str) -> None:
    met = Counter(pairs_met(matching, 8, 7))
    assert met == Counter(frozenset(pair) for pair in combinations(range(8), 2))


def test_where_roles_are_drawn_strangers_come_from_all_agents() -> None:
    # All 28 pairs of eight in 400 rounds of four pairs: 57 meetings each, of standard deviation 7.
    met = Counter(pairs_met("stranger", 8, 400))
    assert len(met) == 28
    assert all(abs(count - 1600 / 28) < 5 * 7 for count in met.values())
    assert len(set(pairs_met("partner", 8, 20))) == 4


def test_where_roles_are_drawn_everybody_holds_each_as_often() -> None:
    table = play("trust", "uniform", n=8, rounds=300, roles="random", seed=3).decisions
    shares = (table["role"] == "investor").groupby(table["agent"]).mean()
    assert shares.between(0.35, 0.65).all()
    assert (table.groupby(["round", "group"])["role"].nunique() == 2).all()


def test_games_that_end_by_chance_last_until_everybody_met() -> None:
    """As many games as there are others, of either role."""
    settings: dict[str, Any] = {"n": 8, "matching": "round_robin", "continuation": 0.5}
    for roles, games in (("random", 7), ("fixed", 4)):
        run = play("trust", "uniform", roles=roles, **settings)
        assert run.settings.society["supergames"] == games


def test_likes_meet_across_roles_where_they_are_drawn() -> None:
    table = play("trust", "uniform,spe", n=20, matching="assortative_type", roles="random").decisions
    assert (table.groupby("group", observed=True)["policy"].nunique() == 1).all()


def test_pairs_of_neighbours_draw_their_roles() -> None:
    table = play(
        "trust", "uniform", network="ring:n=10,k=2", matching="random_neighbour", roles="random", rounds=30
    ).decisions
    met = set(table.groupby(["round", "group"])["agent"].apply(frozenset))
    assert met == {frozenset({node, (node + 1) % 10}) for node in range(10)}


def test_unknown_matchings_are_named() -> None:
    with pytest.raises(GamesimError, match="unknown matching 'partners'; did you mean 'partner'"):
        find_matching("partners")


@pytest.mark.parametrize("matching", ["edges", "separate_edges", "neighbourhoods", "separate_neighbourhoods"])
def test_a_network_is_let_go_with_what_was_laid_out_on_it(matching: str) -> None:
    """Seats that follow from a network alone are laid out once, and are no reason to keep it."""
    game = all_games()["prisoners_dilemma" if "edges" in matching else "public_goods"]
    network = Network.from_edges(6, np.array([[0, 1], [1, 2], [3, 4]]))
    scene = Scene(game, deal(game, parse("uniform"), 6, 1, 0, on_network=True), 1, 0, network)
    first, second = (find_matching(matching)(scene).seats[game.roles[0]] for _ in range(2))
    assert first.agent is second.agent
    gone, laid = weakref.ref(network), weakref.ref(first.agent)
    del network, scene, first, second
    gc.collect()
    assert gone() is None
    assert laid() is None
