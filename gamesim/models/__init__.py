"""Language models: a batch of prompts in, answers or exact probabilities out.

Two small protocols.  Every model completes; a model whose logits are at hand also scores, that is, gives
the probability of every answer in a list.  Nothing here knows games.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gamesim.errors import GamesimError

__all__ = [
    "Completion",
    "Gate",
    "Gated",
    "LanguageModel",
    "OnReply",
    "Prompt",
    "Replying",
    "Sampling",
    "Scorer",
    "Scores",
    "Wrapped",
]

STOPPED = "stopped: "
"""How the error begins where a batch was stopped before there was an answer."""


@dataclass(frozen=True)
class Prompt:
    """What a model reads: an optional system message, earlier turns if any, and one user message.

    Parameters
    ----------
    user : str
        The last message.  History is text in it, as in the published behavioural benchmarks, unless it is told as
        turns of a chat.
    system : str
        The system message.
    earlier : tuple of (str, str)
        What the user said and what the assistant answered before, oldest first.
    schema : str
        JSON schema of the answer, as JSON text, for servers that can hold a model to one.
    room : int
        So many tokens more than the settings give may be written in answer.
    """

    user: str
    system: str = ""
    earlier: tuple[tuple[str, str], ...] = ()
    schema: str = ""
    room: int = 0

    def messages(self) -> list[dict[str, str]]:
        """Give the messages as chat templates and servers take them."""
        said = [{"role": "system", "content": self.system}] if self.system else []
        for user, assistant in self.earlier:
            said += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
        return [*said, {"role": "user", "content": self.user}]


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
    thinking : int
        Tokens on top of `max_new_tokens` that a served reasoning model may think with before it answers.
    effort : str
        How hard a served reasoning model is to think, in its server's words, such as ``"low"``.

    Raises
    ------
    GamesimError
        If a setting is out of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    max_new_tokens: int = 64
    thinking: int = 0
    effort: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise GamesimError(f"temperature must be positive, not {self.temperature}")
        if self.top_k < 0:
            raise GamesimError(f"top_k must be 0 or more, not {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise GamesimError(f"top_p must lie above 0 and be at most 1, not {self.top_p}")
        if self.max_new_tokens < 1:
            raise GamesimError(f"max_new_tokens must be at least 1, not {self.max_new_tokens}")
        if self.thinking < 0:
            raise GamesimError(f"thinking must be 0 or more, not {self.thinking}")

    def settings(self) -> dict[str, Any]:
        """Give the settings by name; what only some served models know is left out where it is not set."""
        return {
            name: value for name, value in asdict(self).items() if value or name not in ("thinking", "effort")
        }

    @property
    def truncates(self) -> bool:
        """Whether probabilities under these settings differ from the model's own."""
        return (self.temperature, self.top_k, self.top_p) != (1.0, 0, 1.0)


@dataclass(frozen=True)
class Completion:
    """One free answer.

    Parameters
    ----------
    text : str
        The answer as it came, special tokens and a reasoning model's thinking removed.
    finish : str
        ``"stop"``, ``"length"`` (cut off), ``"refused"`` (by the model or the server's filter) or ``"error"``.
    error : str
        Why there is no answer, when `finish` is ``"error"``: the kind of fault, a colon, a sentence.  Also where all
        of the room went into thinking.
    tokens_in, tokens_out : int
        Tokens read and written.
    reasoning : str
        What a reasoning model thought before it answered.
    """

    text: str
    finish: str = "stop"
    error: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    reasoning: str = ""

    @property
    def stopped(self) -> bool:
        """Whether the batch was stopped before there was an answer; the prompt may be asked again."""
        return self.finish == "error" and self.error.startswith(STOPPED)


@dataclass(frozen=True)
class Scores:
    """Exact log-probabilities of every answer of one prompt.

    Parameters
    ----------
    log_probability : (L,) float
        Natural log of the probability that the model, under its sampling settings, writes exactly this answer
        and ends; ``-inf`` where the settings cut it away.  Not renormalised.
    raw : bool
        Whether the sampling settings are not applied, since the server tells too little for it: then these are the
        model's own probabilities, at temperature 1 without truncation.
    unlisted : float
        Probability that the server did not account for.  Of an answer that it did not list, given 0 here, no more is
        known than that it has at most this much.
    """

    log_probability: NDArray[np.float64]
    raw: bool = False
    unlisted: float = 0.0

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


OnReply = Callable[[int, Completion], None]
"""Called with the row and the answer as each arrives, errors included; possibly in another thread."""


class Gate(Protocol):
    """Whoever may hold requests back: a budget."""

    def seconds_left(self) -> float:
        """Give the time until nothing may be sent any more."""

    def admit(self, index: int) -> bool:
        """Let the request of a row go (True), or make it wait for one that is under way (False).

        Raises
        ------
        GamesimError
            If nothing more may be sent, with the reason.
        """

    def give_up(self, index: int) -> None:
        """Take back the admission of a row that got no answer."""


@runtime_checkable
class Replying(LanguageModel, Protocol):
    """A model that hands over each answer as it arrives."""

    def identity(self) -> Mapping[str, Any]:
        """Give what an answer depends on besides prompt and seed: the model, its server and its settings."""

    def complete_each(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], on_reply: OnReply | None = None
    ) -> Sequence[Completion]:
        """Answer each prompt once, as `complete` does."""


class Wrapped(Replying):
    """A model that stands before another and bears its name, since answers are the same with and without it."""

    def __init__(self, model: Replying) -> None:
        self.model = model

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.model.name

    def describe(self) -> Mapping[str, Any]:
        """Give what the model says of itself."""
        return self.model.describe()

    def identity(self) -> Mapping[str, Any]:
        """Give what an answer depends on besides prompt and seed."""
        return self.model.identity()

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once, as `complete_each` does."""
        return self.complete_each(prompts, seeds)


@runtime_checkable
class Gated(Replying, Protocol):
    """A model that sends nothing without asking."""

    sampling: Sampling

    def complete_each(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        on_reply: OnReply | None = None,
        gate: Gate | None = None,
    ) -> Sequence[Completion]:
        """Answer each prompt once; rows that the gate keeps back are `Completion.stopped`."""


@runtime_checkable
class Scorer(Protocol):
    """A model whose probabilities are at hand."""

    def score(self, prompts: Sequence[Prompt], answers: Sequence[Sequence[str]]) -> Sequence[Scores]:
        """Give the exact probability of each answer, row by row."""
