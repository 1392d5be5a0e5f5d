"""What a run of several rounds prints: the first, a middle and the last of them or of its games, and bars."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.analysis.measures import MEASURES, OF_GAME
from gamesim.analysis.series import ALL
from gamesim.analysis.table import MESSAGES
from gamesim.command.heading import treatment
from gamesim.command.shown import console, figure, grid, heights, printable
from gamesim.design import Design
from gamesim.errors import GamesimError
from gamesim.run import Run

WIDTH = 10
POLICIES = 6
"""Most policies that have a line each."""
BAND = 0.05
"""Share of the range of a decision by which a mean that has converged may still move."""
VOID = "every group is void"
_OVER_TIME, _OVER_GAMES = "over time", "over games"
_OF_DECISION = [name for each in MEASURES if each.of_decision for name in each.names]
_SO_FAR = [each.name for each in MEASURES if each.so_far]


@dataclass(frozen=True)
class Line:
    """One measure over the rounds.

    Parameters
    ----------
    name : str
    rows : DataFrame
        Its part of the series, in order, and what has no round.
    least, most : float
        Ends of the bars.
    write : callable
        How a figure is printed.
    """

    name: str
    rows: pd.DataFrame
    least: float
    most: float
    write: Callable[[float], str]


@dataclass(frozen=True)
class Block:
    """A table of lines, of which three columns are figures by round or by game.

    Parameters
    ----------
    name : str
        Heading of its first column.
    names : sequence of str
        What each figure of a line is of; the first, a middle and the last are shown.
    over : str
        Heading of the bars of all of them.
    figures : callable
        Takes these figures, in order, out of the rows of a line; empty where a line does not belong here.
    marked : bool
        Whether it says where a line settled and how it ended.
    """

    name: str
    names: Sequence[str]
    over: str
    figures: Callable[[pd.DataFrame], pd.DataFrame]
    marked: bool = False


def several(run: Run) -> bool:
    """Tell whether a run has more than one round to show."""
    return len(run.table.census.moments) > 1


def print_rounds(run: Run) -> None:
    """Print how means, efficiency, inequality and assortment went from the first to the last round, or game.

    Raises
    ------
    GamesimError
        When nobody decided anything.
    """
    series = run.series()
    if not len(series):
        raise GamesimError("there is nothing to show: no decision was made")
    timed = series[series["round"].notna()]
    lines, left_out = _lines(run, series)
    sessions = int(series["sessions"].max())
    for block in _games(timed) if timed["supergame"].max() > 1 else [_single(timed)]:
        console.print()
        _print_block(block, lines, sessions)
    if left_out:
        agents = "agent" if left_out == 1 else "agents"
        console.print(f"{left_out} more {agents} not shown (all are in --csv)", style="dim")
    for sentence in (*_converged(run, series), *_revisions(run)):
        console.print(printable(sentence), markup=False)
    _print_persons(series)
    for sentence in _undefined(timed):
        console.print(sentence, style="dim")
    for measure in MEASURES if timed["supergame"].max() > 1 else ():
        if measure.so_far:
            sentence = f"{measure.line}: after the last round of a game, of all that was earned so far"
            console.print(sentence, style="dim")
    if sessions == 1:
        console.print("one session: no intervals over sessions", style="dim")
    elif _alike(timed, sessions):
        console.print(
            f"[yellow]note:[/yellow] all {sessions} sessions are alike, since nothing that tells them apart was drawn: "
            "the intervals have no width, and say nothing of chance"
        )


def _single(timed: pd.DataFrame) -> Block:
    """Show the rounds of the only game."""
    return Block(
        "by round",
        [str(round) for round in dict.fromkeys(timed["round"])],
        _OVER_TIME,
        lambda rows: rows[rows["round"].notna()],
        marked=True,
    )


def _games(timed: pd.DataFrame) -> Iterator[Block]:
    """Show of several games their first rounds, and all of their rounds together."""
    lengths = timed.groupby("supergame")["round"].max()
    names = [f"game {game}" for game in lengths.index]
    yield Block(
        "first rounds",
        names,
        _OVER_GAMES,
        # What was earned so far is no matter of a first round.
        lambda rows: rows[rows["round"].eq(1) & ~rows["measure"].isin(_SO_FAR)],
    )
    rounds = [f"{length} round{'s' if length > 1 else ''}" for length in lengths]
    yield Block(
        "mean of all rounds",
        [f"{name}\n{length}" for name, length in zip(names, rounds, strict=True)],
        _OVER_GAMES,
        _of_games,
    )


def _of_games(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the figure of each game; of what was earned so far, the one after its last round."""
    so_far = rows[rows["measure"].isin(_SO_FAR)]
    return so_far.groupby("supergame").tail(1) if len(so_far) else rows[rows["measure"].str.endswith(OF_GAME)]


