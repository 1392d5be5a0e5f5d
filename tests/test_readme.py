"""The README does what it says.  Run as a script, this file writes the commands' output into it anew."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gamesim.mini import WEIGHTS

README = Path(__file__).resolve().parent.parent / "README.md"
COLUMNS = "90"
SHOWN = ("gamesim play ultimatum --agents befm", "gamesim show dictator")
"""Commands whose output stands in the README."""


def blocks(kind: str) -> list[str]:
    return re.findall(
        rf"^```{kind}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands() -> list[str]:
    """Give the commands of all console blocks, but for those that install or ask."""
    lines = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    asks = {"make", "me,befm"}
    return [line for line in lines if not asks & set(shlex.split(line))]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user without Be.FM would."""
    own = {"HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "COLUMNS": COLUMNS, "NO_COLOR": "1"}
    env = {name: value for name, value in os.environ.items() if name != "GAMESIM_BEFM_URL"} | own
    return subprocess.run(
        arguments, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False, timeout=300
    )


def as_user(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    assert program == "gamesim", command
    return run([str(Path(sys.executable).parent / program), *arguments], folder)


def write_files(folder: Path) -> None:
    """Write the example files that the README shows: code that begins with a file's name."""
    for block in blocks("python"):
        if match := re.match(r"# (\w+\.py)\n", block):
            (folder / match[1]).write_text(block, encoding="utf-8")


@pytest.mark.slow
def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    write_files(tmp_path)
    todo = commands()
    assert len(todo) >= 10
    failed = {}
    for command in todo:
        if "befm" in command and not any(WEIGHTS.glob("*.safetensors")):
            continue
        done = as_user(command, tmp_path)
        if done.returncode != 0 or not done.stdout:
            failed[command] = done.stderr or "printed nothing"
    assert failed == {}


@pytest.mark.slow
def test_the_python_of_the_readme_works(tmp_path: Path) -> None:
    for block in blocks("python"):
        done = run([sys.executable, "-c", block], tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_readme_shows_the_commands_that_it_should() -> None:
    text = README.read_text(encoding="utf-8")
    assert [command for command in SHOWN if f"$ {command}\n" not in text] == []


def regenerate() -> None:
    """Write the output of the commands in `SHOWN` into the README."""
    import tempfile

    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        for command in SHOWN:
            done = as_user(command, Path(name))
            if done.returncode != 0:
                sys.exit(f"{command}: {done.stderr}")
            output = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())
            text = re.sub(
                rf"^```console\n\$ {re.escape(command)}\n.*?^```$",
                lambda _, c=command, o=output: f"```console\n$ {c}\n{o}\n```",  # type: ignore[misc]
                text,
                flags=re.MULTILINE | re.DOTALL,
            )
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    regenerate()
