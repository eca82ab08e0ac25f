"""Amazon Route 53: whole RRsets, many in one atomic change batch, signed with Signature Version 4, in XML.

A deletion must say exactly what is there. RRsets with a routing policy (weighted, failover, ...) and aliases are
seen and left alone. Private hosted zones are not in the DNS of the world, and are not looked at.
Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_Change.html, and
https://repost.aws/knowledge-center/route-53-avoid-throttling-errors for what it bears
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _xml, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets, Special
from homeport.providers._xml import Tree
from homeport.providers._zoned import Zone
from homeport.wire import canonical
from homeport.wire.xml import Element

API = "/2013-04-01/hostedzone"
TTL = 300  # seconds, where none is asked for: Route 53 has no default
NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_POLICIES = ("SetIdentifier", "AliasTarget", "TrafficPolicyInstanceId")
_ESCAPED = re.compile(r"\\([0-3][0-7]{2})")
_DECIMAL = re.compile(r"\\([0-9]{3})")


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="route53"):
    """An access key of a user who may list hosted zones, and list and change their records."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Annotated[Secret | None, Meta(description="of temporary credentials")] = None
    hosted_zone_id: Annotated[
        str, Meta(description="with `zone`: its id, so that zones need not be listed")
    ] = ""
    region: Annotated[str, Meta(description="what signatures are for; cn-northwest-1 in China")] = "us-east-1"
    base_url: str = "https://route53.amazonaws.com"


