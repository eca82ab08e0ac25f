"""dynv6's REST API, from its specification, and its update URL for what a zone itself points to.

The specification has no body for a refused token; that of the other errors stands in for it.
"""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake
from homeport.model.name import Fqdn

WORDS = {
    Fault.CREDENTIALS: (401, "Unauthorized", "The token is not valid."),
    Fault.ZONE: (404, "NotFound", "There is no such zone or record."),
    Fault.INVALID: (422, "ValidationError", "data is invalid"),
}
FAMILIES = {"ipv4": "A", "ipv6": "AAAA"}


class Fake(ZoneFake):
    """Zones of one account; a zone's own addresses are not among its records."""

    zone = "home.dynv6.net"

    def __init__(self):
        super().__init__()
        self.zones["1009"] = self.zone

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return self.refusal(Fault.ZONE, detail) if fault is Fault.GONE and detail else None
        status, name, message = WORDS[fault]
        return Answer.of({"error": {"name": name, "message": f"{message} {detail}"}}, status)

    def is_write(self, request):
        return request.method != "GET" or request.path == "/api/update"

    def authenticate(self, request):
        if request.path == "/api/update":
            return
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.split("/")[2:]:
            case "GET", ["update"]:
                return self._update(request.query)
            case "GET", ["v2", "zones"]:
                return Answer.of([self._zone(id_) for id_ in self.zones])
            case "GET", ["v2", "zones", id_]:
                self.zone_with(id_)
                return Answer.of(self._zone(id_))
            case _, ["v2", "zones", id_, "records", *rest]:
                return self._records(request, self.zone_with(id_), rest)
        raise Refusal(Fault.ZONE)

    def _records(self, request, zone, rest):
        match request.method, rest:
            case "GET", []:
                return Answer.of([self._shown(row) for row in self.find(zone=zone) if not self._is_own(row)])
            case "POST", []:
                body = request.json
                row = self.create(self._below(self.whole(body["name"], zone)), body["type"], body["data"])
                return Answer.of(self._shown(row))
            case "PATCH", [record]:
                return Answer.of(self._shown(self.change(record, content=request.json["data"])))
            case "DELETE", [record]:
                self.remove(record)
                return Answer(204)
        raise Refusal(Fault.ZONE)

    def _below(self, name):
        """Return a name that may have records: no zone's own."""
        if name in self.zones.values():
            raise Refusal(Fault.INVALID, name)
        return str(Fqdn.parse(name))

    def _update(self, query):
        if query.get("token") != self.secret:
            return Answer.text("invalid authentication token", 401)
        name = query["zone"]
        if name not in self.zones.values():
            return Answer.text("zone not found", 404)
        before = dict(self.rows)
        for word, rrtype in FAMILIES.items():
            if query.get(word):
                self.replace(name, rrtype, [] if query[word] == "-" else [query[word]])
        kept = {(row.name, row.type, row.content) for row in before.values()}
        changed = {(row.name, row.type, row.content) for row in self.rows.values()} != kept
        return Answer.text("addresses updated" if changed else "addresses unchanged")

    def _is_own(self, row):
        return row.name == row.zone and row.type in FAMILIES.values()

    def _own(self, zone, rrtype):
        return next((row.content for row in self.find(name=zone, type=rrtype)), "")

    def _zone(self, id_):
        name = self.zones[id_]
        v6 = self._own(name, "AAAA")
        return {
            "id": int(id_),
            "name": name,
            "ipv4address": self._own(name, "A"),
            "ipv6prefix": f"{v6}/64" if v6 else "",
            "createdAt": "2024-11-27T14:24:02+01:00",
        }

    def _shown(self, row):
        id_ = next(int(id_) for id_, zone in self.zones.items() if zone == row.zone)
        return {"id": int(row.id), "zoneID": id_, "type": row.type, "name": row.owner, "data": row.content}
