"""What agents declare that they need, held against a run before it is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from strategies import all_games

from gamesim.distribution import ActionDistribution, uniform
from gamesim.errors import GamesimError
from gamesim.needs import ready
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Policy, Setting


@dataclass(frozen=True)
class Anything(ExactPolicy):
    """Plays at random, and refuses nothing by itself."""

    def distribution(self, obs: Observations) -> ActionDistribution:
        return uniform(obs.space, len(obs))


def declaring(**needs: object) -> Policy:
    kind: type[Anything] = type("Declaring", (Anything,), needs)
    return kind()


def setting(game: str, **given: Any) -> Setting:
    rules = all_games()[game]
    return Setting(rules, tuple(dict.fromkeys(rules.roles)), **given)


LINKED = {"linked": True}


@pytest.mark.parametrize(
    ("needs", "game", "lacking", "enough", "said"),
    [
        ({"needs_network": True}, "trust", {}, LINKED, "looks at its neighbours: play it on a network"),
        (
            {"looks_at": "earnings"},
            "trust",
            LINKED | {"neighbours": "actions"},
            LINKED,
            "looks at its neighbours' earnings, but they are shown actions",
        ),
        (
            {"one_choice": True},
            "prisoners_dilemma",
            LINKED | {"separate": True},
            LINKED,
            "each neighbour did",
        ),
        (
            {"needs_reputation": "list"},
            "trust",
            {"reputation": "image"},
            {"reputation": "list"},
            "add --reputation list to a run of several rounds",
        ),
        (
            {"only_declared": True},
            "public_goods",
            LINKED | {"sizes": (3, 4)},
            LINKED | {"sizes": (4,)},
            "has groups of 4, but here there are groups of 3",
        ),
        (
            {"only_pairs": True},
            "public_goods",
            {},
            {"sizes": (2,)},
            "in groups of 4 here, but two are covered",
        ),
    ],
)
def test_what_is_declared_is_asked_for_in_a_sentence(
    needs: dict[str, object], game: str, lacking: dict[str, Any], enough: dict[str, Any], said: str
) -> None:
    with pytest.raises(GamesimError, match=said):
        ready(declaring(**needs), setting(game, **lacking))
    ready(declaring(), setting(game, **lacking))
    ready(declaring(**needs), setting(game, **enough))


def test_who_chooses_among_options_decides_on_no_amounts() -> None:
    with pytest.raises(GamesimError, match=r"not amounts such as trust\.send"):
        ready(declaring(only_choices=True), setting("trust"))
    ready(declaring(only_choices=True), setting("prisoners_dilemma"))


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"looks_at": "earning"}, "looks_at: unknown level 'earning'; did you mean 'earnings'"),
        ({"needs_reputation": "images"}, "needs_reputation: unknown level 'images'; did you mean 'image'"),
    ],
)
def test_a_need_that_does_not_exist_is_named(needs: dict[str, object], said: str) -> None:
    with pytest.raises(GamesimError, match=said):
        ready(declaring(**needs), setting("trust"))


def test_who_needs_to_know_others_heeds_what_is_known_of_them() -> None:
    assert declaring(needs_reputation="image").heeds_reputation
