"""Human records as derived counts, one file a decision and source."""

from gamesim.humans.collection import find, named, open_references, references
from gamesim.humans.kernel import Kernel, kernel, kernels
from gamesim.humans.reference import Figure, Reference, Votes
from gamesim.humans.rules import check_rules, differing

__all__ = [
    "Figure",
    "Kernel",
    "Reference",
    "Votes",
    "check_rules",
    "differing",
    "find",
    "kernel",
    "kernels",
    "named",
    "open_references",
    "references",
]
