from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesim.errors import GamesimError, unknown
from gamesim.spec import Item, parse, shares


@pytest.mark.parametrize(
    ("spec", "items"),
    [
        ("befm", [("befm", {}, "", None)]),
        (" befm , uniform ", [("befm", {}, "", None), ("uniform", {}, "", None)]),
        ("befm:0.3,uniform:.7", [("befm", {}, "", 0.3), ("uniform", {}, "", 0.7)]),
        ("befm:1", [("befm", {}, "", 1.0)]),
        ("a:5e-1,b:0.5", [("a", {}, "", 0.5), ("b", {}, "", 0.5)]),
        (
            "proposer=befm,responder=human",
            [("befm", {}, "proposer", None), ("human", {}, "responder", None)],
        ),
        (
            "investor=befm:0.5,investor=spe:0.5,trustee=human",
            [("befm", {}, "investor", 0.5), ("spe", {}, "investor", 0.5), ("human", {}, "trustee", None)],
        ),
        ("fixed@action=40", [("fixed", {"action": "40"}, "", None)]),
        ("fixed@action=40:0.5,human@iid=true:0.5", [
            ("fixed", {"action": "40"}, "", 0.5),
            ("human", {"iid": "true"}, "", 0.5),
        ]),
        ("llm@a=1@b=two", [("llm", {"a": "1", "b": "two"}, "", None)]),
        ("llm@noise=lognormal(-0.8,0.9)", [("llm", {"noise": "lognormal(-0.8,0.9)"}, "", None)]),
        ('llm@system="a, b: c@d"', [("llm", {"system": "a, b: c@d"}, "", None)]),
        ("openai:gpt-4o", [("llm", {"model_name": "openai:gpt-4o"}, "", None)]),
        ('openai:"llama3:8b"', [("llm", {"model_name": "openai:llama3:8b"}, "", None)]),
        ('openai:"llama3:8":0.5,spe:0.5', [
            ("llm", {"model_name": "openai:llama3:8"}, "", 0.5),
            ("spe", {}, "", 0.5),
        ]),
        ("openai:llama3:8b", [("llm", {"model_name": "openai:llama3:8b"}, "", None)]),
        ("hf:org/base", [("llm", {"model_name": "hf:org/base"}, "", None)]),
        ("hf:org/base+org/adapter:1", [("llm", {"model_name": "hf:org/base+org/adapter"}, "", 1.0)]),
        ("responder=hf:a/b@temperature=0.6,proposer=spe", [
            ("llm", {"model_name": "hf:a/b", "temperature": "0.6"}, "responder", None),
            ("spe", {}, "proposer", None),
        ]),
        ("./mine.py", [("./mine.py", {}, "", None)]),
        ("mine.py@bias=0.2:0.5,uniform:0.5", [
            ("mine.py", {"bias": "0.2"}, "", 0.5),
            ("uniform", {}, "", 0.5),
        ]),
        ("player=/a/b.py", [("/a/b.py", {}, "player", None)]),
        ("befm@release=befm/BeFM1.5-70B", [("befm", {"release": "befm/BeFM1.5-70B"}, "", None)]),
    ],
)  # fmt: skip
def test_good_specs(spec: str, items: list[tuple[str, dict[str, str], str, float | None]]) -> None:
    assert [(i.agent, dict(i.options), i.seat, i.weight) for i in parse(spec)] == items


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "an agent is missing"),
        ("befm,", "an agent is missing between commas"),
        (",befm", "an agent is missing between commas"),
        ("a:0.5,b:0.6", "weights sum to 1.1, not to 1"),
        ("a:0.5,b", "'b' has no weight while others have; write b:0.5"),
        ("a:1,b", "give every agent a weight, or none"),
        ("a:0,b:1", "must lie above 0 and be at most 1"),
        ("a:-0.5,b:1", "must lie above 0"),
        ("a:1.5", "be at most 1"),
        ("openai:llama3:8", "a model name that ends in a number is quoted"),
        (":0.5", "a weight stands without an agent"),
        ("proposer=a,b", "'b' has no seat while others have; write seat=b"),
        ("proposer=a:0.5,responder=b", "seat proposer: weights sum to 0.5"),
        ("fixed@action", "'action' of 'fixed' is not key=value"),
        ("fixed@=4", "is not key=value"),
        ("fixed@action=", "is not key=value"),
        ("gpt:4o", "'4o' is no weight such as 0.5, and 'gpt' no kind of model (hf, openai)"),
        ("uniform:a,spe:b", "'a' is no weight such as 0.5"),
        ("uniform:50%,spe:50%", "'50%' is no weight such as 0.5"),
        ("equal_split:0.5;spe:0.5", "commas stand between agents, not semicolons"),
        ("uniform;spe", "commas stand between agents, not semicolons"),
        ("hff:x/y", "did you mean 'hf'"),
        ('openai:"x', "a quote is not closed"),
        ("llm@a=f(1,2", "a parenthesis is not closed"),
        ("llm@a=f)1", "parenthesis"),
        ("hf:", "'hf:' names no model; write hf:BASE"),
        ("openai:@a=1", "names no model"),
        ("befm@a=1@a=2", "the option 'a' of 'befm' is given twice"),
    ],
)
def test_bad_specs_are_refused_in_one_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(GamesimError) as caught:
        parse(spec)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


