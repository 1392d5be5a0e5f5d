"""What the command prints of a comparison: bars for one agent, a table for a mixture, and what stands beside both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from rich.padding import Padding

from gamesim.analysis.bars import bars
from gamesim.analysis.comparison import Comparison, Row
from gamesim.analysis.missing import Missing
from gamesim.command.shown import console, figure, grid, heights, marked

BAR = 22
FEW = 10
"""Fewer answers than these are not measured against anybody."""
MANY = 8
"""More decisions than these are a line each instead of bars."""
_ALLOW = re.compile(r"\(allow ([a-z, ]+) to compare all the same\)")
_OVER = {
    "human sampling": "95 % human\nsampling",
    "simulation": "95 %\nsimulation",
    "wording": "95 %\nwording",
}


def print_comparison(comparison: Comparison, order: Sequence[str]) -> None:
    """Print all rows, the decisions in the order of play, and what was not compared."""
    rows = sorted(
        comparison.rows,
        key=lambda each: (order.index(each.decision), each.source.dataset != "moblab"),
    )
    shown: set[tuple[str, str]] = set()
    decisions = list(dict.fromkeys(row.decision for row in rows))
    if len(decisions) > MANY and len({row.policy for row in rows}) == 1:
        for dataset in dict.fromkeys(row.source.dataset for row in rows):
            _print_many([row for row in rows if row.source.dataset == dataset])
        decisions = []
    for decision in decisions:
        made = [row for row in rows if row.decision == decision]
        if len({row.policy for row in made}) > 1:
            for reference in dict.fromkeys(row.reference for row in made):
                _print_mixture([row for row in made if row.reference == reference])
            continue
        for row in made:
            if (row.decision, row.policy) not in shown:
                shown.add((row.decision, row.policy))
                _print_bars(row)
            _print_likeness(row)
    for note in _gathered(comparison.notes, order):
        told = _ALLOW.sub(lambda found: f"(gamesim compare{allowing(found[1].split(', '))} does)", note)
        console.print(f"\n[dim]not compared:[/dim] {marked(told)}")


def allowing(kinds: Sequence[str]) -> str:
    """Write the options that let mismatches through, each after a blank."""
    return "".join(f" --allow {kind}" for kind in kinds)


def _gathered(notes: Sequence[str], order: Sequence[str]) -> list[str]:
    """Put what is said alike of several decisions, such as those of a list, into one note."""
    alike: dict[str, list[str]] = {}
    for note in notes:
        decision, colon, why = note.partition(": ")
        about, what = (decision, why) if colon and decision in order else ("", note)
        alike.setdefault(what, []).append(about)
    return [
        f"{', '.join([names[0], *(name.partition('.')[2] for name in names[1:])])}: {what}"
        if names[0]
        else what
        for what, names in alike.items()
    ]


def _people(row: Row) -> str:
    counted = "people" if row.human_votes == "subject" else "decisions of people"
    return f"{row.human_n:,} {counted}" if row.human_n else "published figures"


def _print_mixture(rows: Sequence[Row]) -> None:
    """Print several agents beside the same people: a line each."""
    first = rows[0]
    console.print(
        f"\n[bold]{marked(first.decision)}[/bold] beside {_people(first)} ({marked(first.reference)})"
    )
    columns: dict[str, Callable[[Row], str]] = {
        "n": lambda row: "exact" if row.exact else f"{row.n:,}",
        _shares_head(first): lambda row: _shares(row, row.simulated),
        "mean": lambda row: _mean(row, row.mean),
        "W1": lambda row: _short(_distance(row)),
        **{head: partial(_range, name) for name, head in _OVER.items()},
        "ICC": lambda row: figure(max(row.icc, 0.0) if row.icc == row.icc else row.icc),
        "own\nlag": lambda row: figure(row.lag1),
    }
    people = ["people", "", _shares(first, first.human), _mean(first, first.human_mean), "", "", "", ""]
    people += [figure(first.human_icc), figure(first.human_lag1)]
    lines = [[row.policy, *(write(row) for write in columns.values())] for row in rows]
    kept = [0, *(at for at in range(1, len(people)) if any(line[at] not in ("", "-") for line in lines))]
    heads = ["agent", *columns]
    console.print(
        grid(
            ["agent"],
            [heads[at] for at in kept[1:]],
            [[line[at] for at in kept] for line in (*lines, people)],
        )
    )
    if beside := _beside(rows):
        _say(f"beside it: {beside}", 2)
    for row in rows:
        if _distance(row) == row.w1n and row.missing is not None:
            _say(f"{marked(row.policy)}, {_with_missing(row.missing)}", 2)
        if not math.isnan(row.wording_sd):
            _say(f"{marked(row.policy)}, {_wording(row)}", 2)
    few = [row.policy for row in rows if _few(row)]
    if few:
        _say(f"{marked(', '.join(few))}: too few answers for a distance", 2)
    judged = [row for row in rows if not _few(row)]
    for verdict in dict.fromkeys(row.verdict for row in judged):
        who = [row.policy for row in judged if row.verdict == verdict]
        _say(f"[bold]{marked(verdict)}[/bold]: {marked(', '.join(who))}", 2)
    common = [note for note in first.notes if all(note in row.notes for row in rows)]
    for note in common:
        _say(f"note: {marked(note)}", 2)
    for row in rows:
        for note in row.notes:
            if note not in common:
                _say(f"note on {marked(row.policy)}: {marked(note)}", 2)


def _print_many(rows: Sequence[Row]) -> None:
    """Print many decisions of one agent beside the same people: a line each."""
    first = rows[0]
    console.print(
        f"\n[cyan]■[/cyan] {marked(first.policy)}   [magenta]■[/magenta] {_people(first)} "
        f"({marked(first.source.dataset)})"
    )
    heads = ["shares,\nagent", "people", "mean", "people", "W1", _OVER["human sampling"], "halves of\npeople"]
    lines = [
        [
            row.decision.partition(".")[2],
            _shares(row, row.simulated),
            _shares(row, row.human),
            _mean(row, row.mean),
            _mean(row, row.human_mean),
            _short(_distance(row)),
            _range("human sampling", row),
            _short(row.floor.mean),
        ]
        for row in rows
    ]
    console.print(grid(["decision"], heads, lines))
    for row in rows:
        stage = row.decision.partition(".")[2]
        if _distance(row) == row.w1n and row.missing is not None:
            _say(f"{marked(stage)}, {_with_missing(row.missing)}", 2)
        if not math.isnan(row.wording_sd):
            _say(f"{marked(stage)}, {_wording(row)}", 2)
    for verdict in dict.fromkeys(row.verdict for row in rows if not _few(row)):
        which = [row.decision.partition(".")[2] for row in rows if row.verdict == verdict and not _few(row)]
        _say(f"[bold]{marked(verdict)}[/bold]: {marked(', '.join(which))}", 2)
    for note in dict.fromkeys(note for row in rows for note in row.notes):
        _say(f"note: {marked(note)}", 2)


def _few(row: Row) -> bool:
    return row.n < FEW and not row.exact


def _distance(row: Row) -> float:
    return math.nan if _few(row) else row.w1n


def _short(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _mean(row: Row, value: float) -> str:
    return figure(value, percent=bool(row.source.labels))


def _shares_head(row: Row) -> str:
    return "" if row.source.labels else f"shares,\n{row.low:g} to {row.high:g}"


def _shares(row: Row, values: np.ndarray) -> str:
    """Draw a distribution of amounts as a line of bars, the highest as high as the line."""
    if row.source.labels or not len(values):
        return ""
    drawn = bars(row)
    shares = np.array([bar.simulated if values is row.simulated else bar.human for bar in drawn])
    line = heights(shares, 0.0, float(shares.max()))
    return "".join(bar if share > 0 else "·" for bar, share in zip(line, shares.tolist(), strict=True))


def _range(name: str, row: Row) -> str:
    """Write an interval, unless it has no width."""
    low, high = row.intervals.get(name, (math.nan, math.nan))
    known = not math.isnan(_distance(row)) and high > low and (name == "wording" or low <= row.w1n)
    return f"{low:.3f}-{high:.3f}" if known else "-"


def _beside(rows: Sequence[Row]) -> str:
    """Write the figures that stand beside the distances of some rows; where they differ, from the least to the most."""
    found: dict[str, list[float]] = {}
    for row in rows:
        another = [(f"another population ({name})", value) for name, value in row.between[:1]]
        for name, value in (
            ("people against people (halves)", row.floor.mean),
            *another,
            ("a perfect simulator" if row.exact else "a perfect simulator at this n", row.perfect.mean),
            *((name, value) for name, value in row.rivals.items() if name != "human marginal"),
        ):
            if not math.isnan(value):
                found.setdefault(name, []).append(value)
    written = {name: [f"{end:.3f}" for end in (min(values), max(values))] for name, values in found.items()}
    return "; ".join(f"{name} {' to '.join(dict.fromkeys(ends))}" for name, ends in written.items())


def _print_bars(row: Row) -> None:
    head, whose = f"\n[bold]{marked(row.decision)}[/bold]", f"{_people(row)} ({marked(row.reference)})"
    drawn = bars(row)
    if any(math.isnan(bar.human) for bar in drawn):
        console.print(f"{head}   {marked(row.policy)} beside {whose}")
        return
    console.print(f"{head}   [cyan]■[/cyan] {marked(row.policy)}   [magenta]■[/magenta] {whose}")
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
        beside = "" if math.isnan(row.human_mean) else f"mean {row.mean:.4g} beside {row.human_mean:.4g}; "
        _say(f"{row.reference}: {beside}{ending}", 2)
        return
    intervals = ", ".join(
        f"{name} {low:.3f} to {high:.3f}{_texts(row, name)}"
        for name, (low, high) in row.intervals.items()
        if name == "wording" or (low <= row.w1n and high > low)
    )
    if _few(row):
        _say(f"{row.reference}: {row.n:,} answered, too few for a distance", 2)
        return
    exact = "exact probabilities" if row.exact else f"{row.n:,} answers"
    covering = f"; 95 % {intervals}" if intervals else ""
    _say(f"distance to {row.reference}: [bold]W1 {row.w1n:.3f}[/bold] ({exact}{covering})", 2)
    if row.missing is not None:
        _say(_with_missing(row.missing), 4)
    if beside := _beside([row]):
        _say(f"beside it: {beside}", 4)
    if not math.isnan(row.wording_sd):
        _say(_wording(row), 4)
    if not math.isnan(row.icc) and row.n >= FEW:
        human = "" if math.isnan(row.human_icc) else f" (people {row.human_icc:.2f} and {row.human_lag1:.2f})"
        _say(
            f"persons: share of variance between them {max(row.icc, 0):.2f}, own-lag correlation {row.lag1:.2f}{human}",
            4,
        )
    _say(ending, 4)


def _texts(row: Row, name: str) -> str:
    return f" ({row.wordings} texts)" if name == "wording" else ""


def _wording(row: Row) -> str:
    spread = f"an SD of {row.wording_sd:.3g} between {row.wordings} texts"
    return f"wording: beyond chance the mean choice differs by {spread}"


def _with_missing(missing: Missing) -> str:
    return (
        f"with the {missing.n:,} missing answers: {missing.w1n_uniform:.3f} if they were uniform, "
        f"{missing.w1n_best:.3f} to {missing.w1n_worst:.3f} whatever they were"
    )


def _say(text: str, indent: int) -> None:
    console.print(Padding(text, (0, 0, 0, indent)))
