"""Personas: what is read, who gets which, what is told and what is recorded."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gamesim
from gamesim import catalog, record
from gamesim.archive import Archive
from gamesim.columns import COLUMNS
from gamesim.errors import GamesimError
from gamesim.humans import derive_traits
from gamesim.humans.traits import population, read
from gamesim.personas import find_personas
from gamesim.population import deal, with_subjects
from gamesim.simulation import Simulation
from gamesim.spec import parse
from gamesim.subjects import BIG_FIVE, TRAITS, People, Subjects, Trait, tell

RECORDS = Path(__file__).parents[2] / "shared" / "data"

PEOPLE = """age,gender,country,occupation,openness,party
34,woman,Brazil,nurse,3.9,left
51,man,Ghana,,2.75,
27,non-binary,France,baker,,right
"""

READER = '''
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from gamesim import Decisions, Policy

@dataclass(frozen=True)
class Ages(Policy):
    """Gives its age; half a point where it has none."""

    reads_personas: ClassVar[bool] = True

    def decide(self, obs):
        people = [obs.subjects.people[row] for row in obs.subjects.row]
        return Decisions(np.array([one.get("age", 0.0) for one in people]))
'''

ORDERED = '''
from dataclasses import dataclass
import numpy as np
from gamesim import Decisions, Policy

@dataclass(frozen=True)
class Ordered(Policy):
    """Says in which order it was shown the options, and who it is told to be."""

    def decide(self, obs):
        assert obs.subjects is None
        order = ["defect,cooperate" if agent % 2 else "" for agent in obs.draws.agent]
        return Decisions(np.zeros(len(obs)), option_order=order)
'''


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


@pytest.fixture
def ages(tmp_path: Path) -> str:
    path = tmp_path / "ages.py"
    path.write_text(READER, encoding="utf-8")
    return str(path)


def listed(given: Any) -> list[Mapping[str, Trait]]:
    return list(find_personas(given).deal(1, 1, 0).people)


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# What is read.


def test_every_form_gives_the_same_people(people: Path, tmp_path: Path) -> None:
    expected: list[dict[str, Trait]] = [
        {
            "age": 34.0,
            "gender": "woman",
            "country": "Brazil",
            "occupation": "nurse",
            "openness": 3.9,
            "party": "left",
        },
        {"age": 51.0, "gender": "man", "country": "Ghana", "openness": 2.75},
        {"age": 27.0, "gender": "non-binary", "country": "France", "occupation": "baker", "party": "right"},
    ]
    toml = "".join(
        "[[people]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in one.items())
        for one in expected
    )
    assert tomllib.loads(toml)["people"] == expected
    assert listed(people) == expected
    assert listed(str(people)) == expected
    assert listed(written(tmp_path, toml, "people.toml")) == expected
    assert listed(pd.read_csv(people)) == expected
    assert listed(expected) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + PEOPLE.encode(),
        PEOPLE.replace("\n", "\r\n").encode(),
        PEOPLE.replace(",", ";").encode(),
        PEOPLE.replace(",", "\t").encode(),
        PEOPLE.replace("\n", "\n\n").encode(),
        (PEOPLE + ",,,,,\n , ,,,,\n").encode(),
        PEOPLE.replace("age,", " Age ,").replace("nurse", ' "nurse"'.strip()).encode(),
        PEOPLE.replace("51,man,Ghana,,2.75,", "51,man,Ghana,NA,2.75,NaN").encode(),
        PEOPLE.replace("nurse", "nu\x00r\u200bse\x07").encode(),
    ],
    ids=[
        "BOM",
        "CRLF",
        "semicolons",
        "tabs",
        "blank lines",
        "blank cells",
        "spaces and quotes",
        "NA",
        "control characters",
    ],
)
def test_what_spreadsheets_write_is_read(content: bytes, people: Path, tmp_path: Path) -> None:
    assert listed(written(tmp_path, content, "other.csv")) == listed(people)


def test_other_columns_are_numbers_only_where_all_are(tmp_path: Path) -> None:
    text = "zip,income (USD),mixed,id,Party\n01234,30000,3,12345678901234567890,a\n02345,,x,1,b\n"
    one, two = listed(written(tmp_path, text))
    assert one == {
        "zip": "01234",
        "income (USD)": 30000.0,
        "mixed": "3",
        "id": "12345678901234567890",
        "Party": "a",
    }
    assert two == {"zip": "02345", "mixed": "x", "id": "1", "Party": "b"}
    exact = "wealth,age,weight\n0.28045717660609271,1e2,8.1e-05\n"
    assert listed(written(tmp_path, exact)) == [{"wealth": 0.28045717660609271, "age": 100.0}]
    assert listed([{"vegan": True}, {"vegan": np.bool_(False)}, {"vegan": None}]) == [
        {"vegan": "yes"},
        {"vegan": "no"},
        {},
    ]
    assert listed([{"children": np.int64(2)}, {"children": float("nan")}]) == [{"children": 2.0}, {}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty; expected a line of column names and one line a person"),
        ("age,gender\n", "holds nobody; expected one row a person"),
        ("age\nold\n", "line 2, column age: 'old' is not an age in years, from 0 to 130"),
        ("age\n34\n\n-3\n", "line 4, column age: '-3' is not an age"),
        ("age\nnan\n", "line 2, column age: 'nan' is not an age"),
        (
            "openness\n32\n",
            "line 2, column openness: '32' is not the mean of the items, a number from 1 to 5",
        ),
        (
            "age;openness\n30;3,9\n",
            r"column openness: '3,9' is not the mean .* from 1 to 5 \(write 3\.9\)",
        ),
        ("gender\n2\n", "line 2, column gender: '2' is a number; expected words that a reader understands"),
        ("age,Age\n1,2\n", "two columns have the name 'age'"),
        ("party,Party\n1,2\n", "two columns have the name 'Party'"),
        (",age\n0,34\n", "column 1 has no name; name it, or leave it out"),
        ("age,gender\n34\n", "line 2: expected 2 cells, one a column, but found 1"),
        ('job\n"a\nb"\n', r"line 2, column job: 'a\\nb' holds a line break; expected one line of text"),
        ('"a\nb"\n3\n', "name of column 1: .* holds a line break"),
        ('job\n"nurse\n', r"line 2: not CSV \(unexpected end of data\)"),
        ("age,weight\n30,1\n40,\n", "line 3, column weight: is empty; expected a number from 0"),
        ("age,weight\n30,-1\n", "line 2, column weight: '-1' is not a number from 0"),
        ("age,weight\n30,0\n", "column weight: all weights are 0, so nobody can be drawn"),
        (b"name\nJos\xe9\n", "byte 9 is not UTF-8; save the file with the encoding UTF-8"),
    ],
)
def test_mistakes_in_a_table_are_named(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match=f"people.csv.*{sentence}"):
        find_personas(written(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("people = 3", r"key 'people' must be written as one \[\[people\]\] table a person"),
        ("[[persons]]\nage = 3", r"unknown key 'persons' \(keys: people\)"),
        ("[[people]\n", "not TOML"),
        ("", "holds nobody"),
        ("[[people]]\nage = 20\n[[people]]\nage = 'x'", "person 2, column age: 'x' is not an age"),
        ("[[people]]\nlikes = ['tea']", r"person 1, column likes: \['tea'\] is neither a number nor text"),
    ],
)
def test_mistakes_in_toml_are_named(content: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match=f"people.toml.*{sentence}"):
        find_personas(written(tmp_path, content, "people.toml"))


def test_mistakes_in_python_are_named() -> None:
    with pytest.raises(GamesimError, match=r"personas, row 2, column age: 'x' is not an age"):
        find_personas(pd.DataFrame({"age": [3, "x"]}))
    with pytest.raises(GamesimError, match=r"personas, person 1: 'age' is not a mapping"):
        find_personas(["age"])  # type: ignore[list-item]
    with pytest.raises(GamesimError, match="column income: inf is not a finite number"):
        find_personas([{"income": float("inf")}])
    with pytest.raises(GamesimError, match=r"neither a \.csv nor a \.toml file: .*did you mean 'bigfive'"):
        find_personas("bigfiv")
    with pytest.raises(GamesimError, match=r"nobody.csv: cannot be read"):
        find_personas("nobody.csv")


def test_a_name_that_is_nearly_a_trait_is_asked_about() -> None:
    notes = find_personas([{"opennes": 3.0, "wage": 5, "county": "Kent", "weights": 2, "height": 170}]).notes(
        1
    )
    assert notes == [
        "personas: the column 'opennes' is told by its name; should it be 'openness'?",
        "personas: the column 'county' is told by its name; should it be 'country'?",
        "personas: the column 'weights' is told by its name; should it be 'weight'?",
    ]
    assert listed([{1: "x"}]) == [{"1": "x"}]


# Who gets which.


def test_everybody_comes_once_before_anybody_comes_twice(people: Path) -> None:
    source = find_personas([{"age": float(age)} for age in range(1, 31)])
    row = source.deal(30, 3, 5).row.reshape(3, 30)
    assert all(sorted(session) == list(range(30)) for session in row)
    assert (row[0] != row[1]).any()
    np.testing.assert_array_equal(source.deal(12, 2, 5).row.reshape(2, 12), row[:2, :12])
    np.testing.assert_array_equal(source.deal(75, 1, 5).row[:30], row[0])
    assert np.bincount(source.deal(75, 1, 5).row).tolist().count(3) == 15
    assert (source.deal(30, 1, 6).row != row[0]).any()
    assert source.notes(30) == []
    assert source.notes(75) == ["personas: 30 people stand for 75 agents a session, each for 2 or 3 of them"]
    assert source.notes(60) == ["personas: 30 people stand for 60 agents a session, each for 2 of them"]


def test_weights_are_shares_of_the_draws() -> None:
    source = find_personas([{"age": 20, "weight": 3}, {"age": 30, "weight": 1}, {"age": 40, "weight": 0}])
    shares = np.bincount(source.deal(20_000, 1, 0).row, minlength=3) / 20_000
    # Four standard errors of a share of 0.75 among 20,000.
    assert shares == pytest.approx([0.75, 0.25, 0], abs=0.0125)
    assert "weight" not in source.deal(1, 1, 0).people[0]
    assert source.notes(2) == [
        "personas: personas are drawn with replacement, in proportion to the column weight"
    ]
    assert source.describe(2, 1)["weighted"] is True


def test_who_is_whom_does_not_depend_on_who_decides(people: Path) -> None:
    def who(agents: str) -> list[float]:
        table = gamesim.play("bomb_risk", agents, n=3, sessions=2, personas=people).decisions
        return list(table.sort_values(["session", "agent"])["x_age"])

    assert who("uniform") == who("uniform,spe") == who("human")
    assert sorted(who("uniform")[:3]) == [27, 34, 51]


# Drawn people.


def test_drawn_people_are_like_those_counted() -> None:
    figures = population("bigfive")
    people = find_personas("bigfive").deal(20_000, 2, 0).people
    assert isinstance(people, People)
    table = pd.DataFrame(list(people))
    assert set(table) == {"age", "gender", *BIG_FIVE}
    for cell in figures.cells:
        rows = table[(table.gender == cell.gender) & table.age.isin(list(cell.ages))]
        share = sum(cell.ages.values()) / figures.people
        assert len(rows) / len(table) == pytest.approx(share, abs=4 * np.sqrt(share / len(table)))
        scores = rows[list(figures.traits)].to_numpy()
        error = 4 / np.sqrt(len(rows))
        # Moving scores to the ends of the range costs up to 0.033 in a mean, 9 % of an SD, 0.012 in a correlation.
        assert np.abs(scores.mean(axis=0) - cell.mean).max() < 0.035 + error * cell.sd.max()
        ratio = scores.std(axis=0) / cell.sd
        assert ratio.min() > 0.9 - error
        assert ratio.max() < 1 + error
        assert np.abs(np.corrcoef(scores.T) - cell.correlation).max() < 0.015 + error
    scores = table[list(figures.traits)].to_numpy()
    assert scores.min() >= 1
    assert scores.max() <= 5
    np.testing.assert_allclose(scores * 10, np.round(scores * 10), atol=1e-9)


def test_a_drawn_person_stays_when_others_join() -> None:
    source = find_personas("bigfive")
    many = source.deal(50, 3, 7).people
    assert source.deal(20, 1, 7).people[:] == many[:20]
    assert source.deal(50, 1, 8).people[:] != many[:50]
    assert many[:50] != many[50:100]
    with pytest.raises(IndexError):
        many[150]


def test_figures_that_do_not_fit_are_refused() -> None:
    text = (resources.files("gamesim.humans") / "populations" / "bigfive.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    assert read(text, where="x").people == raw["people"]
    for change, sentence in (
        ({"people": 3}, "'people' is not the sum"),
        ({"version": "a"}, "does not fit"),
        ({"traits": ["openness"]}, "does not fit"),
    ):
        with pytest.raises(GamesimError, match=f"x: .*{sentence}"):
            read(json.dumps(raw | change), where="x")
    with pytest.raises(GamesimError, match="x: key 'cells' is missing"):
        read(json.dumps({name: value for name, value in raw.items() if name != "cells"}), where="x")
    with pytest.raises(GamesimError, match="x: not JSON"):
        read(text[:-5], where="x")


@pytest.mark.skipif(not RECORDS.is_dir(), reason="the raw human records (../shared/data) are not here")
def test_figures_are_what_the_records_give() -> None:
    folder = resources.files("gamesim.humans") / "populations"
    for entry in derive_traits.build(RECORDS):
        shipped = json.loads((folder / f"{entry['name']}.json").read_text(encoding="utf-8"))
        assert json.loads(json.dumps(entry)) == shipped


# What is told.


def test_people_are_told_who_they_are() -> None:
    whole: dict[str, Trait] = {
        "income (USD)": 30000.0,
        "neuroticism": 2.25,
        "openness": 3.9,
        "education": "a degree in law",
        "occupation": "nurse",
        "country": "Brazil",
        "gender": "Female",
        "age": 34.0,
        "party_member": "yes",
    }
    assert tell(whole) == (
        "You are 34 years old, a woman and from Brazil. "
        "Your occupation is nurse and your education is a degree in law. "
        "On scales from 1 (lowest) to 5 (highest), your openness is 3.9 and your neuroticism is 2.2. "
        "What else is known of you: income (USD): 30000; party member: yes."
    )
    assert tell({"age": 1, "gender": "agender"}) == "You are 1 year old. Your gender is agender."
    assert tell({"party": "left"}) == "What is known of you: party: left."
    assert tell({}) == ""
    assert tell({"age": float("nan"), "country": ""}) == ""


names = st.sampled_from([*TRAITS, "party", "income"])
values = st.one_of(st.text(st.characters(categories=["L", "P"]), max_size=8), st.floats(1, 5))


@given(
    st.dictionaries(names, values).filter(
        lambda one: all(isinstance(one.get(t, 1.0), float) for t in BIG_FIVE)
    )
)
def test_whatever_is_known_is_told_in_sentences(person: dict[str, Trait]) -> None:
    told = tell(person)
    assert bool(told) == any(value != "" for value in person.values())
    assert "  " not in told
    for name, value in person.items():
        if isinstance(value, str) and name != "gender":
            assert value in told


# What is recorded.


@pytest.mark.parametrize("on_disk", [True, False])
def test_traits_are_columns_of_the_table(people: Path, tmp_path: Path, on_disk: bool) -> None:
    out = tmp_path / "run" if on_disk else None
    run = gamesim.play("bomb_risk", "uniform", n=6, rounds=2, personas=people, out=out)
    table = run.decisions
    traits = [f"x_{name}" for name in ("age", "gender", "country", "occupation", "openness", "party")]
    assert list(table) == [*COLUMNS.names, *traits]
    assert table["x_age"].dtype == np.float64
    assert isinstance(table["x_gender"].dtype, pd.CategoricalDtype)
    assert table.groupby("x_gender", observed=True).size().to_dict() == {
        "woman": 4,
        "man": 4,
        "non-binary": 4,
    }
    assert (table.groupby("agent")["x_age"].nunique() == 1).all()
    assert table.loc[table["x_gender"] == "man", "x_occupation"].isna().all()
    assert table.loc[table["x_gender"] == "non-binary", "x_openness"].isna().all()
    assert not table["x_age"].isna().any()


def test_runs_without_personas_have_no_traits() -> None:
    run = gamesim.play("bomb_risk", "uniform", n=6)
    assert list(run.decisions) == COLUMNS.names
    assert run.settings.personas == {}


def test_parts_keep_traits(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gamesim.play("bomb_risk", "uniform", n=6, rounds=4, personas=people)
    monkeypatch.setattr(record, "ROWS_A_PART", 5)
    read: list[pd.DataFrame] = []
    run = gamesim.play(
        "bomb_risk",
        "uniform",
        n=6,
        rounds=4,
        personas=people,
        out=tmp_path / "run",
        progress=lambda done, total: read.append(Archive(tmp_path / "run").table()),
    )
    assert [len(table) for table in read] == [6, 12, 18, 24]
    assert set(read[0]["x_gender"]) == {"woman", "man", "non-binary"}
    pd.testing.assert_frame_equal(
        run.decisions.drop(columns="run"), whole.decisions.drop(columns="run"), check_categorical=False
    )


def test_the_record_says_whose_personas_they_are(people: Path, tmp_path: Path) -> None:
    settings = gamesim.play("bomb_risk", "uniform", n=4, personas=people).settings
    assert settings.personas["file"] == "people.csv"
    assert len(settings.personas["sha256"]) == 64
    assert (settings.personas["people"], settings.personas["weighted"]) == (3, False)
    assert f"{people}: 3 people stand for 4 agents a session, each for 1 or 2 of them" in settings.notes
    drawn = gamesim.play("bomb_risk", "uniform", n=4, sessions=2, personas="bigfive").settings.personas
    figures = population("bigfive")
    assert (drawn["population"], drawn["version"], drawn["people"]) == ("bigfive", figures.version, 8)
    given = gamesim.play("bomb_risk", "uniform", n=1, personas=[{"age": 3}]).settings.personas
    other = gamesim.play("bomb_risk", "uniform", n=1, personas=[{"age": 4}]).settings.personas
    assert given["given"] == "in Python"
    assert given["sha256"] != other["sha256"]
    weighed = [
        gamesim.play("bomb_risk", "uniform", n=1, personas=[{"age": 3, "weight": share}]).settings.personas
        for share in (1, 2)
    ]
    assert len({each["sha256"] for each in [*weighed, given]}) == 3


def test_a_run_with_other_personas_is_not_taken_up(people: Path, tmp_path: Path) -> None:
    def play(**more: Any) -> gamesim.Run:
        return gamesim.play("bomb_risk", "uniform", n=3, out=tmp_path / "run", resume=True, **more)

    whole = play(personas=people).decisions
    settings = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "run" / "run.json").write_text(
        json.dumps(settings | {"status": "interrupted"}), encoding="utf-8"
    )
    pd.testing.assert_frame_equal(
        play(personas=people).decisions.drop(columns="run"),
        whole.drop(columns="run"),
        check_categorical=False,
    )
    people.write_text(PEOPLE.replace("34", "35"), encoding="utf-8")
    first, other = r"people\.csv \(sha256 [0-9a-f]{12}\)", r"\(sha256 [0-9a-f]{12}\)"
    for others, now in (
        ({"personas": people}, rf"people\.csv {other}"),
        ({"personas": "bigfive"}, f"bigfive {other}"),
        ({}, "none"),
    ):
        sentence = f"cannot be resumed, since personas was {first} there and is {now} now"
        with pytest.raises(GamesimError, match=sentence):
            play(**others)


# Who heeds them.


def test_only_those_who_heed_personas_are_given_them(people: Path, ages: str) -> None:
    run = gamesim.play("bomb_risk", f"{ages}:0.5,uniform:0.5", n=6, personas=people)
    table = run.decisions
    heeding = table[table["policy"] != "uniform"]
    assert heeding["action"].tolist() == heeding["x_age"].tolist()
    assert table["x_age"].notna().all()
    assert not any("heeds" in note for note in run.settings.notes)
    alone = gamesim.play("bomb_risk", ages, n=3, personas=people).decisions
    assert alone["action"].tolist() == alone["x_age"].tolist()
    told = "no agent of this run heeds its persona: traits are in the table and change nothing"
    assert told in gamesim.play("bomb_risk", "uniform", n=3, personas=people).settings.notes


def test_rules_play_as_they_do_without_personas(people: Path) -> None:
    plain = gamesim.play("ultimatum", "uniform,spe", n=8, rounds=2).decisions
    dressed = gamesim.play("ultimatum", "uniform,spe", n=8, rounds=2, personas=people).decisions
    pd.testing.assert_frame_equal(
        plain.drop(columns="run"), dressed[list(plain)].drop(columns="run"), check_categorical=False
    )


def test_the_order_of_options_is_in_the_table(people: Path, tmp_path: Path) -> None:
    agent = str(written(tmp_path, ORDERED, "ordered.py"))
    table = gamesim.play("prisoners_dilemma", agent, n=4, personas=people).decisions.set_index("agent")
    order = table["option_order"].sort_index()
    assert order.isna().tolist() == [True, False, True, False]
    assert list(order.cat.categories) == ["defect,cooperate"]


def test_the_person_at_the_keyboard_is_nobody_else() -> None:
    items = parse("me,uniform")
    game = catalog.find_game("ultimatum")()
    dealt = deal(game, items, 8, 2, 0)
    people = [{"age": float(age), "job": "baker"} for age in range(1, 9)]
    seated = with_subjects(dealt, items, find_personas(people).deal(8, 2, 0))
    assert seated.subjects is not None
    keyboard = dealt.policy == 0
    assert ((seated.subjects.row == -1) == keyboard).all()
    uniform = catalog.find_agent("uniform")()
    simulation = Simulation(game, seated, [uniform, uniform], ["me", "uniform"])
    simulation.step()
    table = simulation.recorder.table()
    mine = table["policy"] == "me"
    assert table.loc[mine, ["x_age", "x_job"]].isna().all().all()
    assert table.loc[~mine, ["x_age", "x_job"]].notna().all().all()
    assert mine.sum() == 2


def test_deciders_can_be_taken_in_part() -> None:
    subjects = Subjects([{"age": 3.0}, {"age": 4.0}], np.array([1, 0, 1]))
    taken = subjects.take(np.array([2, 1]))
    assert [taken.people[row]["age"] for row in taken.row] == [4, 3]


def test_missing_records_are_named(tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match=r"bigfive_data\.tsv\.gz is missing"):
        derive_traits.build(tmp_path)


# The page about it.


def test_the_page_says_what_the_code_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "personas.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    first = listed(written(tmp_path, example))[0]
    assert tell(first) in page.replace("\n> ", " ")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    exec(code, {})
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "\n".join(printed) in page
    assert f"{population('bigfive').people:,} respondents" in page
