"""In what the society of a run departs from the plain groups in which the human records were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gamesim.humans import Reference
from gamesim.meeting import of_settings

CONTINUATION = "continuation"
_KNOWN = {
    "partner": "players know their own meetings",
    "image": "players know the image of those they meet",
    "list": "players know all that those they meet did",
}
_WRITTEN = {"group_size": "groups of"}
_REVISED = {"sequential": "players revise in turns", "death_birth": "players revise when drawn"}


def departures(settings: Mapping[str, Any], reference: Reference) -> tuple[str, ...]:
    """Name what sets the society of a run apart from the groups of a human record.

    Parameters
    ----------
    settings : mapping
        Of the run: ``matching``, ``network``, ``society`` and ``game``, each where it is known.
    reference : Reference
        Its ``parameters`` hold the probability of another round where the people played under one.

    Returns
    -------
    tuple of str
        In a few words each; empty for groups formed without regard to anything, in which all decide in every round.
    """
    society = settings.get("society") or {}
    network = settings.get("network") or {}
    found = []
    if network:
        seen = society.get("neighbours", "nothing")
        found.append(f"a network ({network.get('name', 'given')}, neighbours see {seen})")
    if network.get("rewire"):
        found.append(f"links that change ({network['rewire']['name']})")
    if departure := of_settings(settings).departure:
        found.append(departure)
    game = settings.get("game") or {}
    found.extend(
        f"{_WRITTEN.get(name, name)} {_span(*ends)}" for name, ends in game.get("by_size", {}).items()
    )
    if game.get("shared_out"):
        found.append("one endowment for all groups that one is in")
    if society.get("reputation") in _KNOWN:
        found.append(_KNOWN[society["reputation"]])
    if society.get("roles") == "random":
        found.append("roles drawn anew in every round")
    if society.get("update") in _REVISED:
        found.append(_REVISED[society["update"]])
    if society.get(CONTINUATION) and CONTINUATION not in reference.parameters:
        found.append(f"another round follows with probability {society[CONTINUATION]:g}")
    return tuple(found)


def _span(first: float, last: float) -> str:
    """Write what a parameter is in the smallest and in the largest group."""
    ends = [f"{round(end, 3):g}" for end in (first, last)]
    return " to ".join(dict.fromkeys(ends))


def with_continuation(spec: Mapping[str, Any], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the probability of another round among the rules under which a decision was made."""
    chance = (settings.get("society") or {}).get(CONTINUATION)
    if not chance:
        return spec
    return {**spec, "parameters": {**spec.get("parameters", {}), CONTINUATION: chance}}
