from __future__ import annotations

import warnings
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from strategies import all_games, observed, simulate

import gamesim
from gamesim import catalog
from gamesim.actions import Text
from gamesim.behaviour.outcomes import names_told
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError, GamesimWarning
from gamesim.game import Game
from gamesim.humans import Reference, find
from gamesim.needs import ready
from gamesim.observation import Observations
from gamesim.policy import OK, Decisions, ExactPolicy, Policy, Setting
from gamesim.streams import Draws, Floats

GAMES = list(all_games())
ROUNDS = 2
RULES = ("uniform", "spe", "equal_split", "human", "human_kernel", "fixed")

every_game = pytest.mark.parametrize("name", GAMES)


def options(agent: str, game: Game, stage: str) -> dict[str, str]:
    """Give the options without which an agent cannot be made."""
    if agent != "fixed":
        return {"iid": "true"} if agent == "human" else {}
    space = game.space_at_most(stage)
    return {"action": space.labels[-1] if hasattr(space, "labels") else f"{space.support()[-1]:g}"}


def prepared(agent: str, game: Game, stage: str, rounds: int = ROUNDS) -> Policy | None:
    """Give an agent ready for one role of a game, or None where it refuses in a sentence."""
    policy = catalog.find_agent(agent).from_options(options(agent, game, stage))
    if stage in game.talks and not policy.speaks:
        return None
    try:
        return ready(policy, Setting(game, (game.decider(stage),), rounds))
    except GamesimError as refusal:
        check_sentence(str(refusal))
        return None


def check_sentence(text: str) -> None:
    assert "\n" not in text
    assert len(text) > 20


def batches(game: Game, groups: int = 6) -> list[Observations]:
    return observed(game, groups if len(game.roles) < 20 else 1, rounds=ROUNDS, seed=3)


def check_contract(policy: Policy, obs: Observations) -> None:
    """Check that answers are legal, repeatable and independent of the order of rows."""
    answers = policy.decide(obs)
    ok = np.ones(len(obs), dtype=bool) if answers.status is None else answers.status == OK
    assert answers.actions.shape == (len(obs),)
    legal = obs.space.contains(answers.actions)
    if isinstance(obs.space, Text):
        legal = obs.messages.legal(answers.actions, obs.space.max_chars)
    np.testing.assert_array_equal(legal, ok)
    assert np.isnan(answers.actions[~ok]).all()
    np.testing.assert_array_equal(policy.decide(obs).actions, answers.actions)
    order = np.random.default_rng(0).permutation(len(obs))
    np.testing.assert_array_equal(policy.decide(obs.take(order)).actions, answers.actions[order])
    half = order[: len(obs) // 2 + 1]
    np.testing.assert_array_equal(policy.decide(obs.take(half)).actions, answers.actions[half])
    if answers.probability is not None:
        assert (answers.probability[ok] > 0).all()
        assert (answers.probability[ok] <= 1 + 1e-12).all()
    if answers.distribution is not None:
        check_distribution(answers.distribution, obs)
    if isinstance(policy, ExactPolicy):
        check_exactness(policy.distribution(obs), answers, obs)


def check_exactness(exact: ActionDistribution, answers: Decisions, obs: Observations) -> None:
    """Check that what is drawn has the probability that is stated, and that the stated ones are a distribution."""
    check_distribution(exact, obs)
    assert answers.elicitation == "exact"
    assert answers.probability is not None
    for drawn, reported, (values, p) in zip(
        answers.actions, answers.probability, rows_of(exact, len(obs)), strict=True
    ):
        assert p[np.isclose(values, drawn)].sum() == pytest.approx(reported, abs=1e-9)


def rows_of(exact: ActionDistribution, size: int) -> list[tuple[Floats, Floats]]:
    """Give every decider's actions and probabilities."""
    row = np.zeros(size, dtype=np.int64) if exact.row is None else exact.row
    return [(exact.values_of(int(r)), exact.probabilities[r]) for r in row]


def check_distribution(exact: ActionDistribution, obs: Observations) -> None:
    """Check that probabilities sum to 1 and lie on legal actions alone."""
    np.testing.assert_allclose(exact.probabilities.sum(axis=1), 1, atol=1e-9)
    assert (exact.probabilities >= 0).all()
    for decider, (values, p) in enumerate(rows_of(exact, len(obs))):
        assert np.isin(values[p > 0].round(9), obs.space.support(decider).round(9)).all()


@pytest.mark.parametrize("agent", RULES)
@every_game
def test_an_agent_answers_legally_or_refuses(name: str, agent: str) -> None:
    game = all_games()[name]
    for obs in batches(game):
        policy = prepared(agent, game, obs.stage)
        if policy is not None:
            check_contract(policy, obs)


@every_game
def test_what_is_seen_is_what_the_stage_declares(name: str) -> None:
    game = all_games()[name]
    for obs in batches(game):
        stage = game.stage(obs.stage)
        assert set(obs.seen) == set(stage.sees)
        assert all(game.decider(own) == obs.role for own in obs.own)
        assert len(obs.past) == obs.round - 1
        assert obs.past.names_told() == (names_told(game, obs.role) if len(obs.past) else ())
        assert all(len(values) == len(obs) for values in (*obs.seen.values(), *obs.own.values()))


@pytest.mark.parametrize("agent", ["uniform", "spe"])
@every_game
def test_these_agents_play_every_game(name: str, agent: str) -> None:
    game = all_games()[name]
    asked = [each.name for each in game.stages if each.name not in game.talks]
    assert all(prepared(agent, game, stage) is not None for stage in asked)


@pytest.mark.parametrize("record", find("two_by_two.row"), ids=lambda record: str(record.name))
def test_people_are_drawn_from_the_record_of_the_rules_that_are_played(record: Reference) -> None:
    rules = {key: str(value) for key, value in record.parameters.items()}
    game = catalog.find_game("two_by_two").from_settings(rules)
    policy = catalog.find_agent("human").from_options({"dataset": record.dataset})
    ready = policy.prepare(Setting(game, (game.decider("row"),), 1))
    assert ready.describe()["references"] == [record.name]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("equal_split", "dictator"),
        ("equal_split", "ultimatum-sequential=True"),
        ("equal_split", "trust"),
        ("equal_split", "public_goods"),
        ("equal_split", "prisoners_dilemma"),
        ("human", "dictator"),
        ("human", "ultimatum"),
        ("human", "trust"),
        ("human", "public_goods"),
        ("human", "bomb_risk"),
        ("human", "prisoners_dilemma"),
        ("human_kernel", "dictator"),
        ("human_kernel", "bomb_risk"),
        ("human_kernel", "public_goods"),
        ("human_kernel", "prisoners_dilemma"),
    ],
)
def test_agents_play_what_they_are_for(agent: str, name: str) -> None:
    game = all_games()[name]
    assert all(prepared(agent, game, each.name) is not None for each in game.stages)


