"""Models on this machine, through transformers: exact probabilities and free answers.

Nothing heavy is imported before a model is opened.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from gamesim.errors import GamesimError
from gamesim.models import Completion, Prompt, Sampling, Scores
from gamesim.models.chat import Chat
from gamesim.models.files import check_base, file_hashes, find_folder, first_line, revision
from gamesim.models.trie import AnswerTrie, build_trie

__all__ = ["LocalModel", "open_local"]

_NEEDED = ("torch", "transformers", "peft", "safetensors")
_TOKENS_PER_BATCH = 32768
_TOKENS_PER_BATCH_CPU = 2048
"""More gains nothing once arithmetic is the bound."""
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
        ``"auto"`` takes float32 on the CPU and the checkpoint's own type elsewhere; or the name of a torch
        type.
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
    target = _device(device)
    numbers = _dtype(dtype, target)

    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    options = {"local_files_only": True, "trust_remote_code": trust_remote_code}
    try:
        with _without_progress_bars():
            config = AutoConfig.from_pretrained(str(folder), **options)
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            if adapter_folder is not None:
                from gamesim.models.adapter import add_adapter, check_adapter

                check_adapter(config, adapter_folder, base=str(base), adapter=str(adapter))
            model, report = AutoModelForCausalLM.from_pretrained(
                str(folder),
                dtype=numbers,
                use_safetensors=True,
                attn_implementation=attention,
                output_loading_info=True,
                **options,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        # The libraries' own sentences are the best there is: an unknown architecture, a damaged file.
        raise GamesimError(f"{str(base)!r} cannot be opened: {first_line(error)}") from error
    if report["missing_keys"]:
        # They would be filled with random numbers.
        absent = sorted(report["missing_keys"])
        raise GamesimError(f"{str(base)!r} lacks {len(absent)} of its model's weights, such as {absent[0]}")
    model = model.to(target)
    if adapter_folder is not None:
        model = add_adapter(model, adapter_folder)
    model.eval()
    return LocalModel(
        model,
        tokenizer,
        sampling or Sampling(),
        base=str(base),
        adapter=None if adapter is None else str(adapter),
        folder=folder,
        adapter_folder=adapter_folder,
    )


class LocalModel:
    """A language model whose logits are at hand; `open_local` makes one.

    Parameters
    ----------
    model, tokenizer
        A transformers causal language model in evaluation mode, and its tokenizer.
    sampling : Sampling
        Applied at every token, in scoring and in free answers alike.
    base, adapter : str
        What the user called them.
    folder, adapter_folder : Path
        Where their files lie.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        sampling: Sampling,
        *,
        base: str,
        folder: Path,
        adapter: str | None = None,
        adapter_folder: Path | None = None,
    ) -> None:
        from transformers import GenerationConfig

        self.model = model
        self.tokenizer = tokenizer
        self.sampling = sampling
        self.base, self.adapter = base, adapter
        self._folder, self._adapter_folder = folder, adapter_folder
        eos = model.generation_config.eos_token_id
        self.chat = Chat(tokenizer, eos if isinstance(eos, list) else [] if eos is None else [eos])
        # A checkpoint's own defaults (a repetition penalty, say) would be applied beneath the settings given
        # here.
        self.model.generation_config = GenerationConfig()
        self.tokens_per_batch = _TOKENS_PER_BATCH_CPU if model.device.type == "cpu" else _TOKENS_PER_BATCH
        self._trie = lru_cache(maxsize=512)(self._build_trie)
        self._attention_checked = False

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
        if not self._attention_checked:
            widest = max(range(len(tries)), key=lambda row: len(tries[row]))
            check_attention(self.model, tokens[widest], tries[widest])
            self._attention_checked = len(tries[widest]) > tries[widest].height
        found = score_rows(self.model, tokens, tries, self.sampling, tokens_per_batch=self.tokens_per_batch)
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
        answers = write_answers(
            self.model,
            [tokens[prompt] for prompt, _ in asked],
            [seed for _, seed in asked],
            self.sampling,
            self.chat.stop_tokens,
            tokens_per_batch=_WRITING * self.tokens_per_batch,
        )
        result = {
            key: Completion(
                text=self.chat.decode(answer),
                finish="stop" if answer[-1] in self.chat.stop_tokens else "length",
                tokens_in=len(tokens[key[0]]),
                tokens_out=len(answer),
            )
            for key, answer in zip(asked, answers, strict=True)
        }
        return [result[key] for key in keys]

    def describe(self) -> Mapping[str, Any]:
        """Give what a record needs: names, revisions, hashes of all files, settings, versions."""
        config = self.model.config
        return {
            "kind": "local",
            "base": self.base,
            "base_revision": revision(self._folder),
            "base_sha256": file_hashes(self._folder),
            "adapter": self.adapter,
            "adapter_revision": self._adapter_folder and revision(self._adapter_folder),
            "adapter_sha256": self._adapter_folder and file_hashes(self._adapter_folder),
            "architecture": type(self.model).__name__,
            "attention": config._attn_implementation,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "device": str(self.model.device),
            "rendering": self.rendering,
            "end_token": self.tokenizer.convert_ids_to_tokens(self.chat.end_token),
            "sampling": self.sampling.settings(),
            "versions": {name: importlib.metadata.version(name) for name in (*_NEEDED, "tokenizers")},
        }

    def _build_trie(self, answers: tuple[str, ...]) -> AnswerTrie:
        if not answers or len(set(answers)) < len(answers):
            raise ValueError("a row needs at least one answer, and no answer twice")
        return build_trie(self.chat.continuations(answers))


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Load in silence: what is shown is for the program to say, not for a library."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _device(name: str) -> Any:
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except Exception as error:
        # Torch raises RuntimeError, AssertionError or NotImplementedError, by device and build.
        raise GamesimError(f"device {name!r} is not available: {first_line(error)}") from error
    return device


def _dtype(name: str, device: Any) -> Any:
    import torch

    if name == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise GamesimError(f"dtype {name!r} is none of auto, float32, bfloat16, float16")
    return dtype
