from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typed import Command, Result

import gamesim
from gamesim import catalog
from gamesim.command import playing

HAS_MODELS = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("peft") is not None
HAS_PLOTS = importlib.util.find_spec("matplotlib") is not None

NEVER = '''
import numpy as np
from dataclasses import dataclass
from gamesim import Decisions, Policy
from gamesim.policy import UNREADABLE

@dataclass(frozen=True)
class Never(Policy):
    """Answers nothing that could be read."""

    def decide(self, obs):
        size = len(obs)
        return Decisions(np.full(size, np.nan), "sample", status=np.full(size, UNREADABLE, dtype=np.uint8))
'''

GAME = '''
"""Two players name a number; the sum is paid if it is at most ten."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage

@dataclass(frozen=True)
class Demand(Game):
    """Two players demand parts of a pie (Nash 1953)."""

    pie: float = parameter(10.0, unit="money", above=0, help="money")

    roles = ("player", "player")
    equilibrium = "any division"
    efficiency = "any demands that sum to the pie"
    stake_parameter = "pie"
    sources = ("Nash 1953, Econometrica 21:128-140",)
    rules = {"player": ("You and another person each demand a part of {pie}.", "Demand a part of {pie}.")}
    ask = {"demand": ("What do you demand?", "State your demand.")}

    @stage(by="player")
    def demand(self, play: Play) -> ActionSpace:
        return Amount(0, self.pie)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        return {"player": np.where(play.total("demand") <= self.pie, play["demand"], 0.0) + 0 * play.total("demand")}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        return np.full(size, self.pie / 2)

    def efficient_payoff(self) -> float:
        return self.pie
'''

