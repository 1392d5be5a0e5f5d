"""Models behind an OpenAI-compatible chat server: asyncio within, a plain function call without."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from gamesim.errors import GamesimError
from gamesim.models import Completion, Gate, OnReply, Prompt, Sampling
from gamesim.models.asking import Asking, Patience
from gamesim.models.background import Background
from gamesim.models.environment import KEY, TIMEOUT, URL, setting
from gamesim.models.faults import Fault, judge, without_login
from gamesim.models.pacing import Lane, Lanes, wait_until_refill
from gamesim.models.probing import Probe, read_probe
from gamesim.models.replies import read_reply

__all__ = ["RemoteModel", "open_remote"]

_MOST_CONNECTIONS = 1000


def open_remote(
    model: str,
    base_url: str | None = None,
    *,
    sampling: Sampling | None = None,
    concurrency: int | None = None,
    timeout: float | None = None,
    connect: float = Patience.connect,
    retries: int = Patience.retries,
    deadline: float | None = None,
) -> RemoteModel:
    """Name a model on a server; no request is sent yet.

    The key is read from ``OPENAI_API_KEY``, in the environment or in ``.env`` in the working directory; a server
    of one's own needs none.

    Parameters
    ----------
    model : str
        As the server knows it.
    base_url : str, optional
        Such as ``"http://localhost:8000/v1"``; by default ``OPENAI_BASE_URL``, or else OpenAI itself.  Several,
        separated by commas, share the load: they must serve the same model and take the same key.
    sampling : Sampling, optional
        How answers are drawn; by default at temperature 1 without truncation.
    concurrency : int, optional
        Requests in flight at each server.  Unless given it starts at 8 and follows what the server takes.
    timeout : float, optional
        Seconds without a sign of life until an attempt is given up; by default ``GAMESIM_TIMEOUT``, or else 120.
    connect : float
        Seconds to connect.
    retries : int
        Further attempts after a failure that may pass, with growing pauses.  Being told to wait (429) does not
        count; only the deadline ends it.
    deadline : float, optional
        Seconds for all attempts of one row together; five times `timeout` unless given.

    Returns
    -------
    RemoteModel
        Completes; `gamesim.models.scoring` makes it score where the server can.

    Raises
    ------
    GamesimError
        If the client library or the key is missing, or a setting is out of range.
    """
    if importlib.util.find_spec("openai") is None:
        raise GamesimError('remote models need the openai library: pip install "gamesim[remote]"')
    fixed = 1 if concurrency is None else concurrency
    timeout = _timeout() if timeout is None else timeout
    deadline = 5 * timeout if deadline is None else deadline
    if not 1 <= fixed <= _MOST_CONNECTIONS or min(timeout, connect, deadline) <= 0 or retries < 0:
        raise GamesimError(
            f"concurrency must be 1 to {_MOST_CONNECTIONS}, timeout, connect and deadline positive, and retries "
            "0 or more"
        )
    given = base_url or setting(URL)
    urls = tuple(url for part in given.split(",") if (url := part.strip()))
    for url in urls:
        if not url.startswith(("http://", "https://")):
            shown = url.rpartition("@")[2].partition("?")[0]
            raise GamesimError(f"base_url ({URL}) must begin with http:// or https://, not {shown!r}")
        try:
            _ = urlsplit(url).port
        except ValueError as error:
            raise GamesimError(f"base_url ({URL}) cannot be read: {error}") from None
    key = setting(KEY) or ("none" if urls else "")
    if not key:
        raise GamesimError(
            f"{KEY} is not set, and no other server is named: set {KEY}, or {URL} to an address such as "
            "http://localhost:8000/v1"
        )
    patience = Patience(timeout, connect, retries, deadline)
    return RemoteModel(model, urls, key, sampling or Sampling(), concurrency, patience)


@dataclass(frozen=True)
class _Server:
    """A client of one server, and the server's name in messages."""

    client: Any
    where: str


