"""Tencent Cloud's DNSPod, API 2021-03-23, from its documentation and its SDK."""

from fakes.misbehaviour import Fault, Refusal
from fakes.tencent import Said, TencentFake

RECORD = "Domain DomainId SubDomain RecordType RecordLine RecordLineId Value MX TTL Weight Status Remark"
LINES = {"默认": "0", "电信": "10=0", "联通": "10=1", "移动": "10=3"}

WORDS = {
    Fault.ZONE: ("InvalidParameterValue.DomainNotExists", "This domain does not exist."),
    Fault.EXISTS: ("InvalidParameter.DomainRecordExist", "The record exists already."),
    Fault.GONE: ("InvalidParameter.RecordIdInvalid", "The record id is wrong."),
    Fault.INVALID: ("InvalidParameter.RecordValueInvalid", "The record value is invalid."),
    Fault.QUOTA: ("LimitExceeded.SubdomainRollLimit", "Too many records of one subdomain."),
}
ACTIONS = {
    "DescribeDomainList": "Type Offset Limit GroupId Keyword",
    "DescribeRecordList": "Domain DomainId Subdomain SubDomain RecordType Offset Limit ErrorOnEmpty Keyword",
    "CreateRecord": RECORD,
    "ModifyRecord": f"{RECORD} RecordId",
    "DeleteRecord": "Domain DomainId RecordId",
}


class Fake(TencentFake):
    """Domains of a free plan."""

    service, version = "dnspod", "2021-03-23"
    ttl = (600, 604800)
    words, actions = WORDS, ACTIONS
    line = "电信"
    beside = (("Weight", 30), ("Status", "DISABLE"), ("Remark", "by hand"))
    plain = True

    def put(self, key, *contents, ttl=600, line="默认", **extra):
        return super().put(key, *contents, ttl=ttl, line=line, **extra)

    def act(self, action, given):
        match action:
            case "DescribeDomainList":
                return self._domains(given)
            case "DescribeRecordList":
                return self._records(given)
            case "CreateRecord":
                return self._create(given)
            case "ModifyRecord":
                return self._modify(given)
        self.zone_named(given["Domain"])
        self.remove(self._id(given))
        return {}

    def _domains(self, given):
        found = [{"DomainId": int(id_), "Name": name, "Punycode": name} for id_, name in self.zones.items()]
        some = self._some(found, given, 3000)
        return {"DomainList": some, "DomainCountInfo": {"DomainTotal": len(found), "AllTotal": len(found)}}

    def _records(self, given):
        wanted = {"type": given.get("RecordType")}
        if owner := given.get("SubDomain", given.get("Subdomain")):
            wanted["owner"] = "" if owner == "@" else owner
        found = self.find(zone=self.zone_named(given["Domain"]), **wanted)
        if not found and given.get("ErrorOnEmpty", "yes") == "yes":
            raise Said("ResourceNotFound.NoDataOfRecord", "There is no record.")
        some = [_shown(row) for row in self._some(found, given, 3000)]
        return {"RecordCountInfo": {"TotalCount": len(found), "ListCount": len(some)}, "RecordList": some}

    def _create(self, given):
        fields = self._fields(given)
        zone = self.zone_named(given["Domain"])
        name = self.whole(given.get("SubDomain", "@"), zone)
        return {"RecordId": int(self.create(name, given["RecordType"], fields.pop("content"), **fields).id)}

    def _modify(self, given):
        """Change a record; what is left out of it becomes what it is by default, but for the remark."""
        name = self.whole(given.get("SubDomain", "@"), self.zone_named(given["Domain"]))
        row = self.change(self._id(given), name=name, type=given["RecordType"], **self._fields(given))
        return {"RecordId": int(row.id)}

    def _some(self, found, given, most):
        start, size = given.get("Offset", 0), given.get("Limit", 100)
        if not 0 < size <= most:
            raise Said("InvalidParameterValue.LimitInvalid", str(size))
        return found[start : start + min(size, self.page)]

    def _fields(self, given):
        names = {id_: name for name, id_ in LINES.items()}
        line = names.get(given["RecordLineId"]) if "RecordLineId" in given else given["RecordLine"]
        if line not in LINES:
            raise Said("InvalidParameter.RecordLineInvalid", str(line))
        if self.ttl[0] > given.get("TTL", 600):
            raise Said("LimitExceeded.RecordTtlLimit", "The TTL is too short for the plan.")
        fields = {"content": given["Value"], "ttl": given.get("TTL", 600), "line": line}
        return {**fields, "Weight": given.get("Weight"), "Status": given.get("Status", "ENABLE")}

    def _id(self, given):
        if not isinstance(given["RecordId"], int):
            raise Refusal(Fault.GONE, given["RecordId"])
        return given["RecordId"]


def _shown(row):
    line = row.extra.get("line", "默认")
    return {
        "RecordId": int(row.id),
        "Name": row.owner or "@",
        "Type": row.type,
        "Value": row.content,
        "TTL": row.ttl,
        "Line": line,
        "LineId": LINES[line],
        "Status": row.extra.get("Status", "ENABLE"),
        "Weight": row.extra.get("Weight"),
        "Remark": row.extra.get("Remark", ""),
        "MX": 0,
        "MonitorStatus": "",
        "UpdatedOn": "2026-11-21 18:00:00",
    }
