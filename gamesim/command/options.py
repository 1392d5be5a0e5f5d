"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gamesim.design import WHO
from gamesim.errors import GamesimError

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="A parameter of the game; may be repeated.", rich_help_panel=WHO
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the folder of the run.")]
PlotPath = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the distributions beside those of people: .png, .svg or .pdf.",
    ),
]
PlayedPlotPath = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw one round beside people, several as lines, a network as a map with its rounds: .png, .svg or .pdf.",
    ),
]
Prompts = Annotated[
    Path | None, typer.Option("--prompts", metavar="DIR", help="Folder of texts (see `gamesim prompts`).")
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="WHAT",
        help="Compare although this differs: round, stake, method, parameters, given, range, society; may be repeated.",
    ),
]
References = Annotated[
    list[str] | None,
    typer.Option(
        "--references",
        metavar="RECORD",
        help="Compare with this human record alone: your own JSON file, a folder of them, or a name of `gamesim "
        "humans`; may be repeated.",
    ),
]


def parameters(pairs: list[str] | None) -> dict[str, str]:
    """Read the parameters of a game from ``KEY=VALUE`` pairs."""
    read: dict[str, str] = {}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise GamesimError(f"--set {pair}: write --set KEY=VALUE")
        if name.strip() in read:
            raise GamesimError(f"--set {pair}: {name.strip()} is set twice, first to {read[name.strip()]}")
        read[name.strip()] = value.strip()
    return read
