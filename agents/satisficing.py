"""Satisficing: stay with what is good enough, else try something else (Simon 1955; Karandikar et al. 1998)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.learning import History, Learner
from gamesim.parameters import Parameter, personal
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

    def weights(self, history: History, of: Mapping[str, Floats]) -> Floats:
        """Follow the aspiration, then stay or leave."""
        anything = np.full((history.people, history.options), 1 / history.options)
        if not len(history) or history.options == 1:
            return anything
        low, high = history.outlook.own.min(), history.outlook.own.max()
        aspiration = np.broadcast_to(low + of["aspiration"] * (high - low), (history.people, 1))
        wanted = aspiration
        for earned in history.earned:
            wanted = aspiration
            followed = aspiration + of["rate"] * (earned[:, None] - aspiration)
            aspiration = np.where(np.isnan(followed), aspiration, followed)
        last, took = history.earned[-1][:, None], history.took(-1)
        keep = np.where(last >= wanted - 1e-9, 1.0, of["inertia"])
        leave = (1 - keep) * (1 - took) / (history.options - 1)
        known = took.any(axis=1, keepdims=True) & ~np.isnan(last)
        return np.where(known, keep * took + leave, anything)
