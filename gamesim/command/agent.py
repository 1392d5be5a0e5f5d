"""The page of one agent: what it does, what its options may be, and how they may differ from person to person."""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
import textwrap
from typing import Any

from gamesim import catalog
from gamesim.actions import plain
from gamesim.command.shown import console, marked, printable
from gamesim.elicit.policy import ModelPolicy
from gamesim.errors import GamesimError
from gamesim.models import Sampling
from gamesim.parameters import FAMILIES, Parameter, Rule
from gamesim.policy import ExactPolicy

_EXAMPLES = ("lognormal(-0.8,0.9)", "uniform(0.2,0.8)", "uniform(0,0.2)", "choice(0,1,1,2)")


def page(name: str) -> None:
    """Print what an agent does and all its options, its own before those that it shares with others."""
    kind = catalog.find_agent(name)
    # Of the bases, those that bring options say what the options do.
    shared = [
        each
        for each in kind.__mro__
        if each is kind
        or (each not in ExactPolicy.__mro__ and "\nParameters\n" in inspect.cleandoc(each.__doc__ or ""))
    ]
    title, *paragraphs = [text for each in shared for text in _paragraphs(each)[each is not kind :]]
    console.print(f"[bold]{marked(kind.agent_name())}[/bold]  {marked(title)}")
    for text in paragraphs:
        console.print(f"\n{marked(text)}")
    told = explained(kind)
    for item in own_first(kind):
        console.print(f"\n[bold]@{item.name}[/bold]{marked(_default(item))}{_bounds(kind, item)}")
        _indented(told.get(item.name, ""))
    personal = {
        item.name: item
        for item in own_first(kind)
        if isinstance(item.default, Parameter) and not item.metadata["rule"].shared
    }
    if personal:
        _print_personal(kind.agent_name(), personal)


def _print_personal(agent: str, personal: dict[str, dataclasses.Field[Any]]) -> None:
    """Print how options differ from person to person, with examples that can be played."""
    first, item = next(iter(personal.items()))
    rule = item.metadata["rule"]
    example = next(text for text in _EXAMPLES if _allowed(rule, Parameter.read(first, text, first)))
    families = {} if all(each.metadata["rule"].whole for each in personal.values()) else FAMILIES
    written = " ".join(
        [f"{name}({','.join(family.names)})" for name, family in families.items()] + ["choice(a,b,...)"]
    )
    row = {name: each.default.value for name, each in personal.items() if math.isfinite(each.default.value)}
    row = dict(list((row or {first: 1.0}).items())[:3])
    console.print("\n[bold]From person to person[/bold], drawn once and kept:")
    console.print(f'    --agents "{agent}@{first}={example}"', markup=False)
    _indented(written)
    console.print("[bold]From a file[/bold], CSV or TOML, a row a person, dealt at random:")
    console.print(f'    --agents "{agent}@file=people.csv"', markup=False)
    values = ",".join(f"{value:g}" for value in row.values())
    console.print(f"    {','.join(row)}\n    {values}\n    ...", markup=False)


def _indented(text: str) -> None:
    lines = textwrap.wrap(printable(text), console.width, initial_indent="    ", subsequent_indent="    ")
    console.print("\n".join(lines), markup=False)


def _allowed(rule: Rule, parameter: Parameter) -> bool:
    try:
        rule.check("", parameter)
    except GamesimError:
        return False
    return True


def _bounds(kind: type, item: dataclasses.Field[Any]) -> str:
    """Say what an option may be, and between which bounds it is fitted to data."""
    said = []
    if rule := item.metadata.get("rule"):
        said.append(f"{rule} ({rule.free})" if rule.free else str(rule))
        said += [f"the same for all: {rule.shared}"] * bool(rule.shared)
    if item.name in kind.fitted:  # type: ignore[attr-defined]
        low, high = kind.fitted[item.name]  # type: ignore[attr-defined]
        said.append(f"fitted within {plain(low)} to {plain(high)}")
    return marked("   " + "; ".join(said)) if said else ""


def own_first(kind: type) -> list[dataclasses.Field[Any]]:
    """List the options of an agent, those of its own class first."""
    place = {
        name: depth
        for depth, each in reversed(list(enumerate(kind.__mro__)))
        for name in vars(each).get("__annotations__", {})
    }
    options = [item for item in dataclasses.fields(kind) if item.init]
    return sorted(options, key=lambda item: place[item.name])


def explained(kind: type) -> dict[str, str]:
    """Read what the docstrings of a class and its bases say of each parameter."""
    told = explained(Sampling) if issubclass(kind, ModelPolicy) else {}
    for each in reversed(kind.__mro__):
        _, _, section = inspect.cleandoc(each.__doc__ or "").partition("\nParameters\n----------\n")
        section = re.split(r"\n\S[^\n]*\n-{3,}\n", f"\n{section}")[0]
        for names, text in re.findall(
            r"^(\w[\w, ]*?)(?: : .*)?\n((?:(?: {4}.*)?(?:\n|$))+)", section, re.MULTILINE
        ):
            what = " ".join(text.replace("`", "").split())
            # What refers to a base is said there.
            told |= {
                name: what
                for name in re.split(r", *", names)
                if not (name in told and what.startswith("As in"))
            }
    return told


def _paragraphs(kind: type) -> list[str]:
    """Give what a class says of itself before its parameters, a paragraph each."""
    above = re.split(r"\n\S[^\n]*\n-{3,}\n", inspect.cleandoc(vars(kind).get("__doc__") or ""))[0]
    texts = (" ".join(each.replace("`", "").split()) for each in above.split("\n\n"))
    return [text for text in texts if text]


def _default(item: dataclasses.Field[Any]) -> str:
    if item.default is dataclasses.MISSING:
        return "=...  must be given"
    return "" if item.default in (None, "") else f"={_short(item.default)}"


def _short(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)
