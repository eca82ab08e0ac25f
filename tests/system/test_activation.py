"""Sockets that somebody opened for this program."""

import os
import socket
import subprocess
import sys

import pytest

from homeport.errors import Refused
from homeport.system import activation

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd is Unix's")


def told(**variables):
    return {"LISTEN_PID": str(os.getpid()), **variables}.get


def test_nobody_opened_any():
    """Without the variables, with another process's, and with what is no number, there are none."""
    assert activation.given({}.get) == []
    assert activation.given(told()) == []
    assert activation.given(told(LISTEN_FDS="many")) == []
    assert activation.given(told(LISTEN_FDS="1", LISTEN_PID="1")) == []


def test_each_is_what_it_was_opened_as():
    """Its kind and address are told by the socket itself, and no child gets it."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        number = os.dup(opened.fileno())
        os.set_inheritable(number, True)
        [found] = activation.given(told(LISTEN_FDS="1"), number)
        with found:
            assert (found.type, found.getsockname()) == (socket.SOCK_STREAM, opened.getsockname())
            assert not found.get_inheritable()


def test_what_is_no_socket_of_the_internet_is_refused():
    """A file, and a Unix socket, with the sentence that says which."""
    reading, writing = os.pipe()
    try:
        with pytest.raises(Refused, match=f"file descriptor {reading}, which is no socket"):
            activation.given(told(LISTEN_FDS="1"), reading)
    finally:
        os.close(reading)
        os.close(writing)
    with socket.socket(socket.AF_UNIX) as local, pytest.raises(Refused, match="addresses with ports alone"):
        activation.given(told(LISTEN_FDS="1"), os.dup(local.fileno()))


def test_as_the_protocol_has_it():
    """From descriptor 3 on, in a process of its own."""
    code = (
        "import os\nfrom homeport.system.activation import given\n"
        "told = {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '2'}\n"
        "print(*(sock.getsockname()[1] for sock in given(told.get)))"
    )
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.create_server(("127.0.0.1", 0)) as other:
        numbers = [sock.fileno() for sock in (tcp, other)]
        shell = f'exec "$0" -c "$1" 3<&{numbers[0]} 4<&{numbers[1]}'
        done = subprocess.run(
            ["/bin/bash", "-c", shell, sys.executable, code],
            pass_fds=numbers,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [str(sock.getsockname()[1]) for sock in (tcp, other)]
