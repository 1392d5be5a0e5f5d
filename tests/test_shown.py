"""What stands on the terminal fits it: names fold at their parts, mixtures are one table, and numbers stay whole."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gamesim
from gamesim.command import show
from gamesim.command.likeness import print_comparison
from gamesim.command.show import new_folder
from gamesim.command.shown import console, figure, grid
from gamesim.errors import GamesimError
from gamesim.folding import folded


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 80)


def test_a_name_is_folded_where_its_parts_end() -> None:
    assert folded("fehr_schmidt@alpha=lognormal(-0.8,0.9)", 16).splitlines() == [
        *("fehr_schmidt", "@alpha=", "lognormal(-0.8,", "0.9)")
    ]
    assert folded("  conditional_cooperator", 14).splitlines() == ["  conditional_", "  cooperator"]
    assert folded("uniform", 3).splitlines() == ["uni", "for", "m"]


@given(st.text(alphabet="ab_@,=(). ", max_size=60), st.integers(1, 30))
def test_folding_loses_nothing_but_blanks(name: str, width: int) -> None:
    name = name.strip()
    lines = folded(name, width).splitlines()
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert all(len(line) <= width for line in lines)


def test_numbers_of_a_table_are_never_folded(narrow: None, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = [f"{place}23,456.789" for place in range(1, 6)]
    console.print(grid(["agent"], list("abcde"), [["conditional_cooperator@slope=0.9", *numbers]]))
    printed = capsys.readouterr().out.splitlines()
    assert all(number in printed[1] for number in numbers)
    assert max(map(len, printed)) <= 80


def test_a_figure_is_never_minus_nothing() -> None:
    assert [figure(-0.001), figure(float("nan")), figure(-0.0001, percent=True)] == ["0.00", "-", "0.0%"]


def test_a_mixture_is_one_table_a_record(narrow: None, capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play("public_goods", "conditional_cooperator:0.5,uniform:0.5", n=80, rounds=4)
    comparison = run.compare(resamples=50)
    print_comparison(comparison, list(run.settings.decisions))
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    for reference in {row.reference for row in comparison.rows}:
        assert printed.count(f"({reference})") == 1
    for row in comparison.rows:
        lines = [line for line in printed.splitlines() if line.startswith(row.policy[:12])]
        assert any(f"{row.w1n:.3f}" in line for line in lines)
        assert row.verdict in printed
    assert printed.count("people against people") == len({row.reference for row in comparison.rows})


def test_a_run_is_shown_again(tmp_path: Path) -> None:
    gamesim.play("public_goods", "uniform,free_rider", n=40, rounds=3, out=tmp_path / "run")
    command = [str(Path(sys.executable).parent / "gamesim"), "show", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Gini of earnings" in done.stdout
    assert "gamesim compare run" in done.stdout
    assert "people against people" not in done.stdout


def test_the_header_counts_by_thousands(capsys: pytest.CaptureFixture[str]) -> None:
    run = gamesim.play("dictator", "uniform", n=2000)
    show.result(run, run.compare(resamples=20), quiet=False, json=False, plot=None, played=False)
    assert "2,000 agents" in capsys.readouterr().out


def test_no_two_runs_take_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with new_folder("dictator") as one, new_folder("dictator") as other:
        assert one != other
        (one / "run.json").touch()
    assert list((tmp_path / "runs").iterdir()) == [tmp_path / one]
    (tmp_path / "file").touch()
    monkeypatch.setattr(Path, "mkdir", partial(_refused, "No space left on device"))
    with (
        pytest.raises(GamesimError, match=r"cannot be made \(No space left on device\); choose"),
        new_folder("x"),
    ):
        pass


def _refused(why: str, *_: object, **__: object) -> None:
    raise OSError(28, why)
