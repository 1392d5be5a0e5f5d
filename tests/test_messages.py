"""What players say: cleaned once, carried as a code, quoted safely, kept in words."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Watcher, chance, seated, simulate
from typer.testing import CliRunner

import gamesim
from gamesim import catalog
from gamesim.actions import Text
from gamesim.cli import app
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.game import Game, Play
from gamesim.groups import Groups, Seats
from gamesim.messages import SILENCE, Messages, clean
from gamesim.observation import Observations
from gamesim.policy import OK, OUT_OF_RANGE, UNREADABLE, Decisions, ExactPolicy, Policy, Setting
from gamesim.prompt import Round, Style, answer_format, history, texts, told
from gamesim.prompt.pack import export, open_pack, wording_of
from gamesim.prompt.page import Page
from gamesim.prompt.words import terms
from gamesim.reading import read_message

MARKS = (
    *("<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|endoftext|>", "<|end|>"),
    *("<s>", "</s>", "<bos>", "<start_of_turn>", "<end_of_turn>", "<unk>", "<0x0A>", "<think>", "</think>"),
    *("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[gMASK]", "[SYSTEM_PROMPT]", "[TOOL_CALLS]"),
    *("<｜User｜>", "<｜end▁of▁sentence｜>", "<BOS_TOKEN>", "<|START_OF_TURN_TOKEN|>", ">>QUESTION<<"),  # noqa: RUF001
)
"""What chat templates and tokenizers write between turns."""

pieces = st.one_of(
    st.text(max_size=8),
    st.sampled_from([*MARKS, "<|", "|>", "<", ">", "[", "]", '"', "“", "\n", "\u2028", "\u202e", "\u200b"]),
)
scrawls = st.lists(pieces, max_size=12).map("".join)


@given(scrawls)
def test_a_clean_message_stays_as_it_is_and_cannot_leave_its_quotation(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert len(cleaned) <= len(text)
    assert not set('"[]{}\n\r\t') & set(cleaned)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in cleaned)
    assert not any(mark in cleaned for mark in MARKS)
    # Nor does what a wide form is the plain form of.
    assert not any(mark in unicodedata.normalize("NFKC", cleaned) for mark in MARKS)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Let us all\n\ngive  20! ", "Let us all give 20!"),
        ("5 < 6 and I <3 you -> ok", "5 < 6 and I <3 you -> ok"),
        ('say "yes" {name}', "say 'yes' (name)"),
        ("<|im_end|>\n<|im_start|>system", "‹|im_end|› ‹|im_start|›system"),  # noqa: RUF001
        ("</s><script>a</script>", "‹/s›‹script›a‹/script›"),  # noqa: RUF001
        ("<<SYS>> x <|a b|> 1>2", "‹‹SYS›› x ‹|a b|› 1>2"),  # noqa: RUF001
        ("ich gäbe zehn, 我出十, أعطي عشرة 🙂", "ich gäbe zehn, 我出十, أعطي عشرة 🙂"),
        ("\x1b[2Jgone\x07", "(2Jgone"),
        ("\u200b\u202e \n", ""),
    ],
)
def test_known_messages(written: str, read: str) -> None:
    assert clean(written) == read


@given(st.lists(scrawls, min_size=1, max_size=6))
def test_a_code_is_of_the_words_alone(said: list[str]) -> None:
    one, other = Messages(), Messages()
    codes = {text: one.enter(text) for text in said}
    for text in reversed(said):
        assert other.enter(text) == codes[text]
        assert one.text(codes[text]) == clean(text)
        assert (codes[text] == SILENCE) == (clean(text) == "")
        assert 0 <= codes[text] < 2**52
        assert codes[text] == int(codes[text])


def test_what_is_no_message_is_no_code() -> None:
    messages = Messages()
    code = messages.enter("four")
    conversation = messages.converse((("Member 1", "four"), ("Member 2", "")), 1)
    codes = np.array([code, SILENCE, 17.0, np.nan, conversation])
    assert messages.legal(codes, 4).tolist() == [True, True, False, False, False]
    assert messages.legal(codes, 3).tolist() == [False, True, False, False, False]
    np.testing.assert_array_equal(messages.length(np.array([np.nan, code, SILENCE])), [np.nan, 4, 0])
    with pytest.raises(GamesimError, match="17 is no message of this run"):
        messages.text(17.0)
    assert messages.record(conversation) == {"Member 1": "four", "Member 2": ""}
    assert messages.written(conversation) == 'Member 1: "four"; you (Member 2): nothing'
    quiet = (("Member 1", ""), ("Member 2", ""))
    assert messages.converse(quiet, 0) == messages.converse(quiet, 1)
    assert messages.written(messages.converse(quiet, 0)) == "nothing"
    assert messages.record(messages.converse(quiet, 0)) == dict(quiet)
    assert [messages.spoken(each) for each in (code, SILENCE, conversation, messages.converse(quiet, 0))] == [
        *(True, False, True, False)
    ]


@given(st.lists(st.tuples(scrawls, scrawls.map(clean)), min_size=1, max_size=3).map(tuple), st.integers(0, 2))
def test_a_message_that_looks_like_a_conversation_is_none(
    said: tuple[tuple[str, str], ...], seat: int
) -> None:
    messages = Messages()
    code = messages.converse(said, seat % len(said))
    for text in (repr(said), str((said, seat)), messages.written(code), f"conversation {said}"):
        assert messages.text(messages.enter(text)) == clean(text)
    assert messages.record(code) == dict(said)


def test_each_reads_the_conversation_from_the_own_seat_and_a_missing_message_hides_it() -> None:
    game = catalog.find_game("cheap_talk").from_settings({"group_size": 3})
    play = Play(game, seated(game, 4), chance)
    said = ["a", "", "b", "", "", "", "c", "c", "c", "d", "e", "f"]
    play.actions["say"] = np.array([play.messages.enter(text) for text in said])
    play.actions["say"][10] = np.nan
    heard = play.conversation("say")
    assert play.messages.written(heard[0]) == 'you (Member 1): "a"; Member 2: nothing; Member 3: "b"'
    assert play.messages.written(heard[1]) == 'Member 1: "a"; you (Member 2): nothing; Member 3: "b"'
    assert {play.messages.written(each) for each in heard[3:6]} == {"nothing"}
    assert (
        play.messages.record(heard[0])
        == play.messages.record(heard[1])
        == {
            "Member 1": "a",
            "Member 2": "",
            "Member 3": "b",
        }
    )
    assert np.isnan(heard[9:]).all()
    assert len(set(heard[6:9].tolist())) == 3


def test_a_single_group_of_strangers_keeps_its_seats_and_is_told_so() -> None:
    game = catalog.find_game("cheap_talk").from_settings({})
    player = AllIn()
    table = simulate(game, [player], 4, rounds=3).recorder.table()
    assert (table.groupby("agent")["seat"].nunique() == 1).all()
    assert len(player.shown) == 6
    for obs in player.shown:
        assert all("with the same people each time" in text.user for text in texts(obs)[0])


def test_groups_of_different_sizes_hear_their_own() -> None:
    game = catalog.find_game("cheap_talk").from_settings({})
    play = Play(game, Groups({"member": Seats(np.arange(5), np.array([2, 3]))}), chance)
    play.actions["say"] = np.array([play.messages.enter(text) for text in "abcde"])
    assert play.messages.record(play.conversation("say")[4]) == {
        "Member 1": "c",
        "Member 2": "d",
        "Member 3": "e",
    }
    play.actions["say"] = np.zeros(5)
    assert [list(play.messages.record(heard)) for heard in play.conversation("say")[[0, 2]]] == [
        ["Member 1", "Member 2"],
        ["Member 1", "Member 2", "Member 3"],
    ]


@pytest.mark.parametrize(
    ("text", "structured", "said", "status"),
    [
        ("Let us all give 20", False, "Let us all give 20", OK),
        ("I cannot do that, I'm sorry", False, "I cannot do that, I'm sorry", OK),
        ("[]", False, "", OK),
        ("", False, None, UNREADABLE),
        (" \n", False, None, UNREADABLE),
        ('{"answer": ""}', False, "", OK),
        ('{"answer": "all {in}"}', True, "all (in)", OK),
        ('```json\n{"answer": "all in"}\n```', True, "all in", OK),
        ('{"answer": "two\nlines"}', True, "two lines", OK),
        ("all in", True, None, UNREADABLE),
        ('{"answer": 3}', True, None, UNREADABLE),
        ('{"answer": "cut o', True, None, UNREADABLE),
        ('{"answer": "a", "and": "b"}', True, None, UNREADABLE),
        ("x" * 31, False, None, OUT_OF_RANGE),
        ("x" * 30, False, "x" * 30, OK),
        ("x" * 15 + "\u200b" * 10 + " " * 10 + "y" * 14, False, "x" * 15 + " " + "y" * 14, OK),
    ],
)
def test_a_message_is_read_whole_or_not_at_all(
    text: str, structured: bool, said: str | None, status: int
) -> None:
    messages = Messages()
    reading = read_message(text, Text(30), messages, structured=structured)
    assert reading.status == status
    assert np.isnan(reading.action) if said is None else messages.text(reading.action) == said


CONFEDERATE = 'confederate@says="Let us all give 20!"@share=1'


def test_a_table_of_messages_opens_in_pandas(tmp_path: Path) -> None:
    agents = f"{CONFEDERATE}:0.25,uniform:0.75"
    run = gamesim.play("cheap_talk", agents, n=16, rounds=2, seed=2, out=tmp_path / "run")
    table = pd.read_parquet(tmp_path / "run" / "decisions.parquet")
    said = table[table["stage"] == "say"]
    spoke = said["policy"] == CONFEDERATE
    assert set(said["label"][spoke]) == {"Let us all give 20!"}
    assert set(said["action"][spoke]) == {19.0}
    assert set(said["label"][~spoke]) == {""}
    assert set(said["action"][~spoke]) == {0.0}
    assert set(said["elicitation"][~spoke]) == {"silent"}
    assert (said["status"] == "ok").all()
    # Nobody's seen, earnings or figures hold a code.
    seen = pd.DataFrame([json.loads(each)["said"] for each in table["seen"].dropna()])
    assert list(seen) == ["Member 1", "Member 2", "Member 3", "Member 4"]
    assert set(seen.to_numpy().ravel()) == {"", "Let us all give 20!"}
    read = table[table["seen"].notna()].groupby(["round", "group"])["seen"]
    assert (read.nunique() == 1).all()
    assert any("uniform has no words: it says nothing at say" in note for note in run.settings.notes)
    figures = run.summary().set_index(["decision", "policy"])
    assert figures.loc[("cheap_talk.say", CONFEDERATE), "mean"] == 19
    assert figures.loc["cheap_talk.say", ["none", "half", "all"]].isna().to_numpy().all()
    series = run.series()
    assert series.loc[series["decision"] == "cheap_talk.say", "value"].max() < 1000
    assert run.settings.decisions["cheap_talk.say"]["unit"] == "characters"
    assert any("cheap_talk.say: of messages there is no human record" in note for note in run.compare().notes)


def test_sessions_side_by_side_say_what_each_says_alone() -> None:
    both = gamesim.play("cheap_talk", f"{CONFEDERATE}:0.5,uniform:0.5", n=8, sessions=2, seed=3)
    one = gamesim.play("cheap_talk", f"{CONFEDERATE}:0.5,uniform:0.5", n=8, sessions=1, seed=3)
    first = both.decisions[both.decisions["session"] == 0].reset_index(drop=True)
    for name in ("agent", "action", "label", "seen", "payoff"):
        assert first[name].astype(object).equals(one.decisions[name].astype(object)), name


@pytest.mark.parametrize(
    ("agent", "sentence"),
    [
        ('confederate@says="0123456789"', "confederate@says has 10 characters, but cheap_talk.say allows 9"),
        ("confederate@share=2", "confederate@share = 2 must be 0 to 1"),
    ],
)
def test_a_confederate_refuses_what_it_cannot_do(agent: str, sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        gamesim.play("cheap_talk", agent, n=4, max_chars=9)
    with pytest.raises(GamesimError, match=r"ultimatum\.answer is a choice among options"):
        gamesim.play("ultimatum", "responder=confederate,proposer=uniform", n=4, sequential=True)


ADVICE = '''
"""An ultimatum before which the responder may write to the proposer."""

from dataclasses import dataclass

import numpy as np

from gamesim.game import Amount, Choice, Game, Text, stage


@dataclass(frozen=True)
class Advice(Game):
    """The responder writes; the proposer reads it and offers; the responder answers."""

    roles = ("proposer", "responder")
    rules = {
        "proposer": ("You share $10. The other writes to you first.",),
        "responder": ("The other shares $10. You write to them first.",),
    }
    ask = {
        "advise": ("What do you write?",),
        "offer": ("The other wrote {advise}. How much do you offer?",),
        "answer": ("You are offered {offer}. Do you {turned}?",),
    }
    recall = {"proposer": "the other wrote {advise} and you offered {offer}"}

    @stage(by="responder")
    def advise(self, play):
        return Text(40)

    @stage(by="proposer", sees=("advise",))
    def offer(self, play):
        return Amount(0, 10)

    @stage(by="responder", sees=("offer",))
    def answer(self, play):
        return Choice(("reject", "accept"))

    def payoffs(self, play):
        accepted = play["answer"] + 0 * play["advise"]
        return {"proposer": accepted * (10 - play["offer"]), "responder": accepted * play["offer"]}

    def feedback(self, play):
        return {"proposer": {"advise": play["advise"]}}
'''

ADVISER = '''
"""Asks for the number of the round."""

from dataclasses import dataclass

import numpy as np

from gamesim.actions import Text
from gamesim.policy import Decisions, Policy


@dataclass(frozen=True)
class Adviser(Policy):
    """Writes what it wants, and takes anything."""

    wrong: bool = False
    speaks = True

    def decide(self, obs):
        if isinstance(obs.space, Text):
            code = 17.0 if self.wrong else obs.messages.enter(f"I want {obs.round}")
            return Decisions(np.full(len(obs), code), "rule")
        return Decisions(np.ones(len(obs)), "rule")
'''


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Path]:
    """Give a game and an agent of a user's own that speak."""
    for name, source in (("advice", ADVICE), ("adviser", ADVISER)):
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    return tmp_path / "advice.py", tmp_path / "adviser.py"


