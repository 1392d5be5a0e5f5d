"""Where a local model lives and in which numbers it computes.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch

from gamesim.errors import GamesimError
from gamesim.models.files import first_line

__all__ = [
    "QUANTISED",
    "Precision",
    "describe_quantisation",
    "find_precision",
    "keep_layout",
    "without_cast_notices",
]

QUANTISED: Final = {
    "int8": "bitsandbytes, weights and inputs in 8 bits, outliers in 16",
    "int4": "bitsandbytes, weights in 4 bits (nf4)",
}
"""Types that weights are turned into while they are loaded."""


@dataclass(frozen=True)
class Precision:
    """Device and numbers of a model.

    Parameters
    ----------
    device : torch.device
        Where it lives.
    dtype : torch.dtype or str
        What it computes in; ``"auto"`` is the checkpoint's own type.
    quantised : str
        A key of `QUANTISED`, or empty.
    """

    device: Any
    dtype: Any
    quantised: str = ""

    def loading(self, config: Any) -> dict[str, Any]:
        """Give what ``from_pretrained`` is to be told.

        Parameters
        ----------
        config : transformers configuration
            Of the model; it may already say how its weights are quantised.

        Raises
        ------
        GamesimError
            If weights that are quantised already were to be quantised again.
        """
        stored = getattr(config, "quantization_config", None) is not None
        if not self.quantised:
            # Quantised weights cannot be moved afterwards.
            return {"dtype": self.dtype} | ({"device_map": {"": self.device}} if stored else {})
        if stored:
            raise GamesimError(
                f"dtype {self.quantised}: the checkpoint is quantised already; open it with dtype auto"
            )
        from transformers import BitsAndBytesConfig

        kind: dict[str, Any] = {"load_in_8bit": True}
        if self.quantised == "int4":
            computed = self.dtype if self.dtype != "auto" else config.dtype or torch.bfloat16
            kind = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": computed}
        return {
            "dtype": self.dtype,
            "quantization_config": BitsAndBytesConfig(**kind),
            "device_map": {"": self.device},
        }


def find_precision(device: str, dtype: str) -> Precision:
    """Read the two settings of a user.

    Parameters
    ----------
    device : str
        ``"auto"`` takes CUDA, then MPS, then the CPU; or a torch device.
    dtype : str
        ``"auto"``, the name of a floating torch type, ``"int8"`` or ``"int4"``.

    Raises
    ------
    GamesimError
        If the device is not there, the type does not exist, or quantising needs a library that is missing.
    """
    target = _device(device)
    whole = torch.float32 if target.type == "cpu" else "auto"
    if dtype == "auto":
        return Precision(target, whole)
    if dtype in QUANTISED:
        if importlib.util.find_spec("bitsandbytes") is None:
            raise GamesimError(f"dtype {dtype} needs bitsandbytes: pip install bitsandbytes")
        return Precision(target, whole, dtype)
    numbers = getattr(torch, dtype, None)
    if not isinstance(numbers, torch.dtype) or not numbers.is_floating_point:
        raise GamesimError(f"dtype {dtype!r} is none of auto, float32, bfloat16, float16, int8, int4")
    return Precision(target, numbers)


def describe_quantisation(quantised: str, config: Any) -> str | None:
    """Say for a record how weights are quantised, and by whom: here while loading, or in the checkpoint.

    Parameters
    ----------
    quantised : str
        A key of `QUANTISED`, or empty.
    config : transformers configuration
        Of the loaded model.
    """
    if quantised:
        return f"{quantised}: {QUANTISED[quantised]}"
    stored = getattr(config, "quantization_config", None)
    if stored is None:
        return None
    known = stored if isinstance(stored, dict) else stored.to_dict()
    method = known.get("quant_method", "unknown")
    return f"in the checkpoint: {getattr(method, 'value', method)}"


def keep_layout(model: Any) -> None:
    """Keep 4-bit weights on a CPU as they were loaded.

    On CPUs with AVX-512 BF16 bitsandbytes (0.50) lays them out anew at the first pass and puts them back wrongly
    when they are listed, which happens whenever an adapter is added.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


@contextmanager
def without_cast_notices(quantised: str) -> Iterator[None]:
    """Keep to itself what bitsandbytes says at every multiplication: that inputs become 16-bit numbers first."""
    if quantised != "int8":
        yield
        return
    logger = logging.getLogger("bitsandbytes.autograd._functions")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _device(name: str) -> Any:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except Exception as error:
        # Torch raises RuntimeError, AssertionError or NotImplementedError, by device and build.
        raise GamesimError(f"device {name!r} is not available: {first_line(error)}") from error
    return device
