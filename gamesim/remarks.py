"""What whoever reads a run should know of how it was set up, said before it is played."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamesim.game import Game
from gamesim.meeting import kind_of, sits
from gamesim.network import Network
from gamesim.policy import Policy
from gamesim.population import Cast
from gamesim.rewiring import Rewiring
from gamesim.society import Society


def idle(society: Society, rewiring: Rewiring | None, played: int, agents: int) -> list[str]:
    """Say which settings change nothing."""
    given = {
        f"update {society.update}": society.update != "synchronous",
        f"reputation {society.reputation}": society.reputation != "none",
        f"rewire {rewiring.name if rewiring else ''}": rewiring is not None,
    }
    notes = [f"{what} changes nothing in a single round" for what, is_given in given.items() if is_given]
    notes = notes if played == 1 else []
    if society.placement != "random" and agents == 1:
        notes.append(f"placement {society.placement} changes nothing where all agents are alike")
    return notes


def lonely(network: Network | None, rewiring: Rewiring | None, society: Society, matching: str) -> list[str]:
    """Say who has nobody to play with, and what becomes of them."""
    kind = kind_of(matching)
    out = f"matching {matching}: whoever {kind.unpaired} {sits(lasting=society.lasting)}"
    notes = [out] if kind.unpaired else []
    if network is None:
        return notes
    begun = network.n if rewiring is None else rewiring.there(network.n, 1)
    alone = np.flatnonzero(network.degree[:begun] == 0).tolist()
    if not alone:
        return notes
    have = "1 agent has" if len(alone) == 1 else f"{len(alone)} agents have"
    first = "" if rewiring is None else " in the first round"
    names = ", ".join(map(str, alone[:5])) + (", ..." if len(alone) > 5 else "")
    return [*notes, f"{have} no neighbours{first} ({names}); under {matching} whoever has none {kind.alone}"]


def unlinked(network: Network | None, matching: str, policies: Sequence[Policy]) -> list[str]:
    """Say that a network changes nothing, where groups are not formed on it and nobody looks at neighbours."""
    if network is None or kind_of(matching).on_network or any(each.heeds_neighbours for each in policies):
        return []
    return [
        f"network {network.name} changes nothing in play: matching {matching} does not follow it, and no agent of this "
        "run looks at its neighbours"
    ]


def silent(rules: Game, dealt: Cast, labels: Sequence[str], policies: Sequence[Policy]) -> list[str]:
    """Say who has no words for the stages at which something is said."""
    notes = []
    for index, (label, policy) in enumerate(zip(labels, policies, strict=True)):
        stages = [each for each in rules.talks if rules.decider(each) in dealt.roles_of(index)]
        if stages and not policy.speaks:
            notes.append(f"{label} has no words: it says nothing at {' and '.join(stages)}")
    return notes


def unheeded(policies: Sequence[Policy], society: Society, *, personas: bool, unread: bool) -> list[str]:
    """Say what was given that no agent heeds: personas, a reputation, or prompts that are unread."""
    heeded = {
        "its persona: traits are in the table and change nothing": not personas
        or any(policy.reads_personas for policy in policies),
        f"what is known of others: reputation {society.reputation} changes nothing": society.reputation
        == "none"
        or any(policy.heeds_reputation for policy in policies),
    }
    notes = [f"no agent of this run heeds {what}" for what, somebody in heeded.items() if not somebody]
    if unread:
        notes.append("no agent of this run reads texts: --prompts changes nothing")
    return notes
