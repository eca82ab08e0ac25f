"""Who may open the page: password, one-time links, sessions, tokens, and what was done there. One SQLite file.

The agent, the page's own process and commands open it side by side, each for a moment. What is a secret is kept as
its SHA-256 (links, sessions and tokens are 256 random bits, which need no salt) or as an argon2id hash. A file that
cannot be understood is set aside: then nobody is signed in and no password opens anything, and the machine's own
command leads in again.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

from homeport.errors import Conflict, StoreUnavailable
from homeport.ports import Clock
from homeport.stores import formats
from homeport.stores._aside import is_broken, set_aside
from homeport.telemetry.events import Event, emit

FILE = "access.db"
LINK_LIFE = 24 * 3600.0  # seconds a one-time link waits to be used
SESSION_LIFE = 30 * 24 * 3600.0  # seconds since it was last used
SESSION_MOST = 180 * 24 * 3600.0  # seconds since it was begun, however much it is used
TOUCH = 60.0  # seconds between two notes of a session's use
LINKS, SESSIONS, SOURCES = 64, 200, 5_000  # at most so many are kept
TOKENS = 100  # at most so many are there
AUDIT_KEPT = 10_000  # lines
STRANGERS_KEPT = 1_000  # lines of them that strangers caused, or one token: they cannot push out the others
FORGET = 24 * 3600.0  # seconds after which a failure counts no more
LONGEST = 60.0  # seconds a source waits after its last failure, however many there were
STRANGER = "nobody"
PROGRAM = "token "  # how the audit log begins to name who shows a token
_BUSY = 5.0  # seconds to wait for another process
_SCHEMA = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE link (digest BLOB PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE session (
        digest BLOB PRIMARY KEY, csrf TEXT NOT NULL, created REAL NOT NULL, seen REAL NOT NULL,
        source TEXT NOT NULL, browser TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE token (
        id TEXT PRIMARY KEY, digest BLOB NOT NULL, label TEXT NOT NULL, may TEXT NOT NULL, created REAL NOT NULL,
        seen REAL
    ) WITHOUT ROWID""",
    "CREATE TABLE failure (source TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, source TEXT NOT NULL, what TEXT NOT NULL,
        detail TEXT NOT NULL
    )""",
    "CREATE INDEX audit_who ON audit (who, id)",
)
_STEPS = (_SCHEMA, ("ALTER TABLE token ADD COLUMN expires REAL",))
VERSION = len(_STEPS)
_TOKEN = "id, label, may, created, seen, expires"  # noqa: S105 -- columns
May = Literal["read", "act", "admin"]
"""What a token is good for: to see, to have done what a button does, or everything its owner may."""


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


class Token(msgspec.Struct, frozen=True):
    """What a program shows instead of a password; times are unix seconds.

    Attributes:
        seen: when it was used last; `None` when it never was.
        expires: when it ends by itself; `None` when it does not.
    """

    id: str
    label: str
    may: May
    created: float
    seen: float | None
    expires: float | None

    @property
    def who(self) -> str:
        """Whom the audit log names for what is done with it."""
        return f"{PROGRAM}{self.id} {self.label}".rstrip()


class Done(msgspec.Struct, frozen=True):
    """One line of the audit log."""

    id: int
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
        """Tell whether anybody ever signed in or set a password."""
        return self.setting("claimed") is not None

    def make_link(self, life: float = LINK_LIFE) -> str:
        """Return the secret of a fresh one-time link.

        Args:
            life: seconds it waits to be used.
        """
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        with self._using() as database:
            database.execute(
                "DELETE FROM link WHERE expires < ? OR (SELECT count(*) FROM link) >= ?", (now, LINKS)
            )
            database.execute("INSERT INTO link VALUES (?, ?)", (_digest(secret), now + life))
        return secret

    def has_link(self, secret: str) -> bool:
        """Tell whether a link could be used; it stays as it is."""
        asked = (_digest(secret), self._clock.now())
        with self._using() as database:
            found = database.execute("SELECT 1 FROM link WHERE digest = ? AND expires > ?", asked)
            return found.fetchone() is not None

    def use_link(self, secret: str) -> bool:
        """Use a link up; tell whether it was good. The first that is used ends all others: they stand in a log."""
        used = (_digest(secret), self._clock.now())
        with self._using() as database:
            found = database.execute("DELETE FROM link WHERE digest = ? AND expires > ?", used)
            is_good = found.rowcount > 0
            if is_good and _setting(database, "claimed") is None:
                database.execute("DELETE FROM link")
            return is_good

    def setting(self, name: str) -> str | None:
        """Return a kept value: `password` is an argon2id hash."""
        with self._using() as database:
            return _setting(database, name)

    def keep(self, name: str, value: str | None) -> None:
        """Keep a value, or forget it."""
        with self._using() as database:
            _keep(database, name, value)
            if value is not None:
                _claim(database)

    def rise(self, name: str, number: int) -> bool:
        """Keep a number that only ever grows; tell whether it grew, which of two at once only one hears."""
        with self._using() as database:
            database.execute("INSERT OR IGNORE INTO setting VALUES (?, '-1')", (name,))
            grown = database.execute(
                "UPDATE setting SET value = ? WHERE name = ? AND CAST(value AS INTEGER) < ?",
                (str(number), name, number),
            )
            return grown.rowcount > 0

    def reset(self) -> None:
        """Forget password, second factor, links, failures, every session and every token."""
        with self._using() as database:
            database.execute("DELETE FROM setting WHERE name != 'claimed'")
            for table in ("link", "session", "token", "failure"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 -- constants

    def open_session(self, source: str, browser: str) -> str:
        """Return the secret of a fresh session."""
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        row = (_digest(secret), secrets.token_urlsafe(32), now, now, source, browser[:200])
        with self._using() as database:
            database.execute(
                "DELETE FROM session WHERE seen < ? OR created < ?", (now - SESSION_LIFE, now - SESSION_MOST)
            )
            database.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)
            _keep_newest(database, "session", "seen", SESSIONS)
            _claim(database)
        return secret

    def session(self, secret: str) -> Session | None:
        """Return a session that is good, and note now and then that it is used."""
        now, digest = self._clock.now(), _digest(secret)
        with self._using() as database:
            row = database.execute(
                "SELECT * FROM session WHERE digest = ? AND seen > ? AND created > ?",
                (digest, now - SESSION_LIFE, now - SESSION_MOST),
            ).fetchone()
            if row is None:
                return None
            found = Session(*row)
            if abs(now - found.seen) > TOUCH:
                database.execute("UPDATE session SET seen = ? WHERE digest = ?", (now, digest))
        return found

    def sessions(self) -> list[Session]:
        """Return every session, the one used last first."""
        now = self._clock.now()
        with self._using() as database:
            rows = database.execute(
                "SELECT * FROM session WHERE seen > ? AND created > ? ORDER BY seen DESC",
                (now - SESSION_LIFE, now - SESSION_MOST),
            )
            return [Session(*row) for row in rows]

    def end_session(self, digest: bytes) -> bool:
        """End one session; tell whether there was one."""
        with self._using() as database:
            return database.execute("DELETE FROM session WHERE digest = ?", (digest,)).rowcount > 0

    def end_sessions(self, keep: bytes = b"") -> None:
        """End every session but one."""
        with self._using() as database:
            database.execute("DELETE FROM session WHERE digest != ?", (keep,))

    def make_token(self, label: str, may: May, life: float | None = None) -> str:
        """Return a fresh token as it is sent, `id.secret`; it is told this once.

        Args:
            life: seconds until it ends by itself.

        Raises:
            Conflict: there are too many.
        """
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        with self._using() as database:
            database.execute("DELETE FROM token WHERE expires <= ?", (now,))
            [count] = database.execute("SELECT count(*) FROM token").fetchone()
            if count >= TOKENS:
                raise Conflict(f"there are {count} tokens; revoke one that nobody uses any more")
            named = secrets.token_hex(6)
            expires = None if life is None else now + life
            row = (named, _digest(secret), label, may, now, expires)
            database.execute(
                "INSERT INTO token (id, digest, label, may, created, expires) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        return f"{named}.{secret}"

    def token(self, sent: str) -> Token | None:
        """Return a token that is good, by what a program sent, and note now and then that it is used."""
        named, _, secret = sent.partition(".")
        now = self._clock.now()
        with self._using() as database:
            row = database.execute(f"SELECT {_TOKEN}, digest FROM token WHERE id = ?", (named,)).fetchone()  # noqa: S608
            if row is None or not secrets.compare_digest(row[-1], _digest(secret)):
                return None
            found = Token(*row[:-1])
            if found.expires is not None and found.expires <= now:  # for good: a clock may be set back
                database.execute("DELETE FROM token WHERE id = ?", (named,))
                return None
            if found.seen is None or abs(now - found.seen) > TOUCH:
                database.execute("UPDATE token SET seen = ? WHERE id = ?", (now, named))
        return found

    def tokens(self) -> list[Token]:
        """Return every token, the newest first."""
        with self._using() as database:
            rows = database.execute(
                f"SELECT {_TOKEN} FROM token WHERE expires IS NULL OR expires > ? ORDER BY created DESC, id",  # noqa: S608
                (self._clock.now(),),
            )
            return [Token(*row) for row in rows]

    def end_token(self, named: str) -> bool:
        """Revoke one token; tell whether there was one."""
        with self._using() as database:
            return database.execute("DELETE FROM token WHERE id = ?", (named,)).rowcount > 0

    def attempt(self, free: Mapping[str, int]) -> float:
        """Count a try against everybody it is counted by, before it is looked at: tries at once are all counted.

        Args:
            free: how many failures cost nothing, by whom they are counted by.

        Returns: 0, or the seconds to wait, and then nothing was counted.
        """
        now = self._clock.now()
        with self._using() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM failure WHERE last < ? OR last > ?", (now - FORGET, now + FORGET))
            if (wait := max(_wait(database, each, most, now) for each, most in free.items())) > 0:
                return wait
            for each in free:
                database.execute(
                    "INSERT INTO failure VALUES (?, 1, ?)"
                    " ON CONFLICT (source) DO UPDATE SET count = count + 1, last = excluded.last",
                    (each, now),
                )
            _keep_newest(database, "failure", "last", SOURCES)
        return 0.0

    def failures(self, source: str) -> int:
        """Return how many failures are counted against a source."""
        with self._using() as database:
            found = database.execute("SELECT count FROM failure WHERE source = ?", (source,)).fetchone()
        return int(found[0]) if found else 0

    def forgive(self, sources: Iterable[str]) -> None:
        """Forget what is counted against these."""
        with self._using() as database:
            database.executemany("DELETE FROM failure WHERE source = ?", [(each,) for each in sources])

    def audit(self, who: str, source: str, what: str, detail: str = "") -> None:
        """Write down what was done, by whom, from where."""
        with self._using() as database:
            database.execute(
                "INSERT INTO audit (at, who, source, what, detail) VALUES (?, ?, ?, ?, ?)",
                (self._clock.now(), who, source, what, detail[:1000]),
            )
            if who == STRANGER or who.startswith(PROGRAM):
                database.execute(
                    "DELETE FROM audit WHERE who = ? AND id <= "
                    "(SELECT id FROM audit WHERE who = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    (who, who, STRANGERS_KEPT),
                )
            database.execute(  # by lines that are there: ids go on where those of others were deleted
                "DELETE FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (AUDIT_KEPT,),
            )

    def audited(self, most: int = 200, before: int | None = None) -> list[Done]:
        """Return lines of the audit log, the newest first.

        Args:
            before: the id of a line; those that are older than it.
        """
        with self._using() as database:
            rows = database.execute(
                "SELECT id, at, who, source, what, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                (2**62 if before is None else before, most),
            )
            return [Done(*row) for row in rows]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """Yield the file in a transaction of its own.

        Raises:
            LaterVersion: a later version wrote it.
            StoreUnavailable: it cannot be read or written; what is damaged was set aside, and another try begins anew.
        """
        begun = _identity(self.path)
        try:
            with closing(self._opened()) as database, database:
                yield database
        except sqlite3.Error as exc:
            if is_broken(exc):
                self._put_aside(begun, exc)
                raise StoreUnavailable(
                    f"{self.path} was damaged ({exc}) and is set aside; try again, and sign in by a new link"
                ) from exc
            raise StoreUnavailable(
                f"{self.path} cannot be used ({exc}); look at the disk and who owns it"
            ) from exc

    def _opened(self) -> sqlite3.Connection:
        """Open it; what cannot be understood is set aside first, and begun anew."""
        begun = _identity(self.path)
        try:
            return self._open()
        except sqlite3.DatabaseError as exc:
            if not is_broken(exc):
                raise
            self._put_aside(begun, exc)
            return self._open()

    def _put_aside(self, begun: tuple[int, int] | None, exc: sqlite3.Error) -> None:
        """Set the damaged file aside, unless another process did and this is the next one.

        Raises:
            StoreUnavailable: it could not be renamed.
        """
        if _identity(self.path) != begun:
            return
        try:
            aside = set_aside(self.path, "damaged", self._clock.now())
        except OSError as why:
            raise StoreUnavailable(
                f"{self.path} is damaged ({exc}) and cannot be set aside: {why.strerror}; rename it by hand"
            ) from why
        emit(Event.STATE_SET_ASIDE, path=str(self.path), aside=str(aside), why=str(exc))

    def _open(self) -> sqlite3.Connection:
        self._make()
        database = sqlite3.connect(self.path, timeout=_BUSY, isolation_level="IMMEDIATE")
        try:
            [version] = database.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                formats.must_be_known(self.path, VERSION)
            if version < VERSION:
                _bring_forward(database)
        except BaseException:
            database.close()
            raise
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


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from the next one of its name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _bring_forward(database: sqlite3.Connection) -> None:
    """Make the tables, or what an earlier version lacks, unless another process does so at this moment."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        [version] = database.execute("PRAGMA user_version").fetchone()
        for statement in (each for step in _STEPS[version:] for each in step):
            database.execute(statement)
        if version < VERSION:
            database.execute(f"PRAGMA user_version = {VERSION}")


