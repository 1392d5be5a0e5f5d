"""The agents of a simulation as Mesa sees them, over the arrays that hold them."""

from __future__ import annotations

import math

import mesa


class Player(mesa.discrete_space.CellAgent):
    """One agent, for those who look at the model as Mesa does; the arrays behind it are the model's.

    Parameters
    ----------
    model : Simulation
    number : int
        Of the agent in the simulation.
    role : str
        That it holds.
    """

    def __init__(self, model: mesa.Model, number: int, role: str) -> None:
        super().__init__(model)
        self.number = number
        self.role = role

    @property
    def session(self) -> int:
        """Session of the agent."""
        return self.number // int(self.model.cast.n)

    @property
    def policy(self) -> str:
        """Name of the policy that decides for it."""
        return str(self.model.labels[self.model.cast.policy[self.number]])

    @property
    def wealth(self) -> float:
        """What it earned so far, in game units; rounds of void groups do not count."""
        return float(self.model.wealth[self.number])

    @property
    def actions(self) -> dict[str, float]:
        """What it did in the last round, by stage, of a message its length; NaN where it made no decision."""
        stages = [each.name for each in self.model.game.stages if each.by == self.role]
        return {stage: float(self.model.actions(stage)[self.number]) for stage in stages}

    @property
    def action(self) -> float:
        """What it did in the last round, at the first of its stages; NaN where it made no decision."""
        return next(iter(self.actions.values()), math.nan)
