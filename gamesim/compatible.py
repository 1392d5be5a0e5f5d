"""Refuse, before anything is played, a game, a matching and a society that do not fit together."""

from __future__ import annotations

import dataclasses

import numpy as np

from gamesim.actions import Choice
from gamesim.errors import GamesimError, faults_of
from gamesim.game import Game, Play
from gamesim.matching import Scene, find_matching, formed
from gamesim.meeting import Kind, kind_of
from gamesim.network import Network
from gamesim.population import Cast
from gamesim.rewiring import Rewiring
from gamesim.society import Society
from gamesim.streams import Draws


def check_society(
    game: Game,
    dealt: Cast,
    matching: str,
    network: Network | None,
    society: Society,
    rewiring: Rewiring | None,
    seed: int,
    meetings: int,
) -> None:
    """Refuse what does not fit together; groups are formed anew `meetings` times."""
    kind = kind_of(matching)
    game.played_at(0.0)
    if society.update != "synchronous" and any(each.sees for each in game.stages):
        raise GamesimError(
            f"{game.name}: update {society.update} is for games in which all decide at once, since others keep "
            "their choice"
        )
    if network is None and society.neighbours != "earnings":
        raise GamesimError(
            f"neighbours = {society.neighbours} needs a network: add --network, such as watts_strogatz:k=6,p=0.1"
        )
    if rewiring is not None and (misfit := rewiring.why_not(kind)):
        raise GamesimError(f"rewire {rewiring.name}: {misfit}")
    if not kind.on_network:
        with faults_of(type(game), "check_groups"):
            game.check_groups(formed(find_matching(matching), Scene(game, dealt, meetings, seed), 1))
        return
    if kind.apart:
        _check_apart(game, kind, society)
    one_session = dataclasses.replace(dealt, sessions=1, policy=dealt.policy[: dealt.n], subjects=None)
    _rehearse(game, Scene(game, one_session, 1, seed, network), matching)


def group_sizes(matching: str, network: Network | None, rewiring: Rewiring | None) -> tuple[int, ...]:
    """Give how many members groups have to begin with, ascending, where a network decides on that; else nothing."""
    if network is None or not kind_of(matching).around:
        return ()
    there = network.n if rewiring is None else rewiring.there(network.n, 1)
    return tuple(np.unique(network.degree[:there] + 1).tolist())


def possible_sizes(
    sizes: tuple[int, ...], network: Network | None, rewiring: Rewiring | None
) -> tuple[int, ...]:
    """Add the smallest and the largest group that there may be, where the network changes."""
    if not sizes or network is None or rewiring is None:
        return sizes
    return tuple(sorted({1, *sizes, network.n}))


def parameters_by_size(game: Game, sizes: tuple[int, ...]) -> dict[str, list[float]]:
    """Give the parameters that groups of other sizes change: what each is in the smallest and in the largest."""
    ends = [dataclasses.asdict(game.sized(size)) for size in sizes[:1] + sizes[-1:]]
    declared = dataclasses.asdict(game)
    return {
        name: [each[name] for each in ends]
        for name, value in declared.items()
        if any(each[name] != value for each in ends)
    }


def _check_apart(game: Game, kind: Kind, society: Society) -> None:
    """Refuse what takes one choice an agent where agents decide separately for each of their groups."""
    if society.reputation == "partner":
        raise GamesimError(
            f"reputation = partner: under {kind.name} everybody knows the past with each neighbour anyhow; take image "
            "or leave it out"
        )
    for each in game.stages:
        space = game.space_at_most(each.name)
        if society.neighbours != "nothing" and isinstance(space, Choice) and len(space.labels) > 2:
            raise GamesimError(
                f"{game.name}.{each.name}: under {kind.name} neighbours see the mean of what each other did, and there "
                f"is none of {len(space.labels)} options; add --neighbours nothing"
            )


def _rehearse(game: Game, scene: Scene, matching: str) -> None:
    """Form the groups of one session and let everybody do the least, so that a game refuses what it does not cover."""
    groups = formed(find_matching(matching), scene, 1)
    with faults_of(type(game), "check_groups"):
        game.check_groups(groups)
    play = Play(game, groups, lambda agents: Draws((0,), 0, agents))
    with faults_of(type(game), "payoffs"):
        for each in game.stages:
            play.shown(each)
            deciders = play.seats(game.decider(each.name)).deciders
            low = each.space(game, play).at(0.0)
            play.decide(each.name, np.broadcast_to(low, deciders.shape).astype(np.float64))
        game.paid(play)
        game.feedback(play)
