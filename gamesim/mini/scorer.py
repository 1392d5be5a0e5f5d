"""Exact answer distributions of a folder with mini in it, for measuring it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gamesim.errors import GamesimError
from gamesim.mini.header import answers
from gamesim.mini.tokenizer import END

__all__ = ["Chat", "Scorer"]

Floats = NDArray[np.float64]
Chat = list[dict[str, str]]


class Scorer:
    """The model of a folder and its tokenizer.

    Parameters
    ----------
    folder : Path
        Written by training.

    Raises
    ------
    GamesimError
        If the folder holds no model.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if not (folder / "model.safetensors").is_file():
            raise GamesimError(
                f"{folder} has no model.safetensors: a folder written by mini's training was expected"
            )
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=torch.float32, local_files_only=True
        )
        self._model.eval()

    def distributions(self, chats: Sequence[Chat], decision: str, batch: int = 64) -> Floats:
        """Give the distribution over a decision's answers, scaled to sum to 1.

        Parameters
        ----------
        chats : sequence of chats
            N prompts.
        decision : str
            Whose answers are legal.
        batch : int
            Prompts in one pass.

        Returns
        -------
        (N, answers) float
            Probabilities given the opening bracket.
        """
        columns = self._tokenizer.convert_tokens_to_ids(list(answers(decision)))
        prompts = [[*self._prompt(chat), *self._ids("[")] for chat in chats]
        order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
        out = np.empty((len(prompts), len(columns)))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            last = self._log_shares([prompts[row] for row in rows], 1)[:, 0]
            out[rows] = last[:, columns].softmax(dim=-1).double().numpy()
        return out

    def legal_mass(self, chat: Chat, decision: str) -> float:
        """Give the probability that the reply is a legal answer in brackets and then ends."""
        prompt = self._prompt(chat)
        replies = [self._ids(f"[{text}]{END}") for text in answers(decision)]
        total = 0.0
        for length in {len(reply) for reply in replies}:
            same = [reply for reply in replies if len(reply) == length]
            log_shares = self._log_shares([[*prompt, *reply[:-1]] for reply in same], length)
            total += float(log_shares.gather(2, torch.tensor(same)[..., None]).sum(dim=(1, 2)).exp().sum())
        return total

    def _prompt(self, chat: Chat) -> list[int]:
        return self._ids(
            self._tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        )

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _log_shares(self, prompts: Sequence[Sequence[int]], last: int) -> torch.Tensor:
        """Give log-probabilities of the next token at the last places: (N, last, vocabulary)."""
        tokens = torch.full((len(prompts), max(map(len, prompts))), self._tokenizer.pad_token_id)
        for row, ids in enumerate(prompts):
            tokens[row, : len(ids)] = torch.tensor(ids)
        places = torch.tensor([len(ids) for ids in prompts])[:, None] + torch.arange(-last, 0)
        with torch.inference_mode():
            hidden = self._model.model(input_ids=tokens, use_cache=False).last_hidden_state
            logits: torch.Tensor = self._model.lm_head(hidden[torch.arange(len(prompts))[:, None], places])
            return logits.log_softmax(dim=-1)
