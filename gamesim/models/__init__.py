"""Language models: a batch of prompts in, answers or exact probabilities out.

Two small protocols.  Every model completes; a model whose logits are at hand also scores, that is, gives
the probability of every answer in a list.  Nothing here knows games.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError

__all__ = ["Completion", "LanguageModel", "Prompt", "Sampling", "Scorer", "Scores"]


@dataclass(frozen=True)
class Prompt:
    """What a model reads: an optional system message and one user message.

    History is text inside the user message, as in the published behavioural benchmarks.
    """

    user: str
    system: str = ""


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn, applied at every token over the whole vocabulary.

    Parameters
    ----------
    temperature : float
        Logits are divided by it; must be positive.
    top_k : int
        Keep the k likeliest tokens; 0 keeps all.
    top_p : float
        Keep the smallest set of tokens that holds this mass; 1 keeps all.
    max_new_tokens : int
        Where a free answer is cut off (and counted as truncated).

    Raises
    ------
    GamesimError
        If a setting is out of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    max_new_tokens: int = 64

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise GamesimError(f"temperature must be positive, not {self.temperature}")
        if self.top_k < 0:
            raise GamesimError(f"top_k must be 0 or more, not {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise GamesimError(f"top_p must lie above 0 and be at most 1, not {self.top_p}")
        if self.max_new_tokens < 1:
            raise GamesimError(f"max_new_tokens must be at least 1, not {self.max_new_tokens}")


@dataclass(frozen=True)
class Completion:
    """One free answer.

    Parameters
    ----------
    text : str
        The answer as it came, special tokens removed.
    finish : str
        ``"stop"``, ``"length"`` (cut off) or ``"error"``.
    error : str
        Why there is no answer, when `finish` is ``"error"``.
    tokens_in, tokens_out : int
        Tokens read and written.
    """

    text: str
    finish: str = "stop"
    error: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Scores:
    """Exact log-probabilities of every answer of one prompt.

    Parameters
    ----------
    log_probability : (L,) float
        Natural log of the probability that the model, under its sampling settings, writes exactly this answer
        and ends; ``-inf`` where the settings cut it away.  Not renormalised.
    """

    log_probability: NDArray[np.float64]

    @property
    def legal_mass(self) -> float:
        """Probability that a free answer is one of the answers scored; at most 1, whatever rounding does."""
        return min(1.0, float(np.exp(self.log_probability).sum()))


class LanguageModel(Protocol):
    """Whatever answers prompts, all at once and in order."""

    @property
    def name(self) -> str:
        """Short name for tables."""

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once; equal prompt and equal seed give an equal answer, whatever the batch."""

    def describe(self) -> Mapping[str, Any]:
        """Give what a record needs: model, base, adapter, file hashes, settings."""


@runtime_checkable
class Scorer(Protocol):
    """A model whose probabilities are at hand."""

    def score(self, prompts: Sequence[Prompt], answers: Sequence[Sequence[str]]) -> Sequence[Scores]:
        """Give the exact probability of each answer, row by row."""
