"""People on record, conditional on their own and others' last move, where records have sequences."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesim.distribution import ActionDistribution, spread
from gamesim.errors import GamesimError
from gamesim.humans import Kernel, check_rules, kernels
from gamesim.observation import Observations
from gamesim.policy import ExactPolicy, Setting

TOLD = {
    "bomb_risk.open": "exploded",
    "public_goods.contribute": "others_mean",
    "prisoners_dilemma.choose": "other",
}
"""What was seen after the last choice, by the name under which the game tells it."""


@dataclass(frozen=True)
class HumanKernel(ExactPolicy):
    """Draws the next choice from records of people with the same last choice and the same last outcome."""

    def prepare(self, setting: Setting) -> "HumanKernel":
        """Refuse decisions without recorded sequences."""
        for stage in setting.decisions():
            decision = f"{setting.game.name}.{stage}"
            if decision not in kernels():
                known = ", ".join(sorted(kernels()))
                raise GamesimError(
                    f"human_kernel: no sequences on record for {decision} (there are: {known})"
                )
            check_rules("human_kernel", decision, kernels()[decision].parameters, setting.game)
        ready = copy.copy(self)
        used = [kernels()[f"{setting.game.name}.{stage}"] for stage in setting.decisions()]
        object.__setattr__(ready, "_used", used)
        return ready

    def describe(self) -> dict[str, Any]:
        """Add the bodies of records it draws from."""
        used = self._kernels()
        return super().describe() | {
            "trained_on": sorted({each.dataset for each in used}),
            "references": [each.name for each in used],
        }

    def notes(self) -> list[str]:
        """Say where the records come from."""
        return [f"human_kernel: {each.name}: {each.note}" for each in self._kernels()]

    def _kernels(self) -> list[Kernel]:
        return list(getattr(self, "_used", []))

    def distribution(self, obs: Observations) -> ActionDistribution:
        """Look the last round up."""
        kernel = kernels()[obs.decision]
        scale = 1.0 if kernel.labels else float(obs.space.support()[-1])
        own = np.full(len(obs), np.nan)
        seen = np.full(len(obs), np.nan)
        if len(obs.past):
            last = obs.past.recent(1)
            own = last.own(obs.stage)[0] / scale
            if obs.decision in TOLD:
                told = last.told(TOLD[obs.decision])[0]
                seen = told / scale if TOLD[obs.decision] == "others_mean" else told
        pairs, row = np.unique(np.column_stack([own, seen]), axis=0, return_inverse=True)
        legal = obs.space.support()
        probabilities = kernel.probabilities(pairs[:, 0], pairs[:, 1])
        if not kernel.labels:
            probabilities = probabilities @ spread(probabilities.shape[1], len(legal))
        return ActionDistribution(legal, probabilities, row.ravel().astype(np.int64))
