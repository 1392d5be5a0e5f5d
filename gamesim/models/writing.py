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
from gamesim.models.beginnings import Alike, group_by_beginning
from gamesim.models.draws import SeededDraw
from gamesim.models.memory import Room, in_halves

__all__ = ["write_answers"]

_SHARE_FROM = 512
_SHARE_FROM_GPU = 8192
"""Tokens that a common beginning must save: a batch of its own is written token by token."""


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

    Rows are batched by length.  What many rows begin with, up to the whole prompt, is read once, and they start
    from its keys and values.

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
    limit = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = max(map(len, prompts), default=0) + sampling.max_new_tokens
    if limit is not None and longest > limit:
        raise GamesimError(
            f"a prompt with its answer may have {longest} tokens; the model reads at most {limit}"
        )
    least = _SHARE_FROM if model.device.type == "cpu" else _SHARE_FROM_GPU
    result: list[list[int]] = [[]] * len(prompts)
    with torch.inference_mode():
        alone: list[int] = []
        for group in group_by_beginning(prompts, least):
            cache = _read(model, prompts[group.places[0]][: group.length]) if group.length else None
            if cache is None:
                alone += group.places
            else:
                _write_rows(model, prompts, seeds, sampling, stop_tokens, cache, group, room, result)
        if alone:
            _write_rows(model, prompts, seeds, sampling, stop_tokens, [], Alike(alone, 0), room, result)
    return result


def _write_rows(
    model: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
    stop_tokens: Sequence[int],
    cache: list[tuple[Any, Any]],
    group: Alike,
    room: Room,
    result: list[list[int]],
) -> None:
    """Write the answers of rows that begin alike into their places."""
    places = sorted(group.places, key=lambda place: len(prompts[place]))
    work = partial(_write_batch, model, prompts, seeds, sampling, stop_tokens, cache, group.length)
    widths = [len(prompts[place]) + sampling.max_new_tokens for place in places]
    for batch in _cut(places, widths, room):
        width = len(prompts[batch[-1]]) + sampling.max_new_tokens
        for place, answer in zip(batch, in_halves(batch, work, width, room, model.device), strict=True):
            result[place] = answer


def _cut(places: list[int], widths: list[int], room: Room) -> Iterator[list[int]]:
    """Cut rows, sorted by width, where a batch would hold too many tokens."""
    start = 0
    for stop, width in enumerate(widths):
        if stop > start and (stop + 1 - start) * width > room.tokens:
            yield places[start:stop]
            start = stop
    if places:
        yield places[start:]


def _read(model: Any, beginning: Sequence[int]) -> list[tuple[Any, Any]] | None:
    """Compute keys and values of a beginning; None for models that keep anything else."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    ids = torch.tensor([list(beginning)], device=model.device)
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
    cache: list[tuple[Any, Any]],
    shared: int,
    batch: Sequence[int],
) -> list[list[int]]:
    """Write one answer to each prompt of one batch."""
    from transformers import DynamicCache, GenerationConfig

    rows = [prompts[place] for place in batch]
    width, pad = max(map(len, rows)), stop_tokens[0]
    # Padding stands between what was read already and the rest of a row.
    gaps = [width - len(row) for row in rows]
    padded = [[*row[:shared], *[pad] * gap, *row[shared:]] for row, gap in zip(rows, gaps, strict=True)]
    told = [[1] * shared + [0] * gap + [1] * (width - shared - gap) for gap in gaps]
    ids = torch.tensor(padded, device=model.device)
    seen = torch.tensor(told, device=model.device)
    start: dict[str, Any] = {}
    if cache:
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
