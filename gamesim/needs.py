"""What policies declare that they need, checked in one place before they get ready."""

from __future__ import annotations

from gamesim.actions import Choice
from gamesim.errors import GamesimError, unknown
from gamesim.neighbours import SHOWN, check_shown
from gamesim.policy import Policy, Setting
from gamesim.reputation import LEVELS


def ready(policy: Policy, setting: Setting) -> Policy:
    """Refuse what a policy declares that it cannot play, and let it get ready for the rest.

    Raises
    ------
    GamesimError
        Naming the agent and what it needs, or what it refuses itself.
    """
    _check_neighbours(policy, setting)
    _check_reputation(policy, setting)
    _check_choices(policy, setting)
    _check_sizes(policy, setting)
    return policy.prepare(setting)


def _check_neighbours(policy: Policy, setting: Setting) -> None:
    agent = policy.agent_name()
    if policy.looks_at not in SHOWN:
        raise unknown("level", policy.looks_at, SHOWN, where=f"{agent}: looks_at")
    if policy.needs_network and not setting.linked:
        raise GamesimError(
            f"{agent} looks at its neighbours: play it on a network, such as --network watts_strogatz:k=6,p=0.1"
        )
    if policy.one_choice and setting.separate:
        raise GamesimError(
            f"{agent} goes by the one thing that each neighbour did, and who decides separately for each group does "
            "several things: play it with matching edges or neighbourhoods"
        )
    check_shown(agent, policy.looks_at, setting.neighbours)


def _check_reputation(policy: Policy, setting: Setting) -> None:
    agent, needed = policy.agent_name(), policy.needs_reputation
    if needed not in LEVELS:
        raise unknown("level", needed, LEVELS, where=f"{agent}: needs_reputation")
    if needed not in ("none", setting.reputation):
        raise GamesimError(
            f"{agent} goes by what is known of those it meets: add --reputation {needed} to a run of several rounds"
        )


def _check_choices(policy: Policy, setting: Setting) -> None:
    for stage in setting.decisions():
        if policy.only_choices and not isinstance(setting.game.space_at_most(stage), Choice):
            raise GamesimError(
                f"{policy.agent_name()} chooses among options, not amounts such as {setting.game.name}.{stage}"
            )


def _check_sizes(policy: Policy, setting: Setting) -> None:
    agent, game = policy.agent_name(), setting.game
    declared = len(game.roles)
    others = [size for size in setting.sizes if size != declared]
    if policy.only_declared and others:
        raise GamesimError(
            f"{agent}: {game.name} has groups of {declared}, but here there are groups of {others[0]}, which this "
            "agent does not cover; choose another matching"
        )
    unpaired = [size for size in setting.sizes or (declared,) if size != 2]
    if policy.only_pairs and unpaired:
        raise GamesimError(
            f"{agent}: {game.name} is played in groups of {unpaired[0]} here, but two are covered"
        )
