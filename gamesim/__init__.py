"""Economic games played by language models, people on record and strategies, and compared with people.

>>> import gamesim
>>> run = gamesim.play("ultimatum", agents="equal_split", n=100, seed=1)
>>> run.decisions.groupby("decision", observed=True)["action"].mean().to_dict()
{'ultimatum.minimum': 50.0, 'ultimatum.offer': 50.0}
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gamesim.actions import Amount as Amount
    from gamesim.actions import Choice as Choice
    from gamesim.actions import Text as Text
    from gamesim.errors import GamesimError as GamesimError
    from gamesim.errors import GamesimWarning as GamesimWarning
    from gamesim.errors import StoppedError as StoppedError
    from gamesim.game import Game as Game
    from gamesim.game import Play as Play
    from gamesim.game import parameter as parameter
    from gamesim.game import stage as stage
    from gamesim.game_model import GameModel as GameModel
    from gamesim.playing import play as play
    from gamesim.policy import Decisions as Decisions
    from gamesim.policy import ExactPolicy as ExactPolicy
    from gamesim.policy import Policy as Policy
    from gamesim.run import Run as Run
    from gamesim.run import open_run as open_run
    from gamesim.simulation import Simulation as Simulation

# Loaded on first use, so that help and errors come at once.
_HOMES = {
    "Amount": "actions",
    "Choice": "actions",
    "Decisions": "policy",
    "ExactPolicy": "policy",
    "Game": "game",
    "GameModel": "game_model",
    "GamesimError": "errors",
    "GamesimWarning": "errors",
    "Play": "game",
    "Policy": "policy",
    "Run": "run",
    "Simulation": "simulation",
    "StoppedError": "errors",
    "Text": "actions",
    "open_run": "run",
    "parameter": "game",
    "play": "playing",
    "stage": "game",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gamesim' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gamesim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
