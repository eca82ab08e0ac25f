"""DNS as the agent asks it: addresses of a host, servers of a zone, and what one server says itself.

Small on purpose and without a DNS library, for the idle agent has to stay small.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path

from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress, parse_address
from homeport.model.name import Fqdn
from homeport.model.rdata import known
from homeport.model.rrset import RRsetKey
from homeport.net import dns_stream, udp
from homeport.wire import dns

_RESOLV_CONF = Path("/etc/resolv.conf")
_EDNS = 1232  # the payload that fits every path (RFC 9715)


def server_address(text: str, port: int = 53) -> tuple[str, int]:
    """Read `address`, `address:port` or `[address]:port`.

    Raises:
        ValueError: the port is not a number from 1 to 65,535, or there is no address.
    """
    host, colon, after = text.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):  # a bare name, or a bare IPv6 address
        host, after = text.strip(), str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not after.isdecimal() or not 0 < int(after) < 65536:
        raise ValueError(f"not a server's address and port: {text!r}")
    return host, int(after)


class SystemResolver:
    """Asks the system's resolver for addresses, and DNS servers for everything else.

    Args:
        servers: recursive resolvers asked instead of the system's, `address` or `address:port`.
        timeout: seconds that one server has for one answer; it is asked twice.
        system: returns the system's recursive resolvers.
    """

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        timeout: float = 2.0,
        system: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._given = tuple(servers)
        self._timeout = timeout
        self._system = system or system_servers

    async def addresses(self, host: str, family: Family | None = None) -> Sequence[IPAddress]:
        found = self._literal(host)
        if found is None:
            found = await (self._looked_up(host, family) if self._given else self._by_system(host, family))
        wanted = [address for address in found if family in {None, address.version}]
        if not wanted:
            raise Unavailable(f"{host} has no {family or 'IP'} address")
        return list(dict.fromkeys(wanted))

    async def nameservers(self, zone: Fqdn) -> Sequence[str]:
        names = await self._zone_cut(zone)
        found = await asyncio.gather(*map(self._addresses_or_none, names))
        servers = [udp.show((str(address), 53)) for addresses in found for address in addresses]
        if not servers:
            raise Unavailable(f"not one name server of {zone} has an address ({', '.join(names)})")
        return list(dict.fromkeys(servers))

    async def ask(self, server: str, key: RRsetKey) -> frozenset[str]:
        name, rrtype = str(key.name), dns.Type[key.type]
        message = await self._exchange(server, name, rrtype, recurse=False)
        if message.rcode not in {dns.Rcode.NOERROR, dns.Rcode.NXDOMAIN} or not message.is_authoritative:
            raise Unavailable(f"{server} does not answer for {key.name} with authority ({_says(message)})")
        return frozenset(known(key.type, text) for text in _rdata(message, rrtype, owner=name))

    async def serial(self, server: str, name: Fqdn) -> int:
        message = await self._exchange(server, str(name), dns.Type.SOA, recurse=False)
        found = [record for record in (*message.answer, *message.authority) if record.type == dns.Type.SOA]
        if not message.is_authoritative or not found:
            raise Unavailable(f"{server} names no SOA for {name} ({_says(message)})")
        try:
            return int(message.text(found[0]).split()[2])
        except ValueError as exc:
            raise Unavailable(f"{server} answers an SOA that cannot be read: {exc}") from exc

    @staticmethod
    def _literal(host: str) -> list[IPAddress] | None:
        try:
            return [ip_address(host.strip("[]"))]
        except ValueError:
            return None

    async def _by_system(self, host: str, family: Family | None) -> list[IPAddress]:
        loop = asyncio.get_running_loop()
        wanted = {None: socket.AF_UNSPEC, Family.V4: socket.AF_INET, Family.V6: socket.AF_INET6}[family]
        try:
            async with asyncio.timeout(self._timeout * 5):
                found = await loop.getaddrinfo(host, None, family=wanted, type=socket.SOCK_STREAM)
        except TimeoutError as exc:
            raise Unavailable(f"the system's resolver does not answer for {host}") from exc
        except (OSError, UnicodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else "not a host name"
            raise Unavailable(f"{host} cannot be looked up: {why}") from exc
        return [parse_address(str(item[4][0])) for item in found if "%" not in str(item[4][0])]

    async def _looked_up(self, host: str, family: Family | None) -> list[IPAddress]:
        families = [family] if family else list(Family)
        asked = (self._recursive(host, dns.Type[each.rrtype]) for each in families)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        messages = [answer for answer in answers if isinstance(answer, dns.Message)]
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if failures and not any(message.answer for message in messages):
            raise failures[0]
        types = [dns.Type[each.rrtype] for each in families]
        return [
            ip_address(text) for message in messages for rrtype in types for text in _rdata(message, rrtype)
        ]

    async def _addresses_or_none(self, host: str) -> Sequence[IPAddress]:
        try:
            return await self.addresses(host)
        except Unavailable:
            return ()

    async def _zone_cut(self, zone: Fqdn) -> list[str]:
        for name in zone.parents():
            message = await self._recursive(str(name), dns.Type.NS)
            if found := _rdata(message, dns.Type.NS, owner=str(name)):
                return sorted(found)
        raise Unavailable(f"no name servers are found for {zone}: it is not delegated")

    async def _recursive(self, name: str, rrtype: dns.Type) -> dns.Message:
        """Return the first useful answer of the recursive resolvers; NXDOMAIN is one."""
        failure = Unavailable("this machine has no DNS resolver configured")
        for server in self._given or self._system():
            try:
                message = await self._exchange(server, name, rrtype, recurse=True)
            except Unavailable as exc:
                failure = exc
                continue
            if message.rcode in {dns.Rcode.NOERROR, dns.Rcode.NXDOMAIN}:
                return message
            failure = Unavailable(f"{server} cannot say the {rrtype.name} of {name} ({_says(message)})")
        raise failure

    async def _exchange(self, server: str, name: str, rrtype: dns.Type, *, recurse: bool) -> dns.Message:
        """Ask twice: the second time without EDNS, which some old servers and middleboxes do not pass."""
        try:
            where = server_address(server)
            first, second = (
                dns.query(_ident(), name, rrtype, recurse=recurse, edns=size) for size in (_EDNS, None)
            )
        except ValueError as exc:
            raise Unavailable(f"{server} cannot be asked: {exc}") from exc
        try:
            message = await self._once(where, first)
            if message.rcode not in {dns.Rcode.FORMERR, dns.Rcode.NOTIMP}:
                return message
        except Unavailable:  # the second try tells it, when it fails too
            pass
        return await self._once(where, second)

    async def _once(self, where: tuple[str, int], query: bytes) -> dns.Message:
        try:
            wire = await udp.exchange(
                where, query, timeout=self._timeout, accept=lambda data: dns.is_answer(data, query)
            )
            message = dns.parse(wire)
            if not message.is_truncated:
                return message
            return dns.parse(await dns_stream.exchange(where, query, timeout=self._timeout))
        except ValueError as exc:
            raise Unavailable(f"{udp.show(where)} answers what is not DNS: {exc}") from exc


def _ident() -> int:
    return secrets.randbelow(65536)


def _rdata(message: dns.Message, rrtype: dns.Type, owner: str | None = None) -> list[str]:
    """Return the presentation format of the answers of a type, of any owner when none is named (a CNAME's)."""
    records = (record for record in message.answer if owner is None or record.owner.lower() == owner.lower())
    try:
        return [message.text(record) for record in records if record.type == rrtype]
    except ValueError as exc:
        raise Unavailable(f"an answer holds what is not a record: {exc}") from exc


def _says(message: dns.Message) -> str:
    known = {int(code): code.name for code in dns.Rcode}
    return known.get(message.rcode, f"rcode {message.rcode}")


def system_servers(resolv_conf: Path = _RESOLV_CONF) -> Sequence[str]:
    """Return the recursive resolvers this machine is set up with."""
    return _windows_servers() if sys.platform == "win32" else _resolv_conf_servers(resolv_conf)


def _resolv_conf_servers(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    return _nameservers(lines) or ["127.0.0.1"]  # resolv.conf(5): none named means this machine


def _nameservers(lines: Iterable[str]) -> list[str]:
    words = (line.split() for line in lines)
    return [found[1] for found in words if len(found) > 1 and found[0] == "nameserver"]


def _windows_servers() -> list[str]:
    """Return what GetNetworkParams lists.

    Source: FIXED_INFO_W2KSP1 and IP_ADDR_STRING of iptypes.h.
    """
    found: list[str] = []
    if sys.platform == "win32":
        import ctypes

        size = ctypes.c_ulong(0)
        params = ctypes.WinDLL("iphlpapi").GetNetworkParams
        params(None, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(max(size.value, 1024))
        if params(buffer, ctypes.byref(size)) == 0:
            pointer = ctypes.sizeof(ctypes.c_void_p)
            # DnsServerList, after HostName[132], DomainName[132] and CurrentDnsServer
            at: int | None = ctypes.addressof(buffer) + 264 + pointer
            while at:
                found.append(ctypes.string_at(at + pointer).decode("ascii", "replace"))
                at = ctypes.c_void_p.from_address(at).value
    return [text for text in found if text]
