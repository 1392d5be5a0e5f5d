"""Which language models can be asked from here: servers that answer, and weights on this machine.

Nothing is opened and nothing fetched.  A key is sent only where a run would send it, and never shown.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from gamesim.errors import GamesimError
from gamesim.models.environment import KEY, URL, setting
from gamesim.models.faults import without_login
from gamesim.models.files import check_base

__all__ = ["Server", "Weights", "key_source", "of_adapter", "servers", "spec", "weights"]

OPENAI = "https://api.openai.com/v1"
USUAL = (
    (8000, "vLLM and transformers serve"),
    (8080, "llama.cpp"),
    (11434, "Ollama"),
    (1234, "LM Studio"),
)
_LOCAL = ("localhost", "127.0.0.1", "::1")
_WANTS_A_KEY = "wants a key"
_NEAR, _FAR = 0.7, 3.0
_MOST_BYTES = 4_000_000
_WRITES = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
_IDENTIFIER = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Server:
    """A server that speaks OpenAI's protocol, or was said to.

    Parameters
    ----------
    url : str
        Where it is, without login.
    found : str
        How: the name of the variable and where it was set, or whose usual port it is.
    key : str
        Where the key comes from that was sent; empty where none was.
    models : tuple of str
        What it serves.
    error : str
        Why there is no list; empty where there is.
    """

    url: str
    found: str
    key: str = ""
    models: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Weights:
    """A model in the Hugging Face cache.

    Parameters
    ----------
    name : str
        As in the cache.
    kind : str
        ``base`` or ``adapter``.
    revision : str
        Of the branch ``main``, which a run takes.
    size : int
        Bytes on disk, all revisions.
    base : str
        What an adapter says that it was trained on.
    problem : str
        Why it cannot be played; empty where it can.
    """

    name: str
    kind: str
    revision: str
    size: int
    base: str = ""
    problem: str = ""


def spec(prefix: str, name: str) -> str:
    """Write a model as it stands after ``--agents``; empty if no quotes can hold its name."""
    if re.fullmatch(r"[\w./+-]+", name):
        return f"{prefix}:{name}"
    mark = next((mark for mark in "\"'" if mark not in name), "")
    return f"{prefix}:{mark}{name}{mark}" if mark else ""


def key_source(name: str) -> str:
    """Say where a setting comes from: ``the environment``, ``.env`` or nowhere (empty)."""
    if os.environ.get(name, "").strip():
        return "the environment"
    return ".env" if setting(name) else ""


def servers(
    befm_variable: str, *, online: bool = False, usual: Iterable[tuple[int, str]] | None = None
) -> list[Server]:
    """Ask all servers for their models, side by side.

    Parameters
    ----------
    befm_variable : str
        The variable that names a server of Be.FM.
    online : bool
        Whether OpenAI itself may be asked, which takes a key.
    usual : iterable of (int, str), optional
        Ports of this machine that are tried, and whose they are; `USUAL` unless given.

    Returns
    -------
    list of Server
        Those that were configured, whether they answer or not; of the usual ports those that have models or want
        a key.
    """
    key, origin = setting(KEY), key_source(KEY)
    from_key = f"{KEY} in {origin}" if origin else ""
    asked: list[tuple[str, Server, str, float]] = []
    named = [(url, f"{URL} in {key_source(URL)}") for url in setting(URL).split(",")]
    named.append((os.environ.get(befm_variable, ""), f"{befm_variable} in the environment"))
    for url, found in named:
        if url := url.strip():
            asked.append((url, Server(_public(url), found, from_key), key, _FAR))
    if online and key:
        asked.append((OPENAI, Server(OPENAI, "--online", from_key), key, _FAR))
    taken = {_place(url) for url, *_ in asked}
    guessed = []
    for port, whose in USUAL if usual is None else usual:
        url = f"http://127.0.0.1:{port}/v1"
        if _place(url) not in taken:
            guessed.append((url, Server(url, f"usual port of {whose}"), "", _NEAR))
    answers = _ask_all([(url, key, seconds) for url, _, key, seconds in (*asked, *guessed)])
    told = [
        Server(each.url, each.found, each.key, models, error)
        for (_, each, _, _), (models, error) in zip((*asked, *guessed), answers, strict=True)
    ]
    there = [each for each in told[len(asked) :] if each.models or each.error == _WANTS_A_KEY]
    return told[: len(asked)] + there


def _place(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        return ("localhost" if host in _LOCAL else host, parts.port)
    except ValueError:
        return (url, None)


def _public(url: str) -> str:
    try:
        return without_login(url)
    except ValueError:
        return "an address that cannot be read"


def _ask_all(asked: Sequence[tuple[str, str, float]]) -> list[tuple[tuple[str, ...], str]]:
    """Ask each server in a thread of its own; one that trickles is left behind when its time is up."""
    answers: list[tuple[tuple[str, ...], str]] = [((), _late(seconds)) for *_, seconds in asked]

    def ask(place: int) -> None:
        answers[place] = _ask(*asked[place])

    threads = [threading.Thread(target=ask, args=(place,), daemon=True) for place in range(len(asked))]
    for thread in threads:
        thread.start()
    until = time.monotonic() + max([0.0, *(seconds for *_, seconds in asked)])
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return list(answers)


def _late(seconds: float) -> str:
    return f"no whole answer within {seconds:g} s"


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the key is for the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _ask(url: str, key: str, seconds: float) -> tuple[tuple[str, ...], str]:
    """Ask one server for its models: their names, or what went wrong in words of our own."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return (), "is no address that begins with http:// or https://"
        path = f"{parts.path.rstrip('/')}/models"
        target = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, parts.query, ""))
        headers = {"Accept": "application/json"}
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        elif key:
            headers["Authorization"] = f"Bearer {key}"
        near = (parts.hostname or "") in _LOCAL
        proxies = [urllib.request.ProxyHandler({})] if near else []
        opener = urllib.request.build_opener(_Staying, *proxies)
        with opener.open(urllib.request.Request(target, headers=headers), timeout=seconds) as reply:
            return _names(reply.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (401, 403):
            return (), "refuses the key" if key else _WANTS_A_KEY
        return (), f"answers with status {error.code}"
    except (TimeoutError, urllib.error.URLError) as error:
        late = isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError)
        return (), _late(seconds) if late else "cannot be reached"
    except (OSError, http.client.HTTPException, ValueError):
        return (), "cannot be reached at this address"


