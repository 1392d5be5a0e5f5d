"""How much a batch may hold, and what is done when memory held less.

Imports torch; load it only once a local model is wanted.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from gamesim.errors import GamesimError, GamesimWarning

__all__ = ["NoRoomError", "Room", "find_room", "in_halves", "is_out_of_memory", "room_in"]

_CPU_TOKENS = 2048
"""More gains nothing once arithmetic is the bound."""
_MPS_TOKENS = 32768
_ELEMENTS = 1 << 27
"""Most numbers in a batch's logits, and in its attention mask: half a gigabyte in float32."""
_USED = 0.5
"""Part of the free memory that is planned with; the rest is for what is not counted."""
_LEAST_TOKENS, _MOST_TOKENS = 512, 1 << 19
_LEAST_ELEMENTS, _MOST_ELEMENTS = 1 << 22, 1 << 31

Row = TypeVar("Row")
Result = TypeVar("Result")


class NoRoomError(GamesimError):
    """Memory does not hold what was asked for, however small the batch."""


@dataclass
class Room:
    """How much a batch may hold; it shrinks when memory held less.

    Parameters
    ----------
    tokens : int
        Most tokens of one forward pass, padding included.
    elements : int
        Most numbers in its logits, and in its attention mask.
    said : bool
        Whether the user was told that it shrank.
    """

    tokens: int
    elements: int = _ELEMENTS
    said: bool = False

    def shrink(self, rows: int, width: int, device: Any) -> None:
        """Halve it after a batch of (rows, width) tokens that memory did not hold, and say so once."""
        self.tokens = max(1, min(self.tokens, rows * width) // 2)
        if not self.said:
            warnings.warn(
                f"the memory of {device} did not hold a batch of {rows} prompts: going on with smaller batches, "
                "which changes nothing but the time it takes",
                GamesimWarning,
                stacklevel=2,
            )
            self.said = True


def room_in(free: float, config: Any, bytes_per_number: int) -> Room:
    """Plan batches for a free memory.

    Half of it is planned with: half of that for the keys and values and the activations of the tokens, a quarter
    each for logits and masks, which are computed in float32.

    Parameters
    ----------
    free : float
        Bytes.
    config : transformers configuration
        Of the text model: layers and widths.
    bytes_per_number : int
        Of the type that the model computes in.
    """
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    # A layer's keys and values are copied while they grow.
    kept = 2 * heads * size * (config.num_hidden_layers + 1)
    passing = 8 * config.hidden_size + 3 * (
        getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    )
    tokens = int(_USED * free / 2 / (bytes_per_number * (kept + passing)))
    elements = int(_USED * free / 4 / (4 + bytes_per_number))
    return Room(
        min(max(tokens, _LEAST_TOKENS), _MOST_TOKENS), min(max(elements, _LEAST_ELEMENTS), _MOST_ELEMENTS)
    )


def find_room(model: Any) -> Room:
    """Plan batches for the memory that is free now.

    Parameters
    ----------
    model : transformers causal language model
        On its device.

    Returns
    -------
    Room
        From the free memory of a CUDA device, and fixed elsewhere: on the CPU large batches gain nothing.
    """
    device = model.device
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch keeps for itself without using it is free too.
        free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return room_in(free, model.config.get_text_config(decoder=True), model.dtype.itemsize)
    return Room(_CPU_TOKENS if device.type == "cpu" else _MPS_TOKENS)


def in_halves(
    rows: Sequence[Row], work: Callable[[Sequence[Row]], list[Result]], width: int, room: Room, device: Any
) -> list[Result]:
    """Compute a batch; where memory does not hold it, its halves one after the other.

    Parameters
    ----------
    rows : sequence
        The batch, not empty.
    work : callable
        From rows to one result each; the result of a row must not depend on the others.
    width : int
        Tokens of the longest row.
    room : Room
        Shrunk each time, so that the batches to come are smaller.
    device : torch.device
        Whose memory it is.
    """
    try:
        return work(rows)
    except RuntimeError as error:
        if len(rows) == 1 or not is_out_of_memory(error):
            raise
    # Only here, outside of the handler, are the tensors of the failed pass let go.
    room.shrink(len(rows), width, device)
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    half = (len(rows) + 1) // 2
    first = in_halves(rows[:half], work, width, room, device)
    return first + in_halves(rows[half:], work, width, room, device)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether a library ran out of memory: the CPU's and MPS's allocators raise plain runtime errors."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in ("DefaultCPUAllocator: ", "MPS backend out of memory")
    )
