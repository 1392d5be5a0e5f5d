"""What the command prints: tables, bars, and what to try next."""

from __future__ import annotations

import datetime
import json as json_format
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gamesim.analysis.comparison import Comparison
from gamesim.analysis.picture import ENDINGS
from gamesim.archive import read_settings
from gamesim.command.heading import as_set, print_head, treatment
from gamesim.command.likeness import allowing, print_comparison
from gamesim.command.rounds import print_rounds, several
from gamesim.command.shown import console, figure, grid, marked, printable
from gamesim.command.summing import print_summary
from gamesim.errors import GamesimError, unknown
from gamesim.meeting import kind_of
from gamesim.models.access import Underway
from gamesim.models.prices import prices_as_of
from gamesim.population import KEYBOARD
from gamesim.preparing import Progress as Advance
from gamesim.run import Run, open_run

OTHER = "other-update"
"""Name of the folder, in that of a run, of the same under another schedule."""
_QUOTED = 120


def _stem(game: str) -> str:
    """Give what the folders of a game's runs begin with; letters that no folder can have are left out."""
    return re.sub(r"[^\w.-]", "", Path(game).stem) or "run"


@contextmanager
def new_folder(game: str) -> Iterator[Path]:
    """Take a new folder under ``runs/`` that no other run takes; it is gone again where nothing was written."""
    stem = f"{_stem(game)}-{datetime.datetime.now().strftime('%Y%m%d-%H%M%S')}"
    folder, number = Path("runs") / stem, 1
    while True:
        try:
            folder.mkdir(parents=True)
            break
        except OSError as error:
            if not folder.exists():
                raise GamesimError(
                    f"{folder}: cannot be made ({error.strerror}); choose another folder with --out"
                ) from None
            number += 1
            folder = folder.with_name(f"{stem}-{number}")
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
            folder.parent.rmdir()


def unfinished(game: str, agents: str, seed: int) -> Path | None:
    """Find the newest run under ``runs/`` of the same game, agents and seed that was cut off.

    Of a run that was played to its end, the same under another schedule may have been.
    """
    for folder in sorted(Path("runs").glob(f"{_stem(game)}-*"), reverse=True):
        if not (folder / "run.json").is_file():
            continue
        held = [read_settings(each) for each in (folder, folder / OTHER) if (each / "run.json").is_file()]
        same = (held[0].agents, held[0].seed) == (agents, seed)
        if same and any(settings.status != "complete" for settings in held):
            return folder
    return None


