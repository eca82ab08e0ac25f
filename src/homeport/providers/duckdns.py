"""DuckDNS: one GET for all names that get the same addresses; it answers OK or KO and no more.

It cannot list, and clears both records of a name or none.
Source: https://www.duckdns.org/spec.jsp
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar
from urllib.parse import urlencode, urlsplit

from msgspec import Meta

from homeport.errors import ConfigInvalid, CredentialsRefused, Refused
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRType
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.ports import Tools
from homeport.providers import _base
from homeport.providers._base import OneRefused, Results

ZONE = Fqdn(("duckdns", "org"))
MOST_NAMES = 50  # what keeps the request line short
_WORDS = {RRType.A: "ip", RRType.AAAA: "ipv6"}
Query = tuple[tuple[str, str], ...]


class Settings(_base.Settings, frozen=True, kw_only=True, tag="duckdns"):
    """The account's token."""

    token: Annotated[Secret, Meta(description="the token shown on the account's page")]
    base_url: str = "https://www.duckdns.org"


class DuckDns(_base.WriteOnly, settings=Settings):
    kind: ClassVar[str] = "duckdns"

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._url = settings.base_url.rstrip("/") + "/update"
        self._token = settings.token
        self._http = tools.http
        self._host = urlsplit(self._url).netloc
        self.account = f"duckdns {self._host} {settings.token.source}"

    def clamp(self, wanted: RRset) -> RRset:
        if _subname(wanted.key.name) is None:
            raise ConfigInvalid(f"{wanted.key.name} is no name at DuckDNS: write NAME.duckdns.org")
        return super().clamp(wanted)

    async def apply(self, changes: Sequence[Change]) -> Results:
        refused, requests = _sorted_out(changes)
        works = [self._update(some, query) for query, some in requests]
        return _base.joined([refused, *await _base.beside(works)])

    async def _update(self, changes: Sequence[Change], query: Query) -> Results:
        """Send one request; a KO for several names is asked again name by name, for it tells nothing."""
        names = list(dict.fromkeys(change.key.name for change in changes))
        by_name = {name: [change for change in changes if change.key.name == name] for name in names}

        async def send(first_of_each: Sequence[Change]) -> None:
            await self._send([change.key.name for change in first_of_each], query)

        outcomes = await _base.apart([of_one[0] for of_one in by_name.values()], send)
        return {change.key: outcomes[of_one[0].key] for of_one in by_name.values() for change in of_one}

    async def _send(self, names: Sequence[Fqdn], query: Query) -> None:
        domains = ",".join(_subname(name) or "" for name in names)
        words = {"domains": domains, "token": self._token.reveal(), **dict(query), "verbose": "true"}
        answer = await self._http.request("GET", f"{self._url}?{urlencode(words, safe=',:')}", changes=True)
        said = answer.text.split()[:1]
        if said == ["KO"]:
            raise OneRefused(
                CredentialsRefused(
                    f"{self._host} says KO: the token is wrong, or {names[0]} is not one of its account's names"
                )
            )
        raise_for_status(answer, changes=True)
        if said != ["OK"]:
            raise _base.not_understood(answer, "OK or KO", changes=True)


def _subname(name: Fqdn) -> str | None:
    """Return the name as DuckDNS writes it, `None` when it cannot be one of its names."""
    labels = name.labels[: -len(ZONE.labels)] if name.is_within(ZONE) else name.labels
    return labels[0] if len(labels) == 1 else None


def _sorted_out(changes: Sequence[Change]) -> tuple[Results, list[tuple[Query, list[Change]]]]:
    """Return what cannot be asked for, and the rest by request: names with the same wish together."""
    by_name: dict[Fqdn, list[Change]] = {}
    for change in changes:
        by_name.setdefault(change.key.name, []).append(change)
    refused: list[Results] = []
    alike: dict[Query, list[list[Change]]] = {}
    for name, each in by_name.items():
        query, left_out = _wish(each)
        refused.append(_base.same(left_out, _why_not(name)))
        if query:
            alike.setdefault(query, []).append([change for change in each if change not in left_out])
    requests = [
        (query, [change for name in some for change in name])
        for query, names in alike.items()
        for some in _base.chunks(names, MOST_NAMES)
    ]
    return _base.joined(refused), requests


def _wish(changes: Sequence[Change]) -> tuple[Query, list[Change]]:
    """Return what to ask for one name, and those of its changes that cannot be asked for."""
    if _subname(changes[0].key.name) is None:
        return (), list(changes)
    going = [change for change in changes if change.after is None]
    if len(going) == len(RRType):
        return (("clear", "true"),), []
    words = {_WORDS[change.key.type]: min(change.after.rdata) for change in changes if change.after}
    return tuple(sorted(words.items())), going


def _why_not(name: Fqdn) -> Refused:
    if _subname(name) is None:
        return Refused(f"{name} is no name at DuckDNS: write NAME.duckdns.org")
    return Refused(f"DuckDNS clears both addresses of {name} at once or none; do it on its page")


PROVIDER = DuckDns