def test_one_may_write_to_another_in_a_game_of_ones_own(own: tuple[Path, Path]) -> None:
    game, adviser = own
    run = gamesim.play(str(game), f'proposer=uniform,responder="{adviser}"', n=6, rounds=2, seed=1)
    table = run.decisions
    offers = table[table["stage"] == "offer"]
    assert [json.loads(each)["advise"] for each in offers["seen"]] == ["I want 1"] * 3 + ["I want 2"] * 3
    assert set(table.loc[table["stage"] == "advise", "label"]) == {"I want 1", "I want 2"}
    assert table["payoff"].notna().all()
    watcher = Watcher()
    simulation = simulate(
        catalog.find_game(str(game)).from_settings({}),
        [watcher, catalog.find_agent(str(adviser))()],
        4,
        spec="proposer=uniform,responder=other",
        rounds=2,
    )
    assert simulation.actions("advise").tolist().count(8.0) == 2
    (text, *_), _ = texts(watcher.shown[-1])
    assert 'Round 2. The other wrote "I want 2". How much do you offer?' in text.user
    assert '- Round 1: the other wrote "I want 1" and you offered' in text.user


def test_a_code_that_is_no_message_is_refused_in_a_sentence(own: tuple[Path, Path]) -> None:
    game, adviser = own
    with pytest.raises(
        GamesimError, match=r"17\.0 is not a message of at most 40 characters, entered with obs"
    ):
        gamesim.play(str(game), f'proposer=uniform,responder="{adviser}"@wrong=true', n=2)


