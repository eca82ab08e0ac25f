"""Any primary that takes RFC 2136 updates: BIND, Knot, PowerDNS, Windows DNS; signed with TSIG.

An update says what it expects to find, so that a change somebody else made is never overwritten unseen.
Source: RFC 2136 sections 2.4, 2.5 and 3.4.2; RFC 8945 section 5.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    HomeportError,
    Refused,
    Unavailable,
    Unconfirmed,
)
from homeport.model.line import Line
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net import udp
from homeport.net.dial import Dialer
from homeport.net.failures import cause
from homeport.net.resolver import server_address
from homeport.ports import Observed, Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._base import OneRefused, Results

if TYPE_CHECKING:  # an agent without this provider does without the library
    from dns.message import Message
    from dns.tsig import Key
    from dns.update import UpdateMessage

AT_MOST = 200  # changes of one message: what surely fits 64 KiB
_DATAGRAM = 1232  # bytes that fit every path (RFC 9715); more goes over TCP
_UDP_WAIT, _TCP_WAIT = 2.0, 6.0  # seconds
Algorithm = Literal["hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha224", "hmac-sha1"]


class Settings(_base.Settings, frozen=True, kw_only=True, tag="rfc2136"):
    """The zone, its primary, and the TSIG key that may update it."""

    zone: Fqdn
    server: Annotated[str, Meta(description="the primary: address or name, with :port if not 53")]
    port: Annotated[int, Meta(ge=1, le=65535)] = 53
    key_name: str = ""
    key_secret: Annotated[Secret | None, Meta(description="base64, as tsig-keygen prints it")] = None
    key_algorithm: Algorithm = "hmac-sha256"

    def __post_init__(self) -> None:
        if bool(self.key_name) != bool(self.key_secret):
            raise ConfigInvalid("rfc2136 needs `key_name` and `key_secret` together, or neither")
        if self.proxy:
            raise ConfigInvalid("rfc2136 speaks DNS, which no `proxy` carries; leave it out")
        server_address(self.server, self.port)


class Rfc2136(_base.Adapter, settings=Settings):
    kind: ClassVar[str] = "rfc2136"
    about = About(
        title="RFC 2136 dynamic update (BIND, Knot, PowerDNS, Windows DNS)",
        evidence=("real-server", "vendor-doc https://www.rfc-editor.org/rfc/rfc2136"),
        access="tsig-keygen NAME, and allow-update or update-policy for that key at the primary",
        access_zh="运行 tsig-keygen NAME 生成密钥，并在主服务器上用 allow-update 或 update-policy 授权",
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._zone = settings.zone
        self._host, self._port = server_address(settings.server, settings.port)
        self._settings = settings
        self._tools = tools
        self._server = udp.show((self._host, self._port))
        self.account = f"rfc2136 {settings.key_name}@{self._server}"

    def clamp(self, wanted: RRset) -> RRset:
        if not wanted.key.name.is_within(self._zone):
            raise ConfigInvalid(f"{wanted.key.name} is not within {self._zone}, the provider's zone")
        return RRset(wanted.key, wanted.rdata, wanted.ttl)

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        found = await _base.beside(_base.outcome(self._look(key)) for key in keys)
        return dict(zip(keys, found, strict=True))

    async def apply(self, changes: Sequence[Change]) -> Results:
        outside = [change for change in changes if not change.key.name.is_within(self._zone)]
        inside = [change for change in changes if change not in outside]
        parts = [await _base.apart(some, self._send) for some in _base.chunks(inside, AT_MOST)]
        return _base.joined([_base.same(outside, Refused(f"not within {self._zone}")), *parts])

    async def nameservers(self) -> Sequence[str]:
        """Return the primary itself: it has the zone, whether or not the world is sent to it."""
        return [udp.show(await self._where())]

    async def _send(self, changes: Sequence[Change]) -> None:
        """Send one UPDATE; the server does all of it or, when one expectation fails, nothing."""
        try:
            await self._update(changes)
        except OneRefused as refused:
            if len(changes) > 1 or not isinstance(refused.error, Unconfirmed):
                raise
            await self._look_again(changes[0], refused)
        except CredentialsRefused as error:
            await self._look(changes[0].key)
            raise OneRefused(self._no_right(error)) from None

    async def _update(self, changes: Sequence[Change]) -> None:
        response = await self._exchange(self._message(changes), changes=True)
        self._judge(response, changes)

    async def _look_again(self, change: Change, refused: OneRefused) -> None:
        """Find out why one expectation failed: done before, no RRset of its own (a wildcard's), or moved."""
        now = await self._look(change.key)
        if now is change.after or (now and change.after and now.satisfies(change.after)):
            return
        if not now or not change.before or not change.after or now.rdata != change.before.rdata:
            raise refused
        await self._update([Change(change.key, None, change.after)])

    def _message(self, changes: Sequence[Change]) -> UpdateMessage:
        """Build the UPDATE: for every change what must be there now, and what shall be."""
        import dns.update

        message = dns.update.UpdateMessage(f"{self._zone}.")
        for change in changes:
            name, rrtype, before, after = f"{change.key.name}.", change.key.type, change.before, change.after
            if before:
                message.present(name, rrtype, *sorted(before.rdata))
            else:
                message.absent(name, rrtype)
            if after:
                message.absent(name, "CNAME")  # beside one, a server drops what is added and says nothing
                message.replace(name, after.ttl or 60, rrtype, *sorted(after.rdata))
            else:
                message.delete(name, rrtype)
        return message

    async def _look(self, key: RRsetKey) -> RRset | None:
        """Return one RRset as the server itself answers it."""
        import dns.flags
        import dns.message
        import dns.name
        import dns.rcode
        import dns.rdataclass
        import dns.rdatatype

        query = dns.message.make_query(f"{key.name}.", key.type, payload=_DATAGRAM, use_edns=0)
        query.flags &= ~dns.flags.RD
        response = await self._exchange(query, changes=False)
        if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise self._rejected(response, f"a query for {key}")
        if not response.flags & dns.flags.AA:
            raise Unavailable(f"{self._server} does not answer for {key.name} with authority; check `server`")
        found = response.get_rrset(
            response.answer,
            dns.name.from_text(f"{key.name}."),
            dns.rdataclass.IN,
            dns.rdatatype.from_text(key.type),
        )
        return RRset(key, frozenset(rdata.to_text() for rdata in found), found.ttl) if found else None

    def _judge(self, response: Message, changes: Sequence[Change]) -> None:
        """Raise what the response code of an UPDATE means (RFC 2136 section 3)."""
        import dns.rcode

        code = response.rcode()
        keys = ", ".join(str(change.key) for change in changes)
        match code:
            case dns.rcode.NOERROR:
                return
            case dns.rcode.NXDOMAIN | dns.rcode.YXDOMAIN | dns.rcode.YXRRSET | dns.rcode.NXRRSET:
                why = f"{keys} is not as it was observed ({code.name}): somebody else changed it, or a CNAME is there"
                raise OneRefused(Unconfirmed(why))
            case dns.rcode.REFUSED | dns.rcode.NOTZONE:
                raise OneRefused(self._rejected(response, f"the update of {keys}"))
            case dns.rcode.SERVFAIL:
                raise Unconfirmed(f"{self._server} failed while it updated {keys} (SERVFAIL)")
            case _:
                raise self._rejected(response, "the update")

    def _rejected(self, response: Message, what: str) -> HomeportError:
        """Return what a response code other than success means."""
        import dns.rcode

        code = response.rcode()
        name = self._settings.key_name
        key = f"the key {name}" if name else "an unsigned request"
        unknown = " or the secret is another one there" if name else ""
        why = {
            "REFUSED": f"{key} has no right to it{unknown}, or this machine's address has none",
            "NOTAUTH": f"it is not authoritative for {self._zone}; check `zone` and `server`",
            "NOTZONE": f"the name is outside of {self._zone}",
            "NOTIMP": "it takes no updates",
        }.get(dns.rcode.to_text(code), "it does not say why")
        said = f"{self._server} rejects {what} with {dns.rcode.to_text(code)}: {why}"
        return Unavailable(said) if code == dns.rcode.SERVFAIL else Refused(said)

    async def _exchange(self, message: Message, *, changes: bool) -> Message:
        """Send one message, signed where there is a key, and return the response once it is verified."""
        import dns.exception

        key = await self._key()
        if key:
            message.use_tsig(key)
        try:
            sending = _Sending(message.to_wire(), self._tools.line)
        except dns.exception.TooBig:
            raise OneRefused(Refused("an RRset is too large for one DNS message")) from None
        try:
            answer = await sending.to(await self._where())
        except Unavailable as error:
            if changes and sending.has_left:
                raise Unconfirmed(f"{error}; the update may have arrived") from error
            raise
        return self._verified(answer, message, key, changes=changes)

    async def _where(self) -> tuple[str, int]:
        addresses = await self._tools.resolver.addresses(self._host)
        return str(addresses[0]), self._port

    async def _key(self) -> Key | None:
        """Make the key of its secret, for one message."""
        if self._settings.key_secret is None:
            return None
        import dns.exception
        import dns.tsig

        secret = "".join((await _base.revealed(self._settings.key_secret)).split())
        try:
            return dns.tsig.Key(self._settings.key_name, secret, f"{self._settings.key_algorithm}.")
        except (ValueError, dns.exception.DNSException):
            raise ConfigInvalid(
                f"the key {self._settings.key_name} for {self._server} cannot be used: its secret must be base64"
                " and its name a domain name"
            ) from None

    def _verified(self, wire: bytes, request: Message, key: Key | None, *, changes: bool) -> Message:
        """Return the response when its signature is right, or when it is an error that came unsigned."""
        import dns.exception
        import dns.message
        import dns.rcode
        import dns.tsig

        failed = Unconfirmed if changes else Unavailable
        try:
            response = dns.message.from_wire(wire, keyring=False)
            if key and response.had_tsig:
                dns.message.from_wire(wire, keyring=key, request_mac=request.mac)
        except dns.tsig.PeerBadTime:
            raise Unavailable(self._clock_says(request, response)) from None
        except dns.tsig.PeerError as error:
            raise CredentialsRefused(f"{self._server} refuses the key: {self._key_says(error)}") from None
        except dns.exception.DNSException as error:
            raise failed(f"{self._server} sent a response that is not to be believed: {error}") from None
        if key and not response.had_tsig and response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise failed(f"{self._server} sent a response that is not signed")
        return response

    def _no_right(self, error: CredentialsRefused) -> Refused:
        """Return what BADKEY means of a key that is good for a query: Knot says so of a name it may not change."""
        return Refused(f"{error}, and whether it may change this name")

    def _key_says(self, error: Exception) -> str:
        import dns.tsig

        name, algorithm = self._settings.key_name, self._settings.key_algorithm
        match error:
            case dns.tsig.PeerBadKey():
                return f"BADKEY, it has no key {name} with {algorithm}; check `key_name` and `key_algorithm`"
            case dns.tsig.PeerBadSignature():
                return f"BADSIG, the secret of {name} is another one there; check `key_secret`"
            case _:
                return f"{error} ({name}, {algorithm})"

    def _clock_says(self, request: Message, response: Message) -> str:
        """Read the server's clock out of a BADTIME response (RFC 8945 section 5.2.3)."""
        ours: Any = request.tsig[0] if request.tsig else None
        tsig: Any = response.tsig[0] if response.tsig else None
        said = f"{self._server} refuses the time of the signature (BADTIME): set this machine's clock"
        if not ours or not tsig or len(tsig.other) != 6:
            return said
        off = ours.time_signed - int.from_bytes(tsig.other, "big")
        return f"{said}, it is {abs(off)} s {'ahead of' if off > 0 else 'behind'} the server's"


class _Sending:
    """One message on its way: UDP first, TCP when it is large, truncated or not answered.

    Attributes:
        has_left: the server may have got it.
    """

    def __init__(self, wire: bytes, line: Line) -> None:
        self.has_left = False
        self._wire = wire
        self._line = line

    async def to(self, where: tuple[str, int]) -> bytes:
        """Return the answer.

        Raises:
            Unavailable: there was none.
        """
        if len(self._wire) <= _DATAGRAM:
            try:
                answer = await udp.exchange(
                    where, self._wire, timeout=_UDP_WAIT, accept=self._is_answer, line=self._line
                )
                if not answer[2] & 2:  # TC
                    return answer
            except Unavailable as error:
                self.has_left = isinstance(error.__cause__, TimeoutError)
        return await self._over_tcp(where)

    async def _over_tcp(self, where: tuple[str, int]) -> bytes:
        try:
            async with asyncio.timeout(_TCP_WAIT):
                return await self._stream(where)
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            why = "the connection was closed" if isinstance(error, EOFError) else cause(error)
            raise Unavailable(f"{udp.show(where)} does not answer: {why}") from error

    async def _stream(self, where: tuple[str, int]) -> bytes:
        sock = await Dialer(line=self._line, timeout=_TCP_WAIT).connect(*where)
        reader, writer = await asyncio.open_connection(sock=sock)
        try:
            self.has_left = True
            writer.write(struct.pack("!H", len(self._wire)) + self._wire)
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                answer = await reader.readexactly(size)
                if self._is_answer(answer):
                    return answer
        finally:
            writer.close()

    def _is_answer(self, data: bytes) -> bool:
        """Tell whether `data` is a response with our id and opcode."""
        return (
            len(data) >= 12 and data[:2] == self._wire[:2] and data[2] & 0xF8 == 0x80 | self._wire[2] & 0x78
        )


PROVIDER = Rfc2136