@pytest.mark.parametrize(
    ("agent", "name", "sentence"),
    [
        ("equal_split", "bomb_risk", "nothing to split"),
        ("human", "two_by_two", "no record of two_by_two.row"),
        ("human", "trust-endowment=10-factor=2-step=0.5", "on record with factor 3 only"),
        ("human", "ultimatum-sequential=True", "no record of ultimatum.answer|only figures|asked by"),
        ("human_kernel", "trust", "no sequences on record for trust.send"),
    ],
)
def test_agents_refuse_what_they_cannot_know(agent: str, name: str, sentence: str) -> None:
    game = all_games()[name]
    policy = catalog.find_agent(agent).from_options({})
    with pytest.raises(GamesimError, match=sentence):
        policy.prepare(Setting(game, tuple(dict.fromkeys(game.roles))))


def test_people_on_record_do_not_repeat_themselves_unknowingly() -> None:
    game = all_games()["dictator"]
    human = catalog.find_agent("human")
    with pytest.raises(GamesimError, match="human@iid=true"):
        human.from_options({}).prepare(Setting(game, ("dictator",), rounds=2))
    afresh = human.from_options({"iid": "true"}).prepare(Setting(game, ("dictator",), rounds=2))
    assert any("afresh" in note for note in afresh.notes())
    assert human.from_options({}).prepare(Setting(game, ("dictator",), rounds=1)).notes() == []


def at(game: Game, size: int, stage: str = "") -> Observations:
    """Give many first-round deciders of a stage that sees nothing."""
    stage = stage or game.stages[0].name
    groups = size // game.seats_of(game.decider(stage))
    return next(obs for obs in observed(game, groups, seed=11) if obs.stage == stage)