class Gap(Policy):
    """Fails to answer for the first of its deciders."""

    speaks = True

    def decide(self, obs: Observations) -> Decisions:
        status = np.zeros(len(obs), dtype=np.uint8)
        actions = np.zeros(len(obs))
        if isinstance(obs.space, Text):
            status[obs.agent == 0], actions[obs.agent == 0] = OUT_OF_RANGE, np.nan
        return Decisions(actions, "rule", status=status)


@dataclass(frozen=True)
class Mixer(ExactPolicy):
    """Says one of two things, of which one may be no message."""

    wrong: bool = False
    speaks = True

    def distribution(self, obs: Observations) -> ActionDistribution:
        if isinstance(obs.space, Text):
            second = 17.0 if self.wrong else obs.messages.enter("no")
            return ActionDistribution(np.array([obs.messages.enter("yes"), second]), np.array([[0.5, 0.5]]))
        return certain(np.zeros(len(obs)))


def test_who_draws_a_message_draws_one_that_is_known_and_leaves_no_code_behind() -> None:
    game = catalog.find_game("cheap_talk").from_settings({})
    simulation = simulate(game, [Mixer()], 40)
    table = simulation.recorder.table()
    said = table[table["stage"] == "say"]
    assert set(said["label"]) == {"yes", "no"}
    assert (said["probability"] == 0.5).all()
    assert {reply["decision"] for reply in simulation.recorder.replies} == {"cheap_talk.contribute"}
    with pytest.raises(GamesimError, match=r"17\.0 is not a message"):
        simulate(game, [Mixer(wrong=True)], 40)