AGENT = '''
from dataclasses import dataclass
import numpy as np
from gamesim import ExactPolicy
from gamesim.distribution import certain

@dataclass(frozen=True)
class Share(ExactPolicy):
    """Gives a share of what there is."""

    share: float = 0.25

    def distribution(self, obs):
        return certain(np.broadcast_to(obs.space.at(self.share), (len(obs),)).astype(float))
'''


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def check_refusal(result: Result, sentence: str) -> None:
    assert result.code == 2, (result.out, result.err)
    assert "Traceback" not in result.err
    lines = result.err.strip().splitlines()
    assert lines[-1].startswith("gamesim: "), result.err
    assert len(lines) == 1, result.err
    assert sentence in result.err
    assert result.out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("dictatr", "unknown game 'dictatr'; did you mean 'dictator'"),
        ("nowhere.py", "game 'nowhere.py': there is no such file"),
        ("dictator --agents unifrom", "unknown agent 'unifrom'; did you mean 'uniform'"),
        ("dictator --agents gpt-5.4-mini", " A language model is written openai:NAME or hf:NAME"),
        ("dictator --agents opanai:x", "did you mean 'openai'? (kinds of model: hf, openai)"),
        ("dictator --agents nowhere.py", "agent 'nowhere.py': there is no such file"),
        ("dictator --agents gpt:4o", "'4o' is no weight such as 0.5, and 'gpt' no kind of model"),
        (
            "dictator --agents uniform --n 40000000000",
            "takes at least 2,384 GiB of memory, and this machine has",
        ),
        ("dictator --agents uniform --set netwrok=karate_club", "did you mean 'network'?"),
        ("dictator --agents hf:", "names no model"),
        ("dictator --agents spe,", "an agent is missing between commas"),
        ("dictator --agents spe --set endowmnt=5", "did you mean 'endowment'"),
        ("dictator --agents spe --set endowment=-5", "endowment = -5.0 must be above 0"),
        ("dictator --agents spe --set endowment=lots", "endowment = 'lots' is not a number"),
        ("dictator --agents spe --set endowment=10.5", "is not a whole number of steps"),
        ("dictator --agents spe --set endowment=inf", "is not a finite number"),
        ("dictator --agents spe --set endowment", "--set endowment: write --set KEY=VALUE"),
        ("dictator --agents spe --set =5", "write --set KEY=VALUE"),
        ("dictator --agents spe --set endowment=", "write --set KEY=VALUE"),
        (
            "dictator --agents spe --set endowment=50 --set endowment=60",
            "--set endowment=60: endowment is set twice, first to 50",
        ),
        ("dictator --agents spe --prompts nowhere", "prompts 'nowhere': there is no such folder"),
        ("public_goods --agents spe --set hold=mprc", "did you mean 'mpcr'"),
        ("ultimatum --agents spe --set sequential=maybe", "is neither true nor false"),
        ("dictator --agents human@idd=true", "unknown option 'idd'; did you mean 'iid'"),
        ("dictator --agents spe --matching partners", "unknown matching 'partners'; did you mean 'partner'"),
        ("public_goods --agents spe --matching round_robin", "round_robin pairs players"),
        ("dictator --agents spe:0.5,uniform:0.6", "weights sum to 1.1, not to 1"),
        ("dictator --agents spe:0.5,uniform", "'uniform' has no weight while others have; write uniform:0.5"),
        ("dictator --agents spe:2", "must lie above 0 and be at most 1"),
        ("dictator --agents dictator=spe,uniform", "has no seat while others have"),
        ("dictator --agents dictater=spe,recipient=spe", "unknown seat 'dictater'; did you mean 'dictator'"),
        ("ultimatum --agents proposer=spe", "nobody takes the seat responder"),
        ("public_goods --agents spe --n 10", "n=8 or n=12 would do"),
        ("public_goods --agents spe --n 3", "n=4 would do"),
        ("public_goods --agents spe --n 0", "n = 0 is too few"),
        ("public_goods --agents spe --n -4", "n = -4 is too few"),
        ("dictator --agents spe --rounds 0", "rounds = 0 must be at least 1"),
        ("dictator --agents spe --sessions 0", "sessions = 0 must be at least 1"),
        ("dictator --agents spe --seed -1", "seed = -1 must be at least 0"),
        ("dictator --agents uniform --set endowment=1e12", "choose a smaller stake or a larger step"),
        ("dictator --agents human --rounds 2", "human@iid=true"),
        ("trust --agents human_kernel", "no sequences on record for trust.send"),
        ("bomb_risk --agents equal_split", "nothing to split"),
        ("dictator --agents fixed", "fixed needs action: write fixed@action=..."),
        ("dictator --agents fixed@action=101", "dictator.give allows 0 to 100 in steps of 1"),
        ("dictator --agents fixed@action=0.5", "allows 0 to 100"),
        ("dictator --agents fixed@action=much", "takes a number"),
        ("prisoners_dilemma --agents fixed@action=defekt", "did you mean 'defect'"),
        ("dictator --agents me", "no terminal to answer at"),
        (
            "ultimatum --agents me,spe --seat respondr",
            "--seat: unknown seat 'respondr'; did you mean 'responder'",
        ),
        ("ultimatum --agents spe --seat investor", "unknown seat 'investor'"),
        ("dictator --agents spe --plot x.gif", "must end in .pdf, .png, .svg"),
        ("dictator --agents spe --plot nowhere/x.png", "there is no folder"),
        ("dictator --agents befm@release=befm", "unknown release 'befm'"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing_behind(
    command: Command, arguments: str, sentence: str
) -> None:
    result = command("play", *arguments.split(), "--out", "run")
    check_refusal(result, sentence)
    assert not Path("run").exists(), "a refused command leaves a folder that blocks the next one"


@pytest.mark.skipif(not HAS_MODELS, reason="model packages are not installed")
@pytest.mark.parametrize(
    ("agents", "sentence"),
    [
        ("hf:nowhere", "nowhere"),
        ("hf:empty", "config.json"),
        ("llm@model_name=hf:empty@elicit=sometimes", "unknown elicitation 'sometimes'"),
        ("llm@model_name=hf:empty@wording=many", "wording=many is neither 'vary' nor a number"),
        ("llm", "model"),
    ],
)
def test_models_that_cannot_be_opened(command: Command, agents: str, sentence: str) -> None:
    Path("empty").mkdir()
    check_refusal(command("play", "dictator", "--agents", agents, "--n", "2", "--out", "run"), sentence)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_MODELS, reason="model packages are not installed")
def test_a_model_folder_that_is_not_whole_and_an_adapter_that_does_not_fit(command: Command) -> None:
    from tiny import write_adapter, write_model

    base = write_model(Path("base"))
    other = write_model(Path("other"), hidden=64)
    adapter = write_adapter(Path("adapter"), other)

    def play(agents: str, n: str = "2") -> Result:
        return command(
            "play", "dictator", "--agents", agents, "--n", n, "--set", "endowment=4", "--out", "run"
        )

    check_refusal(play(f"hf:{base}+{adapter}"), "adapter")
    check_refusal(play(f"hf:{base}+nowhere"), "nowhere")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        Path("other", name).unlink()
    check_refusal(play(f"hf:{other}"), "tokenizer")
    result = play(f"hf:{base}@temperature=0.5", n="4")
    assert result.code == 0, result.err
    assert "hf:base" in result.out


