"""netcup: one URL, a session of a quarter of an hour, and status 200 around every error.

What is to change goes in one set, and what is not in it stays. One TTL is the whole zone's and is left as it is.
The session stands in the body; netcup now and then loses a new one, which is no fault of the credentials. Of those
it says, when they are wrong, that there were too many requests. DNS zones of its newer CloudDNS are not here.
Source: https://ccp.netcup.net/run/webservice/servers/endpoint.php and
https://helpcenter.netcup.com/en/wiki/general/our-api; what its errors say is known from other clients.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import Throttled
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Create, Delete, Record, Records, Step, Update
from homeport.providers._session import Session, Token
from homeport.providers._zoned import Zone

T = TypeVar("T")
LASTS = 900.0  # seconds of a session


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="netcup"):
    """The customer's number, an API key and the API password."""

    zone: Annotated[Fqdn, Meta(description="your domain")]
    customer_number: str
    api_key: Secret
    api_password: Secret
    base_url: str = "https://ccp.netcup.net/run/webservice/servers/endpoint.php"


class _Record(msgspec.Struct):
    id: str
    hostname: str
    type: str
    destination: str
    priority: str = "0"


class _Records(msgspec.Struct):
    dnsrecords: list[_Record]


class _Login(msgspec.Struct):
    apisessionid: str


class _Answer(msgspec.Struct):
    status: str
    statuscode: int
    shortmessage: str = ""
    longmessage: str = ""
    responsedata: msgspec.Raw = msgspec.Raw(b"{}")


class Netcup(Session, Records, settings=Settings):
    kind: ClassVar[str] = "netcup"
    about = About(
        title="netcup",
        evidence=(
            "vendor-doc https://ccp.netcup.net/run/webservice/servers/endpoint.php",
            "vendor-doc https://helpcenter.netcup.com/en/wiki/general/our-api",
        ),
        access="CCP > Master Data > API: generate an API password and create an API key",
        access_zh="CCP > Master Data > API：生成 API password，并创建 API key",
        limits="180 requests a minute; one TTL for a whole zone",
        limits_zh="每分钟 180 个请求；整个区域共用一个 TTL",
    )
    limits = Limits(at_once=1, per_second=2)
    faults = Faults(
        session=("4001 *",),
        credentials=(
            "4013 *field apikey*",
            "4013 *field apipassword*",
            "4013 *field customernumber*",
        ),
        zone=("5028 *zone*could not be found*", "5029 *", "4013 *field domainname*"),
        throttled=("4013 *requests per minute*", "4013 *Too many error messages*"),
    )

    def clamp(self, wanted: RRset) -> RRset:
        return replace(super().clamp(wanted), ttl=None)

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Answer)
        if said is None or said.status != "error":
            return None
        return Fault(f"{said.statuscode} {said.shortmessage} {said.longmessage}")

    async def log_in(self) -> Token:
        param = {**await self._who(), "apipassword": await self.secret("api_password")}
        body = {"action": "login", "param": param}
        try:
            answer = await self.enter("POST", "?JSON", json=body, changes=False)
        except Throttled as error:
            hint = "netcup says so of wrong credentials, too"
            raise Throttled(f"{error} ({hint})", retry_after=error.retry_after) from None
        return Token(self._data(answer, _Login, changes=False).apisessionid, LASTS)

    def admitted(self, request: dict[str, Any]) -> dict[str, Any]:
        param = {**request["json"]["param"], "apisessionid": self.token}
        return {**request, "json": {**request["json"], "param": param}}

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = await self._ask("infoDnsRecords", changes=False, domainname=zone.id)
        return [
            self.record(zone, one.hostname, one.type, one.destination, id=one.id, raw=one)
            for one in found.dnsrecords
        ]

    async def batch(self, zone: Zone, steps: Sequence[Step]) -> None:
        records = {"dnsrecords": [self._entry(zone, step) for step in steps]}
        await self._ask("updateDnsRecords", changes=True, domainname=zone.id, dnsrecordset=records)

    def _entry(self, zone: Zone, step: Step) -> dict[str, Any]:
        match step:
            case Create(wish):
                new = {"hostname": self.owner(zone, wish.key), "type": wish.key.type}
                return {**new, "destination": wish.rdata, "deleterecord": False}
            case Update(record, wish):
                before = msgspec.to_builtins(record.raw)
                return {**before, "destination": wish.rdata, "deleterecord": False}
            case Delete(record):
                return {**msgspec.to_builtins(record.raw), "deleterecord": True}

    async def _who(self) -> dict[str, str]:
        return {"customernumber": self.settings.customer_number, "apikey": await self.secret("api_key")}

    async def _ask(self, action: str, *, changes: bool, **param: Any) -> _Records:
        """Do something with a zone's records; both actions answer all that it has then."""
        body = {"action": action, "param": {**await self._who(), **param}}
        answer = await self.exchange("POST", "?JSON", json=body, changes=changes)
        return self._data(answer, _Records, changes=changes)

    def _data(self, answer: HttpAnswer, shape: type[T], *, changes: bool) -> T:
        said = self.read(answer, _Answer, changes=changes)
        return self.read(replace(answer, body=bytes(said.responsedata)), shape, changes=changes)


PROVIDER = Netcup
