"""What stands above a report, and what is to be done after it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typed import Command

from gamesim.command.shown import console

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


def test_what_is_to_be_allowed_is_printed_as_it_is_typed(command: Command) -> None:
    rules = ("--set", "endowment=50", "--set", "mpcr=0.5")
    told = command("play", "public_goods", "--agents", "uniform", *rules).out
    assert "(gamesim compare --allow stake --allow parameters does)" in " ".join(told.split())
    (step,) = re.findall(r"^next:  gamesim (compare .*)$", told, re.MULTILINE)
    assert step.endswith(" --allow parameters --allow round --allow stake")
    assert "W1" in command(*step.split()).out


def test_next_steps_are_of_the_same_rules(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 200)
    rules = ("--set", "endowment=50", "--set", "currency=all points")
    told = command("play", "trust", "--agents", "mini", "--n", "4", *rules)
    (step,) = re.findall(r"^ +gamesim (show .*?)  +what each player was told$", told.out, re.MULTILINE)
    assert step == "show trust --set 'currency=all points' --set endowment=50"
    assert "and have 50 all points" in command(*shlex.split(step)).out
    assert f"gamesim {step.replace('show', 'play')} --agents uniform  random play, for scale\n" in told.out


def test_where_only_rules_play_nobody_was_told_anything(command: Command) -> None:
    told = command("play", "dictator", "--agents", "spe").out
    assert "gamesim play dictator --agents uniform" in told
    assert "gamesim show" not in told


def test_what_a_step_is_for_stands_on_a_line_that_fits(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_width", 80)
    words = ("play", "trust", "--agents", "mini", "--n", "4")
    name = "a_rather_long_name_of_a_folder_that_somebody_gave"
    lines = command(*words, "--set", "endowment=50", "--set", "currency=€", "--out", name).out.splitlines()
    saved = lines.index(f"saved in {name}")
    assert lines[saved + 1] == "(decisions.parquet opens in pandas and R)"
    assert lines[saved + 2].startswith(f"next:  gamesim compare {name}")
    assert lines[saved + 3 :] == [
        "       gamesim show trust --set 'currency=€' --set endowment=50",
        "           what each player was told",
        "       gamesim play trust --set 'currency=€' --set endowment=50 --agents uniform",
        "           random play, for scale",
    ]
    short = command(*words, "--out", "short").out
    assert "saved in short (decisions.parquet opens in pandas and R)\n" in short
    assert "gamesim show trust                   what each player was told\n" in short
