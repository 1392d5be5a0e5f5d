from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import Watcher, all_games, observed, simulate

from gamesim import catalog
from gamesim.actions import Amount, Choice, Text
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.prompt import (
    PLAIN,
    Round,
    Style,
    answer_format,
    arranged,
    arrangements,
    history,
    instructions,
    order_shown,
    question,
    texts,
    told,
    wordings,
)
from gamesim.prompt.history import summary
from gamesim.prompt.history import told as told_of_the_past
from gamesim.prompt.pack import open_pack
from gamesim.prompt.page import Page
from gamesim.prompt.wording import own
from gamesim.prompt.words import terms
from gamesim.reading import read_answer
from gamesim.subjects import Subjects, tell

GAMES = list(all_games())
LETTERS = str.maketrans("AB", "BA")
every_game = pytest.mark.parametrize("name", GAMES)


@every_game
def test_rows_that_know_the_same_share_a_text_and_others_do_not(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 3 if len(game.roles) < 20 else 1, rounds=2):
        written, row = texts(obs)
        assert len(set(written)) == len(written)
        assert sorted(set(row)) == list(range(len(written)))
        alone = [texts(obs.take(np.array([decider])))[0][0] for decider in range(len(obs))]
        assert [written[i] for i in row] == alone


@every_game
def test_what_is_seen_and_what_is_legal_stands_in_the_text(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 3 if len(game.roles) < 20 else 1):
        written, row = texts(obs)
        for decider, i in enumerate(row):
            text = written[i].user
            for name_seen, values in obs.seen.items():
                shown = terms(game, messages=obs.messages).one(name_seen, float(values[decider]))
                assert shown in text
            space = obs.space.take(np.array([decider]))
            if isinstance(space, Text):
                assert f"at most {space.max_chars} characters" in text
                continue
            for action in space.support()[[0, -1]]:
                assert not math.isnan(read_answer(f"[{space.write(float(action))}]", space).action)


@every_game
def test_wordings_differ_and_wrap_around(name: str) -> None:
    game = all_games()[name]
    obs = observed(game, 1)[0]
    obs = obs.take(np.zeros(len(obs), dtype=np.int64))
    count = wordings(game, obs.stage)
    all_texts = [texts(obs, np.full(len(obs), variant))[0][0] for variant in range(count)]
    assert len(set(all_texts)) == count
    mixed, row = texts(obs, np.arange(len(obs)) % count)
    assert [mixed[i] for i in row] == [all_texts[variant] for variant in np.arange(len(obs)) % count]


def test_a_first_round_of_one_says_nothing_of_rounds() -> None:
    text = texts(observed(all_games()["dictator"], 1)[0])[0][0].user
    assert "Round" not in text
    assert "so far" not in text
    assert "$100" in text
    assert text.endswith("Answer with a whole number in square brackets and nothing else.")


def test_repeated_rounds_are_announced_with_who_is_met() -> None:
    game = all_games()["prisoners_dilemma"]
    for matching, words in (
        ("stranger", "other people drawn at random each time"),
        ("partner", "the same people each time"),
        ("round_robin", "somebody new each time"),
        ("stranger of one group", "the same people each time"),
    ):
        watcher = Watcher()
        matching, _, one_group = matching.partition(" ")
        simulate(game, [watcher], 2 if one_group else 4, rounds=2, matching=matching)
        first, second = (texts(obs)[0][0].user for obs in watcher.shown)
        assert f"You do this 2 times, with {words}" in first
        assert "Round 1. " in first
        assert "so far" not in first
        assert "Round 2. " in second
        assert "What happened so far:\n" in second
        assert "you chose" in second


def test_an_open_end_is_told_as_a_probability_and_not_as_a_number() -> None:
    for name, words in (
        (
            "prisoners_dilemma",
            "You do this with the same people each time; after each round another one follows with",
        ),
        ("bomb_risk", "You may do this several times: after each round another one follows with"),
    ):
        obs = replace(observed(all_games()[name], 2, rounds=7)[2], continuation=0.75, matching="partner")
        text = texts(obs)[0][0].user
        assert f"{words} probability 0.75." in text
        assert "7 times" not in text
        assert "Round 3. " in text


