"""Who may open the page: password, one-time links, sessions, tokens, and what was done there. One SQLite file.

The agent, the page's own process and commands open it side by side, each for a moment. What is a secret is kept as
its SHA-256 (links, sessions and tokens are 256 random bits, which need no salt) or as an argon2id hash.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from homeport.errors import StoreUnavailable
from homeport.ports import Clock

FILE = "access.db"
LINK_LIFE = 24 * 3600.0  # seconds a one-time link waits to be used
SESSION_LIFE = 30 * 24 * 3600.0  # seconds since it was last used
TOUCH = 60.0  # seconds between two notes of a session's use
AUDIT_KEPT = 10_000  # lines
_BUSY = 5.0  # seconds to wait for another process
_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link (digest BLOB PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
    digest BLOB PRIMARY KEY, csrf TEXT NOT NULL, created REAL NOT NULL, seen REAL NOT NULL,
    source TEXT NOT NULL, browser TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL, label TEXT NOT NULL, may TEXT NOT NULL, created REAL NOT NULL, seen REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failure (source TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, source TEXT NOT NULL, what TEXT NOT NULL,
    detail TEXT NOT NULL
);
PRAGMA user_version = 1;
"""


class Session(msgspec.Struct, frozen=True):
    """One browser that is signed in; times are unix seconds.

    Attributes:
        digest: names it among the others, and opens nothing.
        csrf: what its forms carry.
    """

    digest: bytes
    csrf: str
    created: float
    seen: float
    source: str
    browser: str


class Done(msgspec.Struct, frozen=True):
    """One line of the audit log."""

    at: float
    who: str
    source: str
    what: str
    detail: str


