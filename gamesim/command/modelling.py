"""Which models there are: what is reachable from here, each as it is written after ``--agents``."""

from __future__ import annotations

import dataclasses
import importlib.util
import json as json_format
import sys
from collections.abc import Sequence
from typing import Any

from gamesim import catalog
from gamesim.command.shown import console, marked, printable
from gamesim.models import machine, reachable
from gamesim.models.environment import KEY, URL
from gamesim.models.reachable import Server, Weights

_NEEDS = {"local": "local weights and mini", "remote": "served models", "plot": "pictures"}


def models(*, online: bool, json: bool) -> None:
    """List servers, local weights, Be.FM, mini, devices and extras."""
    befm = sys.modules[catalog.find_agent("befm").__module__]
    cached = reachable.weights() if importlib.util.find_spec("huggingface_hub") else []
    found: dict[str, list[dict[str, Any]]] = {
        "servers": [_server(each, befm) for each in reachable.servers(befm.URL_VARIABLE, online=online)],
        "weights": [_held(each) for each in cached],
        "befm": _releases(befm, cached),
        "devices": [dataclasses.asdict(each) for each in machine.devices()],
    }
    lacking = machine.extras()
    key = reachable.key_source(KEY)
    if json:
        document = {**found, "bundled": "mini", "key": key or None, "extras": lacking}
        sys.stdout.write(json_format.dumps(document, indent=2) + "\n")
        return
    _print_servers(found["servers"], key, online)
    _print_weights(found["weights"])
    _print_befm(found["befm"], befm.URL_VARIABLE)
    _head("bundled")
    _entry("mini", "tiny, trained on human play; stands in for befm in play")
    _print_machine(found["devices"], lacking)


def _server(each: Server, befm: Any) -> dict[str, Any]:
    of_befm = each.found.startswith(befm.URL_VARIABLE)
    specs = [
        _release(name, befm) if of_befm and name in befm.RELEASES else reachable.spec("openai", name)
        for name in each.models
    ]
    here = each.found.startswith(URL) or each.found == "--online"
    served = [
        {
            "name": name,
            "agents": written or None,
            "set": None if here or written.startswith("befm") else f"{URL}={each.url}",
        }
        for name, written in zip(each.models, specs, strict=True)
    ]
    return {"url": each.url, "found": each.found, "key": each.key, "error": each.error, "models": served}


def _held(each: Weights) -> dict[str, Any]:
    written = reachable.of_adapter(each) if each.kind == "adapter" else reachable.spec("hf", each.name)
    return {"agents": None if each.problem else written, **dataclasses.asdict(each)}


def _release(name: str, befm: Any) -> str:
    return "befm" if name == befm.Befm.release else f"befm@release={name}"


def _releases(befm: Any, cached: Sequence[Weights]) -> list[dict[str, Any]]:
    whole = {each.name for each in cached if not each.problem}
    return [
        {
            "agents": _release(name, befm),
            "release": name,
            "base": release.base,
            "missing": [needed for needed in (release.base, name) if needed not in whole],
        }
        for name, release in befm.RELEASES.items()
    ]


def _head(title: str, more: str = "") -> None:
    console.print(f"[bold]{title}[/bold]{f'  {marked(more)}' if more else ''}", soft_wrap=True)


def _entry(written: str, *about: str) -> None:
    told = "; ".join(text for text in about if text)
    console.print(printable(f"  {written:<36}  {told}".rstrip(), lines=False), markup=False, soft_wrap=True)


def _print_servers(found: Sequence[dict[str, Any]], key: str, online: bool) -> None:
    _head("servers", f"{KEY}: set in {key}" if key else f"{KEY}: not set")
    for each in found:
        sent = f", {each['key']} was sent" if each["key"] else ", no key sent"
        _entry(each["url"], f"found by {each['found']}{sent}", each["error"])
        for model in each["models"]:
            written = model["agents"] or f"{model['name']} (no quotes can hold this name)"
            _entry(f"  {written}", f"with {model['set']}" if model["set"] else "")
    if not found:
        _entry("none", f"no {URL}, and nothing answers at the usual ports of this machine")
    if key and not online:
        _entry(reachable.OPENAI, "not contacted; --online asks it")


def _print_weights(found: Sequence[dict[str, Any]]) -> None:
    _head("weights in the Hugging Face cache")
    for each in found:
        size = f"{each['size'] / 1e9:.2f} GB"
        base = f", on {each['base']}" if each["base"] else ""
        about = f"{each['kind']}{base}, {size}, revision {each['revision'][:7] or 'unknown'}"
        _entry(
            each["agents"] or each["name"], about, each["problem"] and f"cannot be played: {each['problem']}"
        )
    if not found:
        _entry("none", "hf download NAME puts a model there")


def _print_befm(found: Sequence[dict[str, Any]], variable: str) -> None:
    _head("Be.FM releases", f"or a server in {variable}")
    for each in found:
        commands = " && ".join(f"hf download {name}" for name in each["missing"])
        _entry(each["agents"], f"not here: {commands}" if commands else "here")


def _print_machine(found: Sequence[dict[str, Any]], lacking: dict[str, list[str]]) -> None:
    _head("devices", "as listed by the system; torch was not loaded to ask")
    for each in found:
        memory = "" if each["memory"] is None else f", {each['memory'] / 2**30:.0f} GiB"
        _entry(each["kind"], f"{each['name']}{memory}", each["note"])
    if not found:
        _entry("none", "torch is not installed")
    _head("extras")
    for name, packages in lacking.items():
        lack = f'lacks {", ".join(packages)}: pip install "gamesim[{name}]"' if packages else "installed"
        _entry(name, f"{lack} ({_NEEDS[name]})")
