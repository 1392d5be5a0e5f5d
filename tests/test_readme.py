"""The README does what it says.  Run as a script, this file writes the commands' output into it anew."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typed import Command

import gamesim
from gamesim.errors import GamesimError
from gamesim.network import Network

README = Path(__file__).resolve().parent.parent / "README.md"
COLUMNS = "90"
SHOWN = (
    "gamesim play ultimatum --agents befm",
    "gamesim play dictator --agents human --n 2000 --seed 7",
    "gamesim show trust",
)
"""Commands whose output stands in the README."""


def blocks(kind: str) -> list[str]:
    return re.findall(
        rf"^```{kind}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands(block: str) -> list[str]:
    """Give the commands of a console block, but for those that install or ask."""
    lines = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    asks = {"make", "me,befm"}
    return [line for line in lines if not asks & set(shlex.split(line))]


SESSIONS = [block for block in map(commands, blocks("console")) if block]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user without Be.FM would."""
    own = {"COLUMNS": COLUMNS, "NO_COLOR": "1", "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
    own["OMP_NUM_THREADS"] = "1"  # the tests run side by side
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
@pytest.mark.parametrize("session", SESSIONS, ids=" ; ".join)
def test_every_command_of_the_readme_works(
    session: list[str], command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_files(tmp_path)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for line in session:
        program, *arguments = shlex.split(line)
        done = command(*arguments)
        assert (program, done.code) == ("gamesim", 0), f"{line}: {done.err}"
        assert done.out, line


@pytest.mark.slow
def test_the_python_of_the_readme_works(tmp_path: Path) -> None:
    for block in blocks("python"):
        done = run([sys.executable, "-c", block], tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_agent_that_looks_at_its_neighbours_follows_each_decider_s_own(tmp_path: Path) -> None:
    write_files(tmp_path)
    run = gamesim.play(
        "prisoners_dilemma", f"{tmp_path / 'herd.py'}@p=0.3", network="karate_club", rounds=4, seed=1
    )
    assert run.edges is not None
    around = Network.from_edges(34, run.edges)
    rounds = [each.sort_values("agent") for _, each in run.decisions.groupby("round")]
    shares = [np.full(34, 0.3), *(around.mean(each["action"].to_numpy()) for each in rounds[:-1])]
    for share, each in zip(shares, rounds, strict=True):
        np.testing.assert_allclose(each["probability"], np.where(each["action"] == 1, share, 1 - share))
    assert len(set(shares[1].tolist())) > 5


def test_the_agent_that_looks_at_its_neighbours_is_refused_where_it_has_none(tmp_path: Path) -> None:
    write_files(tmp_path)
    with pytest.raises(GamesimError, match=r"^herd looks at its neighbours: play it on a network"):
        gamesim.play("prisoners_dilemma", f"{tmp_path / 'herd.py'}", n=4, rounds=2)


def test_the_readme_shows_the_commands_that_it_should() -> None:
    found = [command for session in SESSIONS for command in session]
    assert set(SHOWN) <= set(found)
    assert len(found) >= 10


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
