"""From logits to draws: sampling settings applied to whole rows, and random numbers keyed by seed and step.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gamesim import streams
from gamesim.models import Sampling

__all__ = ["SeededDraw", "log_probabilities", "uniforms"]


def log_probabilities(logits: Any, sampling: Sampling) -> Any:
    """Apply temperature, top-k and top-p, in this order, to every row.

    Parameters
    ----------
    logits : (R, V) tensor
        Raw logits over the whole vocabulary.
    sampling : Sampling
        What to apply.  Top-k keeps tokens that tie with the k-th; top-p acts on what top-k has left.

    Returns
    -------
    (R, V) float32 tensor
        Log-probabilities of the next token; ``-inf`` for tokens cut away.
    """
    scaled = logits.float() / sampling.temperature
    size = scaled.shape[-1]
    if 0 < sampling.top_k < size:
        least = scaled.topk(sampling.top_k).values[:, -1:]
        kept = int((scaled >= least).sum(-1).max())
        values, index = scaled.topk(kept)
        values = values.masked_fill(values < least, -torch.inf)
    elif sampling.top_p < 1:
        values, index = scaled.sort(dim=-1, descending=True)
    else:
        return scaled.log_softmax(-1)
    values = values.log_softmax(-1)
    if sampling.top_p < 1:
        probability = values.exp()
        before = probability.cumsum(-1) - probability
        # The likeliest token stays whatever rounding does to its own sum.
        before[:, 0] = 0
        values = values.masked_fill(before >= sampling.top_p, -torch.inf).log_softmax(-1)
    return torch.full_like(scaled, -torch.inf).scatter_(-1, index, values)


def uniforms(seeds: NDArray[np.uint64], step: int) -> NDArray[np.float64]:
    """Draw one number in [0, 1) for each seed, a function of seed and step alone.

    Parameters
    ----------
    seeds : (B,) uint64
        One seed a row.
    step : int
        Which token of the answer it is, from 0.

    Returns
    -------
    (B,) float
        Uniform numbers with 53 random bits.
    """
    # Hashed once by themselves, since neighbouring seeds must not give neighbouring streams.
    own = streams.words(seeds, np.zeros(len(seeds), dtype=np.int64))
    return streams.uniforms(own, np.full(len(seeds), step))


class SeededDraw:
    """A logits processor that draws by itself, so that greedy decoding then takes the token drawn.

    Parameters
    ----------
    sampling : Sampling
        Applied at every token.
    seeds : sequence of int
        One seed a row, taken modulo 2**64.
    start : int
        Length of the padded prompts.
    """

    def __init__(self, sampling: Sampling, seeds: Sequence[int], start: int) -> None:
        self.sampling = sampling
        self.seeds = np.array([seed & 0xFFFFFFFFFFFFFFFF for seed in seeds], dtype=np.uint64)
        self.start = start

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Leave one token in every row, drawn by the inverse of the cumulative distribution."""
        probability = log_probabilities(scores, self.sampling).exp()
        exact = torch.float32 if scores.device.type == "mps" else torch.float64
        cumulative = probability.to(exact).cumsum(-1)
        level = torch.from_numpy(uniforms(self.seeds, input_ids.shape[1] - self.start))
        target = level.to(device=scores.device, dtype=exact)[:, None] * cumulative[:, -1:]
        drawn = torch.searchsorted(cumulative, target, right=True).clamp(max=scores.shape[-1] - 1)
        return torch.full_like(scores, -torch.inf).scatter_(-1, drawn, 0.0)
