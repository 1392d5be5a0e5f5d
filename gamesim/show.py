"""What the command prints: tables, bars, and what to try next."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import json as json_format
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gamesim import catalog, prompt
from gamesim.actions import Amount, plain
from gamesim.analysis.bars import bars
from gamesim.analysis.comparison import Comparison, Row
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.humans import Reference, find, references
from gamesim.run import Progress as Advance
from gamesim.run import Run

BAR = 22
_TEXT_WIDTH = 88
console = Console(highlight=False, soft_wrap=False)


def default_folder(game: str) -> Path:
    """Name a new folder under ``runs/``."""
    stem = f"{Path(game).stem}-{datetime.datetime.now().strftime('%Y%m%d-%H%M%S')}"
    folder = Path("runs") / stem
    number = 1
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{stem}-{number}"
    return folder


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


@contextmanager
def progress(loud: bool) -> Iterator[Advance | None]:
    """Show rounds done and the time left, on a terminal."""
    if not loud:
        yield None
        return
    columns = (
        TextColumn("playing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rounds"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rounds", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def result(
    run: Run, comparison: Comparison, *, quiet: bool, json: bool, plot: Path | None, played: bool
) -> None:
    """Print a run and its comparison, or their JSON."""
    if plot is not None:
        from gamesim.analysis.plot import plot as draw

        draw(comparison, plot)
    if json:
        sys.stdout.write(json_format.dumps(_document(run, comparison), indent=2, allow_nan=False) + "\n")
    elif quiet:
        sys.stdout.write(f"{run.folder}\n")
    else:
        _print_run(run)
        _print_comparison(comparison)
        if plot is not None:
            console.print(f"drawn: {plot}")
        if played:
            _print_next(run, comparison)


def _print_run(run: Run) -> None:
    settings = run.settings
    console.print(
        f"[bold]{settings.game['name']}[/bold]  {settings.n} agents"
        + (f", {settings.sessions} sessions" if settings.sessions > 1 else "")
        + f", {settings.rounds} round{'s' if settings.rounds > 1 else ''}, {settings.matching} matching, "
        f"seed {settings.seed}   agents: {escape(settings.agents)}"
    )
    if settings.status != "complete":
        console.print(
            f"[yellow]this run is {settings.status}: what follows is of the rounds that were played[/yellow]"
        )
    for note in settings.notes:
        console.print(f"[yellow]note:[/yellow] {escape(note)}")
    summary = run.summary()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name, justify in _SUMMARY.items():
        table.add_column(name, justify=justify, overflow="fold")
    for row in summary.to_dict("records"):
        table.add_row(*_summary_row(row))
    console.print()
    console.print(table)
    if settings.void_groups:
        console.print(
            f"{settings.void_groups:,} of {settings.groups:,} groups are void: an action is missing in them"
        )


_SUMMARY: dict[str, Any] = {
    "decision": "left",
    "agent": "left",
    "n": "right",
    "mean": "right",
    "SD": "right",
    "none": "right",
    "half": "right",
    "all": "right",
    "earned": "right",
    "invalid": "right",
    "void": "right",
}


def _summary_row(row: Mapping[Any, Any]) -> list[str]:
    middle = (
        [str(row["choices"]), "", "", "", ""]
        if row["choices"]
        else [
            _number(row["mean"]),
            _number(row["sd"]),
            *(_percent(row[name]) for name in ("none", "half", "all")),
        ]
    )
    return [
        str(row["decision"]).partition(".")[2],
        escape(str(row["policy"])),
        f"{row['n']:,}",
        *middle,
        _number(row["payoff"]),
        _percent(row["invalid"]),
        f"{row['void']:,}",
    ]


def _print_comparison(comparison: Comparison) -> None:
    shown: set[tuple[str, str]] = set()
    for row in sorted(
        comparison.rows, key=lambda each: (each.decision, each.policy, each.source.dataset != "moblab")
    ):
        if (row.decision, row.policy) not in shown:
            shown.add((row.decision, row.policy))
            _print_bars(row)
        _print_likeness(row)
    for note in comparison.notes:
        console.print(f"\n[dim]not compared:[/dim] {escape(note)}")


def _print_bars(row: Row) -> None:
    people = f"{row.source.subjects or row.human_n or 0:,} people" if row.human_n else "published figures"
    console.print(
        f"\n[bold]{row.decision}[/bold]   [cyan]■[/cyan] {escape(row.policy)}   [magenta]■[/magenta] "
        f"{people} ({row.reference})"
    )
    drawn = bars(row)
    if any(math.isnan(bar.human) for bar in drawn):
        return
    largest = max(max(bar.simulated, bar.human) for bar in drawn)
    width = max(len(bar.label) for bar in drawn)
    for bar in drawn:
        left, right = (_bar(share / largest) for share in (bar.simulated, bar.human))
        console.print(
            f"  {bar.label:>{width}} [cyan]{left:<{BAR}}[/cyan]{bar.simulated:>6.1%}  "
            f"[magenta]{right:<{BAR}}[/magenta]{bar.human:>6.1%}"
        )


def _bar(share: float) -> str:
    eighths = round(share * BAR * 8)
    return "█" * (eighths // 8) + ("" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1])


def _print_likeness(row: Row) -> None:
    if math.isnan(row.w1n):
        _say(
            f"{row.reference}: mean {row.mean:.4g} beside a published {row.human_mean:.4g}; {escape(row.verdict)}",
            2,
        )
        return
    intervals = ", ".join(
        f"{name} {low:.3f} to {high:.3f}"
        for name, (low, high) in row.intervals.items()
        if not math.isnan(low) and high > 0
    )
    beside = [f"people against people (halves) {row.floor.mean:.3f}"]
    if row.between:
        beside.append(f"another population {row.between[0][1]:.3f}")
    beside.append(f"a perfect simulator at this n {row.perfect.mean:.3f}")
    beside += [f"{name} {value:.3f}" for name, value in row.rivals.items() if name != "human marginal"]
    exact = "exact probabilities" if row.exact else f"{row.n:,} answers"
    _say(f"distance to {row.reference}: [bold]W1 {row.w1n:.3f}[/bold] ({exact}; 95 % {intervals})", 2)
    _say(f"beside it: {'; '.join(beside)}", 4)
    if not math.isnan(row.icc):
        human = "" if math.isnan(row.human_icc) else f" (people {row.human_icc:.2f} and {row.human_lag1:.2f})"
        _say(f"persons: variance between them {row.icc:.2f}, own-lag correlation {row.lag1:.2f}{human}", 4)
    _say(f"[bold]{escape(row.verdict)}[/bold]" + "".join(f"; {escape(note)}" for note in row.notes), 4)


def _say(text: str, indent: int) -> None:
    console.print(Padding(text, (0, 0, 0, indent)))


def _print_next(run: Run, comparison: Comparison) -> None:
    game = run.settings.game["name"]
    console.print(f"\nsaved in [bold]{run.folder}[/bold] (decisions.parquet opens in pandas and R)")
    allow = sorted({word for refusal in comparison.refused for word in _allowable(refusal.reason)})
    again = "".join(f" --allow {word}" for word in allow) if not comparison.rows else ""
    console.print(f"next:  gamesim compare {run.folder}{again}")
    console.print(f"       gamesim show {game}                     what each player was told")
    if run.settings.agents != "uniform":
        console.print(f"       gamesim play {game} --agents uniform    the zero point of the scale")


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


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.2f}"


def _percent(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.1%}"


def _listing(*columns: str) -> Table:
    table = Table(
        box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), show_header=bool(columns[0])
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _entries(entries: Iterable[tuple[str, str, str]]) -> None:
    """Print names with what they are, and below that what can be set."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, what, settings in entries:
        table.add_row(f"[bold]{name}[/bold]", escape(what))
        if settings:
            table.add_row("", f"[dim]{escape(settings)}[/dim]")
    console.print(table)


