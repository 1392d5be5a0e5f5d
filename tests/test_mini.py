from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gamesim.errors import GamesimError
from gamesim.mini import DECISIONS, SCALES, WEIGHTS, State, answers, header, messages
from gamesim.mini.corpus import HELD_OUT_STAKES, stake_for_prose
from gamesim.mini.records import COLUMNS, COOPERATE, maximum_entropy, part_of, published, read_records
from gamesim.mini.rivals import losses, marginal_rule, repeat_rule, spread_rule
from gamesim.mini.wording import RULES, UNSEEN_RULES, prose, thin

RECORDS = Path(__file__).parents[2] / "shared" / "data" / "moblab"
FIGURES = WEIGHTS / "figures.json"


@pytest.fixture(scope="module")
def scorer() -> Any:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from gamesim.mini.scorer import Scorer

    return Scorer(WEIGHTS)


@pytest.fixture(scope="module")
def figures() -> Any:
    return json.loads(FIGURES.read_text(encoding="utf-8"))


def test_header_is_one_line_with_the_latest_moves_first() -> None:
    past = tuple((move, None) for move in range(8))
    text = header(State("dictator.give", 9, 10, past))
    assert text == (
        "task dictator.give | answer 0-100, 100 is all | round 9 of 10 | "
        "own moves, latest first: =7, =6, =5, =4, =3, =2"
    )


def test_header_tells_outcomes_and_the_others_choice() -> None:
    bomb = header(State("bomb_risk.open", 3, 5, ((20, "safe"), (80, "bomb"))))
    assert bomb.endswith("latest first: =80 bomb, =20 safe")
    dilemma = header(State("prisoners_dilemma.choose", 2, 5, (("cooperate", "defect"),)))
    assert dilemma.endswith(
        "cooperate or defect | round 2 of 5 | own moves, latest first: cooperate met defect"
    )


def test_header_leaves_out_what_no_record_conditions_on() -> None:
    state = State("public_goods.contribute", 2, 3, ((20, None),), also=(("dictator.give", 50),))
    assert header(state) == "task public_goods.contribute | answer 0-20, 20 is all | round 2 of 3"
    assert header(State("ultimatum.minimum", also=(("ultimatum.offer", 45),))).endswith(
        "| own ultimatum.offer =45"
    )


@pytest.mark.parametrize(
    "state",
    [
        State("matching_pennies.choose"),
        State("dictator.give", 2, 2, ((101, None),)),
        State("dictator.give", 2, 2, ((10, "bomb"),)),
        State("bomb_risk.open", 2, 2, ((10, None),)),
        State("ultimatum.minimum", also=(("ultimatum.offer", 120),)),
    ],
)
def test_header_refuses_what_mini_cannot_read(state: State) -> None:
    with pytest.raises(GamesimError):
        header(state)


def test_import_needs_no_torch() -> None:
    code = "import sys, gamesim.mini; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_published_figures() -> None:
    shares, grid = maximum_entropy(35.47, 21.51, 101), np.arange(101)
    mean = shares @ grid
    assert mean == pytest.approx(35.47)
    assert np.sqrt(shares @ grid**2 - mean**2) == pytest.approx(21.51)
    state = State("prisoners_dilemma.choose", 3, 3, (("defect", "defect"), ("cooperate", "cooperate")))
    assert published(state)[0] == pytest.approx(0.791, abs=5e-4)


def test_parts_keep_their_sizes_and_every_subject_has_one() -> None:
    parts = [part_of(user) for user in range(20_000)]
    assert parts.count("test") / len(parts) == pytest.approx(0.2, abs=0.01)
    assert parts.count("tune") / len(parts) == pytest.approx(0.1, abs=0.01)


def test_prose_covers_every_decision_and_keeps_test_wording_apart() -> None:
    assert set(RULES) == set(UNSEEN_RULES) == set(DECISIONS)
    assert not {text for each in RULES.values() for text in each} & {
        t for each in UNSEEN_RULES.values() for t in each
    }
    rng = np.random.default_rng(0)
    assert "5,000" in prose(State("dictator.give"), rng, 5000.0)
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    assert set(thin(" ".join(words), rng).split()) <= set(words)
    stakes = {stake_for_prose(rng) for _ in range(3000)}
    assert not stakes & set(HELD_OUT_STAKES)
    assert min(stakes) >= 4
    assert max(stakes) <= 6000


