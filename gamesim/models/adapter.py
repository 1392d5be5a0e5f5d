"""Put a LoRA adapter on a base model, refusing one that was made for another.

The adapter library loads what fits and leaves the rest at zero effect, without a word: an adapter for a model
with fewer layers leaves the upper ones untrained.  Here every tensor must have its place and every place its
tensor.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gamesim.errors import GamesimError, GamesimWarning
from gamesim.models.files import first_line

__all__ = ["add_adapter", "changes_its_base", "check_adapter"]

_PREFIX = "base_model.model."

_BESIDE_ITS_BASE = {
    *("r", "lora_alpha", "lora_dropout", "use_rslora", "rank_pattern", "alpha_pattern", "fan_in_fan_out"),
    *("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "init_lora_weights"),
    *("task_type", "peft_type", "peft_version", "auto_mapping", "base_model_name_or_path", "revision"),
    *("inference_mode", "megatron_core"),
}
"""Settings of a LoRA adapter that add matrices beside the base's own and touch nothing of it."""


def check_adapter(config: Any, folder: Path, *, base: str, adapter: str) -> None:
    """Compare the tensors of an adapter with the places that a base model has for them.

    No weights are read for it.

    Parameters
    ----------
    config : transformers configuration
        Of the base model.
    folder : Path
        Where the adapter lies.
    base, adapter : str
        What the user called them.

    Raises
    ------
    GamesimError
        If the folder holds no LoRA adapter in safetensors, or a tensor is missing, left over or of another
        shape, or layers of the base are left without the adapter.

    Warns
    -----
    GamesimWarning
        If the adapter says that it was made for a base of another name; models of equal shape cannot be told
        apart by their tensors.
    """
    settings = _settings(folder, adapter)
    found = _shapes(folder, adapter)
    wanted, own = _places(config, settings, base=base, adapter=adapter)
    # An adapter may bring embeddings of its own, which replace the base's where they have the same shape.
    extra = {key for key in found.keys() - wanted.keys() if own.get(key.removeprefix(_PREFIX)) != found[key]}
    missing = wanted.keys() - found.keys()
    other = {key for key in found.keys() & wanted.keys() if found[key] != wanted[key]}
    misfit = f"adapter {adapter!r} does not fit base {base!r}"
    if extra:
        raise GamesimError(f"{misfit}: {len(extra)} of its tensors have no place there, such as {min(extra)}")
    if missing:
        raise GamesimError(
            f"{misfit}: {len(missing)} places there would stay without adapter weights, "
            f"such as {min(missing)}"
        )
    if other:
        key = min(other)
        raise GamesimError(
            f"{misfit}: {len(other)} tensors have another shape, such as {key}, "
            f"{found[key]} instead of {wanted[key]}"
        )
    layers = getattr(config.get_text_config(decoder=True), "num_hidden_layers", None)
    covered = {int(match[1]) for key in found if (match := re.search(r"\.layers\.(\d+)\.", key))}
    # Adapters that leave out lower or middle layers do so on purpose; one for a smaller model has them all.
    lowest = settings.layers_to_transform is None and covered == set(range(len(covered)))
    if layers is not None and covered and lowest and len(covered) < layers:
        raise GamesimError(f"{misfit}: it covers {len(covered)} layers of {layers}")
    made_for = settings.base_model_name_or_path
    if made_for and _last_name(made_for) != _last_name(base):
        warnings.warn(
            f"adapter {adapter!r} says it was made for {made_for!r} and is used on {base!r}; their shapes "
            "agree, but that does not make them the same model",
            GamesimWarning,
            stacklevel=3,
        )


def changes_its_base(folder: Path, adapter: str) -> bool:
    """Say whether an adapter does more to a base than add matrices beside its own.

    Biases, embeddings and layers of an adapter's own, or a decomposition of the base's weights, would stay
    behind when another adapter is switched on.

    Parameters
    ----------
    folder : Path
        Where the adapter lies.
    adapter : str
        What the user called it.
    """
    from peft import LoraConfig

    settings, plain = _settings(folder, adapter), LoraConfig()
    other = {
        key
        for key, value in settings.to_dict().items()
        if key not in _BESIDE_ITS_BASE and value != plain.to_dict().get(key)
    }
    beside = all("lora_" in key for key in _shapes(folder, adapter))
    return bool(other) or not beside or not isinstance(settings.init_lora_weights, bool)


def add_adapter(model: Any, folder: Path, name: str) -> Any:
    """Put a checked adapter on its base.

    Parameters
    ----------
    model : transformers causal language model, or what an earlier call returned
        The base, changed by the call; or the base with its adapters so far.
    folder : Path
        Where the adapter lies.
    name : str
        What to call it on the base.

    Returns
    -------
    peft.PeftModel
        Adapters are switched on it; the base inside computes with the one that is on.
    """
    from peft import PeftModel

    with _without_deprecations():
        if not isinstance(model, PeftModel):
            return PeftModel.from_pretrained(model, str(folder), adapter_name=name)
        report = model.load_adapter(str(folder), adapter_name=name, torch_device=str(model.device))
    if report.missing_keys or report.unexpected_keys:
        raise RuntimeError(f"{len(report.missing_keys) + len(report.unexpected_keys)} tensors found no place")
    return model


@contextmanager
def _without_deprecations() -> Iterator[None]:
    """Keep to itself what the adapter library uses of transformers' older names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _settings(folder: Path, adapter: str) -> Any:
    from peft import LoraConfig, PeftConfig

    if not (folder / "adapter_config.json").is_file():
        raise GamesimError(f"{adapter!r} is no adapter: it has no adapter_config.json")
    settings = PeftConfig.from_pretrained(str(folder))
    if not isinstance(settings, LoraConfig):
        raise GamesimError(
            f"adapter {adapter!r} is of the kind {settings.peft_type}; only LoRA adapters are read"
        )
    return settings


def _shapes(folder: Path, adapter: str) -> dict[str, tuple[int, ...]]:
    """Read names and shapes of an adapter's tensors off its file's header."""
    from safetensors import SafetensorError, safe_open

    file = folder / "adapter_model.safetensors"
    if not file.is_file():
        raise GamesimError(f"adapter {adapter!r} has no adapter_model.safetensors")
    try:
        with safe_open(file, framework="numpy") as tensors:
            return {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise GamesimError(f"{str(file)!r} is damaged or no safetensors file: {error}") from error


def _places(
    config: Any, settings: Any, *, base: str, adapter: str
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Give names and shapes of the tensors an adapter would have on a base, and of the base's own weights."""
    import torch
    from peft import get_peft_model, get_peft_model_state_dict
    from transformers import AutoModelForCausalLM

    settings = copy.deepcopy(settings)
    settings.base_model_name_or_path = None
    settings.inference_mode = True
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    own = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    try:
        with _without_deprecations():
            model = get_peft_model(model, settings, low_cpu_mem_usage=True)
    except (ValueError, KeyError) as error:
        raise GamesimError(f"adapter {adapter!r} does not fit base {base!r}: {first_line(error)}") from error
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {key: tuple(tensor.shape) for key, tensor in state.items()}, own


def _last_name(name: str) -> str:
    """Give the part of an id or path that names the model, whatever folder it lies in."""
    parts = Path(name).parts
    if len(parts) >= 3 and parts[-2] == "snapshots":  # the layout of the Hugging Face cache
        return parts[-3].rpartition("--")[2].lower()
    return parts[-1].lower() if parts else ""
