"""What players know of each other: as arrays for rules, as sentences for those who read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from strategies import watched

from gamesim import GameModel, play
from gamesim.actions import cooperation
from gamesim.errors import GamesimError
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.prompt import Style, texts
from gamesim.prompt.pack import open_pack
from gamesim.simulation import Simulation
from gamesim.wiring import open_network


def read(obs: Observations, row: int) -> str:
    return texts(obs.take(np.array([row])))[0][0].user


def others(model: Simulation, number: int, agent: int) -> list[int]:
    """Give those with whom somebody sat in a round, from the table."""
    table = model.recorder.table()
    here = table[table["round"] == number]
    group = here[here["agent"] == agent]["group"].iloc[0]
    return [int(a) for a in here[here["group"] == group]["agent"] if a != agent]


def did(model: Simulation, number: int, agent: int) -> float:
    table = model.recorder.table()
    return float(table[(table["round"] == number) & (table["agent"] == agent)]["action"].iloc[0])


def by_agent(table: pd.DataFrame, column: str) -> dict[int, Any]:
    return dict(zip(table["agent"].tolist(), table[column].tolist(), strict=True))


def test_a_rule_and_a_reader_know_the_same_image_in_the_dilemma() -> None:
    model, shown = watched("prisoners_dilemma", 6, 4, reputation="image")
    for number, obs in enumerate(shown, start=1):
        for row, agent in enumerate(obs.agent.tolist()):
            (partner,) = others(model, number, agent)
            before = [did(model, earlier, partner) for earlier in range(1, number)]
            assert obs.known["rounds.choose"][row] == number - 1
            text = read(obs, row)
            if not before:
                assert np.isnan(obs.known["image.choose=cooperate"][row])
                assert "Nothing is known yet of what the person you meet did." in text
                continue
            assert obs.known["image.choose=cooperate"][row] == pytest.approx(1 - np.mean(before))
            rounds = "1 round" if number == 2 else f"{number - 1} rounds"
            assert f"The person you meet has chosen A in {before.count(0)} of {rounds}." in text


def test_options_are_called_as_the_reader_knows_them() -> None:
    _, shown = watched("prisoners_dilemma", 6, 4, reputation="image")
    obs = shown[-1]
    written, row = texts(obs, order=np.ones(6, dtype=np.int64))
    for decider in range(6):
        times = round(3 * obs.known["image.choose=cooperate"][decider])
        assert f"The person you meet has chosen B in {times} of 3 rounds." in written[row[decider]].user


def test_a_conversation_tells_what_is_known_before_the_last_question() -> None:
    network = open_network("complete:n=4")
    _, shown = watched("prisoners_dilemma", 4, 3, matching="edges", reputation="list", network=network)
    (text, *_), _ = texts(shown[-1], style=Style(chat=True))
    assert "You have 3 neighbours" in text.earlier[0][0]
    assert "so far, oldest first" in text.user
    assert "so far, oldest first" not in str(text.earlier)
    _, rotated = watched("trust", 4, 2, roles="random")
    with pytest.raises(GamesimError, match="roles change from round to round"):
        texts(rotated[-1], style=Style(chat=True))


def test_a_pack_that_would_leave_out_what_is_known_is_refused(tmp_path: Path) -> None:
    message = '[{when}]\nchoose = "{{options}}? {{answer}}"\n'
    content = "".join(message.format(when=when) for when in ("first", "second", "later"))
    (tmp_path / "prisoners_dilemma.toml").write_text(content)
    style = Style(pack=open_pack(tmp_path))
    _, plain = watched("prisoners_dilemma", 4, 2)
    assert texts(plain[-1], style=style)[0][0].user.startswith("A or B? ")
    _, shown = watched("prisoners_dilemma", 4, 2, reputation="list")
    with pytest.raises(GamesimError, match="leaves out: What the person you meet did"):
        texts(shown[-1], style=style)


def test_the_image_in_two_roles_is_that_of_the_partners_role() -> None:
    model, shown = watched("trust", 6, 4, reputation="image", parameters={"endowment": 10})
    table = model.recorder.table()
    for obs in shown:
        own, theirs = ("send", "return") if obs.role == "investor" else ("return", "send")
        assert f"image.{own}" not in obs.known
        for row, agent in enumerate(obs.agent.tolist()):
            (partner,) = others(model, obs.round, agent)
            before = table[(table["round"] < obs.round) & (table["agent"] == partner)].copy()
            most = 10.0 * np.ones(len(before))
            if theirs == "return":
                most = np.array(
                    [3 * did(model, int(r), others(model, int(r), partner)[0]) for r in before["round"]]
                )
            shares = [a / m for a, m in zip(before["action"], most, strict=True) if m > 0]
            assert obs.known[f"rounds.{theirs}"][row] == len(shares)
            if shares:
                assert obs.known[f"image.{theirs}"][row] == pytest.approx(np.mean(shares))
                percent = re.search(
                    rf"chose ([\d.]+) % of the largest possible amount \({theirs}\)", read(obs, row)
                )
                assert percent is not None
                assert float(percent[1]) == pytest.approx(100 * np.mean(shares), abs=0.051)


def test_own_meetings_are_those_with_the_same_partner_alone() -> None:
    model, shown = watched("prisoners_dilemma", 6, 6, reputation="partner")
    obs = shown[-1]
    sizes = set()
    for row, agent in enumerate(obs.agent.tolist()):
        (partner,) = others(model, 6, agent)
        met = [number for number in range(1, 6) if others(model, number, agent) == [partner]]
        sizes.add(len(met))
        assert obs.known["meetings"][row] == len(met)
        for number in range(1, 6):
            value = obs.known[f"met.{number}.choose=cooperate"][row]
            assert np.isnan(value) if number not in met else value == 1 - did(model, number, partner)
        text = read(obs, row)
        if not met:
            assert "You have not met this person before." in text
        else:
            done = ", ".join("AB"[int(did(model, number, partner))] for number in met)
            assert f"before. What this person did then, oldest first: {done}." in text
    assert len(sizes) > 1


def test_the_list_is_all_that_the_partner_did() -> None:
    model, shown = watched("trust", 6, 3, reputation="list")
    obs = shown[-1]
    assert obs.role == "trustee"
    for row, agent in enumerate(obs.agent.tolist()):
        (partner,) = others(model, 3, agent)
        sent = [did(model, number, partner) for number in (1, 2)]
        assert [obs.known[f"list.{number}.send"][row] for number in (1, 2)] == sent
        assert f"so far, oldest first: ${sent[0]:g}, ${sent[1]:g}." in read(obs, row)


def test_in_larger_groups_it_is_the_mean_over_the_others() -> None:
    model, shown = watched("public_goods", 8, 3, reputation="image")
    obs = shown[-1]
    for row, agent in enumerate(obs.agent.tolist()):
        images = [
            np.mean([did(model, number, other) for number in (1, 2)]) / 20
            for other in others(model, 3, agent)
        ]
        assert len(images) == 3
        assert obs.known["image.contribute"][row] == pytest.approx(np.mean(images))
        percent = f"{round(100 * obs.known['image.contribute'][row], 1):g} % of the largest possible amount"
        assert f"On average the others in your group chose {percent}" in read(obs, row)
        assert "(contribute) so far, in 2 rounds each." in read(obs, row)


@pytest.mark.parametrize(
    ("game", "matching"), [("prisoners_dilemma", "edges"), ("public_goods", "neighbourhoods")]
)
def test_with_one_choice_for_all_it_is_the_mean_over_the_neighbours(game: str, matching: str) -> None:
    network = open_network("erdos_renyi:n=12,p=0.25,seed=3")
    model, shown = watched(game, 12, 3, matching=matching, network=network, reputation="image")
    obs = shown[-1]
    name = "choose=cooperate" if game == "prisoners_dilemma" else "contribute"
    for agent in range(12):
        around = network.neighbours[network.starts[agent] : network.starts[agent + 1]]
        assert obs.known["others"][agent] == len(around)
        if not len(around):
            assert np.isnan(obs.known[f"image.{name}"][agent])
            continue
        space = model.game.space_at_most(obs.stage)
        done = [cooperation(space, np.array([did(model, t, i) for t in (1, 2)])).mean() for i in around]
        assert obs.known[f"image.{name}"][agent] == pytest.approx(np.mean(done))
        assert "our neighbour" in read(obs, agent).split("What happened so far")[1]


def test_what_neighbours_did_and_earned_is_told_too() -> None:
    network = open_network("erdos_renyi:n=12,p=0.3,seed=3")
    model, shown = watched("prisoners_dilemma", 12, 2, matching="edges", network=network)
    obs = shown[-1]
    table = model.recorder.table()
    first = table[table["round"] == 1]
    actions, earned = by_agent(first, "action"), by_agent(first, "payoff")
    written, row = texts(obs)
    for agent in range(12):
        around = network.neighbours[network.starts[agent] : network.starts[agent + 1]]
        line = re.search(r"What your neighbours did in the last round: (.*?)\.\n", written[row[agent]].user)
        assert (line is None) == (len(around) == 0)
        if line is not None:
            told = sorted(line[1].split(", "))
            known = sorted(f"{'AB'[int(actions[i])]} (earned ${earned[i]:g})" for i in around.tolist())
            assert told == known


def test_what_is_not_shown_of_neighbours_is_not_told() -> None:
    network = open_network("complete:n=4")
    for level, said in (("nothing", ""), ("actions", r"last round: [AB], [AB], [AB]\.")):
        _, shown = watched("prisoners_dilemma", 4, 2, matching="edges", network=network, neighbours=level)
        text = read(shown[-1], 0)
        assert ("What your neighbours did" in text) == bool(said)
        assert re.search(said, text)


def test_rows_are_kept_with_what_they_know() -> None:
    _, shown = watched("prisoners_dilemma", 8, 3, reputation="image")
    obs = shown[-1]
    rows = np.array([5, 2])
    for name, values in obs.known.items():
        np.testing.assert_array_equal(obs.take(rows).known[name], values[rows])
    same, different = obs.situations, obs.take(np.arange(8))
    assert len(same[0]) == len(different.situations[0])
    first, situation = obs.situations
    for name in obs.known:
        np.testing.assert_array_equal(obs.known[name][first][situation], obs.known[name])


def test_nothing_is_known_unless_it_is_said() -> None:
    _, shown = watched("prisoners_dilemma", 8, 3)
    assert all(not obs.known for obs in shown)
    assert "person you meet" not in read(shown[-1], 0)


def test_the_image_outlasts_the_supergame() -> None:
    model, shown = watched(
        "prisoners_dilemma", 8, 1, reputation="image", continuation=0.5, supergames=3, seed=3
    )
    last = shown[-1]
    assert last.known["rounds.choose"].tolist() == [len(model.calendar) - 1] * 8


def test_readers_are_told_that_a_group_lasts_for_a_game_of_fixed_length() -> None:
    _, shown = watched("prisoners_dilemma", 8, 3, supergames=2)
    assert [obs.round for obs in shown] == [1, 2, 3, 1, 2, 3]
    assert "You do this 3 times, with the same people each time." in read(shown[-1], 0)
    assert "Round 2" in read(shown[-1], 0)
    assert "Round 2" not in read(shown[3], 0)


def test_a_game_of_indefinite_length_announces_no_number_of_rounds() -> None:
    _, shown = watched("prisoners_dilemma", 4, 1, continuation=0.75, seed=4)
    text = read(shown[-1], 0)
    # Groups stay as long as the game lasts, however they are formed for the next one.
    assert (
        "with the same people each time; after each round another one follows with probability 0.75." in text
    )
    assert "times" not in text
    assert f"Round {shown[-1].round}." in text


def test_rules_tell_of_the_own_group_and_of_the_neighbours() -> None:
    network = Network.from_edges(5, np.array([[0, 1], [0, 2], [0, 3]]))
    for hold, returns in (("mpcr", ["0.5"] * 3), ("multiplier", ["0.5", "1", "2"])):
        _, shown = watched(
            "public_goods",
            5,
            1,
            matching="neighbourhoods",
            network=network,
            parameters={"hold": hold, "mpcr": 0.5},
        )
        for agent, size, paid, neighbours in zip(
            (0, 1, 4), (4, 2, 1), returns, ("3 neighbours", "1 neighbour", "no neighbours"), strict=True
        ):
            text = read(shown[0], agent)
            assert f"You are in a group of {size} {'person' if size == 1 else 'people'}." in text
            assert f"pays {paid} unit{'' if paid == '1' else 's'} to each" in text
            assert f"You have {neighbours}" in text
    _, shown = watched("prisoners_dilemma", 5, 1, matching="edges", network=network)
    assert "You have 3 neighbours: you make one choice, it counts with each of them" in read(shown[0], 0)


def test_what_several_neighbours_did_is_not_told_as_one_choice() -> None:
    network = open_network("complete:n=4")
    model, shown = watched("prisoners_dilemma", 4, 2, matching="edges", network=network, seed=2)
    for agent in range(4):
        share = np.mean([did(model, 1, other) for other in range(4) if other != agent])
        text = read(shown[-1], agent)
        if 0 < share < 1:
            shares = f"A in {100 - 100 * share:.1f} % of the games and B in {100 * share:.1f} %;"
            assert f"the other chose {shares}" in text
        else:
            assert f"the other chose {'AB'[int(share)]} in all of the games." in text


def test_roles_are_drawn_anew_within_groups() -> None:
    model, shown = watched("trust", 8, 12, matching="partner", roles="random", reputation="image", sessions=2)
    table = model.recorder.table()
    assert (table.groupby(["session", "round", "group"], observed=True)["role"].nunique() == 2).all()
    pairs = table.groupby(["session", "round", "group"])["agent"].apply(lambda a: tuple(sorted(a)))
    assert (pairs.groupby(["session", "group"]).nunique() == 1).all()
    invested = (table["role"] == "investor").groupby([table["session"], table["agent"]]).mean()
    assert ((invested > 0) & (invested < 1)).all()
    assert invested.mean() == 0.5
    obs = shown[-1]
    text = read(obs, 0)
    assert "Roles are drawn anew in every round." in text
    agent = int(obs.agent[0])
    mine = table[(table["session"] == 0) & (table["agent"] == agent) & (table["round"] < 12)]
    roles, actions = mine["role"].tolist(), mine["action"].tolist()
    assert mine["round"].tolist() == list(range(1, 12))
    for number, role, action in zip(range(1, 12), roles, actions, strict=True):
        line = re.search(rf"- Round {number}: (.*)\.\n", text)
        assert line is not None
        words = f"you sent ${action:g}" if role == "investor" else f"you returned ${action:g}"
        assert line[1].startswith(f"as {role}, ")
        assert words in line[1]


def test_sessions_with_drawn_roles_are_what_each_is_alone() -> None:
    tables = [
        play(
            "trust", "uniform", n=8, rounds=4, roles="random", reputation="list", sessions=sessions
        ).decisions
        for sessions in (1, 3)
    ]
    first = tables[1][tables[1]["session"] == 0]
    for column in ("role", "agent", "action", "payoff"):
        assert first[column].tolist() == tables[0][column].tolist()


def test_own_rounds_in_another_role_are_known_where_roles_change() -> None:
    _, shown = watched("trust", 4, 6, roles="random")
    past = shown[-1].past
    held = past.held()
    sent, returned = past.own("send"), past.own("return")
    investor = held == past.roles.index("investor")
    np.testing.assert_array_equal(~np.isnan(sent), investor)
    np.testing.assert_array_equal(~np.isnan(returned), ~investor)
    assert not np.isnan(past.earned()).any()
    _, fixed = watched("trust", 4, 2)
    with pytest.raises(GamesimError, match="cannot know it"):
        fixed[-1].past.own("send")
    with pytest.raises(GamesimError, match="unknown thing told"):
        fixed[-1].past.told("other")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reputation": "gossip"}, "unknown reputation"),
        ({"roles": "sometimes"}, "unknown way to give roles"),
        ({"roles": "random"}, "one role alone"),
        ({"game": "trust", "roles": "random", "agents": "investor=uniform,trustee=spe"}, "without seats"),
        ({"game": "trust", "roles": "random", "seat": "investor"}, "--seat"),
        ({"placement": "clustered"}, "needs a network"),
        ({"placement": "somewhere"}, "unknown placement"),
        (
            {
                "game": "trust",
                "placement": "degree",
                "network": "karate_club",
                "agents": "investor=uniform,trustee=spe",
            },
            "without seats",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(settings: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"game": "prisoners_dilemma", "agents": "uniform", "n": None}
    with pytest.raises(GamesimError, match=said) as caught:
        play(**{**given, **settings})
    assert "\n" not in str(caught.value)


def test_what_was_set_is_in_the_record() -> None:
    run = play("trust", "uniform", n=4, reputation="image", roles="random")
    assert run.settings.society["reputation"] == "image"
    assert run.settings.society["roles"] == "random"


def placed(placement: str, network: str, sessions: int = 1) -> np.ndarray:
    run = play(
        "prisoners_dilemma",
        "fixed@action=cooperate:0.25,fixed@action=defect:0.75",
        network=network,
        placement=placement,
        sessions=sessions,
        seed=3,
    )
    return run.decisions.sort_values(["session", "agent"])["action"].to_numpy().reshape(sessions, -1)


def test_agents_are_placed_by_degree() -> None:
    network = open_network("barabasi_albert:n=40,m=2", seed=3)
    cooperated = placed("degree", "barabasi_albert:n=40,m=2")[0] == 0
    assert cooperated.sum() == 10
    assert network.degree[cooperated].min() >= network.degree[~cooperated].max()


def test_agents_are_placed_in_clusters() -> None:
    ring = "ring:n=40,k=2"
    clustered, scattered = placed("clustered", ring, 3), placed("random", ring, 3)
    borders = [(actions != np.roll(actions, 1)).sum() for actions in clustered]
    assert borders == [2, 2, 2]
    assert (clustered == 0).sum(axis=1).tolist() == [10, 10, 10]
    assert all((actions != np.roll(actions, 1)).sum() > 4 for actions in scattered)
    assert not (clustered[0] == clustered[1]).all()


def test_a_walk_reaches_every_part_of_a_network() -> None:
    network = Network.from_edges(6, np.array([[0, 1], [1, 2], [4, 5]]))
    order = network.breadth_first(np.array([1, 5, 0, 2, 3, 4]))
    assert order.tolist() == [1, 0, 2, 5, 4, 3]


def test_image_scoring_helps_those_who_helped() -> None:
    agents = "image_scoring@threshold=0.6,fixed@action=cooperate,fixed@action=defect"
    table = play("prisoners_dilemma", agents, n=30, rounds=8, reputation="image", seed=3).decisions
    partner = table.merge(table, on=["round", "group"], suffixes=("", "_of_other"))
    partner = partner[partner["agent"] != partner["agent_of_other"]]
    scoring = partner[partner["policy"].str.startswith("image_scoring")]
    assert len(scoring) == 80
    for row in scoring.itertuples():
        before = table[(table["agent"] == row.agent_of_other) & (table["round"] < row.round)]
        helps = len(before) == 0 or (before["label"] == "cooperate").mean() >= 0.6
        assert row.label == ("cooperate" if helps else "defect"), row
    assert 0 < (scoring["label"] == "cooperate").mean() < 1


def test_image_scoring_needs_images() -> None:
    with pytest.raises(GamesimError, match="add --reputation image"):
        play("prisoners_dilemma", "image_scoring", n=4, rounds=2, reputation="list")


def test_a_reputation_that_nobody_heeds_is_said(tmp_path: Path) -> None:
    def notes(agents: str) -> str:
        return " ".join(play("trust", agents, n=4, rounds=2, reputation="image").settings.notes)

    said = "no agent of this run heeds what is known of others: reputation image changes nothing"
    assert said in notes("investor=roth_erev,trustee=equal_split")
    own = tmp_path / "own.py"
    own.write_text(
        "from dataclasses import dataclass\n\nimport numpy as np\n\nfrom gamesim import ExactPolicy\n"
        "from gamesim.distribution import ActionDistribution\n\n\n@dataclass(frozen=True)\nclass Own(ExactPolicy):\n"
        '    """Does the least."""\n\n    def distribution(self, obs):\n'
        "        return ActionDistribution(np.array([0.0]), np.array([[1.0]]))\n",
        encoding="utf-8",
    )
    assert said not in notes(f'investor="{own}",trustee=equal_split')


def test_nothing_is_gathered_for_players_who_do_not_heed_it() -> None:
    unheeded = GameModel("prisoners_dilemma", agents="uniform", n=4, reputation="list")
    unheeded.step()
    assert unheeded.reputation.level == "none"
    model, shown = watched("prisoners_dilemma", 4, 2, reputation="list")
    assert model.reputation.level == "list"
    assert shown[1].known


@pytest.mark.parametrize("reputation", ["list", "image"])
def test_what_others_did_in_all_their_groups_is_told_as_that(reputation: str) -> None:
    network = open_network("ring:n=6,k=2")
    _, shown = watched(
        "public_goods", 6, 3, matching="separate_neighbourhoods", network=network, reputation=reputation
    )
    text = read(shown[-1], 0)
    assert "the others in this group" in text
    assert "verage over all their games" in text
