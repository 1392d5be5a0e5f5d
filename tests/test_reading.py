from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesim.actions import Amount, Choice
from gamesim.policy import STATUSES
from gamesim.reading import read_answer

HUNDRED = Amount(0, 100)
THOUSANDS = Amount(0, 5000)
DECIMALS = Amount(0, 10, 0.5)
OPTIONS = Choice(("cooperate", "defect"), ("A", "B"))
ANSWERS = Choice(("reject", "accept"))


AMOUNTS: list[tuple[str, Any]] = [
    ("[40]", 40),
    ("[ 40 ]", 40),
    ("[[40]]", 40),
    ("[$40]", 40),
    ("[€40]", 40),
    ("[40 points]", 40),
    ("[40 dollars]", 40),
    ("[40.0]", 40),
    ("[40.00]", 40),
    ("[+40]", 40),
    ("[040]", 40),
    ("[0]", 0),
    ("[100]", 100),
    ("40", 40),
    ("  40\n", 40),
    ("40.", 40),
    ("$40", 40),
    ("40$", 40),
    ("US$40", 40),
    ("USD 40", 40),
    ("**40**", 40),
    ("\\boxed{40}", 40),
    ("<answer>40</answer>", 40),
    ("I give $40 to the other person.", 40),
    ("I would give 40, that is fair.", 40),
    ("Answer: 40", 40),
    ("- 40", 40),
    ("[40] points", 40),
    ("[40] is my answer, so [40].", 40),
    ("Keeping 60 and giving [40] seems fair to me.", 40),
    ("With $100 at hand I think of 50, or 30. [40]", 40),
    ("[my answer] 40", 40),
    ("I'm sorry for the long answer. [40]", 40),
    ("The least that I would accept is 40.", 40),
    ("I would accept at least 40.", 40),
    # Digits of any script are digits.
    ("４０", 40),  # noqa: RUF001
    ("[٤٠]", 40),
    ("४०", 40),
    ("［４０］", 40),  # noqa: RUF001
    ("【40】", 40),
    ("40元", 40),
    ("[40円]", 40),
    ("＄40", 40),  # noqa: RUF001
    ("40 €", 40),
    ("Ich gebe 40.", 40),
    ('{"answer": 40}', 40),
    ('{"answer": 40.0}', 40),
    ('{"answer": "40"}', 40),
    ('{"answer": "$40"}', 40),
    ('{"answer": "[40]"}', 40),
    ('```json\n{\n  "answer": 40\n}\n```', 40),
    ('With 100 at hand I say {"answer": 40}', 40),
]

NO_AMOUNTS: list[tuple[str, Any]] = [
    ("", "unreadable"),
    ("[]", "unreadable"),
    ("[forty]", "unreadable"),
    ("forty", "unreadable"),
    ("half of it", "unreadable"),
    ("[50%]", "unreadable"),
    ("[not 40]", "unreadable"),
    ("[keep 60]", "unreadable"),
    ("I keep 60.", "unreadable"),
    ("50 %", "unreadable"),
    ("50 percent", "unreadable"),
    ("I give 50% of it.", "unreadable"),
    ("[40-50]", "unreadable"),
    ("40 to 50", "unreadable"),
    ("[40 – 50]", "unreadable"),  # noqa: RUF001
    ("40—50", "unreadable"),
    ("$40 or $50", "unreadable"),
    ("between 40 and 50", "unreadable"),
    ("[40] or [50]", "unreadable"),
    ("[40, 50]", "unreadable"),
    ("[40,50]", "unreadable"),
    ("[40/100]", "unreadable"),
    ("[40 of 100]", "unreadable"),
    ("40 for you, 60 for me", "unreadable"),
    ("Round 2: 40", "unreadable"),
    ("[40-50], say [45]", "unreadable"),
    ("[50%], that is [45]", "unreadable"),
    # A decimal comma, or a thousands separator in the wrong place: 15, 1.5 and 5 are all guesses.
    ("[1,5]", "unreadable"),
    ("1,5", "unreadable"),
    ("10,50", "unreadable"),
    ("40k", "unreadable"),
    ("4e1", "unreadable"),
    ("40½", "unreadable"),
    ("½", "unreadable"),
    ("player40", "unreadable"),
    ("I would not give 40.", "unreadable"),
    ("no more than 40", "unreadable"),
    ("I can't do that.", "refused"),
    ("I can’t do that.", "refused"),  # noqa: RUF001
    ("I cannot take part in this.", "refused"),
    ("As an AI, I have no money.", "refused"),
    ("I'm sorry, but I am unable to decide.", "refused"),
    ("I will not play with 100 dollars.", "refused"),
    ("[101]", "out_of_range"),
    ("[-5]", "out_of_range"),
    ("[−5]", "out_of_range"),  # noqa: RUF001
    ("-5", "out_of_range"),
    ("-$5", "out_of_range"),
    ("$-5", "out_of_range"),
    ("[40.5]", "out_of_range"),
    ("1,000", "out_of_range"),
    ("1e400 or so 100000000", "out_of_range"),
    ("50٪", "unreadable"),
    ("[50％]", "unreadable"),  # noqa: RUF001
    ("50 Prozent", "unreadable"),
    ("40万", "unreadable"),
    ("Ich gebe nicht 40.", "unreadable"),
    ("No puedo participar.", "refused"),
    ("Es tut mir leid, das geht nicht.", "refused"),
    ("抱歉，我不能参加。", "refused"),  # noqa: RUF001
    ('{"answer": "40 or 50"}', "unreadable"),
    ('{"answer": "half"}', "unreadable"),
    ('{"answer": null}', "unreadable"),
    ('{"answer": true}', "unreadable"),
    ('{"answer": NaN}', "unreadable"),
    ('{"answer": 40} {"answer": 50}', "unreadable"),
    ('{"answer": 101}', "out_of_range"),
    ('{"answer": 40.5}', "out_of_range"),
    ('{"give": 40, "keep": 60}', "unreadable"),
]

