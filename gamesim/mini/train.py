"""Train mini from scratch on human records: one seed, or several of which the best is kept."""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import LlamaConfig, LlamaForCausalLM

from gamesim.errors import GamesimError
from gamesim.mini.corpus import Example, hard_examples, soft_examples, training_texts
from gamesim.mini.header import DECISIONS, answers
from gamesim.mini.records import read_records
from gamesim.mini.tokenizer import END, build_tokenizer, save_tokenizer

__all__ = ["Recipe", "train"]

_POSITIONS: Final = 512
_POOL: Final = 8
_SOFT_WEIGHT, _FRAME_WEIGHT = 0.5, 0.05
_ANSWER_TOKENS: Final = 4


@dataclass(frozen=True)
class Recipe:
    """Size and schedule of a training run.

    Parameters
    ----------
    steps : int
        Optimiser steps.
    hidden, inner, layers, heads : int
        Width, width of the feed-forward part, depth and attention heads.
    vocabulary : int
        Tokens.
    soft, hard : int
        Sequences a step with a distribution, and with a single recorded answer, as target.
    rate : float
        Largest learning rate, reached after `warm` steps and left on a cosine down to 2 %.
    warm : int
        Steps of linear warm-up.
    threads : int
        Threads of torch; a second one slows so small a model down on a shared machine.
    """

    steps: int = 2000
    hidden: int = 64
    inner: int = 160
    layers: int = 4
    heads: int = 4
    vocabulary: int = 2048
    soft: int = 24
    hard: int = 24
    rate: float = 4e-3
    warm: int = 200
    threads: int = 1


@dataclass(frozen=True, eq=False)
class _Batch:
    tokens: torch.Tensor
    ends: torch.Tensor
    shares: torch.Tensor
    weights: torch.Tensor


def train(records: Path, out: Path, seed: int, recipe: Recipe | None = None) -> list[float]:
    """Train one model and write a folder that transformers loads.

    Parameters
    ----------
    records : Path
        Folder with ``joint.csv.gz``, ``dictator.csv.gz`` and ``bomb_risk.csv.gz``; training subjects count.
    out : Path
        Folder for weights (float16 safetensors), configuration and tokenizer.
    seed : int
        Of the weights and of the order and wording of the examples; the tokenizer is the same for all seeds.
    recipe : Recipe, optional
        Size and schedule.

    Returns
    -------
    list of float
        Loss of each step in nats.

    Raises
    ------
    GamesimError
        If the records are incomplete or the loss ceases to be a number.
    """
    recipe = recipe or Recipe()
    people = read_records(records, "train")
    _keep_memory()
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(training_texts(np.random.default_rng(0)), recipe.vocabulary)
    model = _new_model(recipe, tokenizer)
    streams = np.random.default_rng(seed).spawn(3)
    batches = _batches(
        soft_examples(people, streams[0]), hard_examples(people, streams[1]), tokenizer, recipe, streams[2]
    )

    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim == 1]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=recipe.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    losses: list[float] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        bar = progress.add_task(f"seed {seed}", total=recipe.steps, loss="")
        for step, batch in enumerate(islice(batches, recipe.steps)):
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * _schedule(step, recipe)
            loss = _loss(model, batch)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                raise GamesimError(
                    f"training of seed {seed} broke down at step {step}: the loss is {losses[-1]}"
                )
            progress.update(bar, advance=1, loss=f"loss {np.mean(losses[-100:]):.3f}")

    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(str(out))
    save_tokenizer(tokenizer, out)
    return losses


def _new_model(recipe: Recipe, tokenizer: Any) -> Any:
    end = tokenizer.convert_tokens_to_ids(END)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.hidden,
            intermediate_size=recipe.inner,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=_POSITIONS,
            tie_word_embeddings=True,
            rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 1e4},
            bos_token_id=None,
            eos_token_id=end,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    model.generation_config.eos_token_id = end
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.do_sample = True
    model.generation_config.temperature = 1.0
    model.generation_config.top_k = 0
    model.generation_config.top_p = 1.0
    with torch.no_grad():
        table = model.get_input_embeddings().weight
        where = tokenizer.convert_tokens_to_ids([str(number) for number in range(1000)])
        table[where] += (
            0.03 * _number_features(1000) @ torch.randn(_number_features(1).shape[1], recipe.hidden)
        )
    return model