class RemoteModel:
    """A language model behind a chat server; `open_remote` makes one.

    One client a server lives as long as the model, in a thread of its own, so connections are used again.
    """

    def __init__(
        self,
        model: str,
        urls: Sequence[str],
        key: str,
        sampling: Sampling,
        concurrency: int | None,
        patience: Patience,
    ) -> None:
        self.model, self.urls, self.sampling = model, tuple(urls), sampling
        self.concurrency, self.patience = concurrency, patience
        self._key = key
        self._secrets: tuple[str, ...] = () if key == "none" else (key,)
        for url in urls:
            parts = urlsplit(url)
            hidden = (parts.password, parts.password and unquote(parts.password), parts.query)
            self._secrets += tuple(secret for secret in hidden if secret)
        self._body = self._settings()
        self._opening = threading.Lock()
        self._background: Background | None = None
        self._lanes: Lanes | None = None
        self._finalizer: weakref.finalize[[Background, Lanes], RemoteModel] | None = None
        self._answered = False

    @property
    def name(self) -> str:
        """The model's name on the server."""
        return self.model

    def describe(self) -> Mapping[str, Any]:
        """Give what a record needs: model, server and settings, never the key."""
        return {
            **self.identity(),
            "base_url": ",".join(map(without_login, self.urls)) or None,
            "concurrency": self.concurrency or "adaptive",
            **asdict(self.patience),
            "versions": {"openai": importlib.metadata.version("openai")},
        }

    def identity(self) -> Mapping[str, Any]:
        """Give what an answer depends on; of several servers the first stands for all."""
        return {
            "kind": "remote",
            "model": self.model,
            "base_url": without_login(self.urls[0]) if self.urls else None,
            "sampling": self.sampling.settings(),
        }

    def complete(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Sequence[Completion]:
        """Answer each prompt once.

        Seeds are sent along; whether equal seeds give equal answers is up to the server.  A request that
        fails becomes an answer with ``finish="error"``.  Once the server has refused the key or the model, or
        cannot be reached at all, what is left of the batch is not sent; see `Completion.stopped`.

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
        return self.complete_each(prompts, seeds)

    def complete_each(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        on_reply: OnReply | None = None,
        gate: Gate | None = None,
    ) -> Sequence[Completion]:
        """Answer each prompt once and hand over each answer as it arrives.

        Parameters
        ----------
        prompts, seeds : sequences
            As in `complete`.
        on_reply : callable, optional
            Called in another thread with row and completion, for every row that was sent.
        gate : Gate, optional
            Asked before a row is sent.

        Returns
        -------
        sequence of Completion
            In the order of the rows.
        """
        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts but {len(seeds)} seeds")
        if not prompts:
            return []
        background, lanes = self._open()

        async def work() -> Sequence[Completion]:
            asking = Asking(
                self._send,
                self._judge,
                lanes,
                self.patience,
                answered=self._answered,
                on_reply=on_reply,
                gate=gate,
            )
            try:
                return await asking.ask(prompts, seeds)
            finally:
                self._answered = asking.answered

        try:
            return background.run(work())
        except Exception:
            raise
        except BaseException:  # an interrupt leaves places taken in the lanes
            self.close()
            raise

    def close(self) -> None:
        """Close all connections; a later call opens them again."""
        with self._opening:
            if self._finalizer is not None:
                self._finalizer()
            self._background = self._lanes = self._finalizer = None

    def _open(self) -> tuple[Background, Lanes]:
        with self._opening:
            if self._background is None or self._lanes is None or not self._background.alive:
                background = Background()
                servers = background.run(self._servers())
                slow = self.patience.timeout / 4
                self._lanes = Lanes([Lane(server, self.concurrency, slow) for server in servers])
                self._background = background
                self._finalizer = weakref.finalize(self, _close, background, self._lanes)
            return self._background, self._lanes

    async def _servers(self) -> list[_Server]:
        import openai

        patience = self.patience
        timeout = openai.Timeout(patience.timeout, connect=patience.connect, pool=None)
        servers = []
        for url in self.urls or (None,):
            try:
                http: Any = openai.DefaultAioHttpClient(timeout=timeout)
            except RuntimeError:  # aiohttp is not installed
                http = openai.DefaultAsyncHttpxClient(timeout=timeout)
            client = openai.AsyncOpenAI(
                api_key=self._key, base_url=url, timeout=timeout, max_retries=0, http_client=http
            )
            servers.append(_Server(client, without_login(url) if url else "the OpenAI server"))
        return servers

    async def _send(self, server: _Server, prompt: Prompt, seed: int) -> Completion:
        probe = prompt if isinstance(prompt, Probe) else None
        body: dict[str, Any] = {"model": self.model, "messages": prompt.messages(), "seed": seed % 2**31}
        body |= self._body if probe is None else {**self._plain(), **probe.settings()}
        if prompt.room:
            body[self._most] += prompt.room
        if prompt.schema:
            form = {"name": "answer", "strict": True, "schema": json.loads(prompt.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        reply = await server.client.post("/chat/completions", cast_to=_response_type(), body=body)
        if (wait := wait_until_refill(reply.headers)) > 0:
            self._hold(server, wait)
        return read_reply(reply.json()) if probe is None else read_probe(probe, reply.json())

    def _hold(self, server: _Server, wait: float) -> None:
        import asyncio

        now = asyncio.get_running_loop().time()
        for lane in self._lanes.lanes if self._lanes is not None else ():
            if lane.server is server:
                lane.hold(now, min(wait, self.patience.deadline))

    def _judge(self, error: Exception, server: _Server) -> Fault:
        return judge(error, server.where, self.model, self.patience.timeout, self._secrets)

    @property
    def _most(self) -> str:
        """The name under which a server takes the most tokens of an answer."""
        return "max_tokens" if self.urls else "max_completion_tokens"

    def _plain(self) -> dict[str, Any]:
        """Give the settings under which a server tells the model's own probabilities."""
        return {self._most: 1, **({"temperature": 1.0, "top_p": 1.0} if self.urls else {})}

    def _settings(self) -> dict[str, Any]:
        """Word the sampling settings for a server: OpenAI itself refuses some that others need."""
        sampling = self.sampling
        settings: dict[str, Any] = {}
        settings[self._most] = sampling.max_new_tokens + sampling.thinking
        if sampling.effort:
            settings["reasoning_effort"] = sampling.effort
        # Other servers have defaults of their own, and some models of OpenAI's take no value but 1.
        if self.urls or sampling.temperature != 1:
            settings["temperature"] = sampling.temperature
        if self.urls or sampling.top_p != 1:
            settings["top_p"] = sampling.top_p
        if sampling.top_k:
            settings["top_k"] = sampling.top_k
        return settings


def _timeout() -> float:
    given = setting(TIMEOUT)
    try:
        seconds = float(given) if given else Patience.timeout
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise GamesimError(f"{TIMEOUT} must be a number of seconds above 0, not {given!r}")
    return seconds


def _response_type() -> Any:
    """Give the type of an unparsed reply: parsing into the library's models costs more than all the rest."""
    try:
        from httpx2 import Response
    except ImportError:  # openai before 3
        from httpx import Response
    return Response


def _close(background: Background, lanes: Lanes) -> None:
    async def last() -> None:
        for lane in lanes.lanes:
            await lane.server.client.close()

    background.close(last())