LARGE: list[tuple[str, Any]] = [
    ("[1,000]", (1000, "ok")),
    ("$1,000", (1000, "ok")),
    ("1000", (1000, "ok")),
    ("1,000.00", (1000, "ok")),
    ("1 000", (None, "unreadable")),
    ("[10,00]", (None, "unreadable")),
    ("1,0000", (None, "unreadable")),
    # One, or a thousand written with a point: cannot be known.
    ("[1.000]", (None, "unreadable")),
    ("5,001", (None, "out_of_range")),
]

STEPS: list[tuple[str, Any]] = [
    ("[2.5]", (2.5, "ok")),
    ("$2.50", (2.5, "ok")),
    ("2.5.", (2.5, "ok")),
    ("0.5", (0.5, "ok")),
    ("[2.25]", (None, "out_of_range")),
    ("2,5", (None, "unreadable")),
    ("[2.5.1]", (None, "unreadable")),
]

LETTERED: list[tuple[str, Any]] = [
    ("[A]", (0, "ok")),
    ("[B]", (1, "ok")),
    ("[b]", (1, "ok")),
    ("[ B ]", (1, "ok")),
    ("[Option B]", (1, "ok")),
    ("B", (1, "ok")),
    ("**B**", (1, "ok")),
    ("Option B.", (1, "ok")),
    ("I choose A.", (0, "ok")),
    ("I choose A because it pays.", (0, "ok")),
    ("[B], since A and A is unlikely", (1, "ok")),
    ("[A] or [B]", (None, "unreadable")),
    ("A or B", (None, "unreadable")),
    ("b", (None, "unreadable")),
    ("C", (None, "unreadable")),
    ("[C]", (None, "unreadable")),
    ("cooperate", (None, "unreadable")),
    ("AB", (None, "unreadable")),
    ("A fair choice would help both.", (None, "unreadable")),
    ("I do not choose A.", (None, "unreadable")),
    ("I can't choose.", (None, "refused")),
    ('{"answer": "B"}', (1, "ok")),
    ('{"answer": "b"}', (1, "ok")),
    ('{"answer": "cooperate"}', (None, "unreadable")),
    ('{"answer": 1}', (None, "unreadable")),
    ("", (None, "unreadable")),
]

WORDED: list[tuple[str, Any]] = [
    ("[accept]", (1, "ok")),
    ("[Reject]", (0, "ok")),
    ("ACCEPT", (1, "ok")),
    ("I accept the offer.", (1, "ok")),
    ("I reject.", (0, "ok")),
    ("I accept; I would not reject money.", (None, "unreadable")),
    ("I do not accept.", (None, "unreadable")),
    ("I don't accept this.", (None, "unreadable")),
    ("I don’t accept this.", (None, "unreadable")),  # noqa: RUF001
    ("I refuse to accept.", (None, "unreadable")),
    ("I would never accept that.", (None, "unreadable")),
    ("This is unacceptable.", (None, "unreadable")),
    ("Accept or reject? [accept]", (1, "ok")),
    ("accepted", (None, "unreadable")),
    ("[yes]", (None, "unreadable")),
]


def read(text: str, space: Amount | Choice) -> tuple[float | None, str]:
    reading = read_answer(text, space)
    assert np.isnan(reading.action) == (STATUSES[reading.status] != "ok")
    assert not reading.read_as or STATUSES[reading.status] in ("ok", "out_of_range")
    return (None if np.isnan(reading.action) else reading.action), STATUSES[reading.status]