def _number_features(size: int) -> torch.Tensor:
    """Describe 0 ... size - 1 by magnitude, waves and roundness, so that near numbers start out near."""
    number = torch.arange(size, dtype=torch.float32)[:, None]
    periods = torch.tensor([400.0, 200.0, 100.0, 50.0, 25.0, 10.0])
    angle = 2 * torch.pi * number / periods
    marks = torch.cat([(number % each == 0).float() for each in (2, 5, 10, 25, 50)], dim=1)
    features = torch.cat([number.clamp(max=200) / 100 - 0.5, angle.sin(), angle.cos(), marks], dim=1)
    return features / features.shape[1] ** 0.5


def _batches(
    soft: Iterator[Example], hard: Iterator[Example], tokenizer: Any, recipe: Recipe, rng: np.random.Generator
) -> Iterator[_Batch]:
    """Make batches of sequences of about the same length, by sorting a pool of several steps."""
    columns = {
        text: tokenizer.convert_tokens_to_ids(text)
        for text in {each for decision in DECISIONS for each in answers(decision)}
    }
    each = recipe.soft + recipe.hard
    while True:
        pool = [
            (_encode(tokenizer, example), example)
            for source, count in ((soft, recipe.soft), (hard, recipe.hard))
            for example in islice(source, count * _POOL)
        ]
        pool.sort(key=lambda item: len(item[0]))
        for start in rng.permutation(_POOL) * each:
            yield _collate(pool[start : start + each], columns, tokenizer, recipe)


def _encode(tokenizer: Any, example: Example) -> list[int]:
    text = tokenizer.apply_chat_template(example.chat, add_generation_prompt=True, tokenize=False)
    tokens: list[int] = tokenizer(f"{text}[{example.answer}]{END}", add_special_tokens=False)["input_ids"]
    return tokens[-_POSITIONS:]


def _collate(
    items: list[tuple[list[int], Example]], columns: dict[str, int], tokenizer: Any, recipe: Recipe
) -> _Batch:
    tokens = torch.full((len(items), max(len(ids) for ids, _ in items)), tokenizer.pad_token_id)
    shares = torch.zeros(len(items), len(tokenizer))
    for row, (ids, example) in enumerate(items):
        tokens[row, : len(ids)] = torch.tensor(ids)
        if example.shares is None:
            shares[row, columns[example.answer]] = 1.0
        else:
            where = [columns[text] for text in answers(example.decision)]
            shares[row, where] = torch.as_tensor(example.shares, dtype=torch.float32)
    weights = [
        example.weight
        * ((1 - _SOFT_WEIGHT) / recipe.hard if example.shares is None else _SOFT_WEIGHT / recipe.soft)
        for _, example in items
    ]
    return _Batch(tokens, torch.tensor([len(ids) for ids, _ in items]), shares, torch.tensor(weights))


def _loss(model: Any, batch: _Batch) -> torch.Tensor:
    # Right padding needs no mask under causal attention, and without one the fast attention path is taken.
    hidden = model.model(input_ids=batch.tokens[:, :-1], use_cache=False).last_hidden_state
    rows = torch.arange(len(batch.tokens))[:, None]
    # The answer is "[", the number, "]" and the end; each is predicted at the position before it.
    places = batch.ends[:, None] + torch.arange(-_ANSWER_TOKENS, 0)
    logits = hidden[rows, places - 1] @ model.get_input_embeddings().weight.T
    log_share = logits.log_softmax(dim=-1)
    answer = -(batch.shares * log_share[:, 1]).sum(dim=-1)
    frame = -log_share.gather(2, batch.tokens[rows, places][..., None])[..., 0][:, [0, 2, 3]].sum(dim=-1)
    return ((answer + _FRAME_WEIGHT * frame) * batch.weights).sum()


def _schedule(step: int, recipe: Recipe) -> float:
    if step < recipe.warm:
        return (step + 1) / recipe.warm
    done = (step - recipe.warm) / max(recipe.steps - recipe.warm, 1)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))


def _keep_memory() -> None:
    """Keep glibc from giving freed blocks back after every step, which costs a factor of seven."""
    if sys.platform == "linux":
        try:
            mallopt = ctypes.CDLL("libc.so.6").mallopt
        except (OSError, AttributeError):
            return
        for trim_or_mmap_threshold in (-1, -3):
            mallopt(trim_or_mmap_threshold, 1 << 30)
