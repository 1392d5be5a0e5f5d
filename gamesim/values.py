"""Text from a command line or a file, read by the type it is meant to have."""

from __future__ import annotations

import math
import re
from typing import Any

from gamesim.errors import GamesimError

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read(where: str, value: Any, kind: type) -> Any:
    """Read a value as a word, a truth value, a whole number or a number.

    Parameters
    ----------
    where : str
        What the value is for, as it should stand in an error.
    value : object
        Text, or a value of a fitting type.
    kind : type
        ``str``, ``bool``, ``int`` or ``float``; anything else is passed through.

    Raises
    ------
    GamesimError
        When the value does not fit the type.
    """
    if kind is str:
        return str(value)
    if kind is bool:
        word = str(value).lower()
        if word not in _TRUTH:
            raise GamesimError(f"{where} = {value!r} is neither true nor false")
        return _TRUTH[word]
    if kind not in (int, float):
        return value
    if isinstance(value, bool):
        raise GamesimError(f"{where} = {value!r} is not a number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise GamesimError(f"{where} = {value!r} is not a number") from None
    if not math.isfinite(number):
        raise GamesimError(f"{where} = {value!r} is not a finite number")
    if kind is float:
        return number
    if not number.is_integer():
        raise GamesimError(f"{where} = {value!r} is not a whole number")
    return int(number)


def read_spec(what: str, spec: str, usual: str = "name:key=value,key=value") -> tuple[str, dict[str, str]]:
    """Take ``name:key=value,key=value`` apart; commas inside brackets belong to a value.

    Parameters
    ----------
    what : str
        What is specified, such as ``"network"``, as it should stand in an error.
    spec : str
        As written; a name alone has no settings.
    usual : str
        How it may be written, for errors.

    Returns
    -------
    name : str
    settings : dict of str to str
        What each key is given, as text.

    Raises
    ------
    GamesimError
        When a part is no ``key=value``, or a key is given twice.
    """
    name, _, written = spec.partition(":")
    settings: dict[str, str] = {}
    for part in re.split(r",(?=\s*\w+\s*=)", written) if written else ():
        key, _, value = (each.strip() for each in part.partition("="))
        if not key or not value:
            raise GamesimError(f"{what} {spec}: write {usual}, not {part!r}")
        if key in settings:
            raise GamesimError(f"{what} {spec}: {key} is given twice")
        settings[key] = value
    return name, settings
