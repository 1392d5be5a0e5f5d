"""Human records: the files, what they say, and how they are rebuilt."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import all_games

from gamesim import catalog
from gamesim.analysis import distance
from gamesim.errors import GamesimError
from gamesim.humans import Reference, derive, derive_kernels, find, kernel, kernels, named, references
from gamesim.humans.persons import icc, lag1
from gamesim.humans.reading import read

RECORDS = Path(__file__).parents[2] / "shared" / "data"
needs_records = pytest.mark.skipif(
    not RECORDS.is_dir(), reason="the raw human records (../shared/data) are not here"
)
TENTHS = np.arange(11)


def one(decision: str, **conditions: object) -> Reference:
    (found,) = find(decision, **conditions)
    return found


@pytest.mark.parametrize("decision", sorted({each.decision for each in references()}))
def test_every_record_is_of_a_decision_that_a_game_asks_for(decision: str) -> None:
    assert any(decision in game.measures() for game in all_games().values())


@pytest.mark.parametrize("reference", references(), ids=lambda reference: str(reference.name))
def test_every_reference_names_its_source_and_its_people(reference: Reference) -> None:
    for text in (
        reference.citation,
        reference.licence,
        reference.url,
        reference.population,
        reference.filter,
    ):
        assert text
    if reference.kind == "counts":
        assert reference.counts("subject").sum() == reference.subjects
        assert reference.counts("decision").sum() == reference.decisions
        assert f"{reference.subjects:,} subjects" in reference.note
        steps = [left for _, left in reference.attrition]
        assert steps == sorted(steps, reverse=True)
        assert steps[-1] == reference.subjects
    else:
        assert reference.figures


def test_reading_references_needs_no_heavy_library() -> None:
    code = "import sys, gamesim.humans as h; h.references(); h.kernels(); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(GamesimError, match=r"did you mean 'moblab\.dictator\.give'"):
        named("moblab.dictator.gave")


def test_find_by_conditions() -> None:
    assert one("dictator.give", stake=10, dataset="moblab").name == "moblab.dictator.give.stake10"
    assert one("trust.return", given={"send": 50}, dataset="moblab").high == 150
    assert one("public_goods.contribute", parameters={"mpcr": 0.5}, dataset="moblab").round == 3
    assert find("trust.return", given={"send": 10}) == ()
    assert find("no.such") == ()
    with pytest.raises(GamesimError, match="colour"):
        find("dictator.give", colour="red")


RULED = [each for each in references() if each.parameters and not each.given]


@pytest.mark.parametrize("reference", RULED, ids=lambda reference: str(reference.name))
def test_the_game_can_be_played_by_the_rules_of_the_record(reference: Reference) -> None:
    game, _, _ = reference.decision.partition(".")
    rules = {key: f"{value!r}" for key, value in reference.parameters.items() if key != "continuation"}
    held = catalog.find_game(game).from_settings(rules).measures()[reference.decision]
    if reference.labels:
        assert tuple(held["labels"]) == reference.labels
    else:
        assert (held["low"], held["high"]) == (reference.low, reference.high)


STUDY = "fischbacher_gaechter2010"
CONTRIBUTIONS = [each for each in references() if each.dataset == STUDY]


@pytest.mark.parametrize("reference", CONTRIBUTIONS, ids=lambda reference: str(reference.name))
def test_contributions_have_the_moments_of_their_counts(reference: Reference) -> None:
    mean, sd = distance.mean_sd(reference.support, reference.counts())
    assert reference.counts().sum() == reference.subjects == 140
    assert (mean, sd) == pytest.approx(
        (reference.figures["mean"].value, reference.figures["sd"].value), abs=0.005
    )


def test_conditional_contributions_rise_with_those_of_others() -> None:
    schedule = [one(f"conditional_contribution.given_{average}", dataset=STUDY) for average in range(21)]
    means = [reference.figures["mean"].value for reference in schedule]
    assert means == sorted(means)
    assert schedule[20].counts()[[0, 20]].tolist() == [54, 46]


@pytest.mark.parametrize("moves", [4, 6])
def test_plans_in_the_centipede_end_it_where_it_ended(moves: int) -> None:
    players = [
        find(f"centipede.{seat}", parameters={"moves": moves})[0].figures for seat in ("first", "second")
    ]
    ends: list[float] = []
    left = [1.0, 1.0]
    for move in range(moves):
        seat, turn = move % 2, move // 2 + 1
        taken = players[seat][f"share of {turn}"].value
        ends.append(taken * left[1 - seat])
        left[seat] -= taken
    ends.append(left[0] * left[1])
    names = [f"games that end at move {move}" for move in range(1, moves + 1)]
    printed = [players[0][name].value for name in (*names, "games in which nobody takes")]
    assert ends == pytest.approx(printed, abs=0.002)
    assert left == pytest.approx([figures["share of never"].value for figures in players], abs=0.002)


def test_the_shares_of_matching_pennies_are_those_of_their_counts() -> None:
    for reference in (*find("two_by_two.row"), *find("two_by_two.column")):
        share = reference.counts()[0] / reference.counts().sum()
        assert share == pytest.approx(reference.figures[f"share of {reference.labels[0]}"].value)


def test_the_money_requests_have_the_moments_of_their_shares() -> None:
    figures = named("arad_rubinstein2012.money_request.request").figures
    requests = np.arange(11, 21)
    shares = np.array([figures[f"share of {request}"].value for request in requests])
    mean = shares @ requests
    assert shares.sum() == pytest.approx(1)
    assert mean == pytest.approx(figures["mean"].value, abs=0.05)
    assert np.sqrt(shares @ (requests - mean) ** 2) == pytest.approx(figures["sd"].value, abs=0.1)


# Moments of the complete public files; the counts here come from a part of the subjects.
MOMENTS = [
    ("moblab.dictator.give", 0.2586, 0.2186),
    ("moblab.ultimatum.offer", 0.4426, 0.1983),
    ("moblab.ultimatum.minimum", 0.3430, 0.2033),
    ("moblab.trust.send", 0.4202, 0.3607),
    ("moblab.trust.return.sent50", 59.38 / 150, 39.50 / 150),
    ("moblab.public_goods.contribute", 9.63 / 20, 6.44 / 20),
    ("moblab.bomb_risk.open", 0.4559, 0.2395),
]


@pytest.mark.parametrize(("name", "mean", "sd"), MOMENTS)
def test_moments_agree_with_the_published_ones(name: str, mean: float, sd: float) -> None:
    reference = named(name)
    found = distance.mean_sd(reference.support / reference.high, reference.counts("decision"))
    assert found == pytest.approx((mean, sd), abs=0.006)


def test_dictator_against_the_published_table() -> None:
    reference = one("dictator.give", stake=100, dataset="moblab")
    humans = distance.binned(reference.support, reference.counts("decision"), 0, 100)
    uniform, nothing, half = np.ones(11), np.eye(11)[0], np.eye(11)[5]
    for rival, tv, w1n, jsd, ks in [
        (uniform, 0.469, 0.236, 0.254, 0.426),
        (nothing, 0.682, 0.264, 0.475, 0.682),
        (half, 0.723, 0.250, 0.518, 0.695),
        (np.eye(11)[3], 0.883, 0.196, 0.731, 0.457),
    ]:
        assert distance.tv(humans, rival) == pytest.approx(tv, abs=0.006)
        assert distance.w1n(TENTHS, humans, rival, 0, 10) == pytest.approx(w1n, abs=0.006)
        assert distance.jsd(humans, rival) == pytest.approx(jsd, abs=0.008)
        assert distance.ks(humans, rival) == pytest.approx(ks, abs=0.006)
    points = distance.mass_points(reference.support, reference.counts("decision"), 0, 100)
    assert (points.none, points.half) == pytest.approx((0.2613, 0.1944), abs=0.006)


def test_perfect_simulator_of_the_dictator_game() -> None:
    reference = one("dictator.give", stake=100, dataset="moblab")
    humans = distance.binned(reference.support, reference.counts("decision"), 0, 100)
    scale, rng = distance.tv(humans, np.ones(11)), np.random.default_rng(3)
    for n, score in [(20, 54.6), (50, 70.9), (200, 85.5), (1000, 93.5)]:
        draws = rng.multinomial(n, humans, size=4000) / n
        tv = 0.5 * np.abs(draws - humans).sum(axis=1).mean()
        assert 100 * (1 - tv / scale) == pytest.approx(score, abs=1.5)


def test_turing_test_of_dictators() -> None:
    reference = one("dictator.give", stake=100, dataset="moblab")
    humans, half = (
        np.histogram(reference.support, bins=10, range=(0, 100), weights=weights)[0]
        for weights in (reference.counts("decision"), reference.support == 50)
    )
    even, always = distance.turing(humans, humans), distance.turing(half, humans)
    assert (even.win, even.tie) == pytest.approx((0.396, 0.208), abs=0.006)
    assert (always.win, always.tie, always.loss) == pytest.approx((0.4534, 0.2073, 0.3393), abs=0.012)


def test_published_dilemma_counts() -> None:
    reference = one("prisoners_dilemma.choose", dataset="moblab")
    assert reference.votes("subject") == "decision"
    assert reference.counts("subject").tolist() == [36269, 80383 - 36269]
    assert reference.subjects is None


def test_published_figures_have_no_counts() -> None:
    reference = one("ultimatum.answer", dataset="oosterbeek2004")
    assert reference.figures["mean"].value == 0.84
    with pytest.raises(GamesimError, match="published figures only"):
        reference.counts()


def document(**changes: object) -> dict[str, Any]:
    whole = {
        **dict.fromkeys(("dataset", "population", "method", "filter", "citation", "licence", "url"), "x"),
        **{"name": "a.b.c", "decision": "b.c", "kind": "counts", "note": "", "labels": []},
        **{"low": 0, "high": 10, "step": 1, "subjects": 3, "one_vote": {"0": 1, "7": 2}},
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"citation": ...}, "'citation' is missing"),
        ({"colour": 1}, "unknown key 'colour'"),
        ({"step": 3}, "steps of 3 from 0 do not end at 10"),
        ({"labels": "ab"}, "'labels' must be a list of texts"),
        ({"labels": ["a", "a"]}, "'labels' names an option twice"),
        ({"labels": ["a", "b", "c"]}, "must be 0, 2 and 1 for 3 labels"),
        ({"parameters": {"mpcr": "half"}}, "'parameters', 'mpcr' must be a number"),
        ({"given": ["send"]}, "'given' must be a JSON object"),
        ({"attrition": ["rows"]}, "'attrition' must hold pairs"),
        ({"shares": "no"}, "'shares' must be true or false"),
        ({"subjects": 0}, "'subjects' must be a whole number from 1"),
        ({"one_vote": [0, 7, 7]}, "'one_vote' must be a JSON object"),
        ({"one_vote": {"inf": 3}}, "'one_vote', 'inf' is not a legal choice"),
        ({"subjects": ...}, r"'subjects' is missing, which 'one_vote' needs \(it sums to 3\)"),
        # Rows of people have no place in a record of counts.
        ({"step": 1e-9}, "'step' must leave at most 1,000,000 steps"),
        ({"rows": [{"subject_id": 1, "choice": 7}]}, "unknown key 'rows'"),
        ({"subject_id": [1, 2, 3]}, "unknown key 'subject_id'"),
        ({"one_vote": {"0": [1, 2], "7": [3]}}, "'one_vote', '0' must be a whole number"),
        ({"kind": "guess"}, "'kind'"),
        ({"name": 3}, "'name' must be text"),
        ({"low": "0"}, "'low' must be a number"),
        ({"stake": float("nan")}, "'stake' must be a number"),
        ({"step": 0}, "span no grid"),
        ({"round": 0}, "'round'"),
        ({"one_vote": {"0": 1.5}}, "'one_vote', '0' must be a whole number"),
        ({"one_vote": {"0.5": 3}}, "'one_vote', '0.5' is not a legal choice"),
        ({"one_vote": {"11": 3}}, "'11' lies outside 0 to 10"),
        ({"one_vote": {"x": 3}}, "'x' is not a legal choice"),
        ({"subjects": 4}, "sums to 3, key 'subjects' says 4"),
        ({"one_vote": {}, "subjects": None}, "'one_vote' is missing"),
        ({"kind": "published", "one_vote": {}}, "'figures' is missing"),
        ({"figures": {"mean": 3}}, "'figures', 'mean'"),
    ],
)
def test_a_bad_file_is_named_with_its_key(changes: dict[str, object], words: str) -> None:
    with pytest.raises(GamesimError, match=words) as caught:
        read(json.dumps(document(**changes)), where="humans/some.json")
    assert str(caught.value).startswith("humans/some.json: ")


def test_a_good_file_is_read() -> None:
    reference = read(json.dumps(document()), where="here")
    assert reference.counts().tolist() == [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]


@pytest.mark.parametrize("text", ["[]", "{", '"x"'])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(GamesimError, match=r"^here: "):
        read(text, where="here")


# Conditional records.

DECISIONS = sorted(kernels())


def test_a_decision_without_recorded_sequences_is_named() -> None:
    with pytest.raises(GamesimError, match=r"trust\.send"):
        kernel("trust.send")


@pytest.mark.parametrize("decision", DECISIONS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_kernels_give_distributions(decision: str, data: st.DataObject) -> None:
    one_kernel = kernel(decision)
    size = data.draw(st.integers(1, 6))
    share = st.one_of(st.just(np.nan), st.floats(0, 1))
    own = data.draw(st.lists(share, min_size=size, max_size=size))
    seen = data.draw(st.one_of(st.none(), st.lists(share, min_size=size, max_size=size)))
    chances = one_kernel.probabilities(own, seen)
    assert chances.shape == (size, len(one_kernel.support))
    assert (chances >= 0).all()
    assert chances.sum(axis=1) == pytest.approx(np.ones(size))
    for row, last in zip(chances, own, strict=True):
        if np.isnan(last):
            assert np.array_equal(row, one_kernel.first)


def test_dilemma_kernel_is_the_published_memory_one_table() -> None:
    chances = kernel("prisoners_dilemma.choose").probabilities([0, 0, 1, 1], [0, 1, 0, 1])
    assert chances[:, 0] == pytest.approx([0.791, 0.332, 0.370, 0.256], abs=5e-4)


def test_own_choice_alone_pools_what_was_seen() -> None:
    chances = kernel("prisoners_dilemma.choose").probabilities([0.0], None)
    stayed, moved = 12035 + 3821, 3173 + 7686
    assert chances[0, 0] == pytest.approx(stayed / (stayed + moved))


def test_people_who_gave_nothing_mostly_give_nothing_again() -> None:
    again = kernel("dictator.give").probabilities([0.0, 0.5])
    assert again[0, 0] > 0.6
    assert again[1, 50] > 0.4


def test_contributions_follow_those_of_others() -> None:
    one_kernel = kernel("public_goods.contribute")
    low, high = one_kernel.probabilities([0.5, 0.5], [0.1, 0.9]) @ one_kernel.support
    assert low < high


def test_a_thin_cell_leans_on_the_wider_one() -> None:
    one_kernel = kernel("public_goods.contribute")
    thin = np.unravel_index(one_kernel.decided.argmin(), one_kernel.decided.shape)
    assert one_kernel.decided[thin] < 20
    own = (*one_kernel.own_edges, 1.0)[int(thin[0])]
    seen = (*one_kernel.seen_edges, 1.0)[int(thin[1])]
    cell, wide = (one_kernel.probabilities([own], others)[0] for others in ([seen], None))
    assert 0.5 * np.abs(cell - wide).sum() < 0.5


# Persons.


def test_icc_of_persons_who_never_change_is_one_and_of_noise_nothing() -> None:
    persons = np.repeat(np.arange(200), 5)
    rng = np.random.default_rng(0)
    fixed = np.repeat(rng.normal(size=200), 5)
    noise = rng.normal(size=1000)
    assert icc(fixed, persons) == pytest.approx(1)
    assert icc(noise, persons) == pytest.approx(0, abs=0.06)
    assert icc(fixed + noise, persons) == pytest.approx(0.5, abs=0.08)


def test_lag_correlation_pairs_a_person_with_the_round_before() -> None:
    rounds, persons = np.tile([1, 2, 3], 100), np.repeat(np.arange(100), 3)
    values = np.repeat(np.arange(100.0), 3)
    assert lag1(values, persons, rounds) == pytest.approx(1)
    assert np.isnan(lag1(values[::3], persons[::3], rounds[::3]))
    assert np.isnan(icc(values[::3], persons[::3]))
    assert np.isnan(icc(np.ones(300), persons))


# The raw records.


@needs_records
def test_references_are_what_the_records_give() -> None:
    built = derive.build(RECORDS)
    shipped = {reference.name: reference for reference in references() if reference.kind == "counts"}
    assert sorted(built) == sorted(shipped)
    for name, entry in built.items():
        again = read(json.dumps(entry), where=name)
        assert dict(again.one_vote) == dict(shipped[name].one_vote), name
        assert dict(again.per_decision) == dict(shipped[name].per_decision), name
        assert again.attrition == shipped[name].attrition


@needs_records
def test_kernels_are_what_the_records_give() -> None:
    folder = resources.files("gamesim.humans") / "kernels"
    for entry in derive_kernels.build(RECORDS):
        shipped = json.loads((folder / f"{entry['name']}.json").read_text(encoding="utf-8"))
        assert json.loads(json.dumps(entry)) == shipped


def test_missing_records_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert derive.main([str(tmp_path)]) == 2
    assert "dictator.csv.gz is missing" in capsys.readouterr().err
    assert derive.main([]) == 2
