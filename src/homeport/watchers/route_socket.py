"""Hear from the kernel of macOS or FreeBSD, the moment it happens, that an address, a link or a route has changed.

Not run on such a machine by us yet: the messages are read as the systems' header files lay them out.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import AsyncIterator
from typing import ClassVar

from homeport.errors import Unavailable
from homeport.net.lookout import Lookout
from homeport.ports import Hint, Tools
from homeport.wire import route_socket
from homeport.wire.route_socket import Layout

_RECEIVE = 64 * 1024


class RouteSocket:
    """Hints at what is new; a message is only the reason to look."""

    kind: ClassVar[str] = "route_socket"

    def __init__(self, tools: Tools) -> None:
        self._lookout = Lookout(tools)

    async def events(self) -> AsyncIterator[Hint]:
        layout = route_socket.layout_of(sys.platform)
        if layout is None:
            raise Unavailable("only macOS and FreeBSD tell changes by a routing socket")
        loop = asyncio.get_running_loop()
        with _listening() as sock:
            loop.add_reader(sock, self._drain, sock, layout)
            try:
                async for hint in self._lookout.hints():
                    yield hint
            finally:
                loop.remove_reader(sock)

    def _drain(self, sock: socket.socket, layout: Layout) -> None:
        """Read all that has arrived; every message is whole, and is as many octets as one `recv` brings."""
        while True:
            try:
                self._read(sock.recv(_RECEIVE), layout)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    self._lookout.fail(Unavailable(f"the kernel's messages cannot be read: {error.strerror}"))
                    return
                self._lookout.stir("more changed than could be told")

    def _read(self, data: bytes, layout: Layout) -> None:
        try:
            for why in route_socket.stirs(data, layout):
                self._lookout.stir(why)
        except ValueError:
            self._lookout.stir("something changed that could not be read")


def _listening() -> socket.socket:
    try:
        sock = socket.socket(socket.AF_ROUTE, socket.SOCK_RAW, socket.AF_UNSPEC)
    except (OSError, AttributeError) as error:  # AttributeError: this Python has no AF_ROUTE
        raise Unavailable(f"this system does not offer a routing socket here: {error}") from error
    sock.setblocking(False)
    return sock


WATCHER = RouteSocket
