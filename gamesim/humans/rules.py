"""Whether a game is played by the rules under which people were recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gamesim.errors import GamesimError


def check_rules(who: str, decision: str, required: Mapping[str, float], game: object) -> None:
    """Refuse a game whose rules differ from those of a record.

    Parameters
    ----------
    who : str
        The agent that asks.
    decision : str
        Such as ``public_goods.contribute``.
    required : mapping of str to float
        Parameters under which people were recorded.
    game : object
        Has the parameters as attributes.

    Raises
    ------
    GamesimError
        Naming the first parameter that differs.
    """
    name = differing(required, game)
    if name is not None:
        held, value = getattr(game, name, None), required[name]
        raise GamesimError(f"{who}: {decision} is on record with {name} {value:g} only, not {held!r}")


def differing(required: Mapping[str, float], game: object) -> str | None:
    """Name the first parameter in which a game differs from those of a record; None if there is none."""
    for name, value in required.items():
        held = getattr(game, name, None)
        if not isinstance(held, int | float) or not math.isclose(held, value, rel_tol=1e-3, abs_tol=1e-9):
            return name
    return None
