"""Open a model by the name it has in a spec: ``hf:base``, ``hf:base+adapter`` or ``openai:name``."""

from __future__ import annotations

import functools

from gamesim.errors import GamesimError, unknown
from gamesim.models import LanguageModel, Sampling

KINDS = ("hf", "openai")


@functools.lru_cache(maxsize=4)
def open_model(
    model: str,
    sampling: Sampling,
    *,
    device: str = "auto",
    dtype: str = "auto",
    download: bool = False,
    base_url: str | None = None,
    known: tuple[str, ...] = (),
) -> LanguageModel:
    """Open a model; the same model with the same settings is opened once.

    The four opened last are kept, whoever uses them; local models of the same base share its weights.

    Parameters
    ----------
    model : str
        Kind and name.
    sampling : Sampling
        How answers are drawn.
    device, dtype : str
        For a local model, as in `gamesim.models.local.open_local`.
    download : bool
        Whether a local model's weights may be fetched.
    base_url : str, optional
        For a remote model: where it is served; ``OPENAI_BASE_URL`` unless given.
    known : tuple of str
        What else it takes from the environment; where that is another, the model is opened anew.

    Raises
    ------
    GamesimError
        When the kind is unknown or the model cannot be opened.
    """
    kind, sign, name = model.partition(":")
    if not sign or not name or kind not in KINDS:
        raise (
            unknown("kind of model", kind, KINDS)
            if sign
            else GamesimError(f"model {model!r}: write hf:BASE, hf:BASE+ADAPTER or openai:NAME")
        )
    if kind == "openai":
        from gamesim.models.remote import open_remote

        return open_remote(name, base_url, sampling=sampling)
    if sampling.thinking or sampling.effort:
        raise GamesimError(f"{model}: thinking and effort are for served models; local ones do not think")
    from gamesim.models.local import open_local
    from gamesim.models.memory import NoRoomError

    base, plus, adapter = name.partition("+")
    opening = functools.partial(
        open_local,
        base,
        adapter if plus else None,
        device=device,
        dtype=dtype,
        sampling=sampling,
        download=download,
    )
    try:
        return opening()
    except NoRoomError:
        # Models that are kept for later, and used by nobody now, may fill the memory.
        open_model.cache_clear()
        return opening()