def _print_block(block: Block, lines: Sequence[Line], sessions: int) -> None:
    last = len(block.names) - 1
    shown = sorted({0, last // 2, last})
    heads = [block.names[place] for place in shown]
    heads += ["95 % of last"] if sessions > 1 else []
    heads += [block.over, "settled", "end game"] if block.marked else [block.over]
    texts = []
    for line in lines:
        rows = block.figures(line.rows)
        if not len(rows):
            continue
        values = rows["value"].to_numpy(np.float64)
        text = [line.name, *(line.write(values[place]) for place in shown)]
        text += [_interval(rows.iloc[-1], line.write)] if sessions > 1 else []
        text.append(bars(values, line.least, line.most))
        if block.marked:
            text += [_mark(line, "settled", "{:.0f}".format), _mark(line, "end_game", line.write, "+")]
        texts.append(text)
    console.print(grid([block.name], heads, texts, left=block.over))


def _alike(timed: pd.DataFrame, sessions: int) -> bool:
    """Tell whether every figure of every round is the same in all sessions."""
    known = timed[timed["value"].notna()]
    return bool(
        known["sessions"].eq(sessions).all()
        and np.allclose(known["low"].to_numpy(np.float64), known["high"].to_numpy(np.float64), rtol=1e-9)
    )


def _revisions(run: Run) -> Iterator[str]:
    """Say how often an agent decided anew, where not all do so in every round."""
    if run.settings.society["update"] == Design.update:
        return
    anew = 0.0
    for piece in run.table.pieces("supergame", "round", "elicitation"):
        later = piece[piece["round"] > 1]
        made = later["elicitation"].ne("kept").groupby([later["supergame"], later["round"]])
        anew += float(made.mean().sum())
    yield f"revisions per agent: {figure(anew)}; a choice that was kept counts like a new one in all figures here"


def _undefined(timed: pd.DataFrame) -> Iterator[str]:
    """Say why measures are missing in some rounds."""
    places = ["supergame", "round"]
    earned = timed[timed["measure"].eq("earnings") & timed["value"].notna()]
    paid = set(earned[places].itertuples(index=False, name=None))
    for measure in MEASURES:
        if not measure.undefined:
            continue
        rows = timed[timed["measure"].eq(measure.name) & timed["value"].isna()]
        missing = set(rows[places].itertuples(index=False, name=None))
        reasons = [VOID] if missing - paid else []
        reasons += [measure.undefined] if missing & paid else []
        if reasons:
            yield f"{measure.line}: - where {', or '.join(reasons)}"


def _converged(run: Run, series: pd.DataFrame) -> Iterator[str]:
    """Say of each decision of a single game whether everybody together still moved at its end."""
    if series["supergame"].max() > 1:
        return
    for row in series[series["measure"].eq("drift") & series["policy"].eq(ALL)].to_dict("records"):
        spec = run.settings.decisions[row["decision"]]
        labels = spec["labels"] or []
        if math.isnan(row["low"]) or (len(labels) == 2 and row["option"] != labels[0]):
            continue
        width = BAND * (1.0 if labels else float(spec["high"]) - float(spec["low"]))
        low, high = (figure(row[end], percent=bool(labels)) for end in ("low", "high"))
        within = -width <= row["low"] and row["high"] <= width
        beyond = row["low"] > 0 or row["high"] < 0
        told = "has converged" if within else "still moves" if beyond else "may or may not have converged"
        yield (
            f"{_short(row)} {told}: from the third to the last quarter of the rounds it moved by {low} to {high} "
            f"(95 %; up to {figure(width, percent=bool(labels))} counts as converged)"
        )


def _print_persons(series: pd.DataFrame) -> None:
    """Print the individuals behind each decision of everybody."""
    of_all = series[series["policy"].eq(ALL)]
    lags = {(row["decision"], row["option"]): row for row in _records(of_all, "own_lag")}
    rows = [
        [_short(row), f"{max(row['value'], 0.0):.2f}", figure(lags[row["decision"], row["option"]]["value"])]
        for row in _records(of_all, "icc")
        if not math.isnan(row["value"])
    ]
    if rows:
        console.print()
        console.print(grid(["persons"], ["share of variance between", "own-lag correlation"], rows))


def _records(series: pd.DataFrame, measure: str) -> list[dict[Hashable, Any]]:
    return series[series["measure"] == measure].to_dict("records")


def _short(row: Mapping[Hashable, Any]) -> str:
    """Name a decision without its game, and the option."""
    name = str(row["decision"]).partition(".")[2]
    return f"{name} ({row['option']})" if row["option"] else name


def write_csv(run: Run, path: Path) -> None:
    """Write all series as a table with commas.

    Raises
    ------
    GamesimError
        When the file cannot be written.
    """
    if not path.absolute().parent.is_dir():
        raise GamesimError(f"--csv {path}: there is no folder {path.absolute().parent}")
    try:
        run.series().to_csv(path, index=False)
    except OSError as error:
        raise GamesimError(f"--csv {path}: cannot be written ({error.strerror or error})") from None


def as_json(run: Run) -> str:
    """Give all series as a JSON document, one object a row, with the treatment; what is missing is null."""
    table = run.series().astype(object)
    document = {
        "folder": None if run.folder is None else str(run.folder),
        "settings": run.settings.model_dump(),
        "treatment": treatment(run.settings),
        "series": table.where(table.notna(), None).to_dict("records"),
    }
    return json.dumps(document, indent=1, allow_nan=False)


def bars(values: np.ndarray, least: float, most: float, width: int = WIDTH) -> str:
    """Draw values as a line of bars, averaged where there are more than `width`; a blank where there is none.

    Parameters
    ----------
    values : (T,) float
    least, most : float
        Value of the lowest and of the highest bar.
    width : int
        Most characters.
    """
    parts = np.array_split(values, min(width, len(values)))
    means = [np.nan if np.isnan(part).all() else float(np.nanmean(part)) for part in parts]
    return heights(np.array(means), least, most)


def _lines(run: Run, series: pd.DataFrame) -> tuple[list[Line], int]:
    """Give all lines, and count the policies that have none."""
    specs = run.settings.decisions
    lines, left_out = [], set()
    for decision in [name for name in specs if (series["decision"] == name).any()]:
        spec, short = specs[decision], decision.partition(".")[2]
        short += f" ({MESSAGES})" if spec["unit"] == MESSAGES else ""
        mine = series[series["decision"] == decision]
        labels = spec["labels"] or []
        for option in (labels[:1] if len(labels) == 2 else labels) or [""]:
            of = mine[mine["option"].eq(option) & mine["measure"].isin(_OF_DECISION)]
            policies = list(dict.fromkeys(of["policy"]))
            left_out.update(policies[POLICIES + 1 :])
            what = f"{short}: {option}" if option else short
            for policy in policies[: POLICIES + 1]:
                least, most = (0.0, 1.0) if labels else (float(spec["low"]), float(spec["high"]))
                named = what if policy == ALL else f"  {policy}"
                write = partial(figure, percent=bool(labels))
                lines.append(Line(named, of[of["policy"] == policy], least, most, write))
    for measure in MEASURES:
        if not measure.line:
            continue
        rows_of = series[series["measure"].isin(measure.names)]
        for about, rows in rows_of.groupby("decision", sort=False):
            stage = str(about).partition(".")[2] if len(specs) > 1 else ""
            full = f"{measure.line} of {stage}" if stage else measure.line
            least, most = measure.bars
            most = float(np.nanmax(rows["value"])) if math.isinf(most) else most
            lines.append(Line(full, rows, least, most, figure))
    return lines, len(left_out)


def _interval(row: pd.Series, write: Callable[[float], str]) -> str:
    return "-" if math.isnan(row["low"]) else f"{write(row['low'])} to {write(row['high'])}"


def _mark(line: Line, measure: str, write: Callable[[float], str], sign: str = "") -> str:
    found = line.rows.loc[line.rows["measure"] == measure, "value"]
    if not len(found):
        return ""
    value = float(found.iloc[0])
    if math.isnan(value):
        return "-"
    return (sign if value > 0 else "") + write(value)
