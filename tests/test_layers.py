"""Imports point downwards, content is never imported statically, and heavy packages wait until they are needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From low to high: a module imports only from those before it.
ENGINE = (
    "errors",
    "values",
    "tables",
    "streams",
    "actions",
    "messages",
    "distribution",
    "network",
    "network_measures",
    "groups",
    "game",
    "matrix",
    "equilibrium",
    "peers",
    "meeting",
    "neighbours",
    "reputation",
    "society",
    "subjects",
    "past",
    "observation",
    "parameters",
    "policy",
    "needs",
    "behaviour",
    "catalog",
    "spec",
    "population",
    "persons",
    "matching",
    "columns",
    "record",
    "archive",
    "answers",
    "rewiring",
    "prompt",
    "reading",
    "linking",
    "players",
    "memory",
    "accounts",
    "sheet",
    "simulation",
    "elicit",
    "roster",
    "personas",
    "wiring",
    "design",
    "agent_table",
    "compatible",
    "remarks",
    "seating",
    "describing",
    "preparing",
    "resuming",
    "run",
    "playing",
    "sensitivity",
    "replication",
    "replicate",
    "game_model",
    "folding",
    "command",
    "cli",
)
# Packages beside the engine: what they may know outside themselves.
BESIDE = {
    "humans": {"errors"},
    "analysis": {"errors", "folding", "humans", "meeting", "network_measures"},
    "models": {"errors", "streams"},
    # What measures mini asks it in the very words of the games.
    "mini": {"errors", "prompt", "catalog"},
}
# From which module of the engine on each package may be used.
USED_FROM = {"models": "elicit", "humans": "behaviour", "analysis": "run", "mini": "command"}
GAMES = {*ENGINE[: ENGINE.index("peers") + 1]}
AGENTS = GAMES | {
    *(
        "neighbours",
        "subjects",
        "reputation",
        "past",
        "observation",
        "parameters",
        "policy",
        "needs",
        "behaviour",
        "prompt",
        "reading",
        "elicit",
    ),
    *("humans", "models", "mini"),
}
EXPERIMENTS = {*ENGINE[: ENGINE.index("replication") + 1]}
CONTENT = {"games", "agents", "experiments"}
HEAVY = ("torch", "transformers", "pandas", "mesa", "numpy")


def gamesim_names(file: Path) -> Iterator[str]:
    """Give every module or package directly under gamesim that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] in CONTENT:
                raise AssertionError(f"{file}: imports {name}; content is found by gamesim.catalog")
            if parts[0] == "gamesim" and len(parts) > 1:
                yield parts[1]


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def engine_files() -> list[Path]:
    return sorted((ROOT / "gamesim").glob("*.py"))


def test_the_page_on_architecture_lists_them_in_this_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert " ".join(f"`{name}`" for name in ENGINE) in " ".join(page.split())


def test_every_module_has_its_place() -> None:
    modules = {file.stem for file in engine_files()} - {"__init__", "__main__"}
    packages = {file.parent.name for file in (ROOT / "gamesim").glob("*/__init__.py")}
    assert modules | packages == {*ENGINE, *BESIDE}


@pytest.mark.parametrize("module", ENGINE)
def test_a_module_of_the_engine_imports_only_lower_ones(module: str) -> None:
    allowed = set(ENGINE[: ENGINE.index(module)])
    allowed |= {name for name, first in USED_FROM.items() if ENGINE.index(first) <= ENGINE.index(module)}
    file = ROOT / "gamesim" / f"{module}.py"
    for part in [file] if file.is_file() else files(f"gamesim/{module}"):
        assert set(gamesim_names(part)) <= allowed | {module}, part


@pytest.mark.parametrize("package", BESIDE)
def test_a_package_beside_the_engine_knows_little(package: str) -> None:
    for file in files(f"gamesim/{package}"):
        assert set(gamesim_names(file)) <= BESIDE[package] | {package}, file


def test_what_agents_share_with_the_training_of_mini_is_light() -> None:
    assert set(gamesim_names(ROOT / "gamesim" / "mini" / "header.py")) == {"errors"}
    assert set(gamesim_names(ROOT / "gamesim" / "mini" / "__init__.py")) == {"mini"}
    for name in ("scorer", "tokenizer", "train"):
        assert set(gamesim_names(ROOT / "gamesim" / "mini" / f"{name}.py")) <= {"errors", "mini"}


@pytest.mark.parametrize(
    ("folder", "allowed"), [("games", GAMES), ("agents", AGENTS), ("experiments", EXPERIMENTS)]
)
def test_content_imports_only_what_is_there_for_it(folder: str, allowed: set[str]) -> None:
    for file in files(folder):
        assert set(gamesim_names(file)) <= allowed, file


def test_the_engine_never_imports_content_statically() -> None:
    for file in files("gamesim"):
        assert not CONTENT & set(gamesim_names(file)), file


@pytest.mark.parametrize("module", ["gamesim", "gamesim.cli"])
def test_importing_the_package_and_the_command_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "command", [["games"], ["agents"], ["agents", "fehr_schmidt"], ["humans"], ["show", "trust"]]
)
def test_a_page_that_only_tells_waits_for_no_heavy_package(command: list[str]) -> None:
    code = (
        "import sys; from gamesim.cli import app;"
        f"app({command!r}, standalone_mode=False);"
        "print(*[n for n in ('torch', 'pandas', 'mesa', 'scipy.stats') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_rules_play_without_packages_that_take_long_to_load() -> None:
    slow = ("torch", "transformers", "peft", "openai", "matplotlib", "scipy.stats")
    code = (
        "import sys, gamesim; gamesim.play('dictator', agents='uniform,spe', n=20).compare();"
        f"print(*[n for n in {slow!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
