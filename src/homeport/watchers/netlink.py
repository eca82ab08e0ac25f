"""Hear from the Linux kernel, the moment it happens, that an address, a link or a route has changed."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from typing import ClassVar

from homeport.errors import Unavailable
from homeport.model.address import why_not_unicast
from homeport.ports import Hint, Tools
from homeport.wire import netlink
from homeport.wire.netlink import AddressSeen, LinkSeen, Message, RouteSeen, RuleSeen

_RECEIVE = 64 * 1024
_BUFFER = 1024 * 1024  # bytes of messages the kernel keeps for us; beyond, it says ENOBUFS
_NAMED = 3  # changes one hint names


class Netlink:
    """Hints at what is new: a router advertisement that merely renews lifetimes is none."""

    kind: ClassVar[str] = "netlink"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._known: dict[tuple[object, ...], object] = {}

    async def events(self) -> AsyncIterator[Hint]:
        sock = _listening()
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(sock, arrived.set)
            for one in await self._tools.interfaces():  # listening already: what changes meanwhile is told
                self._known["address", one.index, one.address] = (one.is_deprecated, one.prefix)
                self._known["link", one.index] = one.has_carrier
            while True:
                await arrived.wait()
                arrived.clear()
                if whys := list(dict.fromkeys(self._drain(sock))):
                    more = f" and {len(whys) - _NAMED} more" if len(whys) > _NAMED else ""
                    yield Hint("; ".join(whys[:_NAMED]) + more)
        finally:
            loop.remove_reader(sock)
            sock.close()

    def _drain(self, sock: socket.socket) -> Iterator[str]:
        """Read all that has arrived and say what is news."""
        while True:
            try:
                data = sock.recv(_RECEIVE)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise Unavailable(f"the kernel's messages cannot be read: {error.strerror}") from error
                self._known.clear()
                yield "more changed than could be told"
                continue
            yield from self._read(data)

    def _read(self, data: bytes) -> Iterator[str]:
        try:
            for message in netlink.messages(data):
                if why := self.news(message):
                    yield why
        except ValueError:
            yield "something changed that could not be read"

    def news(self, message: Message) -> str | None:
        """Say what `message` tells that is worth a look, `None` when it is nothing new."""
        match message:
            case AddressSeen():
                return self._address_news(message)
            case LinkSeen():
                return self._link_news(message)
            case RouteSeen(is_ordinary=True, prefix=0 | 1):  # a VPN covers the default route with two halves
                return self._route_news(message)
            case RuleSeen():
                return "the rules of routing changed"
            case _:
                return None

    def _address_news(self, message: AddressSeen) -> str | None:
        """An address that is still tentative is no news yet: the kernel tells again when it may be used, or never."""
        one = message.address
        if why_not_unicast(one.address):
            return None
        key = ("address", one.index, one.address)
        where = f"{one.address} on {_name(one.index)}"
        if message.is_gone:
            self._known.pop(key, None)
            return f"{where} is gone"
        if message.flags & netlink.DADFAILED:
            return f"{where} is another machine's too" if self._learns(key, netlink.DADFAILED) else None
        if one.is_tentative:
            return None
        return f"{where} is there" if self._learns(key, (one.is_deprecated, one.prefix)) else None

    def _link_news(self, message: LinkSeen) -> str | None:
        """A link without addresses carries nothing of ours: containers come and go on theirs by the minute."""
        key = ("link", message.index)
        matters = any(each[:2] == ("address", message.index) for each in self._known)
        if message.is_gone:
            self._known.pop(key, None)
            return f"{message.name} is gone" if matters else None
        if not self._learns(key, message.has_carrier):
            return None
        self._known = {each: value for each, value in self._known.items() if each[0] != "route"}
        return f"{message.name} is {'up' if message.has_carrier else 'down'}" if matters else None

    def _route_news(self, message: RouteSeen) -> str | None:
        """A router advertisement has the same route written again and again; it is news once.

        Once for as long as the links are: IPv4 takes routes away with theirs and tells nobody.
        """
        key = ("route", message.table, message.prefix, message.way)
        if message.is_gone:
            self._known.pop(key, None)
            return "a default route is gone"
        return "a default route is there" if self._learns(key, value=True) else None

    def _learns(self, key: tuple[object, ...], value: object) -> bool:
        is_new = self._known.get(key) != value
        self._known[key] = value
        return is_new


def _listening() -> socket.socket:
    if not hasattr(socket, "AF_NETLINK"):
        raise Unavailable("only Linux tells changes by netlink")
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except OSError as error:
        raise Unavailable(f"this system does not offer netlink here: {error.strerror}") from error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.bind((0, netlink.GROUPS))
    except OSError as error:
        sock.close()
        raise Unavailable(f"this account may not listen to netlink: {error.strerror}") from error
    return sock


def _name(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return f"interface {index}"


WATCHER = Netlink
