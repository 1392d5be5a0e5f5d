"""Cournot's best reply to what the other did last (Cournot 1838), or a logit reply to it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import logit
from gamesim.behaviour.learning import History, Learner
from gamesim.parameters import Parameter, personal
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

    lookback = 1
    fitted = {"precision": (0.0, 10.0)}

    def weights(self, history: History, of: Mapping[str, Floats]) -> Floats:
        """Reply to the last round."""
        assert history.table is not None
        unknown = np.broadcast_to(history.table.mean(axis=1), (history.people, history.options))
        if not len(history):
            return logit(unknown, of["precision"], np.zeros(history.options))
        seen = history.met(-1).any(axis=1, keepdims=True)
        return logit(np.where(seen, history.brought(-1), unknown), of["precision"], np.zeros(history.options))
