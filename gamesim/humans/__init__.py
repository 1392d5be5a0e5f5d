"""Human records as derived counts, one file a decision and source."""

from gamesim.humans.kernel import Kernel, kernel, kernels
from gamesim.humans.reference import Figure, Reference, Votes, find, named, references
from gamesim.humans.rules import check_rules

__all__ = [
    "Figure",
    "Kernel",
    "Reference",
    "Votes",
    "check_rules",
    "find",
    "kernel",
    "kernels",
    "named",
    "references",
]