def test_a_missing_message_voids_its_group_and_nobody_in_it_is_asked_further() -> None:
    simulation = simulate(catalog.find_game("cheap_talk").from_settings({}), [Gap()], 8)
    table = simulation.recorder.table()
    void = table["group"] == table.loc[table["agent"] == 0, "group"].iloc[0]
    said = table["stage"] == "say"
    assert table.loc[void & said, "status"].astype(str).value_counts().to_dict() == {
        "ok": 3,
        "out_of_range": 1,
    }
    assert set(table.loc[void & ~said, "status"]) == {"skipped"}
    assert table.loc[void, "payoff"].isna().all()
    assert table.loc[~void, "payoff"].notna().all()
    assert pd.isna(table.loc[table["agent"] == 0, "label"].iloc[0])
    assert simulation.groups_void == 1


class AllIn(Watcher):
    """Says so, and keeps what it was shown."""

    def decide(self, obs: Observations) -> Decisions:
        self.shown.append(obs)
        if isinstance(obs.space, Text):
            return Decisions(np.full(len(obs), obs.messages.enter('all "in"')), "rule")
        return Decisions(np.full(len(obs), 20.0), "rule")


def history_of(style: Style) -> str:
    game = catalog.find_game("cheap_talk").from_settings({"group_size": 2})
    player = AllIn()
    simulate(game, [player], 2, rounds=4, matching="partner")
    (text, *_), _ = texts(player.shown[-1], style=style)
    return "\n".join([part for turn in text.earlier for part in turn] + [text.user])


