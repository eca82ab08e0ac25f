"""Volcengine's TrafficRoute DNS, version 2018-08-01, from its documentation and its SDK."""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import quote

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "SignatureDoesNotMatch", "The request signature we calculated does not match"),
    Fault.ZONE: (400, "ErrZoneNotFound", "zone not found"),
    Fault.EXISTS: (409, "ErrDBDuplicated", "duplicated:"),
    Fault.GONE: (400, "ErrDBNotFound", "record not found :"),
    Fault.INVALID: (400, "ErrParamInvalid", "validation fail:"),
    Fault.QUOTA: (400, "ErrQuotaExceeded", "record exceeds quota 100"),
    Fault.THROTTLED: (429, "FlowLimitExceeded", "The request is throttled"),
    Fault.MAINTENANCE: (503, "ServiceUnavailableTemp", "The service is not available for a while"),
}
ACTIONS = {
    "ListZones": "PageNumber PageSize Key OrderKey SearchMode SearchOrder ProjectName Stage TradeCode",
    "ListRecords": "ZID PageNumber PageSize SearchOrder SearchMode Host Line Type Value",
    "CreateRecord": "ZID Line Host TTL Type Value Weight Remark",
    "UpdateRecord": "RecordID Host Line ProjectName Type Value Remark TTL Weight",
    "DeleteRecord": "RecordID ProjectName",
}
PROOF = re.compile(
    r"HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/(\w+)/request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
SIGNED = {"host", "x-date", "x-content-sha256", "content-type"}


class Fake(ZoneFake):
    """Zones of the free edition."""

    secret = "WkRnM1pETXhPVFk0TVRJM05EVm1ZamxsTURFeFptVXg"
    id = "AKLTYjU5EXAMPLE"
    ttl = (600, 86400)
    line = "telecom"
    beside = (("weight", 3), ("remark", "by hand"))

    def settings(self, **others):
        return {
            "access_key_id": self.id,
            "secret_access_key": self.secret,
            "base_url": self.url,
            **others,
        }

    def put(self, key, *contents, ttl=600, line="default", **extra):
        return super().put(key, *contents, ttl=ttl, line=line, **extra)

    def refusal(self, fault, detail=""):
        return _error(*WORDS[fault], detail)

    def is_write(self, request):
        return not request.query.get("Action", "").startswith("List")

    def answer(self, request):
        try:
            return super().answer(request)
        except Expired:
            return _error(400, "InvalidTimestamp", "The signature of the request is expired.")

    def authenticate(self, request):
        headers = request.headers
        match = PROOF.fullmatch(headers.get("authorization", ""))
        if not match:
            raise Refusal(Fault.CREDENTIALS, headers.get("authorization", ""))
        id_, date, region, service, names, given = match.groups()
        stamp = datetime.strptime(headers["x-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(stamp.timestamp() - self.clock.now()) > 900:
            raise Expired
        body = hashlib.sha256(request.body).hexdigest()
        if not set(names.split(";")) >= SIGNED or headers["x-content-sha256"] != body or id_ != self.id:
            raise Refusal(Fault.CREDENTIALS, id_)
        query = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(request.query.items())
        )
        lines = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
        canonical = f"{request.method}\n{request.path}\n{query}\n{lines}\n{names}\n{body}"
        scope = f"{date}/{region}/{service}/request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"HMAC-SHA256\n{headers['x-date']}\n{scope}\n{digest}"
        key = self.secret.encode()
        for part in (headers["x-date"][:8], region, service, "request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if service.lower() != "dns" or not hmac.compare_digest(expected, given):
            raise Refusal(Fault.CREDENTIALS, given)

    def route(self, request):
        action = request.query.get("Action")
        if action not in ACTIONS or request.query.get("Version") != "2018-08-01":
            return _error(404, "InvalidActionOrVersion", "Could not find operation for version.", action)
        if not request.headers["content-type"].startswith("application/json"):
            return _error(400, "ErrParsingParams", "parsing params error")
        given = request.json
        if unknown := set(given) - set(ACTIONS[action].split()):
            raise Refusal(Fault.INVALID, f"{unknown}")
        return Answer.of(
            {"ResponseMetadata": {"RequestId": "2022", "Service": "DNS"}, "Result": self._act(action, given)}
        )

    def _act(self, action, given):
        match action:
            case "ListZones":
                zones = [{"ZID": int(id_), "ZoneName": name} for id_, name in self.zones.items()]
                return {"Zones": self._page(zones, given), "Total": len(zones)}
            case "ListRecords":
                found = [_shown(row) for row in self.find(zone=self.zone_with(given["ZID"]))]
                return {"Records": self._page(found, given), "TotalCount": len(found)}
            case "CreateRecord":
                return self._create(given)
            case "UpdateRecord":
                return self._update(given)
        self.remove(given["RecordID"])
        return {}

    def _page(self, found, given):
        size = given.get("PageSize", 10)
        if not 0 < size <= 500:
            raise Refusal(Fault.INVALID, "page size must be less than 500")
        return self.paged(found, given.get("PageNumber", 1), size)[0]

    def _create(self, given):
        name = self.whole(given["Host"], self.zone_with(given["ZID"]))
        row = self.create(
            name, given["Type"], given["Value"], given.get("TTL", 600), line=given.get("Line", "default")
        )
        row.extra |= {"weight": given.get("Weight", 1), "remark": given.get("Remark", "")}
        return _shown(row)

    def _update(self, given):
        before = self.row(given["RecordID"])
        names = {"Type": "type", "Value": "content", "TTL": "ttl", "Weight": "weight", "Remark": "remark"}
        fields = {ours: given[theirs] for theirs, ours in names.items() if theirs in given}
        name = self.whole(given["Host"], before.zone)
        return _shown(self.change(before.id, name=name, line=given["Line"], **fields))


class Expired(Exception):
    """The signature is of another time."""


def _error(status, code, message, detail=""):
    error = {"CodeN": status * 1000, "Code": code, "Message": f"{message} {detail}"}
    return Answer.of({"ResponseMetadata": {"RequestId": "2022", "Service": "DNS", "Error": error}}, status)


def _shown(row):
    return {
        "RecordID": row.id,
        "Host": row.owner or "@",
        "Type": row.type,
        "Value": row.content,
        "TTL": row.ttl,
        "Line": row.extra.get("line", "default"),
        "Weight": row.extra.get("weight", 1),
        "Remark": row.extra.get("remark", ""),
        "Enable": True,
        "FQDN": f"{row.name}",
    }