def test_a_run_that_ends_by_chance_says_so_and_knows_no_other_schedule(command: Command) -> None:
    by_chance = ("play", "prisoners_dilemma", "--agents", "spe", "--n", "4", "--continuation", "0.5")
    told = command(*by_chance, "--supergames", "3", "--out", "run").out
    assert "3 supergames of " in " ".join(told.split())
    refused = command(*by_chance, "--sensitivity", "update", "--out", "other")
    check_refusal(refused, "needs a fixed number of rounds")


def test_neighbours_are_decided_for_one_by_one(command: Command) -> None:
    words = ("play", "prisoners_dilemma", "--matching", "separate_edges", "--network", "ring:n=6,k=2")
    assert (
        "separate_edges matching"
        in command(*words, "--agents", "tit_for_tat", "--rounds", "3", "--out", "run").out
    )
    table = pd.read_parquet("run/decisions.parquet")
    assert len(table) == 3 * 12
    assert (table.groupby(["round", "group"])["agent"].nunique() == 2).all()
    assert (table.groupby(["round", "agent"])["group"].nunique() == 2).all()
    assert "agent 5" in command("replay", "run", "--agent", "5", "--round", "2").out
    check_refusal(
        command(*words, "--agents", "imitate_best"), "play it with matching edges or neighbourhoods"
    )
    spread = ("play", "public_goods", "--agents", "uniform", "--set", "spread=true")
    check_refusal(command(*spread), "play it on a network with matching neighbourhoods")


@pytest.mark.parametrize(
    ("matching", "earned", "said"),
    [
        ("edges", "800.00", "earned: in the games with all neighbours together"),
        ("separate_edges", "400.00", "earned: in one game; an agent has one with each of its neighbours"),
    ],
)
def test_the_report_says_what_earnings_are_of(
    command: Command, matching: str, earned: str, said: str
) -> None:
    words = ("play", "prisoners_dilemma", "--agents", "always_cooperate", "--network", "ring:n=6,k=2")
    out = " ".join(command(*words, "--matching", matching).out.split())
    assert said in out
    assert f" {earned} 0.0% 0 earned: " in out


def test_a_folder_that_cannot_be_written(command: Command) -> None:
    write("file", "")
    check_refusal(command("play", "dictator", "--agents", "spe", "--out", "file/run"), "cannot be written")


def test_a_folder_that_holds_a_run(command: Command) -> None:
    assert command("play", "dictator", "--agents", "spe", "--n", "4", "--out", "run", "-q").code == 0
    result = command("play", "dictator", "--agents", "spe", "--n", "4", "--out", "run")
    check_refusal(result, "run: holds a run already; choose another --out")


def test_comparing_what_cannot_be_compared(command: Command) -> None:
    check_refusal(command("compare", "run"), "run: there is no such run folder")
    Path("empty").mkdir()
    check_refusal(command("compare", "empty"), "no run.json in it")
    assert command("play", "dictator", "--agents", "spe", "--n", "4", "--out", "run", "-q").code == 0
    check_refusal(command("compare", "run", "--allow", "rounds"), "did you mean 'round'")
    check_refusal(command("compare", "run", "--votes", "person"), "unknown way of counting votes 'person'")
    check_refusal(command("compare", "run", "--plot", "x.jpg"), "must end in .pdf, .png, .svg")
    whole = Path("run/run.json").read_text(encoding="utf-8")
    Path("run/run.json").write_text(whole[:200], encoding="utf-8")
    check_refusal(command("compare", "run"), "run.json")
    Path("run/run.json").write_text(whole, encoding="utf-8")
    table = Path("run/decisions.parquet")
    table.write_bytes(table.read_bytes()[:100])
    check_refusal(command("compare", "run"), "is cut off or not a Parquet file")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1\n",
        "import nothing_of_this_name\n",
        "def broken(:\n",
        AGENT + AGENT.replace("Share", "Other"),
    ],
    ids=["empty", "no agent", "import fails", "no Python", "two agents"],
)
def test_files_that_hold_no_agent(command: Command, text: str) -> None:
    write("mine.py", text)
    check_refusal(command("play", "dictator", "--agents", "mine.py", "--n", "2"), "mine.py")


