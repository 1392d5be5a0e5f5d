"""What players are told of links that change, and what they are asked about a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from strategies import Watcher, watched

from gamesim.catalog import find_game
from gamesim.errors import GamesimError
from gamesim.meeting import kind_of
from gamesim.observation import Observations
from gamesim.prompt import PLAIN, Style, texts
from gamesim.prompt.pack import export, open_pack
from gamesim.rewiring import KINDS, Strategic, find_rewiring
from gamesim.wiring import open_network

RING = "ring:n=10,k=2"
REWIRED = ("random:share=0.3", "growth:m=2", "strategic:share=0.5")


@dataclass(frozen=True)
class Asker(Watcher):
    """Is asked about links, as whoever reads is."""

    asked_for_links: ClassVar[bool] = True


def shown_to(
    name: str, rounds: int, matching: str, rewire: str, *, network: str = RING, **given: Any
) -> list[Observations]:
    """Give what readers are shown on a network that changes, questions about links among it."""
    game = find_game(name).from_settings(given.get("parameters", {}))
    begun, rewiring = find_rewiring(rewire).on(open_network(network, seed=1), game, 12)
    along: dict[str, Any] = {"matching": matching, "network": begun, "rewiring": rewiring}
    return watched(name, begun.n, rounds, **along, watching=Asker, **given)[1]


def read(obs: Observations, row: int, style: Style = PLAIN) -> str:
    return texts(obs.take(np.array([row])), style=style)[0][0].user


def questions(shown: list[Observations]) -> Iterator[tuple[str, str, int]]:
    """Give every question about a link, what was read before the round, and how many neighbours there were."""
    before: dict[int, str] = {}
    for obs in shown:
        if obs.stage != "link":
            before = {agent: read(obs, row) for row, agent in enumerate(obs.agent.tolist())}
            continue
        assert obs.neighbours is not None
        for row, agent in enumerate(obs.agent.tolist()):
            yield read(obs, row), before[agent], int(obs.neighbours.count[row])


def test_the_rules_of_a_question_about_a_link_are_those_of_the_own_group() -> None:
    asked = list(questions(shown_to("public_goods", 3, "neighbourhoods", "strategic:share=0.5")))
    assert len({many for _, _, many in asked}) > 2
    for text, before, many in asked:
        rules = before.partition(" You do this 3 times.")[0]
        assert f"You are in a group of {many + 1} p" in rules
        assert text.startswith(
            f"{rules} People who are linked are neighbours, and each of them is a member of the other's group. "
        )
        assert "all else is the same there." in text
        has = {0: "You have no neighbours", 1: "You have 1 neighbour,"}.get(
            many, f"You have {many} neighbours,"
        )
        assert has in text
        assert has in before


def test_a_question_about_a_link_tells_what_a_unit_pays_in_a_group_of_another_size() -> None:
    shown = shown_to(
        "public_goods", 3, "neighbourhoods", "strategic:share=0.5", parameters={"hold": "multiplier"}
    )
    asked = list(questions(shown))
    assert any(many == 2 for _, _, many in asked)
    for text, _, many in asked:
        assert many != 2 or "pays 0.6666666667 units to each" in text or "pays 0.67 units to each" in text
        assert "number of members of both groups; a unit put in there pays 2 divided by that number" in text
        earned = re.search(r"and earned (\S+) in all; the other", text)
        assert earned is not None
        assert re.fullmatch(r"\$\d+(\.\d{1,2})?", earned[1])


def test_a_question_about_a_link_follows_the_matching() -> None:
    along = [
        text for text, _, _ in questions(shown_to("prisoners_dilemma", 2, "edges", "strategic:share=0.5"))
    ]
    assert all("neighbours and play with each other. Between rounds" in text for text in along)
    assert all(
        "You have 2 neighbours: you make one choice, it counts with each of them" in text for text in along
    )
    paired = shown_to("prisoners_dilemma", 2, "random_neighbour", "strategic:share=0.5")
    for text, _, _ in questions(paired):
        assert "neighbours and may be paired with each other when pairs are formed. Between rounds" in text
        assert "You have 2 neighbours and are paired with one of them at random each time;" in text
        assert "counts with" not in text


def test_who_is_asked_about_a_link_reads_how_links_change() -> None:
    for text, before, _ in questions(shown_to("prisoners_dilemma", 2, "edges", "strategic:share=1")):
        assert f"{Strategic.told} You may be asked about one person or several, or about nobody." in text
        assert Strategic.told in before
        assert text.count("Between rounds") == before.count("Between rounds") == 1
        assert "You do this" not in text


def test_a_round_that_did_not_count_is_told_as_such_where_a_link_is_asked_about() -> None:
    def mute(obs: Observations) -> NDArray[np.bool_]:
        return np.isin(obs.agent, 1 if obs.stage != "link" else -1)

    shown = shown_to(
        "prisoners_dilemma", 2, "edges", "strategic:share=1", network="path_graph:n=5", mute=mute
    )
    asked = [
        read(obs, row)
        for obs in shown
        if obs.stage == "link"
        for row in range(len(obs))
        if obs.agent[row] == 0
    ]
    assert asked
    for text in asked:
        assert (
            "and earned $0 in all, since somebody made no decision, so that the round did not count;" in text
        )
        assert "no decision in all" not in text
    others = [
        read(obs, row)
        for obs in shown
        if obs.stage == "link"
        for row in range(len(obs))
        if obs.agent[row] == 4
    ]
    assert others
    assert not any("did not count" in text for text in others)


@pytest.mark.parametrize(
    ("rewire", "matching"),
    [
        (rewire, matching)
        for rewire in REWIRED
        for matching in ("edges", "random_neighbour", "stranger", "separate_edges")
        if not find_rewiring(rewire).why_not(kind_of(matching))
    ],
)
def test_players_read_that_links_change(rewire: str, matching: str) -> None:
    rule = find_rewiring(rewire)
    for given in ({"rounds": 3}, {"rounds": 1, "continuation": 0.7, "supergames": 2}):
        shown = shown_to("prisoners_dilemma", matching=matching, rewire=rewire, **given)
        for text in (read(obs, 0) for obs in shown if obs.stage != "link"):
            assert text.count(f" {rule.told}\n\n") == 1
            assert "with your neighbours each time" not in text


@pytest.mark.parametrize("rewire", REWIRED)
def test_a_single_round_says_nothing_of_links_that_change(rewire: str) -> None:
    assert "Between rounds" not in read(shown_to("prisoners_dilemma", 1, "edges", rewire)[0], 0)
    # Games of one round each: of the next one nobody knows.
    shown = shown_to("prisoners_dilemma", 1, "edges", rewire, supergames=2)
    assert not any("Between rounds" in read(obs, 0) for obs in shown if obs.stage != "link")


def test_a_network_that_cannot_change_is_not_told_to() -> None:
    shown = shown_to("prisoners_dilemma", 3, "separate_edges", "random:share=0.5", network="complete:n=4")
    assert not any("Between rounds" in read(obs, 0) for obs in shown)
    assert "with your neighbours each time" in read(shown[0], 0)


def test_pairs_that_last_are_of_those_who_were_neighbours() -> None:
    shown = shown_to("prisoners_dilemma", 5, "random_neighbour", "random:share=1", supergames=2)
    before: dict[int, int] = {}
    parted, had = 0, "one of those you had when pairs were formed"
    for obs in shown:
        assert obs.neighbours is not None
        network = obs.neighbours.network
        if obs.round == 1:
            before = {}
        for row, agent in enumerate(obs.agent.tolist()):
            text, many = read(obs, row), int(network.degree[agent])
            partner = before.setdefault(agent, int(obs.agent[row ^ 1]))
            beside = network.neighbours[network.starts[agent] : network.starts[agent + 1]]
            assert obs.round > 1 or partner in beside
            parted += partner not in beside
            assert "with the same people each time" in text
            assert many == 1 or f"You have {many} neighbours and are paired with {had}, at random;" in text
    assert parted
    mixed = shown_to("ultimatum", 2, "random_neighbour", "random:share=0.5", supergames=2)[0]
    assert f"{had} and who hold the other role, at random;" in read(mixed, 0)


def test_a_pack_says_in_its_own_words_that_links_change(tmp_path: Path) -> None:
    written = export(find_game("prisoners_dilemma"))
    assert all(f'{name} = "{kind.told}"' in written for name, kind in KINDS.items())
    file = tmp_path / "prisoners_dilemma.toml"
    file.write_text('[rewiring]\nrandom = "Die Nachbarn wechseln."\n', encoding="utf-8")
    obs = shown_to("prisoners_dilemma", 2, "edges", "random:share=0.5")[0]
    text = read(obs, 0, Style(pack=open_pack(tmp_path)))
    assert "and you earn the sum. Die Nachbarn wechseln.\n" in text
    assert "Between rounds" not in text
    file.write_text('[rewiring]\nrandm = "Die Nachbarn wechseln."\n', encoding="utf-8")
    with pytest.raises(GamesimError, match="unknown key 'randm'; did you mean 'random'"):
        open_pack(tmp_path)
