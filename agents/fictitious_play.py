"""Fictitious play: a best reply to how often the other took each action so far (Brown 1951)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.choosing import logit
from gamesim.learning import History, Learner
from gamesim.parameters import Parameter, personal
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

    def weights(self, history: History, of: Mapping[str, Floats]) -> Floats:
        """Reply to the weighted frequencies."""
        assert history.table is not None
        columns = history.table.shape[1]
        counts = np.broadcast_to(of["prior"] / columns, (history.people, columns))
        for round in range(len(history)):
            counts = of["retention"] * counts + history.met(round)
        total = counts.sum(axis=1, keepdims=True)
        beliefs = np.divide(counts, total, out=np.full(counts.shape, 1 / columns), where=total > 0)
        return logit(beliefs @ history.table.T, of["precision"], np.zeros(history.options))
