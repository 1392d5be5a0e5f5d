"""A language model that answers from the cache first, and asks the real one only for what is not there."""

from __future__ import annotations

from collections.abc import Sequence

from gamesim.models import Completion, OnReply, Prompt, Replying, Wrapped
from gamesim.models.cache import ReplyCache

__all__ = ["StoredModel"]


class StoredModel(Wrapped):
    """A model with its cache; equal prompt and equal seed are asked once, ever.

    Parameters
    ----------
    model : Replying
        The real one.
    cache : ReplyCache
        Where its replies are kept.
    """

    def __init__(self, model: Replying, cache: ReplyCache) -> None:
        super().__init__(model)
        self.cache = cache
        self.found = self.asked = 0

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
        answers = self.model.complete_each(asked, draws, keep)
        # Rows that were never sent were not handed over.
        for each, completion in zip(wanted, answers, strict=True):
            for row in rows[each]:
                result[row] = result[row] or completion
        return [each for each in result if each is not None]
