"""Exact probabilities of many answers in one forward pass a prompt.

The answer tree of a prompt is laid behind the prompt in one row.  A mask lets each node see the prompt and
the nodes above it, and its position is its depth, so that every node computes what it would at the end of its
own answer.  Rows of several prompts are padded into batches; what several prompts begin with is computed once for
all of them.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.models import Sampling
from gamesim.models.beginnings import group_by_beginning
from gamesim.models.draws import log_probabilities
from gamesim.models.memory import Room, in_halves
from gamesim.models.trie import AnswerTrie

__all__ = ["check_attention", "score_rows"]

_SHARE_FROM = 32
_SHARE_FROM_GPU = 1024
"""Tokens that a common beginning must save: a pass of its own costs about as much as reading so many."""

_CHUNK_ELEMENTS = 1 << 25
"""Most logits that sampling settings are applied to at once."""


def score_rows(
    model: Any,
    prompts: Sequence[Sequence[int]],
    tries: Sequence[AnswerTrie],
    sampling: Sampling,
    *,
    room: Room,
) -> list[NDArray[np.float64]]:
    """Give the log-probability of every answer of every prompt.

    Parameters
    ----------
    model : transformers causal language model
        With full attention, in evaluation mode.
    prompts : sequence of sequence of int
        Tokens of each prompt, none empty.
    tries : sequence of AnswerTrie
        The answers of each prompt.
    sampling : Sampling
        Applied at every token.
    room : Room
        How much a batch may hold; a single longer row is a batch of its own.  Shrunk where memory holds less.

    Returns
    -------
    list of (L,) float array
        Natural logarithms, in the order of `prompts`.

    Raises
    ------
    GamesimError
        If a prompt is longer than the model can read, or the model's attention cannot take a tree.
    """
    _check_lengths(model, prompts, tries)
    result: list[NDArray[np.float64]] = [np.empty(0)] * len(prompts)
    least = _SHARE_FROM if model.device.type == "cpu" else _SHARE_FROM_GPU
    with torch.inference_mode():
        for group in group_by_beginning(prompts, least):
            shared = group.length
            prefix = _prefix_cache(model, prompts[group.places[0]][:shared]) if shared else None
            rests = {place: list(prompts[place][shared:]) for place in group.places}
            work = partial(_score_batch, model, rests, tries, prefix, shared, sampling)
            for batch in _batches(model, rests, tries, shared, room):
                width = max(len(rests[place]) + len(tries[place]) for place in batch)
                for place, values in zip(
                    batch, in_halves(batch, work, width, room, model.device), strict=True
                ):
                    result[place] = values
    return result


def check_attention(model: Any, prompt: Sequence[int], trie: AnswerTrie) -> None:
    """Compare one answer of a packed tree with the same answer read plainly.

    Some attention code ignores a given mask without a word; the probabilities would then be wrong.

    Parameters
    ----------
    model : transformers causal language model
        The model about to be used.
    prompt : sequence of int
        Tokens of one prompt.
    trie : AnswerTrie
        Its answers.

    Raises
    ------
    GamesimError
        If the next-token distributions differ by more than rounding.
    """
    _check_lengths(model, [prompt], [trie])
    nodes = trie.longest()
    with torch.inference_mode():
        try:
            packed = _forward(model, [list(prompt)], [trie], None, 0)[0][np.append(0, 1 + nodes)]
        except torch.OutOfMemoryError:
            raise
        except (ValueError, TypeError, RuntimeError) as error:
            raise GamesimError(
                f"{type(model).__name__} does not take a mask and positions that it is given, so exact "
                "probabilities cannot be had from it; sample instead"
            ) from error
        plain_ids = torch.tensor([[*prompt, *trie.tokens[nodes].tolist()]], device=model.device)
        plain = model(input_ids=plain_ids, logits_to_keep=1 + len(nodes), use_cache=False).logits[0]
        apart = (packed.float().softmax(-1) - plain.float().softmax(-1)).abs().sum(-1).max() / 2
    # Half precision rounds, and so does multiplication with quantised weights.
    exact = model.dtype == torch.float32 and getattr(model.config, "quantization_config", None) is None
    if not float(apart) < (1e-3 if exact else 0.1):
        raise GamesimError(
            f"the {model.config._attn_implementation} attention of {type(model).__name__} ignores the mask "
            "it is given, so exact probabilities cannot be had from it; sample instead, or open the model "
            'with attention="eager"'
        )


def _check_lengths(model: Any, prompts: Sequence[Sequence[int]], tries: Sequence[AnswerTrie]) -> None:
    config = model.config.get_text_config(decoder=True)
    longest = max(len(prompt) + trie.height for prompt, trie in zip(prompts, tries, strict=True))
    limit = getattr(config, "max_position_embeddings", None)
    if limit is not None and longest > limit:
        raise GamesimError(f"a prompt with its answer has {longest} tokens; the model reads at most {limit}")
    window = getattr(config, "sliding_window", None)
    everywhere = "full_attention" if window is None else "sliding_attention"
    kinds = set(getattr(config, "layer_types", None) or [everywhere])
    if kinds - {"full_attention", "sliding_attention"}:
        raise GamesimError(
            f"exact probabilities need plain attention and {type(model).__name__} has layers of another kind "
            f"({', '.join(sorted(kinds))}); sample instead"
        )
    if "sliding_attention" in kinds and window is not None and longest > window:
        raise GamesimError(
            f"a prompt with its answer has {longest} tokens, more than the attention window of {window}, "
            "and exact probabilities need it whole; sample instead"
        )


def _prefix_cache(model: Any, tokens: Sequence[int]) -> list[tuple[Any, Any]]:
    """Compute keys and values of a common beginning: a (1, heads, P, size) pair for each layer."""
    ids = torch.tensor([list(tokens)], device=model.device)
    cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    return [(layer.keys, layer.values) for layer in cache.layers]


def _batches(
    model: Any, rests: dict[int, list[int]], tries: Sequence[AnswerTrie], shared: int, room: Room
) -> Iterator[list[int]]:
    """Group rows of like length, so that little is spent on padding."""
    vocabulary = model.config.get_text_config(decoder=True).vocab_size
    batch: list[int] = []
    rest = nodes = 0
    for index in sorted(rests, key=lambda i: (len(tries[i]), len(rests[i]))):
        rest_with, nodes_with = max(rest, len(rests[index])), max(nodes, len(tries[index]))
        width, rows = rest_with + nodes_with, len(batch) + 1
        if batch and (
            rows * width > room.tokens
            or rows * width * (shared + width) > room.elements
            or rows * (1 + nodes_with) * vocabulary > room.elements
        ):
            yield batch
            batch, rest_with, nodes_with = [], len(rests[index]), len(tries[index])
        batch.append(index)
        rest, nodes = rest_with, nodes_with
    if batch:
        yield batch


def _score_batch(
    model: Any,
    rests: dict[int, list[int]],
    tries: Sequence[AnswerTrie],
    prefix: list[tuple[Any, Any]] | None,
    shared: int,
    sampling: Sampling,
    batch: Sequence[int],
) -> list[NDArray[np.float64]]:
    """Give the log-probability of every answer of the prompts of one batch."""
    trees = [tries[place] for place in batch]
    logits = _forward(model, [rests[place] for place in batch], trees, prefix, shared)
    return [
        tree.total(_edge_log_probabilities(rows[: 1 + len(tree)], tree, sampling))
        for rows, tree in zip(logits, trees, strict=True)
    ]


def _forward(
    model: Any,
    rests: list[list[int]],
    tries: Sequence[AnswerTrie],
    prefix: list[tuple[Any, Any]] | None,
    shared: int,
) -> Any:
    """Run one batch: a (B, 1 + nodes, V) tensor of logits, the first row of each at the end of its prompt."""
    from transformers import DynamicCache

    rows, end = len(rests), max(map(len, rests))
    width = end + max(map(len, tries))
    ids = np.zeros((rows, width), dtype=np.int64)
    positions = np.zeros((rows, width), dtype=np.int64)
    visible = np.zeros((rows, width, shared + width), dtype=np.bool_)
    visible[:, :, :shared] = True
    for row, (rest, trie) in enumerate(zip(rests, tries, strict=True)):
        start, stop = end - len(rest), end + len(trie)
        ids[row, start:end], ids[row, end:stop] = rest, trie.tokens
        positions[row, start:end] = np.arange(shared, shared + len(rest))
        positions[row, end:stop] = shared + len(rest) - 1 + trie.depth
        visible[row, start:end, shared + start : shared + end] = np.tri(len(rest), dtype=np.bool_)
        visible[row, end:stop, shared + start : shared + end] = True
        visible[row, end:stop, shared + end : shared + stop] = trie.ancestors
    # Padding sees itself, so that no row of the softmax is empty.
    visible[:, np.arange(width), shared + np.arange(width)] = True

    device, dtype = model.device, model.dtype
    # Additive and of the model's own type: eager attention adds whatever it gets, a boolean mask too.
    mask = torch.zeros(visible.shape, dtype=dtype, device=device)
    mask.masked_fill_(~torch.from_numpy(visible).to(device), torch.finfo(dtype).min)
    cache = None
    if prefix is not None:
        spread = [(k.expand(rows, -1, -1, -1), v.expand(rows, -1, -1, -1)) for k, v in prefix]
        cache = DynamicCache(spread)
    return model(
        input_ids=torch.from_numpy(ids).to(device),
        attention_mask=mask[:, None],
        position_ids=torch.from_numpy(positions).to(device),
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=width - end + 1,
    ).logits


def _edge_log_probabilities(logits: Any, trie: AnswerTrie, sampling: Sampling) -> NDArray[np.float64]:
    """Read the (E,) log-probabilities of the tree's edges off its (1 + N, V) logits."""
    row = torch.from_numpy(trie.edge_row).to(logits.device)
    token = torch.from_numpy(trie.edge_token).to(logits.device)
    found = torch.empty(len(row), dtype=torch.float32, device=logits.device)
    step = max(1, _CHUNK_ELEMENTS // logits.shape[-1])
    for start in range(0, logits.shape[0], step):
        here = (row >= start) & (row < start + step)
        table = log_probabilities(logits[start : start + step], sampling)
        found[here] = table[row[here] - start, token[here]]
    values: NDArray[np.float64] = found.cpu().numpy().astype(np.float64)
    return values
