"""Free answers in left-padded batches, every draw keyed by its row's seed.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch

from gamesim.errors import GamesimError
from gamesim.models import Sampling
from gamesim.models.draws import SeededDraw
from gamesim.models.memory import Room, in_halves

__all__ = ["write_answers"]

_SHARE_FROM = 16
"""A prompt asked fewer times is not worth a batch of its own."""


def write_answers(
    model: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
    stop_tokens: Sequence[int],
    *,
    room: Room,
) -> list[list[int]]:
    """Continue each prompt until a stop token or the most tokens allowed.

    Rows are batched by length.  A prompt that many rows share is read once, and they start from its keys and
    values.

    Parameters
    ----------
    model : transformers causal language model
        In evaluation mode, without generation settings of its own.
    prompts : sequence of sequence of int
        Tokens of each prompt, at least one.
    seeds : sequence of int
        One a row.
    sampling : Sampling
        Applied at every token.
    stop_tokens : sequence of int
        Tokens that end an answer.
    room : Room
        How much a batch may hold, answers included; a single longer row is a batch of its own.  Shrunk where
        memory holds less.

    Returns
    -------
    list of list of int
        Tokens of each answer, the stop token included.

    Raises
    ------
    GamesimError
        If a prompt and its answer are longer than the model can read.
    """
    new = sampling.max_new_tokens
    limit = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = max(map(len, prompts), default=0) + new
    if limit is not None and longest > limit:
        raise GamesimError(
            f"a prompt with its answer may have {longest} tokens; the model reads at most {limit}"
        )
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, prompt in enumerate(prompts):
        groups.setdefault(tuple(prompt), []).append(place)
    shared = [places for places in groups.values() if len(places) >= _SHARE_FROM]
    others = [place for places in groups.values() if len(places) < _SHARE_FROM for place in places]
    result: list[list[int]] = [[]] * len(prompts)
    with torch.inference_mode():
        others.sort(key=lambda place: len(prompts[place]))
        for places in [others, *shared]:
            cache = None if places is others else _read(model, prompts[places[0]])
            work = partial(_write_batch, model, prompts, seeds, sampling, stop_tokens, cache)
            for batch in _cut(places, [len(prompts[place]) + new for place in places], room):
                width = len(prompts[batch[-1]]) + new
                for place, answer in zip(
                    batch, in_halves(batch, work, width, room, model.device), strict=True
                ):
                    result[place] = answer
    return result


def _cut(places: list[int], widths: list[int], room: Room) -> Iterator[list[int]]:
    """Cut rows, sorted by width, where a batch would hold too many tokens."""
    start = 0
    for stop, width in enumerate(widths):
        if stop > start and (stop + 1 - start) * width > room.tokens:
            yield places[start:stop]
            start = stop
    if places:
        yield places[start:]


def _read(model: Any, prompt: Sequence[int]) -> list[tuple[Any, Any]] | None:
    """Compute keys and values of all but the last token of a prompt, for models that keep nothing else."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    if len(prompt) < 2:
        return None
    ids = torch.tensor([list(prompt[:-1])], device=model.device)
    cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    if not isinstance(cache, DynamicCache) or any(type(layer) is not DynamicLayer for layer in cache.layers):
        return None
    return [(layer.keys, layer.values) for layer in cache.layers]


def _write_batch(
    model: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
    stop_tokens: Sequence[int],
    cache: list[tuple[Any, Any]] | None,
    batch: Sequence[int],
) -> list[list[int]]:
    """Write one answer to each prompt of one batch."""
    from transformers import DynamicCache, GenerationConfig

    rows = [prompts[place] for place in batch]
    width, pad = max(map(len, rows)), stop_tokens[0]
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=model.device)
    seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=model.device)
    start: dict[str, Any] = {}
    if cache is not None:
        count = len(rows)
        spread = [(k.expand(count, -1, -1, -1), v.expand(count, -1, -1, -1)) for k, v in cache]
        start = {"past_key_values": DynamicCache(spread)}
    output = model.generate(
        input_ids=ids,
        attention_mask=seen,
        generation_config=GenerationConfig(
            do_sample=False,
            max_new_tokens=sampling.max_new_tokens,
            eos_token_id=list(stop_tokens),
            pad_token_id=pad,
        ),
        logits_processor=[SeededDraw(sampling, [seeds[place] for place in batch], width)],
        **start,
    )
    answers = []
    for written in output[:, width:].tolist():
        ends = (place for place, token in enumerate(written) if token in stop_tokens)
        answers.append(written[: next(ends, len(written) - 1) + 1])
    return answers
