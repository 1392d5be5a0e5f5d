"""A table of agents: what is read, who sits where, and what is refused."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typed import Command

import gamesim
from gamesim.agent_table import at_keyboard
from gamesim.errors import GamesimError
from gamesim.game_model import GameModel

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "agents.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## A table of agents\n")[2].partition("\n## ")[0]

COUNTED = '''
"""Contributes as many as are asked together."""

from dataclasses import dataclass

import numpy as np

from gamesim import Decisions, Policy


@dataclass(frozen=True)
class Counted(Policy):
    """Contributes the size of its batch."""

    def decide(self, obs):
        return Decisions(np.full(len(obs), float(len(obs))))
'''


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def play(agents: Any, game: str = "public_goods", **settings: Any) -> gamesim.Run:
    return gamesim.play(game, agents, **settings)


def same(one: gamesim.Run, other: gamesim.Run, *but: str) -> None:
    """Hold two plays against each other, but for the name of the run and some columns."""
    first, second = (each.decisions.drop(columns=["run", *but]) for each in (one, other))
    pd.testing.assert_frame_equal(first, second, check_categorical=False)


# The page.


def test_the_examples_of_the_page_play(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)```", SECTION, re.DOTALL):
        Path(name).write_text(text, encoding="utf-8")
    (line,) = re.findall(r"^\$ gamesim (.*)$", SECTION, re.MULTILINE)
    done = command(*shlex.split(line), "--out", "run")
    assert done.code == 0, done.err
    assert "agents: agents.csv" in done.out
    run = gamesim.open_run("run")
    assert run.nodes is not None
    assert run.persons is not None
    known = run.persons.merge(run.nodes, on="agent").set_index("name")
    assert known["policy"].to_dict() == {
        "Ada": "conditional_cooperator",
        "Ben": "conditional_cooperator",
        "Cem": "free_rider",
        "Dot": "hump_shaped",
    }
    # Ben begins with the belief that everybody of that policy has by itself, a half.
    assert known["start"].dropna().to_dict() == {"Ada": 0.8, "Ben": 0.5, "Dot": 0.6}
    assert known["slope"].dropna().to_dict() == {"Ada": 0.9, "Ben": 0.5}
    first = run.decisions.query("round == 1").set_index("agent")["action"]
    assert first.loc[known["agent"]].tolist()[:3] == [14, 5, 0]
    (code,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    persons = found["run"].persons
    assert persons["alpha"].fillna(-1).tolist() == [0.2, -1, 0.5, 4.0]
    # The least that is accepted is alpha / (1 + 2 alpha).
    minima = found["run"].decisions.query("stage == 'minimum'").groupby("agent")["action"].first()
    assert minima.to_dict() == {2: 25, 3: 45}


# What is given to whom.


@given(
    alpha=st.lists(st.none() | st.floats(0, 10), min_size=4, max_size=4),
    precision=st.lists(st.floats(0, 5) | st.just(np.inf), min_size=4, max_size=4),
)
def test_what_agents_have_is_exactly_what_the_table_says(
    alpha: list[float | None], precision: list[float]
) -> None:
    run = play(
        table(agent=["fehr_schmidt"] * 4, alpha=pd.Series(alpha, dtype=object), precision=precision),
        "dictator",
        sessions=2,
    )
    persons = run.persons
    assert persons is not None
    assert persons["precision"].tolist() == precision * 2
    if any(each is not None for each in alpha):
        assert persons["alpha"].tolist() == [0.85 if each is None else each for each in alpha] * 2
    else:
        assert "alpha" not in persons


@pytest.mark.parametrize(
    ("game", "agent", "option", "settings"),
    [
        ("prisoners_dilemma", "roth_erev", "strength", {"matching": "partner"}),
        ("public_goods", "conditional_cooperator", "slope", {"network": "ring:n=8", "sessions": 2}),
        ("prisoners_dilemma", "generous_tit_for_tat", "generosity", {"matching": "partner", "sessions": 2}),
        ("prisoners_dilemma", "best_response_dynamics", "precision", {"network": "ring:n=8"}),
        ("beauty_contest", "level_k", "level", {"group_size": 4}),
    ],
)
def test_a_number_plays_from_the_table_as_it_does_behind_the_name(
    game: str, agent: str, option: str, settings: dict[str, Any]
) -> None:
    n = 8
    listed = play(table(agent=[agent] * n, **{option: [1] * n}), game, rounds=6, **settings)
    written = play(f"{agent}@{option}=1", game, n=n, rounds=6, **settings)
    same(listed, written, "policy", "reply")


@pytest.mark.parametrize(
    ("agent", "option"), [("roth_erev", "strength"), ("crra", "r"), ("satisficing", "inertia")]
)
def test_everybody_decides_alone_by_the_own_number(agent: str, option: str) -> None:
    values = [0.5, 0.1, 0.9, None, 0.1, 0.5]
    who = ["uniform" if each is None else agent for each in values]
    mixed = play(table(agent=who, **{option: values}), "bomb_risk", rounds=8, sessions=2).decisions
    for value in {*values} - {None}:
        alike = play(f"{agent}@{option}={value}", "bomb_risk", n=6, rounds=8, sessions=2).decisions
        own = [row for row, each in enumerate(values) if each == value]
        actions = [each[each["agent"].isin(own)]["action"].tolist() for each in (mixed, alike)]
        assert actions[0] == actions[1]


def test_rows_with_the_same_text_are_one_policy_that_is_asked_at_once(tmp_path: Path) -> None:
    file = tmp_path / "counted.py"
    file.write_text(COUNTED, encoding="utf-8")
    run = play(table(agent=[str(file), "free_rider", str(file), f" {file} "] * 2))
    assert [*run.settings.policies] == [str(file), "free_rider"]
    assert run.decisions.sort_values("agent")["action"].tolist() == [6, 0, 6, 6] * 2


@given(order=st.permutations(range(8)), seed=st.integers(0, 3))
def test_any_order_of_named_rows_is_the_same_play(order: list[int], seed: int) -> None:
    people = table(
        name=list("abcdefgh"),
        agent=["conditional_cooperator", "uniform"] * 3 + ["hump_shaped", "free_rider"],
        slope=[0.1, None, 0.5, None, 0.9, None, None, None],
    )
    ring = networkx.relabel_nodes(networkx.cycle_graph(8), dict(enumerate("abcdefgh")))
    one, other = (
        play(each, network=ring, rounds=3, sessions=2, seed=seed) for each in (people, people.iloc[order])
    )
    same(one, other)
    assert [*one.settings.policies] == [*other.settings.policies]
    assert one.persons is not None
    assert other.persons is not None
    pd.testing.assert_frame_equal(one.persons, other.persons)


def test_a_name_may_be_the_number_of_the_agent() -> None:
    agents = table(name=[2, 0, 3, 1], agent=["free_rider", "altruist", "free_rider", "altruist"])
    run = play(agents)
    assert run.decisions.sort_values("agent")["action"].tolist() == [20, 20, 0, 0]
    assert play(agents.drop(columns="name")).decisions.sort_values("agent")["action"].tolist() == [0, 20] * 2


# Seats.


@pytest.mark.parametrize(
    "matching", ["stranger", "partner", "round_robin", "perfect_stranger", "assortative"]
)
def test_everybody_keeps_the_seat_that_is_given(matching: str) -> None:
    seats = ["responder", "proposer", "proposer", "responder", "responder", "proposer"]
    run = play(
        table(agent=["uniform"] * 6, seat=seats), "ultimatum", rounds=3, sessions=2, matching=matching, seed=4
    )
    made = run.decisions
    held = made[["session", "agent", "role"]].drop_duplicates().sort_values(["session", "agent"])
    assert held["role"].tolist() == seats * 2
    assert len(made) == 2 * 3 * 6
    assert (made.groupby(["session", "round", "group"])["role"].nunique() == 2).all()
    if matching in ("round_robin", "perfect_stranger"):
        groups = made.pivot(index=["session", "round", "group"], columns="role", values="agent")
        pairs = groups.droplevel("group").reset_index("round", drop=True)
        assert len(pairs.reset_index().drop_duplicates()) == 18


def test_roles_that_are_not_given_are_dealt_at_random_and_the_same_in_every_session() -> None:
    run = play(table(agent=["uniform"] * 40), "ultimatum", sessions=2)
    roles = run.decisions.sort_values("agent").groupby("session")["role"].agg(list)
    assert roles[0] == roles[1]
    assert roles[0].count("proposer") == 20
    assert roles[0][:20].count("proposer") < 20


def test_on_a_network_there_may_be_any_number_of_each_role() -> None:
    run = play(
        table(agent=["uniform"] * 5, seat=["responder", *["proposer"] * 4]),
        "ultimatum",
        network="star:n=4",
        rounds=4,
    )
    assert {*run.decisions.query("role == 'responder'")["agent"]} == {0}
    assert len(run.decisions) == 8


def test_those_who_join_later_have_their_rows_too() -> None:
    frame = table(name=[5, 4, 3, 2, 1, 0], agent=["altruist", *["free_rider"] * 5])
    growing = {"network": "complete:n=3", "rewire": "growth:m=2,attach=random"}
    made = play(frame, rounds=6, **growing).decisions
    assert {*made.query("agent == 5")["action"]} == {20}
    assert {*made.query("agent < 5")["action"]} == {0}


def test_roles_are_drawn_anew_where_that_is_asked_for() -> None:
    run = play(table(agent=["uniform"] * 4), "ultimatum", roles="random", rounds=20)
    assert (run.decisions.groupby("agent")["role"].nunique() == 2).all()


# Where it comes from.


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfagent,slope\nconditional_cooperator,0.5\nfree_rider,\n",
        b"agent;slope\r\nconditional_cooperator;0.5\r\n\r\nfree_rider;NA\r\n",
        b"slope\tagent\n0.5\tconditional_cooperator\nNaN\tfree_rider\n",
    ],
)
def test_a_file_is_read_as_it_is_found(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "agents.csv"
    file.write_bytes(content)
    frame = table(agent=["conditional_cooperator", "free_rider"], slope=[0.5, None])
    for given_ in (file, f'"{file}"'):
        same(play(given_, network="complete"), play(frame, network="complete"))


def test_a_file_may_have_a_name_that_is_no_agent_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a,b@c.csv"
    Path(name).write_text("agent\n" + "free_rider\n" * 4, encoding="utf-8")
    assert play(name).settings.agents == name
    # A file of numbers behind a name is no table of agents.
    Path("p.csv").write_text("slope\n0.5\n", encoding="utf-8")
    assert play("conditional_cooperator@file=p.csv", n=4).settings.agent_table == {}


def test_the_person_at_the_keyboard_is_found_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, agents in (("with.csv", "uniform\nme\n"), ("without.csv", "uniform\nspe\n")):
        Path(name).write_text(f"agent\n{agents}", encoding="utf-8")
    assert [at_keyboard(given_) for given_ in ("with.csv", "without.csv", "me,spe", "spe")] == [
        True,
        False,
        True,
        False,
    ]


def test_the_record_says_which_table_it_was(tmp_path: Path) -> None:
    file = tmp_path / "agents.csv"
    file.write_text("agent,slope\n" + "conditional_cooperator,0.5\n" * 4, encoding="utf-8")
    settings = play(str(file)).settings
    assert settings.agents == str(file)
    assert settings.agent_table["file"] == str(file)
    assert (settings.agent_table["agents"], settings.agent_table["columns"]) == (4, ["agent", "slope"])
    shown = settings.policies["conditional_cooperator"]["options"]["slope"]
    assert shown == f"column slope of {file} ({settings.agent_table['sha256'][:16]})"
    frames = [table(agent=["free_rider"] * 4), table(agent=["altruist"] * 4)]
    one, other = (play(frame).settings for frame in frames)
    assert one.agents == "a table given in Python"
    assert one.agent_table["sha256"] != other.agent_table["sha256"]
    assert play("free_rider", n=4).settings.agent_table == {}


def test_a_run_with_another_table_is_not_taken_up(tmp_path: Path) -> None:
    file, folder = tmp_path / "agents.csv", tmp_path / "run"
    file.write_text("agent,slope\n" + "conditional_cooperator,0.5\n" * 4, encoding="utf-8")
    whole = play(file, out=folder)
    written = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(written | {"status": "interrupted"}), encoding="utf-8")
    same(play(file, out=folder, resume=True), whole)
    file.write_text("agent,slope\n" + "conditional_cooperator,0.25\n" * 4, encoding="utf-8")
    sha = r"\(sha256 [0-9a-f]{12}\)"
    sentence = rf"since agent_table was .*agents\.csv {sha} there and is .*agents\.csv {sha} now$"
    with pytest.raises(GamesimError, match=sentence):
        play(file, out=folder, resume=True)


def test_a_mesa_model_and_personas_take_it_too() -> None:
    frame = table(agent=["free_rider", "altruist"] * 2)
    model = GameModel("public_goods", frame, seed=1)
    model.step()
    assert model.actions().tolist() == [0, 20, 0, 20]
    run = play(frame, personas=[{"age": float(age)} for age in range(20, 24)])
    assert {*run.decisions["x_age"]} == {20, 21, 22, 23}


# What is refused.


@pytest.mark.parametrize(
    ("content", "settings", "sentence"),
    [
        ("", {}, "is empty; expected a line of column names and one line an agent"),
        ("agent\n", {}, "holds no agents; expected one row an agent"),
        ("Agent\nuniform\n", {}, r"has no column 'agent', which says who plays; is it 'Agent'\?"),
        ("who,alpha\nuniform,1\n", {}, r"no column 'agent', which says who plays \(columns: who, alpha\)"),
        ("agent,alpha\nuniform,\n,\n,1\n", {}, "line 4, column agent: is empty; expected an agent"),
        (
            "agent\nuniform\nfehr_schmit\n",
            {},
            "line 3, column agent: unknown agent 'fehr_schmit'; did you mean 'fehr_schmidt'",
        ),
        (
            "agent\nuniform:0.5\n",
            {},
            "line 2, column agent: 'uniform:0.5': a row is one agent and has no weight",
        ),
        (
            "agent\nproposer=uniform\n",
            {},
            "line 2, .* the seat stands in a column seat, not before the agent",
        ),
        ('agent\n"uniform,spe"\n', {}, "line 2, .* one agent stands in a row, not 2"),
        ("agent,x\nfixed,\n", {}, "unknown column 'x'"),
        ("agent\nfixed\n", {}, "line 2, column agent: fixed needs action"),
        ("agent,alfa\nfehr_schmidt,1\n", {}, ": unknown column 'alfa'; did you mean 'alpha'"),
        ("agent,seats\nuniform,proposer\n", {}, ": unknown column 'seats'; did you mean 'seat'"),
        (
            "agent,alpha\nfehr_schmidt,1\ntit_for_tat,2\n",
            {},
            r"line 3, column alpha: '2', but tit_for_tat has no parameter 'alpha' \(parameters: error\); leave",
        ),
        ("agent,beta\nfehr_schmidt,1\nfehr_schmidt,3\n", {}, "line 3, column beta = 3 must be 0 to 1"),
        ("agent,beta\nfehr_schmidt,x\n", {}, "line 2, column beta: 'x' is not a number"),
        ("agent;beta\nfehr_schmidt;0,5\n", {}, r"line 2, column beta: '0,5' is not a number \(write 0\.5\)"),
        (
            'agent,alpha\nfehr_schmidt,"lognormal(0,1)"\n',
            {},
            r"is not a number; write a distribution behind the agent: AGENT@alpha=lognormal\(0,1\)",
        ),
        ("agent,level\nlevel_k,1\nlevel_k,1.5\n", {}, "line 3, column level = 1.5 must be whole"),
        ("agent,alpha\nfehr_schmidt,inf\n", {}, "line 2, column alpha = inf must be finite"),
        (
            "agent,beta\nfehr_schmidt@beta=0.5,1\n",
            {},
            "line 2, column beta: '1', but fehr_schmidt@beta=0.5 gives beta too",
        ),
        (
            "agent,tau\ncognitive_hierarchy,1\n",
            {},
            "column tau: '1', but tau is the same for all .* write cognitive_hierarchy@tau=1 into",
        ),
        ("agent,beliefs\nfehr_schmidt,spe\n", {}, "write fehr_schmidt@beliefs=spe into the column agent"),
        (
            "agent,seat\nuniform,proposer\nuniform,\n",
            {},
            "line 3, column seat: is empty; fill it in every row",
        ),
        (
            "agent,seat\nuniform,proposr\nuniform,responder\n",
            {},
            "line 2, .* unknown seat 'proposr'; did you",
        ),
        (
            "agent,seat\nuniform,proposer\nuniform,proposer\n",
            {},
            "column seat: ultimatum needs 1 of 2 agents as proposer, but 2 are",
        ),
        (
            "agent,seat\nuniform,responder\nuniform,responder\n",
            {"network": "complete"},
            "column seat: ultimatum needs somebody as proposer, but nobody is",
        ),
        (
            "agent,seat\nuniform,proposer\nuniform,responder\n",
            {"roles": "random"},
            "the column seat gives roles",
        ),
        ("agent\nuniform\nuniform\nuniform\n", {}, ": ultimatum: n = 3 leaves 1 agent over"),
        (
            "agent,name\nuniform,0\nuniform,0\n",
            {},
            "line 3, column name: '0' stands in .*csv, line 2 already",
        ),
        (
            "agent,name\nuniform,0\nuniform,7\n",
            {},
            "line 3, column name: without --network names are the numbers of agents, 0 to 1, not '7'",
        ),
        ("agent\nuniform\nuniform\n", {"n": 4}, "has 2 rows, one an agent, but n = 4; leave n out"),
        ("agent\nuniform\nuniform\n", {"network": "karate_club"}, "has 2 rows, .* karate_club has 34 nodes"),
        ("agent\nuniform\nuniform\n", {"placement": "degree"}, "placement = degree, but the table says who"),
        ("agent\nuniform\nuniform\n", {"seat": "proposer"}, "write it into its column seat"),
        ("agent\nme\nme\n", {}, "line 3, column agent: me stands in .*csv, line 2 already"),
        ("agent,alpha,alpha\nuniform,,\n", {}, "column alpha stands there twice"),
        (",agent\n0,uniform\n", {}, "column 1 has no name; .* written with index=False"),
        ("agent\nfehr_schmidt@alpha=normal(0,1)\n", {}, "line 2: .* a cell that holds ',' is put in quotes"),
        (b"agent\nJos\xe9\n", {}, "byte 10 is not UTF-8"),
    ],
)
def test_mistakes_are_named(
    content: str | bytes, settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "agents.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GamesimError, match=f"agents.csv.*{sentence}") as refusal:
        play(file, "ultimatum", **settings)
    assert "\n" not in str(refusal.value)


def test_a_name_that_is_no_node_is_named() -> None:
    ring = networkx.relabel_nodes(networkx.cycle_graph(3), {0: "Ada", 1: "Ben", 2: "Cem"})
    frame = table(agent=["uniform"] * 3, name=["Ada", "ben", "Cem"])
    with pytest.raises(
        GamesimError, match=r"^agents, row 2, column name: unknown node 'ben'; did you mean 'Ben'"
    ):
        play(frame, network=ring)


def test_a_parameter_without_a_number_of_its_own_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        COUNTED.replace('batch."""', 'batch."""\n\n    size: Parameter').replace(
            "import Decisions",
            "import Decisions, Policy\nfrom gamesim.parameters import Parameter\nfrom gamesim import Decisions",
        ),
        encoding="utf-8",
    )
    assert play(table(agent=[str(file)] * 4, size=[1, 2, 3, 4])).persons is not None
    with pytest.raises(
        GamesimError, match=r"^agents, row 2, column size: is empty, and there is no one number"
    ):
        play(table(agent=[str(file)] * 4, size=[1, None, 3, 4]))


def test_a_table_stands_alone(tmp_path: Path) -> None:
    for given_ in ("agents.csv:0.5,uniform:0.5", "agents.csv,uniform"):
        with pytest.raises(GamesimError, match=r"^agent 'agents\.csv': a table of agents stands alone"):
            play(given_)
    with pytest.raises(GamesimError, match=r"^agents\.csv: cannot be read"):
        play("agents.csv")
    with pytest.raises(GamesimError, match=r"^agents = people\.txt: a table of agents ends in \.csv"):
        play(Path("people.txt"))


def test_a_forecast_sends_nothing_and_counts_the_models_of_the_table(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    Path("agents.csv").write_text("agent\n" + "openai:x\n" * 3 + "free_rider\n", encoding="utf-8")
    done = command("play", "public_goods", "--agents", "agents.csv", "--dry-run")
    assert done.code == 0, done.err
    assert "x: estimate: 3 calls" in done.out + done.err


def test_the_help_names_it(command: Command) -> None:
    assert "agents.csv" in command("play", "--help").out