def chi_square(policy: ExactPolicy, obs: Observations) -> float:
    """Give the p-value of the drawn frequencies under the stated probabilities."""
    (values, p), *_ = rows_of(policy.distribution(obs), len(obs))
    actions = policy.decide(obs).actions
    counts = np.array([(actions == value).sum() for value in values])
    assert counts.sum() == len(obs)
    expected = p * len(obs)
    # Rare actions are counted together, so that the approximation holds.
    rare = expected < 8
    if rare.any():
        counts = np.append(counts[~rare], counts[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
        counts, expected = counts[expected > 0], expected[expected > 0]
    return float(stats.chisquare(counts, expected).pvalue) if len(counts) > 1 else 1.0


@pytest.mark.parametrize("agent", ["uniform", "human", "human_kernel"])
@pytest.mark.parametrize("name", ["dictator", "public_goods", "prisoners_dilemma", "bomb_risk"])
def test_draws_follow_the_stated_probabilities(name: str, agent: str) -> None:
    game = all_games()[name]
    policy = prepared(agent, game, game.stages[0].name, rounds=1)
    assert isinstance(policy, ExactPolicy)
    assert chi_square(policy, at(game, 6000)) > 1e-3


@pytest.mark.parametrize(
    "decision",
    [
        "dictator.give",
        "ultimatum.offer",
        "ultimatum.minimum",
        "trust.send",
        "public_goods.contribute",
        "bomb_risk.open",
    ],
)
def test_human_probabilities_are_the_recorded_shares(decision: str) -> None:
    name, _, stage = decision.partition(".")
    game = all_games()[name]
    policy = prepared("human", game, stage, rounds=1)
    assert isinstance(policy, ExactPolicy)
    (values, p), *_ = rows_of(policy.distribution(at(game, 40, stage)), 1)
    recorded = next(each for each in find(decision, dataset="moblab", default=True) if each.has_counts)
    counts = recorded.counts()
    if len(counts) == len(values):
        np.testing.assert_allclose(p, counts / counts.sum(), atol=1e-12)
    mean = np.average(recorded.support, weights=counts) / recorded.support[-1]
    assert p @ values / values[-1] == pytest.approx(mean, abs=0.01)


def test_human_gifts_scale_with_the_stake() -> None:
    small = catalog.find_game("dictator").from_settings({"endowment": 10})
    policy = prepared("human", small, "give", rounds=1)
    large = prepared("human", all_games()["dictator"], "give", rounds=1)
    assert isinstance(policy, ExactPolicy)
    assert isinstance(large, ExactPolicy)
    (values, p), *_ = rows_of(policy.distribution(at(small, 4)), 1)
    (wide, q), *_ = rows_of(large.distribution(at(all_games()["dictator"], 4)), 1)
    assert p.sum() == pytest.approx(1)
    assert p @ values / 10 == pytest.approx(q @ wide / 100, abs=0.005)


# Counts of the second round by what both did in the first (Mei et al. 2024): cooperated, defected.
MEMORY_ONE = {
    (0, 0): (12035, 3173),
    (0, 1): (3821, 7686),
    (1, 0): (4963, 8440),
    (1, 1): (3635, 10584),
}


def test_the_kernel_reproduces_the_memory_one_table_exactly() -> None:
    game = all_games()["prisoners_dilemma"]
    kernel = prepared("human_kernel", game, "choose")
    assert isinstance(kernel, ExactPolicy)
    first, second = observed(game, 30, rounds=2, seed=5)
    (_, p), *_ = rows_of(kernel.distribution(first), 1)
    np.testing.assert_allclose(p, np.array([36269, 44114]) / 80383)
    own, other = second.past.own("choose")[0], second.past.told("other")[0]
    met = set()
    for decider, (values, p) in enumerate(rows_of(kernel.distribution(second), len(second))):
        cell = (int(own[decider]), int(other[decider]))
        counts = np.array(MEMORY_ONE[cell])
        assert values.tolist() == [0, 1]
        np.testing.assert_allclose(p, counts / counts.sum(), atol=1e-12)
        met.add(cell)
    assert met == set(MEMORY_ONE)


def test_the_bomb_kernel_knows_whether_it_exploded() -> None:
    game = all_games()["bomb_risk"]
    kernel = prepared("human_kernel", game, "open")
    assert isinstance(kernel, ExactPolicy)
    second = observed(game, 60, rounds=2, seed=5)[1]
    opened, exploded = second.past.own("open")[0], second.past.told("exploded")[0]
    means = np.array([p @ values for values, p in rows_of(kernel.distribution(second), len(second))])
    middle = (opened > 30) & (opened < 70)
    assert {0.0, 1.0} <= set(exploded[middle])
    assert means[middle & (exploded == 1)].mean() != pytest.approx(means[middle & (exploded == 0)].mean())


@every_game
def test_equilibrium_play_is_what_the_game_writes_down(name: str) -> None:
    game = all_games()[name]
    for obs in batches(game):
        policy = prepared("spe", game, obs.stage)
        if obs.stage in game.talks:
            continue
        assert policy is not None
        plan = game.selfish(obs.stage, obs.seen, len(obs))
        if not isinstance(plan, ActionDistribution):
            np.testing.assert_array_equal(policy.decide(obs).actions, plan)


def test_two_equal_splitters_earn_the_same() -> None:
    for name in ("dictator", "ultimatum", "ultimatum-sequential=True", "trust", "public_goods"):
        game = all_games()[name]
        policy = catalog.find_agent("equal_split").from_options({}).prepare(Setting(game, game.roles))
        play = simulate(game, [policy], 2 * len(game.roles)).plays[0]
        earned = np.concatenate([np.atleast_1d(values) for values in play.earned.values()])
        assert np.unique(earned).size == 1, (name, play.earned)


def test_a_fixed_action_is_cut_to_what_is_legal() -> None:
    game = all_games()["trust"]
    back = prepared("fixed", game, "return")
    assert back is not None
    obs = next(each for each in batches(game) if each.stage == "return")
    np.testing.assert_array_equal(back.decide(obs).actions, 3 * obs.seen["send"])


@pytest.mark.parametrize(
    ("agent", "given", "sentence"),
    [
        ("fixed", {}, "fixed needs action: write fixed@action=..."),
        ("uniform", {"seed": "3"}, "unknown option 'seed'"),
        ("human", {"idd": "true"}, "did you mean 'iid'"),
        ("human", {"iid": "perhaps"}, "neither true nor false"),
        ("llm", {"top_k": "many"}, "is not a number"),
    ],
)
def test_wrong_options_are_refused(agent: str, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        catalog.find_agent(agent).from_options(given)


def test_every_agent_says_what_it_is() -> None:
    assert set(catalog.names("agents")) >= {*RULES, "befm", "llm", "me", "mini"}
    for name in catalog.names("agents"):
        kind = catalog.find_agent(name)
        assert kind.agent_name() == name
        assert (kind.__doc__ or "").strip()
        policy = kind.from_options({"action": "1"} if name == "fixed" else {})
        described = policy.describe()
        assert described["agent"] == name
        assert isinstance(described["trained_on"], list)


def test_me_needs_a_terminal() -> None:
    game = all_games()["dictator"]
    with pytest.raises(GamesimError, match="no terminal"):
        catalog.find_agent("me").from_options({}).prepare(Setting(game, ("dictator",)))


@pytest.mark.slow
def test_befm_without_weights_names_the_command_or_lets_mini_play(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.delenv("GAMESIM_BEFM_URL", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    game = all_games()["dictator"]
    nowhere = {"release": "befm/BeFM1.5-70B"}
    befm = catalog.find_agent("befm").from_options(nowhere)
    with pytest.raises(GamesimError, match=r"hf download befm/BeFM1\.5-70B"):
        befm.prepare(Setting(game, ("dictator",)))
    with pytest.raises(GamesimError, match=r"did you mean 'befm/BeFM1\.5-4B'"):
        catalog.find_agent("befm").from_options({"release": "BeFM1.5-4B"}).prepare(
            Setting(game, ("dictator",))
        )
    mini = catalog.find_agent("mini")
    stand_in = befm.prepare(Setting(game, ("dictator",), standin=mini.in_place_of))
    assert stand_in.agent_name() == "mini"
    assert stand_in.describe()["stand_in_for"] == "befm/BeFM1.5-70B"
    assert any("not Be.FM" in note for note in stand_in.notes())


def need_mini() -> None:
    pytest.importorskip("torch")
    if not (resources.files("gamesim.mini") / "weights" / "config.json").is_file():
        pytest.skip("gamesim/mini/weights is empty: train it with `gamesim mini train`")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("dictator", True),
        ("ultimatum", True),
        ("trust", True),
        ("public_goods", True),
        ("prisoners_dilemma", True),
        ("bomb_risk", True),
        ("beauty_contest", True),
        ("two_by_two", False),
        ("public_goods-group_size=2", False),
        ("trust-endowment=10-factor=2-step=0.5", False),
        ("prisoners_dilemma-reward=9-temptation=8-sucker=0-punishment=7", False),
        ("beauty_contest-group_size=3-p=1.3-highest=7", False),
    ],
)
def test_mini_plays_what_it_learnt_and_refuses_the_rest(name: str, plays: bool) -> None:
    need_mini()
    game = all_games()[name]
    assert all((prepared("mini", game, each.name) is not None) == plays for each in game.stages)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "dictator-endowment=10-step=0.5",
        "ultimatum",
        "ultimatum-sequential=True",
        "ultimatum-endowment=10",
        "trust",
        "trust-endowment=10-factor=2-step=0.5",
        "public_goods",
        "public_goods-group_size=2",
        "prisoners_dilemma",
        "prisoners_dilemma-reward=9-temptation=8-sucker=0-punishment=7",
        "bomb_risk-boxes=9-prize=2.5",
        "beauty_contest-group_size=5-highest=20",
        "beauty_contest-group_size=3-p=1.3-highest=7",
        "two_by_two",
    ],
)
def test_mini_answers_legally_or_refuses(name: str) -> None:
    need_mini()
    game = all_games()[name]
    for obs in batches(game, groups=2):
        policy = prepared("mini", game, obs.stage)
        if policy is None:
            continue
        answers = policy.decide(obs)
        assert obs.space.contains(answers.actions).all()
        assert answers.distribution is not None
        check_distribution(answers.distribution, obs)
        order = np.random.default_rng(0).permutation(len(obs))
        np.testing.assert_array_equal(policy.decide(obs.take(order)).actions, answers.actions[order])


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tiny import write_model

    return write_model(tmp_path_factory.mktemp("model"))


@pytest.mark.slow
@pytest.mark.parametrize("elicit", ["probabilities", "sample"])
@pytest.mark.parametrize(
    "name",
    [
        "dictator-endowment=10-step=0.5",
        "ultimatum-sequential=True",
        "trust-endowment=10-factor=2-step=0.5",
        "prisoners_dilemma",
        "public_goods-group_size=2",
        "bomb_risk-boxes=9-prize=2.5",
        "beauty_contest-group_size=3-p=1.3-highest=7",
        "two_by_two",
    ],
)
def test_a_language_model_answers_legally_or_says_why_not(name: str, elicit: str, tiny_model: Path) -> None:
    game = all_games()[name]
    given: dict[str, Any] = {"model_name": f"hf:{tiny_model}", "elicit": elicit, "max_new_tokens": "4"}
    policy = catalog.find_agent("llm").from_options(given).prepare(Setting(game, game.roles, ROUNDS))
    for obs in batches(game, groups=2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GamesimWarning)  # a random model answers legally by chance alone
            answers = policy.decide(obs)
            order = np.arange(len(obs))[::-1].copy()
            turned = policy.decide(obs.take(order))
        np.testing.assert_array_equal(turned.actions, answers.actions[order])
        assert answers.status is not None
        ok = answers.status == OK
        np.testing.assert_array_equal(obs.space.contains(answers.actions), ok)
        assert answers.elicitation == ("probabilities" if elicit == "probabilities" else "sample")
        assert answers.replies
        if elicit == "probabilities":
            assert ok.all()
            assert answers.distribution is not None
            check_distribution(answers.distribution, obs)


def test_draws_are_those_of_the_address() -> None:
    game = all_games()["dictator"]
    obs = at(game, 50)
    uniform = prepared("uniform", game, "give")
    assert uniform is not None
    moved = obs.take(np.arange(50))
    object.__setattr__(moved, "draws", Draws((1, 2, 3), 0, obs.draws.agent))
    assert (uniform.decide(moved).actions != uniform.decide(obs).actions).any()


def test_what_others_did_is_known_only_as_far_as_it_is_told() -> None:
    game = all_games()["ultimatum"]
    obs = next(each for each in observed(game, 4, rounds=2) if each.round == 2 and each.stage == "offer")
    assert obs.past.own("offer").shape == (1, len(obs))
    with pytest.raises(GamesimError, match="not decided by the proposer"):
        obs.past.own("minimum")


def test_a_person_reads_the_rules_in_one_wording_throughout(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    run = gamesim.play("dictator", agents="mini@wording=vary", n=40, rounds=3)
    wordings = run.decisions.dropna(subset="wording").groupby("agent")["wording"].nunique()
    assert (wordings == 1).all()
    assert run.decisions["wording"].nunique() > 5


@pytest.mark.parametrize(
    ("game", "parameters"), [("prisoners_dilemma", {"reward": "900"}), ("public_goods", {"mpcr": "0.9"})]
)
def test_records_are_not_played_under_other_rules(game: str, parameters: dict[str, str]) -> None:
    rules = catalog.find_game(game).from_settings(parameters)
    agent = "human_kernel" if game == "prisoners_dilemma" else "human"
    with pytest.raises(GamesimError, match="is on record with"):
        catalog.find_agent(agent)().prepare(Setting(rules, rules.roles[:1]))


def test_a_record_of_another_situation_is_named() -> None:
    notes = gamesim.play("trust", agents="human", n=40).settings.notes
    assert any("after send = 50" in note for note in notes)