class Access:
    """The file, opened for each question.

    Args:
        make: makes a file that is its owner's alone; raises FileExistsError when it is there.
    """

    def __init__(self, path: Path, clock: Clock, make: Callable[[Path, bytes], None]) -> None:
        self.path = path
        self._clock = clock
        self._create = make

    def is_claimed(self) -> bool:
        """Tell whether anybody has signed in or set a password yet."""
        with self._using() as database:
            [[count]] = database.execute(
                "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM setting)"
            )
        return bool(count)

    def make_link(self) -> str:
        """Return the secret of a fresh one-time link."""
        secret = secrets.token_urlsafe(32)
        with self._using() as database:
            database.execute("DELETE FROM link WHERE expires < ?", (self._clock.now(),))
            database.execute(
                "INSERT INTO link VALUES (?, ?)", (_digest(secret), self._clock.now() + LINK_LIFE)
            )
        return secret

    def has_link(self, secret: str) -> bool:
        """Tell whether a link could be used; it stays as it is."""
        with self._using() as database:
            asked = (_digest(secret), self._clock.now())
            return bool(
                database.execute("SELECT 1 FROM link WHERE digest = ? AND expires > ?", asked).fetchall()
            )

    def use_link(self, secret: str) -> bool:
        """Use a link up; tell whether it was good."""
        with self._using() as database:
            used = (_digest(secret), self._clock.now())
            return database.execute("DELETE FROM link WHERE digest = ? AND expires > ?", used).rowcount > 0

    def setting(self, name: str) -> str | None:
        """Return a kept value: `password` is an argon2id hash."""
        with self._using() as database:
            found = database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def keep(self, name: str, value: str | None) -> None:
        """Keep a value, or forget it."""
        with self._using() as database:
            database.execute("DELETE FROM setting WHERE name = ?", (name,))
            if value is not None:
                database.execute("INSERT INTO setting VALUES (?, ?)", (name, value))

    def open_session(self, source: str, browser: str) -> str:
        """Return the secret of a fresh session."""
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        row = (_digest(secret), secrets.token_urlsafe(32), now, now, source, browser[:200])
        with self._using() as database:
            database.execute("DELETE FROM session WHERE seen < ?", (now - SESSION_LIFE,))
            database.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret

    def session(self, secret: str) -> Session | None:
        """Return a session that is good, and note now and then that it is used."""
        now, digest = self._clock.now(), _digest(secret)
        with self._using() as database:
            row = database.execute(
                "SELECT * FROM session WHERE digest = ? AND seen > ?", (digest, now - SESSION_LIFE)
            ).fetchone()
            if row is None:
                return None
            found = Session(*row)
            if now - found.seen > TOUCH:
                database.execute("UPDATE session SET seen = ? WHERE digest = ?", (now, digest))
        return found

    def sessions(self) -> list[Session]:
        """Return every session, the one used last first."""
        with self._using() as database:
            rows = database.execute(
                "SELECT * FROM session WHERE seen > ? ORDER BY seen DESC", (self._clock.now() - SESSION_LIFE,)
            )
            return [Session(*row) for row in rows]

    def end_session(self, digest: bytes) -> None:
        """End one session."""
        with self._using() as database:
            database.execute("DELETE FROM session WHERE digest = ?", (digest,))

    def end_sessions(self, keep: bytes = b"") -> None:
        """End every session but one."""
        with self._using() as database:
            database.execute("DELETE FROM session WHERE digest != ?", (keep,))

    def failures(self, source: str) -> tuple[int, float]:
        """Return how often a source failed to sign in of late, and when last, in unix seconds."""
        with self._using() as database:
            found = database.execute("SELECT count, last FROM failure WHERE source = ?", (source,)).fetchone()
        return (int(found[0]), float(found[1])) if found else (0, 0.0)

    def failed(self, source: str) -> None:
        """Count one more failure of a source."""
        row = (source, self._clock.now())
        with self._using() as database:
            database.execute(
                "INSERT INTO failure VALUES (?, 1, ?)"
                " ON CONFLICT (source) DO UPDATE SET count = count + 1, last = excluded.last",
                row,
            )
            database.execute("DELETE FROM failure WHERE last < ?", (self._clock.now() - 24 * 3600,))

    def forgive(self, source: str) -> None:
        """Forget a source's failures."""
        with self._using() as database:
            database.execute("DELETE FROM failure WHERE source = ?", (source,))

    def audit(self, who: str, source: str, what: str, detail: str = "") -> None:
        """Write down what was done, by whom, from where."""
        with self._using() as database:
            database.execute(
                "INSERT INTO audit (at, who, source, what, detail) VALUES (?, ?, ?, ?, ?)",
                (self._clock.now(), who, source, what, detail),
            )
            database.execute("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (AUDIT_KEPT,))

    def audited(self, most: int = 200) -> list[Done]:
        """Return the last lines of the audit log, the newest first."""
        with self._using() as database:
            rows = database.execute(
                "SELECT at, who, source, what, detail FROM audit ORDER BY id DESC LIMIT ?", (most,)
            )
            return [Done(*row) for row in rows]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """Yield the file in a transaction of its own.

        Raises:
            StoreUnavailable: it cannot be read or written.
        """
        try:
            with closing(self._open()) as database, database:
                yield database
        except sqlite3.Error as exc:
            raise StoreUnavailable(
                f"{self.path} cannot be used ({exc}); look at the disk and who owns it"
            ) from exc

    def _open(self) -> sqlite3.Connection:
        self._make()
        database = sqlite3.connect(self.path, timeout=_BUSY, isolation_level="IMMEDIATE")
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        return database

    def _make(self) -> None:
        """Make an empty file that is its owner's alone, unless there is one."""
        try:
            with suppress(FileExistsError):
                self._create(self.path, b"")
        except OSError as exc:
            raise StoreUnavailable(
                f"{self.path} cannot be made: {exc.strerror}; look at the disk and the folder's owner"
            ) from exc


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def as_plain(value: Any) -> Any:
    """Return what may be shown of a session or a line."""
    return {
        name: field for name, field in msgspec.structs.asdict(value).items() if name not in {"digest", "csrf"}
    }