def check_plot(path: Path | None) -> None:
    """Refuse a picture that could not be drawn, before anything is played."""
    if path is None:
        return
    if path.suffix.lower() not in ENDINGS:
        raise GamesimError(f"--plot {path}: the name must end in {', '.join(ENDINGS)}")
    if path.is_dir():
        raise GamesimError(f"--plot {path}: is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise GamesimError(f"--plot {path}: there is no folder {path.absolute().parent}")


def check_votes(votes: str) -> None:
    """Refuse an unknown way of counting."""
    if votes not in ("subject", "decision"):
        raise unknown("way of counting votes", votes, ("subject", "decision"))


class Advancing:
    """Bars of a run: the rounds, and the answers of served models within a round.

    Parameters
    ----------
    bar : Progress
        Where they are drawn.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._rounds = bar.add_task("playing", total=None, told="")
        self._answers = bar.add_task("asking", total=None, told="", visible=False)

    def __call__(self, done: int, total: int) -> None:
        """Draw rounds done and rounds in all."""
        self._bar.update(self._rounds, completed=done, total=total, told=f"{done}/{total} rounds")

    def answers(self, underway: Underway) -> None:
        """Draw how many answers are there, and what was spent."""
        self._bar.update(
            self._answers, completed=underway.done, total=underway.asked, told=str(underway), visible=True
        )


@contextmanager
def progress(loud: bool) -> Iterator[Advance | None]:
    """Show rounds and answers done, the time left and what was spent, on a terminal."""
    screen = Console(stderr=True)
    if not loud or not screen.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        yield Advancing(bar)


def result(
    run: Run,
    comparison: Comparison,
    *,
    quiet: bool,
    json: bool,
    plot: Path | None,
    played: bool,
    told: Sequence[str] = (),
    varied: tuple[Path, pd.DataFrame] | None = None,
) -> None:
    """Print a run and its comparison, or their JSON, then draw; notes that were told before are not told again.

    Where the run was played once more under another schedule, ``varied`` is the folder of that and what differed.

    Raises
    ------
    GamesimError
        When a picture is wanted and there is nothing to draw.
    """
    if json:
        sys.stdout.write(
            json_format.dumps(_document(run, comparison, varied), indent=2, allow_nan=False) + "\n"
        )
    elif quiet:
        sys.stdout.write(f"{run.folder}\n")
    else:
        _print_run(run, told)
        print_comparison(comparison, list(run.settings.decisions))
        if varied is not None:
            _print_differences(*varied)
    if plot is not None and run.answered:
        try:
            _draw(run, comparison, plot, played)
        except GamesimError:
            if played and not (json or quiet):
                _print_next(run, comparison)
            raise
        if not (json or quiet):
            console.print(f"drawn: {plot}", markup=False)
    if played and not (json or quiet):
        _print_next(run, comparison)


def _draw(run: Run, comparison: Comparison, plot: Path, played: bool) -> None:
    """Draw a run just played by what it is (a network, rounds, or one round), and any other as a comparison."""
    network = run.settings.network
    apart = kind_of(run.settings.matching).apart
    if played and network is not None and not (network.get("rewire") or apart):
        run.plot_network(plot)
    elif played and (several(run) or network is not None):
        # A network that changes has no one picture, nor agents who do several things at a time; their rounds have.
        run.plot_series(plot)
    elif comparison.rows:
        from gamesim.analysis.plot import plot as draw

        draw(comparison, plot)
    else:
        instead = (
            f"gamesim series {quote(str(run.folder))} --plot {quote(str(plot))}"
            if several(run)
            else "--rounds 10"
        )
        raise GamesimError(
            f"--plot {plot}: nothing is drawn, since no decision was compared with a human record; several rounds are "
            f"drawn as lines: {instead}"
        )


def report(folder: Path) -> None:
    """Print what was done in a run, finished or not, without holding it against anybody."""
    _print_run(open_run(folder), ())
    steps = {
        "compare": "beside people",
        "replay": "what each player read and answered",
    }
    console.print()
    written = {f"gamesim series {quote(str(folder))} --csv rounds.csv": "all rounds, in a table"}
    _print_steps({f"gamesim {step} {quote(str(folder))}": why for step, why in steps.items()} | written)


def _print_differences(folder: Path, table: pd.DataFrame) -> None:
    """Print what the last round came to under two schedules of revision."""
    first, second = table.columns[3:5]
    console.print(
        "\n[bold]the last round under another schedule of revision[/bold] (95 %: sessions paired, as each begins alike)"
    )
    lines = []
    for row in table.to_dict("records"):
        write = partial(figure, percent=bool(row["option"]))
        short = str(row["decision"]).partition(".")[2]
        lines.append(
            [
                f"{short}: {row['option']}" if row["option"] else short,
                str(row["policy"]),
                write(row[first]),
                write(row[second]),
                ("+" if row["difference"] > 0 else "") + write(row["difference"]),
                "one session" if math.isnan(row["low"]) else f"{write(row['low'])} to {write(row['high'])}",
            ]
        )
    console.print(grid(["decision", "agent"], [first, second, "difference", "95 %"], lines))
    console.print(f"kept in {folder}", markup=False, soft_wrap=True)


def notes(sentences: Sequence[str]) -> None:
    """Print what whoever reads the result must know."""
    for sentence in sentences:
        console.print(f"[yellow]note:[/yellow] {marked(sentence)}")


def forecast(run: Run) -> None:
    """Print what a run would take."""
    if run.settings.spent:
        console.print(printable(run.settings.spent), markup=False)
        served = [each for each in run.settings.policies.values() if "base_url" in each.get("model", {})]
        again = max((int(each["options"].get("reask", 0)) for each in served), default=0)
        bound = f"; with these, at most {again + 1} times as many calls" if again else ""
        console.print(
            f"prices as of {prices_as_of()}, answers in the cache not counted off, nor bad answers that are asked for "
            f"again (@reask={again}) counted{bound}; nothing was sent"
        )
    else:
        console.print("no served model would be asked, so there is nothing to pay")


def missing(run: Run) -> str:
    """Say how many decisions are missing and why, with what was said for an example; empty if none is."""
    bad = run.decisions[run.decisions["status"] != "ok"]
    replies = {each["id"]: each for each in run.replies} if len(bad) else {}
    parts = []
    for status, rows in bad.groupby("status", observed=True):
        first = replies.get(rows["reply"].iloc[0], {})
        last = (first.get("again") or [first])[-1]
        said = printable(last.get("error") or last.get("raw") or "")
        parts.append(f"{len(rows):,} {status}" + (f" (such as: {said[:_QUOTED]})" if said.strip() else ""))
    return ", ".join(parts)


def _print_run(run: Run, told: Sequence[str]) -> None:
    print_head(run)
    notes([note for note in run.settings.notes if note not in told])
    console.print()
    print_summary(run)
    if several(run):
        print_rounds(run)


def _print_next(run: Run, comparison: Comparison) -> None:
    settings = run.settings
    saved, opens = f"saved in {printable(run.folder)}", "(decisions.parquet opens in pandas and R)"
    between = " " if len(saved) + 1 + len(opens) <= console.width else "\n"
    console.print(f"\n{saved}{between}{opens}", markup=False, soft_wrap=True)
    # Where options differ, nothing can be compared whatever is allowed.
    refused = [each.mismatches for each in comparison.refused if "options" not in each.mismatches]
    allow = allowing(sorted({kind for kinds in refused for kind in kinds})) if not comparison.rows else ""
    folder = quote(str(run.folder))
    steps = {f"gamesim compare {folder}{allow}": ""}
    if not run.answered:
        steps = {f"gamesim replay {folder}": "what each player read and answered"}
    changed = [quote(f"{name}={as_set(value)}") for name, value in (settings.changed or {}).items()]
    game = (quote(settings.game.get("file") or settings.game["name"]), *(f"--set {each}" for each in changed))
    if KEYBOARD in settings.policies or any("model" in about for about in settings.policies.values()):
        texts = [f"--prompts {quote(settings.prompts)}"] if settings.prompts else []
        steps[" ".join(["gamesim show", *game, *texts])] = "what each player was told"
    if settings.agents != "uniform":
        steps[" ".join(["gamesim play", *game, "--agents uniform"])] = "random play, for scale"
    _print_steps(steps)


def _print_steps(steps: Mapping[str, str]) -> None:
    """Print commands and, where it is said, what each is for: beside them, or below where that is too wide."""
    width = max((len(step) for step, why in steps.items() if why), default=0)
    beside = all(7 + width + 2 + len(why) <= console.width for why in steps.values() if why)
    for place, (step, why) in enumerate(steps.items()):
        told = f"{' ' * 7 if place else 'next:  '}{step:<{width if beside else 0}}"
        told += ("  " if beside else f"\n{' ' * 11}") + why if why else ""
        console.print(printable(told.rstrip()), markup=False, soft_wrap=True)


def _document(
    run: Run, comparison: Comparison, varied: tuple[Path, pd.DataFrame] | None = None
) -> dict[str, Any]:
    document = {
        "folder": None if run.folder is None else str(run.folder),
        "settings": run.settings.model_dump(),
        "treatment": treatment(run.settings),
        "summary": _records(run.summary()),
        "comparison": _records(comparison.table),
        "notes": list(comparison.notes),
    }
    if varied is not None:
        folder, table = varied
        document["sensitivity"] = {"folder": str(folder), "last_round": _records(table)}
    return document


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain_table = table.astype(object).where(table.notna(), None)
    return [
        {str(key): value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
        for row in plain_table.to_dict("records")
    ]
