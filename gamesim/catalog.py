"""Find games and agents: by the name of their file, or by a path.  Nothing is registered anywhere."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.policy import Policy
from gamesim.streams import key

T = TypeVar("T")


def names(folder: str) -> list[str]:
    """List what a content folder holds: ``games`` or ``agents``."""
    package = importlib.import_module(f"gamesim.{folder}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def find_game(name: str) -> type[Game]:
    """Find a game by name or by the path of a Python file.

    Raises
    ------
    GamesimError
        When there is none, with the nearest name.
    """
    return _only_class(_module("game", name), Game)


def find_agent(name: str) -> type[Policy]:
    """Find an agent by name or by the path of a Python file.

    Raises
    ------
    GamesimError
        When there is none, with the nearest name.
    """
    return _only_class(_module("agent", name), Policy)  # type: ignore[type-abstract]


def _module(kind: str, name: str) -> ModuleType:
    if name.endswith(".py"):
        return _from_path(kind, Path(name))
    known = names(f"{kind}s")
    if name not in known:
        error = unknown(kind, name, known)
        if kind == "agent" and name.endswith((".csv", ".toml")):
            table = (
                "a table of agents stands alone in the place of --agents, and "
                if name.endswith(".csv")
                else ""
            )
            raise GamesimError(
                f"agent {name!r}: {table}a file gives the numbers of an agent and is written behind its name, such as "
                f"fehr_schmidt@file={name}"
            )
        if kind == "agent":
            so_far = str(error)
            further = " A" if so_far.endswith("?") else "; a"
            raise GamesimError(f"{so_far}{further} language model is written openai:NAME or hf:NAME")
        raise error
    return importlib.import_module(f"gamesim.{kind}s.{name}")


def _from_path(kind: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise GamesimError(f"{kind} {str(path)!r}: there is no such file")
    # Under a name of its own, so that a file called random.py replaces nobody's module.
    name = f"gamesim_user_{key(str(path.resolve())):016x}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except GamesimError:
        raise
    except Exception as error:
        raise GamesimError(f"{path}: cannot be loaded: {type(error).__name__}: {error}") from error
    return module


def _only_class(module: ModuleType, base: type[T]) -> type[T]:
    own = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    found = [value for value in own if not inspect.isabstract(value)]
    file = module.__file__ or module.__name__
    if own and not found:
        lacking = ", ".join(sorted(getattr(own[-1], "__abstractmethods__", ())))
        raise GamesimError(f"{file}: {own[-1].__name__} has no {lacking}, which its base class leaves to it")
    if len(found) != 1:
        raise GamesimError(f"{file}: expected one {base.__name__.lower()} in it, found {len(found)}")
    return found[0]
