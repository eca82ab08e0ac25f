"""Who may open the page: kept as digests, bounded, and the same for every process that asks."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack, closing
from functools import partial

import pytest

from fakes.clock import FakeClock
from homeport.errors import Conflict, LaterVersion, StoreUnavailable
from homeport.stores import access as module
from homeport.stores.access import (
    LINK_LIFE,
    LONGEST,
    SESSION_LIFE,
    SESSION_MOST,
    SESSIONS,
    STRANGERS_KEPT,
    TOKENS,
    Access,
)
from homeport.system.files import create_private
from homeport.telemetry.events import Event, listen


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def access(tmp_path, clock):
    return Access(tmp_path / "access.db", clock, create_private)


def test_a_link_is_good_once_and_not_for_ever(access, clock):
    """Looking leaves it, using ends it, and so does time."""
    link = access.make_link()
    assert access.has_link(link)
    assert access.use_link(link)
    assert not access.use_link(link)
    assert not access.has_link(link)
    late = access.make_link()
    clock.jump(LINK_LIFE)
    assert not access.has_link(late)
    assert not access.use_link(late)
    assert not access.use_link("")


def test_the_first_link_that_is_used_ends_those_that_stand_in_a_log(access):
    """Later ones are made by a command and end alone."""
    printed, used = access.make_link(), access.make_link()
    assert access.use_link(used)
    assert not access.has_link(printed)
    access.open_session("127.0.0.1", "a")
    one, other = access.make_link(), access.make_link()
    assert access.use_link(one)
    assert access.has_link(other)


def test_it_is_claimed_for_good(access):
    """Who signed in once owns it, and forgetting the password prints no link into a log again."""
    assert not access.is_claimed()
    access.make_link()
    assert not access.is_claimed()
    access.open_session("127.0.0.1", "a")
    assert access.is_claimed()
    access.reset()
    assert access.is_claimed()


def test_a_password_claims_it_too(access):
    """Set by a command, before anybody looked."""
    access.keep("password", "a hash")
    assert access.is_claimed()


def test_a_session_ends_when_it_is_not_used_and_in_any_case(access, clock):
    """A month without use, half a year with it."""
    secret = access.open_session("192.0.2.1", "a browser" * 100)
    begun = clock.now()
    while clock.now() - begun < SESSION_MOST - SESSION_LIFE:
        clock.jump(SESSION_LIFE - 1)
        assert access.session(secret) is not None
    clock.jump(SESSION_LIFE - 1)
    assert access.session(secret) is None
    assert access.sessions() == []
    secret = access.open_session("192.0.2.1", "a")
    clock.jump(SESSION_LIFE)
    assert access.session(secret) is None


def test_sessions_are_ended_one_by_one_or_all_but_one(access):
    """Each by its digest, which opens nothing."""
    first, second, third = (access.open_session("192.0.2.1", name) for name in "abc")
    found = access.session(first)
    assert access.end_session(found.digest)
    assert not access.end_session(found.digest)
    assert access.session(first) is None
    assert access.session(found.digest.hex()) is None
    access.end_sessions(keep=access.session(second).digest)
    assert [each.browser for each in access.sessions()] == ["b"]
    assert access.session(third) is None


def test_tables_do_not_grow_for_ever(access, clock, monkeypatch):
    """Sessions, links and sources that failed are bounded."""
    secrets = []
    for _ in range(SESSIONS + 3):
        clock.jump(1)
        secrets.append(access.open_session("192.0.2.1", "a"))
    assert len(access.sessions()) == SESSIONS
    assert access.session(secrets[2]) is None
    assert access.session(secrets[3]) is not None
    monkeypatch.setattr(module, "LINKS", 3)
    monkeypatch.setattr(module, "SOURCES", 3)
    for number in range(10):
        clock.jump(1)
        assert access.has_link(access.make_link())
        access.attempt({f"198.51.100.{number}": 5})
    with sqlite3.connect(access.path) as database:
        assert database.execute("SELECT count(*) FROM link").fetchone()[0] <= 3
        assert database.execute("SELECT count(*) FROM failure").fetchone() == (3,)
    database.close()


def test_failures_cost_time_that_doubles_up_to_a_bound(access, clock):
    """Five are free; a try that has to wait counts nothing, and nobody waits longer than a minute."""
    assert [access.attempt({"a": 5}) for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(10):
        waits.append(access.attempt({"a": 5}))
        assert access.attempt({"a": 5}) == waits[-1]
        clock.jump(waits[-1])
        assert access.attempt({"a": 5}) == 0
    assert waits == pytest.approx([1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST, LONGEST])
    assert access.attempt({"b": 5}) == 0
    assert access.attempt({"a": 5, "b": 5}) > 0
    assert access.failures("b") == 1
    access.forgive(["a"])
    assert access.attempt({"a": 5}) == 0


def test_a_clock_that_is_set_locks_nobody_out(access, clock):
    """A failure of a wrong tomorrow costs no day."""
    clock.jump(80_000)
    for _ in range(20):
        access.attempt({"a": 5})
    clock.jump(-80_000)
    assert access.attempt({"a": 5}) <= LONGEST
    clock.jump(-10_000_000)
    assert access.attempt({"a": 5}) == 0


def test_tries_at_once_are_all_counted(access):
    """Forty threads with an Access each: no more than what is free gets through."""
    results, barrier = [], threading.Barrier(40)

    def work():
        mine = Access(access.path, FakeClock(), create_private)
        barrier.wait()
        results.append(mine.attempt({"a": 5}))

    threads = [threading.Thread(target=work) for _ in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(results) == 40
    assert results.count(0) == 5


def test_a_number_rises_once(access):
    """Of two who bring the same, one is late."""
    assert access.rise("totp_step", 7)
    assert not access.rise("totp_step", 7)
    assert not access.rise("totp_step", 6)
    assert access.rise("totp_step", 8)


@pytest.mark.parametrize("who", ["nobody", "token 1f a script"])
def test_the_audit_log_keeps_what_owners_did(access, monkeypatch, who):
    """It is bounded, it is read in pages, and neither strangers nor a token can push out what others did."""
    monkeypatch.setattr(module, "AUDIT_KEPT", 2 * STRANGERS_KEPT)
    access.audit("owner", "127.0.0.1", "password.set", "x" * 5000)
    with sqlite3.connect(access.path) as database:
        row = (0.0, who, "192.0.2.1", "round", "")
        database.executemany(
            "INSERT INTO audit (at, who, source, what, detail) VALUES (?, ?, ?, ?, ?)",
            [row] * (3 * STRANGERS_KEPT),
        )
    database.close()
    access.audit(who, "192.0.2.1", "round")
    everything = access.audited(10_000)
    assert len(everything) == STRANGERS_KEPT + 1
    assert (everything[-1].what, len(everything[-1].detail)) == ("password.set", 1000)
    page = access.audited(10)
    assert [each.id for each in page] == sorted((each.id for each in page), reverse=True)
    assert access.audited(10, page[-1].id) == everything[10:20]


def test_what_lies_on_disk_opens_nothing(access):
    """The file is its owner's alone, and neither a link nor a session stands in it."""
    link, session = access.make_link(), access.open_session("127.0.0.1", "a")
    data = access.path.read_bytes()
    assert link.encode() not in data
    assert session.encode() not in data
    assert access.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"not a database " * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_damaged_file_is_set_aside_and_lets_nobody_in(access, damage):
    """No session of before is good, no password is set, and the owner's link works at once."""
    session = access.open_session("127.0.0.1", "a")
    access.keep("password", "a hash")
    access.path.write_bytes(damage)
    assert access.session(session) is None
    assert access.setting("password") is None
    assert access.use_link(access.make_link())
    [aside] = access.path.parent.glob("access.db.damaged-*")
    assert aside.read_bytes() == damage


