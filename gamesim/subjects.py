"""The people behind the decisions: their traits, who is whom, and how they are told who they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import plain
from gamesim.streams import Floats, Ints

Trait = str | float

BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
LOWEST, HIGHEST = 1.0, 5.0
"""Big Five scores are means of items answered from 1 to 5."""
TRAITS = ("age", "gender", "country", "occupation", "education", *BIG_FIVE)
"""Traits that are told in words of their own, in this order; any other is told by its name."""

_GENDERS = {
    "a woman": ("woman", "female", "f", "w"),
    "a man": ("man", "male", "m"),
    "non-binary": ("non-binary", "nonbinary", "non binary", "nb"),
}
_GENDER = {word: told for told, words in _GENDERS.items() for word in words}


@dataclass(frozen=True, eq=False)
class Words:
    """A trait in words: codes into few distinct values.

    Parameters
    ----------
    codes : (P,) int
        Place in `values`, -1 where it is missing.
    values : sequence of str
    """

    codes: Ints
    values: Sequence[str]


@dataclass(frozen=True, eq=False)
class People(Sequence[Mapping[str, Trait]]):
    """Personas kept as columns and read as rows, so that a million of them stay cheap.

    Parameters
    ----------
    size : int
        How many people, P.
    traits : mapping from trait to (P,) float or Words
        A number that somebody lacks is NaN.
    """

    size: int
    traits: Mapping[str, Floats | Words]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Trait]]) -> People:
        """Put rows into columns; a trait is a number where everybody who has it has a number."""
        if isinstance(rows, People):
            return rows
        traits: dict[str, Floats | Words] = {}
        for name in dict.fromkeys(name for row in rows for name in row):
            cells = [row.get(name) for row in rows]
            if any(isinstance(cell, str) for cell in cells):
                words = [None if cell is None else str(cell) for cell in cells]
                places = {word: place for place, word in enumerate(dict.fromkeys(filter(None, words)))}
                codes = [places[word] if word else -1 for word in words]
                traits[name] = Words(np.array(codes, dtype=np.int64), tuple(places))
            else:
                traits[name] = np.array([math.nan if cell is None else cell for cell in cells], dtype=float)
        return cls(len(rows), traits)

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Trait]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Mapping[str, Trait]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Trait] | list[Mapping[str, Trait]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self.size))]
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return dict(self._known(index))

    def _known(self, index: int) -> Iterator[tuple[str, Trait]]:
        for name, column in self.traits.items():
            if isinstance(column, Words):
                if column.codes[index] >= 0:
                    yield name, column.values[column.codes[index]]
            elif not math.isnan(column[index]):
                yield name, float(column[index])


@dataclass(frozen=True)
class Subjects:
    """Personas, and which of them each decider is.

    Parameters
    ----------
    people : sequence of mapping from trait to value
        The personas; a trait that somebody lacks is missing there.
    row : (D,) int
        Which persona each decider is; -1 for somebody who is themselves.
    """

    people: Sequence[Mapping[str, Trait]]
    row: Ints

    def take(self, rows: NDArray[np.integer]) -> Subjects:
        """Keep some deciders."""
        return Subjects(self.people, self.row[rows])


def tell(person: Mapping[str, Trait]) -> str:
    """Tell somebody who they are, in the second person.

    Parameters
    ----------
    person : mapping from trait to value
        `TRAITS` in their own words, Big Five scores to one decimal with their scale; all others by name.

    Returns
    -------
    str
        Short sentences, or nothing where nothing is known.

    Examples
    --------
    >>> tell({"age": 34, "gender": "woman", "country": "Brazil", "openness": 3.9})
    'You are 34 years old, a woman and from Brazil. On scales from 1 (lowest) to 5 (highest), your openness is 3.9.'
    """
    known = {name: value for name, value in person.items() if _is_known(value)}
    are, have = _in_words(known)
    scores = [f"your {name} is {plain(round(float(known[name]), 1))}" for name in BIG_FIVE if name in known]
    others = [f"{name.replace('_', ' ')}: {_word(known[name])}" for name in known if name not in TRAITS]
    sentences = []
    if are:
        sentences.append(f"You are {_listed(are)}.")
    if have:
        sentences.append(f"Your {_listed(have, 'your ')}.")
    if scores:
        scale = f"from {plain(LOWEST)} (lowest) to {plain(HIGHEST)} (highest)"
        sentences.append(f"On scales {scale}, {_listed(scores)}.")
    if others:
        sentences.append(f"What {'else ' if sentences else ''}is known of you: {'; '.join(others)}.")
    return " ".join(sentences)


def _in_words(known: Mapping[str, Trait]) -> tuple[list[str], list[str]]:
    """Say what somebody is and what they have."""
    are, have = [], []
    if "age" in known:
        age = _word(known["age"])
        are.append(f"{age} year{'' if age == '1' else 's'} old")
    if "gender" in known:
        gender = _word(known["gender"])
        if told := _GENDER.get(gender.lower()):
            are.append(told)
        else:
            have.append(f"gender is {gender}")
    if "country" in known:
        are.append(f"from {_word(known['country'])}")
    have += [f"{name} is {_word(known[name])}" for name in ("occupation", "education") if name in known]
    return are, have


def _is_known(value: Trait) -> bool:
    return bool(value) if isinstance(value, str) else not math.isnan(value)


def _listed(parts: Sequence[str], lead: str = "") -> str:
    """Join parts as people do; all but the first begin with `lead`."""
    led = [*parts[:1], *(f"{lead}{part}" for part in parts[1:])]
    return " and ".join(filter(None, [", ".join(led[:-1]), *led[-1:]]))


def _word(value: Trait) -> str:
    return value if isinstance(value, str) else plain(value)
