"""What stands above every report: which game, which treatment, who played, and whether the run is whole."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from gamesim.actions import plain
from gamesim.command.shown import console, marked, printable
from gamesim.design import Design
from gamesim.folding import folded
from gamesim.record import Settings
from gamesim.run import Run


def print_head(run: Run) -> None:
    """Print what was played, under which treatment, by whom, what it took, and whether it is whole."""
    settings = run.settings
    head = (
        f"{printable(settings.game['name'])}  {settings.n:,} agents"
        + (f", {settings.sessions:,} sessions" if settings.sessions > 1 else "")
        + f", {run.calendar}, {printable(settings.matching)} matching, seed {settings.seed}"
    )
    name, _, rest = head.partition("  ")
    agents = f"agents: {printable(settings.agents)}"
    if len(head) + 3 + len(agents) <= console.width:
        rest += f"   {agents}"
        agents = ""
    console.print(f"[bold]{escape(name)}[/bold]  {escape(rest)}")
    if found := treatment(settings):
        told = "; ".join(f"{what} {how}" for what, how in found.items())
        console.print(printable(f"treatment: {told}"), markup=False)
    if agents:
        console.print(folded(agents, console.width), markup=False)
    if settings.spent:
        console.print(f"spent: {marked(settings.spent)}")
    if settings.status != "complete":
        # Whoever is killed leaves no word.
        state = "not over, or was cut off" if settings.status == "running" else marked(settings.status)
        console.print(f"[yellow]this run is {state}: what follows is of the rounds that were played[/yellow]")


def treatment(settings: Settings) -> dict[str, str]:
    """Give all that was set otherwise than it is by itself, beside what the first line says: name to value.

    Of a run whose ``run.json`` does not tell which parameters of the game were changed, all of them are given.
    """
    network, personas = settings.network or {}, settings.personas
    found = {
        "network": network.get("name", ""),
        "rewiring": _rewiring(network.get("rewire", {})),
        **_society(settings.society),
        "personas": personas.get("file") or personas.get("population") or personas.get("given", ""),
        "prompts": settings.prompts,
        "wording": "fixed" if settings.fixed_wording else "",
    }
    rules = settings.game["parameters"] if settings.changed is None else settings.changed
    return {what: how for what, how in found.items() if how} | {
        name: as_set(value) for name, value in rules.items()
    }


def as_set(value: Any) -> str:
    """Write a parameter as ``--set`` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, int | float) else str(value)


def _rewiring(about: dict[str, Any]) -> str:
    rest = ",".join(f"{name}={value}" for name, value in about.items() if name not in ("name", "start"))
    return f"{about['name']}:{rest}" if about else ""


def _society(about: dict[str, Any]) -> dict[str, str]:
    """Give what of a society is not as by itself; how many games there were stands in the first line."""
    schedule, share = about["update"], about["share"]
    among = f":{share:g}" if share else " (one agent a round)"
    found = {
        "update": schedule if schedule == Design.update else schedule + among,
        "continuation": f"{about['continuation']:g}",
        "neighbours": f"see {about['neighbours']}",
        **{name: about[name] for name in ("reputation", "roles", "placement")},
    }
    usual = {each: getattr(Design, each) for each in found}
    return {name: how for name, how in found.items() if about[name] != usual[name]}
