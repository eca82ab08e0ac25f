"""Tencent's EdgeOne, API 2022-09-01, from its documentation and its SDK: sites and their DNS records."""

from fakes.misbehaviour import Fault, Refusal
from fakes.tencent import Said, TencentFake

WORDS = {
    Fault.ZONE: ("InvalidParameter.ZoneNotFound", "The site is not found."),
    Fault.EXISTS: ("ResourceInUse.DnsRecord", "The DNS record exists already."),
    Fault.GONE: ("ResourceNotFound", "The DNS record is not found."),
    Fault.INVALID: ("InvalidParameterValue.InvalidDNSContent", "The DNS content is invalid."),
    Fault.QUOTA: ("LimitExceeded", "The quota is used up."),
}
ACTIONS = {
    "DescribeZones": "Offset Limit Filters Order Direction",
    "DescribeDnsRecords": "ZoneId Offset Limit Filters SortBy SortOrder Match",
    "CreateDnsRecord": "ZoneId Name Type Content Location TTL Weight Priority",
    "ModifyDnsRecords": "ZoneId DnsRecords",
    "DeleteDnsRecords": "ZoneId RecordIds",
}


class Fake(TencentFake):
    """Sites of one account: those of `zones` have their name servers here, `elsewhere` has not."""

    service, version = "teo", "2022-09-01"
    ttl = (60, 86400)
    words, actions = WORDS, ACTIONS
    elsewhere = "example.org"
    line = "CN.BJ"
    beside = (("weight", 30),)

    def put(self, key, *contents, line="Default", **extra):
        return super().put(key, *contents, line=line, **extra)

    def act(self, action, given):
        if action == "DescribeZones":
            return self._sites(given)
        zone = self.zone_with(given["ZoneId"].removeprefix("zone-"))
        match action:
            case "DescribeDnsRecords":
                found = [_shown(row) for row in self.find(zone=zone)]
                return {"DnsRecords": self._some(found, given, 1000), "TotalCount": len(found)}
            case "CreateDnsRecord":
                fields = {"ttl": given.get("TTL", 300), "line": given.get("Location", "Default")}
                row = self.create(self._name(given["Name"], zone), given["Type"], given["Content"], **fields)
                row.extra["weight"] = given.get("Weight", -1)
                return {"RecordId": f"record-{row.id}"}
            case "ModifyDnsRecords":
                for each in given["DnsRecords"]:
                    self._modify(each, zone)
            case "DeleteDnsRecords":
                for each in given["RecordIds"]:
                    self.remove(each.removeprefix("record-"))
        return {}

    def _sites(self, given):
        found = [
            {"ZoneId": f"zone-{id_}", "ZoneName": name, "Type": "full", "Status": "active"}
            for id_, name in self.zones.items()
        ]
        found.append({"ZoneId": "zone-9", "ZoneName": self.elsewhere, "Type": "partial", "Status": "pending"})
        return {"Zones": self._some(found, given, 100), "TotalCount": len(found)}

    def _some(self, found, given, most):
        start, size = given.get("Offset", 0), given.get("Limit", 20)
        if not 0 < size <= most:
            raise Said("InvalidParameter", f"Limit {size}")
        return found[start : start + min(size, self.page)]

    def _modify(self, given, zone):
        """Change a record; what is left out of it becomes what it is by default."""
        fields = {"content": given["Content"], "ttl": given.get("TTL", 300), "type": given["Type"]}
        beside = {"line": given.get("Location", "Default"), "weight": given.get("Weight", -1)}
        id_ = given["RecordId"].removeprefix("record-")
        self.change(id_, name=self._name(given["Name"], zone), **fields, **beside)

    def _name(self, name, zone):
        if name != zone and not name.endswith(f".{zone}"):
            raise Refusal(Fault.INVALID, name)
        return name


def _shown(row):
    return {
        "ZoneId": "zone-1001",
        "RecordId": f"record-{row.id}",
        "Name": row.name,
        "Type": row.type,
        "Location": row.extra.get("line"),  # of a TXT record there is none
        "Content": row.content,
        "TTL": row.ttl,
        "Weight": row.extra.get("weight", -1),
        "Priority": 0,
        "Status": "enable",
        "CreatedOn": "2026-11-21T10:00:00Z",
        "ModifiedOn": "2026-11-21T10:00:00Z",
    }
