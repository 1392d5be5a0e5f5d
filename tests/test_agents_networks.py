"""Imitators and repliers on networks, against what their papers say node by node."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from strategies import NETWORKED, all_games, watched

import gamesim
from gamesim import catalog
from gamesim.behaviour.copying import Ties
from gamesim.behaviour.imitation import Imitator
from gamesim.behaviour.on_networks import NetworkRule
from gamesim.behaviour.outcomes import payoff_table
from gamesim.errors import GamesimError
from gamesim.needs import ready
from gamesim.network import Network
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats
from gamesim.wiring import open_network

STAR = Network.from_edges(6, np.array([[0, 1], [0, 2], [0, 3], [3, 4]]))
"""A centre, two leaves, a path, and somebody alone."""


def agent(name: str, **options: float | str) -> ExactPolicy:
    policy = catalog.find_agent(name).from_options({key: str(value) for key, value in options.items()})
    assert isinstance(policy, ExactPolicy)
    return policy


def second(network: Network, game: str = "prisoners_dilemma", seed: int = 0) -> Observations:
    """Give everybody in the second round, after a first of random play."""
    rules = all_games()[game]
    matching = "edges" if len(rules.roles) == 2 else "neighbourhoods"
    return watched(rules, network.n, 2, matching=matching, network=network, seed=seed)[1][-1]


def sat_out(game: str, n: int = 3000) -> list[Observations]:
    """Give everybody in the third round of pairs by chance in roles by chance: some sat out, some had another role."""
    rules, network = all_games()[game], open_network("watts_strogatz:k=4,p=0.2", n, 1)
    _, shown = watched(rules, n, 3, matching="random_neighbour", network=network, roles="random")
    return shown[-len(rules.stages) :]


def of(policy: ExactPolicy, obs: Observations) -> Floats:
    """Give everybody's probabilities: (D, L) float, by the option's number."""
    exact = policy.distribution(obs)
    row = np.zeros(len(obs), dtype=np.int64) if exact.row is None else exact.row
    table = np.zeros((len(obs), len(obs.space.support())))
    for decider, each in enumerate(row):
        for value, p in zip(exact.values_of(int(each)), exact.probabilities[each], strict=True):
            table[decider, int(value)] += p
    np.testing.assert_allclose(table.sum(axis=1), 1)
    return table


def before(obs: Observations) -> tuple[Network, Floats, Floats]:
    around = obs.neighbours
    assert around is not None
    return around.network, around.actions(obs.stage), around.earned


def beside(network: Network, node: int) -> list[int]:
    return [int(each) for each in network.neighbours[network.starts[node] : network.starts[node + 1]]]


@pytest.mark.parametrize("seed", range(4))
def test_the_better_are_copied_in_proportion_to_how_much_better_they_did(seed: int) -> None:
    obs = second(STAR, seed=seed)
    network, actions, earned = before(obs)
    expected = np.zeros((network.n, 2))
    for node in range(network.n):
        others = beside(network, node)
        for other in others:
            more = max(earned[other] - earned[node], 0) if np.isfinite(earned[other]) else 0.0
            chance = more / (max(len(others), len(beside(network, other))) * 700) / len(others)
            expected[node, int(actions[other])] += chance
        expected[node, int(actions[node])] += 1 - expected[node].sum()
    assert (expected.max(axis=1) < 1).any()
    np.testing.assert_allclose(of(agent("imitate_better"), obs), expected, atol=1e-9)


def after_rewiring(obs: Observations, network: Network) -> Observations:
    assert obs.neighbours is not None
    return dataclasses.replace(obs, neighbours=dataclasses.replace(obs.neighbours, network=network))


@pytest.mark.parametrize("name", ["roth_erev", "satisficing"])
def test_earnings_count_by_the_games_that_brought_them_though_the_network_changed_since(name: str) -> None:
    obs = dataclasses.replace(second(STAR, seed=2), matching="edges")
    np.testing.assert_array_equal(obs.past.games()[0], STAR.degree)
    changed = after_rewiring(obs, open_network("complete:n=6"))
    np.testing.assert_allclose(of(agent(name), changed), of(agent(name), obs))


def test_the_better_are_copied_surely_at_most_though_they_lost_neighbours() -> None:
    obs = second(open_network("complete:n=12"))
    pairs = Network.from_edges(12, np.arange(12).reshape(6, 2))
    changed = after_rewiring(obs, pairs)
    chances = agent("imitate_better").chances(Ties(changed.neighbours, "choose"))  # type: ignore[attr-defined, arg-type]
    assert chances.max() == 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [0.0, 50.0, 400.0])
def test_neighbours_are_compared_one_at_a_time(noise: float, seed: int) -> None:
    obs = second(STAR, seed=seed)
    network, actions, earned = before(obs)
    expected = np.zeros((network.n, 2))
    for node in range(network.n):
        others = beside(network, node)
        stay = 1.0
        for other in others:
            gap = np.nan_to_num(earned[other] - earned[node])
            copy = 1 / (1 + np.exp(-gap / noise)) if noise else (np.sign(gap) + 1) / 2
            expected[node, int(actions[other])] += copy / len(others)
            stay -= copy / len(others)
        expected[node, int(actions[node])] += stay
    np.testing.assert_allclose(of(agent("imitate_fermi", noise=noise), obs), expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("intensity", [0.0, 0.5, 1.0])
def test_the_dead_are_replaced_in_proportion_to_fitness(intensity: float, seed: int) -> None:
    # Ohtsuki et al. 2006: fitness 1 - w + w * payoff.
    obs = second(STAR, seed=seed)
    network, actions, earned = before(obs)
    expected = np.zeros((network.n, 2))
    for node in range(network.n):
        fitness = {other: 1 - intensity + intensity * earned[other] for other in beside(network, node)}
        total = sum(fitness.values())
        if not fitness:
            expected[node, int(actions[node])] = 1
        for other, each in fitness.items():
            expected[node, int(actions[other])] += each / total if total else 1 / len(fitness)
    np.testing.assert_allclose(
        of(agent("imitate_proportional", intensity=intensity), obs), expected, atol=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_majority_of_neighbours_is_followed_and_ties_keep_their_own(seed: int) -> None:
    obs = second(STAR, seed=seed)
    network, actions, _ = before(obs)
    taken = agent("majority").decide(obs).actions
    for node in range(network.n):
        votes = np.bincount(actions[beside(network, node)].astype(int), minlength=2)
        expected = actions[node] if votes[0] == votes[1] else votes.argmax()
        assert taken[node] == expected


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "game", ["prisoners_dilemma", "prisoners_dilemma-reward=9-temptation=8-sucker=0-punishment=7"]
)
def test_replies_are_best_against_all_neighbours(game: str, seed: int) -> None:
    obs = second(STAR, game, seed)
    network, actions, _ = before(obs)
    table = payoff_table(obs.game, obs.stage)
    sharp = agent("best_response_dynamics").decide(obs).actions
    soft = of(agent("best_response_dynamics", precision=0.1), obs)
    for node in range(network.n - 1):
        earned = table[:, actions[beside(network, node)].astype(int)].sum(axis=1)
        best = np.flatnonzero(earned == earned.max())
        assert sharp[node] == (actions[node] if actions[node] in best else best[0])
        weights = np.exp(0.1 * (earned - earned.max()))
        np.testing.assert_allclose(soft[node], weights / weights.sum())
    assert sharp[-1] == actions[-1]


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("game", ["prisoners_dilemma", "public_goods", "two_by_two", "ultimatum"])
def test_draws_follow_the_stated_probabilities(name: str, game: str) -> None:
    alone = game in ("two_by_two", "ultimatum")
    shown = sat_out(game) if alone else [second(open_network("watts_strogatz:k=4,p=0.2", 3000, 1), game)]
    policy = agent(name, **{"noise": 100} if name == "imitate_fermi" else {})
    try:
        ready(policy, Setting(shown[0].game, (shown[0].role,), 2, linked=True))
    except GamesimError:
        assert policy.only_choices
        assert game in ("public_goods", "ultimatum")
        return
    for obs in shown:
        p, answers = of(policy, obs), policy.decide(obs)
        assert obs.space.contains(answers.actions).all()
        support = obs.space.support()
        place = np.searchsorted(support, answers.actions)
        # The lower and the upper half of the actions apart, since a bias in one may hide in the mean.
        for values in (support, (support > support.mean()) * 1.0):
            mean = p @ values
            spread = np.sqrt((p @ values**2 - mean**2).clip(0).sum())
            assert abs((values[place] - mean).sum()) <= 4 * spread + 1e-9
        assert answers.probability is not None
        np.testing.assert_allclose(answers.probability, p[np.arange(len(obs)), place], atol=1e-9)
        order = np.random.default_rng(0).permutation(len(obs))[:400]
        np.testing.assert_array_equal(policy.decide(obs.take(order)).actions, answers.actions[order])


def test_the_best_is_imitated_wherever_anybody_did_the_same_thing() -> None:
    for obs in sat_out("ultimatum", 400):
        network, actions, earned = before(obs)
        taken = agent("imitate_best").decide(obs)
        assert taken.probability is not None
        for row, node in enumerate(obs.agent):
            known = [each for each in (node, *beside(network, node)) if not np.isnan(actions[each])]
            if known:
                assert (
                    taken.actions[row]
                    in actions[[each for each in known if earned[each] == earned[known].max()]]
                )
                assert taken.probability[row] == 1


def test_replies_are_to_what_neighbours_did_in_the_other_role() -> None:
    graph = nx.complete_bipartite_graph(4, 4)
    run = gamesim.play(
        "two_by_two",
        "row=best_response_dynamics,column=fixed@action=left",
        network=graph,
        matching="random_neighbour",
        rounds=3,
        seed=1,
        row_up_left=2,
        row_down_left=1,
    )
    roles = run.decisions.query("round == 1").set_index("agent")["role"]
    replies = run.decisions.query("role == 'row' and round > 1")
    told = [any(roles.get(other) == "column" for other in graph[each]) for each in replies["agent"]]
    assert sum(told) > 3
    assert set(replies["label"][told]) == {"up"}


@pytest.mark.parametrize(
    ("name", "game", "shown", "sentence"),
    [
        ("imitate_best", "prisoners_dilemma", "actions", "looks at its neighbours' earnings"),
        ("majority", "prisoners_dilemma", "nothing", "looks at its neighbours' actions"),
        ("imitate_fermi", "trust", "earnings", "trust.return not everybody may do the same"),
    ],
)
def test_what_cannot_be_imitated_is_refused_before_anything_is_played(
    name: str, game: str, shown: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(GamesimError, match=sentence):
        gamesim.play(game, name, network="karate_club", rounds=3, neighbours=shown, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("scale", [0.1, 10, 0.001])
def test_what_spreads_hangs_on_no_rounding_of_earnings(scale: float) -> None:
    def played(scale: float) -> list[float]:
        run = gamesim.play(
            "prisoners_dilemma",
            "imitate_best@start=0.7",
            network="lattice:side=15,neighbours=8",
            rounds=8,
            reward=7 * scale,
            temptation=9 * scale,
            punishment=1 * scale,
            sucker=0,
        )
        return run.decisions["action"].tolist()

    assert played(scale) == played(1)


@pytest.mark.parametrize("name", NETWORKED)
def test_who_looks_at_neighbours_needs_a_network_and_one_choice_of_each(name: str) -> None:
    with pytest.raises(GamesimError, match=f"^{name} looks at its neighbours: play it on a network"):
        gamesim.play("prisoners_dilemma", name, n=4)
    with pytest.raises(GamesimError, match=f"^{name} goes by the one thing that each neighbour did"):
        gamesim.play("prisoners_dilemma", name, network="ring:n=8,k=2", matching="separate_edges")


def test_only_imitators_are_said_to_imitate() -> None:
    assert not isinstance(agent("best_response_dynamics"), Imitator)
    assert isinstance(agent("best_response_dynamics"), NetworkRule)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("imitate_fermi", {"noise": -1}, "must be at least 0"),
        ("imitate_proportional", {"intensity": 2}, "must be 0 to 1"),
        ("best_response_dynamics", {"precision": -1}, "must be at least 0"),
    ],
)
def test_wrong_options_are_refused(name: str, options: dict[str, float], sentence: str) -> None:
    game = all_games()["prisoners_dilemma"]
    with pytest.raises(GamesimError, match=sentence):
        ready(agent(name, **options), Setting(game, ("player",), 5, linked=True))


def test_negative_fitness_is_refused() -> None:
    with pytest.raises(GamesimError, match="fitness negative"):
        gamesim.play(
            "two_by_two",
            agents="imitate_proportional@intensity=1",
            network="watts_strogatz:n=60,k=10,p=0.5",
            rounds=3,
            row_up_left=-50,
            row_down_right=-50,
        )


def test_coordination_spreads_by_best_replies() -> None:
    """Pairs of neighbours on a ring keep the risk-dominant option, and it spreads (Ellison 1993)."""
    run = gamesim.play(
        "prisoners_dilemma",
        agents="best_response_dynamics@start=0.5",
        network="ring:n=200,k=2",
        rounds=60,
        update="sequential:0.5",
        reward=9,
        sucker=0,
        temptation=4,
        punishment=3,
    )
    last = run.decisions.query("round == 60")["action"]
    assert last.mean() == 0


def test_cooperation_needs_benefits_above_the_number_of_neighbours() -> None:
    """Weak selection favours cooperators where b / c exceeds k, and not below (Ohtsuki et al. 2006)."""

    def share(benefit: float) -> float:
        run = gamesim.play(
            "prisoners_dilemma",
            agents="imitate_proportional@intensity=0.1@start=0.5",
            network="ring:n=60,k=2",
            sessions=20,
            rounds=300,
            update="death_birth:0.05",
            reward=benefit - 1,
            sucker=-1,
            temptation=benefit,
            punishment=0,
        )
        return float(1 - run.decisions.query("round == 300")["action"].mean())

    assert share(12) > share(1.1)
