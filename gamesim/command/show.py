"""What the command prints: tables, bars, and what to try next."""

from __future__ import annotations

import datetime
import json as json_format
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gamesim.actions import plain
from gamesim.analysis.bars import bars
from gamesim.analysis.comparison import Comparison, Row
from gamesim.analysis.missing import Missing
from gamesim.analysis.table import UNUSABLE
from gamesim.archive import read_settings
from gamesim.command.rounds import print_rounds, several
from gamesim.command.shown import console, marked, printable
from gamesim.errors import GamesimError, unknown
from gamesim.models.access import Underway
from gamesim.models.prices import prices_as_of
from gamesim.population import KEYBOARD
from gamesim.preparing import Progress as Advance
from gamesim.run import Run

BAR = 22
FEW = 10
"""Fewer answers than these are not measured against anybody."""
_QUOTED = 120


def default_folder(game: str) -> Path:
    """Name a new folder under ``runs/``."""
    stem = f"{Path(game).stem}-{datetime.datetime.now().strftime('%Y%m%d-%H%M%S')}"
    folder = Path("runs") / stem
    number = 1
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{stem}-{number}"
    return folder


def unfinished(game: str, agents: str, seed: int) -> Path | None:
    """Find the newest run under ``runs/`` of the same game, agents and seed that was cut off."""
    for folder in sorted(Path("runs").glob(f"{Path(game).stem}-*"), reverse=True):
        if (folder / "run.json").is_file():
            settings = read_settings(folder)
            if settings.status != "complete" and (settings.agents, settings.seed) == (agents, seed):
                return folder
    return None


def check_plot(path: Path | None) -> None:
    """Refuse a picture that could not be drawn, before anything is played."""
    if path is None:
        return
    if path.suffix not in (".png", ".svg"):
        raise GamesimError(f"--plot {path}: the name must end in .png or .svg")
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
) -> None:
    """Print a run and its comparison, or their JSON; notes that were told before are not told again."""
    if plot is not None and played and run.settings.network is not None:
        # A network that changes has no one picture; its rounds have.
        (run.plot_series if run.settings.network.get("rewire") else run.plot_network)(plot)
    elif plot is not None:
        from gamesim.analysis.plot import plot as draw

        draw(comparison, plot)
    if json:
        sys.stdout.write(json_format.dumps(_document(run, comparison), indent=2, allow_nan=False) + "\n")
    elif quiet:
        sys.stdout.write(f"{run.folder}\n")
    else:
        _print_run(run, told)
        _print_comparison(comparison, list(run.settings.decisions))
        if plot is not None:
            console.print(f"drawn: {plot}", markup=False)
        if played:
            _print_next(run, comparison)


def differences(table: pd.DataFrame) -> None:
    """Print what the last round came to under two schedules of revision."""
    first, second = table.columns[3:5]
    console.print("\n[bold]the last round under another schedule of revision[/bold]")
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for name in ("decision", "agent"):
        grid.add_column(name, overflow="fold")
    for name in (first, second, "difference", "95 %"):
        grid.add_column(name, justify="right")
    for row in table.to_dict("records"):
        write = _percent if row["option"] else _number
        short = str(row["decision"]).partition(".")[2]
        grid.add_row(
            marked(f"{short}: {row['option']}" if row["option"] else short),
            marked(str(row["policy"])),
            write(row[first]),
            write(row[second]),
            ("+" if row["difference"] > 0 else "") + write(row["difference"]),
            "one session" if math.isnan(row["low"]) else f"{write(row['low'])} to {write(row['high'])}",
        )
    console.print(grid)


def notes(sentences: Sequence[str]) -> None:
    """Print what whoever reads the result must know."""
    for sentence in sentences:
        console.print(f"[yellow]note:[/yellow] {marked(sentence)}")


