"""Gcore's DNS API, version 2, from its reference and its own client; a PUT forgets what it does not name."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "unauthorized"),
    Fault.GONE: (404, "rrset is not found"),
    Fault.EXISTS: (400, "rrset already exists"),
    Fault.INVALID: (400, "invalid value of resource record"),
    Fault.THROTTLED: (429, "too many requests"),
    Fault.MAINTENANCE: (503, "service unavailable"),
}


class Fake(ZoneFake):
    """Zones of one account, and what RRsets hold beside their records.

    Attributes:
        beside: name and type mapped to `meta` and `pickers`.
    """

    ttl = (120, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.beside = {}

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/dns", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.ZONE and detail:
            return Answer.of({"error": f"zone is not found {detail}"}, 404)
        if fault not in WORDS:
            return None
        status, message = WORDS[fault]
        return Answer.of({"error": f"{message} {detail}".strip()}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"APIKey {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.removeprefix("/dns/v2/").split("/"):
            case "GET", ["zones"]:
                return self._listed(request, "zones", [{"name": name} for name in self.zones.values()])
            case "GET", ["zones", zone, "rrsets"]:
                keys = dict.fromkeys((row.name, row.type) for row in self.find(zone=self.zone_named(zone)))
                return self._listed(request, "rrsets", [self._shown(*key) for key in keys])
            case method, ["zones", zone, name, rrtype]:
                self.zone_named(zone)
                return self._rrset(method, request, name, rrtype)
        return Answer.of({"error": "not found"}, 404)

    def _listed(self, request, word, found):
        start = int(request.query.get("offset", 0))
        limit = min(int(request.query.get("limit", 100)), self.page)
        return Answer.of({word: found[start : start + limit], "total_amount": len(found)})

    def _shown(self, name, rrtype):
        rows = self.find(name=name, type=rrtype)
        records = [
            {"id": int(row.id), "content": [row.content], "enabled": True, **row.extra} for row in rows
        ]
        beside = self.beside.get((name, rrtype), {})
        return {"name": name, "type": rrtype, "ttl": rows[0].ttl, "resource_records": records, **beside}

    def _rrset(self, method, request, name, rrtype):
        held = self.find(name=name, type=rrtype)
        if method == "POST" and held:
            raise Refusal(Fault.EXISTS)
        if method in ("PUT", "DELETE", "GET") and not held:
            raise Refusal(Fault.GONE)
        match method:
            case "GET":
                return Answer.of(self._shown(name, rrtype))
            case "DELETE":
                self.replace(name, rrtype, [])
                return Answer.of({})
            case "POST" | "PUT":
                self._write(request.json, name, rrtype, held)
                return Answer.of(self._shown(name, rrtype))
        return Answer.of({"error": "method not allowed"}, 405)

    def _write(self, body, name, rrtype, held):
        if not body["resource_records"]:
            raise Refusal(Fault.INVALID, "no resource records")
        for row in held:
            del self.rows[row.id]
        try:
            for record in body["resource_records"]:
                more = {word: record[word] for word in ("meta", "enabled") if word in record}
                for content in record["content"]:
                    self.create(name, rrtype, content, body.get("ttl", 300), **more)
        except Refusal:
            self.rows |= {row.id: row for row in held}
            raise
        self.beside[name, rrtype] = {word: body[word] for word in ("meta", "pickers") if word in body}
