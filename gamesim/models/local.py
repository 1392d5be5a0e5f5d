"""Models on this machine, through transformers: exact probabilities and free answers.

Nothing heavy is imported before a model is opened.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesim.errors import GamesimError
from gamesim.models import Completion, Prompt, Sampling, Scores
from gamesim.models.chat import Chat
from gamesim.models.files import check_base, file_hashes, find_folder, revision
from gamesim.models.trie import AnswerTrie, build_trie

if TYPE_CHECKING:
    from gamesim.models.memory import Room
    from gamesim.models.weights import Weights

__all__ = ["LocalModel", "open_local"]

_NEEDED = ("torch", "transformers", "peft", "safetensors")
_WRITING = 4
"""Writing goes token by token, so its batches may hold more."""


def open_local(
    base: str | Path,
    adapter: str | Path | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    sampling: Sampling | None = None,
    download: bool = False,
    trust_remote_code: bool = False,
    attention: str | None = None,
) -> LocalModel:
    """Open a causal language model, with or without a LoRA adapter.

    Parameters
    ----------
    base, adapter : str or Path
        A folder, or a Hugging Face id that is looked up in the local cache.  Only safetensors are read.
    device : str
        ``"auto"`` takes CUDA, then MPS, then the CPU; or a torch device.
    dtype : str
        ``"auto"`` takes float32 on the CPU and the checkpoint's own type elsewhere; the name of a torch type; or
        ``"int8"`` or ``"int4"``, to which bitsandbytes turns the weights while they are loaded.
    sampling : Sampling, optional
        How answers are drawn; by default at temperature 1 without truncation.
    download : bool
        Fetch what the cache lacks.
    trust_remote_code : bool
        Let the model bring its own code.
    attention : str, optional
        ``"sdpa"`` or ``"eager"``; by default what transformers chooses.

    Returns
    -------
    LocalModel
        Completes and scores.

    Raises
    ------
    GamesimError
        If a library, a file or a fit is missing, in one sentence.

    Warns
    -----
    GamesimWarning
        If the adapter names another base than the one given.
    """
    if any(importlib.util.find_spec(library) is None for library in _NEEDED):
        raise GamesimError('local models need torch and transformers: pip install "gamesim[local]"')
    if attention not in (None, "sdpa", "eager"):
        raise GamesimError(f'attention must be "sdpa" or "eager", not {attention!r}')

    folder = find_folder(base, download=download, what="base model")
    check_base(folder, base)
    adapter_folder = None
    if adapter is not None:
        adapter_folder = find_folder(adapter, download=download, what="adapter")

    from gamesim.models.precision import find_precision
    from gamesim.models.weights import load_weights

    precision = find_precision(device, dtype)
    weights = load_weights(
        folder,
        adapter_folder,
        precision,
        base=str(base),
        adapter=None if adapter is None else str(adapter),
        trust_remote_code=trust_remote_code,
        attention=attention,
    )
    return LocalModel(
        weights,
        sampling or Sampling(),
        base=str(base),
        adapter=None if adapter is None else str(adapter),
        folder=folder,
        adapter_folder=adapter_folder,
        quantised=precision.quantised,
    )


class LocalModel:
    """A language model whose logits are at hand; `open_local` makes one.

    Parameters
    ----------
    weights : Weights
        The base, shared with others who opened it, and the adapter to switch on.
    sampling : Sampling
        Applied at every token, in scoring and in free answers alike.
    base, adapter : str
        What the user called them.
    folder, adapter_folder : Path
        Where their files lie.
    quantised : str
        ``"int8"``, ``"int4"`` or empty.
    """

    def __init__(
        self,
        weights: Weights,
        sampling: Sampling,
        *,
        base: str,
        folder: Path,
        adapter: str | None = None,
        adapter_folder: Path | None = None,
        quantised: str = "",
    ) -> None:
        self._weights = weights
        self.chat = weights.base.chat
        self.tokenizer = self.chat.tokenizer
        self.sampling = sampling
        self.base, self.adapter = base, adapter
        self._folder, self._adapter_folder = folder, adapter_folder
        self._quantised = quantised
        self.tokens_per_batch: int | None = None
        """Most tokens of one forward pass; None follows the memory at hand."""
        # Cached without a reference to this object, so that it goes, and its weights, as soon as nobody uses it.
        self._trie = lru_cache(maxsize=512)(partial(_build_trie, self.chat))
        self._attention_checked = False
        self._held: dict[str, int] = {}
        """Tokens of a batch that memory held, by kind of work, once it did not hold more."""

    @property
    def model(self) -> Any:
        """The transformers model, with this model's adapter switched on."""
        with self._weights.ready() as model:
            return model

    @property
    def name(self) -> str:
        """The adapter's name, or the base's."""
        return Path(self.adapter or self.base).name

    @property
    def rendering(self) -> str:
        """How a prompt becomes text: ``"chat template"`` or ``"plain text"``."""
        return self.chat.rendering

    def render(self, prompt: Prompt) -> str:
        """Give the exact text that the model reads for a prompt."""
        return self.chat.render(prompt)

    def score(self, prompts: Sequence[Prompt], answers: Sequence[Sequence[str]]) -> Sequence[Scores]:
        """Give the exact probability of each answer, row by row.

        What is scored is the canonical tokenisation of the answer, as it stands right after the rendered
        prompt, and one end token: the one that the chat template puts after an assistant turn, or else end of
        text.  Rows with the same prompt and the same answers are computed once and share one result.

        Parameters
        ----------
        prompts : sequence of Prompt
            One a row.
        answers : sequence of sequence of str
            The answers of each row, distinct and at least one.

        Returns
        -------
        sequence of Scores
            In the order of the rows.

        Raises
        ------
        GamesimError
            If a prompt does not fit into the model, or the model's attention cannot take an answer tree.
        ValueError
            If the two sequences differ in length, or a row has no answers or an answer twice.
        """
        from gamesim.models.packed import check_attention, score_rows

        if len(prompts) != len(answers):
            raise ValueError(f"{len(prompts)} prompts but {len(answers)} lists of answers")
        keys = [(prompt, tuple(row)) for prompt, row in zip(prompts, answers, strict=True)]
        asked = list(dict.fromkeys(keys))
        if not asked:
            return []
        tries = [self._trie(row) for _, row in asked]
        tokens = self.chat.encode([prompt for prompt, _ in asked])
        with self._ready("scoring") as (model, room):
            if not self._attention_checked:
                widest = max(range(len(tries)), key=lambda row: len(tries[row]))
                check_attention(model, tokens[widest], tries[widest])
                self._attention_checked = len(tries[widest]) > tries[widest].height
            found = score_rows(model, tokens, tries, self.sampling, room=room)
        for values in found:
            values.setflags(write=False)
        result = dict(zip(asked, map(Scores, found), strict=True))
        return [result[key] for key in keys]

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once, freely.

        Draws are keyed by a row's seed and the token's place alone, so that neither the batch nor the order
        moves them.  (In half precision the logits themselves may differ between batches in their last bits,
        which can tip a draw that falls right between two tokens.)  An answer ends at the end token that
        `score` counts, or at any other end-of-text token of the model.

        Parameters
        ----------
        prompts : sequence of Prompt
            One a row.
        seeds : sequence of int
            One a row, taken modulo 2**64.

        Returns
        -------
        sequence of Completion
            In the order of the rows; ``finish`` is ``"stop"`` or ``"length"``, and `tokens_out` counts the
            end token.

        Raises
        ------
        GamesimError
            If a prompt with its answer does not fit into the model.
        ValueError
            If the two sequences differ in length.
        """
        from gamesim.models.writing import write_answers

        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts but {len(seeds)} seeds")
        keys = list(zip(prompts, map(int, seeds), strict=True))
        asked = list(dict.fromkeys(keys))
        distinct = list(dict.fromkeys(prompt for prompt, _ in asked))
        if not distinct:
            return []
        tokens = dict(zip(distinct, self.chat.encode(distinct), strict=True))
        answers: dict[tuple[Prompt, int], list[int]] = {}
        with self._ready("writing") as (model, memory):
            for room in sorted({prompt.room for prompt, _ in asked}):
                rows = [key for key in asked if key[0].room == room]
                most = self.sampling.max_new_tokens + room
                written = write_answers(
                    model,
                    [tokens[prompt] for prompt, _ in rows],
                    [seed for _, seed in rows],
                    replace(self.sampling, max_new_tokens=most),
                    self.chat.stop_tokens,
                    room=memory,
                )
                answers |= dict(zip(rows, written, strict=True))
        result = {
            key: Completion(
                text=self.chat.decode(answer),
                finish="stop" if answer[-1] in self.chat.stop_tokens else "length",
                tokens_in=len(tokens[key[0]]),
                tokens_out=len(answer),
            )
            for key, answer in answers.items()
        }
        return [result[key] for key in keys]

    def describe(self) -> Mapping[str, Any]:
        """Give what a record needs: names, revisions, hashes of all files, settings, versions."""
        from gamesim.models.precision import describe_quantisation

        model = self.model
        libraries = (*_NEEDED, "tokenizers", *(["bitsandbytes"] if self._quantised else []))
        return {
            "kind": "local",
            "base": self.base,
            "base_revision": revision(self._folder),
            "base_sha256": file_hashes(self._folder),
            "adapter": self.adapter,
            "adapter_revision": self._adapter_folder and revision(self._adapter_folder),
            "adapter_sha256": self._adapter_folder and file_hashes(self._adapter_folder),
            "architecture": type(model).__name__,
            "attention": model.config._attn_implementation,
            "dtype": str(model.dtype).removeprefix("torch."),
            "quantisation": describe_quantisation(self._quantised, model.config),
            "device": str(model.device),
            "rendering": self.rendering,
            "end_token": self.tokenizer.convert_ids_to_tokens(self.chat.end_token),
            "sampling": self.sampling.settings(),
            "versions": {name: importlib.metadata.version(name) for name in libraries},
        }

    @contextmanager
    def _ready(self, work: str) -> Iterator[tuple[Any, Room]]:
        """Hold the model with its adapter switched on, and say how much a batch of some work may hold."""
        from gamesim.models.memory import NoRoomError, Room, find_room, is_out_of_memory
        from gamesim.models.precision import without_cast_notices

        with self._weights.ready() as model, without_cast_notices(self._quantised):
            room = find_room(model) if self.tokens_per_batch is None else Room(self.tokens_per_batch)
            room.tokens *= _WRITING if work == "writing" else 1
            if work in self._held:
                room.tokens, room.said = min(room.tokens, self._held[work]), True
            try:
                yield model, room
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                raise NoRoomError(
                    f"the memory of {model.device} does not hold a single prompt with its answers; take a smaller "
                    "model, dtype int8 or int4, or another device"
                ) from error
            finally:
                if room.said:
                    self._held[work] = room.tokens


def _build_trie(chat: Chat, answers: tuple[str, ...]) -> AnswerTrie:
    if not answers or len(set(answers)) < len(answers):
        raise ValueError("a row needs at least one answer, and no answer twice")
    return build_trie(chat.continuations(answers))
