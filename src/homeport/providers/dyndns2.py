"""Every service that speaks dyndns2: one GET for all hosts that get the same addresses.

The protocol can set addresses and nothing else: it cannot list, and it cannot delete.
Source: https://help.dyn.com/remote-access-api/perform-update/, and each service's own page for the presets.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from msgspec import Meta

from homeport.errors import ConfigInvalid, HomeportError, PeerError, Refused, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._base import Results
from homeport.wire.dyndns2 import MOST_HOSTS, Line, failure, parse

IPv6 = Literal["myip", "myipv6", "separate"]
Preset = Literal[
    "3322",
    "desec",
    "dnsomatic",
    "dyn",
    "dynu",
    "he",
    "loopia",
    "noip",
    "nsupdate.info",
    "ovh",
    "selfhost",
    "spdyn",
    "strato",
    "tunnelbroker",
]


class Service(NamedTuple):
    """How one service wants it.

    Attributes:
        ipv6: beside the IPv4 address in `myip`, in `myipv6`, or in a request of its own.
        keep: what stands in `myip` or `myipv6` so that this family is left as it is; empty: leave it out.
        most: hosts it takes in one request.
    """

    url: str
    ipv6: IPv6 = "myip"
    keep: str = ""
    most: int = MOST_HOSTS


SERVICES: dict[Preset, Service] = {
    "3322": Service("https://members.3322.org/dyndns/update"),
    "desec": Service("https://update.dedyn.io/", "myipv6", keep="preserve", most=1),
    "dnsomatic": Service("https://updates.dnsomatic.com/nic/update", "separate"),
    "dyn": Service("https://members.dyndns.org/nic/update"),
    "dynu": Service("https://api.dynu.com/nic/update", "myipv6", keep="no", most=1),
    "he": Service("https://dyn.dns.he.net/nic/update", "separate", most=1),
    "loopia": Service("https://dyndns.loopia.se/", "separate"),
    "noip": Service("https://dynupdate.no-ip.com/nic/update"),
    "nsupdate.info": Service("https://ipv4.nsupdate.info/nic/update", "separate", most=1),
    "ovh": Service("https://www.ovh.com/nic/update?system=dyndns", "separate", most=1),
    "selfhost": Service("https://carol.selfhost.de/nic/update", "separate"),
    "spdyn": Service("https://update.spdyn.de/nic/update", "separate", most=1),
    "strato": Service("https://dyndns.strato.com/nic/update"),
    "tunnelbroker": Service("https://ipv4.tunnelbroker.net/nic/update", "separate", most=1),
}


class Settings(_base.Settings, frozen=True, kw_only=True, tag="dyndns2"):
    """`service` or `server`, and the credentials the service gave."""

    user: str
    password: Secret
    service: Annotated[Preset | None, Meta(description="a service whose ways are known")] = None
    server: Annotated[str, Meta(description="URL, its path /nic/update where none is given")] = ""
    base_url: Annotated[
        str, Meta(description="stands in for the host, for a test or a deployment of one's own")
    ] = ""
    ipv6: Annotated[IPv6 | None, Meta(description="how an IPv6 address is passed; the service's own way")] = (
        None
    )

    def __post_init__(self) -> None:
        if bool(self.service) == bool(self.server):
            raise ConfigInvalid("dyndns2 needs either `service` (a preset) or `server` (a URL)")


class DynDns2(_base.WriteOnly, settings=Settings):
    kind: ClassVar[str] = "dyndns2"
    about = About(
        title="dyndns2",
        evidence=("real-server", "vendor-doc https://help.dyn.com/remote-access-api/perform-update/"),
        access="user and password of the account, or of the host where the service has such",
        access_zh="账户的用户名和密码；有些服务为每个主机单独设置",
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        service = _service(settings)
        self._service = service._replace(ipv6=settings.ipv6 or service.ipv6)
        self._user = settings.user
        self._password = settings.password
        self._http = tools.http
        self._host = urlsplit(service.url).netloc.rpartition("@")[2]
        self.account = f"dyndns2 {settings.user}@{self._host}"

    async def apply(self, changes: Sequence[Change]) -> Results:
        going = [change for change in changes if change.after is None]
        works = [
            _base.settled(group, self._update(group))
            for group in _requests([change for change in changes if change.after], self._service)
        ]
        cannot = Refused(f"{self._host} cannot delete an address: dyndns2 has no word for it; do it there")
        return _base.joined([_base.same(going, cannot), *await _base.beside(works)])

    async def _update(self, changes: Sequence[Change]) -> Results:
        """Send one request: every host of it gets the same addresses."""
        hosts = tuple(dict.fromkeys(change.key.name for change in changes))
        addresses = {change.key.type: _address(change) for change in changes}
        answer = await self._http.request(
            "GET", self._url(hosts, addresses), changes=True, headers=await self._credentials()
        )
        outcome = self._outcomes(answer, hosts, frozenset(addresses.values()))
        return {change.key: outcome[change.key.name] for change in changes}

    def _url(self, hosts: Sequence[Fqdn], addresses: Mapping[RRType, str]) -> str:
        query = {"hostname": ",".join(map(str, hosts)), **self._words(addresses)}
        split = urlsplit(self._service.url)
        joined = "&".join(filter(None, (split.query, urlencode(query, safe=",:"))))
        return urlunsplit(split._replace(query=joined))

    def _words(self, addresses: Mapping[RRType, str]) -> dict[str, str]:
        if self._service.ipv6 == "myipv6":
            parameters = {"myip": RRType.A, "myipv6": RRType.AAAA}
            found = {word: addresses.get(type_, self._service.keep) for word, type_ in parameters.items()}
            return {word: value for word, value in found.items() if value}
        return {"myip": ",".join(addresses[type_] for type_ in RRType if type_ in addresses)}

    async def _credentials(self) -> dict[str, str]:
        pair = f"{self._user}:{await _base.revealed(self._password)}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}

    def _outcomes(
        self, answer: HttpAnswer, hosts: Sequence[Fqdn], addresses: frozenset[str]
    ) -> dict[Fqdn, PeerError | HomeportError | None]:
        """Read the answer: the host's own words whatever the status, else what the status means."""
        try:
            lines = parse(answer.text)
        except ValueError:
            raise_for_status(answer, changes=True)
            raise _base.not_understood(answer, "a dyndns2 answer", changes=True) from None
        if any(line.is_success for line in lines):
            raise_for_status(answer, changes=True)
        lines = self._one_each(lines, len(hosts))
        return {host: failure(line, self._host, addresses) for host, line in zip(hosts, lines, strict=True)}

    def _one_each(self, lines: tuple[Line, ...], hosts: int) -> tuple[Line, ...]:
        """Return a line for every host; what concerns the account or all of them is said once."""
        if len(lines) == hosts:
            return lines
        if len({line.word for line in lines}) == 1:
            return lines[:1] * hosts
        raise Unconfirmed(f"{self._host} answered {len(lines)} lines for {hosts} hosts")


