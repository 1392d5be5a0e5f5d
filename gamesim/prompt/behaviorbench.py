"""The texts that Be.FM was trained on, taken byte for byte from the user's own copy of BehaviorBench.

First-round files hold one prompt each, which becomes the whole message of a first round.  From the multi-round files
come the message of later rounds and the line that tells a past round, as far as all rows agree on them.  A number
becomes a placeholder only where it cannot be anything else; what a text otherwise depends on is pinned, and a game
under other parameters is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamesim.actions import plain
from gamesim.catalog import find_game
from gamesim.errors import GamesimError
from gamesim.prompt import Style, told
from gamesim.prompt.aligning import (
    NUMBER,
    Row,
    UnmappedError,
    joined,
    literal,
    opening,
    past_line,
    template,
    without_past,
)
from gamesim.prompt.pack import open_pack, table

_FIRST = "game_behavior/{}_test.jsonl"
_REPEATED = "multiround_behavior/{}_multiround_test.jsonl"
_IN_WORDS = re.compile(r"%|\b(?:half|halves|double|ten|twenty|fifty|hundred|per ?cent)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One prompt of BehaviorBench.

    Parameters
    ----------
    name : str
        Name of its files.
    game, role, stage : str
        What it is here.
    parameters : mapping
        The parameters that its text speaks of.
    scale : str
        The parameter that may be told from all numbers in the text, if any.
    slots : tuple of str
        What the bracketed values of a past round are, the own choice first.
    repeated : tuple of str
        Names of its multi-round files.
    seen : mapping
        What the decider sees in the first-round file.
    labels : tuple of str
        What its options are called, in our order.
    """

    name: str
    game: str
    role: str
    stage: str
    parameters: Mapping[str, float]
    scale: str = ""
    slots: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    seen: Mapping[str, float] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


_DICTATOR = {"endowment": 100.0}
_ULTIMATUM = {"endowment": 100.0, "sequential": False, "both_roles": False}
_TRUST = {"endowment": 100.0, "factor": 3.0}
SOURCES = (
    Source("dictator", "dictator", "dictator", "give", _DICTATOR, "endowment", ("give",), ("dictator",)),
    Source("ultimatum_proposer", "ultimatum", "proposer", "offer", _ULTIMATUM, "endowment"),
    Source("ultimatum_responder", "ultimatum", "responder", "minimum", _ULTIMATUM, "endowment"),
    Source(
        "trust_investor", "trust", "investor", "send", _TRUST, "", ("send", "return"), ("trust_investor",)
    ),
    Source(
        *("trust_banker", "trust", "trustee", "return", _TRUST, "", ("return", "send")),
        repeated=("trust_banker_inv50", "trust_banker_inv100"),
        seen={"send": 50.0},
    ),
    Source(
        *("public_goods", "public_goods", "member", "contribute"),
        {"endowment": 20.0, "group_size": 4.0, "mpcr": 0.5},
        slots=("contribute", "others_mean"),
        repeated=("public_goods",),
    ),
    Source(
        *("bomb", "bomb_risk", "player", "open", {"boxes": 100.0, "prize": 1.0}, "boxes", ("open",)),
        repeated=("bomb",),
    ),
    Source(
        *("guessing", "beauty_contest", "player", "guess"),
        {"group_size": 100.0, "p": 2 / 3, "highest": 100.0},
        slots=("guess", "average", "target"),
        repeated=("guessing",),
    ),
    Source(
        *("push_pull", "prisoners_dilemma", "player", "choose"),
        {"reward": 400.0, "sucker": 0.0, "temptation": 700.0, "punishment": 300.0},
        slots=("choose", "other"),
        repeated=("push_pull",),
        labels=("Push", "Pull"),
    ),
)


@dataclass
class _Texts:
    """What was found for one source; literal text has its braces doubled."""

    source: Source
    system: str
    prompt: str
    first: str
    second: str = ""
    later: str = ""
    recall: str = ""


def build_pack(path: Path, out: Path) -> tuple[list[str], list[str]]:
    """Write a pack from a copy of BehaviorBench, and check that it gives the very prompts back.

    Parameters
    ----------
    path : Path
        The copy, as downloaded: its root, its ``data`` or its ``moblab`` folder.
    out : Path
        Folder for the pack.

    Returns
    -------
    taken, missed : list of str
        What was taken from each file, and what could not be, with the reason.

    Raises
    ------
    GamesimError
        When there is no such copy, a file is not in its layout, or a text does not come out as it went in.
    """
    root = _root(path)
    taken: list[str] = []
    missed: list[str] = []
    found: list[_Texts] = []
    for source in SOURCES:
        file = root / _FIRST.format(source.name)
        if not file.is_file():
            missed.append(f"{source.name}: there is no {file}")
            continue
        texts = _first(source, file)
        said = "first round"
        try:
            said += f", later rounds ({_repeated(texts, root)})"
        except UnmappedError as reason:
            texts.second = texts.later = texts.recall = ""
            missed.append(f"{source.name}, later rounds: {reason}")
        found.append(texts)
        taken.append(f"{source.name} -> {source.game}.{source.stage}: {said}")
    if not found:
        raise GamesimError(
            f"{root}: holds none of the first-round files, such as {_FIRST.format('dictator')}"
        )
    _write(found, out)
    _check(found, out)
    return taken, missed


def _root(path: Path) -> Path:
    for folder in (path, path / "moblab", path / "data" / "moblab"):
        if (folder / "game_behavior").is_dir():
            return folder
    raise GamesimError(
        f"{path}: is no copy of BehaviorBench; expected data/moblab/game_behavior/dictator_test.jsonl in it"
    )