def forecast(run: Run) -> None:
    """Print what a run would take."""
    if run.settings.spent:
        console.print(printable(run.settings.spent), markup=False)
        console.print(
            f"prices as of {prices_as_of()}, answers in the cache not counted off, nor bad answers that are asked for "
            "again (@reask=) counted; nothing was sent"
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
    settings = run.settings
    console.print(
        f"[bold]{marked(settings.game['name'])}[/bold]  {settings.n} agents"
        + (f", {settings.sessions} sessions" if settings.sessions > 1 else "")
        + f", {run.calendar}, {marked(settings.matching)} matching, "
        f"seed {settings.seed}   agents: {marked(settings.agents)}"
    )
    if settings.spent:
        console.print(f"spent: {marked(settings.spent)}")
    if settings.status != "complete":
        console.print(
            f"[yellow]this run is {marked(settings.status)}: what follows is of the rounds that were played[/yellow]"
        )
    notes([note for note in settings.notes if note not in told])
    console.print()
    rows = run.summary().to_dict("records")
    order = list(settings.decisions)
    rows.sort(key=lambda row: order.index(row["decision"]))
    amounts = [row for row in rows if not row["choices"]]
    choices = [row for row in rows if row["choices"]]
    if amounts:
        _table(["decision", "agent"], _AMOUNT_COLUMNS, amounts)
    if choices:
        _table(["decision", "agent", "choices"], _CHOICE_COLUMNS, choices)
    for row in rows:
        if row["invalid"] > 0:
            console.print(_unusable(row), markup=False)
    _print_own_results(run)
    if settings.void_groups:
        console.print(
            f"{settings.void_groups:,} of {settings.groups:,} groups are void: an action is missing in them"
        )
    if several(run):
        print_rounds(run)


def _unusable(row: Mapping[Any, Any]) -> str:
    """Say how many answers could not be used, why, and how far they might move the mean."""
    counts = {status: row[status] for status in UNUSABLE if row[status]}
    bad, good = sum(counts.values()), row["n"]
    why = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counts.items())
    text = f"{row['decision'].partition('.')[2]}, {row['policy']}: {bad:,} of {bad + good:,} answers missing ({why})"
    if not pd.isna(row["mean_low"]):
        text += (
            f"; the mean would be {row['mean_low']:.2f} if they were all the lowest action, "
            f"{row['mean_high']:.2f} if the highest"
        )
    return printable(text)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.2f}"


def _percent(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.1%}"


Columns = Mapping[str, tuple[str, Callable[[float], str]]]
_CHOICE_COLUMNS: Columns = {
    "n": ("n", _count),
    "earned": ("payoff", _number),
    "invalid": ("invalid", _percent),
    "void": ("void", _count),
}
_AMOUNT_COLUMNS: Columns = {
    "n": ("n", _count),
    "mean": ("mean", _number),
    "SD": ("sd", _number),
    "none": ("none", _percent),
    "half": ("half", _percent),
    "all": ("all", _percent),
} | dict(list(_CHOICE_COLUMNS.items())[1:])


