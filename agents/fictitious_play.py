"""Fictitious play: a best reply to how often the other took each action so far (Brown 1951)."""

import math
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import logit
from gamesim.behaviour.learning import Learner, Lesson, Problem
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class FictitiousPlay(Learner):
    """Replies to the frequencies of the other's past actions (Brown 1951; weighted as in Cheung & Friedman 1997).

    At a tie the first action is taken.

    Parameters
    ----------
    retention : Parameter
        Weight of a round against the one after it: 1 is fictitious play, 0 replies to the last round alone.
    prior : Parameter
        How many rounds the belief counts for, before anything was seen, that the other plays uniformly.
    precision : Parameter
        Of logit choice, per unit of game money; ``inf`` takes the best reply.
    """

    retention: Parameter = personal(1.0, least=0, most=1)
    prior: Parameter = personal(1.0, least=0)
    precision: Parameter = personal(math.inf, least=0)

    fitted = {"retention": (0.0, 1.0), "prior": (0.0, 20.0), "precision": (0.0, 10.0)}

    def begin(self, state: State, problem: Problem) -> State:
        """Count every action of the other's alike."""
        assert problem.others is not None
        columns = len(problem.others)
        return {"counts": np.tile(state["prior"] / columns, columns)}

    def learn(self, state: State, lesson: Lesson) -> State:
        """Count what the other did."""
        return {"counts": state["retention"] * state["counts"] + lesson.met()}

    def weights(self, state: State, problem: Problem) -> Floats:
        """Reply to the weighted frequencies."""
        assert problem.table is not None
        counts = state["counts"]
        total = counts.sum(axis=1, keepdims=True)
        uniform = np.full(counts.shape, 1 / counts.shape[1])
        beliefs = np.divide(counts, total, out=uniform, where=total > 0)
        return logit(beliefs @ problem.table.T, state["precision"], np.zeros(problem.options))
