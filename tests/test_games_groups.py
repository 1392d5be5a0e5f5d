"""Games of groups beside the linear public goods game: figures of the papers, and plans that are best replies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from strategies import Watcher, chance, played, seated, simulate

from gamesim import GameModel, catalog
from gamesim.actions import Amount
from gamesim.distribution import ActionDistribution
from gamesim.equilibrium import symmetric
from gamesim.errors import GamesimError
from gamesim.game import Game, Play
from gamesim.observation import Observations
from gamesim.peers import ranked
from gamesim.policy import OK, UNREADABLE, Decisions, Policy


def game_of(name: str, **parameters: Any) -> Game:
    return catalog.find_game(name).from_settings(parameters)


def punished(game: Game, contributed: list[float], *points: list[float]) -> list[float]:
    actions = {"contribute": contributed}
    actions |= {f"punish_{k}": given for k, given in enumerate(points, start=1)}
    return played(game, actions)["member"]


def test_punishment_of_fehr_and_gaechter_2000() -> None:
    game = game_of("peer_punishment")
    none = [0.0, 0.0, 0.0, 0.0]
    # Contributions 20, 15, 10, 5 and a fund of 50 that pays each 20: 20, 25, 30 and 35 without points.
    assert punished(game, [20, 15, 10, 5], none, none, none) == [20, 25, 30, 35]
    # The first three give the lowest 4 points, for 6 each; it loses 100 % after 12 points and no more.
    lowest = [4.0, 4.0, 4.0, 0.0]
    assert punished(game, [20, 15, 10, 5], lowest, none, none) == [14, 19, 24, 0]
    # The lowest one's own list begins with the third: 10 points cost it 30 and take all.
    assert punished(game, [20, 15, 10, 5], [0, 0, 0, 10], none, none) == [20, 25, 0, 5]
    # And everybody's list ends with the highest other: 5 points for 9.
    assert punished(game, [20, 15, 10, 5], none, none, [0, 5, 0, 0]) == [10, 16, 30, 35]


def test_what_points_for_one_member_cost() -> None:
    game = game_of("peer_punishment", group_size=2)
    # Two who give all earn 0.4 * 40 each before points.
    costs = [16 - punished(game, [20, 20], [p, 0])[0] for p in range(11)]
    assert costs == pytest.approx([0, 1, 2, 4, 6, 9, 12, 16, 20, 25, 30])


def test_punishment_of_fehr_and_gaechter_2002() -> None:
    game = game_of("peer_punishment", effect="amount", deduction=3, cost="linear")
    none = [0.0, 0.0, 0.0, 0.0]
    assert punished(game, [20, 15, 10, 5], [4, 4, 4, 0], none, none) == [16, 21, 26, -1]


def test_members_are_listed_from_the_lowest_contribution() -> None:
    game = game_of("peer_punishment")
    play = Play(game, seated(game, 2), chance)
    play.actions["contribute"] = np.array([3.0, 9.0, 1.0, 7.0, 5.0, 5.0, 5.0, 0.0])
    others = ranked(play, "contribute")
    assert play["contribute"][others][:4].tolist() == [[1, 7, 9], [1, 3, 7], [3, 7, 9], [1, 3, 9]]
    assert play["contribute"][others][4:].tolist() == [[0, 5, 5]] * 3 + [[5, 5, 5]]
    # Those who gave the same stand in the same order on every list.
    places = [row.tolist() for row in others[4:]]
    order = places[3]
    assert [[seat for seat in order if seat != own] for own in (4, 5, 6)] == [row[1:] for row in places[:3]]
    shown = play.shown(game.stage("punish_2"))
    assert list(shown) == ["others_mean", "other_1", "other_2"]
    assert shown["others_mean"].tolist() == [5.67, 3.67, 6.33, 4.33, 3.33, 3.33, 3.33, 5]


def test_groups_have_a_stage_for_every_other_member() -> None:
    for size in (2, 3, 10):
        stages = [each.name for each in game_of("peer_punishment", group_size=size).stages]
        assert stages == ["contribute", *(f"punish_{k}" for k in range(1, size))]
    with pytest.raises(GamesimError, match="group_size = 11 must be at most 10"):
        game_of("peer_punishment", group_size=11)


@pytest.mark.parametrize(
    ("own", "lowest", "earned"),
    [(7, 7, 130), (7, 4, 70), (7, 1, 10), (4, 4, 100), (4, 1, 40), (2, 2, 80), (1, 1, 70)],
)
def test_the_table_of_van_huyck_battalio_and_beil_1990(own: int, lowest: int, earned: float) -> None:
    game = game_of("minimum_effort")
    assert played(game, {"effort": [own, lowest, *[7.0] * 12]})["member"][0] == earned


@pytest.mark.parametrize(
    ("size", "cost", "effort"), [(14, 10, 1), (2, 10, 7), (3, 10, 1), (3, 5, 7), (2, 25, 1)]
)
def test_selfish_efforts_are_best_replies_to_themselves(size: int, cost: float, effort: float) -> None:
    game = game_of("minimum_effort", group_size=size, cost=cost)
    assert np.asarray(game.selfish("effort", {}, 1)).tolist() == [effort]
    assert effort in replies(game, "effort", effort)


def replies(game: Any, stage: str, common: float) -> list[float]:
    """Give the best replies of a member to a common action of all others."""
    support = game.space_at_most(stage).support()
    role = game.roles[0]
    others = [common] * (len(game.roles) - 1)
    own = np.array([played(game, {stage: [x, *others]})[role][0] for x in support])
    return [float(x) for x in support[own >= own.max() - 1e-9]]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(
            ("peer_reward", {"endowment": 2, "most": 1, "group_size": size, "mpcr": mpcr, "gain": gain})
            for size, mpcr, gain in ((3, 0.2, 1), (3, 0.2, 3), (3, 0.5, 0.5), (2, 0.6, 2), (2, 1.5, 1))
        ),
        *(
            (
                "peer_punishment",
                {"endowment": 2, "most": 1, "group_size": size, "mpcr": mpcr, "effect": effect},
            )
            for size, mpcr in ((3, 0.2), (3, 0.5), (2, 1.5))
            for effect in ("percent", "amount")
        ),
        *(
            (
                "third_party_punishment",
                {"endowment": 4, "step": 2, "third_endowment": third, "deduction": deduction},
            )
            for third, deduction in ((3, 3), (5, 0.5))
        ),
        *(
            ("threshold_public_good", {"endowment": 3, "group_size": 3, "refund": refund} | good)
            for refund in (True, False)
            for good in (
                {"threshold": 6, "benefit": 1},
                {"threshold": 6, "benefit": 4},
                {"threshold": 9, "benefit": 3},
            )
        ),
    ],
)
def test_the_most_that_a_group_can_earn_is_found_by_trying_everything(
    name: str, parameters: dict[str, Any]
) -> None:
    game = game_of(name, **parameters)
    seats = [
        (each.name, seat) for each in game.stages for seat in range(game.seats_of(game.decider(each.name)))
    ]
    plays = list(product(*(game.space_at_most(stage).support() for stage, _ in seats)))
    play = Play(game, seated(game, len(plays)), chance)
    for each in game.stages:
        columns = [place for place, (stage, _) in enumerate(seats) if stage == each.name]
        play.actions[each.name] = np.array(plays)[:, columns].ravel()
    totals = sum(
        np.asarray(earned).reshape(len(plays), -1).sum(axis=1) for earned in game.payoffs(play).values()
    )
    assert np.max(totals) == pytest.approx(game.efficient_payoff())


def test_rewards_are_efficient_where_they_bring_more_than_they_cost() -> None:
    assert "when mpcr times members exceeds 1" in game_of("peer_reward").efficiency
    assert "when gain exceeds 1" in game_of("peer_reward").efficiency


def check_equilibrium(game: Game, stage: str) -> bool:
    """Play every legal amount against all that the others may do, and tell whether they mix."""
    plan = game.selfish(stage, {}, 1)
    if isinstance(plan, ActionDistribution):
        used, chance_of = plan.values, plan.probabilities[0]
    else:
        used, chance_of = plan, np.ones(1)
    support, players = game.space_at_most(stage).support(), len(game.roles)
    others = list(product(range(len(used)), repeat=players - 1))
    rows = [[x, *used[list(each)]] for x in support for each in others]
    play = Play(game, seated(game, len(rows)), chance)
    play.actions[stage] = np.array(rows).ravel()
    first = np.asarray(game.payoffs(play)[game.roles[0]]).reshape(len(support), len(others), players)[:, :, 0]
    paid = first @ np.array([chance_of[list(each)].prod() for each in others])
    assert np.isin(used, support).all(), game
    assert (chance_of > 0).all(), game
    np.testing.assert_allclose(paid[np.isin(support, used)], paid.max(), rtol=0, atol=1e-6, err_msg=str(game))
    return len(used) > 1


def test_selfish_firms_are_in_equilibrium_on_every_grid() -> None:
    mixed = [
        check_equilibrium(
            game_of(
                "cournot", group_size=firms, slope=slope, intercept=intercept, cost=cost, step=step, most=most
            ),
            "quantity",
        )
        for firms in range(2, 7)
        for slope in (0.5, 1, 3, 7)
        for intercept in (3, 5, 40)
        for cost in (0, 1, 4)
        for step, most in ((1, 12), (0.5, 4), (0.1, 1))
    ]
    assert 0.1 < np.mean(mixed) < 0.9


def test_selfish_users_of_a_pool_are_in_equilibrium_on_every_grid() -> None:
    mixed = [
        check_equilibrium(
            game_of("common_pool", group_size=members, slope=slope, first=first, outside=5), "invest"
        )
        for members in range(2, 7)
        for slope in (0.25, 0.4, 1, 3, 7)
        for first in (3, 6, 12, 23, 60)
    ]
    assert 0.1 < np.mean(mixed) < 0.9


def test_between_two_quantities_selfish_firms_mix() -> None:
    plan: Any = game_of("cournot", group_size=5).selfish("quantity", {}, 1)
    assert plan.values.tolist() == [16, 17]
    assert plan.probabilities[0] == pytest.approx([0.5, 0.5])
    small: Any = game_of("cournot", group_size=5, intercept=5).selfish("quantity", {}, 1)
    assert small.values.tolist() == [0, 1]
    assert small.probabilities[0] == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("continuous", [2.0, 2.5])
def test_what_is_no_equilibrium_is_not_given_as_one(continuous: float) -> None:
    with pytest.raises(
        GamesimError, match=r"market\.quantity: no symmetric equilibrium was found on these steps"
    ):
        symmetric(
            "market.quantity", Amount(0, 4), 3, continuous, lambda own, others: (own - 2) ** 2 + 0 * others, 1
        )


def test_many_firms_and_fine_steps_have_an_equilibrium() -> None:
    plan: Any = game_of("cournot", group_size=2000, intercept=2500).selfish("quantity", {}, 1)
    assert plan.values.tolist() == [1, 2]
    assert np.asarray(game_of("cournot", step=0.001).selfish("quantity", {}, 1)).tolist() == [33]


def test_the_pool_of_ostrom_gardner_and_walker_1994() -> None:
    game = game_of("common_pool")
    assert np.asarray(game.selfish("invest", {}, 1)).tolist() == [8]
    assert replies(game, "invest", 8) == [8]
    # In equilibrium each earns 5 * 2 + 8 * (23 - 0.25 * 64).
    assert played(game, {"invest": [8.0] * 8})["member"] == [66.0] * 8
    # 36 units are best: 5 * 44 + 36 * (23 - 0.25 * 36).
    assert sum(played(game, {"invest": [4.5] * 8})["member"]) == game.efficient_payoff() == 724
    assert sum(played(game, {"invest": [5.0, 5, 5, 5, 4, 4, 4, 4]})["member"]) == 724
    assert sum(played(game, {"invest": [5.0, 5, 5, 5, 5, 4, 4, 4]})["member"]) < 724


def test_rewards_bring_their_receivers_more_than_they_cost() -> None:
    game = game_of("peer_reward")
    actions = {"contribute": [20.0, 15, 10, 5], "reward_1": [0.0] * 4, "reward_2": [0.0] * 4}
    # All but the highest give the highest, last on their lists, 4 points; 20, 25, 30 and 35 without points.
    actions["reward_3"] = [0, 4, 4, 4]
    assert played(game, actions)["member"] == [20 + 36, 25 - 4, 30 - 4, 35 - 4]
    assert played(game_of("peer_reward", gain=1), actions)["member"] == [20 + 12, 21, 26, 31]
    everything = dict.fromkeys(("reward_1", "reward_2", "reward_3"), [4.0] * 4)
    best = played(game, {"contribute": [20.0] * 4, **everything})["member"]
    assert best == [32 + 3 * (12 - 4)] * 4
    assert sum(best) == game.efficient_payoff()


@pytest.mark.parametrize(
    ("refund", "given", "earned"),
    [
        (True, [25, 25, 25, 25, 25], [80, 80, 80, 80, 80]),
        (True, [25, 25, 25, 25, 24], [55, 55, 55, 55, 55]),
        (False, [25, 25, 25, 25, 24], [30, 30, 30, 30, 31]),
        (True, [55, 55, 15, 0, 0], [50, 50, 90, 105, 105]),
        (True, [30, 30, 30, 30, 30], [75, 75, 75, 75, 75]),
    ],
)
def test_a_good_is_provided_at_its_threshold(refund: bool, given: list[float], earned: list[float]) -> None:
    game = game_of("threshold_public_good", refund=refund)
    assert played(game, {"contribute": given}) == {"member": earned}


@pytest.mark.parametrize("refund", [True, False])
@pytest.mark.parametrize(("benefit", "share"), [(50, 25), (25, 25), (24, 0)])
def test_selfish_shares_are_best_replies_to_themselves(refund: bool, benefit: float, share: float) -> None:
    game = game_of("threshold_public_good", refund=refund, benefit=benefit)
    assert np.asarray(game.selfish("contribute", {}, 1)).tolist() == [share]
    assert share in replies(game, "contribute", share)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [({"threshold": 300}, "cannot be reached by 5 members"), ({"threshold": 126}, "share it equally")],
)
def test_thresholds_out_of_reach_are_refused(parameters: dict[str, float], sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        game_of("threshold_public_good", **parameters)


@pytest.mark.parametrize(("firms", "each"), [(2, 33), (8, 11), (10, 9)])
def test_the_market_of_huck_normann_and_oechssler_2004(firms: int, each: int) -> None:
    game = game_of("cournot", group_size=firms)
    assert np.asarray(game.selfish("quantity", {}, 1)).tolist() == [each]
    assert replies(game, "quantity", each) == [each]
    assert played(game, {"quantity": [each] * firms})["firm"] == [each * each] * firms


def test_colluding_firms_earn_what_a_monopoly_does() -> None:
    game = game_of("cournot", step=0.25)
    assert played(game, {"quantity": [24.75, 24.75]})["firm"] == [1225.125, 1225.125]
    assert game.efficient_payoff() == 2450.25
    # The price is never negative; what was produced must still be paid for.
    assert played(game, {"quantity": [100, 50]})["firm"] == [-100, -50]


def test_the_lowest_price_of_dufwenberg_and_gneezy_2000_takes_the_market() -> None:
    game = game_of("bertrand", group_size=3)
    assert played(game, {"price": [50, 49, 100]})["seller"] == [0, 49, 0]
    assert played(game, {"price": [48, 60, 48]})["seller"] == [24, 0, 24]
    assert replies(game, "price", 100) == [99]
    assert replies(game, "price", 2) == [2]
    assert np.asarray(game.selfish("price", {}, 1)).tolist() == [2]


def test_the_highest_bid_wins_and_pays() -> None:
    game = game_of("first_price_auction", group_size=3)
    play = Play(game, seated(game, 200), chance)
    value = game.signal("value", play)
    assert set(value) <= set(range(101))
    assert value.mean() == pytest.approx(50, abs=5)
    play.actions["bid"] = np.tile([10.0, 30.0, 30.0], 200)
    earned = game.payoffs(play)["bidder"].reshape(-1, 3)
    gain = (value - 30).reshape(-1, 3)
    assert (earned[:, 0] == 0).all()
    first = earned[:, 2] == 0
    np.testing.assert_array_equal(earned[first, 1], gain[first, 1])
    np.testing.assert_array_equal(earned[~first, 2], gain[~first, 2])
    assert 60 < first.sum() < 140
    assert game.feedback(play)["bidder"]["winning"].tolist() == [30.0] * 600


@pytest.mark.parametrize("network", ["ring:n=12,k=4", "karate_club"])
def test_the_highest_bid_of_every_neighbourhood_wins_whatever_its_size(network: str) -> None:
    model = GameModel("first_price_auction", agents="spe", network=network, seed=1)
    model.step()
    play = model.last
    assert play is not None
    seats = play.seats("bidder")
    value, earned = play.game.signal("value", play), play.earned["bidder"]
    for group in range(seats.groups):
        here = np.flatnonzero(seats.group() == group)
        winner = here[np.flatnonzero(earned[here])]
        assert len(winner) <= 1
        for one in winner:
            assert play["bid"][one] == play["bid"][here].max()
            assert earned[one] == value[one] - play["bid"][one]


@pytest.mark.parametrize("bidders", [2, 4])
def test_selfish_bids_are_best_replies_to_themselves_but_for_rounding(bidders: int) -> None:
    game = game_of("first_price_auction", group_size=bidders, highest=1000)
    values = np.arange(1001.0)
    plan = np.asarray(game.selfish("bid", {"value": values}, len(values)))
    bids = np.arange(1001.0)
    below = np.searchsorted(plan, bids, "left") / len(values)
    same = np.searchsorted(plan, bids, "right") / len(values) - below
    won = (below + same / 2) ** (bidders - 1)
    for value in (100, 500, 900):
        expected = (value - bids) * won
        assert expected[int(plan[value])] > 0.99 * expected.max()


def test_private_values_are_new_in_every_round_and_those_that_count() -> None:
    watcher = Watcher()
    simulation = simulate(game_of("first_price_auction"), [watcher], 40, rounds=2)
    shown = [obs.seen["value"] for obs in watcher.shown]
    for obs, play, values in zip(watcher.shown, simulation.plays, shown, strict=True):
        np.testing.assert_array_equal(play.game.feedback(play)["bidder"]["value"], values)
        won = play.earned["bidder"] != 0
        np.testing.assert_array_equal(play.earned["bidder"][won], (values - play["bid"])[won])
        assert won.sum() <= len(obs) / 4
    by_agent = [
        dict(zip(obs.agent.tolist(), obs.seen["value"].tolist(), strict=True)) for obs in watcher.shown
    ]
    assert sum(by_agent[0][agent] == by_agent[1][agent] for agent in by_agent[0]) < 10


@dataclass(frozen=True)
class FirstIsSilent(Policy):
    """Gives no answer as agent 0 and the least as anybody else."""

    def decide(self, obs: Observations) -> Decisions:
        lost = obs.agent == 0
        actions = np.where(lost, np.nan, 0.0)
        return Decisions(actions, "sample", status=np.where(lost, UNREADABLE, OK).astype(np.uint8))


def test_nobody_is_asked_about_a_contribution_that_is_missing() -> None:
    simulation = simulate(game_of("peer_punishment"), [FirstIsSilent()], 12)
    table = simulation.recorder.table()
    groups = table[table.agent == 0].group.unique().tolist()
    assert len(groups) == 1
    later = table[(table.group == groups[0]) & (table.stage != "contribute")]
    assert set(later.status) == {"skipped"}
    assert table[table.group == groups[0]].payoff.isna().all()
    assert set(table[table.group != groups[0]].status) == {"ok"}
    assert simulation.groups_void == 1
