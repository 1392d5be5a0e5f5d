"""Agents that weigh outcomes: figures that follow from their papers, limiting cases, invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import all_games, observed

from gamesim import catalog
from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.outcomes import alike, prospects
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting

WEIGHING = (
    "altruist",
    "bolton_ockenfels",
    "ces_altruism",
    "charness_rabin",
    "crra",
    "fehr_schmidt",
    "quantal_response",
)
GAMES = ("dictator", "ultimatum", "ultimatum-sequential=True", "trust", "public_goods", "prisoners_dilemma")


def agent(name: str, **options: float | str) -> ExactPolicy:
    policy = catalog.find_agent(name).from_options({key: str(value) for key, value in options.items()})
    assert isinstance(policy, ExactPolicy)
    return policy


def shown(game: Game, stage: str, groups: int = 30) -> Observations:
    return next(obs for obs in observed(game, groups, seed=4) if obs.stage == stage)


def first(game: Game, stage: str, policy: ExactPolicy, groups: int = 4) -> ActionDistribution:
    """Give the probabilities of a decision, the agent being ready to play."""
    ready = policy.prepare(Setting(game, (game.decider(stage),)))
    assert isinstance(ready, ExactPolicy)
    return ready.distribution(shown(game, stage, groups))


def played(name: str, stage: str, policy: ExactPolicy) -> float:
    """Give the one action that an agent takes for sure."""
    exact = first(all_games()[name], stage, policy)
    (place,) = np.flatnonzero(exact.probabilities[0] == 1)
    return float(exact.values_of(0)[place])


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 4.0])
def test_inequity_averse_responders_ask_for_what_the_paper_says(alpha: float) -> None:
    # Fehr & Schmidt 1999, proposition 1: shares from alpha / (1 + 2 alpha) on are accepted.
    least = int(np.ceil(round(100 * alpha / (1 + 2 * alpha), 9)))
    assert played("ultimatum", "minimum", agent("fehr_schmidt", alpha=alpha)) == least


@pytest.mark.parametrize(("beta", "gift"), [(0.0, 0.0), (0.49, 0.0), (0.51, 50.0), (0.9, 50.0)])
def test_inequity_averse_dictators_give_half_or_nothing(beta: float, gift: float) -> None:
    assert played("dictator", "give", agent("fehr_schmidt", beta=beta)) == gift


@pytest.mark.parametrize(("beta", "contribution"), [(0.3, 0), (0.49, 0), (0.9, 9)])
def test_inequity_averse_members_contribute_only_from_beta_equal_to_one_minus_mpcr_on(
    beta: float, contribution: float
) -> None:
    # Fehr & Schmidt 1999, proposition 4: whoever has beta below 1 - mpcr contributes nothing. Otherwise, with uniform
    # beliefs, one unit more is worth it while beta * (20 - own) / 21 > 1 - mpcr.
    assert played("public_goods", "contribute", agent("fehr_schmidt", alpha=0, beta=beta)) == contribution


@pytest.mark.parametrize(("rho", "gift"), [(0.424, 0.0), (0.499, 0.0), (0.501, 50.0)])
def test_charness_rabin_dictators_switch_at_one_half(rho: float, gift: float) -> None:
    assert played("dictator", "give", agent("charness_rabin", rho=rho)) == gift


@pytest.mark.parametrize(("weight", "kept"), [(1, 100), (2, 100), (4, 75), (10, 60), (50, 52)])
def test_equity_minded_dictators_keep_half_and_the_inverse_weight(weight: float, kept: float) -> None:
    assert played("dictator", "give", agent("bolton_ockenfels", weight=weight)) == 100 - kept


@pytest.mark.parametrize(("a", "rho"), [(0.758, 0.621), (0.654, -0.350), (0.576, 0.669), (0.7, 0.0)])
def test_ces_dictators_keep_what_demand_says(a: float, rho: float) -> None:
    # Andreoni & Miller 2002: with price 1, own / other = (a / (1 - a)) ** (1 / (1 - rho)).
    ratio = (a / (1 - a)) ** (1 / (1 - rho))
    gift = played("dictator", "give", agent("ces_altruism", a=a, rho=rho))
    assert gift == pytest.approx(100 / (1 + ratio), abs=0.51)


@pytest.mark.parametrize("r", [-1.0, 0.0, 0.3, 0.7, 0.95])
def test_bombs_are_risked_as_constant_relative_risk_aversion_says(r: float) -> None:
    # Crosetto & Filippin 2013: k / 100 = (1 - r) / (2 - r).
    opened = played("bomb_risk", "open", agent("crra", r=r))
    assert opened == pytest.approx(100 * (1 - r) / (2 - r), abs=0.51)


def test_whoever_has_no_use_for_a_chance_of_nothing_opens_nothing() -> None:
    assert played("bomb_risk", "open", agent("crra", r=1.5)) == 0


@pytest.mark.parametrize("r", [1.0, 1.5])
def test_where_every_action_risks_nothing_the_kindest_is_taken(r: float) -> None:
    assert played("ultimatum", "offer", agent("crra", r=r)) == 100


@pytest.mark.parametrize("name", GAMES)
def test_selfish_agents_with_equilibrium_beliefs_are_in_equilibrium(name: str) -> None:
    game = all_games()[name]
    selfish = [
        agent("fehr_schmidt", alpha=0, beta=0, beliefs="spe"),
        agent("charness_rabin", rho=0, sigma=0, beliefs="spe"),
        agent("quantal_response", precision="inf", beliefs="spe"),
        agent("ces_altruism", a=1, rho=1, beliefs="spe"),
        agent("bolton_ockenfels", weight=0, beliefs="spe"),
    ]
    spe = agent("spe")
    for stage in game.stages:
        obs = shown(game, stage.name)
        for policy in selfish:
            policy.prepare(Setting(game, (obs.role,)))
            np.testing.assert_array_equal(policy.decide(obs).actions, spe.decide(obs).actions)


@pytest.mark.parametrize("name", WEIGHING)
@pytest.mark.parametrize("game", GAMES)
def test_at_precision_zero_every_action_is_equally_likely(name: str, game: str) -> None:
    rules = all_games()[game]
    for stage in rules.stages:
        exact = first(rules, stage.name, agent(name, precision=0))
        for row in exact.probabilities:
            assert np.unique(row[row > 0].round(12)).size == 1


@pytest.mark.parametrize("name", WEIGHING)
@given(precision=st.floats(0, 50), beliefs=st.sampled_from(["uniform", "human", "spe"]))
def test_probabilities_sum_to_one_and_favour_what_is_better(
    name: str, precision: float, beliefs: str
) -> None:
    game = all_games()["ultimatum"]
    exact = first(game, "offer", agent(name, precision=precision, beliefs=beliefs))
    np.testing.assert_allclose(exact.probabilities.sum(axis=1), 1)
    sharp = first(game, "offer", agent(name, precision="inf", beliefs=beliefs))
    favourite = sharp.probabilities[0].argmax()
    assert exact.probabilities[0, favourite] >= exact.probabilities[0].max() - 1e-9


@given(low=st.floats(0, 1), more=st.floats(0.01, 1))
def test_gifts_grow_with_every_kind_of_concern(low: float, more: float) -> None:
    game = all_games()["dictator"]

    def mean(policy: ExactPolicy) -> float:
        exact = first(game, "give", policy)
        return float(exact.probabilities[0] @ exact.values_of(0))

    for name, parameter in (("fehr_schmidt", "beta"), ("charness_rabin", "rho")):
        least = mean(agent(name, precision=0.05, **{parameter: low / 2}))
        assert mean(agent(name, precision=0.05, **{parameter: low / 2 + more / 2})) >= least - 1e-9


@pytest.mark.parametrize("name", WEIGHING)
@pytest.mark.parametrize("precision", ["inf", "gamma(2,0.05)"])
def test_persons_who_differ_choose_as_each_would_alone(name: str, precision: str) -> None:
    """Blocks of persons give what each person's own distribution says."""
    game = all_games()["trust-endowment=10-factor=2-step=0.5"]
    parameter = {
        "altruist": {},
        "bolton_ockenfels": {"weight": "uniform(1,9)"},
        "ces_altruism": {"a": "beta(3,2)"},
        "charness_rabin": {"rho": "uniform(-0.5,0.9)"},
        "crra": {"r": "normal(0.4,0.3)"},
        "fehr_schmidt": {"alpha": "lognormal(-0.8,0.9)", "beta": "choice(0,0.25,0.6)"},
        "quantal_response": {},
    }[name]
    policy = agent(name, precision=precision, **parameter)
    for stage in ("send", "return"):
        obs = shown(game, stage, groups=40)
        exact, decisions = policy.distribution(obs), policy.decide(obs)
        assert obs.space.contains(decisions.actions).all()
        row = np.zeros(len(obs), dtype=np.int64) if exact.row is None else exact.row
        values = np.array([exact.values_of(int(r)) for r in row])
        place = (values == decisions.actions[:, None]) & (exact.probabilities[row] > 0)
        assert decisions.probability is not None
        np.testing.assert_allclose(
            np.where(place, exact.probabilities[row], 0).max(axis=1), decisions.probability
        )
        order = np.random.default_rng(1).permutation(len(obs))[:25]
        np.testing.assert_array_equal(policy.decide(obs.take(order)).actions, decisions.actions[order])