def _damaged_behind_its_first_page(path):
    """Overwrite every page of a database but the first, which names its version and its tables."""
    with closing(sqlite3.connect(path)) as database:
        [size] = database.execute("PRAGMA page_size").fetchone()
    whole = path.read_bytes()
    path.write_bytes(whole[:size] + b"\xff" * (len(whole) - size))
    return path.read_bytes()


@pytest.mark.parametrize(
    "asked",
    [Access.make_link, Access.reset, Access.audited, partial(Access.setting, name="password")],
    ids=["link", "reset", "audited", "setting"],
)
def test_damage_that_is_met_later_locks_nobody_out_for_good(access, asked):
    """The first who meets it hears of it, and then the machine's own command leads in again."""
    session = access.open_session("127.0.0.1", "a")
    access.keep("password", "a hash")
    damaged = _damaged_behind_its_first_page(access.path)
    told = []
    stop = listen(lambda event, _: told.append(event))
    with pytest.raises(StoreUnavailable, match="is set aside; try again"):
        asked(access)
    stop()
    assert told == [Event.STATE_SET_ASIDE]
    assert access.session(session) is None
    assert access.setting("password") is None
    assert access.use_link(access.make_link())
    [aside] = access.path.parent.glob("access.db.damaged-*")
    assert aside.read_bytes() == damaged