def games() -> None:
    """List the games with their decisions and parameters."""
    entries = []
    for name in catalog.names("games"):
        rules = catalog.find_game(name)
        decisions = ", ".join(each.name for each in rules.all_stages)
        defaults = " ".join(f"{key}={_default(item)}" for key, item in rules.parameters().items())
        entries.append((name, _first_line(rules), f"decisions: {decisions}   --set {defaults}"))
    _entries(entries)
    console.print("\ngamesim show GAME prints the rules and exactly what each player is told", markup=False)


def agents() -> None:
    """List the agents with their options."""
    entries = []
    for name in catalog.names("agents"):
        kind = catalog.find_agent(name)
        options = " ".join(_option(item) for item in dataclasses.fields(kind) if item.init)
        entries.append((name, _first_line(kind), options))
    _entries(entries)
    console.print(
        "\na model by name: hf:BASE, hf:BASE+ADAPTER, openai:NAME; your own agent: path.py", markup=False
    )


def humans(name: str) -> None:
    """List the human records, or print one in full."""
    if name:
        _human(name)
        return
    table = _listing("record", "subjects", "mean", "stake", "round")
    for column in table.columns[1:]:
        column.justify = "right"
    for each in references():
        table.add_row(
            each.name,
            f"{each.subjects:,}" if each.subjects else "published",
            _recorded_mean(each),
            "shares" if each.shares else "-" if each.stake is None else plain(each.stake),
            "-" if each.round is None else str(each.round),
        )
    console.print(table)
    console.print(
        "\ncounts of one vote a subject, derived from records; published: figures as printed by their source\n"
        "gamesim humans RECORD prints population, method, filter, counts and citation of one of them",
        markup=False,
    )


