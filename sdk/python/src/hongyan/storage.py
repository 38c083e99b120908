"""What survives the end of the program, in one SQLite file.

Owns: the outbox, entries that the program has not taken, positions, cursors, the list of conversations, what the
heartbeat learnt, and the token of a session that the client began itself.
Promises: one ``commit`` is carried out whole or not at all, and is on disk when it returns. The file is readable
by its owner alone and in use by one client at a time. ``erase`` leaves nothing of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .errors import WrongState
from .machines.incoming import Position
from .wire import Entry, Frame, encode

VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (
    conv INTEGER PRIMARY KEY, held INTEGER NOT NULL, known INTEGER NOT NULL,
    acked INTEGER NOT NULL, unconfirmed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS conversation (conv INTEGER PRIMARY KEY, summary TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY, user TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE, frame TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS answered (n INTEGER PRIMARY KEY, message TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, conv INTEGER NOT NULL, seq INTEGER NOT NULL, entry TEXT NOT NULL,
    UNIQUE (conv, seq)
);
"""


@dataclass(slots=True)
class Changes:
    """What one commit writes."""

    meta: dict[str, Any] = field(default_factory=dict)
    positions: list[Position] = field(default_factory=list)
    conversations: dict[int, Frame] = field(default_factory=dict)
    users: dict[int, Frame] = field(default_factory=dict)
    submitted: list[Frame] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    delivered: list[Entry] = field(default_factory=list)
    taken: list[tuple[int, int]] = field(default_factory=list)
    wiped: bool = False
    """Forget what was learnt of the server's logs first, and what came of them. The outbox stays."""
    resubmitted: list[Frame] = field(default_factory=list)
    """The whole outbox anew, where it was wiped: requests name other conversations in another history."""
    answered: dict[int, dict[str, Any] | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        lists = (self.positions, self.submitted, self.settled, self.delivered, self.taken)
        tables = (self.meta, self.conversations, self.users, self.answered)
        return bool(self.wiped or any(tables) or any(lists))


@dataclass(slots=True)
class Kept:
    """What an earlier run kept."""

    meta: dict[str, Any]
    positions: list[Position]
    conversations: list[Frame]
    users: list[Frame]
    outbox: list[Frame]
    inbox: list[Entry]
    answered: list[dict[str, Any]]


class Storage:
    """See the heading of the module. Every method blocks; call them from one thread at a time."""

    def __init__(self, path: str | os.PathLike[str] | None):
        self.is_durable = path is not None
        self._path = None if path is None else os.fspath(path)
        if path is not None:
            # Made before SQLite opens it, so that nobody else can ever read it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._database = sqlite3.connect(
            ":memory:" if path is None else path, isolation_level=None, check_same_thread=False, timeout=0
        )
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise WrongState(f"{path}: {error}") from error
        except WrongState:
            self._database.close()
            raise

    def _open(self) -> None:
        database = self._database
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise WrongState(f"the state file is of version {version}, newer than {VERSION}")
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def load(self) -> Kept:
        """Everything."""

        def rows(query: str) -> Iterable[tuple[Any, ...]]:
            return self._database.execute(query).fetchall()

        return Kept(
            meta={name: json.loads(value) for name, value in rows("SELECT name, value FROM meta")},
            positions=[
                Position(conv, held, known, acked, bool(unconfirmed))
                for conv, held, known, acked, unconfirmed in rows(
                    "SELECT conv, held, known, acked, unconfirmed FROM position"
                )
            ],
            conversations=[json.loads(text) for (text,) in rows("SELECT summary FROM conversation")],
            users=[json.loads(text) for (text,) in rows("SELECT user FROM user")],
            outbox=[json.loads(text) for (text,) in rows("SELECT frame FROM outbox ORDER BY n")],
            answered=[json.loads(text) for (text,) in rows("SELECT message FROM answered ORDER BY n")],
            inbox=[Entry.of(json.loads(text)) for (text,) in rows("SELECT entry FROM inbox ORDER BY n")],
        )

    def commit(self, changes: Changes) -> None:
        """Write all of it, or nothing."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            if changes.wiped:
                for table in ("position", "conversation", "user", "inbox", "outbox"):
                    database.execute(f"DELETE FROM {table}")
            database.executemany(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [(name, json.dumps(value)) for name, value in changes.meta.items()],
            )
            database.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?)",
                [(p.conv, p.held, p.known, p.acked, p.unconfirmed) for p in changes.positions],
            )
            database.executemany(
                "INSERT OR REPLACE INTO conversation VALUES (?, ?)",
                [(conv, encode(summary)) for conv, summary in changes.conversations.items()],
            )
            database.executemany(
                "INSERT OR REPLACE INTO user VALUES (?, ?)",
                [(user, encode(frame)) for user, frame in changes.users.items()],
            )
            database.executemany(
                "INSERT INTO outbox (client_id, frame) VALUES (?, ?)",
                [(frame["client_id"], encode(frame)) for frame in (*changes.resubmitted, *changes.submitted)],
            )
            database.executemany(
                "INSERT OR REPLACE INTO answered VALUES (?, ?)",
                [(n, encode(message)) for n, message in changes.answered.items() if message is not None],
            )
            database.executemany(
                "DELETE FROM answered WHERE n = ?",
                [(n,) for n, message in changes.answered.items() if message is None],
            )
            database.executemany(
                "DELETE FROM outbox WHERE client_id = ?", [(client_id,) for client_id in changes.settled]
            )
            database.executemany(
                "INSERT INTO inbox (conv, seq, entry) VALUES (?, ?, ?)",
                [(entry.conv, entry.seq, encode(entry.write())) for entry in changes.delivered],
            )
            database.executemany("DELETE FROM inbox WHERE conv = ? AND seq = ?", changes.taken)
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise

    def erase(self) -> None:
        """Remove the file, and overwrite it first: blocks that are only given back keep what was in them."""
        self._database.close()
        if self._path is None:
            return
        for path in (self._path, f"{self._path}-wal", f"{self._path}-shm"):
            with contextlib.suppress(FileNotFoundError):
                _overwrite(path)
                os.unlink(path)

    def close(self) -> None:
        self._database.close()


def _overwrite(path: str) -> None:
    with open(path, "r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, 1 << 20)))
        file.flush()
        os.fsync(file.fileno())