names = st.from_regex(r"[a-z][a-z_]{0,7}", fullmatch=True)
words = st.from_regex(r"[a-z0-9./_-]{1,8}", fullmatch=True)
quoted = st.text("abc,:@=( )0.5", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


@st.composite
def items(draw: st.DrawFn, seats: list[str], weighted: bool, count: int) -> list[Item]:
    made = []
    for i in range(count):
        options = draw(st.dictionaries(names, words | quoted, max_size=2))
        made.append(
            Item(
                draw(names),
                options,
                draw(st.sampled_from(seats)),
                (i + 1) / (count * (count + 1) / 2) if weighted else None,
            )
        )
    return made


def written(item: Item) -> str:
    """Write an item the way a user would, quoting every value."""
    options = "".join(f'@{key}="{value}"' for key, value in item.options.items())
    seat = f"{item.seat}=" if item.seat else ""
    return f"{seat}{item.agent}{options}" + (f":{item.weight!r}" if item.weight is not None else "")


@given(weighted=st.booleans(), count=st.integers(1, 4), data=st.data())
def test_what_is_written_is_read_back(weighted: bool, count: int, data: st.DataObject) -> None:
    made = data.draw(items([""], weighted, count))
    read = parse(",".join(written(item) for item in made))
    assert [(i.agent, dict(i.options), i.seat) for i in read] == [
        (i.agent, dict(i.options), i.seat) for i in made
    ]
    assert shares(read) == pytest.approx(shares(made))
    assert sum(shares(read)) == pytest.approx(1)


@given(text=st.text("ab1.:,@=()\"' ", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(GamesimError):
        assert all(item.agent for item in parse(text))


@pytest.mark.parametrize("text", ["''", '""', "''@x=1"])
def test_an_agent_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(GamesimError, match="names no agent"):
        parse(text)


@pytest.mark.parametrize("given", [["uniform", "spe"], 5, None])
def test_what_is_neither_text_nor_mapping_is_refused(given: object) -> None:
    with pytest.raises(GamesimError, match=r"expected a text such as 'uniform:0\.5,spe:0\.5' or a mapping"):
        parse(given)  # type: ignore[arg-type]


def test_a_mapping_is_a_population() -> None:
    assert [(i.agent, i.weight) for i in parse({"befm": 0.3, "spe": 0.7})] == [("befm", 0.3), ("spe", 0.7)]


def test_names_in_tables_are_as_written() -> None:
    read = parse("proposer=fixed@action=40:0.5,proposer=spe:0.5,responder=openai:x")
    assert [item.label for item in read] == ["fixed@action=40", "spe", "openai:x"]


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("memory", "memories"),
        ("key", "keys"),
        ("mismatch", "mismatches"),
        ("kind of model", "kinds of model"),
        ("way to use schemas", "ways to use schemas"),
    ],
)
def test_an_unknown_name_is_answered_with_all_names_in_the_plural(kind: str, plural: str) -> None:
    assert str(unknown(kind, "x", ["long"])) == f"unknown {kind} 'x' ({plural}: long)"


def test_a_name_that_is_begun_is_told_to_its_end_and_long_lists_are_left_out() -> None:
    known = ["feld", "fehr_schmidt", *(f"agent_{number}" for number in range(30))]
    assert str(unknown("agent", "fehr", known)) == "unknown agent 'fehr'; did you mean 'fehr_schmidt'?"
    assert "agent_29" in str(unknown("agent", "qqq", known))
