"""Alibaba Cloud DNS's API of 2015-01-09: domains and records of one account, in the free edition."""

from fakes.aliyun import AliyunFake
from fakes.misbehaviour import Fault, Refusal

LINES = ("default", "telecom", "unicom", "mobile", "edu", "oversea")

WORDS = {
    Fault.ZONE: (404, "InvalidDomainName.NoExist", "The specified domain name does not exist."),
    Fault.EXISTS: (400, "DomainRecordDuplicate", "The DNS record already exists."),
    Fault.GONE: (400, "DomainRecordNotBelongToUser", "The domain record does not belong to this user."),
    Fault.INVALID: (400, "InvalidParameter", "The parameter is not valid."),
    Fault.QUOTA: (400, "QuotaExceeded.ARecord", "The maximum number of A records was reached."),
}


class Fake(AliyunFake):
    """Records belong to a line each; an update that changes nothing is a duplicate."""

    version = "2015-01-09"
    ttl = (600, 86400)
    words = WORDS
    line = "telecom"
    plain = True

    def put(self, key, *contents, ttl=600, **extra):
        return super().put(key, *contents, ttl=ttl, **{"line": "default", **extra})

    def do_describe_domains(self, given):
        found = [{"DomainName": zone, "DomainId": id_} for id_, zone in self.zones.items()]
        return self._page(given, found, 100, "Domains", "Domain")

    def do_describe_domain_records(self, given):
        found = [_shown(row) for row in self.find(zone=self.zone_named(given["DomainName"]))]
        return self._page(given, found, 500, "DomainRecords", "Record")

    def do_add_domain_record(self, given):
        name = self.whole(given["RR"], self.zone_named(given["DomainName"]))
        line = _line(given)
        row = self.create(name, given["Type"], given["Value"], given.get("TTL", 600), line=line)
        return {"RecordId": row.id}

    def do_update_domain_record(self, given):
        before = self.row(given["RecordId"])
        fields = {
            "name": self.whole(given["RR"], before.zone),
            "type": given["Type"],
            "content": given["Value"],
            "ttl": int(given.get("TTL", 600)),
        }
        line = _line(given)
        if line == before.extra["line"] and fields.items() <= vars(before).items():
            raise Refusal(Fault.EXISTS)
        return {"RecordId": self.change(before.id, **fields, line=line).id}

    def do_delete_domain_record(self, given):
        self.remove(given["RecordId"])
        return {"RecordId": given["RecordId"]}

    def _page(self, given, found, most, *words):
        outer, inner = words
        size = int(given.get("PageSize", 20))
        if size > most:
            raise Refusal(Fault.INVALID, "PageSize")
        some, _ = self.paged(found, given.get("PageNumber", 1), size)
        return {"TotalCount": len(found), "PageSize": size, outer: {inner: some}}


def _line(given):
    line = given.get("Line", "default")
    if line not in LINES:
        raise Refusal(Fault.INVALID, "Line")
    return line


def _shown(row):
    return {
        "RecordId": row.id,
        "DomainName": row.zone,
        "RR": row.owner or "@",
        "Type": row.type,
        "Value": row.content,
        "TTL": row.ttl,
        "Line": row.extra.get("line", "default"),
        "Status": "ENABLE",
        "Locked": False,
    }
