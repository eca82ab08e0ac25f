"""Many datagrams for two system calls."""

import ctypes
import errno
import socket
import sys
from contextlib import ExitStack

import pytest

from homeport.net import mmsg

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg and sendmmsg are Linux's")
BATCH = 8
HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class Setting:
    """A batch, the socket it drains, and some that ask it."""

    def __init__(self, family, askers):
        self.batch = mmsg.batch(family, BATCH)
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((HOSTS[family], 0))
        self.sock.setblocking(False)
        self.askers = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(askers)]
        for asker in self.askers:
            asker.connect(self.sock.getsockname())
            asker.settimeout(20)

    def ask(self, *questions):
        for asker, question in zip(self.askers, questions, strict=True):
            asker.send(question)

    def drain(self, answer=bytes.upper):
        return self.batch.drain(self.sock, answer)

    def heard(self, i):
        return self.askers[i].recv(65535)

    def is_silent(self, i):
        self.askers[i].setblocking(False)
        with pytest.raises(BlockingIOError):
            self.askers[i].recv(65535)
        return True


@pytest.fixture
def setting():
    with ExitStack() as stack:

        def make(askers=3, family=socket.AF_INET):
            made = Setting(family, askers)
            for sock in (made.sock, *made.askers):
                stack.enter_context(sock)
            return made

        yield make


@pytest.mark.parametrize("family", HOSTS)
def test_everybody_gets_their_own(setting, family):
    """Each answer goes to who asked, over either family, and again when the room is used again."""
    made = setting(5, family)
    for size in (3, 300, 1):
        made.ask(*[b"%d" % i * size for i in range(5)])
        assert made.drain(lambda data: b"<" + data + b">") == 0
        assert [made.heard(i) for i in range(5)] == [b"<" + b"%d" % i * size + b">" for i in range(5)]


def test_a_batch_at_a_time(setting):
    """No more than a batch is answered before others get their turn; the rest is there next time."""
    made = setting(1)
    asked = []
    for _ in range(BATCH + 3):
        made.ask(b"a")
    made.drain(asked.append)
    assert len(asked) == BATCH
    made.drain(asked.append)
    assert len(asked) == BATCH + 3


def test_nothing_is_there(setting):
    """A call too many asks nobody anything."""
    assert setting().drain(lambda _: pytest.fail("nothing came")) == 0


@pytest.mark.parametrize("quiet", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_some_are_not_answered(setting, quiet):
    """What is not to be answered is not, wherever it stands among those that are."""
    made = setting()
    made.ask(*[b"quiet" if i in quiet else b"%d" % i for i in range(3)])
    assert made.drain(lambda data: None if data == b"quiet" else data) == 0
    for i in range(3):
        assert made.is_silent(i) if i in quiet else made.heard(i) == b"%d" % i


@pytest.mark.parametrize("size", [65508, 65535, 65536, 200_000])
@pytest.mark.parametrize("where", range(3))
def test_what_the_system_does_not_take(setting, size, where):
    """An answer too large for any datagram is counted, and spoils none of those around it."""
    made = setting()
    made.ask(*[b"large" if i == where else b"%d" % i for i in range(3)])
    assert made.drain(lambda data: b"x" * size if data == b"large" else data) == 1
    assert [made.is_silent(i) if i == where else made.heard(i) for i in range(3)] == [
        True if i == where else b"%d" % i for i in range(3)
    ]


def test_largest_datagrams(setting):
    """Neighbours of the largest size do not touch one another."""
    made = setting(2)
    made.ask(b"a" * 65507, b"b" * 65507)
    assert made.drain() == 0
    assert [made.heard(i) for i in range(2)] == [b"A" * 65507, b"B" * 65507]


def test_a_system_that_takes_a_few_at_a_time(setting):
    """What is left over is sent by further calls, and every failure costs one answer."""
    made = setting(4)
    given = [2, -1, 1]
    made.batch._send = lambda *_: given.pop(0)
    made.ask(b"a", b"b", b"c", b"d")
    assert made.drain() == 1
    assert given == []


def test_closed_meanwhile(setting):
    """A socket that is closed while it is drained loses its answers, and nothing else happens."""
    made = setting(2)
    made.ask(b"a", b"b")

    def close(data):
        made.sock.close()
        return data

    assert made.drain(close) == 2
    assert made.drain() == 0


def test_another_system(monkeypatch):
    """Elsewhere there is no batch."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert mmsg.batch(socket.AF_INET, BATCH) is None


class Libc:
    """A C library with one call whose number the kernel does not know, or a sandbox forbids."""

    def __init__(self, code):
        self._code = code

    def recvmmsg(self, *_):
        ctypes.set_errno(self._code)
        return -1

    sendmmsg = recvmmsg


@pytest.mark.parametrize("libc", [Libc(errno.ENOSYS), Libc(errno.EPERM), object()])
def test_calls_that_are_not_there(monkeypatch, libc):
    """A kernel, a sandbox or a C library without the calls is seen before anything depends on them."""
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    assert mmsg.batch(socket.AF_INET, BATCH) is None


@pytest.mark.parametrize("host", ["127.0.0.2", "127.9.8.7"])
def test_at_a_wildcard_the_answer_comes_from_where_was_asked(host):
    """A client takes an answer from nowhere else; again when the room is used again, and from nobody else's address."""
    made = mmsg.batch(socket.AF_INET, BATCH, is_wildcard=True)
    with ExitStack() as stack:
        sock, here, there = (
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3)
        )
        mmsg.ask_pktinfo(sock)
        sock.setblocking(False)
        sock.bind(("", 0))
        for asker, asked in ((here, "127.0.0.1"), (there, host)):
            asker.connect((asked, sock.getsockname()[1]))
            asker.settimeout(20)
        for turn in (b"one", b"two"):
            there.send(turn)
            here.send(turn)
            assert made.drain(sock, bytes.upper) == 0
            assert (there.recv(100), here.recv(100)) == (turn.upper(), turn.upper())


def test_at_a_wildcard_of_ipv6():
    """The same over IPv6, whose structures are others."""
    made = mmsg.batch(socket.AF_INET6, BATCH, is_wildcard=True)
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asker,
    ):
        mmsg.ask_pktinfo(sock)
        sock.setblocking(False)
        sock.bind(("::", 0))
        asker.connect(("::1", sock.getsockname()[1]))
        asker.settimeout(20)
        for _ in range(BATCH + 1):
            asker.send(b"a")
            assert made.drain(sock, bytes.upper) == 0
            assert asker.recv(100) == b"A"
