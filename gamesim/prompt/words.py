"""Numbers as the words that players read: amounts in the currency, choices by name, messages in quotation marks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gamesim.actions import ActionSpace, Amount, Choice, Text, counted, plain
from gamesim.game import Game
from gamesim.messages import Messages

NO_DECISION = "no decision"
MIXED = "different ones in different games"


class Number(float):
    """A number that is written as people do unless a format says otherwise."""

    def __format__(self, spec: str) -> str:
        """Write it; what is missing is told as such."""
        if math.isnan(self):
            return NO_DECISION
        return super().__format__(spec) if spec else plain(self)


class Word(str):
    """A number in words, with the bare number in reach of a template: ``{give}`` and ``{give.number}``."""

    number: Number

    def __new__(cls, text: str, number: float) -> Word:
        """Keep the number beside its text."""
        word = super().__new__(cls, text)
        word.number = Number(number)
        return word

    def __format__(self, spec: str) -> str:
        """Write it, or one of two texts: ``{others:player|players}`` is the first for 1 and the second for all else."""
        one, either, many = spec.partition("|")
        return super().__format__(spec) if not either else one if float(self.number) == 1 else many


@dataclass(frozen=True)
class Terms:
    """What the numbers of a game are called for one reader.

    Parameters
    ----------
    game : Game
    spaces : mapping from stage to ActionSpace
        The widest range of every stage, its options named and arranged as the reader reads them.
    words : mapping from name to tuple of str
        The words for 0, 1, ... of what is told in words.
    messages : Messages
        The words of what is said.
    """

    game: Game
    spaces: Mapping[str, ActionSpace]
    words: Mapping[str, tuple[str, ...]]
    messages: Messages = field(default_factory=Messages)

    @cached_property
    def facts(self) -> dict[str, str]:
        """What the rules mention: parameters, what follows from them, and the name of every option."""
        known: dict[str, str] = {}
        for name, item in self.game.parameters().items():
            value = getattr(self.game, name)
            if isinstance(value, bool | str):
                continue
            money = item.metadata.get("unit") == "money"
            known[name] = Word(self.game.money(value) if money else plain(value), value)
        for space in self.spaces.values():
            if isinstance(space, Choice):
                known |= dict(zip(space.labels, space.shown, strict=True))
        return known | {
            name: value if isinstance(value, str) else Word(plain(value), value)
            for name, value in self.game.facts().items()
        }

    def options(self, stage: str) -> dict[str, str]:
        """Name the options of a stage in the order of the reader, and the other way round."""
        space = self.spaces.get(stage)
        if not isinstance(space, Choice):
            return {}
        return {"options": " or ".join(space.named), "turned": " or ".join(reversed(space.named))}

    def say(self, values: Mapping[str, float], *, exact: bool = False, games: bool = False) -> dict[str, str]:
        """Write values by what they are; earnings to two decimals, and averages unless they must be exact.

        Parameters
        ----------
        values : mapping from name to float
        exact : bool
            Whether what is told may be what an answer hangs on.
        games : bool
            Whether a choice counted in several games at a time, with another person in each: what was told is then
            the mean over them.
        """
        return {
            name: self.one(
                name, value if self._whole(name) or (exact and name != "earned") else round(value, 2), games
            )
            for name, value in values.items()
        }

    def _whole(self, name: str) -> bool:
        """Tell whether a name stands for what is never rounded: a decision, a message, what is told in words."""
        return name in self.spaces or self.said(name) or bool(self.kinds(name))

    def said(self, name: str) -> bool:
        """Tell whether a name stands for a message or a conversation."""
        return name in self.game.talks or name in self.game.said_names

    def written(self, stage: str, action: float) -> str:
        """Write an action as an answer, without marks around it."""
        space = self.spaces[stage]
        return self.messages.text(action) if isinstance(space, Text) else space.write(action)

    def one(self, name: str, value: float, games: bool = False) -> str:
        """Write one value: a `Word`, but for what is said, which is no number; `games` as in `say`."""
        if math.isnan(value):
            return Word(NO_DECISION, value)
        if self.said(name):
            return self.messages.written(value)
        text = self._text(name, value)
        if games and name not in self.spaces and name != "earned":
            alike = " in all of the games" if float(value).is_integer() else ""
            text += alike if self.kinds(name) else " on average"
        return Word(text, value)

    def kinds(self, name: str) -> tuple[str, ...]:
        """Give the words for 0, 1, ... of what is told in words; none for an amount."""
        space = self.spaces.get(name)
        if name in self.words:
            return tuple(word.format_map(self.facts) for word in self.words[name])
        return space.shown if isinstance(space, Choice) else ()

    def _text(self, name: str, value: float) -> str:
        if kinds := self.kinds(name):
            # On a network this may be what several neighbours did.
            if not float(value).is_integer():
                if len(kinds) > 2:
                    return MIXED
                shares = [plain(round(100 * share, 1)) for share in (1 - value, value)]
                return f"{kinds[0]} in {shares[0]} % of the games and {kinds[1]} in {shares[1]} %"
            return kinds[int(value)]
        space = self.spaces.get(name)
        money = name == "earned" or name in self.game.money_names
        if money or (isinstance(space, Amount) and space.unit == "money"):
            return self.game.money(value)
        if isinstance(space, Amount) and space.unit != "numbers":
            return counted(value, space.unit)
        return plain(value)


def terms(
    game: Game,
    order: int = 0,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    words: Mapping[str, tuple[str, ...]] | None = None,
    messages: Messages | None = None,
) -> Terms:
    """Give the terms of one reader.

    Parameters
    ----------
    game : Game
    order : int
        Which arrangement of the options; the same for all stages, since rules speak of them together.
    labels : mapping from stage to names, optional
        Other names for the options of a stage.
    words : mapping from name to words, optional
        Other words for what is told in words.
    messages : Messages, optional
        The words of what is said, where anything may have been.
    """
    spaces: dict[str, ActionSpace] = {}
    for each in game.stages:
        space = game.space_at_most(each.name)
        if isinstance(space, Choice):
            space = space.renamed(labels[each.name]) if labels and each.name in labels else space
            space = space.arranged(order)
        spaces[each.name] = space
    return Terms(game, spaces, {**game.words, **(words or {})}, messages or Messages())
