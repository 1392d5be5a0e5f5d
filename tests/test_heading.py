"""What stands above a report, and what is to be done after it."""

from __future__ import annotations

import json
from pathlib import Path

from typed import Command

ODD = (
    *(
        "play",
        "prisoners_dilemma",
        "--agents",
        "tit_for_tat",
        "--network",
        "ring:n=8",
        "--placement",
        "clustered",
    ),
    *("--rewire", "random:share=0.25", "--update", "sequential", "--reputation", "image", "--rounds", "3"),
    *("--set", "reward=320", "--set", "currency=£", "--neighbours", "actions", "--out", "odd"),
)
TREATMENT = {
    "network": "ring:n=8",
    "rewiring": "random:share=0.25",
    "update": "sequential (one agent a round)",
    "neighbours": "see actions",
    "reputation": "image",
    "placement": "clustered",
    "currency": "£",
    "reward": "320",
}


def test_every_report_says_which_treatment_it_is_of(command: Command) -> None:
    line = "treatment: " + "; ".join(f"{name} {value}" for name, value in TREATMENT.items())
    assert line in " ".join(command(*ODD).out.split())
    for report in ("show", "series", "compare"):
        assert line in " ".join(command(report, "odd").out.split())
    for report in ("series", "compare"):
        assert json.loads(command(report, "odd", "--json").out)["treatment"] == TREATMENT
    assert "treatment" not in command("play", "dictator", "--agents", "uniform").out


def test_a_schedule_with_a_share_and_chance_lengths_stand_in_the_treatment(command: Command) -> None:
    society = ("--update", "death_birth:0.5", "--continuation", "0.5", "--fixed-wording")
    told = command("play", "prisoners_dilemma", "--agents", "uniform", *society).out
    assert "treatment: update death_birth:0.5; continuation 0.5; wording fixed\n" in told


def test_of_a_run_that_does_not_tell_what_was_changed_all_parameters_are_given(command: Command) -> None:
    command("play", "trust", "--agents", "uniform", "--out", "old")
    file = Path("old/run.json")
    held = json.loads(file.read_text())
    assert held.pop("changed") == {}
    file.write_text(json.dumps(held))
    assert "treatment: currency $; endowment 100; factor 3; step 1" in command("show", "old").out
