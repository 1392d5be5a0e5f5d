"""What readers are told of who is asked when, of whom they play with, of groups that differ or fail, of earnings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from strategies import watched

from gamesim.catalog import find_game
from gamesim.errors import GamesimError
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.prompt import PLAIN, Round, Style, history, texts
from gamesim.prompt.history import summary
from gamesim.prompt.pack import open_pack
from gamesim.prompt.wording import own
from gamesim.prompt.words import terms
from gamesim.rewiring import Growth, Random
from gamesim.wiring import open_network

UNASKED = "In some rounds you are not asked; your last choice then counts again."
STAR = Network.from_edges(4, np.array([[0, 1], [0, 2], [0, 3]]))


def shown_to(name: str, n: int, rounds: int, **given: Any) -> list[Observations]:
    """Give what uniform players are shown in every round."""
    return watched(name, n, rounds, **{"seed": 0, **given})[1]


def read(obs: Observations, agent: int, style: Style = PLAIN) -> str:
    row = np.flatnonzero(obs.agent == agent)[:1]
    return texts(obs.take(row), style=style)[0][0].user


@pytest.mark.parametrize("update", ["sequential", "death_birth"])
def test_who_is_not_asked_in_every_round_is_told_so(update: str) -> None:
    shown = shown_to("prisoners_dilemma", 4, 6, update=update)
    assert all(UNASKED in read(obs, int(obs.agent[0])) for obs in shown)
    last = shown[-1]
    agent = int(last.agent[0])
    asked = {obs.round for obs in shown if agent in obs.agent}
    lines = [line for line in read(last, agent).splitlines() if line.startswith("- Round ")]
    assert len(lines) == 5
    again = [number for number, line in enumerate(lines, 1) if "you were not asked and your last" in line]
    assert again == [number for number in range(1, 6) if number not in asked]
    assert again
    for number in again:
        chosen = lines[number - 1].partition("your last choice counted again: ")[2]
        assert chosen[: len("you chose A")] in lines[number - 2]


def test_who_is_asked_in_every_round_is_told_nothing_of_it() -> None:
    assert UNASKED not in read(shown_to("prisoners_dilemma", 4, 3)[-1], 0)
    assert UNASKED not in read(shown_to("prisoners_dilemma", 4, 1, update="sequential")[0], 0)


def test_a_conversation_has_no_turn_for_a_round_without_a_question() -> None:
    shown = shown_to("prisoners_dilemma", 4, 6, update="sequential")
    agent = int(shown[-1].agent[0])
    text = texts(shown[-1].take(np.array([0])), style=Style(chat=True))[0][0]
    assert len(text.earlier) == sum(agent in obs.agent for obs in shown[:-1])
    assert "your last choice counted again: you chose" in f"{text.earlier} {text.user}"


def test_a_pack_says_in_its_own_words_who_is_not_asked(tmp_path: Path) -> None:
    content = '[rounds]\nunasked = "Nicht immer."\n[history]\nkept = "wie zuvor: {line}"\n'
    (tmp_path / "prisoners_dilemma.toml").write_text(content, encoding="utf-8")
    obs = shown_to("prisoners_dilemma", 4, 6, update="sequential")[-1]
    text = read(obs, int(obs.agent[0]), Style(pack=open_pack(tmp_path)))
    assert "at random each time. Nicht immer." in text
    assert ": wie zuvor: you chose" in text
    assert "not asked" not in text
    whole = "".join(f'[{when}]\nchoose = "{{options}}? {{answer}}"\n' for when in ("first", "later"))
    (tmp_path / "prisoners_dilemma.toml").write_text(whole, encoding="utf-8")
    with pytest.raises(GamesimError, match="leaves out: In some rounds you are not asked"):
        read(obs, int(obs.agent[0]), Style(pack=open_pack(tmp_path)))


def test_who_may_find_nobody_free_is_told_so_before_and_after() -> None:
    shown = shown_to("prisoners_dilemma", 4, 6, network=STAR, matching="random_neighbour")
    hub = read(shown[-1], 0)
    assert (
        "You have 3 neighbours and are paired with one of them at random each time; who finds nobody free sits the "
        "round out." in hub
    )
    assert "you sat out" not in hub
    last = shown[-1]
    leaf = int(last.agent[last.agent > 0][0])
    text = read(last, leaf)
    assert "You have 1 neighbour; who finds nobody free sits the round out." in text
    out = [obs.round for obs in shown[:-1] if leaf not in obs.agent]
    assert out
    assert [number for number in range(1, 6) if f"- Round {number}: you sat out." in text] == out


def test_pairs_that_last_are_sat_out_as_long() -> None:
    shown = shown_to("prisoners_dilemma", 4, 2, network=STAR, matching="random_neighbour", supergames=2)
    told = (
        "are paired with one of them at random; who finds nobody free sits out until pairs are formed anew."
    )
    assert f"You have 3 neighbours and {told}" in read(shown[0], 0)


@pytest.mark.parametrize(
    ("parameters", "there"),
    [
        ({"hold": "multiplier"}, "a unit put in there pays 2 divided by that number to each of them."),
        (
            {"hold": "multiplier", "spread": True},
            "a unit put in there pays 2 divided by that number to each of them.",
        ),
        ({}, "all else is the same there."),
    ],
)
def test_groups_of_another_size_are_told_of(parameters: dict[str, Any], there: str) -> None:
    settings: dict[str, Any] = {"parameters": parameters, "matching": "neighbourhoods"}
    (obs,) = shown_to("public_goods", 4, 1, network=STAR, **settings)
    assert f"Your neighbour's group may have another number of members; {there}" in read(obs, 1)
    assert f"Your neighbours' groups may have another number of members; {there}" in read(obs, 0)
    (alike,) = shown_to("public_goods", 6, 1, network=open_network("cycle_graph:n=6"), **settings)
    assert "another number" not in read(alike, 0)


def test_what_is_told_of_a_unit_in_another_group_is_what_it_pays() -> None:
    game: Any = find_game("public_goods").from_settings({"hold": "multiplier"})
    for size in (2, 4, 7):
        assert game.sized(size).elsewhere() == game.elsewhere()
        assert game.sized(size).mpcr * size == pytest.approx(2)


@pytest.mark.parametrize("matching", ["separate_neighbourhoods", "neighbourhoods", "separate_edges", "edges"])
def test_one_neighbour_is_spoken_of_as_one(matching: str) -> None:
    name = "public_goods" if "neighbourhoods" in matching else "prisoners_dilemma"
    (obs,) = shown_to(name, 4, 1, network=STAR, matching=matching)
    text = read(obs, 1)
    assert "You have 1 neighbour" in text
    assert not re.search(r"all of them|each of|each game", text)
    assert re.search(r"all of them|each of", read(obs, 0))


def changing() -> tuple[Observations, dict[int, set[frozenset[int]]]]:
    """Play along the links of a ring that change, and give the last round and who was linked in each."""
    model, shown = watched(
        "prisoners_dilemma",
        8,
        5,
        matching="separate_edges",
        network=open_network("ring:n=8,k=2"),
        rewiring=Random(share=0.5),
    )
    table = model.recorder.table()
    linked: dict[int, set[frozenset[int]]] = {number: set() for number in range(1, 6)}
    for number in linked:
        for _, pair in table[table["round"] == number].groupby("group"):
            linked[number].add(frozenset(pair["agent"].tolist()))
    return shown[-1], linked


def test_a_round_before_a_link_is_not_told_as_sat_out() -> None:
    obs, linked = changing()
    assert obs.apart is not None
    before = 0
    for row, (agent, name) in enumerate(zip(obs.agent.tolist(), obs.apart.name.tolist(), strict=True)):
        pair = frozenset({agent, name - 1})
        apart = [number for number in range(1, 5) if pair not in linked[number]]
        before += len(apart)
        text = texts(obs.take(np.array([row])))[0][0].user
        said = "you were not linked with this neighbour."
        assert [number for number in range(1, 5) if f"- Round {number}: {said}" in text] == apart
        assert "sat out" not in text
        short = texts(obs.take(np.array([row])), style=Style(memory="summary"))[0][0].user
        told = f"You had no link to this neighbour in {len(apart)} of the 4 rounds so far; over the others"
        assert (told in short) == (0 < len(apart) < 4)
    assert before


def test_a_pack_says_in_its_own_words_that_there_was_no_link(tmp_path: Path) -> None:
    content = '[history]\nunlinked = "noch kein Nachbar"\n'
    (tmp_path / "prisoners_dilemma.toml").write_text(content, encoding="utf-8")
    obs, _ = changing()
    written, _ = texts(obs, style=Style(pack=open_pack(tmp_path)))
    assert any("- Round 1: noch kein Nachbar." in text.user for text in written)


def test_a_group_of_ones_own_was_not_there_before_one_joined() -> None:
    game = find_game("public_goods").from_settings({})
    network, rule = Growth(m=2).on(open_network("complete:n=4"), game, 6)
    _, shown = watched(game, 6, 3, matching="separate_neighbourhoods", network=network, rewiring=rule)
    obs = shown[-1]
    assert obs.apart is not None
    newest = int(obs.agent.max())
    for row in np.flatnonzero(obs.agent == newest):
        text = texts(obs.take(np.array([row])))[0][0].user
        own = obs.apart.name[row] == 0
        assert ("- Round 1: you had not joined yet." in text) == own
        assert ("- Round 1: you were not linked with this neighbour." in text) != own


@pytest.mark.parametrize("matching", ["edges", "neighbourhoods", "separate_edges"])
def test_a_newcomer_reads_nothing_of_sitting_out(matching: str) -> None:
    game = find_game("prisoners_dilemma" if "edges" in matching else "public_goods").from_settings({})
    network, rule = Growth(m=1).on(open_network("complete:n=3"), game, 6)
    _, shown = watched(game, 6, 5, matching=matching, network=network, rewiring=rule)
    for obs, before in ((shown[3], 3), (shown[4], 3)):
        (row, *_) = np.flatnonzero(obs.agent == 5).tolist()
        one = obs.take(np.array([row]))
        full, short = (texts(one, style=Style(memory=memory))[0][0].user for memory in ("full", "summary"))
        assert "sat out" not in full + short
        if matching == "separate_edges":
            assert full.count("you were not linked with this neighbour.") == before
            assert ("You had no link to this neighbour in any of the 3 rounds so far." in short) == (
                obs.round == 4
            )
        else:
            assert full.count("you had not joined yet.") == before
            whole = "You had not joined yet in any of the 3 rounds so far."
            part = "You had not joined yet in 3 of the 4 rounds so far; over the others you "
            assert (whole if obs.round == 4 else part) in short


def news(obs: Observations, row: int) -> list[str]:
    text = texts(obs.take(np.array([row])))[0][0].user
    line = re.search(r"What your neighbours did in the last round: (.*?)\.\n", text)
    assert line is not None
    return sorted(re.split("[,;] ", line[1]))


def test_neighbours_with_nothing_to_decide_did_not_fail_to_answer() -> None:
    network = open_network("ring:n=8,k=2")
    model, shown = watched("dictator", 8, 2, network=network, roles="random")
    obs, gave = shown[-1], model.plays[0]
    done = dict(zip(gave.seats("dictator").deciders.tolist(), gave["give"].tolist(), strict=True))
    got = dict(zip(gave.seats("recipient").deciders.tolist(), gave["give"].tolist(), strict=True))
    for row, agent in enumerate(obs.agent.tolist()):
        around = [(agent + step) % 8 for step in (-1, 1)]
        told = [
            f"${done[i]:g} (earned ${100 - done[i]:g})"
            if i in done
            else f"nothing to decide (earned ${got[i]:g})"
            for i in around
        ]
        assert news(obs, row) == sorted(told)


def test_neighbours_who_sat_out_did_not_fail_to_answer() -> None:
    shown = shown_to("prisoners_dilemma", 4, 2, network=STAR, matching="random_neighbour")
    last = shown[-1]
    (row,) = np.flatnonzero(last.agent == 0).tolist()
    assert news(last, row)[-2:] == ["sat out", "sat out"]
    assert last.neighbours is not None
    play = last.neighbours.play
    assert play is not None
    play.decided["choose"] = np.full(2, np.nan)
    assert [told.partition(" (")[0] for told in news(last, row)] == ["no decision", "sat out", "sat out"]


def test_readers_share_a_text_only_where_neighbours_had_as_much_to_decide() -> None:
    network = open_network("ring:n=200,k=2")
    _, shown = watched(
        "dictator",
        200,
        2,
        network=network,
        matching="random_neighbour",
        roles="random",
        neighbours="actions",
        parameters={"endowment": 1},
    )
    obs = shown[-1]
    written, row = texts(obs)
    assert len(written) < len(obs)
    for decider in range(len(obs)):
        assert written[row[decider]] == texts(obs.take(np.array([decider])))[0][0]


def test_who_decides_alone_is_matched_with_nobody() -> None:
    network = open_network("ring:n=6,k=2")
    for name in ("bomb_risk", "lottery_menu"):
        obs = shown_to(name, 6, 2, network=network)[-1]
        text = read(obs, int(obs.agent[0]))
        assert "You have 2 neighbours." in text
        assert "matched" not in text
        assert "What your neighbours did in the last round" in text
    obs = shown_to("dictator", 6, 1, network=network)[-1]
    assert "2 neighbours, but play with whomever you are matched with." in read(obs, int(obs.agent[0]))


def test_neighbours_of_the_same_role_are_no_partners() -> None:
    network = open_network("complete:n=6")
    said = "paired with one of those among them who hold the other role, at random each time;"
    obs = shown_to("trust", 6, 2, network=network, matching="random_neighbour")[-1]
    assert said in read(obs, int(obs.agent[0]))
    for given in ({"name": "trust", "roles": "random"}, {"name": "prisoners_dilemma"}):
        obs = shown_to(n=6, rounds=2, network=network, matching="random_neighbour", **given)[-1]
        assert "paired with one of them at random each time;" in read(obs, int(obs.agent[0]))


def past_told(obs: Observations, agent: int, style: Style = PLAIN) -> list[str]:
    """Give the lines on past rounds, the summary among them."""
    lines = read(obs, agent, style).splitlines()
    return [line for line in lines if line.startswith(("- Round ", "Over the ", "You sat out "))]


def muted(*agents: int, round: int = 1) -> Callable[[Observations], NDArray[np.bool_]]:
    """Let some agents give no answer in a round."""
    return lambda obs: np.isin(obs.agent, agents) & (obs.round == round)


SUMMED = Style(memory="summary")
ALONG = {"network": STAR, "matching": "edges"}
AROUND = {"network": STAR, "matching": "neighbourhoods"}


def test_a_summary_gives_the_share_of_games_where_neighbours_differed() -> None:
    last = shown_to("stag_hunt", 4, 5, **ALONG)[-1]
    other = last.past.told("other")[:, 0]
    assert ((other > 0) & (other < 1)).any()
    b = float(other.mean())
    shares = f"A in {100 - 100 * b:.1f} % of the games and B in {100 * b:.1f} %;".replace(".0 %", " %")
    assert f"and the other chose {shares} you earned $" in past_told(last, 0, SUMMED)[0]


def test_a_summary_weighs_rounds_by_the_games_that_counted() -> None:
    game = find_game("stag_hunt")()
    rounds = [
        Round({"choose": 0.0, "other": other, "earned": 1.0}, games=games, void=void, kind="games")
        for other, games, void in ((1.0, 4, 1), (0.0, 1, 0), (0.5, 4, 2))
    ]
    said = summary("player", rounds, terms(game), own(type(game)))
    assert "and the other chose A in 33.3 % of the games and B in 66.7 %;" in said
    assert said.endswith(
        "Over these rounds 3 of your 9 games did not count, since somebody there made no decision."
    )


def test_a_share_of_games_is_told_as_all_only_where_it_is_all() -> None:
    speech = terms(find_game("stag_hunt")())
    assert speech.say({"other": 1 / 300}, games=True)["other"] == "A in 99.7 % of the games and B in 0.3 %"
    assert speech.say({"other": 1.0}, games=True)["other"] == "B in all of the games"


@pytest.mark.parametrize("name", ["public_goods", "beauty_contest", "common_pool", "prisoners_dilemma"])
def test_earnings_from_several_groups_are_told_once(name: str) -> None:
    along = ALONG if name == "prisoners_dilemma" else AROUND
    last = shown_to(name, 4, 3, **along)[-1]
    for agent in (0, 1) if name != "prisoners_dilemma" else (0,):
        row = int(np.flatnonzero(last.agent == agent)[0])
        lines = past_told(last, agent)
        for line, earned in zip(lines, last.past.earned()[:, row], strict=True):
            assert line.count("earned") == 1
            assert line.endswith(f"earned {last.game.money(round(float(earned), 2))}.")


def test_earnings_that_follow_from_the_rest_are_not_told() -> None:
    assert "earned" not in " ".join(past_told(shown_to("prisoners_dilemma", 4, 3)[-1], 0))
    assert "earned" not in " ".join(past_told(shown_to("prisoners_dilemma", 4, 3, **ALONG)[-1], 1))


def test_whether_a_guess_has_won_is_told() -> None:
    last = shown_to("beauty_contest", 3, 3, parameters={"group_size": 3})[-1]
    for row, agent in enumerate(last.agent.tolist()):
        won = [float(amount) for amount in last.past.earned()[:, row]]
        for line, earned in zip(past_told(last, agent), won, strict=True):
            assert line.endswith(f"and you earned {last.game.money(round(earned, 2))}.")


@pytest.mark.parametrize(("matching", "kind"), [("edges", "game"), ("neighbourhoods", "group")])
def test_in_how_many_groups_a_choice_counted_is_told_where_links_change(matching: str, kind: str) -> None:
    name = "prisoners_dilemma" if matching == "edges" else "public_goods"
    network = open_network("erdos_renyi:n=8,p=0.35")
    rewiring = Random(share=0.5)
    last = shown_to(name, 8, 5, network=network, matching=matching, rewiring=rewiring)[-1]
    games = last.past.games()
    told = 0
    for agent in range(8):
        lines = past_told(last, agent)
        if np.ptp(games[:, agent]) == 0 or games[:, agent].min() == 0:
            continue
        for line, many in zip(lines, games[:, agent].tolist(), strict=True):
            assert f"; you were in {many:.0f} {kind}{'' if many == 1 else 's'}." in line
            assert line.count("you earned") == 1
            told += many > 1
        in_all = f"You were in {games[:, agent].sum():.0f} {kind}s in all."
        assert past_told(last, agent, SUMMED)[0].endswith(in_all)
    assert told


def test_how_a_round_reads_hangs_on_its_own_games_and_not_on_those_of_now() -> None:
    rounds = [
        Round({"choose": 0.0, "other": 1.0, "earned": 0.0}, games=many, kind="games", sums=True, varies=True)
        for many in (1, 2)
    ]
    assert history(find_game("stag_hunt")(), "player", rounds).splitlines() == [
        "- Round 1: you chose A and the other chose B; you earned $0; you were in 1 game.",
        "- Round 2: you chose A and the other chose B in all of the games; you earned $0; you were in 2 games.",
    ]


def test_amounts_of_several_others_are_told_as_a_mean() -> None:
    last = shown_to("money_request", 4, 2, **ALONG)[-1]
    assert re.search(r"the other requested \$[\d.]+ on average, and you earned", past_told(last, 0)[0])
    assert re.search(r"the other requested \$\d+, and you earned", past_told(last, 1)[0])


def test_who_has_nobody_to_play_with_is_told_so() -> None:
    network = Network.from_edges(4, np.array([[0, 1], [0, 2]]))
    last = shown_to("prisoners_dilemma", 4, 4, network=network, matching="edges")[-1]
    lines = past_told(last, 3)
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(
            r"- Round \d: you decided: choose [AB]; you had nobody to play with, so you earned nothing\.",
            line,
        )
    said = past_told(last, 3, SUMMED)[0]
    assert "the other" not in said
    assert said.endswith(
        "you earned $0 on average. In 3 of these you had nobody to play with and earned nothing."
    )


def test_a_summary_speaks_of_others_only_where_there_were_any() -> None:
    game = find_game("prisoners_dilemma")()
    rounds = [
        Round({"choose": 0.0, "other": np.nan, "earned": 0.0}, games=0, kind="games"),
        Round({"choose": 1.0, "other": 0.0, "earned": 700.0}, kind="games"),
    ]
    assert summary("player", rounds, terms(game), own(type(game))) == (
        "Over the 2 rounds so far you chose A once and B once and the other chose A once; you earned $350 on average. "
        "In 1 of these you had nobody to play with and earned nothing."
    )
    group = find_game("public_goods")()
    alone = Round({"contribute": 6.0, "others_mean": np.nan, "earned": 17.0})
    others = Round({"contribute": 6.0, "others_mean": 4.0, "earned": 20.0}, games=2)
    said = summary("member", [alone, others], terms(group), own(type(group)))
    assert "the others on average $4;" in said


def test_groups_that_did_not_count_are_told() -> None:
    last = shown_to("public_goods", 4, 3, **AROUND, mute=muted(1))[-1]
    earned = last.past.earned()[0]
    void = "did not count, since somebody there made no decision."
    assert past_told(last, 1)[0] == "- Round 1: you made no decision."
    hub, leaf = past_told(last, 0)[0], past_told(last, 2)[0]
    assert re.match(r"- Round 1: you contributed \$\d+; you earned \$", hub)
    assert f"; you earned {last.game.money(round(float(earned[0]), 2))}; 2 of your 4 groups {void}" in hub
    assert f"; you earned {last.game.money(round(float(earned[2]), 2))}; 1 of your 2 groups {void}" in leaf
    assert "did not count" not in past_told(last, 0)[1]
    assert past_told(last, 0, SUMMED)[0].endswith(f"Over these rounds 2 of your 8 groups {void}")


def test_games_that_did_not_count_are_told() -> None:
    last = shown_to("prisoners_dilemma", 4, 2, **ALONG, mute=muted(1))[-1]
    assert "; 1 of your 3 games did not count, since" in past_told(last, 0)[0]
    last = shown_to("prisoners_dilemma", 4, 2, **ALONG, mute=muted(1, 2, 3))[-1]
    none = "in each of your 3 games somebody made no decision, so the round did not count."
    assert past_told(last, 0)[0].endswith(none)
    last = shown_to("prisoners_dilemma", 4, 2, **ALONG, mute=muted(0))[-1]
    assert past_told(last, 1)[0].endswith(
        "you decided: choose B; somebody in your group made no decision, so the round did not count."
    )


def test_decisions_and_roles_go_by_the_names_that_readers_know() -> None:
    shown = shown_to("peer_punishment", 4, 1, mute=lambda obs: np.isin(obs.agent, -1))
    decided = [read(obs, 0) for obs in shown if obs.stage == "punish_2"]
    assert decided
    assert all(
        re.search(
            r"already decided: contribute \$\d+; for the lowest other contributor \d+ points?\.\n", text
        )
        for text in decided
    )
    last = shown_to("peer_punishment", 4, 2, mute=lambda obs: np.isin(obs.agent, 1))[-1]
    (line,) = past_told(last, 0)
    assert "you decided: contribute $" in line
    assert "_" not in line
    last = shown_to("third_party_punishment", 6, 6, roles="random")[-1]
    lines = [line for agent in last.agent.tolist() for line in past_told(last, agent)]
    assert any(re.match(r"- Round \d: as third party, ", line) for line in lines)
    assert not any("third_party" in line for line in lines)


def test_a_round_without_a_text_of_its_own_is_told_in_names_without_underscores() -> None:
    game = find_game("lottery_menu")()
    round_ = Round({"row_1": 0.0, "row_2": 1.0, "earned": 2.0})
    without = replace(own(type(game)), recall={})
    said = history(game, "player", [round_], wording=without)
    assert said == "- Round 1: in decision 1 A; in decision 2 B; earned $2."


def test_who_lost_more_games_reads_another_text() -> None:
    network = Network.from_edges(6, np.array([[0, 1], [0, 2], [3, 4], [3, 5]]))
    for seed in range(200):
        last = shown_to(
            *("prisoners_dilemma", 6, 2),
            network=network,
            matching="edges",
            seed=seed,
            mute=muted(2),
            neighbours="nothing",
        )[-1]
        done = last.past.own("choose")[0, [0, 1, 3, 4, 5]]
        if done.tolist() == [0, 1, 0, 1, 1]:
            # Both centres chose A, were told of B alone, and earned nothing.
            assert "1 of your 2 games did not count" in read(last, 0)
            assert "did not count" not in read(last, 3)
            written, row = texts(last)
            assert written[row[0]] != written[row[3]]
            return
    raise AssertionError("no seed gives both centres the same choices")


def test_a_summary_of_pairs_counts_the_rounds_that_failed() -> None:
    game = find_game("prisoners_dilemma")()
    failed = Round({"choose": 0.0, "other": np.nan, "earned": np.nan}, void=1)
    lived = Round({"choose": 1.0, "other": 1.0, "earned": 300.0})
    lost = "In 1 of these somebody in your group made no decision, so that nothing counted."
    assert summary("player", [failed, lived], terms(game), own(type(game))) == (
        "Over the 2 rounds so far you chose A once and B once and the other chose B once and no decision once; you "
        f"earned $300 on average. {lost}"
    )
    assert summary("player", [failed, failed], terms(game), own(type(game))) == (
        f"Over the 2 rounds so far you decided: choose A twice. {lost.replace('1', '2')}"
    )


@pytest.mark.parametrize("chat", [False, True])
def test_a_summary_knows_of_rounds_without_a_question(chat: bool) -> None:
    style = Style(memory="summary", chat=chat)
    shown = shown_to("prisoners_dilemma", 4, 5, network=STAR, matching="random_neighbour", seed=3)
    seen = set()
    for obs in shown[2:]:
        for agent in obs.agent[obs.agent > 0].tolist():
            text = texts(obs.take(np.flatnonzero(obs.agent == agent)), style=style)[0][0]
            whole = "\n".join([*(asked for asked, _ in text.earlier), text.user])
            out = sum(agent not in each.agent for each in shown[: obs.round - 1])
            some = f"You sat out {out} of the {obs.round - 1} rounds so far; over the others you chose "
            everything = f"You sat out all of the {obs.round - 1} rounds so far."
            assert (everything if out == obs.round - 1 else some) in whole
            assert "no decision" not in whole
            seen.add(out == obs.round - 1)
    assert seen == {True, False}
    kept = shown_to("prisoners_dilemma", 4, 5, update="sequential")[-1].take(np.array([0]))
    text = texts(kept, style=style)[0][0]
    stood = int(kept.past.kept().sum())
    again = f"In {stood} of these you were not asked and your last choice counted again."
    assert again in f"{text.earlier} {text.user}"


def test_earnings_in_a_question_are_rounded_as_elsewhere() -> None:
    speech = terms(find_game("public_goods")())
    said = speech.say({"earned": 188 / 9, "contribute": 0.125}, exact=True)
    assert said == {"earned": "$20.89", "contribute": "$0.125"}