class Route53(RRsets, settings=Settings):
    kind: ClassVar[str] = "route53"
    about = About(
        title="Amazon Route 53",
        evidence=(
            "sdk",
            "vendor-doc https://docs.aws.amazon.com/Route53/latest/APIReference/API_Change.html",
        ),
        access="IAM > Users > Security credentials > Create access key; the user needs route53:ListHostedZones, "
        "route53:ListResourceRecordSets and route53:ChangeResourceRecordSets",
        access_zh="IAM > 用户 > 安全凭证 > 创建访问密钥；该用户需要 route53:ListHostedZones、"
        "route53:ListResourceRecordSets 和 route53:ChangeResourceRecordSets 权限",
        limits="5 requests a second for the whole account",
        limits_zh="整个账户每秒 5 个请求",
        known_as=("aws", "amazon"),
    )
    limits = Limits(least_ttl=1, most_ttl=2**31 - 1, at_once=2, per_second=4, batch=100)
    faults = Faults(
        credentials=(
            "SignatureDoesNotMatch: The request*",
            "InvalidClientTokenId*",
            "MissingAuthenticationToken*",
            "IncompleteSignature*",
            "AccessDenied*",
            "ExpiredToken*",
            "OptInRequired*",
        ),
        zone=("NoSuchHostedZone*",),
        moved=("*it already exists*", "*it was not found*", "*do not match the current values*"),
        throttled=("Throttling*", "PriorRequestNotComplete*"),
        maintenance=(
            "ServiceUnavailable*",
            "SignatureDoesNotMatch: Signature *",
        ),  # the second: a wrong clock
        pause=5.0,
    )
    types = frozenset(RRType)
    rooted = True
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        date = self.stamp("%Y%m%dT%H%M%SZ")
        scope = (date[:8], self.settings.region, "route53", "aws4_request")
        added = {"X-Amz-Date": date}
        if self.settings.session_token:
            added["X-Amz-Security-Token"] = await self.secret("session_token")
        headers = {"Host": sending.host, **sending.headers, **added}
        query = canonical.query(sending.query)
        request = canonical.request(sending.method, sending.path, query, headers, sending.body)
        key = canonical.derived("AWS4" + await self.secret("secret_access_key"), *scope)
        proof = canonical.signature(key, "AWS4-HMAC-SHA256", request, date, "/".join(scope))
        who = f"Credential={self.settings.access_key_id}/{'/'.join(scope)}"
        names = canonical.signed_headers(headers)
        return {
            **headers,
            "Authorization": f"AWS4-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={proof}",
        }

    def fault(self, answer: HttpAnswer) -> Fault | None:
        root = _xml.maybe(answer) if answer.status >= 400 else None
        if root is None or root.name != "ErrorResponse":
            return None
        return Fault(f"{root.first('Code')}: {root.first('Message')}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        if self.settings.zone and self.settings.hosted_zone_id:
            return [Zone(self.settings.zone, self.settings.hosted_zone_id)]
        pages = await self._pages("ListHostedZonesResponse", API, {"marker": "NextMarker"})
        return [
            self.zone(one.first("Name"), one.first("Id").rpartition("/")[2])
            for page in pages
            for one in page.all("HostedZone")
            if one.first("PrivateZone") != "true"
        ]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | Special | None]:
        onward = {"name": "NextRecordName", "type": "NextRecordType", "identifier": "NextRecordIdentifier"}
        pages = await self._pages("ListResourceRecordSetsResponse", f"{API}/{zone.id}/rrset", onward)
        return [self._rrset(zone, one) for page in pages for one in page.all("ResourceRecordSet")]

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        wanted = [("UPSERT", change.after) for change in changes if change.after]
        gone = [("DELETE", change.before) for change in changes if change.before and not change.after]
        todo = [_change(action, self.owner(zone, rrset.key), rrset) for action, rrset in wanted + gone]
        body = _xml.written("ChangeResourceRecordSetsRequest", NAMESPACE, ("ChangeBatch", ("Changes", *todo)))
        headers = {"Content-Type": "application/xml"}
        path = f"{API}/{zone.id}/rrset/"
        answer = await self.exchange("POST", path, content=body, headers=headers)
        _xml.document(answer, "ChangeResourceRecordSetsResponse", changes=True)

    async def _pages(self, name: str, path: str, onward: Mapping[str, str]) -> list[Element]:
        """Return every page of a list; `onward` says in which elements the query of the next one stands."""

        async def fetch(query: Mapping[str, str] | None) -> tuple[Element, Mapping[str, str] | None]:
            page = _xml.document(await self.exchange("GET", path, query=query or {}), name, changes=False)
            following = {word: page.first(element) for word, element in onward.items() if page.first(element)}
            if page.first("IsTruncated") != "true":
                return page, None
            if not following:
                raise Unavailable("route53: a list goes on, and does not say where")
            return page, following

        return await self.linked(fetch)

    def rdata(self, rrtype: str, content: str) -> str:
        if rrtype == RRType.TXT:
            content = _ESCAPED.sub(lambda found: f"\\{int(found[1], 8):03}", content)
        return super().rdata(rrtype, content)

    def _rrset(self, zone: Zone, one: Element) -> RRset | Special | None:
        owner = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), one.first("Name"))
        key = self.key(zone, owner, one.first("Type"))
        if key and any(any(one.all(policy)) for policy in _POLICIES):
            return Special(key, "is an alias or has a routing policy at Route 53")
        values = [each.text for each in one.all("Value")]
        return self.rrset(zone, owner, one.first("Type"), values, int(one.first("TTL") or 0))


def _octal(rrtype: RRType, rdata: str) -> str:
    """Return RDATA as Route 53 writes it: the escapes of a text are octal."""
    if rrtype is not RRType.TXT:
        return rdata
    return _DECIMAL.sub(lambda found: f"\\{int(found[1]):03o}", rdata)


def _change(action: str, owner: str, rrset: RRset) -> Tree:
    return (
        "Change",
        ("Action", action),
        (
            "ResourceRecordSet",
            ("Name", owner),
            ("Type", str(rrset.key.type)),
            ("TTL", str(TTL if rrset.ttl is None else rrset.ttl)),
            (
                "ResourceRecords",
                *(
                    ("ResourceRecord", ("Value", _octal(rrset.key.type, each)))
                    for each in sorted(rrset.rdata)
                ),
            ),
        ),
    )


PROVIDER = Route53
