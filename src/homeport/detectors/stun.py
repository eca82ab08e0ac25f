"""Ask a STUN server which address it sees this machine come from: one datagram there and one back."""

from __future__ import annotations

import difflib
import secrets
from functools import partial
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.detectors._services import STUN
from homeport.errors import PeerError
from homeport.model.address import Family, IPAddress
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.operator import camp_of, operator_of
from homeport.net.udp import exchange
from homeport.ports import Tools
from homeport.wire.stun import binding_request, is_answer, mapped_address

WAITS = (0.5, 1.0, 1.5)
"""Seconds to wait after each sending, 3 in total: RTO of RFC 8489 section 6.2.1, ended early."""
_PORT = 3478


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="stun"
):
    """A STUN server (RFC 8489), asked over UDP."""

    server: Annotated[
        str,
        Meta(description=f"host:port, the port 3478 when left out; or a built-in one: {', '.join(STUN)}"),
    ]

    def __post_init__(self) -> None:
        split_server(STUN.get(self.server, self.server))
        is_word = self.server not in STUN and not {".", ":"} & {*self.server}
        if is_word and (near := difflib.get_close_matches(self.server.lower(), STUN, n=1)):
            raise ValueError(f'there is no built-in server "{self.server}"; did you mean "{near[0]}"?')


def split_server(text: str) -> tuple[str, int]:
    """Read `host`, `host:port` or `[IPv6 address]:port`; a bare IPv6 address is a host.

    Raises:
        ValueError: there is no host, or the port is not one.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or port.endswith("]") or (":" in host and not host.startswith("[")):
        host, port = text.strip(), str(_PORT)
    host = host.strip("[]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f'expected host:port, found "{text}"')
    return host, int(port)


class Stun:
    """Believes one server; asked over IPv4 for an IPv4 address and over IPv6 for an IPv6 one."""

    kind: ClassVar[str] = "stun"
    witnesses: ClassVar[int] = 2
    protocol = "stun"

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._host, self._port = split_server(STUN.get(settings.server, settings.server))
        self.operator = operator_of(self._host, self._port)
        self.camp = camp_of(self.operator)
        self._shown = settings.server
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        transaction = secrets.token_bytes(12)
        try:
            answer = await self._ask(transaction, family)
            seen = mapped_address(answer, transaction)
        except (PeerError, ValueError) as error:
            return Unknown(str(error))
        if seen.version != family:
            return Unknown(f"it was asked over {family} and answered {seen}")
        return Addresses((seen,))

    async def _ask(self, transaction: bytes, family: Family) -> bytes:
        return await exchange(
            (str(await self._address(family)), self._port),
            binding_request(transaction),
            timeout=WAITS[0],
            again=WAITS[1:],
            accept=partial(is_answer, transaction=transaction),
            family=family,
            line=self._tools.line,
        )

    async def _address(self, family: Family) -> IPAddress:
        try:
            return family.parse(self._host)
        except ValueError:
            return (await self._tools.resolver.addresses(self._host, family))[0]

    def describe(self) -> str:
        return f"{self.kind} {self._shown}"


DETECTOR = Stun
