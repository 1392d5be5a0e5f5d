from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesim.actions import Amount, Choice, cooperation, plain
from gamesim.errors import GamesimError

steps = st.sampled_from([1.0, 0.5, 0.1, 0.01, 5.0, 2.5])


@st.composite
def amounts(draw: st.DrawFn) -> Amount:
    step = draw(steps)
    low = draw(st.integers(-3, 3)) * step
    return Amount(low, low + draw(st.integers(0, 60)) * step, step)


@given(space=amounts())
def test_the_support_is_legal_and_evenly_spaced(space: Amount) -> None:
    support = space.support()
    assert len(support) == space.counts()
    assert space.contains(support).all()
    np.testing.assert_allclose(np.diff(support), space.step)
    assert support[0] == pytest.approx(space.low)
    assert support[-1] == pytest.approx(space.high)


@given(space=amounts(), off=st.floats(0.05, 0.95))
def test_what_lies_between_and_beyond_is_illegal(space: Amount, off: float) -> None:
    between = space.support() + off * space.step
    assert not space.contains(between).any()
    beyond = np.array([space.support()[0] - space.step, space.support()[-1] + space.step])
    assert not space.contains(beyond).any()
    assert not space.contains(np.array([np.nan, 1e300, -1e300])).any()


@given(space=amounts(), u=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20))
def test_uniform_draws_are_legal(space: Amount, u: list[float]) -> None:
    assert space.contains(space.uniform(np.array(u))).all()


@given(space=amounts(), value=st.floats(-50, 200))
def test_the_nearest_action_is_nearest(space: Amount, value: float) -> None:
    found = float(space.nearest(np.array([value]))[0])
    assert space.contains(np.array([found])).all()
    assert abs(found - value) <= np.abs(space.support() - value).min() + 1e-9


@given(space=amounts(), share=st.floats(0, 1))
def test_a_share_of_the_way_is_legal_and_near(space: Amount, share: float) -> None:
    found = float(space.at(share))
    assert space.contains(np.array([found])).all()
    aim = float(space.support()[0]) + share * float(space.support()[-1] - space.support()[0])
    assert abs(found - aim) <= space.step / 2 + 1e-9


@given(space=amounts())
def test_the_same_amount_is_the_same_number_wherever_it_comes_from(space: Amount) -> None:
    support, many = space.support(), int(space.counts())
    written = np.array([float(plain(amount)) for amount in support])
    assert space.nearest(written).tolist() == support.tolist()
    assert space.uniform((np.arange(many) + 0.5) / many).tolist() == support.tolist()
    assert space.at(np.arange(many) / max(many - 1, 1)).tolist() == support.tolist()
    rows = Amount(np.full(many, space.low), np.full(many, space.high), space.step)
    assert rows.nearest(written).tolist() == support.tolist()
    assert rows.support(many - 1).tolist() == support.tolist()


def test_uniform_reaches_every_action_equally() -> None:
    space = Amount(0, 3)
    u = (np.arange(400) + 0.5) / 400
    assert np.unique(space.uniform(u), return_counts=True)[1].tolist() == [100] * 4
    u = np.array([0.0, np.nextafter(1.0, 0)])
    assert Amount(0, 100).uniform(u).tolist() == [0, 100]
    assert Amount(2, 5, 0.5).uniform(u).tolist() == [2, 5]


def test_halves_go_up() -> None:
    assert float(Amount(0, 5).at(0.5)) == 3
    assert Amount(0, 5).nearest(np.array([2.5, 0.5, -9, 99])).tolist() == [3, 1, 0, 5]


def test_bounds_may_differ_from_row_to_row() -> None:
    space = Amount(0, np.array([0.0, 3.0, 6.0]))
    assert space.varies
    assert space.counts().tolist() == [1, 4, 7]
    assert space.support(1).tolist() == [0, 1, 2, 3]
    assert space.contains(np.array([1.0, 3.0, 7.0])).tolist() == [False, True, False]
    assert space.nearest(np.array([5.0, 5.0, 5.0])).tolist() == [0, 3, 5]
    assert space.at(1.0).tolist() == [0, 3, 6]
    assert space.uniform(np.array([0.99, 0.99, 0.99])).tolist() == [0, 3, 6]
    some = space.take(np.array([2, 0]))
    assert some.support(0).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert some.contains(np.array([6.0, 6.0])).tolist() == [True, False]
    assert Amount(0, 5).take(np.array([1])) == Amount(0, 5)


