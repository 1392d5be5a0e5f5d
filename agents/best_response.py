"""Cournot's best reply to what the other did last (Cournot 1838), or a logit reply to it."""

import math
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import logit
from gamesim.behaviour.learning import Learner, Lesson, Problem
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class BestResponse(Learner):
    """Replies to the last action of the other as if it would be repeated (Cournot 1838).

    Before anything was seen every action of the other is held to be equally likely.  At a tie the first action is
    taken.

    Parameters
    ----------
    precision : Parameter
        Of logit choice, per unit of game money; ``inf`` takes the best reply.
    """

    precision: Parameter = personal(math.inf, least=0)

    fitted = {"precision": (0.0, 10.0)}

    def begin(self, state: State, problem: Problem) -> State:
        """Hold every action of the other to be equally likely."""
        assert problem.table is not None
        return {"brought": np.tile(problem.table.mean(axis=1), (len(state["precision"]), 1))}

    def learn(self, state: State, lesson: Lesson) -> State:
        """Take the last action of the other as if it would be repeated."""
        return {"brought": lesson.brought()}

    def weights(self, state: State, problem: Problem) -> Floats:
        """Reply to the last round."""
        return logit(state["brought"], state["precision"], np.zeros(problem.options))
