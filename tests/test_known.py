"""What readers are told of the reputation of others: nothing false, in words, and under which role."""

from __future__ import annotations

import re

import numpy as np
import pytest
from strategies import watched

from gamesim import catalog
from gamesim.observation import Observations
from gamesim.prompt import texts
from gamesim.prompt.knowledge import known_lines
from gamesim.simulation import Simulation
from gamesim.wiring import open_network


def read(obs: Observations, row: int) -> str:
    return texts(obs.take(np.array([row])))[0][0].user


def partner(model: Simulation, number: int, agent: int) -> int:
    """Give the other of a pair in a round."""
    groups = model.plays[number - 1].groups
    pairs = np.column_stack([each.deciders for each in groups.seats.values()])
    (pair,) = pairs[(pairs == agent).any(axis=1)]
    return int(pair[pair != agent][0])


def did(model: Simulation, number: int, agent: int, stage: str) -> float | None:
    """Give what somebody did in a round, if anything was to do in the role held then."""
    play = model.plays[number - 1]
    deciders = play.seats(model.game.decider(stage)).deciders.tolist()
    return float(play.decided[stage][deciders.index(agent)]) if agent in deciders else None


def test_a_share_of_many_games_is_not_told_as_a_number_of_rounds() -> None:
    network = open_network("karate_club")
    model, shown = watched(
        "prisoners_dilemma", network.n, 3, matching="separate_edges", network=network, reputation="image"
    )
    obs = shown[-1]
    table = model.recorder.table()
    done = table[table["round"] < 3]
    shares = 100 * (done["action"] == 0).groupby([done["agent"], done["round"]]).mean()
    assert obs.apart is not None
    for row, (agent, name) in enumerate(zip(obs.agent.tolist(), obs.apart.name.tolist(), strict=True)):
        other = int(network.neighbours[network.starts[agent] + name - 1])
        told = re.search(
            r"This neighbour has chosen A in ([\d.]+) % of its games, on average over 2 rounds\.",
            read(obs, row),
        )
        assert told is not None
        assert float(told[1]) == pytest.approx(np.mean([shares[other, 1], shares[other, 2]]), abs=0.051)


@pytest.mark.parametrize("reputation", ["partner", "list"])
def test_what_was_done_is_told_with_the_role_and_the_round_where_roles_change(reputation: str) -> None:
    model, shown = watched("trust", 6, 8, roles="random", matching="partner", reputation=reputation)
    unknown = 0
    for obs in shown:
        stage, role = ("return", "trustee") if obs.role == "investor" else ("send", "investor")
        for row, agent in enumerate(obs.agent.tolist()):
            other = partner(model, obs.round, agent)
            done = {number: did(model, number, other, stage) for number in range(1, obs.round)}
            listed = "; ".join(
                f"round {number}: ${amount:g}" for number, amount in done.items() if amount is not None
            )
            text = read(obs, row)
            unknown += not listed
            if reputation == "list":
                who = "the person you meet did"
                told = f"What {who} as {role} so far, oldest first: {listed}."
                nothing = f"Nothing is known yet of what {who} as {role}."
            elif obs.round == 1:
                told = nothing = "You have not met this person before."
            else:
                met = f"this person in {obs.round - 1} round{'' if obs.round == 2 else 's'} before."
                told = f"{met} What this person did then as {role}, oldest first: {listed}."
                nothing = f"{met} Nothing is known of what this person did then as {role}."
            assert (told if listed else nothing) in text
    assert unknown > 6


def test_the_image_is_told_with_the_role_where_roles_change() -> None:
    _, shown = watched("ultimatum", 6, 6, roles="random", reputation="image", parameters={"sequential": True})
    for obs in shown[-2:]:
        stage, role = ("answer", "responder") if obs.role == "proposer" else ("offer", "proposer")
        for row in range(len(obs)):
            rounds = int(obs.known[f"rounds.{stage}"][row])
            counted = f"{rounds} round{'' if rounds == 1 else 's'} as {role}"
            said = (
                f"of {counted}." if stage == "answer" else f"In {counted} so far, the person you meet chose"
            )
            assert (said if rounds else f"of what the person you meet did as {role}.") in read(obs, row)


