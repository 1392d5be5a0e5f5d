"""The importer, on a small invented copy in the layout of BehaviorBench; none of the wording is theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gamesim import catalog
from gamesim.cli import app
from gamesim.errors import GamesimError
from gamesim.prompt import Round, Style, arrangements, told
from gamesim.prompt.behaviorbench import SOURCES, build_pack
from gamesim.prompt.pack import Pack, open_pack
from gamesim.prompt.page import Page
from gamesim.prompt.words import terms

SYSTEM = "You sit in our {laboratory}."
FIRST = {
    "dictator": "Here is $100. \u00bbSplit it\u00ab with a stranger.\n\n## Answer\nName their part like [X].",
    "ultimatum_proposer": "Propose how to cut $100; if refused, all get $0. Write [X].",
    "ultimatum_responder": "Somebody cuts $100; below which part, half of it say, do you refuse? Write [X].",
    "trust_investor": "You own $100. An amount of $10 would become $30. Write [X].",
    "trust_banker": "Of $50 put in, $150 reached you. Give some back, as [X].",
    "public_goods": "You and 3 others own $20 each; half of all paid in returns to each. Write [X].",
    "bomb": "Out of 100 boxes take any number from 0 to 100, as [X].",
    "guessing": "# Game\nYou and 99 others name a number up to 100; 2/3 of the average wins. Write [X].",
    "push_pull": "Two cards:\n- Push and Push: $400\n- Pull and Pull: $300\nOver 5 rounds. Write [Push] or [Pull].",
}


def write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def again(first: str, lines: list[str], closing: str) -> str:
    """Write a later prompt: the first one, the past, and the question of this round."""
    played = len(lines)
    past = "\n".join(f"- Round {t}: {line}" for t, line in enumerate(lines, start=1))
    rounds = "1 round" if played == 1 else f"{played} rounds"
    return f"{first}\n\n## So far\nThere were {rounds}.\n{past}\n\n## Now\n{closing} in round {played + 1}?"


def repeated(
    first: str, moves: Sequence[Sequence[tuple[str, ...]]], line: str, closing: str, **about: float
) -> list[dict[str, Any]]:
    """Write every prefix of some persons' moves as rows."""
    rows = []
    for user, person in enumerate(moves):
        for played in range(1, len(person)):
            past = [line.format(*each) for each in person[:played]]
            known = {"user_id": user, "history_rounds": played, "target_round": played + 1, **about}
            text = again(first, past, closing)
            answer = f"[{person[played][0]}]"
            rows.append({"system": SYSTEM, "user": text, "assistant": answer, "metadata": known})
    return rows


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "copy" / "data" / "moblab"
    for name, user in FIRST.items():
        row = {"system": SYSTEM, "user": user, "assistant": "[1]"}
        write(root / f"game_behavior/{name}_test.jsonl", [row] * 3)
    later = root / "multiround_behavior"
    gifts = [[("40",), ("30",), ("0",), ("7",)], [("1",), ("2",), ("100",)]]
    write(
        later / "dictator_multiround_test.jsonl",
        repeated(FIRST["dictator"], gifts, "you gave [{0}]", "What is [X]"),
    )
    write(
        later / "bomb_multiround_test.jsonl", repeated(FIRST["bomb"], gifts, "boxes taken [{0}].", "How many")
    )
    pairs = [[("50", "10"), ("20", "30"), ("5", "0"), ("4", "0")], [("9", "8"), ("7", "6"), ("5", "4")]]
    write(
        later / "trust_investor_multiround_test.jsonl",
        repeated(FIRST["trust_investor"], pairs, "you [${0}], they [${1}]", "How much"),
    )
    for sent in (50, 100):
        first = FIRST["trust_banker"].replace("$50", f"${sent}").replace("$150", f"${3 * sent}")
        write(
            later / f"trust_banker_inv{sent}_multiround_test.jsonl",
            repeated(
                first,
                pairs,
                "you [{0}], they [{1}]",
                f"${sent} became ${3 * sent}; what goes back",
                investment=sent,
            ),
        )
    cards = [[("Push", "Pull"), ("Pull", "Pull"), ("Push", "Push"), ("Pull", "Push")]]
    write(
        later / "push_pull_multiround_test.jsonl",
        repeated(FIRST["push_pull"], cards, "you [{0}], other [{1}]", "Which card"),
    )
    others = [[("4", "1, 2, 3"), ("5", "6, 7, 8"), ("1", "0, 0, 0")]]
    write(
        later / "public_goods_multiround_test.jsonl",
        repeated(FIRST["public_goods"], others, "you [{0}], others [{1}]", "How much"),
    )
    guesses = [[("4", "12.5", "won"), ("5", "14", "lost"), ("1", "9", "won")]]
    write(
        later / "guessing_multiround_test.jsonl",
        repeated(FIRST["guessing"], guesses, "you [{0}], average {1}: you {2}", "Which number"),
    )
    return tmp_path / "copy"


