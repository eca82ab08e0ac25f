"""GoDaddy: the records of one type and name are put and deleted together; there are no ids.

Its description says that `offset` counts records, its users that it counts pages. Neither is relied upon: a zone
with more records than one list holds is asked for each name by itself. For some seconds after a change a domain
takes no other, which is status 409.
Source: the description that GoDaddy's own client is made from, see DESCRIPTION.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone

RECORDS, DOMAINS = 500, 1000  # the most of one list
BUSY = 5.0  # seconds to wait when a domain takes no change just now
DESCRIPTION = "https://github.com/godaddy/cli/blob/9bc5a02f8afe3080f9fb2bfe3193d55dcd41cac6/rust/domains-client/openapi/swagger_domains.v2.json"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="godaddy"):
    """A production key with its secret."""

    key: Annotated[Secret, Meta(description="of the environment Production")]
    secret: Secret
    base_url: str = "https://api.godaddy.com"


class _Record(msgspec.Struct):
    type: str
    name: str
    data: str
    ttl: int


class _Domain(msgspec.Struct):
    domain: str


class _Error(msgspec.Struct):
    code: str
    message: str = ""
    wait: float | None = msgspec.field(name="retryAfterSec", default=None)


class GoDaddy(RRsets, settings=Settings):
    kind: ClassVar[str] = "godaddy"
    about = About(
        title="GoDaddy",
        evidence=(f"vendor-doc {DESCRIPTION}",),
        access="developer.godaddy.com > API Keys > Create New API Key, environment Production",
        access_zh="developer.godaddy.com > API Keys > Create New API Key，环境选择 Production",
        limits="60 requests a minute; not every account is let in",
        limits_zh="每分钟 60 个请求；并非每个账户都能使用 API",
        made_at="https://developer.godaddy.com/",
    )
    limits = Limits(least_ttl=600, most_ttl=604800, at_once=1, per_second=1)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 UNKNOWN_DOMAIN",),
        moved=("404 NOT_FOUND", "422 DUPLICATE_RECORD"),
        throttled=("409 *", "429 *"),
    )

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"Authorization": f"sso-key {await self.secret('key')}:{await self.secret('secret')}"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        if error is None:
            return None
        wait = BUSY if answer.status == 409 else error.wait
        return Fault(f"{answer.status} {error.code}", error.message, wait)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found: list[_Domain] = []
        while True:
            query = {"limit": DOMAINS, "marker": found[-1].domain if found else None}
            some = await self.call("GET", "/v1/domains", list[_Domain], query=query)
            found += some
            if len(some) < DOMAINS:
                return [self.zone(each.domain) for each in found]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        found = await self._list(f"/v1/domains/{zone.id}/records")
        if len(found) == RECORDS:
            lists = await _base.beside(self._list(self._path(zone, key)) for key in keys)
            found = [record for some in lists for record in some]
        return [self.rrset(zone, one.name, one.type, [one.data], one.ttl) for one in found]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        ttl = rrset.ttl or (before and before.ttl) or self.limits.least_ttl
        records = [{"data": each, "ttl": ttl} for each in sorted(rrset.rdata)]
        await self.call("PUT", self._path(zone, rrset.key), json=records)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._path(zone, rrset.key))

    async def _list(self, where: str) -> list[_Record]:
        return await self.call("GET", where, list[_Record], query={"limit": RECORDS})

    def _path(self, zone: Zone, key: RRsetKey) -> str:
        return "/v1/domains" + path(zone.id, "records", key.type, self.owner(zone, key))


PROVIDER = GoDaddy
