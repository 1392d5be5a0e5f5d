"""Prompt packs: folders of TOML files, one a game, that say what players read.  What a file leaves out is ours.

A pack is checked when it is opened: every key, role, stage and placeholder has to exist.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamesim.actions import Choice
from gamesim.catalog import find_game, names
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.meeting import repeated
from gamesim.prompt.wording import (
    COUNTS,
    HISTORY,
    PARTS,
    ROUNDS,
    SENTENCES,
    SUBJECT,
    Speakable,
    Wording,
    merged,
    own,
    speakable,
    variants,
)
from gamesim.rewiring import sentences
from gamesim.values import read

TABLES = (
    *("system", "rules", "ask", "recall", "answer", "first", "second", "later"),
    *("matching", "rewiring", "rounds", "history", "labels", "words", "requires"),
)
_SHARED: Mapping[str, Mapping[str, str]] = {
    "matching": repeated(),
    "rewiring": sentences(),
    "rounds": ROUNDS,
    "history": HISTORY,
}


@dataclass(frozen=True, eq=False)
class Pack:
    """Texts for some games.

    Parameters
    ----------
    folder : Path
        Where they come from.
    games : mapping from game to Wording
        What players of each game read, ours where the file says nothing.
    hashes : mapping from file name to str
        SHA-256 of every file.
    """

    folder: Path
    games: Mapping[str, Wording] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Say for the record which texts these are."""
        return {"folder": self.folder.name, "sha256": dict(self.hashes)}

    def check(self, game: Game, rounds: int = 1, continuation: float = 0.0) -> None:
        """Refuse a game that the texts do not hold for.

        Raises
        ------
        GamesimError
            When a parameter, or the number of rounds, is not the one that a file requires.
        """
        if game.name not in self.games:
            return
        wording = self.games[game.name]
        for name, wanted in wording.requires.items():
            if name in game.parameters() and getattr(game, name) != wanted:
                raise GamesimError(
                    f"{wording.file}: its texts hold for {name} = {_plain(wanted)} alone, and this game has "
                    f"{name} = {_plain(getattr(game, name))}"
                )
            if name == "rounds" and (rounds > float(wanted) or continuation > 0):
                many = f"{rounds} are" if continuation == 0 else "an open number is"
                raise GamesimError(
                    f"{wording.file}: its texts hold for at most {_plain(wanted)} rounds, and {many} to be played"
                )


def wording_of(game: Game, pack: Pack | None) -> Wording:
    """Give the sentences of a game: the pack's where it has any."""
    if pack is not None and game.name in pack.games:
        return pack.games[game.name]
    return own(type(game))


def open_pack(path: str | Path, *games: type[Game]) -> Pack:
    """Open and check a folder of texts.

    Parameters
    ----------
    path : str or Path
        Folder with one TOML file a game, named like the game.
    *games : type of Game
        Games of one's own, beside those of the catalogue.

    Returns
    -------
    Pack

    Raises
    ------
    GamesimError
        For a missing folder, an unknown game, key, role, stage or placeholder, or a value of the wrong kind.
    """
    folder = Path(path)
    files = sorted(folder.glob("*.toml"))
    if folder.is_file():
        raise GamesimError(f"prompts {str(path)!r}: is a file; name the folder that it is in")
    if not folder.is_dir():
        raise GamesimError(f"prompts {str(path)!r}: there is no such folder")
    if not files:
        raise GamesimError(
            f"prompts {str(path)!r}: no file in this folder ends in .toml; expected one a game"
        )
    known = dict.fromkeys(names("games")) | {game.name: game for game in games}
    opened, hashes = {}, {}
    for file in files:
        if file.stem not in known:
            raise unknown("game", file.stem, known, where=str(file))
        content = file.read_bytes()
        hashes[file.name] = hashlib.sha256(content).hexdigest()
        opened[file.stem] = _wording(file, content, known[file.stem] or find_game(file.stem))
    return Pack(folder, opened, hashes)