@pytest.fixture
def pack(data: Path, tmp_path: Path) -> Pack:
    build_pack(data, tmp_path / "pack")
    return open_pack(tmp_path / "pack")


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_a_first_round_reads_byte_for_byte_as_in_the_file(source: Any, pack: Pack) -> None:
    game = catalog.find_game(source.game).from_settings(source.parameters)
    text = told(game, source.stage, source.seen, style=Style(pack=pack))
    assert text.user == FIRST[source.name]
    assert text.system == SYSTEM


def rows_of(data: Path, name: str) -> list[dict[str, Any]]:
    file = data / f"data/moblab/multiround_behavior/{name}_multiround_test.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("file", "game", "stage", "slots"),
    [
        ("dictator", "dictator", "give", ("give",)),
        ("bomb", "bomb_risk", "open", ("open",)),
        ("trust_investor", "trust", "send", ("send", "return")),
        ("trust_banker_inv50", "trust", "return", ("return", "send")),
        ("trust_banker_inv100", "trust", "return", ("return", "send")),
        ("push_pull", "prisoners_dilemma", "choose", ("choose", "other")),
    ],
)
def test_later_rounds_read_byte_for_byte_as_in_the_files(
    file: str, game: str, stage: str, slots: tuple[str, ...], pack: Pack, data: Path
) -> None:
    rules = catalog.find_game(game)()
    wording = pack.games[game]
    speech = terms(rules, 0, wording.labels, wording.words)
    for row in rows_of(data, file):
        about = row["metadata"]
        lines = [line for line in row["user"].splitlines() if line.startswith("- Round")]
        values = [[part.partition("]")[0].strip("$") for part in line.split("[")[1:]] for line in lines]
        past = [
            Round(
                {
                    slot: float(("Push", "Pull").index(value) if value.isalpha() else value)
                    for slot, value in zip(slots, each, strict=True)
                }
                | {"exploded": 0.0, "earned": 0.0}
            )
            for each in values
        ]
        seen = {"send": float(about["investment"])} if "investment" in about else {}
        space = rules.space_at_most(stage)
        page = Page(
            *(rules, stage, seen, wording, speech, Style(pack=pack), 0, space),
            round=about["target_round"],
            rounds=9,
            past=past,
        )
        assert page.text().user == row["user"]


def test_a_number_becomes_a_placeholder_only_where_it_is_certain(pack: Pack) -> None:
    style = Style(pack=pack)
    ten = catalog.find_game("dictator").from_settings({"endowment": 10})
    assert told(ten, "give", {}, style=style).user == FIRST["dictator"].replace("$100", "$10")
    nine = catalog.find_game("bomb_risk").from_settings({"boxes": 9})
    assert told(nine, "open", {}, style=style).user == FIRST["bomb"].replace("100", "9")
    # "half of it" may or may not depend on the stake.
    for name, settings in (
        ("ultimatum", {"endowment": 10}),
        ("ultimatum", {"both_roles": True}),
        ("ultimatum", {"sequential": True}),
        ("trust", {"factor": 2}),
        ("public_goods", {"group_size": 5}),
        ("beauty_contest", {"p": 0.5}),
        ("prisoners_dilemma", {"reward": 500}),
        ("bomb_risk", {"prize": 2}),
    ):
        changed = catalog.find_game(name).from_settings(settings)
        with pytest.raises(GamesimError, match="hold for"):
            pack.check(changed)
        pack.check(catalog.find_game(name)())


def test_what_has_no_later_rounds_is_played_once(pack: Pack) -> None:
    for name in ("ultimatum", "public_goods", "beauty_contest"):
        with pytest.raises(GamesimError, match="at most 1 rounds"):
            pack.check(catalog.find_game(name)(), rounds=2)
    for name in ("dictator", "trust", "bomb_risk", "prisoners_dilemma"):
        pack.check(catalog.find_game(name)(), rounds=10)


