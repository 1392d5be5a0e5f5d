"""Prompts and answers as tokens: chat template or plain text, and how an answer ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gamesim.errors import GamesimError
from gamesim.models import Prompt
from gamesim.models.files import first_line

__all__ = ["Chat"]

# Templates that print today's date would make the same prompt differ from day to day.
_FIXED_DATE = "26 Jul 2024"


class Chat:
    """Render prompts and tokenise answers as the model sees them.

    With a chat template a prompt is a system turn, the earlier turns and a user turn, thinking switched off, up
    to where the assistant begins; a template that knows no system turn gets the system text at the head of the
    first user turn.  Without one it is plain text: system, blank line, for each earlier turn user, newline,
    assistant, blank line, and then user, newline.

    Parameters
    ----------
    tokenizer : transformers tokenizer
        Of the base model.
    eos : sequence of int
        Tokens that the model's generation settings stop at.

    Raises
    ------
    GamesimError
        If nothing says how an answer ends.
    """

    def __init__(self, tokenizer: Any, eos: Sequence[int] = ()) -> None:
        self.tokenizer = tokenizer
        self.templated = bool(tokenizer.chat_template)
        own = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
        end = self._turn_end({*eos, *own}) if self.templated else None
        if end is None:
            if not own and not eos:
                raise GamesimError("the tokenizer has no end-of-text token, so no answer could ever end")
            end = own[0] if own else eos[0]
        self.end_token: int = end
        """Ends an answer: what the template puts after an assistant turn, or else end of text."""
        self.stop_tokens: tuple[int, ...] = tuple(dict.fromkeys([end, *own, *eos]))
        """All tokens at which free generation stops."""
        beginning = tokenizer("", add_special_tokens=True)["input_ids"]
        bos = tokenizer.bos_token_id
        self._head = [bos] if not self.templated and bos is not None and beginning[:1] == [bos] else []

    @property
    def rendering(self) -> str:
        """How a prompt becomes text: ``"chat template"`` or ``"plain text"``."""
        return "chat template" if self.templated else "plain text"

    def render(self, prompt: Prompt) -> str:
        """Give the exact text that the model reads.

        Raises
        ------
        GamesimError
            If the chat template refuses the prompt, with and without a system turn.
        """
        if not self.templated:
            return _plain(prompt)
        messages = prompt.messages()
        # Some templates raise on a system turn; jinja2 errors are all that is caught here.
        attempts = [messages]
        if prompt.system:
            system, first, *rest = messages
            attempts.append([first | {"content": f"{system['content']}\n\n{first['content']}"}, *rest])
        for attempt in attempts:
            try:
                return self._apply(attempt, generate=True)
            except Exception as error:
                if type(error).__module__.split(".")[0] != "jinja2":
                    raise
                refusal = error
        raise GamesimError(
            f"the model's chat template refuses the prompt: {first_line(refusal)}"
        ) from refusal

    def encode(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Give the tokens of each prompt as the model reads it, markers included."""
        return self._tokens([self.render(prompt) for prompt in prompts])

    def continuations(self, answers: Sequence[str]) -> list[list[int]]:
        """Tokenise answers as they stand right after a prompt, end token included.

        Parameters
        ----------
        answers : sequence of str
            Texts, such as ``"[50]"``.

        Returns
        -------
        list of list of int
            The canonical tokens of each answer and the end token.
        """
        context = self.render(Prompt(user="x"))
        before, *joint = self._tokens([context, *(context + answer for answer in answers)])
        result = []
        for answer, tokens in zip(answers, joint, strict=True):
            if tokens[: len(before)] == before:
                own = tokens[len(before) :]
            else:  # the tokenizer fuses the end of the prompt with the answer, which generation never does
                own = list(self.tokenizer(answer, add_special_tokens=False)["input_ids"])
            result.append([*own, self.end_token])
        return result

    def decode(self, tokens: Sequence[int]) -> str:
        """Give the text of an answer, special tokens removed."""
        text: str = self.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        encoded = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        return [[*self._head, *tokens] for tokens in encoded]

    def _apply(self, messages: list[dict[str, str]], *, generate: bool) -> str:
        text: str = self.tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=generate,
            enable_thinking=False,
            date_string=_FIXED_DATE,
        )
        return text

    def _turn_end(self, eos: set[int]) -> int | None:
        """Find the first special token that the template puts after an assistant turn."""
        mark = "gamesim0answer"
        try:
            text = self._apply(
                [{"role": "user", "content": "x"}, {"role": "assistant", "content": mark}], generate=False
            )
        except Exception as error:
            if type(error).__module__.split(".")[0] != "jinja2":
                raise
            return None
        if mark not in text:
            return None
        added = self.tokenizer.added_tokens_decoder
        special = (
            eos | set(self.tokenizer.all_special_ids) | {i for i, token in added.items() if token.special}
        )
        tail = self.tokenizer(text.rpartition(mark)[2], add_special_tokens=False)["input_ids"]
        return next((int(token) for token in tail if token in special), None)


def _plain(prompt: Prompt) -> str:
    parts = [prompt.system] if prompt.system else []
    parts += [f"{user}\n{assistant}" for user, assistant in prompt.earlier]
    return "\n\n".join([*parts, f"{prompt.user}\n"])