def export(kind: type[Game]) -> str:
    """Write a game's own texts as a file of a pack.

    Parameters
    ----------
    kind : type of Game

    Returns
    -------
    str
        TOML.
    """
    wording = own(kind)
    lines = [
        f"# What players of {kind.name} read. A line that is deleted is ours again.",
        f"system = {quoted(wording.system[''])}",
        f"subject = {quoted(wording.subject)}",
    ]
    for name in ("rules", "ask", "recall", "answer", "words", *_SHARED):
        lines += table(name, getattr(wording, name))
    return "\n".join(lines) + "\n"


def table(name: str, values: Mapping[str, Any]) -> list[str]:
    """Write one table of TOML; nothing where it is empty."""
    lines = ["", f"[{name}]"] if values else []
    for key, value in values.items():
        if isinstance(value, str):
            lines.append(f"{key} = {quoted(value)}")
        elif isinstance(value, float | int):
            lines.append(f"{key} = {_plain(value)}")
        else:
            lines += [f"{key} = [", *(f"    {quoted(each)}," for each in value), "]"]
    return lines


def quoted(text: str) -> str:
    """Write a string of TOML, whose escapes are those of JSON but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(value: float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) or value != round(value) else f"{value:.0f}"


def _wording(file: Path, content: bytes, kind: type[Game]) -> Wording:
    try:
        given = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GamesimError(f"{file}: cannot be read as TOML: {error}") from error
    for key in given:
        if key not in (*TABLES, "subject"):
            raise unknown("key", key, (*TABLES, "subject"), where=str(file))
    subject = given.pop("subject", SUBJECT)
    if isinstance(given.get("system"), str):
        given["system"] = {"": given["system"]}
    may = speakable(kind)
    tables = {name: _entries(file, name, value, kind, may) for name, value in given.items()}
    if not isinstance(subject, str):
        raise GamesimError(f"{file}: subject = {subject!r} is not a text")
    # Which traits there are is known when it is told.
    _text(f"{file}: subject", subject, defaultdict(lambda: "text"))
    wording = merged(Wording(file=str(file), subject=subject, **tables), kind)
    _check_labels(file, tables.get("labels", {}), wording, kind, may.choices)
    return wording


def _entries(file: Path, name: str, value: Any, kind: type[Game], may: Speakable) -> dict[str, Any]:
    """Check one table: its keys, and what its texts speak of."""
    if not isinstance(value, dict):
        raise GamesimError(f"{file}: {name} = {value!r} is not a table; write [{name}] above its keys")
    stages = [each.name for each in kind.all_stages]
    known: Mapping[str, Iterable[str]] = {
        "system": ("", *stages),
        "rules": may.rules,
        "recall": may.recall,
        "labels": may.choices,
        "words": kind.words,
        "requires": (*kind.parameters(), "rounds", *{name for each in kind.all_stages for name in each.sees}),
        **_SHARED,
    }
    kinds = {"rules": "role", "recall": "role", "words": "word", "requires": "requirement"} | dict.fromkeys(
        _SHARED, "key"
    )
    checked = {}
    for key, content in value.items():
        where = f"{file}: [{name}] {key}"
        if key not in known.get(name, stages):
            raise unknown(kinds.get(name, "stage"), key, known.get(name, stages), where=f"{file}: [{name}]")
        if name == "requires":
            default = kind.parameters()[key].default if key in kind.parameters() else 1.0
            checked[key] = read(where, content, type(default))
        elif name == "labels":
            checked[key] = _labels(where, content, may.choices[key].labels)
        elif name == "words":
            checked[key] = _words(where, content, len(kind.words[key]), may)
        elif name in ("rules", "ask"):
            paraphrases = [content] if isinstance(content, str) else content
            if not isinstance(paraphrases, list) or not paraphrases:
                raise GamesimError(f"{where} = {content!r} is neither a text nor a list of texts")
            allowed = may.rules[key] if name == "rules" else may.ask[key]
            checked[key] = tuple(_text(where, each, allowed) for each in paraphrases)
        elif name == "recall" and isinstance(content, list) and content:
            checked[key] = tuple(_text(where, each, _allowed(name, key, may)) for each in content)
        else:
            checked[key] = _text(where, content, _allowed(name, key, may))
    return checked


def _allowed(name: str, key: str, may: Speakable) -> Mapping[str, str] | None:
    """Give what a single text may speak of; None where it is taken as it stands."""
    if name in ("system", "matching", "rewiring"):
        return None
    if name in ("rounds", "history"):
        return dict.fromkeys(SENTENCES[key], "text")
    if name == "recall":
        return {**may.recall[key], **dict.fromkeys(COUNTS, "1")}
    if name == "answer":
        return {**may.ask[key], "format": "text"}
    return {**may.ask[key], **dict.fromkeys((*PARTS, *COUNTS), "text")}


def _text(where: str, text: Any, allowed: Mapping[str, str] | None) -> str:
    """Check that a text can be written with what it may speak of."""
    if not isinstance(text, str):
        raise GamesimError(f"{where} = {text!r} is not a text")
    if allowed is None:
        return text
    try:
        _check_reach(where, text)
        text.format_map(allowed)
    except KeyError as error:
        raise unknown("placeholder", str(error.args[0]), allowed, where=where) from None
    except AttributeError:
        raise _reaching(where) from None
    except (ValueError, IndexError) as error:
        raise GamesimError(
            f"{where} cannot be filled in: {error}; write {{name}} for a value, {{{{ and }}}} for braces"
        ) from None
    return text


def _check_reach(where: str, text: str) -> None:
    """Refuse what reaches behind a word: a pack of a stranger could read keys out of the program by it."""
    for _, name, form, _ in string.Formatter().parse(text):
        if name is not None and not re.fullmatch(r"[^.\[\]]*(\.number)?", name):
            raise _reaching(where)
        if form:
            _check_reach(where, form)


def _reaching(where: str) -> GamesimError:
    return GamesimError(
        f"{where} takes more of a placeholder than there is: only .number, and only of numbers"
    )


def _labels(where: str, content: Any, labels: tuple[str, ...]) -> tuple[str, ...]:
    if (
        not isinstance(content, list)
        or len(content) != len(labels)
        or not all(isinstance(each, str) and each.strip() and not set("[]") & set(each) for each in content)
        or len({each.lower() for each in content}) != len(labels)
    ):
        raise GamesimError(
            f"{where} = {content!r} is not a list of {len(labels)} different names, for: {', '.join(labels)}"
        )
    return tuple(content)


def _words(where: str, content: Any, many: int, may: Speakable) -> tuple[str, ...]:
    if not isinstance(content, list) or len(content) != many:
        raise GamesimError(f"{where} = {content!r} is not a list of {many} texts, for 0, 1 and so on")
    return tuple(_text(where, each, may.facts) for each in content)


def _check_labels(
    file: Path,
    labels: Mapping[str, tuple[str, ...]],
    wording: Wording,
    kind: type[Game],
    choices: Mapping[str, Choice],
) -> None:
    """Refuse new names for options where the rules would go on speaking of them by others."""
    for name, new in labels.items():
        game = next(game for game in variants(kind) if name in {each.name for each in game.stages})
        role = game.decider(name)
        if wording.rules.get(role) is not kind.rules.get(role) or name in wording.first:
            continue
        if not wording.moves_options(game, name):
            raise GamesimError(
                f"{file}: [labels] {name}: the texts of {kind.name} name its options without placeholders; write "
                "the texts too"
            )
        alike = [
            other
            for other, choice in choices.items()
            if other != name and choice.shown == choices[name].shown
        ]
        if any(labels.get(other) != new for other in alike):
            raise GamesimError(
                f"{file}: [labels] {name}: the rules speak of its options and those of {alike[0]} by the same "
                "names; give both the same names, or write the [rules] too"
            )
