"""Vultr's API v2 for DNS, from its reference; lists go on behind a cursor."""

import base64

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Invalid API token."),
    Fault.ZONE: (404, "Invalid domain"),
    Fault.EXISTS: (400, "Duplicate record"),
    Fault.GONE: (404, "Invalid DNS record"),
    Fault.INVALID: (400, "Invalid data"),
    Fault.THROTTLED: (429, "Rate limit exceeded"),
    Fault.MAINTENANCE: (503, "Service unavailable"),
}


class Fake(ZoneFake):
    """Domains by name; the records of one name and type have one TTL."""

    secret = "VULTR0T0KEN4F7XQ"
    ttl = (120, 2**31 - 1)

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v2", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, error = WORDS[fault]
        return Answer.of({"error": f"{error} {detail}".strip(), "status": status}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.removeprefix("/v2/").split("/"):
            case "GET", ["domains"]:
                return self._list(request, "domains", [{"domain": name} for name in self.zones.values()])
            case "GET", ["domains", zone, "records"]:
                found = self.find(zone=self.zone_named(zone))
                return self._list(request, "records", [_shown(row) for row in found])
            case "POST", ["domains", zone, "records"]:
                body = request.json
                name = self.whole(body["name"], self.zone_named(zone))
                row = self.create(name, body["type"], body["data"], self._common(name, body))
                return Answer.of({"record": _shown(row)}, 201)
            case "GET", ["domains", zone, "records", id_]:
                self.zone_named(zone)
                return Answer.of({"record": _shown(self.row(id_))})
            case "PATCH", ["domains", zone, "records", id_]:
                self.zone_named(zone)
                body = request.json
                fields = {"content": body.get("data"), "ttl": body.get("ttl")}
                self.change(id_, **{name: value for name, value in fields.items() if value is not None})
                return Answer(204)
            case "DELETE", ["domains", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer(204)
        raise Refusal(Fault.ZONE)

    def _common(self, name, body):
        ttl = body.get("ttl", 300)
        if any(row.ttl != ttl for row in self.find(name=name, type=body["type"])):
            raise Refusal(Fault.INVALID, "ttl")
        return ttl

    def _list(self, request, word, found):
        start = int(base64.b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        size = min(int(request.query.get("per_page", 100)), self.page)
        end = start + size
        following = base64.b64encode(str(end).encode()).decode() if end < len(found) else ""
        meta = {"total": len(found), "links": {"next": following, "prev": ""}}
        return Answer.of({word: found[start:end], "meta": meta})


def _shown(row):
    return {"id": row.id, "type": row.type, "name": row.owner, "data": row.content, "ttl": row.ttl}