def test_shipped_folder_is_small_and_whole(figures: Any) -> None:
    files = {file.name: file.stat().st_size for file in WEIGHTS.iterdir()}
    wanted = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json"}
    assert wanted | {"tokenizer_config.json", "figures.json"} == set(files)
    assert sum(files.values()) <= 3 * 2**20
    assert "chat_template" in json.loads((WEIGHTS / "tokenizer_config.json").read_text(encoding="utf-8"))


def test_shipped_figures_meet_the_gates(figures: Any) -> None:
    from gamesim.mini.gates import failures

    assert len(figures["test"]) >= 3
    assert failures(figures["test"][str(figures["shipped seed"])]) == []


def test_card_shows_the_shipped_figures(figures: Any) -> None:
    from gamesim.mini.card import tables

    assert tables(figures) in (WEIGHTS.parent / "README.md").read_text(encoding="utf-8")


def test_shipped_tokenizer_keeps_numbers_whole() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(WEIGHTS), local_files_only=True)
    for number in range(1000):
        assert len(tokenizer.encode(f"[{number}]<|end|>", add_special_tokens=False)) == 4
    strange = "schöne Grüße, 12,345 😀\n\t[x]"
    assert tokenizer.decode(tokenizer.encode(strange, add_special_tokens=False)) == strange


@pytest.mark.parametrize("decision", DECISIONS)
def test_nearly_all_probability_is_on_legal_answers(scorer: Any, decision: str) -> None:
    rng, state = np.random.default_rng(1), State(decision, 2, 7)
    assert scorer.legal_mass(messages(state), decision) > 0.95
    assert scorer.legal_mass(messages(state, prose(state, rng, 250.0, unseen=True)), decision) > 0.95


def _mean(scorer: Any, *states: State) -> list[float]:
    decision = states[0].decision
    shares = scorer.distributions([messages(state) for state in states], decision)
    return [float(each @ np.arange(shares.shape[1])) for each in shares]


def test_history_moves_the_dictator_towards_the_own_past(scorer: Any) -> None:
    low, high = _mean(scorer, *(State("dictator.give", 3, 5, ((x, None), (x, None))) for x in (0, 50)))
    assert high - low > 15


def test_history_moves_the_bomb_player_down_after_a_bomb(scorer: Any) -> None:
    low, high = _mean(scorer, *(State("bomb_risk.open", 3, 5, ((x, "safe"), (x, "safe"))) for x in (10, 80)))
    assert high - low > 15
    safe, bomb = _mean(scorer, *(State("bomb_risk.open", 2, 5, ((60, told),)) for told in ("safe", "bomb")))
    assert bomb < safe


def test_own_offer_moves_the_minimum(scorer: Any) -> None:
    low, high = _mean(scorer, *(State("ultimatum.minimum", also=(("ultimatum.offer", x),)) for x in (10, 50)))
    assert high - low > 10


def test_dilemma_follows_the_published_table(scorer: Any) -> None:
    decision = "prisoners_dilemma.choose"
    for (own, other), share in COOPERATE.items():
        states = [
            State(decision, 2, 10, ((own, other),)),
            State(decision, 4, 10, (("defect", "cooperate"), ("cooperate", "cooperate"), (own, other))),
        ]
        shares = scorer.distributions([messages(state) for state in states], decision)[:, 0]
        assert shares == pytest.approx([share, share], abs=0.1)


def test_header_wins_over_the_stake_of_the_prose(scorer: Any) -> None:
    decision, rng = "dictator.give", np.random.default_rng(2)
    alone = scorer.distributions([messages(State(decision))], decision)[0]
    for stake in (10.0, 1000.0, 100_000.0):
        chat = messages(State(decision), prose(State(decision), rng, stake, unseen=True))
        shares = scorer.distributions([chat], decision)[0]
        assert np.abs(np.cumsum(shares - alone)).sum() < 8


