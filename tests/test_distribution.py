from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gamesim.actions import Amount, Choice
from gamesim.distribution import ActionDistribution, certain, per_space, spread, uniform

NEXT_TO_ONE = float(np.nextafter(1.0, 0))


@st.composite
def distributions(draw: st.DrawFn) -> ActionDistribution:
    rows, labels = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    weights = np.array(
        [
            draw(
                st.lists(
                    st.sampled_from([0.0, 1e-12, 0.1, 1.0, 7.0]), min_size=labels, max_size=labels
                ).filter(any)
            )
            for _ in range(rows)
        ]
    )
    deciders = draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=8))
    return ActionDistribution(
        np.arange(labels, dtype=np.float64) * 2,
        weights / weights.sum(axis=1, keepdims=True),
        None if rows == 1 else np.array(deciders),
    )


@given(exact=distributions(), data=st.data())
def test_nothing_of_probability_zero_is_drawn(exact: ActionDistribution, data: st.DataObject) -> None:
    size = 3 if exact.row is None else len(exact.row)
    edge = st.sampled_from([0.0, 0.5, NEXT_TO_ONE]) | st.floats(0, NEXT_TO_ONE)
    u = np.array(data.draw(st.lists(edge, min_size=size, max_size=size)))
    actions, probability = exact.sample(u)
    assert (probability > 0).all()
    row = np.zeros(size, dtype=np.int64) if exact.row is None else exact.row
    for action, p, r in zip(actions, probability, row, strict=True):
        assert exact.probabilities[r, list(exact.values).index(action)] == p


@given(exact=distributions())
def test_draws_in_order_give_actions_in_order(exact: ActionDistribution) -> None:
    size = 200
    row = 0 if exact.row is None else int(exact.row[0])
    one = ActionDistribution(exact.values, exact.probabilities, np.full(size, row))
    actions, _ = one.sample((np.arange(size) + 0.5) / size)
    assert (np.diff(actions) >= 0).all()
    for value, p in zip(one.values, one.probabilities[row], strict=True):
        assert np.mean(actions == value) == pytest.approx(p, abs=1.01 / size)


def test_shared_and_separate_rows_draw_alike() -> None:
    p = np.array([[0.2, 0.0, 0.5, 0.3]])
    values = np.array([0.0, 1.0, 2.0, 3.0])
    u = np.random.default_rng(0).random(500)
    shared, _ = ActionDistribution(values, p).sample(u)
    separate, _ = ActionDistribution(
        values, np.vstack([p, [[1, 0, 0, 0]]]), np.zeros(500, dtype=np.int64)
    ).sample(u)
    np.testing.assert_array_equal(shared, separate)


def test_several_distributions_without_row_are_one_a_decider() -> None:
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    exact = ActionDistribution(np.array([0.0, 1.0]), p)
    u = np.array([0.9, 0.1, 0.7])
    assert exact.sample(u)[0].tolist() == [0, 1, 1]
    assert exact.among(3).row is not None
    for size in (1, 2, 100):
        with pytest.raises(ValueError, match=f"^3 rows of probabilities for {size} deciders: give one row"):
            exact.among(size)
    with pytest.raises(ValueError, match=r"^3 rows of probabilities for 2 deciders"):
        exact.sample(u[:2])
    by_row = ActionDistribution(np.array([0.0, 1.0]), p, np.array([0, 2]))
    assert by_row.among(2) is by_row
    with pytest.raises(ValueError, match=r"^2 entries of row for 3 deciders"):
        by_row.among(3)


@pytest.mark.parametrize(
    ("values", "probabilities", "row", "told"),
    [
        ([0.0, 1.0], [0.5, 0.5], None, r"must have one row a distribution"),
        (
            [0.0, 1.0, 2.0],
            [[0.5, 0.5]],
            None,
            r"values of shape \(3,\) do not fit probabilities of shape \(1, 2\)",
        ),
        ([[0.0, 1.0]], [[0.5, 0.5], [1, 0]], [0, 1], r"values of shape \(1, 2\) do not fit"),
        ([0.0, 1.0], [[0.5, 0.5]], [0, 1], "row goes from 0 to 1, but there are 1 distributions"),
        ([0.0, 1.0], [[0.5, 0.5], [1, 0]], [0, -1], "row goes from -1 to 0, but there are 2 distributions"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    values: list[Any], probabilities: list[Any], row: list[int] | None, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        ActionDistribution(np.array(values), np.array(probabilities), None if row is None else np.array(row))


def test_frequencies_are_probabilities() -> None:
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    row = np.repeat([0, 1], 4000)
    actions, _ = ActionDistribution(np.arange(4.0), p, row).sample(np.random.default_rng(1).random(8000))
    for r in (0, 1):
        counts = np.bincount(actions[row == r].astype(int), minlength=4)
        assert stats.chisquare(counts, 4000 * p[r]).pvalue > 1e-3


def test_certain_deciders_do_it() -> None:
    wanted = np.array([3.0, 1.0, 3.0, 0.0])
    actions, probability = certain(wanted).sample(np.array([0.0, 0.5, NEXT_TO_ONE, 0.3]))
    np.testing.assert_array_equal(actions, wanted)
    np.testing.assert_array_equal(probability, np.ones(4))
    alike = certain(np.array([2.0, 2.0]))
    assert alike.row is None
    assert alike.sample(np.array([0.1, 0.9]))[0].tolist() == [2.0, 2.0]


def test_uniform_over_ranges_that_differ() -> None:
    space = Amount(0, np.array([1.0, 0.0, 3.0, 1.0]))
    exact = uniform(space, 4)
    assert exact.row is not None
    for decider in range(4):
        p, values = exact.probabilities[exact.row[decider]], exact.values_of(int(exact.row[decider]))
        assert values[p > 0].tolist() == space.support(decider).tolist()
        assert p.sum() == pytest.approx(1)
    assert exact.row[0] == exact.row[3], "equal ranges share one distribution"
    actions, probability = exact.sample(np.full(4, NEXT_TO_ONE))
    assert actions.tolist() == [1, 0, 3, 1]
    assert probability.tolist() == [0.5, 1, 0.25, 0.5]
    assert uniform(Choice(("a", "b")), 9).probabilities.tolist() == [[0.5, 0.5]]


def test_per_space_weighs_each_range_by_itself() -> None:
    exact = per_space(Amount(0, np.array([2.0, 1.0])), 2, lambda legal: np.eye(len(legal))[-1])
    assert exact.sample(np.array([0.5, 0.5]))[0].tolist() == [2, 1]


@given(points=st.integers(1, 30), actions=st.integers(1, 30))
def test_spreading_keeps_shares_and_order(points: int, actions: int) -> None:
    weights = spread(points, actions)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (weights >= 0).all()
    if points > 1:
        assert weights[0, 0] == 1
        assert weights[-1, -1] == 1
        means = weights @ np.arange(actions)
        assert (np.diff(means) >= -1e-12).all()
    if points == actions:
        np.testing.assert_array_equal(weights, np.eye(points))


def test_known_spreads() -> None:
    assert spread(3, 5).tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]
    # Half of the way to one of two actions: both equally near.
    assert spread(3, 2).tolist() == [[1, 0], [0.5, 0.5], [0, 1]]


@pytest.mark.parametrize("row", [[-0.5, 1.5], [np.nan, 1.0], [0.5, 0.4], [np.inf, 0.0]])
def test_what_is_no_distribution_is_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match="must sum to 1"):
        ActionDistribution(np.array([0.0, 1.0]), np.array([row]))