def _names(body: bytes) -> tuple[tuple[str, ...], str]:
    try:
        listed = json.loads(body)["data"]
        names = tuple(each["id"] for each in listed if isinstance(each["id"], str) and each["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return (), "answers with no list of models"
    return names, "" if names else "has no models"


def weights() -> list[Weights]:
    """List the models in the Hugging Face cache, by name.

    Raises
    ------
    ModuleNotFoundError
        Where the library of the cache is not installed.
    """
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return []
    found = [_weights(each) for each in cache.repos if each.repo_type == "model"]
    return sorted(found, key=lambda each: each.name)


def _weights(repository: Any) -> Weights:
    name, size = repository.repo_id, repository.size_on_disk
    main = repository.refs.get("main")
    if main is None:
        return Weights(name, "base", "", size, problem="has no revision of the branch main")
    folder, commit = Path(main.snapshot_path), main.commit_hash
    if (folder / "adapter_config.json").is_file():
        base = str(_settings(folder / "adapter_config.json").get("base_model_name_or_path") or "")
        whole = any(folder.glob("*.safetensors"))
        return Weights(name, "adapter", commit, size, base, "" if whole else "has no *.safetensors file")
    try:
        check_base(folder, name)
    except (GamesimError, ValueError, KeyError, OSError) as error:
        problem = str(error) if isinstance(error, GamesimError) else "has settings that cannot be read"
        return Weights(name, "base", commit, size, problem=problem)
    kinds = _settings(folder / "config.json").get("architectures") or ()
    writes = not kinds or any(str(kind).endswith(_WRITES) for kind in kinds)
    return Weights(name, "base", commit, size, problem="" if writes else "writes no text")


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return {}
    return held if isinstance(held, dict) else {}


def of_adapter(adapter: Weights) -> str:
    """Write an adapter on its base as it stands after ``--agents``; BASE where it names none by its id."""
    base = adapter.base if _IDENTIFIER.fullmatch(adapter.base) else "BASE"
    return f"hf:{base}+{adapter.name}"