@pytest.mark.parametrize(("high", "step"), [(10.5, 1.0), (1.0, 0.3), (np.array([3.0, 2.5]), 1.0)])
def test_a_range_that_is_no_whole_number_of_steps_is_refused(high: float, step: float) -> None:
    with pytest.raises(GamesimError, match="not a whole number of steps"):
        Amount(0, high, step)


def test_decimal_steps_hold_their_bounds() -> None:
    space = Amount(0, 1, 0.1)
    assert space.counts() == 11
    assert space.contains(np.array([0.3, 0.7, 0.1 + 0.2])).all()
    assert space.contains(space.support()).all()


def test_labels_are_indices() -> None:
    space = Choice(("cooperate", "defect"), ("A", "B"))
    assert space.support().tolist() == [0, 1]
    assert space.contains(np.array([0, 1, 2, -1, 0.5, np.nan])).tolist() == [True, True] + [False] * 4
    assert space.write(1.0) == "B"
    assert space.uniform(np.array([0.0, 0.49, 0.5, 0.999])).tolist() == [0, 0, 1, 1]
    assert space.nearest(np.array([-3.0, 0.4, 0.5, 9.0])).tolist() == [0, 0, 1, 1]
    assert space.take(np.array([5])) is space
    assert Choice(("x", "y")).shown == ("x", "y")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (40, "40"),
        (0.5, "0.5"),
        (0.375, "0.375"),
        (0.001, "0.001"),
        (1e6, "1000000"),
        (-3, "-3"),
        (12.10, "12.1"),
    ],
)
def test_numbers_are_written_as_people_do(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize("high", [0.3, 0.6, 0.7, 1.1, 2.3])
def test_the_largest_amount_is_legal_however_it_is_rounded(high: float) -> None:
    # 3 * 0.1 is 0.30000000000000004.
    space = Amount(0, high, 0.1)
    assert space.contains(space.support()).all()
    assert space.contains(space.uniform(np.array([np.nextafter(1.0, 0)]))).all()
    assert space.contains(np.array([high])).all()
    assert not space.contains(np.array([high + 0.1, -0.1])).any()


def test_ranges_that_do_not_fit_into_memory_are_refused() -> None:
    with pytest.raises(GamesimError, match="choose a smaller stake or a larger step"):
        Amount(0, 1e12)


@pytest.mark.parametrize(("size", "count"), [(2, 2), (3, 6), (4, 4), (7, 7)])
def test_arrangements_of_neutral_names_keep_their_order_and_move_their_meaning(size: int, count: int) -> None:
    labels, letters = tuple("vwxyzab"[:size]), tuple("ABCDEFG"[:size])
    space = Choice(labels, letters)
    assert space.arrangements() == count
    arranged = [space.arranged(k) for k in range(count)]
    assert arranged[0] == space
    assert {each.named for each in arranged} == {letters}
    assert len({each.shown for each in arranged}) == count
    assert {each.labels for each in arranged} == {labels}
    assert space.arranged(count) == space


@pytest.mark.parametrize(("size", "count"), [(2, 2), (3, 6), (4, 4)])
def test_arrangements_of_names_with_a_meaning_change_their_order_alone(size: int, count: int) -> None:
    space = Choice(tuple("vwxy"[:size]))
    arranged = [space.arranged(k) for k in range(count)]
    assert arranged[0] == space
    assert {each.shown for each in arranged} == {space.labels}
    assert len({each.named for each in arranged}) == count


def test_other_names_are_as_neutral_as_the_first() -> None:
    assert Choice(("x", "y"), ("A", "B")).renamed(("x", "y")).neutral
    assert not Choice(("reject", "accept")).renamed(("decline", "take")).neutral


def test_nobody_cooperated_or_not_who_decided_nothing_or_had_no_choice() -> None:
    space = Amount(np.array([0.0, 0.0]), np.array([10.0, 0.0]))
    np.testing.assert_array_equal(cooperation(space, np.array([4.0, 0.0])), [0.4, np.nan])
    choice = Choice(("cooperate", "defect"))
    np.testing.assert_array_equal(cooperation(choice, np.array([0.0, 1.0, np.nan])), [1, 0, np.nan])
