"""Tiny models on disk, in seconds: Llama and Qwen3 shapes, two kinds of tokenizer, a LoRA adapter."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEXT = "You are a player in an economics game . How much do you give ? points Answer with number"


def write_tokenizer(folder: Path, *, digits: bool, template: bool) -> Any:
    """Write a byte-level tokenizer: `digits` splits numbers, else 0 to 100 are whole tokens."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    numbers = r"\d" if digits else r"\d{1,3}"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(rf"{numbers}| ?[A-Za-z]+| ?[^\sA-Za-z\d]+|\s+"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([TEXT] * 3 + [str(n) for n in range(101)] * 3, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
    if template:
        fast.chat_template = CHATML
    fast.save_pretrained(folder)
    return fast


def write_model(
    folder: Path,
    *,
    kind: str = "llama",
    digits: bool = True,
    template: bool = True,
    layers: int = 2,
    hidden: int = 32,
    intermediate: int = 64,
    seed: int = 0,
    sharpness: float = 4.0,
) -> Path:
    """Write a random model; `sharpness` scales its logits away from uniform."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

    tokenizer = write_tokenizer(folder, digits=digits, template=template)
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": hidden // 4,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
    }
    generator_state = torch.get_rng_state()
    torch.manual_seed(seed)
    model: Any = {
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**shape)),
        "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**shape)),
    }[kind]()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2:
                scale = sharpness if name == "lm_head.weight" else 1.0
                weight.normal_(0, scale / weight.shape[-1] ** 0.5)
    torch.set_rng_state(generator_state)
    model.save_pretrained(folder)
    return folder


def write_adapter(
    folder: Path,
    base: Path,
    *,
    target_modules: str | list[str] = "all-linear",
    rank: int = 4,
    seed: int = 1,
    base_name: str | None = None,
) -> Path:
    """Write a LoRA adapter, all its weights random: it changes every answer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    generator_state = torch.get_rng_state()
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft reads a name that transformers renames
        settings = LoraConfig(r=rank, lora_alpha=4 * rank, target_modules=target_modules)
        adapted = get_peft_model(model, settings)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0, 0.1)
    torch.set_rng_state(generator_state)
    adapted.peft_config["default"].base_model_name_or_path = base_name or str(base)
    adapted.save_pretrained(folder, save_embedding_layers=False)
    return folder


def teach(folder: Path, prompts: Sequence[str], answers: Sequence[str], *, steps: int = 60) -> Path:
    """Train the model in a folder until it gives one of the answers nearly always, each about as often."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from gamesim.models import Prompt
    from gamesim.models.chat import Chat

    model = AutoModelForCausalLM.from_pretrained(folder)
    chat = Chat(AutoTokenizer.from_pretrained(folder))
    rows = [
        (prompt, answer)
        for prompt in chat.encode([Prompt(user=text) for text in prompts])
        for answer in chat.continuations(answers)
    ]
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    ids, labels = torch.zeros(len(rows), width, dtype=torch.long), torch.full((len(rows), width), -100)
    for row, (prompt, answer) in enumerate(rows):
        ids[row, : len(prompt) + len(answer)] = torch.tensor([*prompt, *answer])
        labels[row, len(prompt) : len(prompt) + len(answer)] = torch.tensor(answer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder
