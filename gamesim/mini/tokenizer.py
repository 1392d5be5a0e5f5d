"""A byte-level BPE tokenizer in which every number from 0 to 999 is one token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from gamesim.errors import GamesimError

__all__ = ["END", "build_tokenizer", "save_tokenizer"]

END: Final = "<|end|>"
_PAD, _ROLES = "<|pad|>", ("system", "user", "assistant")
_SPLIT: Final = r"\p{N}{1,3}| ?\p{L}+|[^\s\p{L}\p{N}]|\s"
_TEMPLATE: Final = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def build_tokenizer(texts: Iterable[str], size: int = 2048) -> Any:
    """Train the tokenizer.

    Parameters
    ----------
    texts : iterable of str
        What the vocabulary is to fit.
    size : int
        Number of tokens, at least 1,500.

    Returns
    -------
    transformers.PreTrainedTokenizerFast
        With a chat template.

    Raises
    ------
    GamesimError
        If some number from 0 to 999 is not one token.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [_PAD, END, *(f"<|{role}|>" for role in _ROLES)]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_with_words(texts), trainer)
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=_PAD)
    whole.chat_template = _TEMPLATE
    split = [
        number for number in range(1000) if len(whole.encode(str(number), add_special_tokens=False)) != 1
    ]
    if split:
        raise GamesimError(
            f"a vocabulary of {size} splits {len(split)} of the numbers 0-999, {split[0]} for one"
        )
    return whole


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json, the chat template in the latter."""
    tokenizer.save_pretrained(str(folder), save_jinja_files=False)


def _with_words(texts: Iterable[str]) -> Iterator[str]:
    yield from texts
    for _ in range(400):
        yield " ".join(str(number) for number in range(1000))
        yield "[cooperate] [defect]"