def test_draws_of_differing_persons_follow_their_probabilities() -> None:
    game = all_games()["public_goods"]
    obs = shown(game, "contribute", groups=1500)
    policy = agent("quantal_response", precision="uniform(0,1)")
    mean = policy.distribution(obs).probabilities.mean(axis=0)
    drawn = np.bincount(policy.decide(obs).actions.astype(int), minlength=21) / len(obs)
    assert np.abs(mean - drawn).max() < 4 * np.sqrt(0.25 / len(obs))


def test_beliefs_on_record_are_in_sample() -> None:
    game = all_games()["ultimatum"]
    policy = agent("fehr_schmidt", beliefs="human").prepare(Setting(game, ("proposer",)))
    assert policy.describe()["trained_on"] == ["moblab"]
    assert policy.describe()["references"] == ["moblab.ultimatum.minimum"]
    assert agent("fehr_schmidt").prepare(Setting(game, ("proposer",))).describe()["trained_on"] == []


@pytest.mark.parametrize(
    ("name", "options", "game", "sentence"),
    [
        ("fehr_schmidt", {}, "bomb_risk", "bomb_risk.open concerns nobody else"),
        ("fehr_schmidt", {}, "ultimatum-both_roles=True", "each once a round"),
        ("fehr_schmidt", {"beliefs": "humans"}, "dictator", "unknown belief 'humans'; did you mean 'human'"),
        ("fehr_schmidt", {"beliefs": "human"}, "two_by_two", "no record of two_by_two.column"),
        ("crra", {}, "two_by_two-row_up_left=-3.0-column_up_left=2.5", "can bring losses"),
    ],
)
def test_what_cannot_be_weighed_is_refused(
    name: str, options: dict[str, str], game: str, sentence: str
) -> None:
    rules, policy = all_games()[game], agent(name, **options)
    with pytest.raises(GamesimError, match=sentence):
        policy.prepare(Setting(rules, tuple(dict.fromkeys(rules.roles))))


