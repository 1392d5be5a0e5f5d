"""What can go wrong between here and a server, each by its own name and in one line without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gamesim.models.pacing import wait_asked
from gamesim.models.probing import NoProbabilities

__all__ = ["Fault", "judge", "without_login"]

_LONGEST = 300
_CUT_OFF = {
    "ServerDisconnectedError",
    "ClientPayloadError",
    "ClientOSError",
    "ReadError",
    "RemoteProtocolError",
}
_NOT_THERE = {"ClientConnectorError", "ClientConnectorDNSError", "ConnectError", "gaierror"}
_SPENT = {"insufficient_quota", "billing_hard_limit_reached"}
_OVERLOADED = {503, 529}
_FILTERED = {"content_filter", "content_policy_violation"}
_ASKED_FOR = re.compile(
    r"response.?format|json.?schema|structured|guided|logprob|add_generation_prompt|chat_template",
    re.IGNORECASE,
)
"""What a server may be asked for that it need not have."""


@dataclass(frozen=True)
class Fault:
    """Why an attempt failed.

    Parameters
    ----------
    kind : str
        ``rate limit``, ``server error``, ``time-out``, ``connection lost``, ``unreachable``, ``unreadable``,
        ``key``, ``quota``, ``model``, ``forbidden``, ``request``, ``unsupported`` or ``filtered``.
    text : str
        One sentence.
    wait : float, optional
        Seconds that the server asked to wait; 0 where it is overloaded and names no time.
    """

    kind: str
    text: str
    wait: float | None = None

    @property
    def passing(self) -> bool:
        """Whether another attempt may succeed."""
        return self.kind in {
            *("rate limit", "server error", "time-out", "connection lost", "unreachable", "unreadable")
        }

    @property
    def overload(self) -> bool:
        """Whether fewer requests at a time might help."""
        return self.kind in {"rate limit", "time-out", "connection lost"} or self.wait is not None

    def hopeless(self, answered: bool) -> bool:
        """Whether no other request can succeed either.

        Parameters
        ----------
        answered : bool
            Whether the server has answered anything; then what it forbids may be about one prompt.
        """
        if self.kind in {"key", "quota"}:
            return True
        return not answered and self.kind in {"model", "forbidden", "unreachable"}

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def judge(error: Exception, where: str, model: str, timeout: float, secrets: Sequence[str]) -> Fault:
    """Tell what a failed attempt means.

    Parameters
    ----------
    error : Exception
        What the client library raised.
    where : str
        The server as the user knows it.
    model : str
        The model's name there.
    timeout : float
        Seconds after which an attempt was given up.
    secrets : sequence of str
        What must not be repeated.

    Returns
    -------
    Fault
    """
    kind, text, wait = _kind(error, where, model, timeout)
    for secret in secrets:
        text = text.replace(secret, "***")
    text = " ".join(re.sub(r"[^\w\s!-~]|[\x00-\x1f\x7f-\x9f]", " ", text).split())
    return Fault(kind, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ...", wait)


def _kind(error: Exception, where: str, model: str, timeout: float) -> tuple[str, str, float | None]:
    import openai

    if isinstance(error, openai.APIStatusError):
        return _refused(error, where, model)
    names = {type(one).__name__ for one in _chain(error)}
    cause = next((text for one in reversed(list(_chain(error))) if (text := str(one).strip())), "")
    if names & _NOT_THERE:
        return "unreachable", f"{where} cannot be reached: {cause}", None
    if names & _CUT_OFF:
        return "connection lost", f"{where} broke the connection off: {cause}", None
    if isinstance(error, TimeoutError):
        return "time-out", f"no whole answer from {where} before the deadline", None
    if isinstance(error, openai.APITimeoutError):
        return "time-out", f"no answer from {where} within {timeout:g} s", None
    if isinstance(error, openai.APIConnectionError):
        return "unreachable", f"{where} cannot be reached: {cause}", None
    if isinstance(error, NoProbabilities):
        return "unsupported", f"{where}: {error}", None
    return "unreadable", f"{where} answered something unreadable: {type(error).__name__}: {error}", None


def _refused(error: Any, where: str, model: str) -> tuple[str, str, float | None]:
    """Tell what an HTTP status and the server's own code mean."""
    status, code, kind = error.status_code, str(error.code or ""), str(error.type or "")
    answered = f"{where} answered with an error: {error}"
    if status in (402, 429) and ({code, kind} & _SPENT or status == 402):
        return "quota", f"{where} has no credit left for this key: {error}", None
    if status == 429:
        return "rate limit", answered, wait_asked(error.response.headers)
    if status == 401:
        return "key", f"{where} refuses the key: {error}", None
    if status == 404 or code == "model_not_found":
        return "model", f"{where} has no model {model!r}, or its address is wrong: {error}", None
    if code in _FILTERED:
        return "filtered", answered, None
    if status in (400, 422) and _ASKED_FOR.search(str(error)):
        return "unsupported", answered, None
    if status == 403:
        return "forbidden", answered, None
    if status in (408, 409, 425) or status >= 500:
        wait = wait_asked(error.response.headers)
        return "server error", answered, 0.0 if wait is None and status in _OVERLOADED else wait
    return "request", answered, None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what caused it, the outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def without_login(url: str) -> str:
    """Strip user, password and query off an address."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