def test_wrong_numbers_and_unknown_options_are_told_by_the_parser(command: Command) -> None:
    for arguments in (
        ("play", "dictator", "--n", "many"),
        ("play", "dictator", "--colour", "red"),
        ("play",),
        ("plai", "dictator"),
    ):
        result = command(*arguments)
        assert result.code == 2
        assert "Traceback" not in result.err
        assert result.err.strip()


def test_a_run_without_any_valid_decision_exits_with_one(command: Command) -> None:
    result = command("play", "trust", "--agents", write("never.py", NEVER), "--n", "4", "--out", "run")
    assert result.code == 1
    assert (
        result.err.strip().splitlines()[-1]
        == "gamesim: run: not one valid decision was made: 2 skipped, 2 unreadable"
    )
    assert "void" in result.out
    table = pd.read_parquet("run/decisions.parquet")
    assert set(table["status"]) == {"unreadable", "skipped"}


def test_a_user_file_can_be_a_game_and_an_agent(command: Command) -> None:
    write("demand.py", GAME)
    write("share.py", AGENT)
    result = command(
        "play",
        "demand.py",
        "--agents",
        "share.py@share=0.3:0.5,spe:0.5",
        "--n",
        "8",
        "--out",
        "run",
        "--json",
    )
    assert result.code == 0, result.err
    document = json.loads(result.out)
    played = document["settings"]["game"]
    assert played["parameters"] == {"currency": "$", "pie": 10.0}
    assert (played["name"], played["file"]) == ("demand", "demand.py")
    assert played["sha256"] == hashlib.sha256(Path("demand.py").read_bytes()).hexdigest()
    means = {row["policy"]: row["mean"] for row in document["summary"]}
    assert means == {"share.py@share=0.3": 3, "spe": 5}
    assert command("show", "demand.py").code == 0
    check_refusal(command("play", "demand.py", "--agents", "human", "--n", "4"), "no record of demand.demand")
    check_refusal(command("play", "demand.py", "--agents", "equal_split", "--n", "4"), "nothing to split")


def test_json_holds_everything(command: Command) -> None:
    result = command("play", "dictator", "--agents", "human", "--n", "100", "--json", "--out", "run")
    assert result.code == 0
    document = json.loads(result.out)
    assert {"folder", "settings", "summary", "comparison", "notes"} <= set(document)
    assert document["folder"] == "run"
    assert document["settings"]["n"] == 100
    assert document["settings"]["status"] == "complete"
    assert document["summary"][0]["decision"] == "dictator.give"
    assert document["summary"][0]["n"] == 50
    assert document["comparison"]
    again = command("compare", "run", "--json")
    assert json.loads(again.out)["comparison"] == document["comparison"]


def test_quiet_prints_the_folder_alone(command: Command) -> None:
    result = command("play", "dictator", "--agents", "spe", "--n", "4", "--out", "here/run", "--quiet")
    assert (result.code, result.out, result.err) == (0, "here/run\n", "")
    result = command("play", "dictator", "--agents", "spe", "--n", "4", "-q")
    assert result.out.startswith("runs/dictator-")
    assert Path(result.out.strip(), "decisions.parquet").is_file()
    assert command("compare", "here/run", "-q").out == "here/run\n"


@pytest.mark.skipif(not HAS_PLOTS, reason="matplotlib is not installed")
@pytest.mark.slow
@pytest.mark.parametrize(("name", "magic"), [("x.png", b"\x89PNG"), ("x.svg", b"<?xml")])
def test_pictures_are_written(command: Command, name: str, magic: bytes) -> None:
    result = command("play", "dictator", "--agents", "uniform", "--n", "40", "--out", "run", "--plot", name)
    assert result.code == 0, result.err
    assert Path(name).read_bytes().startswith(magic)
    assert f"drawn: {name}" in result.out


def texts_of(picture: str) -> list[str]:
    """Give the texts of an SVG, which matplotlib leaves as comments."""
    return re.findall(r"<!-- (.*?) -->", Path(picture).read_text(encoding="utf-8"))


