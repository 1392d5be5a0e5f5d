"""What there is: games, agents and human records, and what each player of a game is told."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from gamesim import catalog, prompt
from gamesim.actions import Amount, Text, plain
from gamesim.behaviour.choosing import Chooser
from gamesim.behaviour.contributions import Contributor
from gamesim.behaviour.learning import Learner
from gamesim.behaviour.on_networks import NetworkRule
from gamesim.behaviour.strategies import Strategy
from gamesim.command.agent import page
from gamesim.command.shown import console, grid, marked, plain_table, printable
from gamesim.elicit.policy import ModelPolicy
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.humans import Reference, find, open_references, references
from gamesim.messages import NOTHING
from gamesim.mini import WEIGHTS
from gamesim.prompt.behaviorbench import build_pack
from gamesim.prompt.pack import export as own_texts
from gamesim.prompt.pack import open_pack
from gamesim.spec import MODEL_PREFIXES

_TEXT_WIDTH = 88


def _grouped(groups: Mapping[str, list[tuple[str, str]]]) -> None:
    """Print names with what they are, under headings, all in the same columns."""
    width = max(len(name) for entries in groups.values() for name, _ in entries)
    for place, (heading, entries) in enumerate(groups.items()):
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=width)
        table.add_column()
        for name, what in entries:
            table.add_row(f"[bold]{marked(name)}[/bold]", marked(what))
        console.print(("\n" if place else "") + heading, style="underline")
        console.print(table)


def games() -> None:
    """List the games by how many of a group decide."""
    groups: dict[str, list[tuple[str, str]]] = {"one decides": [], "two decide": [], "a group decides": []}
    for name in catalog.names("games"):
        kind = catalog.find_game(name)
        rules = kind.from_settings({})
        deciding = {rules.decider(stage.name) for stage in rules.stages}
        seats = sum(role in deciding for role in rules.roles)
        groups[list(groups)[min(seats, 3) - 1]].append((name, _first_line(kind)))
    _grouped(groups)
    console.print(
        "\ngamesim show GAME prints its parameters, decisions, and what each player is told;\n"
        "--set KEY=VALUE changes a parameter; your own game: path.py",
        markup=False,
    )


_FAMILIES: tuple[tuple[type, str], ...] = (
    (ModelPolicy, "language models"),
    (NetworkRule, "on a network, by what neighbours do"),
    (Contributor, "in public goods games, by what the others gave"),
    (Strategy, "in repeated dilemmas"),
    (Learner, "learn from round to round"),
    (Chooser, "weigh what may come of each action"),
)
_OTHERS = "people, equilibria and rules for any game"


def agents(name: str = "") -> None:
    """List the agents by what they go by, or print the options of one."""
    if name:
        prefix, colon, _ = name.partition(":")
        page("llm" if colon and prefix in MODEL_PREFIXES else name)
        return
    groups: dict[str, list[tuple[str, str]]] = {_OTHERS: [], **{heading: [] for _, heading in _FAMILIES}}
    for each in catalog.names("agents"):
        kind = catalog.find_agent(each)
        heading = next((heading for base, heading in _FAMILIES if issubclass(kind, base)), _OTHERS)
        groups[heading].append((each, _first_line(kind)))
    _grouped(groups)
    console.print(
        "\ngamesim agents NAME prints the options of one, written NAME@option=value;\n"
        "a model by name: hf:BASE, hf:BASE+ADAPTER, openai:NAME; your own agent: path.py",
        markup=False,
    )


def humans(name: str) -> None:
    """List the human records, or print one in full."""
    if name:
        for each in open_references(name):
            _human(each)
        return
    stems: dict[str, dict[int, Reference]] = {}
    for each in references():
        stem = each.name.rstrip("0123456789")
        stems.setdefault(stem, {})[int(each.name[len(stem) :] or 0)] = each
    lines = []
    for numbered in stems.values():
        several = [numbered[number] for number in sorted(numbered)]
        if len(several) == max(numbered) - min(numbered) + 1:
            lines.append(_line(several[0], several[-1]))
        else:
            lines += [_line(each, each) for each in several]
    console.print(grid(["record"], ["subjects", "mean", "stake", "round"], lines))
    console.print(
        "\nsubjects: one vote each, counted from records; figures: as a source prints them\n"
        "mean: where one of several options is chosen, the share of the first\n"
        "gamesim humans RECORD prints population, method, filter, counts and citation",
        markup=False,
    )


def _human(record: Reference) -> None:
    table = plain_table("", "")
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
            table.add_row(item.name.replace("_", " "), marked(str(value)))
    console.print(table)


def _line(first: Reference, last: Reference) -> list[str]:
    """Write one record, or the first and the last of a numbered series, as texts of a table."""
    names = dict.fromkeys((first.name, last.name if last is first else last.name.rpartition(".")[2]))
    return [
        " to ".join(names),
        f"{first.subjects:,}" if first.subjects else "figures",
        " to ".join(dict.fromkeys(_recorded_mean(each) for each in (first, last))),
        "shares" if first.shares else "-" if first.stake is None else plain(first.stake),
        "-" if first.round is None else str(first.round),
    ]


def _recorded_mean(record: Reference) -> str:
    if record.has_counts:
        values = record.support == 0 if record.labels else record.support
        return f"{np.average(values, weights=record.counts()):.2f}"
    return f"{record.figures['mean'].value:.2f}" if "mean" in record.figures else "-"


def game(name: str, settings: Mapping[str, str], *, every_wording: bool, prompts: Path | None = None) -> None:
    """Print the rules of a game and what each player reads."""
    kind = catalog.find_game(name)
    rules = kind.from_settings(settings)
    style = prompt.Style(pack=None if prompts is None else open_pack(prompts, kind))
    console.print(f"[bold]{marked(rules.name)}[/bold]  {marked(_first_line(kind))}\n")
    table = plain_table("parameter", "value", "what it is")
    for key, item in kind.parameters().items():
        table.add_row(key, marked(getattr(rules, key)), marked(item.metadata.get("help", "")))
    console.print(table)
    console.print()
    size = len(rules.roles)
    console.print(
        f"groups of {size}; {max(1, round(rules.default_n / size)) * size} agents unless --n says otherwise"
    )
    if rules.equilibrium:
        console.print(f"selfish players: {marked(rules.equilibrium)}")
    if rules.efficiency:
        most = rules.efficient_payoff()
        what = "agents then earn {} on average" if rules.shared_out else "a group then earns {}"
        earns = "" if math.isnan(most) else f" ({what.format(rules.money(most))})"
        console.print(f"efficient: {marked(rules.efficiency + earns)}")
    read: set[str] = set()
    for stage in rules.stages:
        _show_stage(rules, stage.name, every_wording, style, read)
    deciders = {rules.decider(each.name) for each in rules.stages}
    for role in (role for role in dict.fromkeys(rules.roles) if role not in deciders and role in rules.rules):
        console.print(f"\n[bold]{role}[/bold] decides nothing and is told:")
        console.print(
            printable(prompt.instructions(rules, role, style=style)), markup=False, width=_TEXT_WIDTH
        )
    records = {
        f"{rules.name}.{stage.name}": [each.name for each in find(f"{rules.name}.{stage.name}")]
        for stage in rules.stages
    }
    console.print(
        "\nhuman records:" + ("" if any(records.values()) else " none; no published one was checked")
    )
    for decision, names in records.items():
        if any(records.values()):
            console.print(f"  {decision}: {', '.join(names) or 'none'}")
    if rules.sources:
        console.print("\nsources:")
    for source in rules.sources:
        console.print(f"  {printable(source)}", markup=False)


def _show_stage(rules: Game, stage: str, every_wording: bool, style: prompt.Style, read: set[str]) -> None:
    """Print what is read at a stage; of texts that begin alike, such as the rows of a list, what is new."""
    space = rules.space_at_most(stage)
    if isinstance(space, Text):
        legal = f"a message of at most {space.max_chars} characters"
    elif isinstance(space, Amount):
        legal = f"{plain(space.support()[0])} to {plain(space.support()[-1])}"
    else:
        legal = ", ".join(space.labels)
    seen = rules.seen_at(stage, 0.5)
    said = {*rules.talks, *rules.said_names}
    after = [f"{name} = {NOTHING if name in said else plain(value)}" for name, value in seen.items()]
    example = f", here after {', '.join(after)}" if after else ""
    count = prompt.wordings(rules, stage, style)
    console.print(
        f"\n[bold]{rules.decider(stage)}[/bold] decides [bold]{rules.name}.{stage}[/bold]: {marked(legal)}{example} "
        f"({count} equivalent text{'s' if count > 1 else ''})"
    )
    for wording in range(count if every_wording else 1):
        told = prompt.told(rules, stage, seen, wording, style)
        first, gap, rest = told.user.partition("\n\n")
        opening = f"{told.system}\n{first}"
        if gap and opening in read:
            console.print("(system and rules as before)", markup=False, style="dim")
        else:
            console.print(f"(system) {printable(told.system)}", markup=False, style="dim")
            rest = told.user
        read.add(opening)
        console.print(printable(rest), markup=False, width=_TEXT_WIDTH)
        if other := _asked_of_servers(rules, stage, seen, wording, style, told.user):
            told_instead = (
                f"(openai:NAME, where its server takes JSON schemas, reads last: {printable(other)})"
            )
            console.print(told_instead, markup=False, style="dim", width=_TEXT_WIDTH)
        console.print()


def _asked_of_servers(
    rules: Game, stage: str, seen: Mapping[str, float], wording: int, style: prompt.Style, user: str
) -> str:
    """Give what served models that are held to a JSON schema read in place of the form of the answer."""
    try:
        text = prompt.told(rules, stage, seen, wording, dataclasses.replace(style, answer="json")).user
    except GamesimError:  # the texts of a pack may ask for one form alone
        return ""
    return "\n".join(line for line in text.split("\n") if line not in user.split("\n"))


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", "")


def trained(records: Path, out: Path, seeds: int, steps: int | None) -> None:
    """Train mini and print its figures."""
    if importlib.util.find_spec("torch") is None:
        raise GamesimError('training needs torch and transformers: pip install "gamesim[local]"')
    from gamesim.mini.release import train_seeds
    from gamesim.mini.train import Recipe

    recipe = Recipe() if steps is None else Recipe(steps=steps, warm=min(Recipe.warm, steps // 5))
    found = train_seeds(records, out, range(seeds), recipe)
    _figures(found)
    console.print(
        f"\nwritten to {out}; play it with --agents mini@weights={out}", markup=False, soft_wrap=True
    )


def figures() -> None:
    """Print the figures of the bundled mini."""
    _figures(json.loads((WEIGHTS / "figures.json").read_text(encoding="utf-8")))


def _figures(found: Mapping[str, Any]) -> None:
    table = plain_table("on subjects it never saw", "mean over seeds", "SD")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in found["summary"].items():
        table.add_row(name, f"{row['mean']:.4f}", f"{row['sd']:.4f}")
    console.print(table)
    missed = found["missed gates"][str(found["shipped seed"])]
    console.print(
        f"\nkept: seed {found['shipped seed']} of {len(found['test'])}; gates missed: {len(missed)}"
    )
    for sentence in missed:
        console.print(f"  {printable(sentence)}", markup=False)


def export_prompts(name: str, out: Path) -> None:
    """Write our texts of a game into a folder."""
    kind = catalog.find_game(name)
    file = out / f"{kind.name}.toml"
    if file.exists():
        raise GamesimError(f"{file}: there is such a file already; delete it or choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        file.write_text(own_texts(kind), encoding="utf-8")
    except OSError as error:
        raise GamesimError(f"{file}: cannot be written ({error.strerror}); choose another --out") from None
    console.print(f"written to {file}", markup=False, soft_wrap=True)


def check_prompts(folder: Path, own: Iterable[str]) -> None:
    """Check a folder of texts and list what it has texts for."""
    pack = open_pack(folder, *(catalog.find_game(name) for name in own))
    for name, wording in pack.games.items():
        held = ", ".join(f"{key} = {value}" for key, value in wording.requires.items())
        console.print(printable(f"{name}: fine" + (f"; holds for {held}" if held else "")), markup=False)


def import_behaviorbench(path: Path, out: Path) -> None:
    """Take texts from a copy of BehaviorBench and say what could not be taken."""
    taken, missed = build_pack(path, out)
    for line in taken:
        console.print(printable(line), markup=False, soft_wrap=True)
    if missed:
        console.print("\nnot taken:")
    for line in missed:
        console.print(printable(f"  {line}"), markup=False, soft_wrap=True)
    console.print(f"\nwritten to {out}; play with --prompts {out}", markup=False, soft_wrap=True)