def _table(words: list[str], numbers: Columns, rows: list[dict[Any, Any]]) -> None:
    """Print the summary of some decisions: columns of words, then columns of numbers."""
    # One blank between columns, so that a table of amounts fits on 80 columns.
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for word in words:
        table.add_column(word, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    for row in rows:
        texts = {
            "decision": row["decision"].partition(".")[2],
            "agent": str(row["policy"]),
            "choices": row["choices"],
        }
        figures = [write(row[column]) for column, write in numbers.values()]
        table.add_row(*(marked(texts[word]) for word in words), *figures)
    console.print(table)


def _print_own_results(run: Run) -> None:
    """Tell the person at the keyboard what came of each decision."""
    if KEYBOARD not in run.settings.policies:
        return
    table = run.decisions
    for row in table[table["policy"].isin([KEYBOARD])].to_dict("records"):
        done = row["label"] if isinstance(row["label"], str) else plain(row["action"])
        earned = "nothing, since an answer is missing" if pd.isna(row["payoff"]) else plain(row["payoff"])
        console.print(
            f"round {row['round']}: your {printable(row['stage'])} was {printable(done)}, and you earned {earned}",
            markup=False,
        )


def _print_comparison(comparison: Comparison, order: list[str]) -> None:
    shown: set[tuple[str, str]] = set()
    rows = sorted(
        comparison.rows,
        key=lambda each: (order.index(each.decision), each.policy, each.source.dataset != "moblab"),
    )
    for row in rows:
        if (row.decision, row.policy) not in shown:
            shown.add((row.decision, row.policy))
            _print_bars(row)
        _print_likeness(row)
    for note in comparison.notes:
        told = note.replace("(allow ", "(gamesim compare --allow ").replace(
            " to compare all the same)", " does)"
        )
        console.print(f"\n[dim]not compared:[/dim] {marked(told)}")


def _print_bars(row: Row) -> None:
    counted = "people" if row.human_votes == "subject" else "decisions of people"
    people = f"{row.human_n:,} {counted}" if row.human_n else "published figures"
    console.print(
        f"\n[bold]{marked(row.decision)}[/bold]   [cyan]■[/cyan] {marked(row.policy)}   [magenta]■[/magenta] "
        f"{people} ({marked(row.reference)})"
    )
    drawn = bars(row)
    if any(math.isnan(bar.human) for bar in drawn):
        return
    largest = max(max(bar.simulated, bar.human) for bar in drawn)
    width = max(len(bar.label) for bar in drawn)
    for bar in drawn:
        left, right = (_bar(share / largest) for share in (bar.simulated, bar.human))
        console.print(
            f"  {marked(f'{bar.label:>{width}}')} [cyan]{left:<{BAR}}[/cyan]{bar.simulated:>6.1%}  "
            f"[magenta]{right:<{BAR}}[/magenta]{bar.human:>6.1%}"
        )


def _bar(share: float) -> str:
    eighths = round(share * BAR * 8)
    return "█" * (eighths // 8) + ("" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1])


def _print_likeness(row: Row) -> None:
    ending = f"[bold]{marked(row.verdict)}[/bold]" + "".join(f"; {marked(note)}" for note in row.notes)
    if math.isnan(row.w1n):
        _say(f"{row.reference}: mean {row.mean:.4g} beside {row.human_mean:.4g}; {ending}", 2)
        return
    intervals = ", ".join(
        f"{name} {low:.3f} to {high:.3f}{_texts(row, name)}"
        for name, (low, high) in row.intervals.items()
        if name == "wording" or (low <= row.w1n and high > low)
    )
    figures = {
        "people against people (halves)": row.floor.mean,
        f"another population ({row.between[0][0] if row.between else ''})": row.between[0][1]
        if row.between
        else math.nan,
        "a perfect simulator at this n": row.perfect.mean,
    } | {name: value for name, value in row.rivals.items() if name != "human marginal"}
    beside = [f"{name} {value:.3f}" for name, value in figures.items() if not math.isnan(value)]
    if row.n < FEW and not row.exact:
        _say(f"{row.reference}: {row.n:,} answered, too few for a distance", 2)
        return
    exact = "exact probabilities" if row.exact else f"{row.n:,} answers"
    covering = f"; 95 % {intervals}" if intervals else ""
    _say(f"distance to {row.reference}: [bold]W1 {row.w1n:.3f}[/bold] ({exact}{covering})", 2)
    if row.missing is not None:
        _say(_with_missing(row.missing), 4)
    if beside:
        _say(f"beside it: {'; '.join(beside)}", 4)
    if not math.isnan(row.wording_sd):
        _say(
            f"wording: beyond chance the mean choice differs by an SD of {row.wording_sd:.3g} between "
            f"{row.wordings} texts",
            4,
        )
    if not math.isnan(row.icc) and row.n >= FEW:
        human = "" if math.isnan(row.human_icc) else f" (people {row.human_icc:.2f} and {row.human_lag1:.2f})"
        _say(
            f"persons: share of variance between them {max(row.icc, 0):.2f}, own-lag correlation {row.lag1:.2f}{human}",
            4,
        )
    _say(ending, 4)


def _texts(row: Row, name: str) -> str:
    return f" ({row.wordings} texts)" if name == "wording" else ""


def _with_missing(missing: Missing) -> str:
    return (
        f"with the {missing.n:,} missing answers: {missing.w1n_uniform:.3f} if they were uniform, "
        f"{missing.w1n_best:.3f} to {missing.w1n_worst:.3f} whatever they were"
    )


def _say(text: str, indent: int) -> None:
    console.print(Padding(text, (0, 0, 0, indent)))


def _print_next(run: Run, comparison: Comparison) -> None:
    game = run.settings.game.get("file") or run.settings.game["name"]
    console.print(
        f"\nsaved in [bold]{marked(run.folder)}[/bold] (decisions.parquet opens in pandas and R)",
        soft_wrap=True,
    )
    allow = sorted({word for refusal in comparison.refused for word in _allowable(refusal.reason)})
    again = "".join(f" --allow {word}" for word in allow) if not comparison.rows else ""
    steps = {f"gamesim compare {run.folder}{again}": ""}
    if not run.answered:
        steps = {f"gamesim replay {run.folder}": "what each player read and answered"}
    steps[f"gamesim show {game}"] = "what each player was told"
    if run.settings.agents != "uniform":
        steps[f"gamesim play {game} --agents uniform"] = "a player who chooses at random, for scale"
    width = max(len(step) for step, why in steps.items() if why)
    for lead, (step, why) in zip(("next:  ", *[" " * 7] * 2), steps.items(), strict=False):
        console.print(printable(f"{lead}{step:<{width}}  {why}".rstrip()), markup=False, soft_wrap=True)


def _allowable(reason: str) -> list[str]:
    _, found, words = reason.partition("(allow ")
    return words.partition(" to compare")[0].split(", ") if found else []


def _document(run: Run, comparison: Comparison) -> dict[str, Any]:
    return {
        "folder": None if run.folder is None else str(run.folder),
        "settings": run.settings.model_dump(),
        "summary": _records(run.summary()),
        "comparison": _records(comparison.table),
        "notes": list(comparison.notes),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain_table = table.astype(object).where(table.notna(), None)
    return [
        {str(key): value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
        for row in plain_table.to_dict("records")
    ]
