"""A router over UPnP: found on the link, read, and asked; whatever is not from that router is not believed.

Everything here speaks to one gateway that is known beforehand. An answer to a search counts only from its
address, a description only when it is fetched from there, and no URL in it leads elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit

from homeport.errors import PeerError, Unavailable
from homeport.model.line import ANY_LINE, Line
from homeport.net.default_route import source_toward
from homeport.net.http import raise_for_status
from homeport.ports import Http
from homeport.wire import ssdp, upnp

SEARCHES = 2
WAIT = 1.25
"""Seconds to wait after each search: an answer may be delayed by one second (MX)."""
ONCE = {"Connection": "close"}  # small servers keep connections badly
_RECEIVE = 8192


async def search(gateway: IPv4Address, line: Line = ANY_LINE) -> AsyncGenerator[str]:
    """Yield the URL of every description that `gateway` announces, as the answers come.

    Raises:
        Unavailable: there is no way to it.
    """
    seen = set()
    loop = asyncio.get_running_loop()
    with _searching(gateway, line) as sock:
        for _ in range(SEARCHES):
            _send(sock, gateway)
            until = loop.time() + WAIT
            while url := await _answered(sock, gateway, until):
                if url not in seen:
                    seen.add(url)
                    yield url


async def _answered(sock: socket.socket, gateway: IPv4Address, until: float) -> str | None:
    """Return the next URL that the gateway announces; `None` when none comes until then, on the loop's clock."""
    try:
        async with asyncio.timeout_at(until):
            while (url := await _answer(sock, gateway)) is None:
                pass
            return url
    except TimeoutError:
        return None


def _searching(gateway: IPv4Address, line: Line) -> socket.socket:
    own = str(source_toward(gateway, line))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind((own, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
    except OSError as error:
        sock.close()
        raise Unavailable(f"there is no way to {gateway}: {error.strerror or error}") from error
    return sock


def _send(sock: socket.socket, gateway: IPv4Address) -> None:
    """Ask the gateway alone, and everybody: some routers hear only the one, some the other."""
    for host in (str(gateway), ssdp.GROUP):
        for target in ssdp.TARGETS:
            with contextlib.suppress(OSError):  # a network without multicast
                sock.sendto(ssdp.search(target, host), (host, ssdp.PORT))


async def _answer(sock: socket.socket, gateway: IPv4Address) -> str | None:
    """Return the URL the next datagram names; `None` for one that is not from the gateway or leads elsewhere."""
    try:
        data, (host, *_) = await asyncio.get_running_loop().sock_recvfrom(sock, _RECEIVE)
        url = ssdp.location(data)
    except ValueError:
        return None
    except OSError:  # Windows tells of an ICMP error to what was sent before
        await asyncio.sleep(0)  # a socket that fails again and again lets the time pass all the same
        return None
    return url if ip_address(host) == gateway and leads_to(url, gateway) else None


def leads_to(url: str, gateway: IPv4Address) -> bool:
    """Tell whether a URL is on the gateway itself, by its address."""
    try:
        split = urlsplit(url)
        return split.scheme == "http" and ip_address(split.hostname or "") == gateway and split.port != 0
    except ValueError:
        return False


async def find(http: Http, gateway: IPv4Address, line: Line = ANY_LINE) -> upnp.Description:
    """Search the gateway and return the first description of it that has a service which knows the connection.

    Raises:
        Unavailable: it announces none, or none that could be read; the message says what came.
    """
    why = "it announces no internet gateway over UPnP"
    async with aclosing(search(gateway, line)) as urls:
        async for url in urls:
            try:
                return await describe(http, url)
            except (PeerError, ValueError) as error:
                why = f"{url}: {error}" if isinstance(error, PeerError) else f"it {error}"
    raise Unavailable(why)


async def describe(http: Http, url: str) -> upnp.Description:
    """Fetch the description at `url`.

    Raises:
        Unavailable: it could not be fetched.
        ValueError: it is none, or has no service that knows the connection; read after "the router".
    """
    answer = await http.request("GET", url, changes=False, headers=ONCE)
    description = upnp.description(raise_for_status(answer, changes=False).body, url)
    if not description.services:
        raise ValueError("sends a description without a service that knows the connection to the internet")
    return description


async def ask(http: Http, service: upnp.Service, action: str) -> Mapping[str, str]:
    """Return what a service answers to an `action` without arguments, by name.

    Raises:
        Unavailable: no answer.
        upnp.Fault: it refuses.
        ValueError: it wants a password, or answers nonsense; the message is read after "the router".
    """
    headers, body = upnp.question(service, action)
    answer = await http.request(
        "POST", service.control, changes=False, headers={**ONCE, **headers}, content=body
    )
    if answer.status == 401:
        raise ValueError(
            "wants a password; allow it to tell its status over UPnP (FRITZ!Box: Home Network, Network Settings)"
        )
    if answer.status != 500:  # with which SOAP says that the body holds a fault
        raise_for_status(answer, changes=False)
    return upnp.answered(answer.body, action)