@pytest.mark.skipif(not HAS_PLOTS, reason="matplotlib is not installed")
def test_several_rounds_are_drawn_as_rounds_and_what_cannot_be_drawn_is_said_after_the_report(
    command: Command,
) -> None:
    words = ("play", "cheap_talk", "--agents", "uniform", "--n", "8", "--plot", "x.svg", "--out")
    result = command(*words, "many", "--rounds", "3")
    assert (result.code, "drawn: x.svg" in result.out) == (0, True)
    told = texts_of("x.svg")
    assert "cheap_talk.say: mean number of characters" in told
    assert "cheap_talk.contribute: mean action" in told
    assert told.count("of everybody together") == 1
    Path("x.svg").unlink()
    result = command(*words, "one")
    assert result.code == 2
    assert "contribute" in result.out
    assert "saved in one" in result.out
    assert "--rounds 10" in result.err
    result = command("compare", "many", "--plot", "x.svg")
    assert result.code == 2
    assert "gamesim series many --plot x.svg" in result.err
    assert not Path("x.svg").exists()


def test_messages_are_counted_in_characters_and_have_no_half(command: Command) -> None:
    out = command("play", "cheap_talk", "--agents", 'confederate@says="Trust me"', "--n", "8").out
    assert re.search(r"^decision +agent +n +characters +SD +earned +invalid +void *$", out, re.MULTILINE)
    assert re.search(r"^say .* 8 +8\.00 +0\.00 ", out, re.MULTILINE)


def test_what_is_not_compared_for_the_same_reason_is_said_once(command: Command) -> None:
    out = " ".join(command("play", "peer_punishment", "--agents", "uniform", "--n", "8").out.split())
    assert "peer_punishment.punish_1, punish_2, punish_3: no human record answers this decision saved" in out


def test_figures_of_people_alone_have_no_key_of_bars(command: Command) -> None:
    out = command("play", "beauty_contest", "--agents", "level_k", "--n", "100").out
    assert "beauty_contest.guess   level_k beside 200 decisions of people" in out
    assert "■" not in out


NEVER = '''
"""Answers in the second round alone."""

from dataclasses import dataclass

import numpy as np

from gamesim.policy import UNREADABLE, Decisions, Policy


@dataclass(frozen=True)
class Never(Policy):
    """Says nothing that can be read, but for one round."""

    group: bool = False

    def decide(self, obs):
        missing = np.full(len(obs), obs.round != 2)
        missing &= (obs.agent == 0) | (not self.group)
        actions = np.where(missing, np.nan, 0.0)
        return Decisions(actions, "rule", status=np.where(missing, UNREADABLE, 0).astype(np.uint8))
'''


def test_why_a_measure_is_missing_is_told_and_one_group_is_void(command: Command) -> None:
    Path("never.py").write_text(NEVER, encoding="utf-8")
    words = ("play", "public_goods", "--n", "8", "--rounds", "2", "--agents")
    out = command(*words, "never.py").out
    assert "efficiency: - where every group is void\n" in out
    assert "lost more" not in out
    assert "2 of 4 groups are void: an action is missing in them" in out
    out = command(*words, "never.py@group=true").out
    assert "1 of 4 groups is void: an action is missing in it" in out
    assert "sums over" not in out
    assert "efficiency: -" not in out
    network = ("--network", "cycle_graph:n=8", "--rounds", "2", "--agents", "never.py@group=true")
    out = " ".join(command("play", "public_goods", *network).out.split())
    assert (
        "3 of 16 groups are void: an action is missing in them; earnings are sums over the groups that counted"
        in out
    )


def test_what_is_printed_after_a_game(command: Command) -> None:
    result = command("play", "ultimatum", "--agents", "uniform,spe", "--n", "40", "--out", "run")
    assert result.code == 0
    for words in (
        "ultimatum.offer",
        "ultimatum.minimum",
        "uniform",
        "spe",
        "W1",
        "run",
        "gamesim compare run",
    ):
        assert words in result.out
    assert "nan" not in result.out.lower().split()


def test_the_form_that_served_models_read_stands_below_the_text(command: Command, tmp_path: Path) -> None:
    out = " ".join(command("show", "trust").out.split())
    json_form = 'reads last: Answer with a JSON object of the form {"answer": ...}, where the answer is a whole number.'
    assert out.count(json_form) == 2
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "trust.toml").write_text('[answer]\nsend = "Write [x]."\n', encoding="utf-8")
    out = " ".join(command("show", "trust", "--prompts", str(pack)).out.split())
    assert out.count(json_form) == 1


def test_a_choice_that_counts_in_several_groups_is_of_none_in_a_replay(command: Command) -> None:
    words = "play prisoners_dilemma --agents uniform --network complete:n=3 --matching edges --out run"
    assert command(*words.split()).code == 0
    assert "== round 1\n" in command("replay", "run").out