MANY = (
    "people|members|participants|players|others|sellers|competitors|bidders|firms|producers|units|points|turns|boxes|"
    "characters|numbers"
)


def smallest(name: str) -> list[Game]:
    """Give a game with each of its counts and returns at 1, or as near to it as they may be, and alone on a network."""
    kind = catalog.find_game(name)
    games = [kind()]
    for parameter, item in kind.parameters().items():
        if isinstance(item.default, bool | str):
            continue
        least = item.metadata["least"]
        try:
            games.append(kind.from_settings({parameter: least if least > 1 else 1}))
        except GamesimError:
            continue
    at_once = hasattr(kind, "group_size") and len(kind.all_stages) == 1 and not kind.all_stages[0].sees
    return [*games, *(game.sized(1) for game in games if at_once)]


@pytest.mark.parametrize("name", catalog.names("games"))
def test_one_of_a_thing_is_not_told_as_several(name: str) -> None:
    for game in smallest(name):
        speech = terms(game)
        for stage in (each.name for each in game.stages if each.name not in game.talks):
            role = game.decider(stage)
            read = [instructions(game, role, stage, wording) for wording in range(wordings(game, stage))]
            fed = {name: 1.0 for each in game.feedback(game.played_at(0.5)).values() for name in each}
            done = {each.name: 1.0 for each in game.stages if each.name not in game.talks}
            if len(game.roles) > 1 and not game.talks:
                read.append(history(game, role, [Round(fed | done | {"earned": 1.0})], speech=speech))
            read += [speech.one(stage, 1.0), game.money(1)]
            for text in read:
                assert not re.search(rf"(?<![\w.,])(?<!and )1 (?:other )?(?:{MANY})\b", text), text


def test_a_number_chooses_between_one_and_several() -> None:
    speech = {**terms(catalog.find_game("beauty_contest").from_settings({"group_size": 3})).facts}
    assert "{others} {others:other|others} of {group_size}".format_map(speech) == "2 others of 3"
    alone = catalog.find_game("cournot")().sized(1)
    assert instructions(alone, "firm").startswith("You are the only firm that sells a good in one market.")
    assert instructions(catalog.find_game("cournot")(), "firm").startswith(
        "You are one of 2 firms that sell the same"
    )
    assert terms(catalog.find_game("bomb_risk")()).one("open", 1.0) == "1 box"
    assert catalog.find_game("dictator").from_settings({"currency": "points"}).money(-1) == "-1 point"


@pytest.mark.parametrize("name", ["public_goods", "common_pool", "cournot"])
def test_who_is_alone_hears_nothing_of_others(name: str) -> None:
    game = catalog.find_game(name)()
    (stage,) = game.stages
    known = {stage.name: 3.0, "others_mean": math.nan, "price": 2.0, "earned": 5.0}
    assert "others" not in history(game, game.roles[0], [Round(known)])
    assert "others on average" in history(game, game.roles[0], [Round(known | {"others_mean": 1.0})])


def test_nobody_is_met_alone() -> None:
    for obs in observed(all_games()["bomb_risk"], 2, rounds=2):
        assert "with other people" not in texts(obs)[0][0].user


def test_the_past_is_the_own_one() -> None:
    for obs in observed(all_games()["trust"], 3, rounds=3):
        written, row = texts(obs)
        for decider, i in enumerate(row):
            past = [line for line in written[i].user.splitlines() if line.startswith("- Round ")]
            assert len(past) == obs.round - 1
            own = obs.past.own(obs.stage)
            for t, line in enumerate(past):
                assert f"${own[t, decider]:g}" in line


def test_known_history() -> None:
    game = all_games()["ultimatum"]
    told = history(game, "proposer", [Round({"offer": 40.0, "accepted": 1.0, "earned": 60.0})])
    assert "you offered $40, which was accepted, and you earned $60" in told
    void = history(game, "proposer", [Round({"offer": 40.0, "accepted": math.nan, "earned": math.nan})])
    assert void == (
        "- Round 1: you decided: offer $40; somebody in your group made no decision, so the round did not count."
    )


