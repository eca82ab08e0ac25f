"""Alibaba Cloud ESA's API of 2024-09-10: sites, and records that hold the addresses of both families.

Its documentation wants an IPv4 address in each; the real one was seen to take IPv6 alone
(https://github.com/NewFuture/DDNS/issues/603), and so does this one.
"""

import itertools
import json

from fakes.aliyun import AliyunFake
from fakes.misbehaviour import Fault, Refusal

TYPES = ("A", "AAAA")
WORDS = {
    Fault.ZONE: (404, "InvalidSite.NotFound", "The site does not exist."),
    Fault.EXISTS: (
        400,
        "Record.RecordNameConflictWithSameRecordType",
        "The same record name, type and value exist.",
    ),
    Fault.GONE: (404, "Record.NotFound", "The record does not exist."),
    Fault.INVALID: (400, "Record.AorAAAARecordValueContainInvalidIP", "The record value is not valid."),
    Fault.QUOTA: (400, "QuotaExceed.RecordCount", "The number of records has reached the upper limit."),
    Fault.THROTTLED: (429, "TooManyRequests", "Too many requests."),
    Fault.MAINTENANCE: (400, "Record.ServiceBusy", "The record is being configured."),
}


class Fake(AliyunFake):
    """Rows are addresses; which of them are one record is in `records`, with what a record has beside them.

    Attributes:
        cname_sites: ids of sites whose name servers are elsewhere.
    """

    version = "2024-09-10"
    words = WORDS
    ttl = (1, 86400)
    is_unique = False

    def __init__(self):
        super().__init__()
        self.records = {}
        self.cname_sites = set()
        self._numbers = itertools.count(7001)

    def put(self, key, *contents, ttl=300, **extra):
        name = str(key.name)
        id_ = next((id_ for id_, record in self.records.items() if record["name"] == name), None)
        return super().put(key, *contents, record=id_ or self._new(name, Ttl=ttl, **extra))

    def put_record(self, name, *contents, **fields):
        """Write one more record of a name; return its id."""
        id_ = self._new(name, **{"Ttl": 300, **fields})
        for content in contents:
            self._insert(name, _type(content), content, 300, {"record": id_})
        return id_

    def do_list_sites(self, given):
        sites = [
            {
                "SiteId": int(id_),
                "SiteName": name,
                "AccessType": "CNAME" if id_ in self.cname_sites else "NS",
                "Status": "active",
            }
            for id_, name in self.zones.items()
        ]
        return self._page(given, sites, "Sites")

    def do_list_records(self, given):
        zone = self.zone_with(given["SiteId"])
        addresses = [
            self._shown(id_) for id_, record in self.records.items() if self.zone_of(record["name"]) == zone
        ]
        others = [_other(row) for row in self.find(zone=zone) if row.type not in TYPES]
        return self._page(given, [each for each in addresses if each] + others, "Records")

    def do_create_record(self, given):
        zone, name = self.zone_with(given["SiteId"]), given["RecordName"]
        if self.zone_of(name) != zone:
            raise Refusal(Fault.INVALID, "InvalidRecordNameSuffix")
        if given["SiteId"] in self.cname_sites and not _is_proxied(given):
            raise Refusal(Fault.INVALID, "CnameSiteRecordNoProxied")
        values = _values(given)
        if any(values == set(self._shown(id_)["Data"]["Value"].split(",")) for id_ in self._named(name)):
            raise Refusal(Fault.EXISTS)
        id_ = self._new(name, **_beside(given))
        self._fill(id_, values)
        return {"RecordId": id_}

    def do_update_record(self, given):
        id_ = int(given["RecordId"])
        if not self._rows_of(id_):
            raise Refusal(Fault.GONE, id_)
        values = _values(given)
        self.records[id_] = {"name": self.records[id_]["name"], **_beside(given)}
        self._fill(id_, values)
        return {"RecordId": 0}

    def do_delete_record(self, given):
        rows = self._rows_of(int(given["RecordId"]))
        if not rows:
            raise Refusal(Fault.GONE)
        for row in rows:
            self.remove(row.id)
        del self.records[int(given["RecordId"])]
        return {}

    def _new(self, name, **fields):
        id_ = next(self._numbers)
        self.records[id_] = {"name": name, "Proxied": False, "BizName": "", "Comment": "", **fields}
        return id_

    def _rows_of(self, id_):
        return [row for row in self.rows.values() if row.extra.get("record") == id_]

    def _named(self, name):
        return [id_ for id_, record in self.records.items() if record["name"] == name and self._rows_of(id_)]

    def _fill(self, id_, values):
        """Let a record have these addresses."""
        record = self.records[id_]
        for row in self._rows_of(id_):
            if row.content not in values:
                self.remove(row.id)
        missing = values - {row.content for row in self._rows_of(id_)}
        for value in sorted(missing):
            self.create(record["name"], _type(value), value, record["Ttl"], record=id_)

    def _shown(self, id_):
        rows, record = self._rows_of(id_), self.records[id_]
        if not rows:
            return None
        beside = {name: value for name, value in record.items() if name != "name"}
        value = ",".join(row.content for row in rows)
        return {
            "RecordId": id_,
            "RecordName": record["name"],
            "RecordType": "A/AAAA",
            "SiteId": 1001,
            "Data": {"Value": value},
            **beside,
        }

    def _page(self, given, found, word):
        size = int(given.get("PageSize", 500))
        if not 1 <= size <= 500:
            raise Refusal(Fault.INVALID, "PageSize")
        some, _ = self.paged(found, given.get("PageNumber", 1), size)
        return {"TotalCount": len(found), "PageSize": size, word: some}


def _values(given):
    """Return the addresses of a request; what is wrong with the rest of it is refused."""
    values = set(json.loads(given["Data"])["Value"].split(","))
    of_six = sum(":" in value for value in values)
    if given["Type"] != "A/AAAA" or not (len(values) - of_six <= 8 and of_six <= 4):
        raise Refusal(Fault.INVALID, "AorAAAARecordValueIPExceedLimit")
    return values


def _beside(given):
    """Return what a record has beside its addresses; what a request does not name is as in a new one."""
    ttl, proxied = int(given["Ttl"]), _is_proxied(given)
    if ttl != 1 and not 30 <= ttl <= 86400:
        raise Refusal(Fault.INVALID, "TTLExceedLimit")
    if proxied and given.get("BizName") not in ("web", "api", "image_video"):
        raise Refusal(Fault.INVALID, "InvalidBiz")
    if len(given.get("Comment", "")) > 100:
        raise Refusal(Fault.INVALID, "RecordCommentExceedLimit")
    return {
        "Ttl": ttl,
        "Proxied": proxied,
        "BizName": given.get("BizName", ""),
        "Comment": given.get("Comment", ""),
    }


def _is_proxied(given):
    """Tell whether acceleration is asked for; Alibaba's own client for Python writes `True`."""
    return given.get("Proxied", "false").lower() == "true"


def _type(content):
    return "AAAA" if ":" in content else "A"


def _other(row):
    return {
        "RecordId": int(row.id),
        "RecordName": row.name,
        "RecordType": row.type,
        "Ttl": row.ttl,
        "Data": {"Value": row.content},
        "Proxied": False,
    }
