"""A base model in memory, once, and the adapters that are switched on it.

Whoever opens the same base again, with another adapter or other sampling settings, gets the weights that are
there.  They leave memory with their last user.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesim.errors import GamesimError
from gamesim.models.adapter import add_adapter, changes_its_base, check_adapter
from gamesim.models.chat import Chat
from gamesim.models.files import first_line, signature
from gamesim.models.memory import NoRoomError, is_out_of_memory
from gamesim.models.precision import Precision, keep_layout

__all__ = ["Base", "Weights", "load_weights"]


class Base:
    """One base model with the adapters that were put on it.

    Parameters
    ----------
    model : transformers causal language model
        In evaluation mode.
    chat : Chat
        Its tokenizer and templates.
    """

    def __init__(self, model: Any, chat: Chat) -> None:
        self.model, self.chat = model, chat
        self.lock = threading.RLock()
        self._peft: Any = None
        self._active: str | None = None
        self._added = 0
        self._unused: list[str] = []
        self._views: weakref.WeakValueDictionary[Any, Weights] = weakref.WeakValueDictionary()

    def view(self, folder: Path | None) -> Weights:
        """Give the base as it is, or with the adapter of a folder; the adapter is read once while it is used."""
        key = folder and (folder.resolve(), signature(folder))
        with self.lock:
            found = self._views.get(key)
            if found is None:
                found = self._views[key] = Weights(self, None if folder is None else self._add(folder))
            return found

    def switch(self, adapter: str | None) -> None:
        """Make the model compute with one adapter, or with none, and drop those that nobody uses any more."""
        if adapter != self._active:
            if adapter is None:
                self._peft.base_model.disable_adapter_layers()
            else:
                self._peft.base_model.enable_adapter_layers()
                self._peft.set_adapter(adapter)
            self._active = adapter
        while self._unused:
            with warnings.catch_warnings():
                # Which adapter would be next matters to nobody while none is switched on.
                warnings.simplefilter("ignore", UserWarning)
                self._peft.delete_adapter(self._unused.pop())

    def _add(self, folder: Path) -> str:
        self._added += 1
        name = f"adapter{self._added}"
        self._peft = add_adapter(self.model if self._peft is None else self._peft, folder, name)
        self.model.eval()
        self._peft.base_model.enable_adapter_layers()
        self._peft.set_adapter(name)
        self._active = name
        return name

    def leave(self, adapter: str) -> None:
        """Note that nobody uses an adapter any more; it goes at the next switch."""
        self._unused.append(adapter)


class Weights:
    """A base with one adapter or none, ready to compute; `Base.view` makes one.

    Parameters
    ----------
    base : Base
        Shared with others.
    adapter : str or None
        Its name on the base.
    """

    def __init__(self, base: Base, adapter: str | None) -> None:
        self.base, self._adapter = base, adapter
        if adapter is not None:
            weakref.finalize(self, base.leave, adapter).atexit = False

    @contextmanager
    def ready(self) -> Iterator[Any]:
        """Hold the model with its adapter switched on; others of the same base wait."""
        with self.base.lock:
            self.base.switch(self._adapter)
            yield self.base.model


@dataclass(frozen=True)
class _Key:
    """What weights in memory depend on."""

    folder: Path
    files: tuple[tuple[str, int, int], ...]
    precision: Precision
    attention: str | None
    trust_remote_code: bool
    own: Any


_BASES: weakref.WeakValueDictionary[_Key, Base] = weakref.WeakValueDictionary()
_LOADING = threading.Lock()


def load_weights(
    folder: Path,
    adapter_folder: Path | None,
    precision: Precision,
    *,
    base: str,
    adapter: str | None,
    trust_remote_code: bool,
    attention: str | None,
) -> Weights:
    """Read a base model and its adapter, or take those that are in memory.

    Parameters
    ----------
    folder, adapter_folder : Path
        Where the files lie.
    precision : Precision
        Device and numbers.
    base, adapter : str
        What the user called them.
    trust_remote_code, attention
        As in `gamesim.models.local.open_local`.

    Raises
    ------
    GamesimError
        If a file is damaged or a fit is missing; a `NoRoomError` if memory does not hold the model.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig

    options = {"local_files_only": True, "trust_remote_code": trust_remote_code}
    with _LOADING:
        try:
            config = AutoConfig.from_pretrained(str(folder), **options)
            own = None
            if adapter_folder is not None:
                check_adapter(config, adapter_folder, base=base, adapter=str(adapter))
                if changes_its_base(adapter_folder, str(adapter)):
                    own = (adapter_folder.resolve(), signature(adapter_folder))
            key = _Key(folder.resolve(), signature(folder), precision, attention, trust_remote_code, own)
            held = _BASES.get(key)
            if held is None:
                gc.collect()  # a base that was left lately may still lie in memory, held by itself
                held = _BASES[key] = _load(config, folder, precision, base, attention, options)
            return held.view(adapter_folder)
        except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
            if is_out_of_memory(error):
                raise NoRoomError(
                    f"{base!r} does not fit into the memory of {precision.device}: {first_line(error)}"
                ) from error
            # The libraries' own sentences are the best there is: an unknown architecture, a damaged file.
            raise GamesimError(f"{base!r} cannot be opened: {first_line(error)}") from error


def _load(
    config: Any,
    folder: Path,
    precision: Precision,
    base: str,
    attention: str | None,
    options: dict[str, Any],
) -> Base:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    with _without_progress_bars():
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
        model, report = AutoModelForCausalLM.from_pretrained(
            str(folder),
            use_safetensors=True,
            attn_implementation=attention,
            output_loading_info=True,
            **precision.loading(config),
            **options,
        )
    if report["missing_keys"]:
        # They would be filled with random numbers.
        absent = sorted(report["missing_keys"])
        raise GamesimError(f"{base!r} lacks {len(absent)} of its model's weights, such as {absent[0]}")
    if getattr(model.config, "quantization_config", None) is not None:
        keep_layout(model)
    else:
        model = model.to(precision.device)
    eos = model.generation_config.eos_token_id
    # A checkpoint's own defaults (a repetition penalty, say) would be applied beneath the settings given here.
    model.generation_config = GenerationConfig()
    model.eval()
    return Base(model, Chat(tokenizer, eos if isinstance(eos, list) else [] if eos is None else [eos]))


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Load in silence: what is shown is for the program to say, not for a library."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