def test_every_game_can_be_shown(command: Command) -> None:
    for name in catalog.names("games"):
        result = command("show", name, "--wordings")
        assert result.code == 0, result.err
        assert "{" not in result.out.replace('{"answer": ...}', "")
        assert name in result.out
    assert "$50" in command("show", "trust", "--set", "endowment=50").out
    divided = ("show", "public_goods", "--set", "spread=true")
    assert "exceeds 1\n\nmember" in command(*divided).out
    assert "agents then earn $40 on average" in " ".join(
        command(*divided, "--set", "hold=multiplier").out.split()
    )
    check_refusal(command("show", "trst"), "did you mean 'trust'")


def test_everything_is_listed(command: Command) -> None:
    games = command("games").out
    assert all(name in games for name in catalog.names("games"))
    agents = command("agents").out
    assert all(name in agents for name in catalog.names("agents"))
    humans = command("humans").out
    assert "moblab.dictator.give" in humans
    assert "0.84 to 9.35" in humans
    assert "given_10" not in humans
    assert re.search(r"prisoners_dilemma\.choose +figures +0\.45 ", humans)


def test_many_decisions_are_a_line_each(command: Command) -> None:
    game = ("play", "conditional_contribution", "--n", "40")
    told = command(*game, "--agents", "free_rider").out
    lines = [line for line in told.splitlines() if re.match(r"given_\d+ +█·+ ", line)]
    assert len(lines) == 21
    assert "beside 140 people" in command(*game, "--agents", "free_rider,uniform").out


@pytest.mark.parametrize("name", catalog.names("games"))
def test_every_game_is_played_from_the_command_line(command: Command, name: str) -> None:
    result = command("play", name, "--agents", "uniform,spe", "--rounds", "2", "--out", "run", "--seed", "3")
    assert result.code == 0, result.err
    assert result.err == ""
    assert "nan" not in result.out.lower().split()


def test_a_seed_is_a_run(command: Command) -> None:
    documents = []
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        arguments = ("--agents", "uniform", "--n", "20", "--seed", seed, "--json", "--out", folder)
        documents.append(json.loads(command("play", "dictator", *arguments).out)["summary"])
    assert documents[0] == documents[1] != documents[2]


def test_the_installed_command(tmp_path: Path) -> None:
    installed = Path(sys.executable).parent / "gamesim"
    assert installed.is_file(), 'install the package first: pip install -e ".[dev]"'
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(installed), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    good = run("play", "dictator", "--agents", "spe", "--n", "4", "--out", "run", "-q")
    assert (good.returncode, good.stdout, good.stderr) == (0, "run\n", "")
    bad = run("play", "dictatr")
    assert bad.returncode == 2
    assert bad.stderr.startswith("gamesim: unknown game 'dictatr'")
    assert bad.stderr.count("\n") == 1
    nobody = run("play", "dictator", "--agents", "me")
    assert nobody.returncode == 2
    assert nobody.stderr.startswith("gamesim: me: there is no terminal")


def test_a_fault_in_a_users_agent_names_the_file_and_the_line(command: Command) -> None:
    write("broken.py", AGENT.replace("return certain", "obs.no_such_thing\n        return certain"))
    result = command("play", "dictator", "--agents", "broken.py", "--n", "4")
    check_refusal(result, r"broken.py, line 14: decide failed: AttributeError")


def test_a_game_that_says_nothing_of_the_past_or_of_predictions_can_be_shown(command: Command) -> None:
    bare = [line for line in GAME.splitlines() if not line.startswith(("    equilibrium", "    efficiency"))]
    write("demand.py", "\n".join(bare).partition("    def selfish")[0])
    shown = command("show", "demand.py")
    assert shown.code == 0
    assert "selfish players" not in shown.out


def test_a_game_without_texts_is_played_by_rules_and_says_what_readers_lack(command: Command) -> None:
    bare = "\n".join(line for line in GAME.splitlines() if not line.startswith(("    rules", "    ask")))
    write("demand.py", bare)
    assert command("play", "demand.py", "--agents", "uniform", "--n", "4", "-q").code == 0
    shown = command("show", "demand.py")
    assert shown.code == 2
    assert "demand: rules has no text for 'player'" in shown.err


def test_a_stage_for_a_role_that_does_not_exist_is_named(command: Command) -> None:
    write("demand.py", GAME.replace('by="player"', 'by="giver"'))
    result = command("play", "demand.py", "--agents", "uniform", "--n", "4")
    check_refusal(result, "demand.demand: is decided by 'giver', but the roles are: player")