def _human(name: str) -> None:
    found = {each.name: each for each in references()}
    if name not in found:
        raise unknown("record", name, found)
    record = found[name]
    table = _listing("", "")
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if item.name in ("one_vote", "per_decision"):
            value = "  ".join(f"{action}: {count}" for action, count in value.items())
        elif item.name == "attrition":
            value = "; ".join(f"{step} {rows:,}" for step, rows in value)
        elif item.name == "figures":
            value = "; ".join(f"{key} {figure.value:g} ({figure.source})" for key, figure in value.items())
        elif isinstance(value, Mapping):
            value = ", ".join(f"{key} = {held:g}" for key, held in value.items())
        if value not in ("", None, ()):
            table.add_row(item.name.replace("_", " "), escape(str(value)))
    console.print(table)


def _recorded_mean(record: Reference) -> str:
    if record.has_counts:
        return f"{np.average(record.support, weights=record.counts()):.2f}"
    return f"{record.figures['mean'].value:.2f}" if "mean" in record.figures else "-"


def game(name: str, settings: Mapping[str, str], *, every_wording: bool) -> None:
    """Print the rules of a game and what each player reads."""
    kind = catalog.find_game(name)
    rules = kind.from_settings(settings)
    console.print(f"[bold]{rules.name}[/bold]  {escape(_first_line(kind))}\n")
    table = _listing("parameter", "value", "what it is")
    for key, item in kind.parameters().items():
        table.add_row(key, str(getattr(rules, key)), str(item.metadata.get("help", "")))
    console.print(table)
    console.print(f"\nselfish players: {rules.equilibrium}")
    console.print(
        f"efficient: {rules.efficiency} (a group then earns {rules.money(rules.efficient_payoff())})"
    )
    for stage in rules.stages:
        _show_stage(rules, stage.name, every_wording)
    silent = [
        role
        for role in dict.fromkeys(rules.roles)
        if role not in {rules.decider(s.name) for s in rules.stages}
    ]
    for role in silent:
        console.print(f"\n[bold]{role}[/bold] decides nothing and is told:")
        console.print(prompt.instructions(rules, role), markup=False, width=_TEXT_WIDTH)
    console.print("\nhuman records:")
    for stage in rules.stages:
        names = [each.name for each in find(f"{rules.name}.{stage.name}")]
        console.print(f"  {rules.name}.{stage.name}: {', '.join(names) or 'none'}")
    console.print("\nsources:")
    for source in rules.sources:
        console.print(f"  {source}", markup=False)


def _show_stage(rules: Game, stage: str, every_wording: bool) -> None:
    space = rules.space_at_most(stage)
    legal = (
        f"{plain(space.support()[0])} to {plain(space.support()[-1])}"
        if isinstance(space, Amount)
        else ", ".join(space.labels)
    )
    seen = {name: float(rules.space_at_most(name).at(0.5)) for name in rules.stage(stage).sees}
    example = "".join(f", here after {name} = {plain(value)}" for name, value in seen.items())
    count = prompt.wordings(rules, stage)
    console.print(
        f"\n[bold]{rules.decider(stage)}[/bold] decides [bold]{rules.name}.{stage}[/bold]: {legal}{example} "
        f"({count} equivalent texts)"
    )
    for wording in range(count if every_wording else 1):
        told = prompt.told(rules, stage, seen, wording)
        console.print(f"(system) {told.system}", markup=False, style="dim")
        console.print(told.user, markup=False, width=_TEXT_WIDTH)
        console.print()


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", "")


def _option(item: dataclasses.Field[Any]) -> str:
    return f"@{item.name}" if item.default in (None, "") else f"@{item.name}={_default(item)}"


def _default(item: dataclasses.Field[Any]) -> str:
    if item.default is dataclasses.MISSING:
        return "..."
    return f"{item.default:g}" if isinstance(item.default, float) else str(item.default)
