"""What the routing socket of macOS and FreeBSD says, and how the two lay it out.

Numbers are in the machine's own byte order. Source: route(4), <net/route.h> and <net/if.h> of xnu and of FreeBSD.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VERSION = 5  # RTM_VERSION of both


@dataclass(frozen=True, slots=True)
class Layout:
    """How one system lays its structures out, on 64 bits.

    Attributes:
        route: octets of a rt_msghdr; the sockaddrs follow.
        step: what a sockaddr in a message is padded to a multiple of.
        inet6: AF_INET6.
        media: SIOCGIFMEDIA, whose structure differs in its padding.
    """

    route: int
    step: int
    inet6: int
    media: int


DARWIN = Layout(route=92, step=4, inet6=30, media=0xC02C6938)
FREEBSD = Layout(route=152, step=8, inet6=28, media=0xC0306938)
AF_INET = 2
_HEADER = struct.Struct("=HBB")  # of every message: length, version, type
_ROUTE = struct.Struct("=HxxiiiiI")  # rt_msghdr goes on: index, flags, addresses, pid, sequence, errno
_ADD, _DELETE, _CHANGE = 1, 2, 3
_OF_INTERFACES = (0xC, 0xD, 0xE, 0x11)  # RTM_NEWADDR, _DELADDR, _IFINFO, and _IFANNOUNCE of FreeBSD
_DESTINATION, _GATEWAY, _NETMASK = 0, 1, 2  # RTAX_...: the bit, and the order of the sockaddrs
_WORDS = {_ADD: "is there", _DELETE: "is gone", _CHANGE: "changed"}


def layout_of(platform: str) -> Layout | None:
    """Return the layout of a system by its `sys.platform`, `None` when it is not known."""
    if platform == "darwin":
        return DARWIN
    return FREEBSD if platform.startswith("freebsd") else None


def stirs(data: bytes, layout: Layout) -> Iterator[str]:
    """Read what one `recv` brought: why to look, for each message that is a reason; empty is "an interface".

    Raises:
        ValueError: it is damaged or cut off, or of another version.
    """
    for kind, message in _split(data):
        if kind in _OF_INTERFACES:
            yield ""
        elif kind in _WORDS and _is_default(message, layout):
            yield f"a default route {_WORDS[kind]}"


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ValueError("a routing message is cut off in its header")
        length, version, kind = _HEADER.unpack_from(data, at)
        if version != VERSION:
            raise ValueError(f"a routing message is of version {version}")
        if not _HEADER.size <= length <= len(data) - at:
            raise ValueError(f"a routing message says a length of {length}")
        yield kind, data[at : at + length]
        at += length


def _is_default(message: bytes, layout: Layout) -> bool:
    """Tell whether a route came true that leads everywhere, or half of everywhere, as VPNs do it."""
    if len(message) < layout.route:
        raise ValueError("a routing message is cut off")
    _, _, present, _, _, error = _ROUTE.unpack_from(message, _HEADER.size)
    if error:
        return False
    found = dict(_sockaddrs(message[layout.route :], present, layout.step))
    destination, mask = found.get(_DESTINATION, b""), found.get(_NETMASK)
    family = destination[1] if len(destination) > 1 else 0
    return mask is not None and family in (AF_INET, layout.inet6) and prefix_of(mask, family) <= 1


def _sockaddrs(data: bytes, present: int, step: int) -> Iterator[tuple[int, bytes]]:
    """Cut the sockaddrs that the bits of `present` announce; an empty one takes a step, too."""
    at = 0
    for which in range(8):
        if not present & 1 << which:
            continue
        if at >= len(data):
            raise ValueError("a routing message lacks an address")
        length = data[at]
        if length > len(data) - at:
            raise ValueError(f"an address of a routing message says a length of {length}")
        yield which, data[at : at + length]
        at += -(-max(length, 1) // step) * step


def prefix_of(mask: bytes, family: int) -> int:
    """Return the bits of a netmask's sockaddr, which is as short as its last octet that is not zero."""
    octets = mask[4:8] if family == AF_INET else mask[8:24]
    return int.from_bytes(octets, "big").bit_count()
