"""What matchings say of themselves, and that everybody heeds it whatever they are called."""

from __future__ import annotations

import ast
import dataclasses
import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from strategies import watched
from typed import Command

from gamesim import humans, open_run, play
from gamesim.analysis.society import departures
from gamesim.catalog import find_game
from gamesim.command.summing import print_summary
from gamesim.errors import GamesimError
from gamesim.matching import MATCHINGS
from gamesim.meeting import KINDS, Kind, kind_of, listed, of_settings, on_networks, repeated
from gamesim.network import Network
from gamesim.prompt import texts
from gamesim.prompt.pack import export
from gamesim.rewiring import Strategic
from gamesim.run import Run

SPOKEN_OF = {"whom", "many", "elsewhere", "neighbour", "group", "again", "sits"}
# A path of three, a star of four, and one agent without neighbours.
LINKED = Network.from_edges(8, np.array([[0, 1], [1, 2], [3, 4], [3, 5], [3, 6]]))
every_kind = pytest.mark.parametrize("name", KINDS)


def spoken_of(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@every_kind
def test_a_matching_says_all_that_is_told_of_it(name: str) -> None:
    kind = kind_of(name)
    assert kind.name == name
    assert name in MATCHINGS
    assert name in listed()
    assert (name in on_networks()) == kind.on_network
    page = Path(__file__).parent.parent / "docs" / "societies.md"
    assert f"`{name}`" in page.read_text(encoding="utf-8")
    assert all((kind.one, kind.many, kind.alone, *kind.others))
    assert set().union(*map(spoken_of, (kind.one, kind.many, kind.none))) <= SPOKEN_OF
    assert "many" in spoken_of(kind.many)
    # Who can decide about links is told what they mean.
    assert bool(kind.link) == (not Strategic(share=0.5).why_not(kind))
    assert spoken_of(kind.link) == ({"elsewhere"} if kind.link and kind.around else set())
    told = {field for text in (kind.one, kind.many) for field in spoken_of(text)}
    assert bool(told & {"neighbour", "group"}) == kind.apart
    assert ("elsewhere" in told) == (kind.together and kind.around)
    # Where people meet anew, players are told so before or beside their number of neighbours.
    assert (repeated().get(name) == kind.repeated != "") or kind.on_network
    assert kind.departure or not kind.on_network
    assert bool(kind.earned) == (kind.together or kind.apart)
    assert (kind.together or kind.apart or kind.around or bool(kind.unpaired)) == kind.on_network
    assert kind.pairs == (kind.on_network and not kind.around)
    if kind.together or kind.apart:
        other = kind_of(kind.other)
        assert (other.together, other.apart) == (kind.apart, kind.together)
        assert (other.around, other.other) == (kind.around, name)


def test_every_function_that_forms_groups_has_its_kind() -> None:
    assert list(MATCHINGS) == list(KINDS)
    assert all(function.__name__ == name for name, function in MATCHINGS.items())


def test_a_name_that_is_none_is_refused_and_a_missing_one_means_strangers() -> None:
    assert of_settings({}).name == "stranger"
    with pytest.raises(GamesimError, match="unknown matching 'edge'; did you mean 'edges'"):
        of_settings({"matching": "edge"})


def test_a_run_of_a_matching_that_is_none_is_refused_with_its_file(tmp_path: Path) -> None:
    play("dictator", "uniform", n=4, out=tmp_path / "run")
    about = tmp_path / "run" / "run.json"
    about.write_text(about.read_text(encoding="utf-8").replace('"stranger"', '"strangers"'), encoding="utf-8")
    with pytest.raises(
        GamesimError, match=r"run\.json: unknown matching 'strangers'; did you mean 'stranger'"
    ):
        open_run(tmp_path / "run")


def test_a_pack_says_again_whatever_is_said_of_repetition() -> None:
    written = export(find_game("prisoners_dilemma"))
    assert all(f'{name} = "{text}"' in written for name, text in repeated().items())


def add(name: str, monkeypatch: pytest.MonkeyPatch, **words: Any) -> Kind:
    """Add a matching that is as another in all but its name and these words."""
    kind = dataclasses.replace(KINDS[name], name="added", **words)
    monkeypatch.setitem(KINDS, "added", kind)
    monkeypatch.setitem(MATCHINGS, "added", MATCHINGS[name])
    return kind


def add_in_other_words(name: str, monkeypatch: pytest.MonkeyPatch) -> Kind:
    return add(
        name,
        monkeypatch,
        repeated="with whomever this test says",
        one="ONE NEIGHBOUR.",
        many="NEIGHBOURS: {many}.",
        none="NOBODY NEXT.",
        others=("the added one", "the added ones"),
        alone="is alone here",
        departure="added to the others",
        earned=KINDS[name].earned and "in whatever was added",
        unpaired=KINDS[name].unpaired and "goes without",
    )


def game_of(kind: Kind) -> str:
    return "public_goods" if kind.around else "prisoners_dilemma"


@every_kind
@pytest.mark.parametrize(
    "settings",
    [
        {"rounds": 3},
        {"rounds": 3, "supergames": 2, "rewire": "random:share=0.5"},
        {"continuation": 0.5, "roles": "random", "game": "trust"},
    ],
    ids=["rounds", "supergames on a network that changes", "chance"],
)
def test_a_matching_of_another_name_is_played_and_measured_alike(
    name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    added = add(name, monkeypatch)
    given: dict[str, Any] = {
        "game": game_of(added),
        "agents": "uniform,spe",
        "seed": 2,
        "network": LINKED,
    } | settings

    def refused_or_run(matching: str) -> str | Run:
        try:
            return play(**given, matching=matching)
        except GamesimError as refusal:
            return str(refusal)

    first, second = refused_or_run(name), refused_or_run("added")
    if isinstance(first, str) or isinstance(second, str):
        # A function that forms groups refuses in its own name.
        assert first == second
        return
    pd.testing.assert_frame_equal(first.decisions.drop(columns="run"), second.decisions.drop(columns="run"))
    pd.testing.assert_frame_equal(first.series(), second.series())
    assert first.settings.society == second.settings.society
    assert first.settings.game == second.settings.game
    assert repr(first.compare().rows) == repr(second.compare().rows)


@every_kind
def test_a_matching_is_told_of_in_its_own_words(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    added = add_in_other_words(name, monkeypatch)
    run = play(game_of(added), "uniform", network=LINKED, matching="added", rounds=2)
    notes = " ".join(run.settings.notes)
    assert "(7); under added whoever has none is alone here" in notes
    assert ("matching added: whoever goes without sits the round out" in notes) == bool(added.unpaired)
    assert "added to the others" in departures(run.settings.model_dump(), humans.references()[0])
    capsys.readouterr()
    print_summary(run)
    assert ("earned: in whatever was added" in capsys.readouterr().out) == bool(added.earned)


@every_kind
def test_players_read_what_a_matching_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    added = add_in_other_words(name, monkeypatch)
    for given, lasts in (({}, False), ({"supergames": 2}, added.lasting)):
        settings: dict[str, Any] = {"network": LINKED, "matching": "added", "reputation": "image", **given}
        first, second = watched(game_of(added), 8, 2, **settings)[1][:2]
        for row, agent in enumerate(first.agent):
            text = texts(first.take(np.array([row])))[0][0].user
            many = int(LINKED.degree[agent])
            assert {0: "NOBODY NEXT.", 1: "ONE NEIGHBOUR."}.get(many, f"NEIGHBOURS: {many}.") in text
            # Who is a group of one meets nobody.
            assert not many or ("with whomever this test says" in text) == (not lasts)
            assert not many or ("with the same people each time" in text) == lasts
        assert any("the added one" in page.user.lower() for page in texts(second)[0])


@every_kind
def test_players_of_a_matching_of_another_name_read_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = game_of(add(name, monkeypatch))
    pages = [
        [texts(obs)[0] for obs in watched(game, 8, 3, network=LINKED, matching=each, supergames=2)[1]]
        for each in (name, "added")
    ]
    assert pages[0] == pages[1]


def test_nobody_else_knows_a_matching_by_its_name() -> None:
    package = Path(__file__).parent.parent / "gamesim"
    # What players know of each other can be that of partners, and edges are also counted.
    names = {*KINDS} - {"partner", "edges"}
    for file in sorted({*package.rglob("*.py")} - {package / "meeting.py"}):
        written = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        known = {each.value for each in written if isinstance(each, ast.Constant)} & names
        assert not known, file


def test_the_help_lists_what_there_is(command: Command) -> None:
    out = " ".join(command("play", "--help").out.split())
    assert listed() in out
