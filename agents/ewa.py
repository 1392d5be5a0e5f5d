"""Experience-weighted attraction: reinforcement and beliefs in one (Camerer & Ho 1999)."""

from dataclasses import dataclass

import numpy as np

from gamesim.behaviour.choosing import logit
from gamesim.behaviour.learning import Learner, Lesson, Problem
from gamesim.parameters import Parameter, personal
from gamesim.past import State
from gamesim.streams import Floats


@dataclass(frozen=True)
class Ewa(Learner):
    """Learns from what its action brought and, less so, from what others would have (Camerer & Ho 1999, section 2).

    ``N(t) = rho N(t - 1) + 1`` and ``A_j(t) = (phi N(t - 1) A_j(t - 1) + [delta + (1 - delta) I_j] pi_j) / N(t)``,
    with I_j whether j was played and pi_j what it earns against what the other did; choice is logit in A.  Attractions
    begin at 0.  With delta 0 this is reinforcement; with delta 1 and rho equal to phi it is weighted fictitious play.
    Estimates differ from game to game; the defaults are round figures, not estimates.

    Parameters
    ----------
    phi : Parameter
        Share of an attraction that is kept from round to round.
    delta : Parameter
        Weight of what an action that was not played would have earned.
    rho : Parameter
        Share of experience that is kept from round to round.
    experience : Parameter
        N(0), how many rounds the beginning counts for.
    precision : Parameter
        Of the logit choice, per unit of attraction.
    """

    phi: Parameter = personal(0.9, least=0, most=1)
    delta: Parameter = personal(0.5, least=0, most=1)
    rho: Parameter = personal(0.9, least=0, most=1)
    experience: Parameter = personal(1.0, least=0)
    precision: Parameter = personal(0.1, least=0, endless=True)

    fitted = {
        "phi": (0.0, 1.0),
        "delta": (0.0, 1.0),
        "rho": (0.0, 1.0),
        "experience": (0.0, 20.0),
        "precision": (0.0, 10.0),
    }

    def begin(self, state: State, problem: Problem) -> State:
        """Begin at attractions of 0."""
        attraction = np.zeros((len(state["phi"]), problem.options))
        return {"attraction": attraction, "experienced": state["experience"]}

    def learn(self, state: State, lesson: Lesson) -> State:
        """Update attractions."""
        took, experienced = lesson.took(), state["experienced"]
        grown = state["rho"] * experienced + 1
        share = state["delta"] + (1 - state["delta"]) * took
        updated = (state["phi"] * experienced * state["attraction"] + share * lesson.brought()) / grown
        return {"attraction": updated, "experienced": grown}

    def weights(self, state: State, problem: Problem) -> Floats:
        """Choose by the logit of the attractions."""
        return logit(state["attraction"], state["precision"], np.zeros(problem.options))
