"""Networks that change from round to round, and their figures by round.

::

    spec = random:share=0.1 | growth:m=2[,attach=preferential|random] | strategic:share=0.3[,error=0]
"""

from __future__ import annotations

from gamesim.errors import unknown
from gamesim.rewiring.base import Ask, ByChance, Rewiring
from gamesim.rewiring.kinds import KINDS, Growth, Random, Strategic, sentences
from gamesim.rewiring.measured import changes, figures
from gamesim.rewiring.pairs import Offers, free_pairs

__all__ = [
    "KINDS",
    "Ask",
    "ByChance",
    "Growth",
    "Offers",
    "Random",
    "Rewiring",
    "Strategic",
    "changes",
    "figures",
    "find_rewiring",
    "free_pairs",
    "sentences",
]


def find_rewiring(spec: str) -> Rewiring:
    """Read a way in which a network changes as it is written.

    Raises
    ------
    GamesimError
        For an unknown name or setting, or a value that cannot be.
    """
    name = spec.partition(":")[0]
    if name not in KINDS:
        raise unknown("way to rewire", name, KINDS)
    return KINDS[name].from_words(spec)
