"""Logit quantal response equilibrium of two players (McKelvey & Palfrey 1995)."""

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gamesim.behaviour.outcomes import payoff_table, rival_stage
from gamesim.behaviour.sizes import each_game, games_of
from gamesim.distribution import ActionDistribution
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Floats

_EXACT = 1e-12
_ROUNDING = 4 * float(np.finfo(np.float64).eps)
_SMALLEST = 1e-10
_SINGULAR = 1e-3
_LEAP = 0.005


@dataclass(frozen=True)
class Qre(ExactPolicy):
    """Plays the quantal response equilibrium on the principal branch, which starts at uniform play.

    Each player's probabilities are a logit reply to the other's (McKelvey & Palfrey 1995, section 3), found by
    following the equilibrium from precision 0.  Players of one role are in the symmetric equilibrium.

    Parameters
    ----------
    precision : Parameter
        Lambda, per unit of game money, the same for all and known to all. The default is no estimate.
    """

    precision: Parameter = personal(0.1, least=0, shared="it is known to all")

    lookback = 0
    only_pairs = True
    fitted = {"precision": (0.0, 10.0)}

    def prepare(self, setting: Setting) -> "Qre":
        """Refuse games in which one answers the other."""
        for game, stage in itertools.product(games_of(setting), setting.decisions()):
            equilibrium(game, stage, self.precision.value)
        return self

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Give the equilibrium probabilities."""
        (game,), _ = each_game(obs)
        probabilities = equilibrium(game, obs.stage, self.precision.value)
        return ActionDistribution(obs.space.support(), probabilities[None, :])


@lru_cache(maxsize=64)
def equilibrium(game: Game, stage: str, precision: float) -> Floats:
    """Give the equilibrium probabilities at a stage: (L,) float.

    Raises
    ------
    GamesimError
        Where players do not decide at the same time, or the branch turns back or is lost before the precision is
        reached.
    """
    rival = rival_stage(game, stage)
    own = payoff_table(game, stage)
    if rival == stage or rival is None:
        return _followed(game, own, [len(own)], precision)
    other = payoff_table(game, rival)
    first, second = own.shape
    joint = np.zeros((first + second, first + second))
    joint[:first, first:], joint[first:, :first] = own, other
    return _followed(game, joint, [first, second], precision)[:first]


def _followed(game: Game, payoffs: Floats, sizes: list[int], precision: float) -> Floats:
    """Follow the equilibrium from uniform play, each step predicted along the tangent and corrected by Newton's method.

    Parameters
    ----------
    game : Game
    payoffs : (n, n) float
        What each action earns against each of the other's.
    sizes : list of int
        Actions of each player; n in all.
    precision : float
        Where to end.
    """
    ends = np.cumsum(sizes)
    parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    now = np.concatenate([np.full(size, 1 / size) for size in sizes])
    first = min(precision, 1 / max(float(np.ptp(payoffs)), 1e-300))
    reached, step = 0.0, first
    while reached < precision:
        slope, jacobian = _tangent(now, payoffs, parts, reached)
        if step < _SMALLEST * max(reached, first):
            folded = np.linalg.svd(jacobian, compute_uv=False)[-1] < _SINGULAR
            raise GamesimError(
                f"qre: the equilibria of {game.name} that start at uniform play "
                f"{'turn back at' if folded else 'cannot be followed beyond'} a precision of {reached:.6g}, so none "
                f"{'belongs to' if folded else 'was found for'} {precision:g}; take a smaller one"
            )
        goal = min(precision, reached + step)
        foreseen = now + (goal - reached) * slope
        found = _corrected(foreseen, payoffs, parts, goal)
        # An equilibrium that is not where the branch leads belongs to another one.
        if found is None or np.abs(found - foreseen).max() > _LEAP:
            step /= 2
            continue
        now, reached, step = found, goal, step * 1.5
    return now


def _reply(probabilities: Floats, payoffs: Floats, parts: list[slice], precision: float) -> Floats:
    utilities = precision * (payoffs @ probabilities)
    reply = np.empty_like(probabilities)
    for part in parts:
        weights = np.exp(utilities[part] - utilities[part].max())
        reply[part] = weights / weights.sum()
    return reply


def _tangent(
    probabilities: Floats, payoffs: Floats, parts: list[slice], precision: float
) -> tuple[Floats, Floats]:
    """Give how the equilibrium moves with the precision, and the Jacobian of its condition."""
    spread = np.zeros_like(payoffs)
    for part in parts:
        p = probabilities[part]
        spread[part, part] = np.diag(p) - np.outer(p, p)
    jacobian = np.eye(len(payoffs)) - precision * spread @ payoffs
    slope: Floats = np.linalg.solve(jacobian, spread @ (payoffs @ probabilities)).astype(np.float64)
    return slope, jacobian


def _corrected(guess: Floats, payoffs: Floats, parts: list[slice], precision: float) -> Floats | None:
    """Solve for the equilibrium near a guess; None where Newton's method does not get there."""
    now = guess
    # What rounding leaves of utilities is all that can be asked for.
    exact = max(_EXACT, _ROUNDING * precision * float(np.abs(payoffs).max()))
    for _ in range(8):
        reply = _reply(now, payoffs, parts, precision)
        gap = now - reply
        if np.abs(gap).max() < exact:
            return reply
        _, jacobian = _tangent(reply, payoffs, parts, precision)
        now = now - np.linalg.solve(jacobian, gap)
        if not np.isfinite(now).all() or np.abs(now).max() > 10:
            return None
    return None
