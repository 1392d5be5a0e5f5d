"""What is shipped: the wheel, the table of what mini plays, and the version, each said once and kept true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gamesim.catalog import find_agent

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("gamesim", "games", "agents", "experiments", "pyproject.toml", "README.md", "LICENSE")

# Run with the wheel alone on the path: what a rule-based game must not need is made impossible to import.
WITHOUT_MODELS = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "peft", "openai", "matplotlib"}:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocked())
import gamesim
assert gamesim.__file__.startswith(sys.argv[1]), gamesim.__file__
run = gamesim.play("dictator", agents="uniform,spe", n=40)
assert len(run.decisions) == 20
assert len(run.compare().rows) > 0
print("played")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that nothing lying about in the tree gets in or is left behind."""
    folder = tmp_path_factory.mktemp("build")
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(folder / "dist"),
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = (folder / "dist").glob("*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_holds_everything_under_one_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    tops = {name.split("/")[0] for name in inside}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gamesim"}
    assert len(tops) == 2
    wanted = {"gamesim/py.typed", "gamesim/mini/README.md"}
    for folder in ("gamesim", "games", "agents", "experiments"):
        target = folder if folder == "gamesim" else f"gamesim/{folder}"
        wanted |= {f"{target}/{f.relative_to(ROOT / folder)}" for f in (ROOT / folder).rglob("*.py")}
    wanted |= {str(file.relative_to(ROOT)) for file in (ROOT / "gamesim" / "humans").rglob("*.json")}
    weights = (ROOT / "gamesim" / "mini" / "weights").glob("*")
    wanted |= {str(file.relative_to(ROOT)) for file in weights if file.is_file()}
    assert wanted <= inside, wanted - inside


@pytest.mark.slow
def test_the_wheel_plays_rules_without_model_packages(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            target,
            wheel,
        ],
        check=True,
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MODELS, str(target)],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["played"]


def test_the_page_on_mini_says_what_the_code_does() -> None:
    contract = sys.modules[find_agent("mini").__module__].CONTRACT
    lines = ["| decision | plays | plays the nearest thing, saying so | refuses |", "|---|---|---|---|"]
    lines += [f"| `{c.decision}` | {c.plays} | {c.nearest or '-'} | {c.refuses or '-'} |" for c in contract]
    table = "\n".join(lines)
    page = (ROOT / "docs" / "mini.md").read_text(encoding="utf-8")
    assert table in page, f"docs/mini.md must hold this table:\n\n{table}"


def test_the_version_is_the_same_everywhere() -> None:
    def found(file: str, pattern: str) -> str:
        match = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert match, file
        return match[1]

    version = found("pyproject.toml", r'^version = "(.+)"$')
    assert found("CITATION.cff", r"^version: (.+)$") == version


def test_every_pin_is_exact() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*", line)] == []


def test_decision_records_are_numbered_without_gaps() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for heading in ("## Context", "## Decision", "## Consequence"):
            assert heading in text, f"{page.name}: {heading}"


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in t]
    missing = [target for target in targets if not ((ROOT / page).parent / target).exists()]
    assert missing == []
