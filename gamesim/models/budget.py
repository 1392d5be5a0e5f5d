"""Ceilings on money, tokens and time that no run goes over, and what has been spent so far.

Before a request goes out, the most that it can cost is set aside; what it did cost is counted when it comes back.
So the ceiling holds with many requests in flight, as far as the length of a prompt tells its tokens.  Attempts that
came to nothing are not counted, since the server names no tokens for them.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from gamesim.errors import GamesimError, StoppedError
from gamesim.models import Completion, Gated, OnReply, Prompt, Wrapped
from gamesim.models.prices import Price, most_written, price_of, text_of, tokens_range

__all__ = ["Budget", "BudgetedModel", "Spent"]


@dataclass(frozen=True)
class Spent:
    """Running totals.

    Parameters
    ----------
    replies : int
        Answers that came.
    tokens_in, tokens_out : int
        Tokens of them, as the server counts; guessed from the length where it does not.
    cost : float
        US dollars, of models with a known price.
    seconds : float
        Since the budget began.
    """

    replies: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.without_price()}, ${self.cost:.4f}"

    def without_price(self) -> str:
        """Say what was spent, but for money."""
        return f"{self.replies:,} replies, {self.tokens_in + self.tokens_out:,} tokens"


class Budget:
    """What all models of a run may spend together; any thread may use it.

    Parameters
    ----------
    max_cost : float, optional
        US dollars.
    max_tokens : int, optional
        Tokens read and written.
    max_seconds : float, optional
        From now on.  Nothing is sent after it; what is under way may still take one attempt's time-out.

    Raises
    ------
    GamesimError
        If a ceiling is negative or no number.
    """

    def __init__(
        self,
        max_cost: float | None = None,
        max_tokens: float | None = None,
        max_seconds: float | None = None,
    ) -> None:
        for name, value in (("cost", max_cost), ("tokens", max_tokens), ("time", max_seconds)):
            if value is not None and not value >= 0:
                raise GamesimError(f"max-{name} must be 0 or more, not {value}")
        self.max_cost, self.max_tokens, self.max_seconds = max_cost, max_tokens, max_seconds
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._replies = self._tokens_in = self._tokens_out = 0
        self._cost = 0.0
        self._held_tokens = self._held_cost = 0.0
        self._held = 0
        self._stopped = ""

    @property
    def stopped(self) -> str:
        """Why nothing more is sent; empty while it is."""
        return self._stopped

    def spent(self) -> Spent:
        """Give the totals so far."""
        with self._lock:
            seconds = time.monotonic() - self._began
            return Spent(self._replies, self._tokens_in, self._tokens_out, self._cost, seconds)

    def check(self) -> None:
        """Raise `StoppedError` if a ceiling was reached."""
        if self._stopped:
            raise StoppedError(self._stopped)

    def seconds_left(self) -> float:
        """Give the time until the ceiling on time."""
        if self.max_seconds is None:
            return math.inf
        return self.max_seconds - (time.monotonic() - self._began)

    def hold(self, tokens: float, cost: float) -> bool:
        """Set aside what a request may come to.

        Returns
        -------
        bool
            False if it must wait for others to come back, which may have cost less than was set aside.

        Raises
        ------
        StoppedError
            If it does not fit.
        """
        with self._lock:
            if self.seconds_left() <= 0:
                self._stop(f"the ceiling of {self.max_seconds:g} s is reached")
            for most, used, more, held, name in (
                (self.max_cost, self._cost, cost, self._held_cost, "$"),
                (self.max_tokens, self._tokens_in + self._tokens_out, tokens, self._held_tokens, ""),
            ):
                if most is None or used + held + more <= most:
                    continue
                if self._held and used + more <= most:
                    return False
                unit = f"${most:g}" if name else f"{most:g} tokens"
                self._stop(f"the ceiling of {unit} is reached; the next request might go over it")
            self._held += 1
            self._held_tokens += tokens
            self._held_cost += cost
            return True

    def release(self, tokens: float, cost: float) -> None:
        """Take back what was set aside for a request."""
        with self._lock:
            self._held -= 1
            # Without requests under way nothing is set aside, whatever rounding left.
            self._held_tokens = self._held_tokens - tokens if self._held else 0.0
            self._held_cost = self._held_cost - cost if self._held else 0.0

    def count(self, tokens_in: int, tokens_out: int, cost: float) -> None:
        """Add what a reply did cost."""
        with self._lock:
            self._replies += 1
            self._tokens_in += tokens_in
            self._tokens_out += tokens_out
            self._cost += cost

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        raise StoppedError(reason)


class BudgetedModel(Wrapped):
    """A model that keeps to a budget.

    Parameters
    ----------
    model : Gated
        The real one.
    budget : Budget
        Shared by all models of a run.
    max_new_tokens : int
        Most tokens of an answer, thinking included.
    price : Price, optional
        `price_of` its name unless given.

    Raises
    ------
    GamesimError
        If there is a ceiling on cost but no price.
    """

    model: Gated

    def __init__(self, model: Gated, budget: Budget, max_new_tokens: int, price: Price | None = None) -> None:
        super().__init__(model)
        self.budget, self.max_new_tokens = budget, max_new_tokens
        self.price = price or price_of(model.name)
        if budget.max_cost is not None and self.price is None:
            raise GamesimError(
                f"no price is known for {model.name!r}, so a ceiling on cost cannot be kept; write "
                f'{{"{model.name}": {{"input": 0, "output": 0}}}} with its US dollars per million tokens (0 for a '
                "server of your own) into a file and name that in GAMESIM_PRICES, or give --max-tokens instead"
            )

    def complete_each(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], on_reply: OnReply | None = None
    ) -> Sequence[Completion]:
        """Answer each prompt once, as far as the budget goes; the rest is `Completion.stopped`."""
        account = _Account(self, prompts)

        def counted(index: int, completion: Completion) -> None:
            account.settle(index, completion)
            if on_reply is not None:
                on_reply(index, completion)

        try:
            return self.model.complete_each(prompts, seeds, counted, account)
        finally:
            account.close()

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """Give a cost in US dollars, 0 without a price."""
        return self.price.cost(tokens_in, tokens_out) if self.price is not None else 0.0


class _Account:
    """The gate of one batch: what is set aside for each of its rows."""

    def __init__(self, model: BudgetedModel, prompts: Sequence[Prompt]) -> None:
        self._model, self._budget, self._prompts = model, model.budget, prompts
        self._held: dict[int, tuple[float, float]] = {}

    def seconds_left(self) -> float:
        return self._budget.seconds_left()

    def admit(self, index: int) -> bool:
        tokens = tokens_range(self._prompts[index])[1]
        most = most_written(self._prompts[index], self._model.max_new_tokens)
        held = (tokens + most, self._model.cost(tokens, most))
        if not self._budget.hold(*held):
            return False
        self._held[index] = held
        return True

    def give_up(self, index: int) -> None:
        if (held := self._held.pop(index, None)) is not None:
            self._budget.release(*held)

    def settle(self, index: int, completion: Completion) -> None:
        self.give_up(index)
        if completion.finish == "error" and not completion.tokens_in:
            return
        counted = (completion.tokens_in, completion.tokens_out)
        if not completion.tokens_in:
            prompt, said = self._prompts[index], len(completion.text + completion.reasoning)
            most = most_written(prompt, self._model.max_new_tokens)
            counted = (round(len(text_of(prompt)) / 4), min(round(said / 4), most))
        self._budget.count(*counted, self._model.cost(*counted))

    def close(self) -> None:
        """Give back what an interrupted batch had set aside."""
        for index in list(self._held):
            self.give_up(index)
