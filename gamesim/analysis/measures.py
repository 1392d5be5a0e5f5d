"""What is measured from round to round: all measures of a series, and what its readers need to know of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

OF_GAME = "_of_game"
"""Ends the name under which a measure is given of all rounds of a game together."""
_ANY = (-math.inf, math.inf)


@dataclass(frozen=True)
class Measure:
    """One measure of a series, and where it is shown.

    Parameters
    ----------
    name : str
        As in the column ``measure``.
    limits : (float, float)
        Within which intervals lie; those of a mean are the range of its decision.
    of_games : bool
        Whether it is also given of all rounds of a game together, where there are several games.
    figure : str
        Column of ``network_rounds.csv`` that it is of, where the network changes.
    of_decision : bool
        Whether the lines of a decision are made of it.
    line : str
        Name of its own line in the report; empty where it has none.
    bars : (float, float)
        Values of the lowest and the highest bar of that line; infinite: the highest value that there is.
    so_far : bool
        Whether its figure in a round is of all that was earned up to then.
    undefined : str
        Why it may be missing in a round in which somebody was paid.
    panel, network_panel : str
        What it is called in the picture of everybody together and in that of a network that changes; empty where it is
        not drawn there.
    """

    name: str
    limits: tuple[float, float] = _ANY
    of_games: bool = False
    figure: str = ""
    of_decision: bool = False
    line: str = ""
    bars: tuple[float, float] = (0.0, 1.0)
    so_far: bool = False
    undefined: str = ""
    panel: str = ""
    network_panel: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which it stands in a series."""
        return (self.name, self.name + OF_GAME) if self.of_games else (self.name,)


MEASURES = (
    Measure("mean", of_games=True, of_decision=True),
    Measure("share", (0.0, 1.0), of_games=True, of_decision=True),
    Measure("earnings", of_games=True),
    Measure("agents", (0.0, 1.0)),
    Measure(
        "efficiency",
        of_games=True,
        line="efficiency",
        undefined="no group could earn more than nothing",
        panel="efficiency",
    ),
    Measure(
        "gini",
        (0.0, 1.0),
        line="Gini of earnings",
        so_far=True,
        undefined="somebody lost more than they earned so far, or nobody earned anything",
        panel="inequality (Gini of earnings)",
    ),
    Measure(
        "degree",
        (0.0, math.inf),
        of_games=True,
        figure="mean_degree",
        line="links an agent",
        bars=(0.0, math.inf),
    ),
    Measure(
        "clustering",
        (0.0, 1.0),
        of_games=True,
        figure="clustering",
        line="clustering",
        network_panel="clustering",
    ),
    Measure(
        "assortment",
        (-1.0, 1.0),
        of_games=True,
        figure="assortment",
        line="assortment",
        bars=(-1.0, 1.0),
        panel="assortment",
        network_panel="assortment of cooperation",
    ),
    Measure("settled", of_decision=True),
    Measure("drift"),
    Measure("end_game", of_decision=True),
    Measure("icc", (-1.0, 1.0)),
    Measure("own_lag", (-1.0, 1.0)),
)
"""All of them, in the order in which lines and pictures show them."""
MEASURE = {each.name: each for each in MEASURES}
"""The same by name."""
