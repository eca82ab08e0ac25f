"""DuckDNS: one GET for all names that get the same addresses; it answers OK or KO and no more.

It cannot list, and clears both records of a name or none.
Source: https://www.duckdns.org/spec.jsp
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar
from urllib.parse import urlencode, urlsplit

from msgspec import Meta

from homeport.errors import ConfigInvalid, CredentialsRefused, HomeportError, Refused
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.ports import Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._base import OneRefused, Results

ZONE = Fqdn(("duckdns", "org"))
ITSELF = "https://www.duckdns.org"
MOST_NAMES = 50  # what keeps the request line short
_WORDS = {RRType.A: "ip", RRType.AAAA: "ipv6"}
Query = tuple[tuple[str, str], ...]


class Settings(_base.Settings, frozen=True, kw_only=True, tag="duckdns"):
    """The account's token."""

    token: Annotated[Secret, Meta(description="the token shown on the account's page")]
    base_url: str = ITSELF


class DuckDns(_base.WriteOnly, settings=Settings):
    kind: ClassVar[str] = "duckdns"
    about = About(
        title="Duck DNS",
        evidence=("vendor-doc https://www.duckdns.org/spec.jsp",),
        access="the token at the top of the page once you have signed in at duckdns.org",
        access_zh="登录 duckdns.org 后，页面顶部的 token",
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._base_url = settings.base_url.rstrip("/")
        self._token = settings.token
        self._http = tools.http
        self._host = urlsplit(self._base_url).netloc
        self.account = f"duckdns {self._host} {settings.token.source}"

    def clamp(self, wanted: RRset) -> RRset:
        if not self._label(wanted.key.name):
            raise ConfigInvalid(_no_name(wanted.key.name))
        return super().clamp(wanted)

    async def apply(self, changes: Sequence[Change]) -> Results:
        ours = [change for change in changes if self._label(change.key.name)]
        strange = {each.key: Refused(_no_name(each.key.name)) for each in changes if each not in ours}
        refused, requests = _sorted_out(ours)
        works = [self._update(some, query) for query, some in requests]
        return _base.joined([strange, refused, *await _base.beside(works)])

    async def _update(self, changes: Sequence[Change], query: Query) -> Results:
        """Send one request; a KO for several names is asked again with fewer, for it tells nothing."""
        of_one = {change.key.name: change for change in changes}

        async def send(some: Sequence[Change]) -> None:
            await self._send([change.key.name for change in some], query)

        outcomes = await _base.apart(tuple(of_one.values()), send)
        is_token_right = None in outcomes.values()
        results: dict[RRsetKey, HomeportError | None] = {}
        for change in changes:
            outcome = outcomes[of_one[change.key.name].key]
            if is_token_right and isinstance(outcome, CredentialsRefused):
                outcome = Refused(
                    f"{self._host} says KO: {change.key.name} is not one of the account's names"
                )
            results[change.key] = outcome
        return results

    async def _send(self, names: Sequence[Fqdn], query: Query) -> None:
        domains = ",".join(map(self._label, names))
        words = {
            "domains": domains,
            "token": await _base.revealed(self._token),
            **dict(query),
            "verbose": "true",
        }
        answer = await self._http.request(
            "GET", f"{self._base_url}/update?{urlencode(words, safe=',:')}", changes=True
        )
        said = answer.text.split()[:1]
        if said == ["KO"]:
            why = f"{self._host} says KO: the token is wrong, or {names[0]} is not one of its account's names"
            raise OneRefused(CredentialsRefused(why))
        raise_for_status(answer, changes=True)
        if said != ["OK"]:
            raise _base.not_understood(answer, "OK or KO", changes=True)

    def _label(self, name: Fqdn) -> str:
        """Return the name as it is written here, nothing when it cannot be one of DuckDNS's.

        A deployment of one's own has zones of its own, and takes whole names.
        """
        labels = name.labels[: -len(ZONE.labels)] if name.is_within(ZONE) else name.labels
        if len(labels) == 1:
            return labels[0]
        return "" if self._base_url == ITSELF or name.is_within(ZONE) else str(name)


def _sorted_out(changes: Sequence[Change]) -> tuple[Results, list[tuple[Query, list[Change]]]]:
    """Return what cannot be asked for, and the rest by request: names with the same wish together."""
    by_name: dict[Fqdn, list[Change]] = {}
    for change in changes:
        by_name.setdefault(change.key.name, []).append(change)
    refused: dict[RRsetKey, HomeportError | None] = {}
    alike: dict[Query, list[list[Change]]] = {}
    for name, each in by_name.items():
        query, left_out = _wish(each)
        why = f"DuckDNS clears both addresses of {name} at once or none; do it on its page"
        refused |= _base.same(left_out, Refused(why))
        if query:
            alike.setdefault(query, []).append([change for change in each if change not in left_out])
    requests = [
        (query, [change for name in some for change in name])
        for query, names in alike.items()
        for some in _base.chunks(names, MOST_NAMES)
    ]
    return refused, requests


def _wish(changes: Sequence[Change]) -> tuple[Query, list[Change]]:
    """Return what to ask for one name, and those of its changes that cannot be asked for."""
    going = [change for change in changes if change.after is None]
    if len(going) == len(RRType):
        return (("clear", "true"),), []
    words = {_WORDS[change.key.type]: min(change.after.rdata) for change in changes if change.after}
    return tuple(sorted(words.items())), going


def _no_name(name: Fqdn) -> str:
    return f"{name} is no name at DuckDNS: write NAME.duckdns.org"


PROVIDER = DuckDns