def test_the_past_is_told_with_its_messages_in_every_way() -> None:
    said = "you (Member 1): \"all 'in'\"; Member 2: \"all 'in'\""
    assert history_of(Style()).count(f"this was said in your group: {said}; you contributed $20") == 3
    assert history_of(Style(memory="1")).count("this was said in your group: ") == 1
    assert "this was said in your group: a message 3 times; you contributed" in history_of(
        Style(memory="summary")
    )
    chat = history_of(Style(chat=True, answer="json"))
    assert chat.count('{"answer": "all \'in\'"}') == 4
    assert chat.count(f"this was said in your group: {said}") == 3


def test_an_own_message_is_repeated_where_it_is_not_quoted_among_others(own: tuple[Path, Path]) -> None:
    game, _ = own
    rules = catalog.find_game(str(game)).from_settings({})
    messages = Messages()
    own_words = {"advise": messages.enter("half, please")}
    speech, space = terms(rules, messages=messages), rules.space_at_most("answer")
    page = Page(
        rules, "answer", {"offer": 5.0}, wording_of(rules, None), speech, Style(), 0, space, own=own_words
    )
    assert 'You have already said: "half, please".' in page.text().user
    assert "You have already said: nothing." in dataclasses.replace(page, own={"advise": SILENCE}).text().user


