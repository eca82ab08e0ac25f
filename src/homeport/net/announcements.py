"""What routers announce by multicast over NAT-PMP and PCP: that their address changed, or that they restarted.

Anybody on the link can send such a datagram, so only one from the router itself counts, and all that it can
bring about is a look. Source: RFC 6886 sections 3.2.1 and 3.6, RFC 6887 sections 8.5 and 14.1.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address

from homeport.model.address import IPAddress
from homeport.ports import Clock
from homeport.wire import natpmp, pcp


@dataclass(frozen=True, slots=True)
class _Said:
    """An epoch, and when it was said by our monotonic clock."""

    epoch: int
    at: float


class Announced:
    """Knows what the router said before, and tells what is news.

    Args:
        routers: the addresses that announcements are believed from.
    """

    def __init__(self, routers: Collection[IPAddress], clock: Clock) -> None:
        self._routers = frozenset(routers)
        self._clock = clock
        self._natpmp: _Said | None = None
        self._pcp: _Said | None = None
        self._address: IPv4Address | None = None

    def know_natpmp(self, told: natpmp.External) -> bool:
        """Keep what the router says; tell whether it lost its state or has another address than it said before."""
        before, self._natpmp = self._natpmp, self._now(told.epoch)
        is_same, self._address = told.address == self._address, told.address
        if before is None or not is_same:
            return True
        return natpmp.is_reset(before.epoch, told.epoch, self._natpmp.at - before.at)

    def know_pcp(self, epoch: int) -> bool:
        """Keep the router's epoch; tell whether it lost its state, or said nothing before."""
        before, self._pcp = self._pcp, self._now(epoch)
        return before is None or pcp.is_reset(before.epoch, epoch, self._pcp.at - before.at)

    def news(self, data: bytes, sender: IPAddress) -> str | None:
        """Say what a datagram tells that is worth a look; `None` for what is repeated, forged or no announcement."""
        if sender not in self._routers:
            return None
        try:
            if data[:1] == b"\0":
                return "the router announced an address" if self.know_natpmp(natpmp.external(data)) else None
            if not pcp.is_announce_answer(data):
                return None
            return "the router lost its state" if self.know_pcp(pcp.answer(data).epoch) else None
        except ValueError:
            return None

    def _now(self, epoch: int) -> _Said:
        return _Said(epoch, self._clock.monotonic())


def open_sockets(own: IPv4Address, interface: str) -> list[socket.socket]:
    """Return sockets that receive announcements, as many as this system allows: IPv4, IPv6, one or none."""
    made = []
    for make in (partial(_socket4, own), partial(_socket6, interface)):
        with contextlib.suppress(OSError):
            made.append(make())
    return made


def _socket4(own: IPv4Address) -> socket.socket:
    with _shared(socket.AF_INET) as sock:
        sock.bind(("", natpmp.ANNOUNCED_PORT))  # the group's datagrams reach no narrower address everywhere
        group = socket.inet_aton(natpmp.ANNOUNCED_TO) + own.packed
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        return sock


def _socket6(interface: str) -> socket.socket:
    with _shared(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(("::", pcp.ANNOUNCED_PORT))
        group = socket.inet_pton(socket.AF_INET6, pcp.ANNOUNCED_TO[6])
        sock.setsockopt(
            socket.IPPROTO_IPV6,
            socket.IPV6_JOIN_GROUP,
            group + struct.pack("@I", socket.if_nametoindex(interface)),
        )
        return sock


@contextlib.contextmanager
def _shared(family: socket.AddressFamily) -> Iterator[socket.socket]:
    """Yield a socket whose port others on this machine may listen on too; it is closed when the block fails."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform not in ("linux", "win32"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield sock
    except BaseException:
        sock.close()
        raise
