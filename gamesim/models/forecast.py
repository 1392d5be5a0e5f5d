"""A served model that is not asked: it counts what it would be asked, for an estimate before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gamesim.models import Completion, LanguageModel, Prompt
from gamesim.models.prices import Estimate, estimate, price_of

__all__ = ["Forecast"]


class Forecast:
    """Stands where a served model would, and counts.

    Parameters
    ----------
    model : LanguageModel
        The model that would be asked.
    max_new_tokens : int
        Most tokens of an answer, thinking included.
    """

    def __init__(self, model: LanguageModel, max_new_tokens: int) -> None:
        self.model, self.max_new_tokens = model, max_new_tokens
        self._asked: Counter[Prompt] = Counter()

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.model.name

    def describe(self) -> Mapping[str, Any]:
        """Give what the model says of itself."""
        return self.model.describe()

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Count the prompts; no answer is an answer.

        Returns
        -------
        sequence of Completion
            All of them errors, so that none can be taken for what a model said.
        """
        self._asked.update(prompts)
        return [Completion("", finish="error", error="dry run: nothing was sent")] * len(prompts)

    def estimate(self) -> Estimate:
        """Estimate what asking would have taken, as if no answer were in the cache."""
        return estimate(self._asked.items(), self.max_new_tokens, price_of(self.name))
