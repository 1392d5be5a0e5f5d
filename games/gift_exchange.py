"""The gift exchange game: a wage comes first, effort is free to follow.

======  ========  =================  =======
role    decision  range              unit
======  ========  =================  =======
firm    wage      lowest to highest  money
worker  effort    0.1 to 1           numbers
======  ========  =================  =======

A firm earns ``(value - wage) * effort`` and a worker ``wage - fixed - cost of effort``.  Costs of 0.1, 0.2, ..., 1
are 0, 1, 2, 4, 6, 8, 10, 12, 15 and 18.  Payoffs and defaults are those of Fehr, Kirchsteiger & Riedl (1993), whose
firms and workers met in an auction with more workers than firms; here every firm has its worker.

Selfish players: the worker makes the least effort, so the firm pays the lowest wage.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gamesim.actions import plain
from gamesim.errors import GamesimError
from gamesim.game import ActionSpace, Amount, Floats, Game, Play, parameter, stage

COSTS = np.array([0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0])
EFFORTS = Amount(0.1, 1.0, 0.1, unit="numbers")


@dataclass(frozen=True)
class GiftExchange(Game):
    """A firm sets a wage and a worker chooses an effort that costs (Fehr, Kirchsteiger & Riedl 1993)."""

    value: float = parameter(126.0, unit="money", above=0, help="what effort 1 is worth to the firm")
    fixed: float = parameter(26.0, unit="money", least=0, help="what working costs at any effort")
    lowest: float = parameter(30.0, unit="money", least=0, help="smallest wage")
    highest: float = parameter(125.0, unit="money", above=0, help="largest wage")
    step: float = parameter(5.0, unit="money", above=0, help="distance between wages")

    roles = ("firm", "worker")
    equilibrium = "the lowest wage and the least effort"
    efficiency = "whichever wage and effort have the largest sum"
    stake_parameter = "value"
    sources = (
        "Fehr, Kirchsteiger & Riedl 1993, Quarterly Journal of Economics 108:437-459",
        "Akerlof 1982, Quarterly Journal of Economics 97:543-569",
    )
    rules = {
        "firm": (
            "You are a firm with one worker. You set a wage from {lowest} to {highest}. The worker learns it and then "
            "chooses an effort from 0.1 to 1. You earn {value} less the wage, times the effort. The worker earns the "
            "wage less {fixed} and less a cost that rises with effort: {costs}.",
            "There are two roles, firm and worker, and you are the firm. First you offer a wage between {lowest} and "
            "{highest}; then the worker, who cannot refuse it, decides on an effort between 0.1 and 1. Your profit is "
            "the effort times what the wage leaves of {value}. The worker keeps the wage minus {fixed} minus the cost "
            "of the effort ({costs}).",
            "You employ somebody and choose the wage, at least {lowest} and at most {highest}. Knowing the wage, your "
            "employee freely picks an effort, at least 0.1 and at most 1. You are paid the difference between {value} "
            "and the wage, multiplied by the effort. Your employee is paid the wage but bears {fixed} and the cost of "
            "effort: {costs}.",
        ),
        "worker": (
            "You are a worker at a firm. The firm set a wage from {lowest} to {highest}. You choose an effort from 0.1 "
            "to 1. You earn the wage less {fixed} and less a cost that rises with effort: {costs}. The firm earns "
            "{value} less the wage, times the effort.",
            "There are two roles, firm and worker, and you are the worker. The firm has offered a wage between "
            "{lowest} and {highest}, and you decide on an effort between 0.1 and 1. You keep the wage minus {fixed} "
            "minus the cost of the effort ({costs}). The firm's profit is the effort times what the wage leaves of "
            "{value}.",
            "You are employed at a wage that your employer chose, at least {lowest} and at most {highest}. You freely "
            "pick an effort, at least 0.1 and at most 1. You are paid the wage but bear {fixed} and the cost of "
            "effort: {costs}. Your employer is paid the difference between {value} and the wage, multiplied by the "
            "effort.",
        ),
    }
    ask = {
        "wage": (
            "What wage do you set?",
            "How much do you pay the worker?",
            "State the wage.",
        ),
        "effort": (
            "Your wage is {wage}. What effort do you choose?",
            "You are paid {wage}. How much effort do you make?",
            "The wage was set at {wage}. State your effort.",
        ),
    }
    recall = {
        "firm": "you paid {wage}, the worker's effort was {effort}, and you earned {earned}",
        "worker": "you were paid {wage}, your effort was {effort}, and you earned {earned}",
    }

    def check(self) -> None:
        """Refuse wages that leave no choice."""
        if self.lowest >= self.highest:
            raise GamesimError(
                f"gift_exchange: lowest = {self.lowest!r} must be below highest = {self.highest!r}"
            )

    @stage(by="firm")
    def wage(self, play: Play) -> ActionSpace:
        """Choose the wage."""
        return Amount(self.lowest, self.highest, self.step)

    @stage(by="worker", sees=("wage",))
    def effort(self, play: Play) -> ActionSpace:
        """Choose the effort."""
        return EFFORTS

    def payoffs(self, play: Play) -> Mapping[str, Floats]:
        """Pay the firm its part of the product and the worker the wage less costs."""
        firm, worker = self._earned(play["wage"], play["effort"])
        return {"firm": firm, "worker": worker}

    def _earned(self, wage: Floats, effort: Floats) -> tuple[Floats, Floats]:
        place = np.nan_to_num(np.round(effort * 10) - 1).astype(np.int64)
        return (self.value - wage) * effort, wage + 0 * effort - self.fixed - COSTS[place]

    def feedback(self, play: Play) -> Mapping[str, Mapping[str, Floats]]:
        """Tell the firm the effort and the worker the wage."""
        return {"firm": {"effort": play["effort"]}, "worker": {"wage": play["wage"]}}

    def facts(self) -> Mapping[str, float | str]:
        """List what every effort costs."""
        pairs = zip(EFFORTS.support(), COSTS, strict=True)
        return {"costs": ", ".join(f"{plain(effort)} costs {self.money(cost)}" for effort, cost in pairs)}

    def selfish(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Pay the lowest wage; make the least effort."""
        return np.full(size, self.lowest if stage == "wage" else 0.1)

    def equal_split(self, stage: str, seen: Mapping[str, Floats], size: int) -> Floats:
        """Bring what both earn as near as can be: the firm for full effort, the worker for the wage that is paid."""
        if stage == "wage":
            wages = Amount(self.lowest, self.highest, self.step).support()
            firm, worker = self._earned(wages, np.ones(len(wages)))
            return np.full(size, wages[np.abs(firm - worker).argmin()])
        efforts = EFFORTS.support()
        firm, worker = self._earned(seen["wage"][:, None], efforts[None, :])
        nearest: Floats = efforts[np.abs(firm - worker).argmin(axis=1)]
        return nearest

    def efficient_payoff(self) -> float:
        """Give the largest sum over all wages and efforts."""
        wages = Amount(self.lowest, self.highest, self.step).support()
        firm, worker = self._earned(wages[:, None], EFFORTS.support()[None, :])
        return float((firm + worker).max())
