"""Tables in, comparisons out: nothing here knows a live simulation."""

from gamesim.analysis import distance
from gamesim.analysis.bars import Bar, bars
from gamesim.analysis.beside import Noise
from gamesim.analysis.compare import compare
from gamesim.analysis.comparison import Comparison, Row
from gamesim.analysis.missing import Missing
from gamesim.analysis.plot import plot
from gamesim.analysis.protocol import ALLOWABLE, Refusal
from gamesim.analysis.summary import summarise

__all__ = [
    "ALLOWABLE",
    "Bar",
    "Comparison",
    "Missing",
    "Noise",
    "Refusal",
    "Row",
    "bars",
    "compare",
    "distance",
    "plot",
    "summarise",
]
