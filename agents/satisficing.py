"""Satisficing: stay with what is good enough, else try something else (Simon 1955; Karandikar et al. 1998)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.learning import Learner, Lesson, Problem
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Satisficing(Learner):
    """Repeats an action that earned what it aspires to (after Karandikar, Mookherjee, Ray & Vega-Redondo 1998).

    One that earned less is kept with probability `inertia`; otherwise one of the others is drawn.  The aspiration
    follows what is earned: ``a(t + 1) = (1 - rate) a(t) + rate * earned``.  The first action is drawn uniformly.  The
    defaults are round figures, not estimates.

    Parameters
    ----------
    aspiration : Parameter
        At the start, as a share of the way from the least to the most that can be earned.
    rate : Parameter
        How fast it follows what is earned.
    inertia : Parameter
        Probability of keeping an action that earned too little.
    """

    aspiration: Parameter = personal(0.5, least=0, most=1)
    rate: Parameter = personal(0.1, least=0, most=1)
    inertia: Parameter = personal(0.5, least=0, most=1)

    informed = False
    fitted = {"aspiration": (0.0, 1.0), "rate": (0.0, 1.0), "inertia": (0.0, 1.0)}

    def begin(self, state: State, problem: Problem) -> State:
        """Aspire to a share of what can be earned; nothing was done yet."""
        low, high = problem.outlook.own.min(), problem.outlook.own.max()
        aspiration = low + state["aspiration"] * (high - low)
        nothing = np.full(len(aspiration), np.nan)
        return {
            "aspired": aspiration,
            "wanted": aspiration,
            "earned": nothing,
            "own": np.full(len(aspiration), -1),
        }

    def learn(self, state: State, lesson: Lesson) -> State:
        """Let the aspiration follow what was earned."""
        wanted = state["aspired"]
        aspired = wanted + state["rate"] * (lesson.earned[:, None] - wanted)
        return {"aspired": aspired, "wanted": wanted, "earned": lesson.earned, "own": lesson.own}

    def weights(self, state: State, problem: Problem) -> Floats:
        """Stay or leave."""
        anything = np.full((len(state["own"]), problem.options), 1 / problem.options)
        if problem.options == 1:
            return anything
        last, own = state["earned"][:, None], state["own"][:, None]
        took = (np.arange(problem.options) == own).astype(np.float64)
        keep = np.where(last >= state["wanted"] - 1e-9, 1.0, state["inertia"])
        leave = (1 - keep) * (1 - took) / (problem.options - 1)
        return np.where(own >= 0, keep * took + leave, anything)
