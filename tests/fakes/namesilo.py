"""NameSilo's API, in the XML that its own WHMCS module reads; a record gets a new id whenever it is updated."""

from xml.sax.saxutils import escape

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (110, "Invalid API Key"),
    Fault.ZONE: (200, "Domain is not active, or does not belong to this user"),
    Fault.EXISTS: (280, "could not add resource record to domain since it already exists (duplicate)"),
    Fault.GONE: (280, "could not modify resource record: record_id does not exist"),
    Fault.INVALID: (280, "could not add resource record to domain: invalid value"),
    Fault.THROTTLED: (400, "Existing API request is still processing - request will need to be re-submitted"),
    Fault.MAINTENANCE: (115, "Central Registry Not Responding - try again later"),
}
WRITES = {"dnsAddRecord", "dnsUpdateRecord", "dnsDeleteRecord"}


class Fake(ZoneFake):
    """Every operation is a GET, and every answer a 200."""

    omits = "an empty list is no element of its XML"
    secret = "71dZaE8c2Aa926Ca2E8c1"
    ttl = (3600, 2592000)

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/api", **others}

    def is_write(self, request):
        return request.path.removeprefix("/api/") in WRITES

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        code, words = WORDS[fault]
        return _xml(code, f"{words} {detail}")

    def authenticate(self, request):
        if request.query.get("key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.query.get("key"))

    def route(self, request):
        query = request.query
        if (request.method, query.get("version"), query.get("type")) != ("GET", "1", "xml"):
            return _xml(102, "No version specified")
        change = self.is_write(request)
        return (self._changing if change else self._reading)(request.path.removeprefix("/api/"), query)

    def _reading(self, name, query):
        match name:
            case "getDomainInfo":
                self.zone_named(query["domain"])
                return _xml(300, "success", "<status>Active</status><traffic_type>Custom DNS</traffic_type>")
            case "listDomains":
                names = "".join(f"<domain>{name}</domain>" for name in self.zones.values())
                return _xml(300, "success", f"<domains>{names}</domains>")
            case "dnsListRecords":
                found = self.find(zone=self.zone_named(query["domain"]))
                return _xml(300, "success", "".join(map(_shown, found)))
        return _xml(107, "Invalid operation")

    def _changing(self, name, query):
        match name:
            case "dnsAddRecord":
                row = self.create(
                    self._host(query), query["rrtype"], query["rrvalue"], query.get("rrttl", 7207)
                )
                return _xml(300, "success", f"<record_id>{row.id}</record_id>")
            case "dnsUpdateRecord":
                return self._update(query)
            case "dnsDeleteRecord":
                self.zone_named(query["domain"])
                self.remove(query["rrid"])
                return _xml(300, "success")
        return _xml(107, "Invalid operation")

    def _update(self, query):
        """Change a record: whoever says no TTL gets the default one, and the record another id."""
        fields = {"name": self._host(query), "content": query["rrvalue"], "ttl": query.get("rrttl", 7207)}
        row = self.change(query["rrid"], **fields)
        del self.rows[row.id]
        row.id = str(next(self._ids))
        self.rows[row.id] = row
        return _xml(300, "success", f"<record_id>{row.id}</record_id>")

    def _host(self, query):
        zone = self.zone_named(query["domain"])
        if query["rrhost"].endswith(zone):
            raise Refusal(Fault.INVALID, "rrhost is without the domain")
        return self.whole(query["rrhost"], zone)


def _shown(row):
    return (
        f"<resource_record><record_id>{row.id}</record_id><type>{row.type}</type><host>{row.name}</host>"
        f"<value>{escape(row.content)}</value><ttl>{row.ttl}</ttl><distance>0</distance></resource_record>"
    )


def _xml(code, detail, inner=""):
    text = (
        '<?xml version="1.0"?><namesilo><request><operation>any</operation><ip>192.0.2.1</ip></request>'
        f"<reply><code>{code}</code><detail>{escape(detail)}</detail>{inner}</reply></namesilo>"
    )
    return Answer(200, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})
