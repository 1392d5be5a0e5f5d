"""Model folders: where they are, whether they are whole, and what their files hash to."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from gamesim.errors import GamesimError

__all__ = ["check_base", "file_hashes", "find_folder", "first_line", "revision", "signature"]

_WANTED = ("*.safetensors", "*.json", "*.model", "*.txt", "*.jinja", "*.py")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")
_HASHED = (
    "*.safetensors",
    "*token*",
    "*vocab*",
    "merges.txt",
    "*.jinja",
    "*.model",
    "*config.json",
    "*.index.json",
)


def find_folder(name: str | Path, *, download: bool, what: str = "model") -> Path:
    """Find a folder on disk, or a repository in the local Hugging Face cache.

    Parameters
    ----------
    name : str or Path
        A folder, or an id such as ``"Qwen/Qwen3-4B-Instruct-2507"``.
    download : bool
        Fetch what is not in the cache.
    what : str
        Word for messages.

    Returns
    -------
    Path
        The folder; for an id, its snapshot in the cache.

    Raises
    ------
    GamesimError
        If it is neither, or cannot be downloaded.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    text = str(name)
    if isinstance(name, Path) or text.startswith((".", "/", "~")) or text.count("/") > 1:
        raise GamesimError(f"{what} folder {text!r} does not exist")
    try:
        return Path(snapshot_download(text, local_files_only=not download, allow_patterns=list(_WANTED)))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        if isinstance(error, LocalEntryNotFoundError) and download:
            raise GamesimError(f"{what} {text!r} could not be downloaded: {first_line(error)}") from error
        raise GamesimError(
            f"{what} {text!r} is neither a folder nor in the local Hugging Face cache; "
            f"get it with: hf download {text}"
        ) from error
    except Exception as error:
        if not download:
            raise
        raise GamesimError(f"{what} {text!r} could not be downloaded: {first_line(error)}") from error


def check_base(folder: Path, name: str | Path) -> None:
    """Refuse a folder that is not a whole base model with safetensors weights and a tokenizer.

    Parameters
    ----------
    folder : Path
        Where the files are.
    name : str or Path
        What the user called it.

    Raises
    ------
    GamesimError
        Saying which part is missing.
    """
    cached = folder.parent.name == "snapshots"
    remedy = f"; complete it with: hf download {name}" if cached else ""
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            raise GamesimError(f"{str(name)!r} is an adapter, not a base model; give it as hf:BASE+{name}")
        raise GamesimError(f"{str(name)!r} is no model: it has no config.json{remedy}")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        missing = [shard for shard in shards if not (folder / shard).is_file()]
        if missing:
            raise GamesimError(f"{str(name)!r} lacks weights: {', '.join(missing)} not found{remedy}")
    elif not any(folder.glob("*.safetensors")):
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        why = "only pickled weights, which are not read, and no" if pickled else "no weights: there is no"
        raise GamesimError(f"{str(name)!r} has {why} *.safetensors file{remedy}")
    if not any((folder / file).is_file() for file in _TOKENIZERS):
        raise GamesimError(f"{str(name)!r} has no tokenizer: none of {', '.join(_TOKENIZERS)}{remedy}")


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash the weights, the tokenizer and the settings of a model or adapter folder.

    Parameters
    ----------
    folder : Path
        Where the files are.

    Returns
    -------
    dict of str to str
        SHA-256 in hexadecimal for each file name, in alphabetical order.
    """
    return {name: _sha256((folder / name).resolve(), *status) for name, *status in signature(folder)}


def signature(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Tell the weights, the tokenizer and the settings of a folder from others that may lie there later.

    Returns
    -------
    tuple of (str, int, int)
        Name, time of the last change in nanoseconds and size in bytes of each file, in alphabetical order.
    """
    files = sorted({file for pattern in _HASHED for file in folder.glob(pattern) if file.is_file()})
    states = [(file.name, file.stat()) for file in files]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def revision(folder: Path) -> str | None:
    """Give the commit of a snapshot in the Hugging Face cache, None for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else None


@lru_cache(maxsize=256)
def _sha256(file: Path, modified: int, size: int) -> str:
    """Hash a file; time and size are there so that a changed file is hashed anew."""
    del modified, size
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def first_line(error: Exception) -> str:
    """Give the first line of an error's text, or its kind where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