SNOW = """
from dataclasses import dataclass
import numpy as np
from gamesim import Amount, Choice, Game, stage

@dataclass(frozen=True)
class Snow(Game):
    roles = ("driver",) * 2
    rules = {"driver": ("You are snowed in.",)}
    ask = {"act": ("Do you {options}?",)}

    @stage(by="driver")
    def act(self, play):
        return Choice(("shovel", "wait"))

    def payoffs(self, play):
        return {"driver": play["act"]}
"""


LEGAL = 'snow.py: act must return the legal actions, such as Amount(0, 10) or Choice(("left", "right")); got '
FAULT = "snow.py, line 14: act failed"
LABELS = f'{FAULT}: TypeError: Choice takes one tuple of different labels, such as ("left", "right"); got '
SEATS = "snow.py: roles must name the role of each seat of a group"
ROLES = f'{SEATS}, such as ("donor", "charity") or ("driver",) * 2; got '
PAYS = "snow.py: payoffs must return {role: array}, one number a seat, for driver; got "


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('Choice(("shovel", "wait"))', '["shovel", "wait"]', f"{LEGAL}['shovel', 'wait']"),
        ('Choice(("shovel", "wait"))', 'Choice("shovel", "wait")', f"{LABELS}'shovel'"),
        ('Choice(("shovel", "wait"))', 'Choice(("wait", "wait"))', f"{LABELS}('wait', 'wait')"),
        ('Choice(("shovel", "wait"))', "Amount(0, 1 / 0)", f"{FAULT}: ZeroDivisionError"),
        ('("driver",) * 2', '{"driver": 2}', f"{ROLES}{{'driver': 2}}"),
        ('("driver",) * 2', '"driver"', f"{ROLES}'driver'"),
        ('("driver",) * 2', "()", f"{ROLES}()"),
        (
            "    roles",
            "    items: tuple = (1, 2)\n    roles",
            "items = (1, 2) is no number, text, true or false",
        ),
        ('return {"driver"', 'return {"drvier"', f"{PAYS}'drvier'"),
        ('return {"driver": play["act"]}', 'play["act"]', f"{PAYS}None"),
        ('return {"driver": play["act"]}', 'return play["act"]', f"{PAYS}ndarray"),
        ('play["act"]}', "0.0}", f"{PAYS}1 for the 2 of driver"),
        (
            '("You are snowed in.",)',
            '"You are snowed in."',
            'snow.py: rules["driver"] must be a tuple of texts',
        ),
    ],
)
@pytest.mark.parametrize("agent", ["uniform", "fehr_schmidt"])
def test_a_game_that_is_written_wrong_is_told_in_one_sentence(
    command: Command, agent: str, right: str, wrong: str, sentence: str
) -> None:
    assert right in SNOW
    write("snow.py", SNOW.replace(right, wrong))
    check_refusal(command("play", "snow.py", "--agents", agent, "--n", "4", "--out", "run"), sentence)
    assert not Path("run").exists()


def test_a_fault_in_a_users_payoffs_names_the_line_and_leaves_no_folder(command: Command) -> None:
    write("demand.py", GAME.replace('play["demand"], 0.0', 'play["gift"], 0.0'))
    result = command("play", "demand.py", "--agents", "uniform", "--n", "4", "--out", "run")
    check_refusal(result, "payoffs failed: KeyError: 'gift'")
    assert not Path("run").exists()


