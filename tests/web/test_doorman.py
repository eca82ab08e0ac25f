"""Letting connections in: so many, and always room for the owner."""

import socket
from contextlib import ExitStack

import pytest
import trustme

from fakes.front_door import PATIENCE, front_door
from fakes.programs import wait_until
from homeport.config.models import Tls
from homeport.web import doorman, serve


@pytest.fixture
def few(monkeypatch):
    """Let ten in at once."""
    plain = doorman.Doorman
    monkeypatch.setattr(serve, "Doorman", lambda *args: plain(*args, most=10))


def connect(stack, door, sent=b""):
    sock = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE))
    sock.sendall(sent)
    return sock


def is_open(sock):
    """Tell whether a connection still is one, without waiting for it."""
    sock.setblocking(False)
    try:
        return sock.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    finally:
        sock.settimeout(PATIENCE)


def test_slow_strangers_make_room(tmp_path, few):
    """Three times as many as there is room for, and whoever comes is answered; the oldest had to go."""
    with front_door(tmp_path) as door, ExitStack() as stack:
        owner = door.sign_in()
        slow = [connect(stack, door, b"GET / HTTP/1.1\r\nHo") for _ in range(30)]
        assert door.ask("GET", "/account", cookie=owner).status == 200
        assert not any(is_open(each) for each in slow[:15])
        assert is_open(slow[-1])


def test_an_owners_connection_stays(tmp_path, few):
    """Strangers go before it, however old it is."""
    with front_door(tmp_path) as door, ExitStack() as stack:
        asked = f"GET /account HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {door.sign_in()}\r\n\r\n".encode()
        mine = connect(stack, door, asked)
        assert mine.recv(12) == b"HTTP/1.1 200"
        for _ in range(40):
            connect(stack, door, b"GET / HTTP/1.1\r\nHo")
        assert door.ask("GET", "/healthz").status == 200
        mine.sendall(asked)
        received = b""
        while received.count(b"</html>") < 2:
            more = mine.recv(65536)
            assert more, "it was hung up on"
            received += more


def test_the_address_with_most_connections_makes_room(tmp_path, few):
    """One who floods pushes out their own, and not the single one of another."""
    with front_door(tmp_path) as door, ExitStack() as stack:
        sock = socket.socket()
        stack.callback(sock.close)
        sock.settimeout(PATIENCE)
        sock.bind(("127.0.0.2", 0))
        sock.connect(("127.0.0.1", door.port))
        sock.sendall(b"GET /login HTTP/1.1\r\n")
        for _ in range(40):
            connect(stack, door, b"GET / HTTP/1.1\r\nHo")
        assert door.ask("GET", "/healthz").status == 200
        sock.sendall(b"Host: 127.0.0.1\r\n\r\n")
        assert sock.recv(12) == b"HTTP/1.1 200"


@pytest.fixture
def tls(tmp_path):
    """Settings of a page that speaks TLS."""
    made = trustme.CA().issue_cert("127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    return {"tls": Tls(certificate=tmp_path / "both.pem", key=tmp_path / "both.pem")}


def test_who_does_not_go_on_with_tls_makes_room(tmp_path, few, tls, monkeypatch):
    """Not only among those that are counted: the connection is closed at once, and its descriptor free."""
    monkeypatch.setattr(doorman, "HEAD_TIME", 100 * PATIENCE)
    shaking = []

    class Counted(serve.Visitor):
        def __init__(self, *args):
            super().__init__(*args)
            shaking.append(self)

    monkeypatch.setattr(serve, "Visitor", Counted)
    with front_door(tmp_path / "page", **tls) as door, ExitStack() as stack:
        slow = []
        for _ in range(30):
            slow.append(connect(stack, door, b"\x16"))
            wait_until(lambda: len(shaking) == len(slow))
        wait_until(lambda: not any(is_open(each) for each in slow[:20]))
        assert all(is_open(each) for each in slow[20:])


def test_who_fails_at_tls_is_counted_no_more(tmp_path, tls, monkeypatch):
    """The process would never be without guests, and never end."""
    doors = []
    monkeypatch.setattr(serve, "Doorman", lambda *args: doors.append(doorman.Doorman(*args)) or doors[0])
    with front_door(tmp_path / "page", **tls) as door, ExitStack() as stack:
        for _ in range(3):
            assert connect(stack, door, b"\x16\x03\x01\x00\x02no").recv(64) != b"x"
        wait_until(lambda: doors[0].count == 3 and doors[0].is_empty)
