"""What agents believe of the others: those that weigh outcomes, and those that learn what others give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gamesim.actions import ActionSpace, Choice
from gamesim.behaviour.outcomes import Beliefs, alike
from gamesim.distribution import ActionDistribution, spread
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.humans import Reference, check_rules, find
from gamesim.streams import Floats


def selfish(game: Game, stage: str, space: ActionSpace, seen: Mapping[str, float]) -> Floats:
    """Believe the others to play the subgame-perfect equilibrium of selfish players."""
    plan = game.selfish(stage, {name: np.array([value]) for name, value in seen.items()}, 1)
    if isinstance(plan, ActionDistribution):
        mixed: Floats = plan.probabilities[0]
        return mixed
    believed: Floats = np.isclose(space.support(), space.nearest(plan)[0]).astype(np.float64)
    return believed


def recorded(game: Game, stage: str, space: ActionSpace, seen: Mapping[str, float]) -> Floats:
    """Believe the others to act like people on record, by share of what they can do."""
    reference = record_of(game, stage)
    shares = reference.counts() / reference.counts().sum()
    if isinstance(space, Choice):
        by_label = dict(zip(reference.labels, shares, strict=True))
        return np.array([by_label[label] for label in space.labels])
    believed: Floats = shares @ spread(len(shares), len(space.support()))
    return believed


def record_of(game: Game, stage: str) -> Reference:
    """Find the human record of a decision.

    Raises
    ------
    GamesimError
        Where there is none, or none under these rules.
    """
    decision = f"{game.name}.{stage}"
    found = [each for each in find(decision, dataset="moblab", default=True) if each.has_counts]
    if not found:
        raise GamesimError(f"beliefs=human: there is no record of {decision}; write beliefs=uniform")
    check_rules("beliefs=human", decision, found[0].parameters, game)
    return found[0]


BELIEFS: dict[str, Beliefs] = {"uniform": alike, "human": recorded, "spe": selfish}


def find_beliefs(where: str, name: str) -> Beliefs:
    """Find beliefs by name.

    Raises
    ------
    GamesimError
        For a name that does not exist.
    """
    if name not in BELIEFS:
        raise unknown("belief", name, BELIEFS, where=where)
    return BELIEFS[name]


def updated(
    first: Floats, before: Floats, given: Floats, update: Floats, persistence: Floats, drift: Floats
) -> Floats:
    """Give what is believed after a round.

    It is ``drift + persistence * belief before + update * what others gave``, cut to 0 to 1; after a round of which
    nothing was told it is the first belief again (Fischbacher & Gaechter 2010, Table 1, model 3).

    Parameters
    ----------
    first, before : (D,) float
        The shares that each believed others to give in the first round, and in this one.
    given : (D,) float
        The share that they gave; NaN for nothing told.
    update, persistence, drift : (D,) float

    Returns
    -------
    (D,) float
    """
    return np.where(np.isnan(given), first, np.clip(drift + persistence * before + update * given, 0, 1))
