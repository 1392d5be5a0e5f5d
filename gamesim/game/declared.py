"""What a game declares: its stages and its parameters."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamesim.actions import ActionSpace

if TYPE_CHECKING:
    from gamesim.game.play import Play


@dataclass(frozen=True)
class Stage:
    """One decision of a game: who decides, what they see of this round, what they may do, and what it is called."""

    name: str
    by: str
    sees: tuple[str, ...]
    when: Callable[[Any], bool]
    space: Callable[[Any, Play], ActionSpace]
    called: str = ""


def stage(
    *,
    by: str,
    sees: tuple[str, ...] = (),
    when: Callable[[Any], bool] = lambda game: True,
    called: str = "",
) -> Callable[[Callable[[Any, Play], ActionSpace]], Stage]:
    """Make a method of a game one of its stages.

    Parameters
    ----------
    by : str
        Role that decides.
    sees : tuple of str
        Earlier stages of the same round, decided by a role of one seat, and signals of the game that are shown
        to it.
    when : callable
        From the game to whether this stage is played under its parameters.
    called : str
        What readers know the decision as, their own or somebody else's, before what was decided: ``"for the giver"``
        before ``5 points``; the name of the method unless given.
    """

    def mark(space: Callable[[Any, Play], ActionSpace]) -> Stage:
        return Stage(space.__name__.rstrip("_"), by, sees, when, space, called)

    return mark


def parameter(
    default: Any,
    *,
    help: str,
    unit: str = "",
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    options: tuple[str, ...] = (),
) -> Any:
    """Declare a parameter of a game: its default, unit and range.

    Parameters
    ----------
    default : object
        Value in the human records.
    help : str
        What it is, in a few words.
    unit : str
        ``"money"`` makes texts show it in the game's currency.
    above, least, most : float
        Open lower, closed lower and closed upper bound.
    options : tuple of str
        The legal words, for a parameter that is a word.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "unit": unit,
            "above": above,
            "least": least,
            "most": most,
            "options": options,
        },
    )