def test_of_two_who_meet_the_damage_one_sets_it_aside(access):
    """The other finds that the file is the next one already, and leaves that alone."""
    access.keep("password", "a hash")
    _damaged_behind_its_first_page(access.path)
    quick = Access(access.path, FakeClock(), create_private)

    def slow():
        with access._using() as database:
            with pytest.raises(StoreUnavailable, match="try again"):
                quick.reset()
            quick.keep("password", "another hash")
            database.execute("SELECT * FROM setting").fetchall()

    with pytest.raises(StoreUnavailable, match="try again"):
        slow()
    assert quick.setting("password") == "another hash"
    assert len(list(access.path.parent.glob("access.db.damaged-*"))) == 1


def test_a_later_versions_file_is_left_alone(access):
    """Refused, untouched."""
    access.make_link()
    with sqlite3.connect(access.path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = access.path.read_bytes()
    with pytest.raises(LaterVersion):
        access.is_claimed()
    assert access.path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(tmp_path):
    """One sentence with the way out."""
    with pytest.raises(StoreUnavailable, match="look at the disk"):
        Access(tmp_path / "none" / "access.db", FakeClock(), create_private).make_link()


BEGIN = """
import sys
from pathlib import Path
from homeport.jobs.clock import SystemClock
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.telemetry.events import Event, listen
print("ready", flush=True)
sys.stdin.readline()
mine = Access(Path(sys.argv[1]), SystemClock(), create_private)
print(mine.has_link(mine.make_link()))
"""


def test_several_processes_may_begin_it_at_once(tmp_path):
    """The agent, the page and a command that start together make one file."""
    command = [sys.executable, "-c", BEGIN, str(tmp_path / "access.db")]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        assert [each.stdout.readline() for each in processes] == ["ready\n"] * 4
        for each in processes:
            each.stdin.write("\n")
            each.stdin.flush()
        assert [each.stdout.readline() for each in processes] == ["True\n"] * 4
    assert list(tmp_path.glob("*.damaged-*")) == []


def test_a_token_is_good_until_it_ends_or_is_revoked(access, clock):
    """What was sent is compared whole; its use is noted; nothing of its secret is in the file."""
    sent = access.make_token("a script", "act", 1000.0)
    lasting = access.make_token("", "read")
    named, _, secret = sent.partition(".")
    found = access.token(sent)
    assert (found.id, found.label, found.may, found.seen) == (named, "a script", "act", None)
    assert found.who == f"token {named} a script"
    assert {each.id for each in access.tokens() if each.seen is not None} == {named}
    for wrong in ("", ".", named, f"{named}.", f"{named}.{secret}x", f"x{named}.{secret}", secret, "é.é"):
        assert access.token(wrong) is None
    assert secret.encode() not in access.path.read_bytes()
    clock.jump(1000.0)
    assert access.token(sent) is None
    assert [each.expires for each in access.tokens()] == [None]
    clock.jump(-1000.0)
    assert access.token(sent) is None
    assert access.end_token(lasting.partition(".")[0])
    assert access.token(lasting) is None
    assert not access.end_token("nothing")


def test_tokens_are_bounded_and_a_reset_ends_all(access, clock):
    """One more is refused until one is revoked or ends by itself; who resets the password starts from nothing."""
    sent = [access.make_token("", "admin", 10.0) for _ in range(TOKENS)]
    with pytest.raises(Conflict, match="revoke one"):
        access.make_token("", "read")
    clock.jump(10.0)
    kept = access.make_token("", "read")
    assert access.token(kept) is not None
    assert access.token(sent[0]) is None
    access.reset()
    assert access.token(kept) is None


def test_a_file_of_the_first_version_is_brought_forward(access):
    """Its session goes on, and it has tokens that end from then on."""
    with sqlite3.connect(access.path) as database:
        for statement in module._SCHEMA:
            database.execute(statement)
        database.execute("PRAGMA user_version = 1")
        row = (module._digest("old"), "csrf", 0.0, access._clock.now(), "127.0.0.1", "a test")
        database.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", (*row[:2], row[3], *row[3:]))
    database.close()
    assert access.session("old") is not None
    assert access.token(access.make_token("", "read", 5.0)).expires is not None
