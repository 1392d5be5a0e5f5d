"""Human records of a user's own: read from files, chosen by name, compared with."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typed import Command

import gamesim
from gamesim.analysis import distance
from gamesim.humans import named, open_references
from gamesim.humans.reading import OPTIONAL, REQUIRED

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "humans.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def rows_of(heading: str) -> list[str]:
    """Give all names in the first column of a table of the page."""
    table = PAGE.partition(f"| {heading} | is |")[2].partition("\n\n")[0]
    firsts = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    return [name for first in firsts for name in re.findall(r"`(\w+)`", first)]


def lab(**changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(blocks("json")[0])
    return record | changes


def write(file: str, **changes: Any) -> Path:
    path = Path(file)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(lab(**changes)), encoding="utf-8")
    return path


@pytest.fixture
def run(command: Command) -> Command:
    """Have a run and a record in the folder."""
    write("lab.json")
    assert command("play", "dictator", "--agents", "uniform", "--n", "40", "--out", "run").code == 0
    return command


def compared(command: Command, *references: str) -> dict[str, Any]:
    given = [word for each in references for word in ("--references", each)]
    told = command("compare", "run", "--json", *given)
    assert told.code == 0, told.err
    return {row["reference"]: row for row in json.loads(told.out)["comparison"]}


def test_the_page_does_what_it_says(command: Command) -> None:
    write("lab.json")
    for line in "".join(blocks("console")).splitlines():
        done = command(*shlex.split(line.removeprefix("$ "))[1:])
        assert done.code == 0, f"{line}: {done.err}"
        assert "lab2026" in done.out or "play" in line
    for block in blocks("python"):
        exec(block, {})


def test_the_page_names_every_key_and_every_distance() -> None:
    assert sorted(rows_of("key")) == sorted((*REQUIRED, *OPTIONAL))
    listed = rows_of("function")
    assert all(callable(getattr(distance, name)) for name in listed)
    assert {"jsd", "ks", "energy", "mass_points", "turing"} <= set(listed)


def test_a_run_is_held_against_a_record_of_ones_own(run: Command) -> None:
    (row,) = compared(run, "lab.json").values()
    assert (row["reference"], row["human_n"]) == ("lab2026.dictator.give", 60)
    assert row["human_mean"] == pytest.approx((50 + 140 + 240 + 240 + 750 + 100) / 60)
    told = run("compare", "run", "--references", "lab.json").out
    assert "60 people (lab2026.dictator.give)" in told
    assert told.count("distance to ") == 1
    opened = gamesim.open_run("run")
    for chosen in ("lab.json", Path("lab.json"), open_references("lab.json")):
        assert [each.w1n for each in opened.compare(references=chosen).rows] == [row["w1n"]]


def test_records_of_a_folder_are_other_people_to_each_other(run: Command) -> None:
    write("records/here.json", name="here", dataset="here", one_vote={"0": 1, "90": 59})
    write("records/there.json", name="there", dataset="there", one_vote={"0": 2, "90": 58})
    found = compared(run, "records")
    others = {name: row["other_humans_name"] for name, row in found.items()}
    assert others == {"here": "there", "there": "here"}


def test_records_of_the_package_are_chosen_by_name(run: Command) -> None:
    name = "engel2011.dictator.give.western"
    assert not named(name).default
    assert set(compared(run, "lab.json", name)) == {"lab2026.dictator.give", name}


def test_a_record_of_another_decision_is_said(run: Command) -> None:
    write("other.json", decision="trust.send")
    told = run("compare", "run", "--references", "other.json")
    assert told.code == 0
    assert "dictator.give: none of the chosen human records is of this decision" in " ".join(told.out.split())


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (["none.json"], "none.json: cannot be read as a human record (No such file or directory)"),
        (["empty"], "empty: there is no human record in this folder: no file ends in .json"),
        (["latin.json"], "latin.json: cannot be read as a human record (it is not UTF-8 text)"),
        (["typed.json"], "typed.json: unknown key 'subject'; did you mean 'subjects'?"),
        (["sum.json"], "sum.json: key 'one_vote' sums to 60, key 'subjects' says 61"),
        (["run"], "run/run.json: unknown key"),
        (
            ["moblab.dictator.gave"],
            "unknown human record 'moblab.dictator.gave'; did you mean 'moblab.dictator",
        ),
        (["moblab.dictator.gave"], "nor is there such a folder, and a file of your own ends in .json"),
        (["lab.json", "lab.json"], "two human records have the name 'lab2026.dictator.give'"),
    ],
)
def test_what_cannot_be_compared_with_is_refused(run: Command, chosen: list[str], sentence: str) -> None:
    Path("empty").mkdir()
    Path("latin.json").write_bytes(b"\xe9")
    write("typed.json", subject=60)
    write("sum.json", subjects=61)
    told = run("compare", "run", *(word for each in chosen for word in ("--references", each)))
    assert (told.code, told.out) == (2, "")
    assert sentence in " ".join(told.err.split())
    if len(chosen) == 1:
        assert run("humans", chosen[0]).code == 2
