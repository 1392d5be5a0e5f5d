"""The ``gamesim prompts`` commands: what players read, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

prompts_app = typer.Typer(
    help="What players read, as files.",
    no_args_is_help=True,
)


@prompts_app.command("export", epilog="Example:  gamesim prompts export dictator --out my-prompts")
def prompts_export(
    game: Annotated[str, typer.Argument(help="A game by name, or the path of your own file.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the file.")] = Path("prompts"),
) -> None:
    """Write our texts of a game as a file to start from."""
    from gamesim.command import listing

    listing.export_prompts(game, out)


@prompts_app.command("check", epilog="Example:  gamesim prompts check my-prompts")
def prompts_check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with one TOML file a game.")],
    own: Annotated[
        list[str] | None,
        typer.Option(
            "--game", metavar="FILE", help="A game of your own that it has texts for; may be repeated."
        ),
    ] = None,
) -> None:
    """Check a folder of texts.

    Every key, role, stage and placeholder is looked at.
    """
    from gamesim.command import listing

    listing.check_prompts(folder, own or ())


@prompts_app.command(
    "import-behaviorbench",
    epilog="Example:  gamesim prompts import-behaviorbench ~/BehaviorBench --out behaviorbench-prompts",
)
def prompts_import(
    path: Annotated[Path, typer.Argument(help="Your copy of the BehaviorBench data.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the texts.")] = Path(
        "behaviorbench-prompts"
    ),
) -> None:
    """Take the texts that Be.FM was trained on.

    They come byte for byte from your own copy of BehaviorBench.
    """
    from gamesim.command import listing

    listing.import_behaviorbench(path, out)