def _setting(database: sqlite3.Connection, name: str) -> str | None:
    found = database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(found[0]) if found else None


def _keep(database: sqlite3.Connection, name: str, value: str | None) -> None:
    database.execute("DELETE FROM setting WHERE name = ?", (name,))
    if value is not None:
        database.execute("INSERT INTO setting VALUES (?, ?)", (name, value))


def _claim(database: sqlite3.Connection) -> None:
    database.execute("INSERT OR IGNORE INTO setting VALUES ('claimed', 'yes')")


def _wait(database: sqlite3.Connection, source: str, free: int, now: float) -> float:
    """Return the seconds a source has to wait; a clock that was set back makes nobody wait longer."""
    found = database.execute("SELECT count, last FROM failure WHERE source = ?", (source,)).fetchone()
    if found is None or found[0] < free:
        return 0.0
    count, last = int(found[0]), float(found[1])
    delay: float = min(LONGEST, 2.0 ** min(count - free, 10))
    return min(delay, last + delay - now)


def _keep_newest(database: sqlite3.Connection, table: str, column: str, most: int) -> None:
    """Forget what is over `most` rows, the oldest first."""
    key = "source" if table == "failure" else "digest"
    database.execute(
        f"DELETE FROM {table} WHERE {key} IN "  # noqa: S608 -- constants
        f"(SELECT {key} FROM {table} ORDER BY {column} DESC LIMIT -1 OFFSET ?)",
        (most,),
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