def test_play_takes_personas(command: Command) -> None:
    Path("people.csv").write_text("age,gender\n34,woman\n51,man\n", encoding="utf-8")
    done = command(
        "play", "bomb_risk", "--agents", "uniform", "--n", "2", "--personas", "people.csv", "--json"
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["settings"]["personas"]["traits"] == ["age", "gender"]
    Path("people.csv").write_text("age\nold\n", encoding="utf-8")
    wrong = command("play", "bomb_risk", "--agents", "uniform", "--personas", "people.csv")
    assert (wrong.code, wrong.out) == (2, "")
    assert (
        wrong.err == "gamesim: people.csv, line 2, column age: 'old' is not an age in years, from 0 to 130\n"
    )
    assert "--personas people.csv" in command("play", "--help").out


def test_every_game_and_agent_is_listed_once_and_fits_ninety_columns() -> None:
    for folder in ("games", "agents"):
        listed = subprocess.run(
            [sys.executable, "-m", "gamesim", folder],
            env=os.environ | {"COLUMNS": "90", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        lines = listed.stdout.splitlines()
        assert max(map(len, lines)) <= 90
        for name in catalog.names(folder):
            assert sum(line.startswith(f"{name} ") for line in lines) == 1


def test_one_agent_is_printed_with_what_its_options_are(command: Command) -> None:
    out = command("agents", "tit_for_tat").out
    assert "@error=0   0 to 0.5; fitted within 0 to 0.5\n    Probability of doing the other thing" in out
    assert "@top_k\n    Keep the k likeliest tokens" in command("agents", "mini").out
    assert "did you mean 'tit_for_tat'?" in command("agents", "tit_for_tatt").err


@pytest.mark.skipif(not HAS_PLOTS, reason="needs matplotlib")
def test_the_rounds_of_a_network_that_changes_are_drawn(command: Command) -> None:
    words = (
        "play prisoners_dilemma --agents uniform --n 20 --network ring --rounds 3 --out run --plot run.svg"
    )
    result = command(*words.split(), "--rewire", "random:share=0.2")
    assert result.code == 0
    assert "drawn: run.svg" in result.out
    assert "by round" in result.out
    assert Path("run.svg").is_file()


def test_the_command_says_how_long_games_of_indefinite_length_were_and_varies_no_such(
    command: Command,
) -> None:
    words = ["play", "prisoners_dilemma", "--agents", "uniform", "--n", "4", "--out"]
    result = command(*words, "long", "--continuation", "0.75", "--supergames", "3")
    rounds = len(pd.read_parquet("long/decisions.parquet")[["supergame", "round"]].drop_duplicates())
    assert f"3 supergames of {rounds} rounds in all" in result.out
    assert "needs --rounds of at least 2" in command(*words, "one", "--sensitivity", "update").err


def test_the_help_of_play_lists_every_option_once_under_a_heading(command: Command) -> None:
    import inspect

    told = command("play", "--help").out
    for name in set(inspect.signature(playing.play).parameters) - {"game"}:
        option = "--" + {"max_seconds": "max-time"}.get(name, name.rstrip("_").replace("_", "-"))
        assert len(re.findall(rf"^  (?:-\w, )?{option}\b", told, re.MULTILINE)) == 1, option
    assert told.index("Who meets whom") < told.index("--network") < told.index("Language models")


def test_play_in_python_and_the_command_take_the_same_settings() -> None:
    import dataclasses
    import inspect

    from gamesim.design import Design

    in_python = inspect.signature(gamesim.play).parameters
    typed = inspect.signature(playing.play).parameters
    for each in dataclasses.fields(Design):
        assert in_python[each.name].default == typed[each.name].default == each.default, each.name
        assert in_python[each.name].annotation == each.type
    assert set(in_python) - set(typed) == {"announce", "progress", "parameters"}


def test_kept_answers_are_written_and_taken_in(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMESIM_CACHE", "kept")
    assert "0 answers written" in command("cache", "export", "all.jsonl").out
    assert (
        "0 answers taken from all.jsonl, 0 were kept already" in command("cache", "import", "all.jsonl").out
    )
    check_refusal(command("cache", "import", "none.jsonl"), "none.jsonl: cannot be read")
    check_refusal(
        command("cache", "import", write("bad.jsonl", "{}\n")), "bad.jsonl: line 1 lacks 'identity'"
    )


def test_a_wording_that_there_is_not_is_refused(command: Command) -> None:
    assert command("play", "dictator", "--agents", "mini@wording=11", "--n", "4", "--out", "a").code == 0
    check_refusal(
        command("play", "dictator", "--agents", "mini@wording=99", "--n", "4", "--out", "b"),
        "mini@wording=99: there are 12 wordings of dictator.give, 0 to 11",
    )


def test_rules_that_all_rows_of_a_list_share_are_shown_once(command: Command) -> None:
    told = command("show", "conditional_contribution").out
    assert told.count("One member is drawn") == 1
    assert told.count("(system and rules as before)") == 21
    assert "if the others contribute $20 on average, how much do you contribute?" in told
    assert command("show", "trust").out.count("as before") == 0


def test_next_steps_can_be_copied_whatever_folders_are_called(command: Command) -> None:
    Path("my games").mkdir()
    file = write("my games/snow.py", SNOW)
    told = command("play", file, "--agents", "fixed@action=wait", "--n", "4", "--out", "my runs/first")
    assert "gamesim compare 'my runs/first'" in told.out
    assert re.search(r"gamesim play '.*my games/snow.py' --agents uniform", told.out)
