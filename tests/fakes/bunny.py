"""bunny.net's API for DNS zones, from its reference; an update forgets what it is not sent."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

TYPES = [
    "A",
    "AAAA",
    "CNAME",
    "TXT",
    "MX",
    "Redirect",
    "Flatten",
    "PullZone",
    "SRV",
    "CAA",
    "PTR",
    "Script",
    "NS",
]
WORDS = {
    Fault.CREDENTIALS: (401, "unauthorized", "The request authorization header is not valid."),
    Fault.ZONE: (404, "dnszone.not_found", "The requested DNS zone was not found."),
    Fault.INVALID: (400, "validation_error", "The model validation failed."),
}
PLAIN = {"Monitoring": 0, "Weight": 100, "Disabled": False, "Comment": "", "Accelerated": False}


class Fake(ZoneFake):
    """Zones of one account; records are numbered types in them, and their extra is what they were sent beside."""

    ttl = (15, 2147483647)
    is_unique = False

    def settings(self, **others):
        return {"access_key": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return self.refusal(Fault.ZONE, detail) if fault is Fault.GONE and detail else None
        status, key, message = WORDS[fault]
        return Answer.of({"ErrorKey": key, "Field": "", "Message": f"{message} {detail}".strip()}, status)

    def authenticate(self, request):
        if request.headers.get("accesskey") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("accesskey"))

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["dnszone"]:
                return self._zones(request)
            case "GET", ["dnszone", zone]:
                return Answer.of(self._shown(zone, self.zone_with(zone)))
            case "PUT", ["dnszone", zone, "records"]:
                body = request.json
                name = self.whole(body.pop("Name"), self.zone_with(zone), apex="")
                rrtype, content, ttl = TYPES[body.pop("Type")], body.pop("Value"), body.pop("Ttl", 300)
                return Answer.of(shown(self.create(name, rrtype, content, ttl, **{**PLAIN, **body})), 201)
            case "POST", ["dnszone", zone, "records", id_]:
                self._update(id_, request.json, self.zone_with(zone))
                return Answer(204)
            case "DELETE", ["dnszone", zone, "records", id_]:
                self.zone_with(zone)
                self.remove(id_)
                return Answer(204)
        return Answer.text("", 404)

    def _update(self, id_, body, zone):
        if str(body.pop("Id")) != id_:
            raise Refusal(Fault.INVALID, "Id")
        row = self.row(id_)
        if TYPES[body.pop("Type")] != row.type:
            raise Refusal(Fault.INVALID, "Type")
        name = self.whole(body.pop("Name"), zone, apex="")
        self.change(id_, name=name, content=body.pop("Value"), ttl=body.pop("Ttl", 300), **{**PLAIN, **body})

    def _zones(self, request):
        size = int(request.query.get("perPage", 1000))
        if not 5 <= size <= 1000:
            raise Refusal(Fault.INVALID, "perPage")
        found = [(id_, name) for id_, name in self.zones.items() if request.query.get("search", "") in name]
        page = int(request.query.get("page", 1))
        some, pages = self.paged(found, page, size)
        items = [self._shown(*each) for each in some]
        more = page < pages
        return Answer.of(
            {"Items": items, "CurrentPage": page, "TotalItems": len(found), "HasMoreItems": more}
        )

    def _shown(self, id_, name):
        return {"Id": int(id_), "Domain": name, "Records": [shown(row) for row in self.find(zone=name)]}


def shown(row):
    return {
        **PLAIN,
        "Id": int(row.id),
        "Type": TYPES.index(row.type),
        "Ttl": row.ttl,
        "Value": row.content,
        "Name": row.owner,
        "LinkName": "",
        "MonitorStatus": 0,
        **row.extra,
    }
