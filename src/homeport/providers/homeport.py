"""A server of our own: one signed request for all hosts, answered when it is durable and in DNS."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from secrets import token_hex
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    HomeportError,
    Refused,
    Unavailable,
    Unconfirmed,
)
from homeport.model.address import parse_address
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.net.target import Target
from homeport.ports import HttpAnswer, Observed, Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._api import shown
from homeport.providers._base import Results
from homeport.wire import signature

MOST_HOSTS = 500  # of one request, so that its body stays below a gateway's limit


class Settings(_base.Settings, frozen=True, kw_only=True, tag="homeport"):
    """The gateway, and a token that `homeport token create` printed there."""

    server: Annotated[str, Meta(description="URL of the gateway")]
    token: Annotated[Secret, Meta(description="the token as id.secret")]
    base_url: Annotated[
        str, Meta(description="stands in for the host, for a test or a deployment of one's own")
    ] = ""


class _Host(msgspec.Struct):
    """What the gateway says of a host."""

    addresses: list[str]
    ttl: int | None = None
    nameservers: list[str] = []


class _Result(msgspec.Struct):
    hostname: str
    status: Literal["changed", "unchanged", "refused"]
    reason: str | None = None


class _Answer(msgspec.Struct):
    results: list[_Result]


class _Problem(msgspec.Struct):
    """A problem document of RFC 9457."""

    title: str = ""
    detail: str = ""
    server_time: int | None = None


class Homeport(_base.Adapter, settings=Settings):
    kind: ClassVar[str] = "homeport"
    about = About(
        title="Homeport",
        evidence=("real-server",),
        access="homeport token create --host NAME, on the server",
        access_zh="在服务器上运行 homeport token create --host NAME",
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._server = (settings.base_url or settings.server).rstrip("/")
        self._token = settings.token
        self._tools = tools
        self._nameservers: tuple[str, ...] = ()
        self._a_host: Fqdn | None = None
        self.account = f"homeport {self._server} {shown(settings.token)}"

    def clamp(self, wanted: RRset) -> RRset:
        self.must_hold(wanted.key)
        self._a_host = wanted.key.name
        return RRset(wanted.key, wanted.rdata, None)  # the TTL is the zone's, and the server's to set

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        names = sorted({key.name for key in keys})
        works = (_base.outcome(self._host(name)) for name in names)
        found = dict(zip(names, await _base.beside(works), strict=True))
        return {key: _rrset(key, found[key.name]) for key in keys}

    async def apply(self, changes: Sequence[Change]) -> Results:
        hosts: dict[Fqdn, list[Change]] = {}
        for change in changes:
            hosts.setdefault(change.key.name, []).append(change)
        works = []
        for some in _base.chunks(hosts.items(), MOST_HOSTS):
            those = [change for _, each in some for change in each]
            works.append(_base.settled(those, self._update(dict(some))))
        return _base.joined(await _base.beside(works))

    async def nameservers(self) -> Sequence[str]:
        if not self._nameservers and self._a_host:
            await self._host(self._a_host)
        return self._nameservers

    async def _host(self, name: Fqdn) -> _Host:
        """Return a host as it stands."""
        answer = await self._request("GET", f"/api/v1/hosts/{name}")
        problem = _problem(answer)
        if answer.status == 404 and problem:
            raise self._no_host(name)
        self._check(answer, problem, changes=False)
        host = _base.decode(answer, _Host, changes=False)
        self._a_host, self._nameservers = name, tuple(host.nameservers)
        return host

    async def _update(self, hosts: Mapping[Fqdn, Sequence[Change]]) -> Results:
        body = msgspec.json.encode({"updates": [_wish(name, each) for name, each in hosts.items()]})
        answer = await self._request("POST", "/api/v1/update", body)
        self._check(answer, _problem(answer), changes=True)
        results = _base.decode(answer, _Answer, changes=True).results
        if [result.hostname for result in results] != list(map(str, hosts)):
            raise Unconfirmed(f"{_base.place(answer)} answered for other hosts than were asked about")
        return _base.joined(
            _base.same(each, self._outcome(result))
            for result, each in zip(results, hosts.values(), strict=True)
        )

    def _outcome(self, result: _Result) -> HomeportError | None:
        if result.status != "refused":
            return None
        return Refused(
            f"{self._server} refuses {result.hostname}: {_base.quoted(result.reason or 'no reason')}"
        )

    async def _request(self, method: str, path: str, body: bytes = b"") -> HttpAnswer:
        """Send one signed request; the secret is read for it alone."""
        credentials = await self._credentials()
        url, now, nonce = self._server + path, int(self._tools.clock.now()), token_hex(16)
        headers = signature.headers(credentials, method, Target.parse(url).path, now, nonce, body)
        if body:
            headers["Content-Type"] = "application/json"
        return await self._tools.http.request(
            method, url, changes=bool(body), headers=headers, content=body or None
        )

    async def _credentials(self) -> tuple[str, str]:
        try:
            return signature.parted(await _base.revealed(self._token))
        except ValueError as exc:
            raise ConfigInvalid(f"{self._server}: {exc}") from None

    def _check(self, answer: HttpAnswer, problem: _Problem | None, *, changes: bool) -> None:
        """Raise what an answer other than 2xx means: the server's own word first."""
        if problem is None or answer.status == 429 or answer.status >= 500:
            raise_for_status(answer, changes=changes)
            return
        why = _base.quoted(problem.detail or problem.title)
        if answer.status == 401 and problem.server_time is not None:
            raise Unavailable(self._clock_says(problem.server_time) or f"{self._server}: {why}")
        if answer.status == 401:
            raise CredentialsRefused(f"{self._server} refuses the token: {why}")
        raise Refused(f"{self._server} refuses this: {why}")

    def _clock_says(self, server_time: int) -> str | None:
        """Say by how much this machine's clock is wrong, when that is the reason."""
        off = int(self._tools.clock.now()) - server_time
        if abs(off) <= signature.WINDOW:
            return None
        ahead = "ahead of" if off > 0 else "behind"
        return f"this machine's clock is {abs(off)} s {ahead} {self._server}'s: set this machine's clock"

    def _no_host(self, name: Fqdn) -> Refused:
        return Refused(
            f"{self._server} has no host {name} for this token: run `homeport host add {name}` on the server"
        )


def _rrset(key: RRsetKey, host: _Host | HomeportError) -> Observed:
    if isinstance(host, HomeportError):
        return host
    version = 4 if key.type is RRType.A else 6
    addresses = map(parse_address, host.addresses)
    rdata = frozenset(str(address) for address in addresses if address.version == version)
    return RRset(key, rdata, host.ttl) if rdata else None


def _wish(name: Fqdn, changes: Sequence[Change]) -> dict[str, object]:
    """Return what is asked of one host; a family that no change is about is not mentioned."""
    addresses = sorted(rdata for change in changes if change.after for rdata in change.after.rdata)
    remove = [change.key.type for change in changes if change.after is None]
    return {
        "hostname": str(name),
        **({"addresses": addresses} if addresses else {}),
        **({"remove": remove} if remove else {}),
    }


def _problem(answer: HttpAnswer) -> _Problem | None:
    """Return the server's own word for a failure, `None` when something in between answered."""
    if answer.status < 400 or not answer.headers.get("content-type", "").startswith(
        "application/problem+json"
    ):
        return None
    try:
        return msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.DecodeError:
        return None


PROVIDER = Homeport
