"""Every reply kept on disk as it arrives, so that nothing is paid for twice.

A reply is found again by the model's identity, the prompt and the **draw number**: 200 draws of one prompt are 200
replies.  Failures are never kept, and neither are keys.  SQLite with a write-ahead log serves several processes of
one machine; on a network file system that log is unsafe, so one is refused.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from gamesim.errors import GamesimError
from gamesim.models import Completion, Prompt
from gamesim.models.cache_place import cache_folder, check_local
from gamesim.models.exchange import canonical, read_line

__all__ = ["Kept", "ReplyCache"]

_VERSION = 2
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS prompts (id BLOB PRIMARY KEY, model TEXT NOT NULL, identity TEXT NOT NULL, "
    "system TEXT NOT NULL, user TEXT NOT NULL, more TEXT NOT NULL DEFAULT '') WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS replies (prompt BLOB NOT NULL, draw INTEGER NOT NULL, created REAL NOT NULL, "
    "text TEXT NOT NULL, finish TEXT NOT NULL, error TEXT NOT NULL, reasoning TEXT NOT NULL, "
    "tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, PRIMARY KEY (prompt, draw)) WITHOUT ROWID",
)
_REPLY = "text, finish, error, tokens_in, tokens_out, reasoning"
_DAY = 86400.0
_PATIENCE = 30.0
"""Seconds to wait for another process that writes."""


@dataclass(frozen=True)
class Kept:
    """What the cache holds of one model.

    Parameters
    ----------
    model : str
        Its name.
    prompts, replies : int
        Distinct prompts with their settings, and draws of them.
    tokens_in, tokens_out : int
        What they cost when they were asked.
    oldest, newest : float
        Seconds since 1970.
    """

    model: str
    prompts: int
    replies: int
    tokens_in: int
    tokens_out: int
    oldest: float
    newest: float


class ReplyCache:
    """Replies on disk.

    Parameters
    ----------
    folder : Path, optional
        Where; `cache_folder` unless given.  The file in it is ``replies.sqlite``.
    mounts : Path
        Where Linux lists its file systems.

    Raises
    ------
    GamesimError
        On a network file system, or if the file cannot be written, is damaged or of a later version.
    """

    def __init__(self, folder: Path | None = None, *, mounts: Path = Path("/proc/self/mounts")) -> None:
        where = folder if folder is not None else cache_folder()
        self.path = where / "replies.sqlite"
        check_local(where, mounts)
        self._lock = threading.Lock()
        try:
            where.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GamesimError(f"{where}: no cache can be kept there: {error.strerror}") from error
        with self._failing():
            self._db = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        with self._failing():
            self._use_log()
            # A killed process loses nothing by it; only a power failure may cost the last replies.
            self._db.execute("PRAGMA synchronous = NORMAL")
            with self._writing():
                version = self._db.execute("PRAGMA user_version").fetchone()[0]
                if version > _VERSION:
                    raise GamesimError(
                        f"{self.path} was written by a later gamesim; name another GAMESIM_CACHE"
                    )
                if version == 1:
                    self._db.execute("ALTER TABLE prompts ADD COLUMN more TEXT NOT NULL DEFAULT ''")
                for statement in _SCHEMA:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def _use_log(self) -> None:
        """Switch the write-ahead log on; SQLite does not wait by itself while another process does the same."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find(
        self, identity: Mapping[str, Any], prompts: Sequence[Prompt], draws: Sequence[int]
    ) -> list[Completion | None]:
        """Look replies up.

        Parameters
        ----------
        identity : mapping
            What the answers depend on besides prompt and draw.
        prompts, draws : sequences
            One a row.

        Returns
        -------
        list of Completion or None
            One a row.
        """
        ids: dict[Prompt, bytes] = {}
        found: list[Completion | None] = []
        with self._lock, self._failing():
            for prompt, draw in zip(prompts, draws, strict=True):
                if prompt not in ids:
                    ids[prompt] = _prompt_id(canonical(identity), prompt.system, prompt.user, _more(prompt))
                found.append(self._get(ids[prompt], int(draw)))
        return found

    def keep(
        self, identity: Mapping[str, Any], prompt: Prompt, draw: int, completion: Completion
    ) -> Completion:
        """Store one reply, unless it is a failure; what another process stored first stays and counts.

        Parameters
        ----------
        identity, prompt, draw
            As in `find`.
        completion : Completion
            What came.

        Returns
        -------
        Completion
            What the cache now holds for it; the failure itself if it is one.
        """
        if completion.finish == "error":
            return completion
        told = (canonical(identity), prompt.system, prompt.user, _more(prompt))
        number = _prompt_id(*told)
        with self._lock, self._failing():
            with self._writing():
                new = self._store(identity, told, draw, time.time(), completion)
            return completion if new else self._get(number, int(draw)) or completion

    def _store(
        self,
        identity: Mapping[str, Any],
        told: tuple[str, str, str, str],
        draw: int,
        created: float,
        given: Completion,
    ) -> bool:
        """Write one reply unless there is one, and tell whether there was none."""
        number = _prompt_id(*told)
        row = (given.text, given.finish, given.error, given.tokens_in, given.tokens_out, given.reasoning)
        self._db.execute(
            "INSERT OR IGNORE INTO prompts VALUES (?, ?, ?, ?, ?, ?)",
            (number, *map(_safe, (str(identity.get("model", "")), *told))),
        )
        done = self._db.execute(
            f"INSERT OR IGNORE INTO replies (prompt, draw, created, {_REPLY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, int(draw), created, *map(_safe, row)),
        )
        return bool(done.rowcount)

    def show(self) -> list[Kept]:
        """Sum the replies up, model by model."""
        query = (
            "SELECT model, COUNT(DISTINCT id), COUNT(*), SUM(tokens_in), SUM(tokens_out), MIN(created), "
            "MAX(created) FROM replies JOIN prompts ON prompt = id GROUP BY model ORDER BY model"
        )
        with self._lock, self._failing():
            return [Kept(*row) for row in self._db.execute(query)]

    def export(self, file: IO[str], model: str | None = None) -> int:
        """Write the replies as JSON lines, the oldest first.

        Earlier turns, the schema of the answer and what was asked of probabilities stand in a line that has them.

        Parameters
        ----------
        file : text file
            Open for writing.
        model : str, optional
            Only this model's.

        Returns
        -------
        int
            Number of lines.
        """
        query = (
            f"SELECT identity, more, system, user, draw, created, {_REPLY} FROM replies JOIN prompts ON prompt = id "
            "WHERE ?1 IS NULL OR model = ?1 ORDER BY created, prompt, draw"
        )
        names = ["system", "user", "draw", "created", *_REPLY.split(", ")]
        count = 0
        with self._lock, self._failing():
            for row in self._db.execute(query, (model,)):
                identity, more, *rest = row
                line = {"identity": json.loads(identity), **json.loads(more or "{}")}
                file.write(json.dumps(line | dict(zip(names, rest, strict=True))) + "\n")
                count += 1
        return count

    def take_in(self, lines: Iterable[str], name: str) -> tuple[int, int]:
        """Read replies that `export` wrote; what is kept here already stays and counts.

        Parameters
        ----------
        lines : iterable of str
            One JSON object each; empty ones are passed over.
        name : str
            Of the file, for errors.

        Returns
        -------
        tuple of int
            How many replies were new, and how many were kept already.

        Raises
        ------
        GamesimError
            Naming file, line and key; then nothing at all is kept.
        """
        new = known = 0
        with self._lock, self._failing(), self._writing():
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                stored = self._store(*read_line(line, f"{name}: line {number}"))
                new, known = new + stored, known + (not stored)
        return new, known

    def prune(self, model: str | None = None, older_than_days: float | None = None) -> int:
        """Delete replies and give the room back to the disk.

        Parameters
        ----------
        model : str, optional
            Only this model's; all models' unless given.
        older_than_days : float, optional
            Only what is older; whatever its age unless given.

        Returns
        -------
        int
            Number of replies deleted.
        """
        before = None if older_than_days is None else time.time() - older_than_days * _DAY
        with self._lock, self._failing():
            done = self._db.execute(
                "DELETE FROM replies WHERE (?1 IS NULL OR created < ?1) AND "
                "(?2 IS NULL OR prompt IN (SELECT id FROM prompts WHERE model = ?2))",
                (before, model),
            )
            # In one statement, so that a prompt whose first reply another process is storing stays.
            self._db.execute("DELETE FROM prompts WHERE id NOT IN (SELECT prompt FROM replies)")
            self._db.execute("VACUUM")
            return done.rowcount

    def _get(self, number: bytes, draw: int) -> Completion | None:
        row = self._db.execute(
            f"SELECT {_REPLY} FROM replies WHERE prompt = ? AND draw = ?", (number, draw)
        ).fetchone()
        return Completion(*row) if row else None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise GamesimError(f"{self.path}: the cache cannot be used: {error}") from error


def _prompt_id(identity: str, system: str, user: str, more: str) -> bytes:
    parts = [identity, system, user, *([more] if more else [])]
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:16]


def _more(prompt: Prompt) -> str:
    """Give what a prompt has besides system and user message; empty where it has no more."""
    rest = {name: value for name, value in asdict(prompt).items() if value and name not in ("system", "user")}
    return json.dumps(rest, sort_keys=True) if rest else ""


def _safe(value: Any) -> Any:
    """Replace what no file can hold: half of a surrogate pair."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
