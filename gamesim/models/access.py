"""What stands between a run and the models that it asks: a cache of replies, and a budget."""

from __future__ import annotations

from gamesim.models import Gated, LanguageModel
from gamesim.models.budget import Budget, BudgetedModel
from gamesim.models.cache import ReplyCache
from gamesim.models.forecast import Forecast
from gamesim.models.stored import StoredModel

__all__ = ["Access"]


class Access:
    """The way to all served models of one run.

    Parameters
    ----------
    budget : Budget
        What they may spend together.
    cache : bool
        Whether replies are read from the cache and kept in it.
    dry : bool
        Whether nothing is sent and calls are only counted.
    """

    def __init__(self, budget: Budget, cache: bool = True, dry: bool = False) -> None:
        self.budget = budget
        self._dry = dry
        self._forecasts: list[Forecast] = []
        self._wanted = cache
        self._cache: ReplyCache | None = None
        self._used = False

    def to(self, model: Gated, max_new_tokens: int) -> LanguageModel:
        """Give a model behind budget and cache; what is found in the cache is free.

        Parameters
        ----------
        model : Gated
            The served model.
        max_new_tokens : int
            Most tokens of an answer.
        """
        self._used = True
        if self._dry:
            self._forecasts.append(Forecast(model, max_new_tokens))
            return self._forecasts[-1]
        guarded = BudgetedModel(model, self.budget, max_new_tokens)
        if not self._wanted:
            return guarded
        if self._cache is None:
            self._cache = ReplyCache()
        return StoredModel(guarded, self._cache)

    def spent(self) -> str:
        """Say what was spent, or would be; nothing where no served model was used."""
        if self._dry:
            return "; ".join(f"{each.name}: {each.estimate()}" for each in self._forecasts)
        return str(self.budget.spent()) if self._used else ""

    def close(self) -> None:
        """Close the cache."""
        if self._cache is not None:
            self._cache.close()