@pytest.mark.parametrize(("text", "action"), AMOUNTS)
def test_amounts_that_can_be_read(text: str, action: float) -> None:
    assert read(text, HUNDRED) == (action, "ok")


@pytest.mark.parametrize(("text", "status"), NO_AMOUNTS)
def test_amounts_that_cannot_be_read(text: str, status: str) -> None:
    assert read(text, HUNDRED) == (None, status)


@pytest.mark.parametrize(("text", "expected"), LARGE)
def test_large_amounts(text: str, expected: tuple[float | None, str]) -> None:
    assert read(text, THOUSANDS) == expected


@pytest.mark.parametrize(("text", "expected"), STEPS)
def test_amounts_in_steps(text: str, expected: tuple[float | None, str]) -> None:
    assert read(text, DECIMALS) == expected


@pytest.mark.parametrize(("text", "expected"), LETTERED)
def test_options(text: str, expected: tuple[float | None, str]) -> None:
    assert read(text, OPTIONS) == expected


@pytest.mark.parametrize(("text", "expected"), WORDED)
def test_labels(text: str, expected: tuple[float | None, str]) -> None:
    assert read(text, ANSWERS) == expected


TABLES = (
    ("A whole number from 0 to 100", HUNDRED, [text for text, _ in (*AMOUNTS, *NO_AMOUNTS)]),
    ("A whole number from 0 to 5000", THOUSANDS, [text for text, _ in LARGE]),
    ("A number from 0 to 10 in steps of 0.5", DECIMALS, [text for text, _ in STEPS]),
    ("A (cooperate) or B (defect)", OPTIONS, [text for text, _ in LETTERED]),
    ("reject or accept", ANSWERS, [text for text, _ in WORDED]),
)


def table(space: Amount | Choice, answers: list[str]) -> str:
    """Write what becomes of answers, for the page that is published."""
    lines = ["| answer | becomes | read as |", "|---|---|---|"]
    for text in answers:
        reading = read_answer(text, space)
        action = "" if np.isnan(reading.action) else space.write(reading.action)
        said = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("|", "\\|")
        shown = (f"```` {said} ````" if "`" in said else f"`{said}`") if said else "(nothing)"
        lines.append(
            f"| {shown} | {action or STATUSES[reading.status].replace('_', ' ')} | {reading.read_as} |"
        )
    return "\n".join(lines)


@pytest.mark.parametrize(("heading", "space", "answers"), TABLES, ids=[heading for heading, *_ in TABLES])
def test_the_published_table_is_what_happens(
    heading: str, space: Amount | Choice, answers: list[str]
) -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "reading.md"
    section = f"### {heading}\n\n{table(space, answers)}\n"
    assert section in page.read_text(encoding="utf-8"), f"docs/reading.md must hold:\n\n{section}"


@given(text=st.text("0123456789.,-$%[] aABandnot’−", max_size=15))  # noqa: RUF001
@pytest.mark.parametrize("space", [HUNDRED, DECIMALS, OPTIONS], ids=["amount", "step", "choice"])
def test_any_text_gives_a_legal_action_or_none(space: Amount | Choice, text: str) -> None:
    reading = read_answer(text, space)
    if STATUSES[reading.status] == "ok":
        assert space.contains(np.array([reading.action])).all()
        assert reading.read_as
    else:
        assert np.isnan(reading.action)


@given(action=st.integers(0, 100))
def test_what_is_asked_for_is_read_back(action: int) -> None:
    for text in (f"[{HUNDRED.write(action)}]", HUNDRED.write(action)):
        assert read(text, HUNDRED) == (action, "ok")


@pytest.mark.parametrize("step", [0.1, 0.05, 0.01])
def test_what_is_read_is_the_number_that_a_rule_names(step: float) -> None:
    space = Amount(0, 1, step)
    for action in space.support().tolist():
        assert read(f"[{space.write(action)}]", space) == (action, "ok")


@given(steps=st.integers(0, 20))
def test_steps_are_read_back(steps: int) -> None:
    assert read(f"[{DECIMALS.write(steps / 2)}]", DECIMALS) == (steps / 2, "ok")


def test_each_row_has_its_own_bounds() -> None:
    space = Amount(0, np.array([10.0, 50.0]))
    assert STATUSES[read_answer("[40]", space, 0).status] == "out_of_range"
    assert read_answer("[40]", space, 1).action == 40


def test_how_an_answer_was_read_is_kept() -> None:
    assert read_answer("[40]", HUNDRED).read_as == "bracket"
    assert read_answer("40", HUNDRED).read_as == "lone number"
    assert read_answer("B", OPTIONS).read_as == "lone label"
    assert read_answer("[101]", HUNDRED).read_as == "bracket"
    assert read_answer('{"answer": 40}', HUNDRED).read_as == "structured"
    assert read_answer("none", HUNDRED).read_as == ""