def test_amounts_are_written_in_the_currency_of_the_game() -> None:
    game = catalog.find_game("trust").from_settings({"currency": "points", "endowment": 10, "step": 0.5})
    assert "10 points" in instructions(game, "trustee")
    assert "0.5 points was sent" in question(game, "return", {"send": 0.5}, 1)
    assert "1.5 points" in question(game, "return", {"send": 0.5})


def test_the_form_of_the_answer_fits_the_space() -> None:
    assert "[A] or [B]" in answer_format(Choice(("x", "y"), ("A", "B")))
    assert "a whole number" in answer_format(Amount(0, 10))
    assert "a whole number" not in answer_format(Amount(0, 10, 0.5))
    assert "1 or more in steps of 2" in answer_format(Amount(1, 9, 2))
    assert "0.5 or more in steps of 1" in answer_format(Amount(0.5, 3.5))
    assert "multiple of 0.1" in answer_format(Amount(0.3, 0.9, 0.1))


def test_options_read_neutrally() -> None:
    for name in ("prisoners_dilemma", "two_by_two"):
        for obs in observed(all_games()[name], 3, rounds=2):
            for text in texts(obs)[0]:
                for loaded in ("cooperat", "defect", "dilemma", "betray"):
                    assert loaded not in text.user.lower()


def test_a_parameter_is_told_exactly() -> None:
    game = catalog.find_game("public_goods").from_settings({"mpcr": "0.375"})
    assert all(
        "0.375" in instructions(game, "member", "contribute", 3 * i) for i in range(len(game.rules["member"]))
    )


def test_the_step_of_an_answer_is_told() -> None:
    assert "multiple of 5" in answer_format(Amount(0, 100, 5))
    assert "whole number" in answer_format(Amount(0, 100))


def orders(obs: Observations) -> range:
    return range(arrangements(obs.game, obs.stage))


@every_game
def test_what_is_written_in_any_arrangement_is_read_back(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 2 if len(game.roles) < 20 else 1):
        for k in orders(obs):
            space = arranged(obs.space.take(np.array([0])), k, PLAIN, obs.decision)
            if isinstance(space, Text):
                continue
            for action in space.support():
                for form in (f"[{space.write(float(action))}]", space.write(float(action))):
                    assert read_answer(form, space).action == pytest.approx(action)
            text = texts(obs, None, PLAIN, np.full(len(obs), k))[0][0].user
            if isinstance(space, Choice):
                assert text.endswith(answer_format(space))
                assert text.index(f"[{space.named[0]}]") < text.index(f"[{space.named[1]}]")


@every_game
def test_the_first_arrangement_is_the_text_as_it_is_written(name: str) -> None:
    game = all_games()[name]
    for obs in observed(game, 1, rounds=2):
        assert texts(obs)[0] == texts(obs, None, PLAIN, np.zeros(len(obs), dtype=np.int64))[0]
        many = [texts(obs, None, PLAIN, np.full(len(obs), k))[0][0] for k in orders(obs)]
        assert len(set(many)) == len(many)


def test_which_letter_an_option_carries_varies_everywhere_at_once() -> None:
    game = all_games()["prisoners_dilemma"]
    obs = observed(game, 1, rounds=2)[1]
    for variant in range(wordings(game, "choose")):
        kept, moved = (
            texts(obs.take(np.array([0])), np.array([variant]), PLAIN, np.array([k]))[0][0].user
            for k in (0, 1)
        )
        # The letters keep their order where both are named, and change places wherever one stands for an action.
        rules, _, rest = kept.partition("What happened")
        ours, _, theirs = moved.partition("What happened")
        swapped = re.sub(r"\b[AB]\b", lambda m: m[0].translate(LETTERS), rules).replace("B or A", "A or B")
        assert ours == swapped
        line, other = (re.findall(r"chose ([AB])", text) for text in (rest, theirs))
        assert [letter.translate(LETTERS) for letter in line] == other
        assert theirs.endswith("[A] or [B], in square brackets and nothing else.")


def test_the_letters_in_the_rules_agree_with_what_is_paid() -> None:
    game = all_games()["prisoners_dilemma"]
    swapped = instructions(game, "player", "choose", 0, PLAIN, 1)
    assert "If both choose B, each earns $400. If both choose A, each earns $300." in swapped
    assert "the one who chose B earns $0 and the one who chose A earns $700" in swapped
    space = arranged(game.space_at_most("choose"), 1)
    assert read_answer("[B]", space).action == 0
    pennies = all_games()["two_by_two"]
    assert "$1 if both choose B, $0 if you choose B and the other A" in instructions(
        pennies, "row", "row", 0, PLAIN, 1
    )


