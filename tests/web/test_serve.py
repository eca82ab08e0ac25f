"""The page's process in one: a hundred slow strangers, and its end. Its life beside an agent is in tests/cli."""

import socket
from contextlib import ExitStack

from fakes.front_door import PATIENCE, front_door


def test_a_hundred_slow_strangers_keep_nobody_out(tmp_path):
    """In a head, in a body, reading nothing of what they asked for: the owner is answered all the while."""
    slow = (
        b"G",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\npassword=",
        b"GET /static/vendor/htmx.min.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50,
    )
    with front_door(tmp_path) as door, ExitStack() as stack:
        owner = door.sign_in()
        for number in range(240):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE))
            sock.sendall(slow[number % len(slow)])
            if number % 20 == 0:
                assert door.ask("GET", "/account", cookie=owner).status == 200
        assert door.ask("POST", "/enter", {"link": door.access.make_link()}).status == 303


def test_it_ends_with_its_lifeline_whoever_is_connected(tmp_path):
    """A page that is followed, a request in the middle, a connection that waits: the process does not."""
    with ExitStack() as stack, front_door(tmp_path) as door:
        owner = door.sign_in()
        for sent in (
            f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {owner}\r\nAccept: text/event-stream\r\n\r\n",
            f"POST /act HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {owner}\r\nContent-Length: 9\r\n\r\nact=",
            "GET / HT",
        ):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE))
            sock.sendall(sent.encode())
        assert door.ask("GET", "/healthz").status == 200
