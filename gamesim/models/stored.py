"""A language model that answers from the cache first, and asks the real one only for what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gamesim.models import Completion, LanguageModel, OnReply, Prompt, Replying
from gamesim.models.cache import ReplyCache

__all__ = ["StoredModel"]


class StoredModel:
    """A model with its cache.

    Parameters
    ----------
    model : LanguageModel
        The real one.
    cache : ReplyCache
        Where its replies are kept.
    """

    def __init__(self, model: LanguageModel, cache: ReplyCache) -> None:
        self.model, self.cache = model, cache
        self.found = self.asked = 0

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.model.name

    def describe(self) -> Mapping[str, Any]:
        """Give what the model says of itself: a run is the same with and without a cache."""
        return self.model.describe()

    def identity(self) -> Mapping[str, Any]:
        """Give what an answer depends on besides prompt and seed."""
        return self.model.identity() if isinstance(self.model, Replying) else self.model.describe()

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once; equal prompt and equal seed are asked once, ever."""
        return self.complete_each(prompts, seeds)

    def complete_each(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        on_reply: OnReply | None = None,
    ) -> Sequence[Completion]:
        """Answer each prompt once and hand over each answer as it arrives.

        What the real model answers is on disk before it is handed over.

        Parameters
        ----------
        prompts, seeds : sequences
            One a row.
        on_reply : callable, optional
            Called with row and completion.

        Returns
        -------
        sequence of Completion
            In the order of the rows.
        """
        identity = self.identity()
        result = self.cache.find(identity, prompts, seeds)
        rows: dict[tuple[Prompt, int], list[int]] = {}
        for row, found in enumerate(result):
            if found is None:
                rows.setdefault((prompts[row], seeds[row]), []).append(row)
            elif on_reply is not None:
                on_reply(row, found)
        wanted = list(rows)
        self.found += len(prompts) - len(wanted)
        self.asked += len(wanted)

        def keep(index: int, completion: Completion) -> None:
            prompt, seed = wanted[index]
            kept = self.cache.keep(identity, prompt, seed, completion)
            for row in rows[wanted[index]]:
                result[row] = kept
                if on_reply is not None:
                    on_reply(row, kept)

        asked, draws = [prompt for prompt, _ in wanted], [seed for _, seed in wanted]
        if isinstance(self.model, Replying):
            answers = self.model.complete_each(asked, draws, keep)
        else:
            answers = self.model.complete(asked, draws)
            for index, completion in enumerate(answers):
                keep(index, completion)
        # Rows that were never sent were not handed over.
        for each, completion in zip(wanted, answers, strict=True):
            for row in rows[each]:
                result[row] = result[row] or completion
        return [each for each in result if each is not None]
