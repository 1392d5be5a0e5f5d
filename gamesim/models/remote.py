"""Models behind an OpenAI-compatible chat server: asyncio within, a plain function call without."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gamesim.errors import GamesimError
from gamesim.models import Completion, Prompt, Sampling

__all__ = ["RemoteModel", "open_remote"]


def open_remote(
    model: str,
    base_url: str | None = None,
    *,
    sampling: Sampling | None = None,
    concurrency: int = 16,
    timeout: float = 60.0,
    retries: int = 3,
) -> RemoteModel:
    """Name a model on a server; no request is sent yet.

    The key is read from ``OPENAI_API_KEY``; a server of one's own needs none.

    Parameters
    ----------
    model : str
        As the server knows it.
    base_url : str, optional
        Such as ``"http://localhost:8000/v1"``; by default ``OPENAI_BASE_URL``, or else OpenAI itself.
    sampling : Sampling, optional
        How answers are drawn; by default at temperature 1 without truncation.
    concurrency : int
        Most requests in flight.
    timeout : float
        Seconds until an attempt is given up.
    retries : int
        Further attempts after a failure that may pass, with growing pauses.

    Returns
    -------
    RemoteModel
        Completes; it cannot score.

    Raises
    ------
    GamesimError
        If the client library or the key is missing, or a setting is out of range.
    """
    if importlib.util.find_spec("openai") is None:
        raise GamesimError('remote models need the openai library: pip install "gamesim[remote]"')
    if concurrency < 1 or timeout <= 0 or retries < 0:
        raise GamesimError("concurrency and timeout must be positive, and retries 0 or more")
    base_url = base_url or os.environ.get("OPENAI_BASE_URL") or None
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise GamesimError(f"base_url must begin with http:// or https://, not {base_url!r}")
    key = os.environ.get("OPENAI_API_KEY") or ("none" if base_url else "")
    if not key:
        raise GamesimError("OPENAI_API_KEY is not set, and no base_url of another server is given")
    return RemoteModel(model, base_url, key, sampling or Sampling(), concurrency, timeout, retries)


class RemoteModel:
    """A language model behind a chat server; `open_remote` makes one."""

    def __init__(
        self,
        model: str,
        base_url: str | None,
        key: str,
        sampling: Sampling,
        concurrency: int,
        timeout: float,
        retries: int,
    ) -> None:
        self.model, self.base_url, self.sampling = model, base_url, sampling
        self.concurrency, self.timeout, self.retries = concurrency, timeout, retries
        self._key = key

    @property
    def name(self) -> str:
        """The model's name on the server."""
        return self.model

    def describe(self) -> Mapping[str, Any]:
        """Give what a record needs: model, server and settings, never the key."""
        return {
            "kind": "remote",
            "model": self.model,
            "base_url": self.base_url and _without_login(self.base_url),
            "sampling": asdict(self.sampling),
            "concurrency": self.concurrency,
            "timeout": self.timeout,
            "retries": self.retries,
            "versions": {"openai": importlib.metadata.version("openai")},
        }

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once.

        Seeds are sent along; whether equal seeds give equal answers is up to the server.  A request that
        fails becomes an answer with ``finish="error"``.  Once the server has refused the key or the model, or
        cannot be reached at all, what is left of the batch is not sent and gets the same error.

        Parameters
        ----------
        prompts : sequence of Prompt
            One a row.
        seeds : sequence of int
            One a row, sent modulo 2**31.

        Returns
        -------
        sequence of Completion
            In the order of the rows.

        Raises
        ------
        ValueError
            If the two sequences differ in length.
        """
        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts but {len(seeds)} seeds")
        result: list[Completion] = [Completion("", finish="error", error="not sent")] * len(prompts)
        if prompts:
            _run(self._complete(prompts, seeds, result))
        return result

    async def _complete(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], result: list[Completion]
    ) -> None:
        import openai

        places = iter(range(len(prompts)))
        hopeless, answered = "", False

        async def work() -> None:
            nonlocal hopeless, answered
            for place in places:
                if hopeless:
                    result[place] = Completion("", finish="error", error=hopeless)
                    continue
                try:
                    result[place] = await self._ask(client, prompts[place], seeds[place])
                    answered = True
                except Exception as error:  # one bad answer must not lose the others
                    text = self._explain(error)
                    result[place] = Completion("", finish="error", error=text)
                    refused = isinstance(
                        error,
                        openai.AuthenticationError | openai.PermissionDeniedError | openai.NotFoundError,
                    )
                    unreachable = isinstance(error, openai.APIConnectionError) and not isinstance(
                        error, openai.APITimeoutError
                    )
                    if refused or (unreachable and not answered):
                        hopeless = text

        async with openai.AsyncOpenAI(
            api_key=self._key, base_url=self.base_url, timeout=self.timeout, max_retries=self.retries
        ) as client:
            await asyncio.gather(*(work() for _ in range(min(self.concurrency, len(prompts)))))

    async def _ask(self, client: Any, prompt: Prompt, seed: int) -> Completion:
        messages = [{"role": "system", "content": prompt.system}] if prompt.system else []
        reply = await client.chat.completions.create(
            model=self.model,
            messages=[*messages, {"role": "user", "content": prompt.user}],
            seed=seed % 2**31,
            **self._settings(),
        )
        choices = getattr(reply, "choices", None)
        if not choices or choices[0].message is None:
            raise ValueError("the server's reply holds no answer")
        message, usage = choices[0].message, getattr(reply, "usage", None)
        counts: dict[str, Any] = {
            "tokens_in": getattr(usage, "prompt_tokens", None) or 0,
            "tokens_out": getattr(usage, "completion_tokens", None) or 0,
        }
        text = message.content or getattr(message, "refusal", None) or ""
        finish = choices[0].finish_reason
        if finish not in ("stop", "length"):
            return Completion(text, finish="error", error=f"the server ended the answer: {finish}", **counts)
        return Completion(text, finish=finish, **counts)

    def _settings(self) -> dict[str, Any]:
        """Word the sampling settings for a server: OpenAI itself refuses some that others need."""
        sampling = self.sampling
        settings: dict[str, Any] = {}
        if self.base_url is None:
            settings["max_completion_tokens"] = sampling.max_new_tokens
        else:
            settings["max_tokens"] = sampling.max_new_tokens
        # Other servers have defaults of their own, and some models of OpenAI's take no value but 1.
        if self.base_url is not None or sampling.temperature != 1:
            settings["temperature"] = sampling.temperature
        if self.base_url is not None or sampling.top_p != 1:
            settings["top_p"] = sampling.top_p
        if sampling.top_k:
            settings["extra_body"] = {"top_k": sampling.top_k}
        return settings

    def _explain(self, error: Exception) -> str:
        """Word a failure in one line that tells the cause and not the key."""
        import openai

        where = _without_login(self.base_url) if self.base_url else "the OpenAI server"
        if isinstance(error, openai.APITimeoutError):
            text = f"no answer from {where} within {self.timeout:g} s"
        elif isinstance(error, openai.APIConnectionError):
            text = f"{where} cannot be reached: {error.__cause__ or error}"
        elif isinstance(error, openai.NotFoundError):
            text = f"{where} has no model {self.model!r}, or its address is wrong: {error}"
        elif isinstance(error, openai.APIStatusError):
            text = f"{where} answered with an error: {error}"
        else:
            text = f"{where} answered something unreadable: {type(error).__name__}: {error}"
        return " ".join(text.replace(self._key, "***").split())


def _without_login(url: str) -> str:
    """Strip user, password and query off an address."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in a thread of its own where a loop already runs, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
