"""Replications: signs and orderings that hold whatever the seed, and moves that are the Axelrod package's own."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from axelrod_package import ENTRIES, LOOKED, PAIRS, RATED, REPETITIONS, recorded_moves, written

import gamesim
from gamesim.catalog import find_agent, find_game, names
from gamesim.errors import GamesimError
from gamesim.replicate import main, replicate
from gamesim.replication import Estimate, Replication, Sessions
from gamesim.streams import Floats

NAMES = names("experiments")


def experiment(name: str) -> Any:
    return importlib.import_module(f"gamesim.experiments.{name}")


axelrod = experiment("axelrod")
fischbacher_gaechter = experiment("fischbacher_gaechter")
nowak_may = experiment("nowak_may")
ohtsuki = experiment("ohtsuki")
roth_erev = experiment("roth_erev")
santos_pacheco = experiment("santos_pacheco")
santos_santos_pacheco = experiment("santos_santos_pacheco")
seeds = pytest.mark.parametrize("seed", [0, 1, 2])


def test_intervals_are_those_of_the_textbook() -> None:
    estimate = Estimate.of([1.0, 2.0, 3.0, 4.0])
    assert estimate.mean == 2.5
    assert estimate.high - estimate.mean == pytest.approx(3.182446 * np.std([1, 2, 3, 4], ddof=1) / 2)
    share = Estimate.share(8, 40)
    assert (share.low, share.high) == pytest.approx((0.1050, 0.3476), abs=5e-4)


def test_a_finding_is_open_where_the_interval_covers_both_answers() -> None:
    wide, narrow = Estimate(0.5, 0.2, 0.8, 4), Estimate(0.5, 0.48, 0.52, 4)
    assert [narrow.within(0.5, 0.05), narrow.within(0.9, 0.05), wide.within(0.5, 0.05)] == [True, False, None]
    assert [narrow.above(0.4), narrow.above(0.6), wide.above(0.4)] == [True, False, None]
    assert [narrow.below(0.6), narrow.below(0.4), narrow.below(wide)] == [True, False, None]
    assert Estimate.of([1.0]).above(0.0) is None


def test_sessions_refuse_what_a_run_refuses() -> None:
    ring = {"network": "ring:n=8,k=2"}
    with pytest.raises(GamesimError, match="imitate_best goes by the one thing that each neighbour did"):
        Sessions("prisoners_dilemma", "imitate_best", **ring, matching="separate_edges")
    with pytest.raises(GamesimError, match="imitate_best looks at its neighbours' earnings"):
        Sessions("prisoners_dilemma", find_agent("imitate_best")(), **ring, neighbours="actions")


def test_a_policy_at_hand_plays_as_the_same_one_by_name() -> None:
    settings: dict[str, Any] = {"network": "ring:n=30,k=4", "sessions": 3, "seed": 5}
    named = Sessions("prisoners_dilemma", "imitate_fermi@noise=50", **settings)
    at_hand = Sessions(
        find_game("prisoners_dilemma")(),
        find_agent("imitate_fermi").from_options({"noise": "50"}),
        **settings,
    )
    run = gamesim.play("prisoners_dilemma", "imitate_fermi@noise=50", rounds=6, **settings)
    for sessions in (named, at_hand):
        sessions.step(6)
        last = run.decisions.query("round == 6").sort_values(["session", "agent"])["action"].to_numpy()
        np.testing.assert_array_equal(sessions.simulation.actions(), last)


@pytest.mark.parametrize(
    ("game", "agent", "expected"),
    [
        ("public_goods", "free_rider", 0.0),
        ("public_goods", "fixed@action=20", 1.0),
        ("public_goods", "fixed@action=5", 0.25),
        ("prisoners_dilemma", "always_cooperate", 1.0),
        ("prisoners_dilemma", "always_defect", 0.0),
    ],
)
def test_cooperation_is_the_share_of_the_most_whoever_looks_back(
    game: str, agent: str, expected: float
) -> None:
    sessions = Sessions(game, agent, network="ring:n=8,k=2", sessions=2)
    with pytest.raises(GamesimError, match="no round has been played yet"):
        _ = sessions.cooperation
    sessions.step(2)
    assert sessions.cooperation.tolist() == [expected, expected]


def test_cooperation_is_that_of_those_who_decided() -> None:
    settings = {"network": nx.star_graph(4), "matching": "random_neighbour"}
    sessions = Sessions("trust", "investor=fixed@action=50,trustee=equal_split", sessions=3, **settings)
    sessions.step()
    decided = sessions.simulation.actions().reshape(3, -1)
    played = ~np.isnan(decided).all(axis=1)
    assert played.any()
    assert np.isnan(decided).any()
    np.testing.assert_array_equal(sessions.cooperation, np.where(played, 0.5, np.nan))


def choices(cells: Sessions) -> Floats:
    return cells.simulation.actions().reshape(cells.sessions, -1)


def after_nowak_and_may(defect: Floats, temptation: float, side: int) -> Floats:
    """Play one generation as the paper says it, own game included, with arrays and nothing of the engine."""
    around = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    cells = defect.reshape(side, side)

    def shifted(values: Floats) -> Floats:
        return np.stack([np.roll(values, step, axis=(0, 1)) for step in around])

    score = shifted(1 - cells).sum(axis=0) * np.where(cells == 1, temptation, 1.0)
    scores, kinds = shifted(score), shifted(cells)
    best = scores.max(axis=0)
    cooperates = np.where(kinds == 0, scores, -1.0).max(axis=0) == best
    defects = np.where(kinds == 1, scores, -1.0).max(axis=0) == best
    return np.where(cooperates & defects, cells, defects.astype(np.float64)).ravel()


@pytest.mark.parametrize("temptation", [1.3, 1.7, 1.9, 2.1])
def test_an_own_game_shared_among_eight_neighbours_is_the_paper_s(temptation: float) -> None:
    cells = nowak_may.lattice(temptation, side=20, sessions=1, start=0.8)
    cells.step()
    for _ in range(12):
        expected = after_nowak_and_may(choices(cells)[0], temptation, 20)
        cells.step()
        np.testing.assert_array_equal(choices(cells)[0], expected)


def test_regimes_change_at_nine_fifths_and_nowhere_up_to_two() -> None:
    ends = []
    for temptation in (1.79, 1.81, 1.99):
        cells = nowak_may.lattice(temptation, side=30, sessions=2, seed=1)
        cells.step(30)
        ends.append(choices(cells))
    np.testing.assert_array_equal(ends[1], ends[2])
    assert (ends[0] != ends[1]).mean() > 0.05


@seeds
def test_cooperators_survive_on_a_lattice_in_step_and_die_out_of_step(seed: int) -> None:
    together = nowak_may.lattice(1.9, side=40, sessions=4, seed=seed).settled(60, 10)
    apart = nowak_may.lattice(1.9, side=20, sessions=4, seed=seed, update="sequential:0.02")
    over = nowak_may.lattice(2.1, side=40, sessions=4, seed=seed).settled(60, 1)
    assert together.mean() == pytest.approx(nowak_may.CHAOS, abs=0.06)
    assert apart.settled(1000, 1).mean() < together.mean() / 2
    assert over.mean() < 0.1


@seeds
def test_scale_free_networks_favour_cooperators_and_rings_do_not(seed: int) -> None:
    settings = {"sessions": 4, "warm": 300, "looked": 10, "seed": seed}
    free = santos_pacheco.cooperation("barabasi_albert:n=200,m=2", 1.3, **settings)
    ring = santos_pacheco.cooperation("ring:n=200,k=4", 1.3, **settings)
    assert free.mean() > 0.5
    assert ring.mean() < 0.2


@seeds
def test_a_divided_cost_favours_cooperators_on_scale_free_networks(seed: int) -> None:
    settings = {"sessions": 4, "warm": 300, "looked": 50, "seed": seed}
    free, ring = "barabasi_albert:n=100,m=2", "ring:n=100,k=4"
    divided = santos_santos_pacheco.cooperation(free, 0.6, spread=True, **settings).mean()
    for network, spread in ((free, False), (ring, True)):
        other = santos_santos_pacheco.cooperation(network, 0.6, spread=spread, **settings).mean()
        assert divided > other + 0.1


@seeds
def test_one_cooperator_takes_over_above_the_threshold_only(seed: int) -> None:
    taken = {}
    for rule in (ohtsuki.death_birth, ohtsuki.pairwise):
        for benefit in (ohtsuki.SMALL_CASE.few, ohtsuki.SMALL_CASE.much):
            taken[rule, benefit], unsettled = ohtsuki.fixed(
                ohtsuki.SMALL_CASE, rule(ohtsuki.SMALL_CASE), benefit, sessions=500, seed=seed
            )
            assert unsettled == 0
    neutral = 500 / ohtsuki.SMALL_CASE.n
    assert taken[ohtsuki.death_birth, ohtsuki.SMALL_CASE.few] < 0.8 * neutral
    assert taken[ohtsuki.death_birth, ohtsuki.SMALL_CASE.much] > 1.1 * neutral
    assert taken[ohtsuki.pairwise, ohtsuki.SMALL_CASE.much] < 0.5 * neutral


def test_benefits_lie_close_to_the_threshold_of_a_finite_society() -> None:
    for case in (*ohtsuki.CASES, ohtsuki.SMALL_CASE):
        assert case.few < case.k < case.below < case.threshold < case.above < case.much
        assert replace(case, n=10_000).threshold == pytest.approx(case.k, rel=0.01)


def chance_on_a_cycle(case: Any, benefit: float) -> float:
    """Give the chance that one cooperator takes over a cycle, whose cooperators always stand side by side."""

    def fitness(pays: bool, beside: int) -> float:
        earned = beside * benefit - 2 * ohtsuki.COST * pays
        return float(1 - case.intensity + case.intensity * earned)

    def wins(one: float, other: float) -> float:
        return one / (one + other)

    worse = [1.0]
    for many in range(1, case.n):
        # A defector beside them dies, between the outermost cooperator and the next defector; or that cooperator.
        up = wins(fitness(True, many > 1), fitness(False, many == case.n - 2))
        up = 0.5 if many == case.n - 1 else up
        down = wins(fitness(False, 1 + (many == case.n - 1)), fitness(True, 1 + (many > 2)))
        down = 0.5 if many == 1 else down
        worse.append(worse[-1] * down / up)
    return 1 / sum(worse)


def test_takeovers_of_a_cycle_are_as_frequent_as_their_chain_says() -> None:
    case, sessions = ohtsuki.SMALL_CASE, 3000
    for benefit in (case.below, case.above):
        taken, unsettled = ohtsuki.fixed(case, ohtsuki.death_birth(case), benefit, sessions=sessions)
        chance = chance_on_a_cycle(case, benefit)
        assert unsettled == 0
        assert abs(taken / sessions - chance) < 3.5 * (chance * (1 - chance) / sessions) ** 0.5
    for found, asked in ((ohtsuki.CASES[0], 2.57), (case, 3.38)):
        assert chance_on_a_cycle(found, asked - 0.01) < 1 / found.n < chance_on_a_cycle(found, asked)


def package(part: str) -> dict[str, str]:
    text = (Path(__file__).parent / "axelrod_package.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)[part]
    return found


def test_strategies_move_as_those_of_the_axelrod_package() -> None:
    actions = axelrod.matches(PAIRS).actions[:, 0]
    found = {}
    for pair, moves in zip(PAIRS, actions.transpose(1, 2, 0), strict=True):
        found[" / ".join(pair)] = written(["".join("CD"[int(move)] for move in each) for each in moves])
    assert found == package("moves")


def test_strategies_by_chance_cooperate_as_often_as_those_of_the_axelrod_package() -> None:
    sessions = 250
    played = axelrod.matches(RATED, sessions=sessions, seed=1).actions[np.array(LOOKED) - 1]
    ours = 1 - played.mean(axis=1).transpose(1, 2, 0)
    recorded = package("cooperations")
    assert list(recorded) == [" / ".join(pair) for pair in RATED]
    counts = [[each.split() for each in text.split("/")] for text in recorded.values()]
    theirs = np.array(counts, dtype=np.float64) / REPETITIONS
    both = (sessions * ours + REPETITIONS * theirs) / (sessions + REPETITIONS)
    error = np.sqrt(both * (1 - both) * (1 / sessions + 1 / REPETITIONS))
    assert (np.abs(ours - theirs) <= 5 * error).all()
    assert (error > 0).mean() > 0.3


@cache
def mean_scores() -> Floats:
    found: Floats = axelrod.tournament(sessions=10, seed=1).mean(axis=2)
    return found


def test_the_tournament_is_that_of_the_axelrod_package() -> None:
    assert tuple(entry.agent for entry in axelrod.ENTRIES) == ENTRIES
    scores = mean_scores()
    theirs, spread = np.array([each.split() for each in package("scores").values()], dtype=np.float64).T
    error = np.hypot(scores.std(axis=0, ddof=1) / np.sqrt(len(scores)), spread)
    assert (np.abs(scores.mean(axis=0) - theirs) <= 5 * error).all()
    assert (error < 8).all()


@pytest.mark.slow
def test_the_recorded_moves_are_what_the_installed_axelrod_package_plays() -> None:
    pytest.importorskip(
        "axelrod", reason="pip install axelrod to check the recorded moves against the package"
    )
    assert recorded_moves() == package("moves")


@seeds
def test_tit_for_tat_never_beats_the_one_it_meets(seed: int) -> None:
    pairs = [("tit_for_tat", entry.agent) for entry in axelrod.ENTRIES[1:]]
    played = axelrod.matches(pairs, rounds=60, sessions=5, seed=seed)
    mine, other = played.actions.transpose(3, 0, 1, 2)
    assert (played.earned[:, :, 0] <= played.earned[:, :, 1]).all()
    np.testing.assert_array_equal(mine[1:], other[:-1])


def test_nice_entries_cooperate_with_each_other_and_come_first() -> None:
    nice = np.array([entry.nice for entry in axelrod.ENTRIES])
    pairs = list(product([entry.agent for entry in axelrod.ENTRIES if entry.nice], repeat=2))
    assert not axelrod.matches(pairs).actions[:-2].any()
    scores = mean_scores()
    assert (scores[:, nice].min(axis=1) > scores[:, ~nice].max(axis=1)).all()


@seeds
def test_contributions_decay_as_the_match_is_imperfect(seed: int) -> None:
    study = fischbacher_gaechter
    full, full_updated, partial, partial_updated, mixture = (
        study.trend(study.contributions(agents, sessions=8, seed=seed))
        for agents in (
            {study.FULLY: 1.0},
            {study.FULLY + study.UPDATED: 1.0},
            {study.PARTLY: 1.0},
            {study.PARTLY + study.UPDATED: 1.0},
            study.MIXTURE,
        )
    )
    assert full.mean == pytest.approx(0, abs=0.15)
    assert full_updated.mean == pytest.approx(0, abs=0.15)
    assert partial.below(-0.3)
    assert partial_updated.below(-0.3)
    assert mixture.below(0.0)


def test_updated_beliefs_of_full_matchers_drift_to_where_the_rule_rests() -> None:
    study = fischbacher_gaechter
    means = study.contributions({f"conditional_cooperator@slope=1@start=1{study.UPDATED}": 1.0}, sessions=2)
    # Everybody alike: 0.118 + (0.415 + 0.569) b, rounded to whole units where it is contributed.
    believed = 20.0
    for contributed in means.mean(axis=0):
        assert contributed == np.floor(believed + 0.5)
        believed = 0.118 + 0.569 * believed + 0.415 * contributed


@seeds
def test_proposers_learn_not_to_offer_little_unless_everything_is_accepted(seed: int) -> None:
    both = roth_erev.offers(roth_erev.LEARNER, rounds=100, sessions=8, seed=seed)
    granted = roth_erev.offers("fixed@action=0", rounds=100, sessions=8, seed=seed)
    assert both.mean() > granted.mean() + 0.5
    assert (both <= 1).mean() < roth_erev.AT_FIRST < (granted <= 1).mean()


@pytest.mark.parametrize("name", NAMES)
def test_every_replication_puts_published_beside_ours(name: str) -> None:
    assert experiment(name).__doc__
    found = replicate(name, "small", 3)
    assert isinstance(found, Replication)
    table = found.table()
    assert len(table) >= 3
    assert table["published"].str.len().min() > 0
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
    assert (table["sessions"] > 1).all()
    assert str(found).count("\n|") == len(table) + 2
    page = Path(__file__).resolve().parent.parent / "docs" / "replications.md"
    assert f"\n## {found.title}\n" in page.read_text(encoding="utf-8")


def test_what_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowak_mai", "--small"]) == 2
    assert "nowak_may" in capsys.readouterr().err
    with pytest.raises(GamesimError, match="size"):
        replicate("axelrod", "tiny", 0)