def test_all_of_them_are_choosers() -> None:
    assert all(issubclass(catalog.find_agent(name), Chooser) for name in WEIGHING)


def test_moves_of_nature_are_laid_out_once_each() -> None:
    """Of k boxes opened, the bomb is among them with probability k / 100: two outcomes, and one of none."""
    outcomes = prospects(all_games()["bomb_risk"], "open", (), alike)
    assert len(outcomes.row) == 2 * 101 - 1 - 1
    np.testing.assert_allclose(outcomes.expect(outcomes.own), np.arange(101) * (1 - np.arange(101) / 100))


@pytest.mark.parametrize(("r", "safe"), [(-1.0, 1), (0.0, 4), (0.3, 5), (0.5, 6), (0.8, 7)])
def test_risk_aversion_counts_safe_choices_as_holt_and_laury_do(r: float, safe: int) -> None:
    # Holt & Laury 2002, Table 3: 4 safe choices from -0.15 to 0.15, 5 up to 0.41, 6 up to 0.68, 7 up to 0.97.
    game = catalog.find_game("lottery_menu").from_settings({})
    policy = agent("crra", r=r)
    chosen = [first(game, stage.name, policy).probabilities[0, 0] for stage in game.stages]
    assert sum(chosen) == safe


@pytest.mark.parametrize("r", [0.0, 0.4])
def test_each_row_of_a_list_is_weighed_by_itself(r: float) -> None:
    game = catalog.find_game("lottery_menu").from_settings({})
    policy = agent("crra", r=r, precision=0.5)
    for row, stage in enumerate(game.stages, start=1):
        chances = np.array([row, 10 - row]) / 10
        worth = [(chances @ np.array(amounts) ** (1 - r)) ** (1 / (1 - r)) for amounts in ((40, 32), (77, 2))]
        safe = first(game, stage.name, policy).probabilities[0, 0]
        assert safe == pytest.approx(1 / (1 + np.exp(0.5 * (worth[1] - worth[0]))), abs=1e-9)


def test_a_signal_of_ones_own_is_not_weighed() -> None:
    game = catalog.find_game("first_price_auction").from_settings({})
    with pytest.raises(GamesimError, match="each is shown a value of its own"):
        agent("fehr_schmidt").prepare(Setting(game, ("bidder",)))