def _service(settings: Settings) -> Service:
    service = _named(settings)
    if not settings.base_url:
        return service
    there, path = urlsplit(settings.base_url), urlsplit(service.url).path
    return service._replace(url=urlunsplit(there._replace(path=there.path.rstrip("/") + path)))


def _named(settings: Settings) -> Service:
    if settings.service:
        return SERVICES[settings.service]
    split = urlsplit(settings.server if "://" in settings.server else f"https://{settings.server}")
    path = split.path if split.path.strip("/") else "/nic/update"
    return Service(urlunsplit(split._replace(path=path)))


def _address(change: Change) -> str:
    """Return the one address of a change; `clamp` lets no other through."""
    return min(change.after.rdata) if change.after else ""


def _requests(changes: Sequence[Change], service: Service) -> list[list[Change]]:
    """Group the changes by request: hosts with the same addresses together, as many as the service takes."""
    hosts: dict[tuple[Fqdn, RRType | None], list[Change]] = {}
    for change in changes:
        alone = change.key.type if service.ipv6 == "separate" else None
        hosts.setdefault((change.key.name, alone), []).append(change)
    same: dict[tuple[tuple[RRType, str], ...], list[list[Change]]] = {}
    for each in hosts.values():
        addresses = tuple(sorted((change.key.type, _address(change)) for change in each))
        same.setdefault(addresses, []).append(each)
    return [
        [change for host in some for change in host]
        for alike in same.values()
        for some in _base.chunks(alike, service.most)
    ]


PROVIDER = DynDns2
