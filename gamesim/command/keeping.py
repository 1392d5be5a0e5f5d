"""The ``gamesim cache`` commands: answers of served models that are kept on this machine."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gamesim.errors import GamesimError, unknown

if TYPE_CHECKING:
    from gamesim.models.cache import ReplyCache

cache_app = typer.Typer(help="The kept answers of served models.", no_args_is_help=True)

Model = Annotated[str | None, typer.Option(help="Only this model's; all unless given.")]


@cache_app.command("show")
def cache_show() -> None:
    """Show what is kept, model by model."""
    from gamesim.command.shown import console, marked, plain_table
    from gamesim.models.cache import ReplyCache
    from gamesim.models.cache_place import cache_folder

    table = plain_table("model", "prompts", "answers", "tokens in", "tokens out", "from", "to")
    with closing(ReplyCache()) as cache:
        for each in cache.show():
            numbers = (each.prompts, each.replies, each.tokens_in, each.tokens_out)
            days = (datetime.fromtimestamp(when).strftime("%Y-%m-%d") for when in (each.oldest, each.newest))
            table.add_row(marked(each.model), *(f"{number:,}" for number in numbers), *days)
    console.print(table)
    console.print(f"kept in {cache_folder()}", markup=False, soft_wrap=True)


@cache_app.command("export", epilog="Example:  gamesim cache export replies.jsonl --model gpt-5.4-mini")
def cache_export(
    file: Annotated[Path, typer.Argument(help="File for the answers, one JSON object a line.")],
    model: Model = None,
) -> None:
    """Write the kept prompts and answers to a file."""
    from gamesim.command.shown import console
    from gamesim.models.cache import ReplyCache

    with closing(ReplyCache()) as cache:
        _check_kept(cache, model)
        try:
            with file.open("w", encoding="utf-8") as lines:
                count = cache.export(lines, model)
        except OSError as error:
            raise GamesimError(f"{file}: cannot be written ({error.strerror})") from None
    console.print(f"{count:,} answers written to {file}", markup=False, soft_wrap=True)


@cache_app.command("import", epilog="Example:  gamesim cache import replies.jsonl")
def cache_import(
    file: Annotated[Path, typer.Argument(help="File that `gamesim cache export` wrote.")],
) -> None:
    """Keep the answers of a file, so that they are not asked for again."""
    from gamesim.command.shown import console
    from gamesim.models.cache import ReplyCache

    with closing(ReplyCache()) as cache:
        try:
            with file.open(encoding="utf-8") as lines:
                new, known = cache.take_in(lines, str(file))
        except OSError as error:
            raise GamesimError(f"{file}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise GamesimError(f"{file}: is no text in UTF-8") from None
    console.print(
        f"{new:,} answers taken from {file}, {known:,} were kept already", markup=False, soft_wrap=True
    )


@cache_app.command("prune", epilog="Example:  gamesim cache prune --older-than 90")
def cache_prune(
    model: Model = None,
    older_than: Annotated[float | None, typer.Option(metavar="DAYS", help="Only what is older.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before everything is deleted.")] = False,
) -> None:
    """Delete kept answers."""
    from gamesim.command.shown import console
    from gamesim.models.cache import ReplyCache

    if model is None and older_than is None and not yes:
        raise GamesimError(
            "cache prune: this would delete every kept answer; say --yes, --model or --older-than"
        )
    with closing(ReplyCache()) as cache:
        _check_kept(cache, model)
        console.print(f"{cache.prune(model, older_than):,} answers deleted")


def _check_kept(cache: ReplyCache, model: str | None) -> None:
    """Refuse a model of which nothing is kept."""
    known = [each.model for each in cache.show()]
    if model is not None and model not in known:
        raise unknown("model", model, known, where="cache")