@pytest.mark.skipif(not RECORDS.is_dir(), reason=f"no human records in {RECORDS}")
def test_distance_from_unseen_subjects_recomputed(scorer: Any, figures: Any) -> None:
    from gamesim.mini.evaluate import mean_normalised, w1
    from gamesim.mini.gates import W1_GATES

    people = read_records(RECORDS, "test")
    distances = {
        decision: w1(
            scorer.distributions([messages(State(decision))], decision)[0], people.marginal(decision)
        )
        for decision in COLUMNS
    }
    assert mean_normalised(distances) <= W1_GATES["header"]
    shipped = figures["test"][str(figures["shipped seed"])]["w1"]["header"]
    assert distances == pytest.approx(shipped, abs=1e-2)


def _write_records(folder: Path) -> None:
    """Write synthetic subjects: dictators who give 10 or 40 and repeat it, and round numbers elsewhere."""
    rng = np.random.default_rng(0)
    users = np.arange(400)
    columns = {
        name: rng.integers(0, 5, len(users)) * SCALES[decision] // 4 for decision, name in COLUMNS.items()
    }
    columns["dictator"] = rng.choice([10, 40], len(users))
    pd.DataFrame({"UserID": users, **columns}).to_csv(folder / "joint.csv.gz", index=False)
    for name, told in (("dictator", "[1, 1]"), ("bomb_risk", "SAFE")):
        moves = columns["dictator" if name == "dictator" else "bomb"]
        rounds = pd.DataFrame(
            {
                "UserID": np.repeat(users, 3),
                "Round": np.tile([1, 2, 3], len(users)),
                "move": np.repeat(moves, 3),
            }
        )
        rounds = rounds.assign(Role="first", totalRound=3, Total=100, roundResult=told)
        rounds.loc[rounds["UserID"] == 7, "move"] = [-1, 101, 30]
        rounds.to_csv(folder / f"{name}.csv.gz", index=False)


def test_records_are_cleaned_and_cut_into_sessions(tmp_path: Path) -> None:
    _write_records(tmp_path)
    people = read_records(tmp_path, part_of(7))
    cases = people.later["dictator.give"]
    assert len(cases) == 2 * sum(part_of(user) == part_of(7) for user in range(400) if user != 7)
    assert cases[1].state.round == 3
    assert len(cases[1].state.past) == 2
    assert people.later["bomb_risk.open"][0].state.past[0][1] == "safe"
    repeat = losses(repeat_rule(cases, "dictator.give")(cases), cases).mean()
    assert repeat < losses(marginal_rule(cases, "dictator.give")(cases), cases).mean()
    assert spread_rule(cases, "dictator.give")(cases).sum(axis=1) == pytest.approx(1)


def test_records_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match=r"joint\.csv\.gz does not exist"):
        read_records(tmp_path, "train")
    _write_records(tmp_path)
    pd.read_csv(tmp_path / "joint.csv.gz").drop(columns="bomb").to_csv(tmp_path / "joint.csv.gz", index=False)
    with pytest.raises(GamesimError, match="no column bomb"):
        read_records(tmp_path, "train")


@pytest.mark.slow
def test_training_lowers_the_loss_and_writes_a_folder_that_loads(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from gamesim.mini.scorer import Scorer
    from gamesim.mini.train import Recipe, train

    _write_records(tmp_path)
    recipe = Recipe(steps=40, hidden=32, inner=64, layers=1, heads=2, soft=8, hard=8, rate=1e-2, warm=5)
    losses_of_steps = train(tmp_path, tmp_path / "model", 0, recipe)
    assert np.mean(losses_of_steps[-5:]) < 0.8 * np.mean(losses_of_steps[:5])
    shares = Scorer(tmp_path / "model").distributions([messages(State("dictator.give"))], "dictator.give")
    assert shares.shape == (1, len(answers("dictator.give")))
    assert shares.sum() == pytest.approx(1)
