"""Distances against numbers worked out elsewhere, and their properties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import energy_distance, entropy, wasserstein_distance

from gamesim.analysis import distance
from gamesim.errors import GamesimError

# Engel 2011, one-shot games: shares giving 0, 10, ..., 100 per cent; they sum to .9994 in print.
ENGEL = np.array([0.3133, 0.0794, 0.0934, 0.0922, 0.0780, 0.2127, 0.0304, 0.0142, 0.0092, 0.0064, 0.0702])
TENTHS = np.arange(11) / 10


Floats = npt.NDArray[np.float64]


def constant(at: int) -> Floats:
    point: Floats = np.eye(11)[at]
    return point


def simbench(p: Floats, q: Floats) -> float:
    return 100 * (1 - distance.tv(p, q) / distance.tv(p, np.ones(11)))


@pytest.mark.parametrize(
    ("rival", "tv", "score", "w1n", "jsd", "ks", "energy"),
    [
        (np.ones(11), 0.3484, 0, 0.1965, 0.1599, 0.3241, 0.2993),
        (constant(0), 0.6865, -97.05, 0.3035, 0.4793, 0.6865, 0.5374),
        (constant(5), 0.7872, -125.95, 0.2891, 0.5936, 0.6567, 0.5100),
        (constant(3), 0.9077, -160.55, 0.2421, 0.7719, 0.4864, 0.4074),
    ],
)
def test_engel_histogram_against_naive_rivals(
    rival: Floats, tv: float, score: float, w1n: float, jsd: float, ks: float, energy: float
) -> None:
    assert distance.tv(ENGEL, rival) == pytest.approx(tv, abs=5e-5)
    assert simbench(ENGEL, rival) == pytest.approx(score, abs=5e-3)
    assert distance.w1n(TENTHS, ENGEL, rival, 0, 1) == pytest.approx(w1n, abs=5e-5)
    assert distance.jsd(ENGEL, rival) == pytest.approx(jsd, abs=5e-5)
    assert distance.ks(ENGEL, rival) == pytest.approx(ks, abs=5e-5)
    assert distance.energy(TENTHS, ENGEL, rival) == pytest.approx(energy, abs=5e-5)


def test_engel_histogram_moments() -> None:
    mean, sd = distance.mean_sd(TENTHS, ENGEL)
    assert mean == pytest.approx(0.3035, abs=5e-5)
    assert sd == pytest.approx(0.2927, abs=5e-5)
    assert distance.entropy_ratio(ENGEL, np.ones(11)) == pytest.approx(0.8188, abs=5e-5)
    points = distance.mass_points(TENTHS, ENGEL, 0, 1)
    assert (points.none, points.half, points.all) == pytest.approx(ENGEL[[0, 5, 10]] / ENGEL.sum())


def test_jensen_shannon_is_the_divergence_and_not_its_root() -> None:
    assert distance.jsd([1, 0], [0, 1]) == pytest.approx(1.0)
    assert distance.jsd([1, 1], [1, 3]) < 0.06


def test_binning_rounds_halves_upwards() -> None:
    at = distance.binned([0, 4, 5, 14, 15, 95, 100], np.eye(7), 0, 100).argmax(axis=1)
    assert at.tolist() == [0, 0, 1, 1, 2, 10, 10]


def test_binning_of_floats_that_lie_just_below_a_half() -> None:
    assert distance.binned([0.15, 0.35, 0.45], np.eye(3), 0, 1).argmax(axis=1).tolist() == [2, 4, 5]


def test_turing_closed_form() -> None:
    humans = [0.5, 0.3, 0.2]
    even = distance.turing(humans, humans)
    assert (even.win, even.tie, even.loss) == pytest.approx((0.31, 0.38, 0.31))
    second = distance.turing([0, 1, 0], humans)
    assert (second.win, second.tie, second.loss) == pytest.approx((0.2, 0.3, 0.5))


weights = st.lists(st.integers(0, 50), min_size=8, max_size=8).filter(lambda counts: sum(counts) > 1)


@settings(max_examples=60, deadline=None)
@given(weights, weights)
def test_distances_equal_those_of_scipy(p: list[int], q: list[int]) -> None:
    support = np.array([0.0, 1, 3, 4, 10, 11, 19, 20])
    ours = distance.w1n_batch(support, [p, q], q, 0, 20)
    assert ours[0] == pytest.approx(wasserstein_distance(support, support, p, q) / 20, abs=1e-12)
    assert ours[1] == pytest.approx(0, abs=1e-12)
    assert distance.w1n(support, p, q, 0, 20) == pytest.approx(ours[0], abs=1e-12)
    # Just above 0, roots of what rounding leaves differ by more than it.
    assert distance.energy(support, p, q) == pytest.approx(energy_distance(support, support, p, q), abs=1e-7)
    assert distance.jsd(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-12)
    assert distance.entropy_ratio(p, [1, 1]) == pytest.approx(entropy(p, base=2), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(weights, weights)
def test_distances_are_symmetric_and_bounded(p: list[int], q: list[int]) -> None:
    support = np.arange(8)
    for measure in (distance.tv, distance.jsd, distance.ks):
        assert measure(p, q) == pytest.approx(measure(q, p), abs=1e-9)
        assert -1e-12 <= measure(p, q) <= 1 + 1e-9
    assert 0 <= distance.w1n(support, p, q, 0, 7) <= 1 + 1e-12
    assert distance.tv(p, p) == pytest.approx(0)


def test_together_joins_values_that_differ_by_rounding() -> None:
    support, p, q = distance.together([0.1 + 0.2, 1.0, 1.0], [1, 1, 2], [0.3], [5])
    assert support.tolist() == [0.3, 1.0]
    assert p.tolist() == [0.25, 0.75]
    assert q.tolist() == [1.0, 0.0]


def test_bootstrap_repeats_with_the_seed_and_centres_on_the_distance() -> None:
    counts = np.array([400, 300, 300])
    support = np.array([0.0, 50, 100])
    other = np.array([1.0, 1, 1])
    runs = [
        distance.bootstrap_w1n(support, counts, other, 0, 100, resamples=10_000, rng=np.random.default_rng(4))
        for _ in range(2)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert runs[0].mean() == pytest.approx(distance.w1n(support, counts, other, 0, 100), abs=2e-3)


def test_split_half_shrinks_with_the_sample() -> None:
    support = np.arange(11.0)
    small, large = (
        distance.split_half_w1n(
            support, np.full(11, size), 0, 10, splits=400, rng=np.random.default_rng(1)
        ).mean()
        for size in (10, 1000)
    )
    assert small > 5 * large > 0


def test_split_half_of_one_person_is_missing() -> None:
    halves = distance.split_half_w1n([0.0, 1], [1, 0], 0, 1, splits=3, rng=np.random.default_rng(0))
    assert np.isnan(halves).all()


@pytest.mark.parametrize("bad", [[0, 0], [-1, 2], [np.nan, 1], []])
def test_weights_that_are_no_distribution(bad: list[float]) -> None:
    with pytest.raises(GamesimError, match="weights"):
        distance.tv(bad, bad)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(GamesimError, match="empty"):
        distance.w1n([0, 1], [1, 0], [0, 1], 5, 5)
    with pytest.raises(GamesimError, match="at least 2"):
        distance.binned([0, 1], [1, 0], 0, 1, bins=1)


def test_a_constant_human_has_no_spread_to_compare_with() -> None:
    assert np.isnan(distance.sd_ratio([0, 1], [1, 1], [1, 0]))
    assert distance.sd_ratio([0, 1], [1, 0], [1, 1]) == 0