def _read(file: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise GamesimError(f"{file}, line {number}: is not JSON: {error}") from error
        for key in ("system", "user", "assistant"):
            if not isinstance(row, dict) or not isinstance(row.get(key), str):
                raise GamesimError(f"{file}, line {number}: expected an object whose {key!r} is a text")
        rows.append(row)
    if not rows:
        raise GamesimError(f"{file}: holds no rows")
    return rows


def _first(source: Source, file: Path) -> _Texts:
    prompts = {(row["system"], row["user"]) for row in _read(file)}
    if len(prompts) > 1:
        raise GamesimError(f"{file}: expected one prompt for all rows, found {len(prompts)}")
    ((system, user),) = prompts
    for label in source.labels:
        if label.lower() not in user.lower():
            raise GamesimError(f"{file}: expected the option {label!r} in the prompt")
    return _Texts(source, system, user, literal(user))


def _repeated(texts: _Texts, root: Path) -> str:
    """Find the message of later rounds and the line of a past one; say how many rows agree."""
    source = texts.source
    files = [root / _REPEATED.format(name) for name in source.repeated]
    there = [file for file in files if file.is_file()]
    if not there:
        raise UnmappedError("there is no multi-round file")
    rows = [_row(row, source) for file in there for row in _read(file)]
    texts.recall = past_line(rows, source.slots, source.labels)
    try:
        parts = template(rows)
    except UnmappedError:
        # One round behind is often told in the singular.
        parts = template([row for row in rows if row.values["played"] > 1])
        once = [row for row in rows if row.values["played"] == 1]
        texts.second = joined(template(once, varied=False))
    texts.later = joined(parts)
    if source.seen:
        texts.first = opening(parts, texts.prompt, _seen(source, source.seen["send"])) or texts.first
    return f"{len(rows)} rows agree"


def _row(row: Mapping[str, Any], source: Source) -> Row:
    about = row.get("metadata") or {}
    try:
        played, target = int(about["history_rounds"]), int(about["target_round"])
        values = {"played": float(played), "round": float(target)}
        if source.seen:
            values |= _seen(source, float(about["investment"]))
    except (KeyError, TypeError, ValueError):
        raise UnmappedError(
            "a row's metadata lacks history_rounds, target_round or investment as a number"
        ) from None
    text, lines = without_past(row["user"], played)
    return Row(text, lines, values, (str(about.get("user_id")), target), row["assistant"])


def _seen(source: Source, sent: float) -> dict[str, float]:
    return {"send": sent, "pot": sent * source.parameters["factor"]}


def _scaled(texts: _Texts) -> bool:
    """Put the one parameter that all numbers are in their place; tell whether that was certain."""
    source = texts.source
    written = (texts.first, texts.second, texts.later)
    value = source.parameters.get(source.scale)
    bare = [re.sub(r"\{[a-z.]+\}", "", text) for text in written]
    numbers = {float(number) for text in bare for number in NUMBER.findall(text)} - {0.0}
    if numbers != {value} or any(_IN_WORDS.search(text) for text in bare):
        return False
    number = re.compile(rf"(\$?)(?<![\d.]){plain(value or 0)}(?!\d|\.\d)")
    signs = {match[1] for text in written for match in number.finditer(text)}
    if "$" in signs and source.scale == "boxes":
        return False
    named = {"$": f"{{{source.scale}}}", "": f"{{{source.scale}.number}}"}
    texts.first, texts.second, texts.later = (number.sub(lambda m: named[m[1]], text) for text in written)
    return True


def _requirements(found: Sequence[_Texts]) -> dict[str, float | str]:
    """Pin what the texts of one game depend on and do not tell."""
    pinned: dict[str, float | str] = {}
    for texts in found:
        source = texts.source
        scaled = _scaled(texts)
        pinned |= {k: v for k, v in source.parameters.items() if not (scaled and k == source.scale)}
        pinned |= {k: v for k, v in source.seen.items() if f"{{{k}.number}}" not in texts.first}
        if "$" in texts.first + texts.later + texts.recall:
            pinned["currency"] = "$"
        if not texts.later:
            pinned["rounds"] = 1.0
    return pinned


def _write(found: Sequence[_Texts], out: Path) -> None:
    games = {
        texts.source.game: [each for each in found if each.source.game == texts.source.game]
        for texts in found
    }
    if there := [game for game in games if (out / f"{game}.toml").exists()]:
        raise GamesimError(f"{out / there[0]}.toml: there is such a file already; choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    for game, held in games.items():
        required = _requirements(held)
        lines = ["# From a copy of BehaviorBench (CC BY-NC-ND 4.0): to be read here, not to be passed on."]
        lines += table("system", {each.source.stage: each.system for each in held})
        for kind in ("first", "second", "later"):
            lines += table(kind, {t.source.stage: text for t in held if (text := getattr(t, kind))})
        lines += table("recall", {each.source.role: each.recall for each in held if each.later})
        lines += table("history", {"line": "{line}"})
        lines += table(
            "labels", {each.source.stage: each.source.labels for each in held if each.source.labels}
        )
        lines += table("requires", required)
        (out / f"{game}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _check(found: Sequence[_Texts], out: Path) -> None:
    """Hold every first-round text, as it is played, against the file it came from."""
    style = Style(pack=open_pack(out))
    for texts in found:
        source = texts.source
        game = find_game(source.game).from_settings(source.parameters)
        text = told(game, source.stage, source.seen, style=style)
        if (text.system, text.user) != (texts.system, texts.prompt):
            raise GamesimError(f"{source.name}: the text that is played differs from the prompt in the file")
