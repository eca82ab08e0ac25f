"""One HTTP connection: how large a request may be, and for how long anybody may take."""

import socket
from contextlib import ExitStack

import pytest

from fakes.front_door import PATIENCE, front_door
from fakes.programs import wait_until
from homeport.web import visitor


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with front_door(tmp_path_factory.mktemp("page")) as there:
        yield there


def head(*lines, path="/login"):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(), b"200"),
        (head(*(f"X-{n}: 1" for n in range(90))), b"200"),
        (head(*(f"X-{n}: 1" for n in range(110))), b"431"),
        (head("X: " + "a" * 40_000), b"431"),
        (head(path="/login?" + "a" * 9_000), b"414"),
        (b"GET /login HTTP/1.1\r\nX: " + b"a" * 40_000, b"431"),
        (b"GET /login HTTP/1.0\r\n\r\n", b"421"),
        (b"GET http://evil.example/login HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"303"),
        (b"CONNECT evil.example:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (head("Content-Length: 3", "Transfer-Encoding: chunked"), b"400"),
        (head("Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Key: x"), b"200"),
    ],
)
def test_a_request_is_answered_or_refused(door, sent, status):
    """Too large, not HTTP, ambiguous or for somebody else: refused in a sentence, and the connection is closed."""
    answer = door.raw(sent)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]


def test_what_surrounds_a_body_is_bounded(door):
    """Chunks with endless extensions, and trailers, are cut off."""
    begun = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as sock:
        sock.sendall(begun)
        with pytest.raises(ConnectionError):
            sock.sendall((b"1;" + b"x" * 1000 + b"\r\na\r\n") * 100_000)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /login HTTP/1.1\r\nHo",
        b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /login HTTP/1.1\r\n",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\npassword=",
    ],
)
def test_who_does_not_go_on_is_hung_up_on(door, monkeypatch, begun):
    """In the head of a first or a second request, or in a body."""
    monkeypatch.setattr(visitor, "HEAD_TIME", 0.3)
    monkeypatch.setattr(visitor, "BODY_TIME", 0.3)
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as sock:
        sock.sendall(begun)
        try:
            while sock.recv(65536):
                pass
        except ConnectionResetError:
            pass


def test_a_strangers_connection_ends_and_an_owners_stays(door, monkeypatch):
    """However busy it is; that of who is signed in was there before, and is there afterwards."""
    monkeypatch.setattr(visitor, "STRANGERS_TIME", 1.0)
    with ExitStack() as stack:
        owner, stranger = (
            stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE))
            for _ in range(2)
        )
        asked = {owner: head(f"Cookie: {door.sign_in()}", path="/healthz"), stranger: head(path="/healthz")}

        def answers(sock):
            try:
                sock.sendall(asked[sock])
                received = b""
                while not received.endswith(b"ok\n"):
                    if not (more := sock.recv(65536)):
                        return False
                    received += more
            except ConnectionError:
                return False
            return received.startswith(b"HTTP/1.1 200")

        assert answers(owner)
        assert answers(stranger)
        wait_until(lambda: not answers(stranger))
        assert answers(owner)
