"""Ask a router over NAT-PMP or PCP, which share a port: what is the external address, and since when do you know?"""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address

from homeport.errors import Unavailable
from homeport.model.line import ANY_LINE, Line
from homeport.net.default_route import source_toward
from homeport.net.udp import exchange
from homeport.wire import natpmp, pcp

WAITS = (0.25, 0.5, 1.0, 2.0)
"""Seconds to wait after each sending: RFC 6886 section 3.1, ended early, for a router is a millisecond away."""
_LIFETIME = 30  # seconds a mapping may outlive us when giving it back is lost; routers make it 120 at least


async def natpmp_external(gateway: IPv4Address, line: Line = ANY_LINE) -> natpmp.External:
    """Return the external address by NAT-PMP.

    Raises:
        Unavailable: no answer, or no NAT-PMP there.
        ValueError: the router refuses or answers nonsense; the message is read after "the router".
    """
    return natpmp.external(await _ask(gateway, natpmp.REQUEST, natpmp.is_answer, line))


async def pcp_epoch(gateway: IPv4Address, line: Line = ANY_LINE) -> int:
    """Return for how many seconds the router has kept its mappings, by PCP; this changes nothing there.

    Raises:
        Unavailable: no answer, or no PCP there.
        ValueError: the router refuses or answers nonsense; the message is read after "the router".
    """
    request = pcp.announce_request(source_toward(gateway, line))
    return pcp.answer(await _ask(gateway, request, pcp.is_announce_answer, line)).epoch


async def pcp_external(gateway: IPv4Address, line: Line = ANY_LINE) -> pcp.Mapped:
    """Return the external address by PCP: map a port, and give it back.

    The port is that of a socket held here, which takes datagrams from the router alone: nobody reaches anything
    by it, not even while the mapping is there.

    Raises:
        Unavailable: no answer, or no PCP there.
        ValueError: the router refuses or answers nonsense; the message is read after "the router".
    """
    with _held(gateway, line) as sock:
        own, port = sock.getsockname()
        request = partial(pcp.map_request, IPv4Address(own), port, secrets.token_bytes(12))
        nonce = request.args[2]
        try:
            data = await _ask(gateway, request(_LIFETIME), partial(pcp.is_map_answer, nonce=nonce), line)
        finally:
            with contextlib.suppress(OSError):  # lost or refused, it ends by itself
                sock.send(request(0))
    answer = pcp.answer(data)
    if not isinstance(answer, pcp.Mapped):
        raise ValueError("answered something else than a mapping")  # noqa: TRY004 -- what a peer says is no type
    return answer


def _held(gateway: IPv4Address, line: Line) -> socket.socket:
    """Return a socket with a port of its own that hears from the router alone."""
    own = str(source_toward(gateway, line))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind((own, 0))
        sock.connect((str(gateway), pcp.PORT))
    except OSError as error:
        sock.close()
        raise Unavailable(f"there is no way to {gateway}: {error.strerror or error}") from error
    return sock


async def _ask(gateway: IPv4Address, request: bytes, accept: Callable[[bytes], bool], line: Line) -> bytes:
    """Send, and send again while nothing comes; who refuses by ICMP is not asked again."""
    for wait in WAITS:
        try:
            return await exchange(
                (str(gateway), natpmp.PORT), request, timeout=wait, accept=accept, line=line
            )
        except Unavailable as error:
            last = error
            if not isinstance(error.__cause__, TimeoutError):
                break
    raise last
