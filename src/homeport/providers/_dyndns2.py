"""The dyndns2 protocol as a client speaks it, for every kind whose host does: one GET for all hosts that get the same addresses.

It sets addresses and, at most services, does nothing else: it cannot list, and it cannot delete. Where a service
wants to be told of a host only every so often (`Service.apart`), a change that comes sooner is held back as
`Throttled` until then, which holds the account as the service's own word would, and nothing is sent; the times are
those of this process, and of what reached the service.
Source: https://help.dyn.com/remote-access-api/perform-update/
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from homeport.errors import ConfigInvalid, HomeportError, PeerError, Refused, Throttled, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.net.http import raise_for_status
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base
from homeport.providers._api import Pace, identity
from homeport.providers._base import Results
from homeport.wire.dyndns2 import MOST_HOSTS, Line, Word, failure, parse

IPv6 = Literal["myip", "myipv6", "separate", "none"]
ANY = {RRType.A: "0.0.0.0", RRType.AAAA: "::"}  # noqa: S104 -- says which family is to go, and is no listener
DELETED = {"deleted": Word.GOOD}  # said to an update it would be no success
NO_WORDS: Mapping[str, Word] = MappingProxyType({})


class Names(NamedTuple):
    """What a service calls the parameters of a request."""

    host: str = "hostname"
    v4: str = "myip"
    v6: str = "myipv6"


class Service(NamedTuple):
    """How one service wants it.

    Attributes:
        ipv6: beside the IPv4 address in `myip`, in `myipv6`, in a request of its own, or not at all.
        keep: what stands in `myip` or `myipv6` so that this family is left as it is; empty: leave it out.
        most: hosts it takes in one request.
        apart: seconds from one update of a host to the next that it asks for; 0: it asks for none.
        words: what it says in place of the protocol's own words.
        delete: how an address is deleted: `empty` in its parameter, or the path that is asked instead; empty: it cannot.
        source: the service's own page; empty where it is known from other clients alone.
    """

    url: str
    ipv6: IPv6 = "myip"
    keep: str = ""
    most: int = MOST_HOSTS
    apart: float = 0
    words: Mapping[str, Word] = NO_WORDS
    names: Names = Names()
    delete: str = ""
    source: str = ""

    def at(self, base_url: str) -> Service:
        """Return the service where something stands in for its host; its path and query stay."""
        there, own = urlsplit(base_url), urlsplit(self.url)
        at = there._replace(path=there.path.rstrip("/") + own.path, query=own.query)
        return self._replace(url=urlunsplit(at))


class Dyndns2(_base.WriteOnly):
    """A host that speaks dyndns2; a kind says which service it is.

    Args:
        settings: `user` and `password`, unless a kind has other credentials.
    """

    def __init__(self, service: Service, settings: Any, tools: Tools) -> None:
        self.service = service
        self.settings = settings
        self.host = urlsplit(service.url).netloc.rpartition("@")[2]
        self.account = " ".join((self.kind, self.host, *identity(settings)))
        self._http = tools.http
        self._clock = tools.clock
        self._pace = Pace(self.limits, tools.clock)
        self._told: dict[object, float] = {}

    async def credentials(self, hosts: Sequence[Fqdn]) -> tuple[str, str]:
        """Return user and password for these hosts."""
        return self.settings.user, await _base.revealed(self.settings.password)

    def said(self, answer: HttpAnswer) -> str:
        """Return the lines of an answer; replaced where a host wraps them into something else."""
        return answer.text

    def clamp(self, wanted: RRset) -> RRset:
        if wanted.key.type is not RRType.A and self.service.ipv6 == "none":
            raise ConfigInvalid(f"{self.host} takes no {wanted.key.type} records: {wanted.key.name}")
        return super().clamp(wanted)

    async def apply(self, changes: Sequence[Change]) -> Results:
        can_delete = bool(self.service.delete)
        going = [change for change in changes if change.after is None and not can_delete]
        cannot = Refused(f"{self.host} cannot delete an address: dyndns2 has no word for it; do it there")
        early = self._early([change for change in changes if change not in going])
        works = [
            _base.settled(group, self._update(group))
            for group in _requests(
                [each for each in changes if each not in going and each.key not in early], self.service
            )
        ]
        return _base.joined([_base.same(going, cannot), early, *await _base.beside(works)])

    def _early(self, changes: Sequence[Change]) -> Results:
        """Return what comes sooner after the last update of its host than the service wants it."""
        now, early = self._clock.monotonic(), dict[RRsetKey, HomeportError | None]()
        for change in changes:
            told = self._told.get(self._host_of(change))
            left = self.service.apart - (now - told) if told is not None else 0
            if left > 0:
                why = (
                    f"{self.host} wants {change.key.name} no more often than every {self.service.apart:.0f} s"
                )
                early[change.key] = Throttled(why, retry_after=left)
        return early

    def _host_of(self, change: Change) -> object:
        """Return what `apart` is counted for: a host, or a host's one family where each is told by itself."""
        return change.key if self.service.ipv6 == "separate" else change.key.name

    async def _update(self, changes: Sequence[Change]) -> Results:
        """Send one request: every host of it gets the same addresses."""
        hosts = tuple(dict.fromkeys(change.key.name for change in changes))
        addresses = {change.key.type: _address(change, self.service) for change in changes}
        is_gone = _is_gone(changes[0], self.service)
        url = self._url(hosts, addresses, is_gone=is_gone)
        pair = ":".join(await self.credentials(hosts)).encode()
        headers = {"Authorization": f"Basic {b64encode(pair).decode()}"}
        told = {self._host_of(change): self._clock.monotonic() for change in changes}
        try:
            async with self._pace:
                answer = await self._http.request("GET", url, changes=True, headers=headers)
        except Unconfirmed:
            self._told |= told
            raise
        self._told |= told
        words = {**self.service.words, **(DELETED if is_gone else {})}
        outcome = self._outcomes(answer, hosts, frozenset(filter(None, addresses.values())), words)
        return {change.key: outcome[change.key.name] for change in changes}

    def _url(self, hosts: Sequence[Fqdn], addresses: Mapping[RRType, str], *, is_gone: bool) -> str:
        query = {self.service.names.host: ",".join(map(str, hosts)), **self._words(addresses)}
        split = urlsplit(self.service.url)
        joined = "&".join(filter(None, (split.query, urlencode(query, safe=",:"))))
        path = self.service.delete if is_gone else split.path
        return urlunsplit(split._replace(path=path, query=joined))

    def _words(self, addresses: Mapping[RRType, str]) -> dict[str, str]:
        names = self.service.names
        if self.service.ipv6 == "myipv6":
            found = {names.v4: RRType.A, names.v6: RRType.AAAA}
            keep = self.service.keep
            return {
                word: addresses.get(each, keep) for word, each in found.items() if each in addresses or keep
            }
        return {names.v4: ",".join(addresses[each] for each in ANY if each in addresses)}

    def _outcomes(
        self,
        answer: HttpAnswer,
        hosts: Sequence[Fqdn],
        addresses: frozenset[str],
        words: Mapping[str, Word],
    ) -> dict[Fqdn, PeerError | HomeportError | None]:
        """Read the answer: the host's own words whatever the status, else what the status means."""
        try:
            lines = parse(self.said(answer), words)
        except ValueError:
            raise_for_status(answer, changes=True)
            raise _base.not_understood(answer, "a dyndns2 answer", changes=True) from None
        if any(line.is_success for line in lines):
            raise_for_status(answer, changes=True)
        lines = self._one_each(lines, len(hosts))
        return {host: failure(line, self.host, addresses) for host, line in zip(hosts, lines, strict=True)}

    def _one_each(self, lines: tuple[Line, ...], hosts: int) -> tuple[Line, ...]:
        """Return a line for every host; what concerns the account or all of them is said once."""
        if len(lines) == hosts:
            return lines
        if len({line.word for line in lines}) == 1:
            return lines[:1] * hosts
        raise Unconfirmed(f"{self.host} answered {len(lines)} lines for {hosts} hosts")


def _is_gone(change: Change, service: Service) -> bool:
    """Tell whether a change asks another path than an update does."""
    return change.after is None and service.delete.startswith("/")


def _address(change: Change, service: Service) -> str:
    """Return the one address of a change, as it is sent; `clamp` lets no other through."""
    if change.after:
        return min(change.after.rdata)
    return ANY[change.key.type] if _is_gone(change, service) else ""


def _requests(changes: Sequence[Change], service: Service) -> list[list[Change]]:
    """Group the changes by request: hosts with the same addresses together, as many as the service takes."""
    hosts: dict[tuple[Fqdn, RRType | None, bool], list[Change]] = {}
    for change in changes:
        alone = change.key.type if service.ipv6 == "separate" else None
        hosts.setdefault((change.key.name, alone, _is_gone(change, service)), []).append(change)

    def wish(group: Sequence[Change]) -> tuple[tuple[RRType, str], ...]:
        return tuple(sorted((change.key.type, _address(change, service)) for change in group))

    return _base.alike(hosts.values(), wish, service.most)
