"""Where a request may be sent that somebody set from a page: never to this link's own services, nor a cloud's metadata.

A cloud hands a machine's credentials to whoever on it asks 169.254.169.254. A page that lets its visitor choose a URL
must not become that asker: neither by an address, in whatever spelling an operating system reads, nor by a name, nor by
a name that leads to such an address. `why_not` looks at what is written, `why_not_address` at what a name led to; who
sends the request asks both.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from homeport.errors import PeerError
from homeport.model.address import IPAddress, parse_address
from homeport.net.target import Target

WAY_OUT = "it can be written into homeport.yaml by hand"
_LINK_LOCAL = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))
_METADATA = (
    IPv4Address("100.100.100.200"),  # Alibaba Cloud
    IPv4Address("192.0.0.192"),  # Oracle Cloud
    IPv4Address("168.63.129.16"),  # Azure
    IPv6Address("fd00:ec2::254"),  # Amazon
    IPv6Address("fd20:ce::254"),  # Google
)
_NAMES = frozenset(
    {
        "metadata",
        "instance-data",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
        "metadata.azure.internal",
        "metadata.platformequinix.com",
        "metadata.packet.net",
    }
)
_NAT64 = IPv6Network("64:ff9b::/96")


def why_not(url: str) -> str | None:
    """Say why a page may not have a request sent to `url`, `None` when it may. The URL is never quoted."""
    try:
        target = Target.parse(url)
    except PeerError:
        return "expected a URL that begins with http:// or https:// and names a host"
    return why_not_host(target.host)


def why_not_host(host: str) -> str | None:
    """Say why a page may not have a request sent to a host, `None` when it may."""
    name = host.strip("[]").partition("%")[0].lower().rstrip(".")
    if name in _NAMES:
        return f"it names a cloud's metadata service; {WAY_OUT}"
    address = read(name)
    return why_not_address(address) if address is not None else None


def why_not_address(address: IPAddress) -> str | None:
    """Say why a page may not have a request sent to an address, `None` when it may."""
    for each in _meanings(address):
        if each in _METADATA:
            return f"it is the address of a cloud's metadata service; {WAY_OUT}"
        if any(each in network for network in _LINK_LOCAL):
            return f"it is a link-local address, where clouds keep a machine's credentials; {WAY_OUT}"
    return None


def read(text: str) -> IPAddress | None:
    """Return the address that a text is to an operating system: `2852039166` and `0xa9.254.43518` are one, too."""
    try:
        return parse_address(text)
    except ValueError:
        pass
    if not text or not set(text) <= set("0123456789abcdefx."):
        return None
    try:
        return IPv4Address(socket.inet_aton(text))
    except OSError:
        return None


def _meanings(address: IPAddress) -> Iterable[IPAddress]:
    """Yield an address and the IPv4 addresses that it carries (RFC 4291, RFC 6052, RFC 3056, RFC 4380)."""
    yield address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
        if address in _NAT64 or int(address) >> 32 == 0:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
