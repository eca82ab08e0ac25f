"""DuckDNS: one GET for all names that get the same addresses; it answers OK or KO and no more.

It cannot list, and clears both addresses of a name or none. A name's TXT record is told in a request of its own.
Source: https://www.duckdns.org/spec.jsp
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.errors import ConfigInvalid, CredentialsRefused, HomeportError, Refused
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.model.text import bare
from homeport.ports import HttpAnswer
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._api import Api
from homeport.providers._base import Results
from homeport.providers._faults import Fault

ZONE = Fqdn(("duckdns", "org"))
ITSELF = "https://www.duckdns.org"
MOST_NAMES = 50  # what keeps the request line short
_WORDS = {RRType.A: "ip", RRType.AAAA: "ipv6"}


class Settings(_base.Settings, frozen=True, kw_only=True, tag="duckdns"):
    """The account's token."""

    token: Annotated[Secret, Meta(description="the token shown on the account's page")]
    base_url: str = ITSELF


class DuckDns(_base.WriteOnly, Api, settings=Settings):
    kind: ClassVar[str] = "duckdns"
    about = About(
        title="Duck DNS",
        evidence=("vendor-doc https://www.duckdns.org/spec.jsp",),
        access="the token at the top of the page once you have signed in at duckdns.org",
        access_zh="登录 duckdns.org 后，页面顶部的 token",
        made_at="https://www.duckdns.org/",
        below="duckdns.org",
    )

    types = frozenset({*_WORDS, RRType.TXT})

    def fault(self, answer: HttpAnswer) -> Fault | None:
        return Fault("KO") if answer.text.split()[:1] == ["KO"] else None

    def clamp(self, wanted: RRset) -> RRset:
        if not self._label(wanted.key.name):
            raise ConfigInvalid(_no_name(wanted.key.name))
        return super().clamp(wanted)

    async def apply(self, changes: Sequence[Change]) -> Results:
        results: dict[RRsetKey, HomeportError | None] = {}
        names: dict[tuple[Fqdn, bool], list[Change]] = {}
        for change in changes:
            if self._label(change.key.name):
                names.setdefault((change.key.name, change.key.type is RRType.TXT), []).append(change)
            else:
                results[change.key] = Refused(_no_name(change.key.name))
        for (name, _), each in names.items():
            why = f"DuckDNS clears both addresses of {name} at once or none; do it on its page"
            results |= _base.same(_alone(each), Refused(why))
        doable = ([change for change in each if change not in _alone(each)] for each in names.values())
        requests = _base.alike(filter(None, doable), _wish, MOST_NAMES)
        return _base.joined([results, *await _base.beside(map(self._update, requests))])

    async def _update(self, changes: Sequence[Change]) -> Results:
        """Send one request; a KO for several names is asked again with fewer, for it tells nothing."""
        of_one = {change.key.name: change for change in changes}
        words = dict(_wish([change for change in changes if change.key.name == changes[0].key.name]))

        async def send(some: Sequence[Change]) -> None:
            await self._send([change.key.name for change in some], words)

        outcomes = await _base.apart(tuple(of_one.values()), send)
        is_token_right = None in outcomes.values()
        return {
            change.key: self._told(change.key.name, outcomes[of_one[change.key.name].key], is_token_right)
            for change in changes
        }

    def _told(
        self,
        name: Fqdn,
        outcome: HomeportError | None,
        is_token_right: bool,  # noqa: FBT001 -- passed on
    ) -> HomeportError | None:
        """Return what a KO means, as far as it can be known."""
        if not isinstance(outcome, Refused):
            return outcome
        if is_token_right:
            return Refused(f"duckdns says KO: {name} is not one of the account's names")
        return CredentialsRefused(
            f"duckdns says KO: the token is wrong, or {name} is not one of its account's names"
        )

    async def _send(self, names: Sequence[Fqdn], words: dict[str, str]) -> None:
        domains = ",".join(map(self._label, names))
        query = {"domains": domains, "token": await self.secret(), **words, "verbose": "true"}
        answer = await self.exchange("GET", "/update", query=query, changes=True)
        if answer.text.split()[:1] != ["OK"]:
            raise _base.not_understood(answer, "OK or KO", changes=True)

    def _label(self, name: Fqdn) -> str:
        """Return the name as it is written here, nothing when it cannot be one of DuckDNS's.

        A deployment of one's own has zones of its own, and takes whole names.
        """
        labels = name.labels[: -len(ZONE.labels)] if name.is_within(ZONE) else name.labels
        if len(labels) == 1:
            return labels[0]
        return "" if self.url == ITSELF or name.is_within(ZONE) else str(name)


def _alone(changes: Sequence[Change]) -> list[Change]:
    """Return those of one name's changes that take away one address, which cannot be asked for."""
    going = [change for change in changes if change.after is None and change.key.type in _WORDS]
    return [] if len(going) == len(_WORDS) else going


def _wish(changes: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    """Return what to ask for one name: its addresses, or its text."""
    after = [change.after for change in changes if change.after]
    told = {_WORDS.get(each.key.type, "txt"): min(each.rdata) for each in after}
    if "txt" in told:
        told["txt"] = bare(told["txt"])
    elif not after:
        told = {"clear": "true"} | ({"txt": ""} if changes[0].key.type is RRType.TXT else {})
    return tuple(sorted(told.items()))


def _no_name(name: Fqdn) -> str:
    return f"{name} is no name at DuckDNS: write NAME.duckdns.org"


PROVIDER = DuckDns
