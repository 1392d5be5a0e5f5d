"""Options that differ from person to person: families of distributions, and files of persons."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import all_games, observed

import gamesim
from gamesim.catalog import find_agent, names
from gamesim.command.agent import explained, own_first, page
from gamesim.command.shown import console
from gamesim.elicit.policy import ModelPolicy
from gamesim.errors import GamesimError
from gamesim.parameters import FAMILIES, Parameter
from gamesim.policy import Policy
from gamesim.streams import Floats

SCIPY = {
    "normal(0.3,2)": stats.norm(0.3, 2),
    "lognormal(-0.8,0.9)": stats.lognorm(0.9, scale=np.exp(-0.8)),
    "uniform(-1,3)": stats.uniform(-1, 4),
    "beta(2,5)": stats.beta(2, 5),
    "gamma(2,0.5)": stats.gamma(2, scale=0.5),
    "exponential(1.5)": stats.expon(scale=1.5),
}


def alphas(policy: Policy, size: int, rounds: int = 1) -> list[Floats]:
    """Give what everybody has at every decision of a dictator game: rounds times (D,)."""
    game = all_games()["dictator"]
    parameter = policy.alpha  # type: ignore[attr-defined]
    return [parameter.of(obs) for obs in observed(game, size, rounds=rounds)]


def fehr_schmidt(**options: str) -> Policy:
    return find_agent("fehr_schmidt").from_options(options)


def test_every_family_is_checked_against_scipy() -> None:
    assert {text.partition("(")[0] for text in SCIPY} == set(FAMILIES)


@pytest.mark.parametrize("text", SCIPY)
@given(u=st.floats(0.001, 0.999))
def test_quantiles_are_those_of_scipy(text: str, u: float) -> None:
    parameter = Parameter.read("x", text, "x")
    assert parameter.quantiles(np.array([u]))[0] == pytest.approx(float(SCIPY[text].ppf(u)), rel=1e-8)


@pytest.mark.parametrize("text", SCIPY)
def test_no_draw_is_infinite(text: str) -> None:
    assert np.isfinite(Parameter.read("x", text, "x").quantiles(np.array([0.0, 1 - 2.0**-53]))).all()


def test_people_are_drawn_from_the_distribution_and_stay_who_they_are() -> None:
    first, second = alphas(fehr_schmidt(alpha="lognormal(-0.8,0.9)"), 4000, rounds=2)
    assert stats.kstest(first, SCIPY["lognormal(-0.8,0.9)"].cdf).pvalue > 1e-3
    game = all_games()["dictator"]
    one, two = observed(game, 50, rounds=2)
    kept = fehr_schmidt(alpha="lognormal(0,1)").alpha  # type: ignore[attr-defined]
    by_agent = dict(zip(one.agent.tolist(), kept.of(one).tolist(), strict=True))
    assert [by_agent[agent] for agent in two.agent.tolist()] == kept.of(two).tolist()
    assert len(first) == len(second)


def test_parameters_are_drawn_apart_and_a_file_keeps_them_together(tmp_path: Path) -> None:
    game = all_games()["dictator"]
    (obs,) = observed(game, 3000)
    apart = fehr_schmidt(alpha="exponential(1)", beta="uniform(0,1)")
    rho = np.corrcoef(apart.alpha.of(obs), apart.beta.of(obs))[0, 1]  # type: ignore[attr-defined]
    assert abs(rho) < 4 / np.sqrt(3000)
    file = tmp_path / "params.csv"
    file.write_text("alpha,beta\n0,0\n0.5,0.25\n1,0.6\n4,0.6\n", encoding="utf-8")
    together = fehr_schmidt(file=str(file))
    pairs = np.column_stack([together.alpha.of(obs), together.beta.of(obs)])  # type: ignore[attr-defined]
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    assert found.tolist() == [[0, 0], [0.5, 0.25], [1, 0.6], [4, 0.6]]
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("in_file", [True, False])
def test_a_run_knows_what_every_agent_has(tmp_path: Path, in_file: bool, kept: bool) -> None:
    """A conditional cooperator whose slope is 1 gives at first what it believes others to give."""
    file = tmp_path / "people.csv"
    file.write_text("start,slope\n0.1,1\n0.4,1\n0.9,0.5\n", encoding="utf-8")
    given = f'file="{file}"' if in_file else "start=uniform(0,1)@slope=choice(0.5,1)"
    run = gamesim.play(
        "public_goods",
        {f"conditional_cooperator@{given}": 0.5, "conditional_cooperator@start=0.3": 0.25, "uniform": 0.25},
        n=80,
        sessions=3,
        seed=2,
        out=tmp_path / "run" if kept else None,
    )
    again = gamesim.open_run(tmp_path / "run") if kept else run
    persons = again.persons
    assert persons is not None
    assert {*persons} == {"session", "agent", "policy", "start", "slope"}
    assert len(persons) == 240
    table = run.decisions.merge(persons, on=["session", "agent"], validate="one_to_one")
    assert (table["policy_x"].astype(str) == table["policy_y"]).all()
    cooperators = table[table["policy_y"] != "uniform"]
    np.testing.assert_array_equal(
        cooperators["action"], np.round(cooperators["start"] * cooperators["slope"] * 20)
    )
    assert table.loc[table["policy_y"] == "uniform", ["start", "slope"]].isna().all(axis=None)
    assert (table.loc[table["policy_y"].str.endswith("0.3"), "start"] == 0.3).all()
    assert cooperators["start"].nunique() > 3


def test_a_run_whose_agents_are_alike_keeps_nothing_about_them(tmp_path: Path) -> None:
    run = gamesim.play("dictator", "fehr_schmidt@alpha=0.5", n=4, out=tmp_path / "run")
    assert run.persons is None
    assert not (tmp_path / "run" / "persons.csv").exists()


def test_choice_counts_repeated_values_twice() -> None:
    parameter = Parameter.read("x", "choice(0, 0.25, 0.25, 0.6)", "x")
    drawn = parameter.quantiles((np.arange(400) + 0.5) / 400)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0, 0.25, 0.6]
    assert counts.tolist() == [100, 200, 100]


def test_a_toml_file_may_hold_one_number_for_all(tmp_path: Path) -> None:
    file = tmp_path / "params.toml"
    file.write_text("alpha = [0.5, 1.0]\nbeta = 0.25\n", encoding="utf-8")
    run = gamesim.play("ultimatum", agents=f'fehr_schmidt@file="{file}"', n=200)
    shown = next(iter(run.settings.policies.values()))["options"]
    assert shown["alpha"].startswith(f"column alpha of {file} (")
    minimum = run.decisions.query("stage == 'minimum'")["action"]
    # The least that is accepted is alpha / (1 + 2 alpha): a quarter and a third.
    assert sorted(minimum.unique()) == [25, 34]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alpha": "lognormal(-0.8)"}, r"fehr_schmidt@alpha = lognormal\(-0.8\): write lognormal\(mean,sd\)"),
        ({"alpha": "lognormul(0,1)"}, "unknown distribution 'lognormul'; did you mean 'lognormal'"),
        ({"alpha": "normal(0,-1)"}, "sd must be above 0"),
        ({"alpha": "uniform(2,1)"}, "low must not be above high"),
        ({"alpha": "much"}, "'much' is neither a number nor a distribution"),
        ({"alpha": "nan"}, "is not a number"),
        ({"alpha": "normal(0,inf)"}, "must be finite"),
        ({"precision": "normal(1,1)"}, "can fall outside: it must be at least 0"),
        ({"precision": "-1"}, "fehr_schmidt@precision = -1 must be at least 0"),
        ({"beta": "normal(0.3,0.2)"}, r"normal\(0.3,0.2\) can fall outside: it must be 0 to 1"),
        ({"alpha": "inf"}, "fehr_schmidt@alpha = inf must be finite"),
        ({"alfa": "1"}, "unknown option 'alfa'; did you mean 'alpha'"),
        ({"file": "nowhere.csv"}, "there is no such file"),
        ({"file": "params.txt"}, "must end in .csv or .toml"),
    ],
)
def test_wrong_parameters_are_refused_in_a_sentence(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence) as refusal:
        fehr_schmidt(**options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("p.csv", "alpha,bet\n1,2\n", "unknown parameter 'bet'; did you mean 'beta'"),
        ("p.csv", "alpha,beta\n1,x\n", "row 1, beta = 'x' is neither"),
        ("p.csv", "alpha,beta\n1\n", "p.csv, line 2: expected 2 cells, one a column, but found 1"),
        ("p.csv", "alpha,beta\n", "holds no rows"),
        ("p.csv", "", "holds no rows"),
        ("p.csv", "precision\n-1\n", "row 1, precision = -1 must be at least 0"),
        ("p.csv", "alpha;beta\n0,5;0\n", "row 1, alpha = '0,5' is neither"),
        ("p.csv", ",alpha\n0,1\n1,2\n", "p.csv: column 1 has no name; .* written with index=False$"),
        ("p.csv", "alpha,beta,alpha\n1,0,2\n", "column alpha stands there twice"),
        ("p.toml", "alpha = [1, 2]\nbeta = 1.5\n", "row 1, beta = 1.5 must be 0 to 1"),
        ("p.toml", "alpha = [1, 2]\nbeta = [1, 2, 3]\n", r"equally long, not \[2, 3\]"),
        ("p.toml", "alpha = [1, 2]\nbeta = [0.3]\n", r"equally long, not \[1, 2\]"),
        ("p.toml", "alpha = [1, \n", "cannot be read"),
    ],
)
def test_wrong_files_are_refused_in_a_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(GamesimError, match=sentence):
        fehr_schmidt(file=str(tmp_path / name))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_may_be_separated_as_spreadsheets_do(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text("alpha,beta\n1,0.5\n2,0.25\n".replace(",", separator), encoding="utf-8")
    policy = fehr_schmidt(file=str(file))
    assert (policy.alpha.numbers, policy.beta.numbers) == ((1, 2), (0.5, 0.25))  # type: ignore[attr-defined]


def test_a_file_of_numbers_is_no_agent() -> None:
    with pytest.raises(GamesimError, match=r"such as fehr_schmidt@file=people\.csv$"):
        find_agent("people.csv")


def test_a_parameter_is_given_once(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("alpha\n1\n", encoding="utf-8")
    with pytest.raises(GamesimError, match="alpha is given by @alpha too"):
        fehr_schmidt(alpha="2", file=str(file))


def test_bounds_for_fitting_name_parameters_and_hold_the_defaults() -> None:
    for name in names("agents"):
        kind = find_agent(name)
        if not kind.fitted:
            continue
        policy = kind.from_options({})
        for parameter, (low, high) in kind.fitted.items():
            value = getattr(policy, parameter)
            number = value.value if isinstance(value, Parameter) else value
            assert low < high
            assert low <= number <= high or np.isinf(number), (name, parameter)


def numeric_options() -> list[tuple[str, str]]:
    """List all options of all agents that are numbers, but those of a language model, which `Sampling` checks."""
    found = []
    for name in names("agents"):
        kind = find_agent(name)
        if not issubclass(kind, ModelPolicy):
            hints = get_type_hints(kind)
            found += [
                (name, item.name)
                for item in dataclasses.fields(kind)
                if item.init and hints[item.name] not in (str, bool)
            ]
    return found


@pytest.mark.parametrize(("agent", "option"), numeric_options())
def test_every_number_has_a_range_and_what_lies_outside_is_refused(agent: str, option: str) -> None:
    kind = find_agent(agent)
    rule = next(item.metadata["rule"] for item in dataclasses.fields(kind) if item.name == option)
    outside = [rule.least - 1, rule.most + 1]
    finite = [value for value in outside if np.isfinite(value)]
    assert bool(finite) != bool(rule.free)
    for value in finite:
        sentence = re.escape(f"{agent}@{option} = {value:.12g} must be {rule}")
        with pytest.raises(GamesimError, match=f"^{sentence}$"):
            kind.from_options({option: f"{value:.12g}"})
    if not rule.endless and not np.isfinite(rule.most):
        with pytest.raises(GamesimError, match=f"^{agent}@{option} = inf must be finite$|is not a finite"):
            kind.from_options({option: "inf"})


@pytest.mark.parametrize("agent", names("agents"))
def test_the_page_of_an_agent_explains_every_option_and_its_examples_can_be_played(
    agent: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(console, "width", 80)
    page(agent)
    text = capsys.readouterr().out
    assert all(len(line) <= 80 for line in text.splitlines())
    kind = find_agent(agent)
    told = explained(kind)
    for item in own_first(kind):
        assert f"\n@{item.name}" in text
        assert told.get(item.name)
    varied = any(
        not item.metadata["rule"].shared for item in own_first(kind) if item.metadata and is_personal(item)
    )
    assert ("From person to person" in text) == varied
    if varied:
        name, written = re.search(rf'"{agent}@(\w+)=([^"]+)"', text).groups()  # type: ignore[union-attr]
        assert getattr(kind.from_options({name: written}), name).varies
        file = tmp_path / "people.csv"
        file.write_text(re.search(r"people.csv\"\n((?: .*\n){2})", text)[1].replace(" ", ""))  # type: ignore[index]
        assert kind.from_options({"file": str(file)})


def is_personal(item: dataclasses.Field[Any]) -> bool:
    return isinstance(item.default, Parameter)
