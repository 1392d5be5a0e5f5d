"""A chat server that tells the probabilities of a real, tiny model as vLLM does, or less, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import torch
from badserver import BadServer, Handler, serving

PLAIN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if loop.last and message['role'] == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
"""As of the hybrid Qwen3 models: where nothing was thought, an empty thought stands before the answer."""


def give_template(folder: Path, template: str) -> Path:
    """Give the model in a folder another chat template."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


class Teller(Handler):
    """Answers the fields that ask for probabilities."""

    folder: Path
    tells: frozenset[str]
    refuses: bool
    _models: ClassVar[dict[Path, Any]] = {}
    _one_at_a_time = threading.Lock()

    def answer(self, asked: dict[str, Any], earlier: int) -> None:
        wanted = {"prompt": "prompt_logprobs" in asked, "first": bool(asked.get("top_logprobs"))}
        lacking = [name for name, is_wanted in wanted.items() if is_wanted and name not in self.tells]
        if lacking and self.refuses:
            self.fail(400, f"Unrecognized request argument supplied: {lacking[0]}_logprobs")
            return
        with self._one_at_a_time:
            tokenizer, tokens, told = self._read(asked)
        more: dict[str, Any] = {}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "length"}
        if wanted["prompt"] and not lacking:
            more["prompt_logprobs"] = [
                None
                if place == 0
                else {
                    str(token): {
                        "logprob": float(told[place - 1, token]),
                        "rank": 1,
                        "decoded_token": tokenizer.decode([token]),
                    }
                }
                for place, token in enumerate(tokens)
            ]
        if wanted["first"] and not lacking:
            values, index = told[-1].topk(asked["top_logprobs"])
            listed = [
                {"token": tokenizer.decode([int(token)]), "logprob": float(value), "bytes": None}
                for value, token in zip(values, index, strict=True)
            ]
            choice["logprobs"] = {"content": [{**listed[0], "top_logprobs": listed}]}
        choice["message"] = {"role": "assistant", "content": "x"}
        usage = {"prompt_tokens": len(tokens), "completion_tokens": 1}
        self.send(200, {"object": "chat.completion", "choices": [choice], "usage": usage, **more})

    def _read(self, asked: dict[str, Any]) -> tuple[Any, list[int], Any]:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if self.folder not in self._models:
            self._models[self.folder] = (
                AutoTokenizer.from_pretrained(self.folder),
                AutoModelForCausalLM.from_pretrained(self.folder),
            )
        tokenizer, model = self._models[self.folder]
        text = tokenizer.apply_chat_template(
            asked["messages"],
            tokenize=False,
            add_generation_prompt=asked.get("add_generation_prompt", True),
            **asked.get("chat_template_kwargs", {}),
        )
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            told = model(input_ids=torch.tensor([tokens])).logits[0].double().log_softmax(-1)
        return tokenizer, tokens, told


@contextmanager
def telling(
    folder: Path, tells: tuple[str, ...] = ("prompt", "first"), *, refuses: bool = True
) -> Iterator[BadServer]:
    """Serve the model in a folder for a while.

    `tells` says of which tokens probabilities are told; what is not told is refused, or else ignored.
    """
    handler = type("Teller_", (Teller,), {"folder": folder, "tells": frozenset(tells), "refuses": refuses})
    with serving(handler) as server:
        yield server