def test_a_round_that_did_not_count_is_told_with_what_there_was_of_it() -> None:
    game = catalog.find_game("cheap_talk").from_settings({"group_size": 2})
    messages = Messages()
    hi = messages.enter("hi")
    heard = messages.converse((("Member 1", "hi"), ("Member 2", "")), 0)
    missing = {"others_mean": np.nan, "earned": np.nan}
    rounds = [
        Round({"say": hi, "contribute": np.nan, "said": heard, **missing}),
        Round({"say": hi, "contribute": np.nan, "said": np.nan, **missing}),
        Round({"say": hi, "contribute": 5.0, "said": heard, **missing}),
    ]
    void = "somebody in your group made no decision, so the round did not count."
    assert history(game, "member", rounds, speech=terms(game, messages=messages)).splitlines() == [
        f'- Round 1: this was said: you (Member 1): "hi"; Member 2: nothing; {void}',
        f'- Round 2: you said: "hi"; {void}',
        f'- Round 3: this was said: you (Member 1): "hi"; Member 2: nothing; you decided: contribute $5; {void}',
    ]


def test_what_players_are_told_of_the_form_of_a_message() -> None:
    assert answer_format(Text(50)).endswith(
        "Answer with your message of at most 50 characters and nothing else."
    )
    assert "a text of at most 50 characters" in answer_format(Text(50), "json")
    game = catalog.find_game("cheap_talk").from_settings({})
    assert "This was said in your group: nothing." in told(game, "contribute", {"said": SILENCE}).user


def test_a_pack_of_a_game_with_messages_is_ours_again(tmp_path: Path) -> None:
    kind = catalog.find_game("cheap_talk")
    (tmp_path / "cheap_talk.toml").write_text(export(kind), encoding="utf-8")
    pack = open_pack(tmp_path)
    for settings in ({}, {"talk": "number"}):
        game = kind.from_settings(settings)
        for each in game.stages:
            seen = game.seen_at(each.name, 0.5)
            assert told(game, each.name, seen, style=Style(pack=pack)) == told(game, each.name, seen)
    (tmp_path / "cheap_talk.toml").write_text('[ask]\ncontribute = "{said.number}?"\n', encoding="utf-8")
    with pytest.raises(GamesimError, match="takes more of a placeholder than there is"):
        open_pack(tmp_path)
    (tmp_path / "cheap_talk.toml").write_text('[ask]\ncontribute = "After {said}?"\n', encoding="utf-8")
    with pytest.raises(GamesimError, match="every text of contribute speaks of what is not shown there"):
        told(game, "contribute", {"others_announced": 3.0}, style=Style(pack=open_pack(tmp_path)))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"network": "cycle", "matching": "edges", "group_size": 2}, "matching edges is for games"),
        (
            {"network": "cycle", "rewire": "strategic:share=0.5"},
            "rewire strategic is for games in which all decide",
        ),
    ],
)
def test_what_has_no_sense_with_messages_is_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        gamesim.play("cheap_talk", "uniform", n=8, rounds=2, **given)  # type: ignore[arg-type]


def test_a_reputation_and_neighbours_are_of_what_was_done() -> None:
    run = gamesim.play(
        "cheap_talk",
        f"{CONFEDERATE}:0.5,uniform:0.5",
        n=8,
        rounds=3,
        reputation="image",
        network="cycle",
        matching="random_neighbour",
        group_size=2,
    )
    assert run.decisions["payoff"].notna().all()
    series = run.series()
    assert set(series.loc[series["measure"] == "assortment", "decision"]) == {"cheap_talk.contribute"}


def test_messages_on_a_terminal_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    said = "[bold red]hi[/] \x1b[31m"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gamesim.play("cheap_talk", {f'confederate@says="{said}"': 1.0}, n=4, out=tmp_path / "run")
    for words in (["replay", str(tmp_path / "run")], ["replay", str(tmp_path / "run"), "--json"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.output
        assert "(bold red)hi(/) (31m" in done.output


def test_agents_without_words_are_prepared_for_what_they_do() -> None:
    game: Game = catalog.find_game("cheap_talk").from_settings({})
    setting = Setting(game, ("member",))
    assert setting.decisions() == ("contribute",)
    assert setting.talks() == ("say",)
    with pytest.raises(GamesimError, match="free_rider decides on contributions") as refusal:
        catalog.find_agent("free_rider")().prepare(
            Setting(catalog.find_game("dictator").from_settings({}), ("dictator",))
        )
    assert "say" not in str(refusal.value)
    assert catalog.find_agent("free_rider")().prepare(setting) is not None
