"""Ask a DNS server which address it sees a question come from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from homeport.detectors._services import WHOAMI, Whoami
from homeport.errors import PeerError, Unavailable
from homeport.model.address import Family, IPAddress, parse_address, why_not_public
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.operator import camp_of, operator_of
from homeport.net import dns_stream, udp
from homeport.net.resolver import server_address
from homeport.net.target import Target
from homeport.ports import Tools
from homeport.wire import dns

WAITS = (0.5, 1.0, 1.5)
"""Seconds to wait for an answer over UDP after each sending, for datagrams are lost."""
PATIENCE = 4.0
"""Seconds for one over TCP or TLS, connecting included."""
_PORTS = {"udp": 53, "tcp": 53, "tls": 853}
_SPOKEN = {"udp": "dns", "tcp": "dns", "tls": "dot", "https": "doh"}
_MESSAGE = "application/dns-message"


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="dns_echo"
):
    """A DNS server that answers one question with the address of whoever asks."""

    server: Annotated[
        str,
        Meta(
            description=f"a preset ({', '.join(WHOAMI)}), address:port or name:port, or with https the server's URL"
        ),
    ]
    protocol: Annotated[
        Literal["udp", "tcp", "tls", "https"], Meta(description="how it is asked: tls is DoT, https is DoH")
    ] = "udp"
    name: Annotated[str, Meta(description="what is asked; a preset has its own")] = ""
    type: Annotated[
        Literal["", "A", "AAAA", "TXT"], Meta(description="left out: A over IPv4 and AAAA over IPv6")
    ] = ""

    def __post_init__(self) -> None:
        if preset := WHOAMI.get(self.server):
            if self.name or self.type:
                raise ValueError(f"{self.server} has a name and a type of its own; leave them out")
            if self.protocol not in preset.protocols:
                raise ValueError(f"{self.server} is asked over {', '.join(preset.protocols)}")
        elif not self.name:
            raise ValueError(
                f"expected a preset ({', '.join(WHOAMI)}), or a server with the name to ask it for"
            )
        else:
            _own(self)


class DnsEcho:
    """Believes one server; asked over IPv4 for an IPv4 address and over IPv6 for an IPv6 one."""

    kind: ClassVar[str] = "dns_echo"
    witnesses: ClassVar[int] = 2

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._asked = WHOAMI.get(settings.server) or _own(settings)
        self._is_preset = settings.server in WHOAMI
        self._how = settings.protocol
        self._shown = Target.parse(settings.server).shown if "://" in settings.server else settings.server
        self._tools = tools
        places = self._asked.urls if self._how == "https" else self._asked.servers
        self.families = tuple(family for family in self._asked.types if family in places)
        host, port = _host_of(next(iter(places.values())), self._how)
        self.operator = operator_of(host, port)
        self.protocol = _SPOKEN[self._how]
        self.camp = camp_of(self.operator)

    async def detect(self, family: Family) -> Observation:
        if family not in self.families:
            return Unknown(f"{self._shown} does not serve {family}")
        query = dns.query(
            secrets.randbelow(65536) if self._how != "https" else 0,  # RFC 8484 section 4.1: an id of 0
            self._asked.name,
            self._asked.types[family],
            recurse=not self._asked.is_authoritative,
            rrclass=self._asked.rrclass,
        )
        try:
            message = dns.parse(await self._exchange(query, family))
            return Addresses((family.parse(_address(message, self._asked, self._asked.types[family])),))
        except (PeerError, ValueError) as error:
            return Unknown(str(error))

    async def _exchange(self, query: bytes, family: Family) -> bytes:
        if self._how == "https":
            return await self._over_https(query, family)
        server = await self._server(family)
        stream = partial(
            dns_stream.exchange, server, query, timeout=PATIENCE, family=family, line=self._tools.line
        )
        if self._how != "udp":
            return await stream(tls_name=self._asked.tls_name if self._how == "tls" else "")
        answer = await udp.exchange(
            server,
            query,
            timeout=WAITS[0],
            again=WAITS[1:],
            accept=partial(dns.is_answer, query=query),
            family=family,
            line=self._tools.line,
        )
        return await stream() if dns.parse(answer).is_truncated else answer

    async def _over_https(self, query: bytes, family: Family) -> bytes:
        answer = await self._tools.http.request(
            "POST",
            self._asked.urls[family],
            changes=False,
            headers={"Accept": _MESSAGE, "Content-Type": _MESSAGE, "Connection": "close"},
            content=query,
            family=family,
        )
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status != 200 or kind != _MESSAGE:
            raise ValueError(f"it answered {answer.status} with {kind or 'nothing'} instead of DNS")
        if not dns.is_answer(answer.body, query):
            raise ValueError("it answered another question")
        return answer.body

    async def _server(self, family: Family) -> tuple[str, int]:
        """Return where to send; a well-known server that is looked up here as a private one is not it."""
        host, port = _host_of(self._asked.servers[family], self._how)
        address = await self._address(host, family)
        if self._is_preset and (why := why_not_public(address)):
            raise Unavailable(
                f"{host} is looked up as {address} ({why}): something here answers in its place"
            )
        return str(address), port

    async def _address(self, host: str, family: Family) -> IPAddress:
        try:
            return family.parse(host)
        except ValueError:
            return (await self._tools.resolver.addresses(host, family))[0]

    def describe(self) -> str:
        how = "" if self._how == "udp" else f" over {self._how}"
        return f"{self.kind} {self._shown}{how}"


def _own(settings: Settings) -> Whoami:
    """Return what a user's own server is asked.

    Raises:
        ValueError: the server or the name is none.
    """
    dns.encode_name(settings.name)
    host, _ = _host_of(settings.server, settings.protocol)
    types: Mapping[Family, dns.Type] = {
        family: dns.Type[settings.type or family.rrtype.value] for family in Family
    }
    everywhere = dict.fromkeys(Family, settings.server)
    if settings.protocol == "https":
        return Whoami(settings.name, types, {}, urls=everywhere)
    return Whoami(settings.name, types, everywhere, tls_name=host)


def _host_of(place: str, how: str) -> tuple[str, int]:
    """Read a server or, for `https`, its URL.

    Raises:
        ValueError: it is not one.
    """
    if how != "https":
        return server_address(place, _PORTS[how])
    try:
        target = Target.parse(place)
    except PeerError:
        target = None
    if target is None or target.scheme != "https":
        raise ValueError("the server must be a URL that begins with https://")
    return target.host, target.port


def _address(message: dns.Message, asked: Whoami, rrtype: dns.Type) -> str:
    """Return the one address an answer holds, as text.

    Raises:
        ValueError: it holds anything else; the message says what came, and what that may mean.
    """
    if message.rcode != dns.Rcode.NOERROR:
        known = asked in WHOAMI.values()
        hint = ", as a resolver does that answers in its place" if known else f" for {asked.name}"
        raise ValueError(f"it answered {_named(message.rcode)}{hint}")
    if asked.is_authoritative and not message.is_authoritative:
        raise ValueError("the answer is not its own: a resolver in between answers in its place")
    found = [record for record in message.answer if record.type == rrtype and _is_of(record, asked)]
    if len(found) != 1 or len(message.answer) != 1:
        raise ValueError(f"it answered {len(message.answer)} records, where exactly one address is expected")
    text = _text(message, found[0])
    try:
        return str(parse_address(text))
    except ValueError:
        raise ValueError(f"it answered {text[:64]!r}, which is no address") from None


def _is_of(record: dns.Record, asked: Whoami) -> bool:
    return record.owner.lower() == asked.name.rstrip(".").lower() and record.rrclass == asked.rrclass


def _text(message: dns.Message, record: dns.Record) -> str:
    """Return RDATA without the quotes of a TXT record, whose strings are one text (RFC 7208 section 3.3)."""
    if record.type != dns.Type.TXT:
        return message.text(record)
    return b"".join(dns.strings(record.rdata)).decode("ascii", "replace")


def _named(rcode: int) -> str:
    known = {int(code): code.name for code in dns.Rcode}
    return known.get(rcode, f"rcode {rcode}")


DETECTOR = DnsEcho
