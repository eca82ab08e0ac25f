"""Any primary that takes RFC 2136 updates: BIND, Knot, PowerDNS, Windows DNS; signed with TSIG.

An update says what it expects to find, so that a change somebody else made is never overwritten unseen.
Source: RFC 2136 sections 2.4, 2.5 and 3.4.2; RFC 8945 section 5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rdata import known
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net import udp
from homeport.net.dns_message import DATAGRAM, Sending
from homeport.net.resolver import server_address
from homeport.ports import Observed, Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._base import OneRefused, Results
from homeport.wire import update

if TYPE_CHECKING:  # an agent without this provider does without the library
    from dns.message import Message
    from dns.tsig import Key

AT_MOST = 200  # changes of one message: what surely fits 64 KiB
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
    types = frozenset(RRType)
    about = About(
        title="RFC 2136 dynamic update (BIND, Knot, PowerDNS, Windows DNS)",
        evidence=("real-server", "vendor-doc https://www.rfc-editor.org/rfc/rfc2136"),
        access="tsig-keygen NAME, and allow-update or update-policy for that key at the primary",
        access_zh="运行 tsig-keygen NAME 生成密钥，并在主服务器上用 allow-update 或 update-policy 授权",
        known_as=("bind", "knot", "nsupdate", "windows dns"),
        asks=("zone", "server", "key_name", "key_secret"),
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
        response = await self._exchange(update.update(self._zone, changes), changes=True)
        self._judge(response, changes)

    async def _look_again(self, change: Change, refused: OneRefused) -> None:
        """Find out why one expectation failed: done before, no RRset of its own (a wildcard's), or moved."""
        now = await self._look(change.key)
        if now is change.after or (now and change.after and now.satisfies(change.after)):
            return
        if not now or not change.before or not change.after or now.rdata != change.before.rdata:
            raise refused
        await self._update([Change(change.key, None, change.after)])

    async def _look(self, key: RRsetKey) -> RRset | None:
        """Return one RRset as the server itself answers it."""
        import dns.flags
        import dns.message
        import dns.name
        import dns.rcode
        import dns.rdataclass
        import dns.rdatatype

        query = dns.message.make_query(f"{key.name}.", key.type, payload=DATAGRAM, use_edns=0)
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
        return RRset(key, _spelled(key, found), found.ttl) if found else None

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
            sending = Sending(message.to_wire(), self._tools.line)
        except dns.exception.TooBig:
            raise OneRefused(Refused("an RRset is too large for one DNS message")) from None
        try:
            answer = await sending.to(await self._where())
        except Unavailable as error:
            if changes and sending.has_left:
                raise Unconfirmed(f"{error}; the update may have arrived") from error
            raise
        return update.verified(answer, message, key, self._server, changes=changes)

    async def _where(self) -> tuple[str, int]:
        addresses = await self._tools.resolver.addresses(self._host)
        return str(addresses[0]), self._port

    async def _key(self) -> Key | None:
        """Make the key of its secret, for one message."""
        if self._settings.key_secret is None:
            return None
        settings, secret = self._settings, await _base.revealed(self._settings.key_secret)
        try:
            return update.key(settings.key_name, secret, settings.key_algorithm)
        except ValueError:
            raise ConfigInvalid(
                f"the key {settings.key_name} for {self._server} cannot be used: its secret must be base64"
                " and its name a domain name"
            ) from None

    def _no_right(self, error: CredentialsRefused) -> Refused:
        """Return what BADKEY means of a key that is good for a query: Knot says so of a name it may not change."""
        return Refused(f"{error}, and whether it may change this name")


def _spelled(key: RRsetKey, found: Iterable[Any]) -> frozenset[str]:
    return frozenset(known(key.type, rdata.to_text()) for rdata in found)


PROVIDER = Rfc2136
