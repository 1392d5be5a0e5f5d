"""Human records as derived counts, one file a decision and source."""

from gamesim.humans.kernel import Kernel, kernel, kernels
from gamesim.humans.reference import Figure, Reference, Votes, find, named, references
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
    "references",
]
