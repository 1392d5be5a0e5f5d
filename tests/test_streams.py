from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gamesim.streams import Draws, generator, key, uniforms, words

ADDRESS = (0, 0, 1, "give")


def draws(size: int, session: int = 0) -> Draws:
    return Draws(ADDRESS, session, np.arange(size))


def test_known_words() -> None:
    # The first outputs of SplitMix64 from seed 0 and from 1234567 (the vectors its reference code is tested by).
    assert words(0, np.arange(3)).tolist() == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]
    assert words(1234567, np.arange(2)).tolist() == [6457827717110365317, 3203168211198807973]


def test_keys_are_the_same_on_every_machine() -> None:
    # A change here would move every draw of every published run.
    assert key(0, "give") == 0x9DA49EF9E2AAAA3E
    assert key(0, "give") != key("0", "give")
    assert key(1, 23) != key(12, 3)
    assert 0 <= key("x") < 2**64


@given(rows=st.lists(st.integers(0, 99), min_size=1, max_size=30))
def test_a_draw_belongs_to_its_agent(rows: list[int]) -> None:
    whole = draws(100)
    some = whole.take(np.array(rows))
    np.testing.assert_array_equal(some.uniform(), whole.uniform()[rows])
    np.testing.assert_array_equal(some.seeds(), whole.seeds()[rows])


def test_a_draw_does_not_depend_on_the_size_of_the_batch() -> None:
    # More than one block of the hash.
    large = draws(40_000).uniform()
    np.testing.assert_array_equal(draws(10).uniform(), large[:10])
    tail = Draws(ADDRESS, 0, np.arange(39_990, 40_000)).uniform()
    np.testing.assert_array_equal(tail, large[-10:])


def test_sessions_in_one_batch_draw_as_each_alone() -> None:
    both = Draws(ADDRESS, np.repeat([0, 3], 20), np.tile(np.arange(20), 2)).uniform()
    np.testing.assert_array_equal(both[:20], draws(20, session=0).uniform())
    np.testing.assert_array_equal(both[20:], draws(20, session=3).uniform())
    mixed = Draws(ADDRESS, np.repeat([0, 3], 20), np.tile(np.arange(20), 2)).take(np.array([39, 0]))
    np.testing.assert_array_equal(mixed.uniform(), both[[39, 0]])


def test_blocks_of_sessions_line_up() -> None:
    session = np.arange(20_000) % 7
    agent = np.arange(20_000) // 7
    whole = Draws(ADDRESS, session, agent).uniform()
    for row in (0, 16_383, 16_384, 19_999):
        one = Draws(ADDRESS, int(session[row]), agent[row : row + 1]).uniform()
        assert one[0] == whole[row]


def test_every_part_of_an_address_matters() -> None:
    base = draws(50).uniform()
    others = [
        draws(50, session=1).uniform(),
        draws(50).uniform("wording"),
        Draws((1, 0, 1, "give"), 0, np.arange(50)).uniform(),
        Draws((0, 1, 1, "give"), 0, np.arange(50)).uniform(),
        Draws((0, 0, 2, "give"), 0, np.arange(50)).uniform(),
        Draws((0, 0, 1, "take"), 0, np.arange(50)).uniform(),
        Draws(ADDRESS, 0, np.arange(50) + 50).uniform(),
    ]
    for other in others:
        assert not np.isin(other, base).any()
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.5


def test_draws_are_uniform_and_unrelated_from_agent_to_agent_and_round_to_round() -> None:
    u = draws(20_000).uniform()
    assert u.min() >= 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.03
    later = Draws((0, 0, 2, "give"), 0, np.arange(20_000)).uniform()
    assert abs(np.corrcoef(u, later)[0, 1]) < 0.03
    sessions = Draws(ADDRESS, np.arange(20_000), np.zeros(20_000, dtype=np.int64)).uniform()
    assert stats.kstest(sessions, "uniform").pvalue > 1e-3


def test_seeds_fit_into_63_bits() -> None:
    seeds = draws(1000).seeds()
    assert seeds.dtype == np.int64
    assert (seeds >= 0).all()
    assert len(set(seeds.tolist())) == 1000


def test_asking_twice_gives_the_same_and_leaves_the_index_alone() -> None:
    agent = np.arange(30)
    one = Draws(ADDRESS, 0, agent)
    np.testing.assert_array_equal(one.uniform(), one.uniform())
    np.testing.assert_array_equal(agent, np.arange(30))
    assert uniforms(1, np.empty(0, dtype=np.int64)).shape == (0,)


def test_generators_open_at_an_address() -> None:
    assert generator(1, "x").integers(0, 1 << 60) == generator(1, "x").integers(0, 1 << 60)
    assert generator(1, "x").integers(0, 1 << 60) != generator(2, "x").integers(0, 1 << 60)
