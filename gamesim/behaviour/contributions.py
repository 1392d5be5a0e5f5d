"""What contributors to a public good share: what they believe others give, and a schedule of what they give then."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from gamesim.actions import Amount
from gamesim.behaviour.beliefs import updated
from gamesim.behaviour.outcomes import helps_others, names_told
from gamesim.behaviour.sizes import games_of
from gamesim.distribution import ActionDistribution, certain
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.past import Past, State
from gamesim.peers import MEAN
from gamesim.policy import ExactPolicy, Setting
from gamesim.streams import Draws, Floats


@dataclass(frozen=True)
class Contributor(ExactPolicy):
    """An agent that contributes by a schedule: a share of its money for each share that it believes others give.

    The belief of a round is ``drift + persistence * belief before + update * what the others gave before``, cut to 0 to
    1 (Fischbacher & Gaechter 2010, Table 1, model 3). Unless given, it is what the others gave in the last round. Where
    a contribution is asked for each amount that others may give on average (stages ``given_0``, ``given_1``, ...), it
    is that amount.  To those whose contributions are on the table already it does nothing more: it assigns no points.

    Parameters
    ----------
    start : Parameter
        Share that the others are believed to give in the first round, and after a round of which nothing is known.
    update : Parameter
        Weight of what the others gave in the last round in the belief; 0.415 in Fischbacher & Gaechter (2010).
    persistence : Parameter
        Weight of the belief of the last round; 0.569 there.
    drift : Parameter
        Share that is believed on top; 0.118 of 20 there, which is 0.0059.
    """

    start: Parameter = personal(0.5, least=0, most=1)
    update: Parameter = personal(1.0, least=0, most=1)
    persistence: Parameter = personal(0.0, least=0, most=1)
    drift: Parameter = personal(0.0, least=-1, most=1)

    folds: ClassVar[bool] = True

    fitted: ClassVar[Mapping[str, tuple[float, float]]] = {
        "start": (0.0, 1.0),
        "update": (0.0, 1.0),
        "persistence": (0.0, 1.0),
        "drift": (-0.2, 0.2),
    }

    def prepare(self, setting: Setting) -> Self:
        """Refuse games without contributions."""
        for stage in setting.decisions():
            check_contributions(self.agent_name(), setting, stage)
        return self

    @abstractmethod
    def schedule(self, believed: Floats, obs: Observations) -> Floats:
        """Give the share to contribute: (D,) float, from the share that others are believed to give."""

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Put all probability on the amount of the schedule."""
        assert isinstance(obs.space, Amount)
        if MEAN in obs.game.stage(obs.stage).sees:
            return nothing(obs)
        believed = self._believed(obs)
        if given := re.fullmatch(r"given_(\d+)", obs.stage):
            believed = np.full(len(obs), float(given[1]) / _most(obs))
        return certain(obs.space.nearest(self.schedule(believed, obs) * obs.space.high))

    def _believed(self, obs: Observations) -> Floats:
        """Give the share that the others are believed to give now: (D,) float."""

        def start(person: Draws) -> State:
            weights = {name: getattr(self, name) for name in ("start", "update", "persistence", "drift")}
            state = {name: value.of_persons(person) for name, value in weights.items()}
            return state | {"believed": state["start"]}

        def step(state: State, past: Past) -> State:
            given = past.told(MEAN)[0] / _most(obs)
            weights = (state[name] for name in ("update", "persistence", "drift"))
            return state | {"believed": updated(state["start"], state["believed"], given, *weights)}

        return obs.fold("belief", start, step)["believed"]


def nothing(obs: Observations) -> ActionDistribution:
    """Put all probability on the least."""
    return certain(obs.space.nearest(np.full(len(obs), -np.inf)))


def _most(obs: Observations) -> float:
    space = obs.game.space_at_most(obs.stage)
    assert isinstance(space, Amount)
    return float(space.high)


def check_contributions(agent: str, setting: Setting, stage: str) -> None:
    """Refuse decisions that are neither contributions, with others told of by their mean, nor an answer to these.

    Raises
    ------
    GamesimError
        Naming the agent and the decision.
    """
    known = MEAN in names_told(setting.game, setting.game.decider(stage))
    amount = isinstance(setting.game.space_at_most(stage), Amount)
    answers = MEAN in setting.game.stage(stage).sees
    if not (known and amount and (answers or all(helps_others(game, stage) for game in games_of(setting)))):
        raise GamesimError(
            f"{agent} decides on contributions, of which each is told the others' mean, not on "
            f"{setting.game.name}.{stage}"
        )