def test_the_order_of_words_with_a_meaning_varies_and_their_meaning_does_not() -> None:
    game = all_games()["ultimatum-sequential=True"]
    first, second = (told(game, "answer", {"offer": 30.0}, 0, PLAIN, k).user for k in (0, 1))
    assert "Do you accept or reject?" in first
    assert "[reject] or [accept]" in first
    assert "Do you reject or accept?" in second
    assert "[accept] or [reject]" in second
    assert read_answer("[accept]", arranged(game.space_at_most("answer"), 1)).action == 1


def test_the_order_is_told_in_a_few_words() -> None:
    dilemma = all_games()["prisoners_dilemma"].space_at_most("choose")
    answer = all_games()["ultimatum-sequential=True"].space_at_most("answer")
    assert [order_shown(arranged(dilemma, k)) for k in (0, 1)] == [
        "A=cooperate, B=defect",
        "A=defect, B=cooperate",
    ]
    assert [order_shown(arranged(answer, k)) for k in (0, 1)] == ["reject, accept", "accept, reject"]
    assert order_shown(Amount(0, 10)) == ""


def test_a_game_that_names_its_options_itself_does_not_vary(tmp_path: Path) -> None:
    written = Path("games/battle_of_the_sexes.py").read_text(encoding="utf-8")
    own = tmp_path / "fixed_letters.py"
    own.write_text(written.replace("{ballet}", "A").replace("{fight}", "B"), encoding="utf-8")
    assert arrangements(catalog.find_game(str(own))(), "row") == 1


def test_a_shorter_memory_tells_the_last_rounds_under_their_numbers() -> None:
    obs = observed(all_games()["dictator"], 1, rounds=5)[4]
    full, last, most = (texts(obs, style=Style(memory=memory))[0][0].user for memory in ("full", "2", "9"))
    assert most == full
    lines = [line for line in full.splitlines() if line.startswith("- Round")]
    assert [line for line in last.splitlines() if line.startswith("- Round")] == lines[-2:]
    assert "What happened most recently:" in last


def test_a_summary_gives_means_and_counts_and_the_last_round() -> None:
    game = all_games()["public_goods"]
    obs = observed(game, 1, rounds=4)[3].take(np.array([0]))
    text = texts(obs, style=Style(memory="summary"))[0][0].user
    own, others = obs.past.own("contribute")[:, 0], obs.past.told("others_mean")[:, 0]
    assert (
        f"Over the 3 rounds so far you contributed {game.money(round(own.mean(), 2))} on average, the others on "
        f"average {game.money(round(others.mean(), 2))}; you earned "
        f"{game.money(round(obs.past.earned().mean(), 2))} on average."
    ) in text
    assert [line[:9] for line in text.splitlines() if line.startswith("- ")] == ["- Round 3"]
    choice = observed(all_games()["prisoners_dilemma"], 1, rounds=6, seed=3)[5].take(np.array([0]))
    counted = texts(choice, style=Style(memory="summary"))[0][0].user
    defected = int(choice.past.own("choose").sum())
    for letter, count in (("A", 5 - defected), ("B", defected)):
        if count:
            assert f"{letter} {({1: 'once', 2: 'twice'}).get(count, f'{count} times')}" in counted
    assert (
        texts(observed(game, 1, rounds=2)[1], style=Style(memory="summary"))[0][0].user.count("Over the") == 0
    )


def test_a_missing_decision_is_counted_in_a_summary() -> None:
    game = all_games()["dictator"]
    rounds = [Round({"give": give, "earned": 100 - give}) for give in (40.0, math.nan, 20.0)]
    speech, sentences = terms(game), own(type(game))
    said = summary("dictator", rounds, speech, sentences)
    assert "you gave $30 on average (no decision once)" in said
    void = [Round({"give": math.nan, "earned": math.nan})] * 2
    assert summary("dictator", void, speech, sentences) == "Over the 2 rounds so far you made no decision."


