"""What stands between a run and the models that it asks: a cache of replies, and a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gamesim.models import Completion, Gated, LanguageModel, OnReply, Prompt, Replying, Wrapped
from gamesim.models.budget import Budget, BudgetedModel, Spent
from gamesim.models.cache import ReplyCache
from gamesim.models.forecast import Forecast
from gamesim.models.stored import StoredModel

__all__ = ["Access", "Underway", "Watching"]


@dataclass(frozen=True)
class Underway:
    """How far a batch has come.

    Parameters
    ----------
    done, asked : int
        Answers that are there, from the cache or a server, and how many are wanted.
    spent : Spent
        By all models of the run so far.
    priced : bool
        Whether the price of every model is known.
    """

    done: int
    asked: int
    spent: Spent
    priced: bool

    def __str__(self) -> str:
        tokens = self.spent.tokens_in + self.spent.tokens_out
        money = [f"${self.spent.cost:,.2f}"] if self.priced else []
        return " · ".join([f"{self.done:,} of {self.asked:,} answers", *money, f"{_short(tokens)} tokens"])


@runtime_checkable
class Watching(Protocol):
    """Whoever watches a run being played: its rounds, and the answers within a round."""

    def __call__(self, done: int, total: int) -> None:
        """Take note of rounds done and rounds in all."""

    def answers(self, underway: Underway) -> None:
        """Take note of an answer; possibly in another thread."""


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
    watch : callable, optional
        Called with `Underway` whenever an answer has come; possibly in another thread.
    """

    def __init__(
        self,
        budget: Budget,
        cache: bool = True,
        dry: bool = False,
        watch: Callable[[Underway], None] | None = None,
    ) -> None:
        self.budget = budget
        self._dry = dry
        self._watch = watch
        self._forecasts: list[Forecast] = []
        self._wanted = cache
        self._cache: ReplyCache | None = None
        self._used, self._priced = False, True

    def to(self, model: Gated, max_new_tokens: int) -> LanguageModel:
        """Give a model behind budget and cache; what is found in the cache is free.

        Parameters
        ----------
        model : Gated
            The served model.
        max_new_tokens : int
            Most tokens of an answer; what the model may think with comes on top.
        """
        self._used = True
        most = max_new_tokens + model.sampling.thinking
        if self._dry:
            self._forecasts.append(Forecast(model, most))
            return self._forecasts[-1]
        guarded = BudgetedModel(model, self.budget, most)
        self._priced = self._priced and guarded.price is not None
        if not self._wanted:
            return self._watched(guarded)
        if self._cache is None:
            self._cache = ReplyCache()
        return self._watched(StoredModel(guarded, self._cache))

    def spent(self) -> str:
        """Say what was spent, or would be; nothing where no served model was used."""
        if self._dry:
            return "; ".join(f"{each.name}: {each.estimate()}" for each in self._forecasts)
        if not self._used:
            return ""
        spent = self.budget.spent()
        return str(spent) if self._priced else f"{spent.without_price()}, price unknown"

    def paid(self) -> bool:
        """Tell whether any served model has answered."""
        return self.budget.spent().replies > 0

    def close(self) -> None:
        """Close the cache."""
        if self._cache is not None:
            self._cache.close()

    def _watched(self, model: Replying) -> LanguageModel:
        return model if self._watch is None else _Watched(model, self._tell)

    def _tell(self, done: int, asked: int) -> None:
        if self._watch is not None:
            self._watch(Underway(done, asked, self.budget.spent(), self._priced))


class _Watched(Wrapped):
    """A model that tells of each answer as it arrives."""

    def __init__(self, model: Replying, tell: Callable[[int, int], None]) -> None:
        super().__init__(model)
        self._tell = tell

    def complete_each(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], on_reply: OnReply | None = None
    ) -> Sequence[Completion]:
        done = 0

        def count(row: int, completion: Completion) -> None:
            nonlocal done
            done += 1
            self._tell(done, len(prompts))
            if on_reply is not None:
                on_reply(row, completion)

        return self.model.complete_each(prompts, seeds, count)


def _short(number: int) -> str:
    """Write a number to three figures: 950, 312k, 1.25M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}" if number < 1000 * unit else f"{number / unit:,.0f}{name}"
    return str(number)
