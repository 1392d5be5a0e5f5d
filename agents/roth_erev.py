"""Reinforcement learning: what paid is done more often (Roth & Erev 1995; Erev & Roth 1998)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.learning import Learner, Lesson, Problem
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class RothErev(Learner):
    """Takes actions in proportion to what they earned, knowing nothing of others (Roth & Erev 1995).

    Propensities begin equal, at ``strength`` times the mean over all outcomes of what the game pays above the least
    that it can pay, shared among the actions.  The paper takes the plain mean; here it is counted from the least, as
    gains are, so that what is added to all payoffs changes nothing.  After a round all fade by the factor
    ``1 - forgetting``; the action taken gains ``1 - experimentation`` of what it earned above the least that can be
    earned, and its neighbours half of the rest each (the one neighbour of an end all of it).  The defaults are those
    usually quoted from Erev & Roth (1998), fitted to twelve games at once, and were not checked against it.

    Parameters
    ----------
    strength : Parameter
        Propensity at the start, in rounds of the mean payoff above the least: s(1) in the paper; with 0 the first gain
        decides.
    forgetting : Parameter
        Share of propensities that is forgotten from round to round: phi in the paper.
    experimentation : Parameter
        Share of a gain that goes to the neighbouring actions: epsilon in the paper.
    """

    strength: Parameter = personal(9.0, least=0)
    forgetting: Parameter = personal(0.1, least=0, most=1)
    experimentation: Parameter = personal(0.2, least=0, most=1)

    informed = False
    fitted = {"strength": (0.1, 100.0), "forgetting": (0.0, 1.0), "experimentation": (0.0, 1.0)}

    def begin(self, state: State, problem: Problem) -> State:
        """Share the initial strength among all actions."""
        least = float(problem.outlook.own.min())
        level = float(problem.outlook.expect(problem.outlook.own - least).mean())
        begin = state["strength"] * max(level, 1e-12) / problem.options
        return {"propensity": np.tile(np.maximum(begin, 1e-300), problem.options)}

    def learn(self, state: State, lesson: Lesson) -> State:
        """Let all fade, and reinforce what was done."""
        took, least = lesson.took(), float(lesson.problem.outlook.own.min())
        gain = np.maximum(lesson.earned - least, 0)[:, None]
        beside = took @ _beside(lesson.problem.options)
        spread = (1 - state["experimentation"]) * took + state["experimentation"] * beside
        # What fades to nothing everywhere keeps its last shape.
        return {
            "propensity": np.maximum((1 - state["forgetting"]) * state["propensity"] + gain * spread, 1e-300)
        }

    def weights(self, state: State, problem: Problem) -> Floats:
        """Choose in proportion to the propensities."""
        weights: Floats = state["propensity"] / state["propensity"].sum(axis=1, keepdims=True)
        return weights


def _beside(options: int) -> Floats:
    """Give which share of the rest each action's neighbours get: (L, L) float, rows summing to 1."""
    if options == 1:
        return np.ones((1, 1))
    beside = np.eye(options, k=1) + np.eye(options, k=-1)
    shares: Floats = beside / beside.sum(axis=1, keepdims=True)
    return shares