def test_a_summary_leaves_out_rounds_that_were_sat_out_and_counts_choices_that_stood() -> None:
    game = all_games()["dictator"]
    speech, sentences = terms(game), own(type(game))
    lived = ((40.0, ""), (math.nan, "out"), (20.0, ""), (20.0, "kept"))
    rounds = [Round({"give": give, "earned": 100 - give}, unasked=why) for give, why in lived]
    assert summary("dictator", rounds, speech, sentences) == (
        "You sat out 1 of the 4 rounds so far; over the others you gave $26.67 on average; you earned $73.33 on "
        "average. In 1 of these you were not asked and your last choice counted again."
    )
    both = told_of_the_past(game, "dictator", rounds[:2], "summary", speech, sentences)
    assert "You sat out 1 of the 2 rounds so far; over the others you gave $40 on average;" in both
    assert "- Round 2: you sat out." in both


@pytest.mark.parametrize("memory", ["ful", "0", "-1", "2.5", ""])
def test_an_unknown_memory_is_refused(memory: str) -> None:
    with pytest.raises(GamesimError, match=f"unknown memory '{memory}'"):
        Style(memory=memory)


def test_an_unknown_form_of_answer_is_refused() -> None:
    with pytest.raises(GamesimError, match="unknown form of answer 'brackets'; did you mean 'bracket'"):
        Style(answer="brackets")


@pytest.mark.parametrize(
    ("form", "mark"), [("bracket", "[{}]"), ("json", '{{"answer": {}}}'), ("bare", "{}")]
)
def test_a_conversation_holds_the_own_answers_as_turns(form: str, mark: str) -> None:
    game = all_games()["trust"]
    style = Style(chat=True, answer=form)
    for obs in observed(game, 2, rounds=3):
        written, row = texts(obs, style=style)
        for decider, i in enumerate(row):
            text = written[i]
            own = obs.past.own(obs.stage)[:, decider]
            assert [answer for _, answer in text.earlier] == [mark.format(f"{value:g}") for value in own]
            turns = [*(asked for asked, _ in text.earlier), text.user]
            assert all(f"Round {t}. " in turn for t, turn in enumerate(turns, start=1))
            assert [t for t, turn in enumerate(turns) if "You do this 3 times" in turn] == [0]
            if len(own):
                assert f"Round {len(own)}: " in text.user


def test_a_conversation_holds_what_was_decided_in_this_round() -> None:
    for obs in observed(all_games()["ultimatum-both_roles=True"], 1, rounds=2):
        text = texts(obs.take(np.array([0])), style=Style(chat=True))[0][0]
        assert len(text.earlier) == 2 * (obs.round - 1) + (obs.stage == "minimum")
        assert "You have already decided" not in text.user


def test_a_conversation_over_fewer_rounds_starts_later() -> None:
    obs = observed(all_games()["dictator"], 1, rounds=4)[3]
    kept = texts(obs, style=Style(chat=True, memory="1"))[0][0]
    assert len(kept.earlier) == 1
    assert "Round 3. " in kept.earlier[0][0]
    summed = texts(obs, style=Style(chat=True, memory="summary"))[0][0]
    assert "Over the 3 rounds so far" in summed.earlier[0][0]


def test_no_answer_is_put_into_a_conversation_where_there_was_none() -> None:
    game = all_games()["dictator"]
    page = Page(
        *(game, "give", {}, own(type(game)), terms(game), Style(chat=True), 0, game.space_at_most("give")),
        round=2,
        rounds=2,
        past=[Round({"give": math.nan, "earned": math.nan})],
    )
    assert page.text().earlier == ()
    assert "Round 1: you made no decision." in page.text().user


def test_different_people_read_different_texts() -> None:
    obs = observed(all_games()["dictator"], 3)[0]
    people: tuple[dict[str, str | float], ...] = (
        {"age": 30.0, "trade": "baker"},
        {"age": 60.0, "trade": "baker"},
    )
    peopled = replace(obs, subjects=Subjects(people, np.array([0, 1, 0])))
    written, row = texts(peopled)
    assert row.tolist() == [0, 1, 0]
    for text, person in zip(written, people, strict=True):
        assert text.user.startswith(tell(person))
    themselves = replace(obs, subjects=Subjects(people, np.array([0, -1, -1])))
    assert texts(themselves)[1].tolist() == [1, 0, 0]
    assert texts(themselves)[0][0] == texts(obs)[0][0]
    assert len(texts(peopled, style=Style(personas=False))[0]) == 1
    assert texts(peopled, style=Style(personas=False))[0] == texts(obs)[0]


