from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games

from gamesim import catalog
from gamesim.errors import GamesimError
from gamesim.population import check_size, deal
from gamesim.spec import parse


def heads(spec: str, game: str, n: int, sessions: int = 1, seat: str = "") -> list[list[int]]:
    """Count the agents of each policy, session by session."""
    items = parse(spec)
    dealt = deal(all_games()[game], items, n, sessions, 0, seat)
    return [np.bincount(row, minlength=len(items)).tolist() for row in dealt.policy.reshape(sessions, n)]


@pytest.mark.parametrize(
    ("spec", "n", "expected"),
    [
        ("uniform", 8, [8]),
        ("uniform,spe", 8, [4, 4]),
        ("uniform:0.75,spe:0.25", 8, [6, 2]),
        # 10 agents in thirds: the remainder goes to the first of the equal remainders.
        ("uniform,spe,human", 20, [7, 7, 6]),
        ("uniform:0.1,spe:0.9", 60, [6, 54]),
        ("uniform:0.34,spe:0.66", 20, [7, 13]),
    ],
)
def test_shares_are_met_by_largest_remainders(spec: str, n: int, expected: list[int]) -> None:
    assert heads(spec, "prisoners_dilemma", n) == [expected]


@given(
    parts=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    groups=st.integers(1, 30),
    sessions=st.integers(1, 3),
)
def test_nobody_is_more_than_one_head_off(parts: list[int], groups: int, sessions: int) -> None:
    total = sum(parts)
    spec = ",".join(f"a{i}:{part / total!r}" for i, part in enumerate(parts))
    n = 2 * groups
    if n * min(parts) / total < 1:
        # Whether the smallest share rounds up to one head depends on the others' remainders.
        with contextlib.suppress(GamesimError):
            heads(spec, "prisoners_dilemma", n, sessions)
        return
    for counts in heads(spec, "prisoners_dilemma", n, sessions):
        assert sum(counts) == n
        assert all(abs(count - n * part / total) < 1 for count, part in zip(counts, parts, strict=True))


def test_a_share_that_would_be_nobody_is_refused_with_the_n_that_would_do() -> None:
    with pytest.raises(GamesimError, match=r"a share of 0\.01 of 20 agents is nobody; take at least n=100"):
        heads("uniform:0.99,spe:0.01", "prisoners_dilemma", 20)


def test_seats_bind_policies_to_roles() -> None:
    game = all_games()["ultimatum"]
    items = parse("proposer=uniform,responder=spe:0.5,responder=human:0.5")
    dealt = deal(game, items, 12, 2, 0)
    policy = dealt.policy.reshape(2, 12)
    assert (policy[:, dealt.members["proposer"]] == 0).all()
    for session in policy:
        assert sorted(session[dealt.members["responder"]]) == [1, 1, 1, 2, 2, 2]


def test_roles_have_the_agents_in_order() -> None:
    dealt = deal(all_games()["ultimatum"], parse("uniform"), 8, 3, 0)
    assert dealt.members["proposer"].tolist() == [0, 1, 2, 3]
    assert dealt.members["responder"].tolist() == [4, 5, 6, 7]
    assert len(dealt.policy) == 24


def test_who_plays_what_is_drawn_anew_in_every_session_and_by_the_seed() -> None:
    game = all_games()["dictator"]
    policy = deal(game, parse("uniform,spe"), 40, 3, 0).policy.reshape(3, 40)
    assert (policy[0] != policy[1]).any()
    np.testing.assert_array_equal(policy[:2].ravel(), deal(game, parse("uniform,spe"), 40, 2, 0).policy)
    assert (deal(game, parse("uniform,spe"), 40, 1, 1).policy != policy[0]).any()


def test_the_person_at_the_keyboard_takes_one_seat() -> None:
    game = all_games()["ultimatum"]
    for seat, role in (("", "proposer"), ("responder", "responder")):
        dealt = deal(game, parse("me,uniform"), 8, 1, 0, seat)
        assert np.flatnonzero(dealt.policy == 0).tolist() == [dealt.members[role][0]]
    assert heads("me,uniform,spe", "public_goods", 8) == [[1, 4, 3]]


@pytest.mark.parametrize(
    ("name", "n", "sentence"),
    [
        ("dictator", 5, "n = 5 leaves 1 agent over, since a group has 2 seats; n=4 or n=6 would do"),
        ("public_goods", 10, "n = 10 leaves 2 agents over, since a group has 4 seats; n=8 or n=12 would do"),
        ("public_goods", 3, "n = 3 is too few; a group has 4 seats, so n=4 would do"),
        ("bomb_risk", 0, "n = 0 is too few"),
        ("dictator", -2, "n = -2 is too few"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_with_those_that_do(name: str, n: int, sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        check_size(all_games()[name], n)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("proposr=uniform,responder=spe", "unknown seat 'proposr'; did you mean 'proposer'"),
        ("proposer=uniform", "nobody takes the seat responder; add responder=AGENT"),
    ],
)
def test_seats_must_exist_and_be_taken(spec: str, sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        deal(catalog.find_game("ultimatum")(), parse(spec), 4, 1, 0)
