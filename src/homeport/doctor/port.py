"""The ports that the server is to listen on: that they are free, and that this account may have them."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from homeport.config.listen import LOW, Endpoint, endpoint
from homeport.config.models import Server
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, ok, wrong

FREE = ok("port.ok", "{where} ({protocol}) is free for {what}")
TAKEN = wrong(
    "port.taken",
    "{where} ({protocol}), where {what} is to listen, is taken by another program",
    "end it or choose another port; `ss -lntup` or `netstat -abno` names it (port 53 is often systemd-resolved's)",
)
FORBIDDEN = wrong(
    "port.forbidden",
    "this account may not listen on {where} ({protocol}), where {what} is to",
    "choose a port above 1023, or let `homeport service install` give the right (CAP_NET_BIND_SERVICE)",
)
NO_ADDRESS = wrong(
    "port.no_address",
    "{where}, where {what} is to listen, is no address of this machine: {why}",
    "name one that it has, or 0.0.0.0 and [::]",
)
DNS = "DNS"
TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


async def check(case: Case) -> AsyncIterator[Finding]:
    """Bind every listener for a moment, unless the server runs and has them."""
    if case.server is None or "serve" in case.reports:
        return
    is_held = any(place.endswith(".socket") for one in case.installed or () for place in one.standing.places)
    for what, protocol, where in listeners(case.server):
        if not (is_held and what == DNS and where.port < LOW):  # systemd listens there, for the server
            yield _tried(what, protocol, where)


def listeners(server: Server) -> Iterator[tuple[str, str, Endpoint]]:
    """Yield what listens, over which protocol, and where."""
    wanted = [("the gateway", "tcp", listen) for listen in server.gateway.listen]
    wanted += [(DNS, protocol, listen) for listen in server.dns.listen for protocol in ("udp", "tcp")]
    wanted += [("the heartbeat", "udp", listen) for listen in (server.heartbeat or _Nothing).listen]
    for what, protocol, listen in wanted:
        with suppress(ValueError):
            yield what, protocol, endpoint(listen)


class _Nothing:
    listen = ()


def _tried(what: str, protocol: str, where: Endpoint) -> Finding:
    names = {"what": what, "protocol": protocol, "where": where}
    try:
        family, kind, number, _, address = socket.getaddrinfo(where.host, where.port, type=TYPES[protocol])[0]
        with socket.socket(family, kind, number) as sock:
            if protocol == "tcp":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            if protocol == "tcp":
                sock.listen(1)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            return TAKEN.found(**names)
        if exc.errno in {errno.EACCES, errno.EPERM}:
            return FORBIDDEN.found(**names)
        return NO_ADDRESS.found(why=exc.strerror, **names)
    return FREE.found(**names)
