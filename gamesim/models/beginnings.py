"""Which prompts begin alike, so that a beginning is read once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Alike", "group_by_beginning"]


@dataclass(frozen=True)
class Alike:
    """Prompts that begin alike.

    Parameters
    ----------
    places : list of int
        Which prompts.
    length : int
        How many tokens they share, fewer than any of them has; 0 for prompts that share too little.
    """

    places: list[int]
    length: int


@dataclass
class _Span:
    """Neighbours in alphabetical order from `start` on that share `length` tokens, and the best cut in it."""

    length: int
    start: int
    saved: int = 0
    groups: list[tuple[int, int, int]] = field(default_factory=list)


def group_by_beginning(prompts: Sequence[Sequence[int]], least: int) -> list[Alike]:
    """Part prompts into groups that begin alike, such that most tokens are saved.

    A group of n prompts that share L tokens saves (n - 1) L of them, less `least` for a pass of its own.  In
    alphabetical order the candidates are nested spans of neighbours, so the best cut is found from the inside out.

    Parameters
    ----------
    prompts : sequence of sequence of int
        Tokens of each prompt, at least one.
    least : int
        Tokens that it must save to be worth a pass of its own.

    Returns
    -------
    list of Alike
        Every prompt is in one group; those that share nothing worth while are in one together.
    """
    ordered = sorted(range(len(prompts)), key=lambda place: list(prompts[place]))
    common = [_common(prompts[a], prompts[b]) for a, b in pairwise(ordered)]
    open_spans = [_Span(0, 0)]
    for stop, shared in enumerate([*common, 0], start=1):
        start, saved, groups = stop - 1, 0, list[tuple[int, int, int]]()
        while open_spans[-1].length > shared:
            span = open_spans.pop()
            # A prompt that another begins with keeps its last token for itself.
            length = min(span.length, *(len(prompts[place]) - 1 for place in ordered[span.start : stop]))
            start, saved, groups = span.start, span.saved, span.groups
            if (own := (stop - start - 1) * length - least) > saved:
                saved, groups = own, [(start, stop, length)]
            if open_spans[-1].length >= shared:
                open_spans[-1].saved += saved
                open_spans[-1].groups += groups
        if open_spans[-1].length < shared:
            open_spans.append(_Span(shared, start, saved, groups))
    found = [Alike(ordered[start:stop], length) for start, stop, length in open_spans[0].groups]
    grouped = {place for group in found for place in group.places}
    alone = [place for place in range(len(prompts)) if place not in grouped]
    return [*found, Alike(alone, 0)] if alone else found


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the tokens that two prompts begin with."""
    if first == second:
        return len(first)
    pairs = zip(first, second, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
