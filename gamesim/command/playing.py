"""The ``gamesim play`` command; most of its options are the settings of a `gamesim.design.Design`."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from gamesim.command.options import Json, PlayedPlotPath, Quiet, Set, parameters
from gamesim.design import HOW, MODELS, WHO, Design
from gamesim.errors import GamesimError, LeftError, NothingPlayedError, StoppedError

PLAY_EXAMPLES = (
    "\b\nExamples:\n"
    "  gamesim play ultimatum --agents befm\n"
    "  gamesim play ultimatum --agents me,befm\n"
    "  gamesim play trust --agents investor=befm,trustee=human --set endowment=50\n"
    "  gamesim play dictator --agents openai:gpt-5.4-mini --personas people.csv\n"
    "  gamesim play public_goods --agents uniform:0.5,spe:0.5 --rounds 10 --sessions 5\n"
    "  gamesim play prisoners_dilemma --agents imitate_best --network lattice:side=40 \\\n"
    "    --rounds 20 --plot map.png"
)
_REST = "What comes of it"
# What is typed for each kind of setting; other kinds of personas and networks are for Python alone.
_TYPED = {"int": int, "float": float, "bool": bool, "str": str, "Given": str}


class PlayCommand(TyperCommand):
    """`play`, whose many options are listed under headings; one that has none stands under the last."""

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write one section after another."""
        told: dict[str, list[Any]] = {heading: [] for heading in ("Arguments", WHO, HOW, MODELS, _REST)}
        for each in self.get_params(ctx):
            heading = getattr(each, "rich_help_panel", None) or _REST
            told["Arguments" if each.param_type_name == "argument" else heading].append(
                each.get_help_record(ctx)
            )
        for heading, records in told.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def _seconds(text: str) -> float:
    """Read a time such as 90s, 30m or 2h; a bare number is seconds."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        return float(number) * units[unit]
    except ValueError:
        raise GamesimError(f"--max-time {text}: write a time such as 90s, 30m or 2h") from None


def _with_design(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take every setting of a design as an option, in the place of its ``**design``."""
    given = inspect.signature(command, eval_str=True)
    own = given.parameters.values()
    first = [each for each in own if each.kind is each.POSITIONAL_OR_KEYWORD]
    last = [each for each in own if each.kind is each.KEYWORD_ONLY]
    command.__signature__ = given.replace(parameters=[*first, *_options(), *last])  # type: ignore[attr-defined]
    return command


def _options() -> Iterator[inspect.Parameter]:
    for each in dataclasses.fields(Design):
        told = each.metadata
        kind: Any = _TYPED[str(each.type).partition(" | ")[0]]
        flag = "--" + each.name.replace("_", "-")
        names = [told["name"]] if told["name"] else [flag] if each.default is False else []
        option = typer.Option(
            *names,
            help=told["help"],
            metavar=told["metavar"],
            parser=_seconds if each.name == "max_seconds" else None,
            rich_help_panel=told["section"],
        )
        yield inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=Annotated[kind | None if each.default is None else kind, option],
        )


@_with_design
def play(
    game: Annotated[
        str, typer.Argument(help="A game by name (see `gamesim games`), or the path of your own file.")
    ],
    agents: Annotated[
        str,
        typer.Option(
            help="Who plays: a, b, a:0.3,b:0.7, seat=a,seat=b (see `gamesim agents`), or a table agents.csv with one "
            "agent a row.",
            rich_help_panel=WHO,
        ),
    ] = "befm",
    *,
    set_: Set = None,
    sensitivity: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="Play again under another schedule and show the difference: update.",
            rich_help_panel=HOW,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/GAME-TIME unless given.")] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Take up the same run where it was cut off; nothing is paid twice.",
            rich_help_panel=MODELS,
        ),
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
    plot: PlayedPlotPath = None,
    **design: Any,
) -> None:
    """Play one game and compare what happened with people."""
    from gamesim import sensitivity as varied
    from gamesim.agent_table import at_keyboard
    from gamesim.command import show
    from gamesim.playing import play as play_game

    show.check_plot(plot)
    if sensitivity is not None:
        varied.check_choice(sensitivity, design)
    # A bar that is redrawn all the time would write over what the person at the keyboard is asked.
    asked = at_keyboard(agents)
    loud = not (quiet or json)
    told: list[str] = []

    def announce(notes: Sequence[str]) -> None:
        told.extend(notes)
        if loud:
            show.notes(notes)

    settings = {**design, **parameters(set_)}
    kept = out or (show.unfinished(game, agents, design["seed"]) if resume else None)
    if loud and resume and (kept is None or not (kept / "run.json").is_file()):
        show.notes([f"{kept or 'runs/'} holds no run to take up: it is played from its start"])
    with (
        nullcontext(kept) if kept is not None else show.new_folder(game) as folder,
        _saying_how_to_go_on(folder, design["cache"]),
    ):
        with show.progress(loud and not asked) as advance:
            watched: Any = {"announce": announce, "progress": advance}
            run = play_game(game, agents, out=folder, resume=resume, **watched, **settings)
        if design["dry_run"]:
            show.forecast(run)
        other = None
        if sensitivity is not None:
            settings |= varied.once_more(run, design)
            if loud:
                show.notes(
                    [f"played once more with --update {settings['update']} --rounds {settings['rounds']}"]
                )
            with show.progress(loud and not asked) as advance:
                other = play_game(
                    game, agents, out=folder / show.OTHER, resume=resume, progress=advance, **settings
                )
            if design["dry_run"]:
                show.forecast(other)
    if design["dry_run"]:
        return
    difference = None if other is None else (folder / show.OTHER, varied.by_update(run, other))
    show.result(
        run, run.compare(), quiet=quiet, json=json, plot=plot, played=True, told=told, varied=difference
    )
    if not run.answered:
        raise NothingPlayedError(f"{folder}: not one valid decision was made: {show.missing(run)}")


@contextmanager
def _saying_how_to_go_on(folder: Path, cache: bool) -> Iterator[None]:
    """Tell whoever is stopped, or stops it, what taking the run up again would ask for once more."""
    again = "goes on from here" if cache else "asks for everything again, since --no-cache kept no answer"
    try:
        yield
    except StoppedError as error:
        raise StoppedError(f"{error}; the same command with --resume {again}") from None
    except KeyboardInterrupt:
        if not (folder / "run.json").is_file():
            raise
        raise LeftError(
            f"interrupted; what was played so far is in {folder}; the same command with --resume {again}"
        ) from None