def test_the_options_are_named_as_in_the_text_and_do_not_vary(pack: Pack) -> None:
    style = Style(pack=pack)
    dilemma = catalog.find_game("prisoners_dilemma")()
    assert arrangements(dilemma, "choose", style) == 1
    assert pack.games["prisoners_dilemma"].labels == {"choose": ("Push", "Pull")}


def test_an_investment_that_is_told_nowhere_is_pinned(data: Path, tmp_path: Path) -> None:
    for sent in (50, 100):
        (data / f"data/moblab/multiround_behavior/trust_banker_inv{sent}_multiround_test.jsonl").unlink()
    build_pack(data, tmp_path / "out")
    style = Style(pack=open_pack(tmp_path / "out"))
    trust = catalog.find_game("trust")()
    assert told(trust, "return", {"send": 50.0}, style=style).user == FIRST["trust_banker"]
    with pytest.raises(GamesimError, match="hold for send = 50 alone"):
        told(trust, "return", {"send": 20.0}, style=style)


def test_what_cannot_be_taken_is_listed_with_its_reason(data: Path, tmp_path: Path) -> None:
    (data / "data/moblab/game_behavior/bomb_test.jsonl").unlink()
    done = CliRunner().invoke(
        app, ["prompts", "import-behaviorbench", str(data), "--out", str(tmp_path / "out")]
    )
    assert done.exception is None, done.output
    taken, _, missed = done.output.partition("not taken:")
    assert "dictator -> dictator.give: first round, later rounds (5 rows agree)" in taken
    assert "bomb" not in taken
    assert "bomb: there is no" in missed
    assert "public_goods, later rounds: others_mean is not a single number" in missed
    assert "guessing, later rounds: past rounds are not all told in one form" in missed
    assert "ultimatum_proposer, later rounds: there is no multi-round file" in missed


def test_an_own_choice_that_is_another_persons_is_not_taken(data: Path, tmp_path: Path) -> None:
    file = data / "data/moblab/multiround_behavior/trust_investor_multiround_test.jsonl"
    write(file, [row | {"assistant": "[99]"} for row in rows_of(data, "trust_investor")])
    _, missed = build_pack(data, tmp_path / "out")
    assert any("not what the same person answered" in each for each in missed)


def test_histories_of_one_length_leave_open_what_is_a_count(data: Path, tmp_path: Path) -> None:
    file = data / "data/moblab/multiround_behavior/dictator_multiround_test.jsonl"
    rows = [row for row in rows_of(data, "dictator") if row["metadata"]["history_rounds"] == 2]
    write(file, rows)
    _, missed = build_pack(data, tmp_path / "out")
    assert any("dictator, later rounds: there are too few rows" in each for each in missed)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", r"dictator_test.jsonl, line 1: is not JSON"),
        ("[1]", "line 1: expected an object whose 'system' is a text"),
        ('{"system": "a", "user": 3}', "expected an object whose 'user' is a text"),
        ("", "holds no rows"),
        (
            '{"system": "a", "user": "b", "assistant": "[1]"}\n{"system": "a", "user": "c", "assistant": "[1]"}',
            "expected one prompt for all rows, found 2",
        ),
    ],
)
def test_a_file_in_another_layout_is_refused_in_one_sentence(
    data: Path, tmp_path: Path, content: str, sentence: str
) -> None:
    (data / "data/moblab/game_behavior/dictator_test.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(GamesimError, match=sentence) as caught:
        build_pack(data, tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_other_folders_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match="is no copy of BehaviorBench"):
        build_pack(tmp_path, tmp_path / "out")
    build_pack(data, tmp_path / "out")
    with pytest.raises(GamesimError, match="there is such a file already"):
        build_pack(data, tmp_path / "out")


def test_the_page_says_what_each_file_becomes() -> None:
    lines = ["| file | here |", "|---|---|"]
    lines += [f"| `{source.name}` | `{source.game}.{source.stage}` |" for source in SOURCES]
    page = Path(__file__).resolve().parent.parent / "docs" / "prompts.md"
    assert "\n".join(lines) in page.read_text(encoding="utf-8")
