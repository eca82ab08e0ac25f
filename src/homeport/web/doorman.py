"""Letting connections in: so many and no more, none for ever, and always room for the owner.

Connections are accepted in a thread, on every system alike: a listening socket that is lent to one process
after another can be bound to the completion port of only one of them (Windows, CreateIoCompletionPort), and a thread
binds it to none. When the house is full, whoever is not known as an owner and whose address has the most connections
makes room, the oldest first.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from homeport.web.caller import account_of
from homeport.web.visitor import HEAD_TIME, Visitor

MOST = 200  # connections at once
PAUSE = 0.2  # seconds when no descriptor is left
ALIVE = 60  # seconds of silence after which the system asks whether the other side is still there
_HANDSHAKE = b"\x16"  # how every TLS connection begins (RFC 8446 section 5.1)
_PLAIN = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n"
    b"This port speaks TLS: write https:// before the address.\n"
)


@dataclass(eq=False, slots=True)
class Guest:
    """One connection.

    Attributes:
        source: what connections are counted by.
        sock: as long as it is nobody else's to close.
        entering: is at work until there is a visitor: TLS takes several messages.
    """

    source: str
    sock: socket.socket | None
    entering: asyncio.Task[None] | None = None
    visitor: Visitor | None = None

    @property
    def is_owner(self) -> bool:
        return self.visitor is not None and self.visitor.is_owner

    def leave(self) -> None:
        """Hang up; during TLS' handshake there is a visitor already, who has nothing yet to hang up."""
        if self.visitor is not None:
            self.visitor.hang_up()
        if self.entering is not None:
            self.entering.cancel()


class Doorman:
    """Accepts on sockets for as long as `running` runs.

    Args:
        receive: makes what speaks HTTP over one connection.
        context: of TLS, where the page speaks it.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        receive: Callable[[], Visitor],
        context: ssl.SSLContext | None,
        most: int = MOST,
    ) -> None:
        self._listeners = listeners
        self._receive = receive
        self._context = context
        self._most = most
        self._guests: dict[Guest, None] = {}  # in the order they came
        self._came = 0

    @property
    def count(self) -> int:
        """How many have come so far, so that one who came and went is seen."""
        return self._came

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody is there."""
        return not self._guests

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Let connections in until cancelled; what came until then is in, and stays.

        Args:
            group: in which those that come are received.
        """
        loop, (ours, its) = asyncio.get_running_loop(), socket.socketpair()

        def came(sock: socket.socket, address: object) -> None:
            self._admit(group, sock, str(address[0]) if isinstance(address, tuple) else "")

        def accept() -> None:
            with its:
                _accept(self._listeners, its, lambda *one: loop.call_soon_threadsafe(came, *one))

        thread = threading.Thread(target=accept, name="door", daemon=True)
        thread.start()
        try:
            await loop.create_future()
        finally:
            ours.close()
            await asyncio.to_thread(thread.join)
            await asyncio.sleep(0)  # a turn for those that came at the last moment

    def send_all_away(self) -> None:
        """Hang up on everybody."""
        for guest in tuple(self._guests):
            guest.leave()

    def _admit(self, group: asyncio.TaskGroup, sock: socket.socket, address: str) -> None:
        self._came += 1
        if len(self._guests) >= self._most:
            self._make_room()
        guest = Guest(account_of(address), sock)
        self._guests[guest] = None
        guest.entering = group.create_task(self._enter(guest, sock))
        guest.entering.add_done_callback(lambda _: self._entered(guest))

    def _make_room(self) -> None:
        strangers = [guest for guest in self._guests if not guest.is_owner]
        counted = Counter(guest.source for guest in strangers)
        goes = max(
            strangers or self._guests, key=lambda guest: counted[guest.source]
        )  # of equal ones the first
        self._guests.pop(goes)
        goes.leave()

    async def _enter(self, guest: Guest, sock: socket.socket) -> None:
        """Make a visitor of a connection; one that does not become any is nobody's failure."""
        loop = asyncio.get_running_loop()

        def receive() -> Visitor:
            guest.visitor = self._receive()
            guest.visitor.left = lambda: self._guests.pop(guest, None)
            return guest.visitor

        with suppress(OSError, TimeoutError):
            _prepare(sock)
            if self._context is not None and not await _speaks_tls(sock):
                await loop.sock_recv(sock, 65536)  # what is left unread would take the answer back
                await loop.sock_sendall(sock, _PLAIN)
                return
            guest.sock = None
            patience = HEAD_TIME if self._context else None
            await loop.connect_accepted_socket(
                receive, sock, ssl=self._context, ssl_handshake_timeout=patience
            )

    def _entered(self, guest: Guest) -> None:
        """Forget one that did not become a visitor, even if it was not looked at yet."""
        if guest.sock is not None:
            guest.sock.close()
        if guest.visitor is None or guest.visitor.transport is None:
            self._guests.pop(guest, None)


def _accept(
    listeners: Sequence[socket.socket], until: socket.socket, came: Callable[[socket.socket, object], object]
) -> None:
    """Accept until the other end of `until` is closed."""
    pause = threading.Event()  # nobody sets it: it is a clock that a thread may wait for
    with selectors.DefaultSelector() as selector:
        for sock in (*listeners, until):
            selector.register(sock, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if until in ready:
                return
            for listener in (each for each in listeners if each in ready):
                try:
                    came(*listener.accept())
                except (BlockingIOError, ConnectionError):  # who came was gone again
                    continue
                except OSError:  # no descriptor is left: those that are there end in time
                    pause.wait(PAUSE)


def _prepare(sock: socket.socket) -> None:
    """Have answers sent at once, and a peer that vanished without a word noticed."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        with suppress(OSError):  # Wine knows the name and not the option: then the system's own hours count
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, ALIVE)


async def _speaks_tls(sock: socket.socket) -> bool:
    """Look at the first byte and leave it there; where that cannot be waited for, the handshake tells."""
    if sys.platform == "win32":
        return True
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        async with asyncio.timeout(HEAD_TIME):
            await readable.wait()
    finally:
        loop.remove_reader(sock)
    with suppress(BlockingIOError):
        return sock.recv(1, socket.MSG_PEEK) in {_HANDSHAKE, b""}
    return True
