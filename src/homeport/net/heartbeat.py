"""Asking from where this machine is seen: a server of one's own by signed beats, or somebody's STUN server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from homeport.errors import CredentialsRefused, PeerError, Refused, Unavailable
from homeport.model.address import Family, IPAddress
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.net.resolver import server_address
from homeport.net.target import Target
from homeport.net.udp import exchange, show
from homeport.ports import HttpAnswer, Tools
from homeport.wire import heartbeat, signature, stun
from homeport.wire.heartbeat import NO_SESSION, Beat, Challenge

ROUTE = "/api/v1/heartbeat"
STUN_PORT = 3478
_CHALLENGES = 3  # in a row, for one beat: a server that was restarted twice, or does not remember us
_ASK_PORT_AGAIN = 300.0  # seconds
_T = TypeVar("_T")
Where = tuple[str, int]


@dataclass(slots=True)
class _Flow:
    """One conversation; see `docs/design/heartbeat.md`."""

    name: bytes = field(default_factory=partial(secrets.token_bytes, heartbeat.FLOW_SIZE))
    session: bytes = NO_SESSION
    counter: int = 0

    def next(self, token: str, every: int) -> Beat:
        self.counter += 1
        return Beat(token, self.name, self.session, self.counter, every)


class OwnServer:
    """A server of one's own, which hears that this machine lives and says where it sees it.

    Args:
        server: the gateway's URL, which tells the port.
        token: `id.secret`; what is kept of it signs beats and nothing else.
        at: `host:port` of the beats, where it is not as the gateway says.
        every: seconds between two beats, told to the server so that it knows when to miss one.
    """

    def __init__(self, server: str, token: Secret, at: str, every: float, tools: Tools) -> None:
        self._server = server.rstrip("/")
        self._token = token
        self._at = at
        self._every = min(ceil(every), heartbeat.LONGEST_EVERY)
        self._tools = tools
        self._where: Where = ("", 0)
        self._asked_at = 0.0
        self._key: tuple[str, bytes] = ("", b"")
        self._found: dict[Family, IPAddress] = {}
        self._flows: dict[Family, _Flow] = {}

    def describe(self) -> str:
        return self._at or (show(self._where) if self._where[0] else self._server)

    async def families(self) -> list[Family]:
        """Return the families it can be asked over; whatever was known of it is learned anew.

        Raises:
            Unavailable: it cannot be found now.
            PeerError, SecretUnreadable: it takes no beats, or none of this token.
        """
        self._flows, self._found = {}, {}
        await self._learn(with_port=True)
        return sorted(self._found)

    async def renew(self, family: Family) -> None:
        """Begin a new flow, with the address and the secret as they are now.

        Raises:
            HomeportError: not all of that could be learned; what was known before is still used.
        """
        self._flows.pop(family, None)
        age = self._tools.clock.monotonic() - self._asked_at
        await self._learn(with_port=age >= _ASK_PORT_AGAIN)

    async def _learn(self, *, with_port: bool) -> None:
        credentials = await self._credentials()
        self._key = credentials[0], heartbeat.key_of(credentials[1])
        if with_port:
            self._where = await self._place(credentials)
        self._found |= await found(self._where[0], self._tools)

    async def ask(self, family: Family, wait: float) -> IPAddress:
        """Beat once and return where the server saw it come from.

        Raises:
            Unavailable: no answer within `wait` seconds.
        """
        flow = self._flows.setdefault(family, _Flow())
        where, (token, key) = (str(self._found[family]), self._where[1]), self._key
        for _ in range(_CHALLENGES):
            data = heartbeat.write_beat(flow.next(token, self._every), key)
            read = partial(heartbeat.read_answer, data=data, key=key)
            answer = await asked(where, data, wait, read, family=family, tools=self._tools)
            if not isinstance(answer, Challenge):
                return answer.address
            flow.session = answer.session
        raise Unavailable(f"{self.describe()} challenges every beat")

    async def _credentials(self) -> tuple[str, str]:
        try:
            token_id, secret = signature.parted(await asyncio.to_thread(self._token.reveal))
        except ValueError as exc:
            raise Refused(f"{self._server}: {exc}") from None
        if len(token_id) > heartbeat.LONGEST_TOKEN:
            raise Refused(f"{self._server}: the token's id is longer than `homeport token create` makes them")
        return token_id, secret

    async def _place(self, credentials: tuple[str, str]) -> Where:
        """Return host and port of the beats."""
        if self._at:
            return server_address(self._at)
        self._asked_at = self._tools.clock.monotonic()
        url, now = self._server + ROUTE, int(self._tools.clock.now())
        headers = signature.headers(credentials, "GET", Target.parse(url).path, now, secrets.token_hex(16))
        answer = await self._tools.http.request("GET", url, changes=False, headers=headers)
        if problem := _problem(answer):
            raise problem
        raise_for_status(answer, changes=False)
        try:
            port = msgspec.json.decode(answer.body, type=_Place).port
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable(
                f"{self._server} answered what is no port; a portal may be in between"
            ) from None
        return urlsplit(self._server).hostname or "", port


class StunServer:
    """A STUN server, which proves nothing: what it says is a reason to look, as from a server of one's own.

    Args:
        server: `host:port`.
    """

    def __init__(self, server: str, tools: Tools) -> None:
        self._where = server_address(server, STUN_PORT)
        self._tools = tools
        self._found: dict[Family, IPAddress] = {}

    def describe(self) -> str:
        return f"stun {show(self._where)}"

    async def families(self) -> list[Family]:
        self._found = await found(self._where[0], self._tools)
        return sorted(self._found)

    async def renew(self, _family: Family) -> None:
        self._found |= await found(self._where[0], self._tools)

    async def ask(self, family: Family, wait: float) -> IPAddress:
        transaction = secrets.token_bytes(12)
        where, data = (str(self._found[family]), self._where[1]), stun.binding_request(transaction)

        def read(said: bytes) -> IPAddress:
            return stun.mapped_address(said, transaction)

        return await asked(where, data, wait, read, family=family, tools=self._tools)


async def found(host: str, tools: Tools) -> dict[Family, IPAddress]:
    """Return one address of `host` for each family that it has and that the line can use.

    Raises:
        Unavailable: there is none.
    """
    only = Family.of(tools.line.source) if tools.line.source else None
    addresses = await tools.resolver.addresses(host, only)
    return {Family.of(address): address for address in reversed(addresses)}


async def asked(
    where: Where, data: bytes, wait: float, read: Callable[[bytes], _T], *, family: Family, tools: Tools
) -> _T:
    """Send one datagram from a fresh port and return the first answer that `read` takes.

    Raises:
        Unavailable: there was none within `wait` seconds.
    """
    taken: list[_T] = []

    def accept(said: bytes) -> bool:
        try:
            taken.append(read(said))
        except ValueError:
            return False
        return True

    await exchange(where, data, timeout=wait, accept=accept, family=family, line=tools.line)
    return taken[0]


class _Place(msgspec.Struct):
    port: int


class _Problem(msgspec.Struct):
    """A problem document of RFC 9457."""

    detail: str = ""
    server_time: int | None = None


def _problem(answer: HttpAnswer) -> PeerError | None:
    """Return what the server's own refusal means; `None` when it did not refuse, or something in between did."""
    kind = answer.headers.get("content-type", "")
    if answer.status not in {401, 403, 404} or not kind.startswith("application/problem+json"):
        return None
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    place = urlsplit(answer.url).netloc
    if answer.status == 404:
        return Refused(f"{place} takes no heartbeats: turn them on there with server.heartbeat")
    if problem.server_time is not None:
        return Unavailable(f"{place} does not take this machine's time: set its clock")
    return CredentialsRefused(
        f"{place} refuses the token for heartbeats: it is wrong, or was made with --no-signing"
    )
