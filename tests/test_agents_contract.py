"""Every agent by rule, in every game: legal, repeatable, the same whatever the order of rows, or a refusal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from strategies import NETWORKED, all_games
from test_agents import batches, check_contract, prepared

import gamesim
from gamesim import catalog
from gamesim.policy import ExactPolicy

ASKED = ("befm", "llm", "me", "mini")
"""They are asked rather than worked out, and have tests of their own."""
RULES = sorted(set(catalog.names("agents")) - {*ASKED, *NETWORKED})
TWO = ("dictator", "ultimatum", "trust", "prisoners_dilemma", "two_by_two")
COVERED = {
    "altruist": (*TWO, "public_goods"),
    "best_response": ("prisoners_dilemma", "two_by_two", "public_goods"),
    "bolton_ockenfels": (*TWO, "public_goods"),
    "ces_altruism": (*TWO, "public_goods"),
    "charness_rabin": (*TWO, "public_goods"),
    "cognitive_hierarchy": ("ultimatum", "prisoners_dilemma", "two_by_two", "public_goods", "beauty_contest"),
    "conditional_cooperator": ("public_goods",),
    "crra": (*TWO, "public_goods", "bomb_risk"),
    "ewa": ("prisoners_dilemma", "two_by_two", "public_goods"),
    "fehr_schmidt": (*TWO, "public_goods"),
    "level_k": ("ultimatum", "prisoners_dilemma", "two_by_two", "public_goods", "beauty_contest"),
    "qre": ("ultimatum", "prisoners_dilemma", "two_by_two"),
    "quantal_response": (*TWO, "public_goods", "bomb_risk"),
    "roth_erev": ("dictator", "ultimatum", "prisoners_dilemma", "two_by_two", "public_goods", "bomb_risk"),
    "tit_for_tat": ("prisoners_dilemma",),
}
"""Which games some agents play in every role."""


@pytest.mark.parametrize("agent", [*RULES, *NETWORKED])
def test_the_probabilities_of_all_that_are_worked_out_are_known(agent: str) -> None:
    kind = catalog.find_agent(agent)
    # Whoever speaks has no list of all messages.
    assert issubclass(kind, ExactPolicy) or kind.speaks


@pytest.mark.parametrize("agent", RULES)
def test_an_agent_keeps_its_contract_in_every_game(agent: str) -> None:
    for game in all_games().values():
        for obs in batches(game, groups=5):
            policy = prepared(agent, game, obs.stage)
            if policy is not None:
                check_contract(policy, obs)


@pytest.mark.parametrize("agent", COVERED)
def test_agents_cover_the_games_that_they_are_for(agent: str) -> None:
    for name in COVERED[agent]:
        game = all_games()[name]
        assert all(prepared(agent, game, stage.name) is not None for stage in game.stages), name


def test_the_agent_on_the_page_plays(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "agents.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "maximin.py"
    (code,) = [block for block in blocks if "class Maximin" in block]
    file.write_text(code, encoding="utf-8")
    run = gamesim.play("dictator", agents=f'"{file}"@weight=uniform(0,1)', n=400)
    (code,) = [block for block in blocks if "run.persons" in block]
    found: dict[str, Any] = {"run": run}
    exec(code, found)
    table = found["table"]
    # Whoever weighs the other more than itself gives everything.
    assert ((table["weight"] > 0.5) == (table["action"] == 100)).all()
    assert set(table["action"]) == {0, 100}


def test_every_agent_is_on_the_page() -> None:
    page = (Path(__file__).parent.parent / "docs" / "agents.md").read_text(encoding="utf-8")
    elsewhere = {*ASKED, "equal_split", "fixed", "human", "human_kernel", "spe", "uniform"}
    missing = [name for name in catalog.names("agents") if name not in elsewhere and f"`{name}`" not in page]
    assert missing == []