def test_a_pack_says_how_people_are_told_who_they_are(tmp_path: Path) -> None:
    (tmp_path / "dictator.toml").write_text('subject = "You are {age}, a {trade}."', encoding="utf-8")
    style = Style(pack=open_pack(tmp_path))
    obs = observed(all_games()["dictator"], 1)[0]
    known = replace(obs, subjects=Subjects([{"age": 30.0, "trade": "baker"}], np.array([0])))
    assert texts(known, style=style)[0][0].user.startswith("You are 30, a baker.\n\n")
    with pytest.raises(GamesimError, match=r"dictator.toml: subject: unknown trait 'trade'"):
        texts(replace(obs, subjects=Subjects([{"age": 30.0}], np.array([0]))), style=style)


TWO_STEPS = '''
from collections.abc import Mapping
from dataclasses import dataclass

from gamesim.game import ActionSpace, Amount, Choice, Floats, Game, Play, parameter, stage


@dataclass(frozen=True)
class TwoSteps(Game):
    """A seller names a price; a buyer picks a box and then pays."""

    stake: float = parameter(10.0, unit="money", help="money")
    roles = ("seller", "buyer")
    rules = {"seller": ("Sell.",), "buyer": ("Box {left} is red, {right} is blue.",)}
    ask = {"price": ("What price?",), "pick": ("At {price}, {options}?",), "pay": ("How much?",)}
    recall = {"buyer": "you picked {pick} and paid {pay}"}

    @stage(by="seller")
    def price(self, play: Play) -> ActionSpace:
        return Amount(0, self.stake)

    @stage(by="buyer", sees=("price",))
    def pick(self, play: Play) -> ActionSpace:
        return Choice(("left", "right"), ("A", "B"))

    @stage(by="buyer")
    def pay(self, play: Play) -> ActionSpace:
        return Amount(0, self.stake)

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        return {"seller": play["pay"], "buyer": -play["pay"]}
'''


def two_steps(tmp_path: Path) -> list[Observations]:
    file = tmp_path / "two_steps.py"
    file.write_text(TWO_STEPS, encoding="utf-8")
    return observed(catalog.find_game(str(file))(), 1, rounds=2)


def test_a_role_reads_all_its_stages_in_one_arrangement(tmp_path: Path) -> None:
    shown = {(obs.stage, obs.round): obs for obs in two_steps(tmp_path)}
    game = shown["pay", 2].game
    assert [arrangements(game, stage) for stage in ("price", "pick", "pay")] == [1, 2, 2]
    for stage in ("pick", "pay"):
        obs = shown[stage, 2]
        picked = int(obs.past.own("pick")[0, 0])
        for k, letters in ((0, "AB"), (1, "BA")):
            text = texts(obs, None, PLAIN, np.array([k]))[0][0].user
            assert f"Box {letters[0]} is red" in text
            assert f"you picked {letters[picked]} and" in text


def test_a_conversation_needs_what_a_stage_showed_to_be_told_later(tmp_path: Path) -> None:
    shown = {(obs.stage, obs.round): obs for obs in two_steps(tmp_path)}
    assert texts(shown["pick", 1], style=Style(chat=True))[0][0].earlier == ()
    with pytest.raises(GamesimError, match=r"two_steps.pick: players are not told price afterwards"):
        texts(shown["pay", 1], style=Style(chat=True))


def test_a_round_without_an_own_decision_is_told_as_such() -> None:
    game = catalog.find_game("public_goods")()
    nothing = Round({"contribute": math.nan, "others_mean": 5.0, "earned": math.nan})
    others = Round({"contribute": 4.0, "others_mean": math.nan, "earned": math.nan})
    assert history(game, "member", [nothing, others]).splitlines() == [
        "- Round 1: you made no decision.",
        "- Round 2: you decided: contribute $4; somebody in your group made no decision, so the round did not count.",
    ]