def test_a_round_without_a_decision_leaves_a_gap() -> None:
    _, shown = watched("prisoners_dilemma", 4, 4, reputation="list")
    obs = shown[-1]
    whole = read(obs, 0)
    assert re.search(r"did so far, oldest first: [AB], [AB], [AB]\.", whole)
    obs.known["list.2.choose=cooperate"][0] = np.nan
    assert re.search(r"did so far, oldest first: round 1: [AB]; round 3: [AB]\.", read(obs, 0))


def test_rounds_of_games_before_are_told_apart() -> None:
    _, shown = watched("trust", 2, 3, roles="random", supergames=2, reputation="list", seed=3)
    texts_of = {obs.role: read(obs, 0) for obs in shown[-2:]}
    before, now = r"before this game: \$\d+(, \$\d+)*", r"round [12]: \$\d+"
    for role, text in texts_of.items():
        other = "trustee" if role == "investor" else "investor"
        line = re.search(rf"did as {other} so far, oldest first: (.*)\.\n", text)
        assert line is not None
        assert re.fullmatch(rf"({before})?(; )?({now}(; {now})*)?", line[1])
    together = " ".join(texts_of.values())
    assert "before this game: $" in together
    assert re.search(now, together)


def test_one_of_several_others_who_decides_is_not_averaged_with_those_who_do_not() -> None:
    _, shown = watched("third_party_punishment", 6, 3, reputation="image")
    transfer, punish = shown[-2:]
    for obs, stage in ((transfer, "punish"), (punish, "transfer")):
        assert obs.known[f"rounds.{stage}"].tolist() == [2, 2]
        assert "In 2 rounds so far, the others in your group chose" in read(obs, 0)
    _, listed = watched("third_party_punishment", 6, 3, reputation="list")
    assert re.search(
        r"the others in your group did so far, oldest first: \d+ points?, \d+ points?\.", read(listed[-2], 0)
    )


def test_a_mean_over_others_is_told_as_one() -> None:
    _, shown = watched("public_goods", 8, 3, reputation="list")
    assert "What the others in your group did on average so far, oldest first: $" in read(shown[-1], 0)
    network = open_network("ring:n=6,k=2")
    _, shown = watched(
        "public_goods", 6, 3, matching="separate_neighbourhoods", network=network, reputation="list"
    )
    said = "What the others in this group did on average over all their games so far, oldest first: $"
    assert said in read(shown[-1], 0)
    _, shown = watched(
        "prisoners_dilemma", 6, 3, matching="separate_edges", network=network, reputation="list"
    )
    assert "What this neighbour did on average over all its games so far, oldest first:" in read(shown[-1], 0)


@pytest.mark.parametrize("name", catalog.names("games"))
def test_no_decision_of_others_is_told_under_a_name_from_the_code(name: str) -> None:
    game = catalog.find_game(name).from_settings({})
    n = 2 * len(game.roles)
    network = open_network(f"complete:n={n}")
    for reputation in ("image", "list"):
        _, shown = watched(game, n, 2, network=network, reputation=reputation)
        lines = " ".join(known_lines(shown[-1], 0, lambda name, value: "so much"))
        assert "What your neighbours did in the last round" in lines
        assert "_" not in lines


def test_points_for_others_are_told_as_for_whom() -> None:
    network = open_network("complete:n=8")
    _, shown = watched("peer_punishment", 8, 2, network=network, reputation="list")
    text = read(shown[-1], 0)
    for place in ("lowest", "second-lowest", "third-lowest"):
        assert re.search(rf"and for the {place} other contributor \d+ points?", text)
        assert re.search(rf"on average \(for the {place} other contributor\) so far, oldest first:", text)
