"""Answers that could not be used: bounds that hold whatever they would have been, and are reached."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linprog

import gamesim
from gamesim import show
from gamesim.analysis.distance import w1n, w1n_batch
from gamesim.analysis.missing import farthest, nearest, with_uniform

Floats = npt.NDArray[np.float64]
Case = tuple[Floats, Floats, float, Floats, Floats, tuple[float, float]]


def case(seed: int) -> Case:
    """Make up a support with uneven gaps, known answers, a share missing, legal actions and humans."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 12))
    support = np.cumsum(rng.integers(1, 5, size)).astype(np.float64)
    known, human = (rng.dirichlet(np.full(size, rng.choice([0.1, 1.0]))) for _ in range(2))
    legal = (rng.uniform(size=size) < rng.choice([0.5, 1.0])).astype(np.float64)
    legal[rng.integers(size)] = 1
    return support, known, float(rng.uniform(0.02, 0.9)), legal / legal.sum(), human, (0.0, 50.0)


def distances(one: Case, missing: Floats) -> Floats:
    support, known, share, _, human, span = one
    return w1n_batch(support, (1 - share) * known + share * missing, human, *span)


def by_programme(one: Case) -> float:
    """Find the least distance by linear programming over the missing mass and the gaps it leaves."""
    support, known, share, legal, human, (low, high) = one
    size, gaps = len(support), np.diff(support)
    lead = ((1 - share) * np.cumsum(known) - np.cumsum(human))[:-1]
    sums = share * np.tril(np.ones((size, size)))[:-1]
    slack = np.eye(size - 1)
    found = linprog(
        np.concatenate([np.zeros(size), gaps]),
        A_ub=np.block([[sums, -slack], [-sums, -slack]]),
        b_ub=np.concatenate([-lead, lead]),
        A_eq=np.concatenate([np.ones(size), np.zeros(size - 1)])[None],
        b_eq=[1.0],
        bounds=[(0, None if allowed else 0) for allowed in legal > 0] + [(0, None)] * (size - 1),
    )
    assert found.fun is not None
    return float(found.fun) / (high - low)


@pytest.mark.parametrize("seed", range(60))
def test_bounds_hold_for_all_answers_and_are_reached(seed: int) -> None:
    one = case(seed)
    legal = np.flatnonzero(one[3])
    any_answers = np.zeros((3000, len(one[0])))
    any_answers[:, legal] = np.random.default_rng(seed).dirichlet(np.full(len(legal), 0.3), 3000)
    alike = distances(one, np.eye(len(one[0]))[legal])
    best, worst = nearest(*one), farthest(*one)
    tried = distances(one, any_answers)
    assert worst == pytest.approx(alike.max(), abs=1e-12)
    assert tried.max() <= worst + 1e-12
    assert best == pytest.approx(by_programme(one), abs=1e-9)
    assert best - 1e-12 <= tried.min()
    assert best - 1e-12 <= with_uniform(*one) <= worst + 1e-12


def test_the_worst_need_not_lie_at_an_end() -> None:
    support = np.array([0.0, 50.0, 100.0])
    known, human, legal = np.array([0, 1.0, 0]), np.array([0.5, 0, 0.5]), np.full(3, 1 / 3)
    one = (support, known, 0.2, legal, human, (0.0, 100.0))
    low, middle, high = distances(one, np.eye(3))
    assert middle > max(low, high)
    assert farthest(*one) == pytest.approx(middle)
    assert with_uniform(*one) == pytest.approx(w1n(support, 0.8 * known + 0.2 * legal, human, 0, 100))


def test_a_single_legal_action_leaves_nothing_open() -> None:
    support, known, human = np.array([0.0, 1.0, 2.0]), np.array([1.0, 0, 0]), np.array([0.2, 0.3, 0.5])
    one = (support, known, 0.5, np.array([0, 1.0, 0]), human, (0.0, 2.0))
    assert nearest(*one) == pytest.approx(farthest(*one)) == pytest.approx(with_uniform(*one))


def test_missing_answers_that_could_make_up_for_all_the_rest() -> None:
    support, human = np.arange(101.0), np.full(101, 1 / 101)
    known = np.where(support < 50, 1.0, 0.0) / 50
    one = (support, known, 51 / 101, human, human, (0.0, 100.0))
    assert nearest(*one) == pytest.approx(0, abs=1e-12)


NOISY = '''

import numpy as np
from dataclasses import dataclass
from gamesim import Decisions, Policy
from gamesim.policy import OK, OUT_OF_RANGE, REFUSED

@dataclass(frozen=True)
class Noisy(Policy):
    """Refuses once in ten times, and leaves the range as often."""

    def decide(self, obs):
        place = np.arange(len(obs))
        status = np.select([place % 10 == 3, place % 10 == 5], [REFUSED, OUT_OF_RANGE], OK).astype(np.uint8)
        actions = np.where(status == OK, 50.0, np.nan)
        return Decisions(actions, "sample", status=status, wording=place % 4)
'''


def test_what_is_missing_is_printed_with_its_bounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "noisy.py").write_text(NOISY, "utf-8")
    run = gamesim.play("dictator", agents=str(tmp_path / "noisy.py"), n=400, out=tmp_path / "run")
    comparison = run.compare(resamples=50)
    show.result(run, comparison, quiet=False, json=False, plot=None, played=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "40 of 200 answers missing (20 out of range, 20 refused)" in shown
    assert "the mean would be 40.00 if they were all the lowest action, 60.00 if the highest" in shown
    assert "with the 40 missing answers: " in shown
    assert "(4 texts)" in shown
    assert "only 4 wordings: a claim about wording needs 10" in shown
    show.result(run, comparison, quiet=False, json=True, plot=None, played=False)
    document = json.loads(capsys.readouterr().out)
    (line,) = document["summary"]
    assert [line[name] for name in ("refused", "out_of_range", "mean_low")] == [20, 20, 40]
    assert {row["missing"] for row in document["comparison"]} == {40}
    whole = gamesim.play("dictator", agents="fixed@action=50", n=40)
    show.result(whole, whole.compare(resamples=50), quiet=False, json=False, plot=None, played=False)
    assert "missing" not in capsys.readouterr().out
