"""easyDNS's REST API, as other clients know it: numbers are text, and errors may come with status 200."""

import base64

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Unauthorized"),
    Fault.GONE: (404, "Record not found"),
    Fault.INVALID: (400, "Invalid request"),
    Fault.THROTTLED: (420, "Enhance Your Calm. Rate limit exceeded (too many requests)"),
}


class Fake(ZoneFake):
    """Domains of one account."""

    ttl = (300, 2**31 - 1)
    is_unique = False
    token = "c0ffee"

    def __init__(self):
        super().__init__()
        self.listed = None

    def settings(self, **others):
        return {
            "zone": self.zone,
            "token": self.token,
            "api_key": self.secret,
            "base_url": self.url,
            **others,
        }

    def refusal(self, fault, detail=""):
        if fault is Fault.ZONE and detail:
            return self.refusal(Fault.GONE, detail)
        if fault not in WORDS:
            return None
        code, message = WORDS[fault]
        error = {"error": {"code": code, "message": f"{message} {detail}".strip()}}
        return Answer.of(error, 200 if fault is Fault.THROTTLED else code)

    def authenticate(self, request):
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != f"{self.token}:{self.secret}":
            raise Refusal(Fault.CREDENTIALS, base64.b64decode(given).decode())
        if request.query.get("format") != "json":
            raise Refusal(Fault.INVALID, "format")

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["zones", "records", "all", zone]:
                found = [shown(row) for row in self.find(zone=self.zone_named(zone))]
                counts = {"count": len(found), "total": len(found), "start": 0, "max": 0}
                return Answer.of({"tm": 1795255200, "data": found[: self.listed], **counts, "status": 200})
            case "PUT", ["zones", "records", "add", zone, rrtype]:
                body = request.json
                if (body["domain"], body["type"]) != (self.zone_named(zone), rrtype):
                    raise Refusal(Fault.INVALID, "the body names another record")
                row = self.create(
                    self.whole(body["host"], zone), rrtype, body["rdata"], body["ttl"], **kept(body)
                )
                return Answer.of({"msg": "OK", "tm": 1795255200, "data": shown(row), "status": 201}, 201)
            case "POST", ["zones", "records", id_]:
                body = request.json
                name = self.whole(body["host"], self.zone_named(body["domain"]))
                fields = {"type": body["type"], "content": body["rdata"], "ttl": body.get("ttl", 3600)}
                row = self.change(id_, name=name, **fields, **kept(body))
                return Answer.of({"msg": "OK", "tm": 1795255200, "data": shown(row), "status": 200})
            case "DELETE", ["zones", "records", zone, id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer.of({"msg": "OK", "tm": 1795255200, "status": 200})
        return Answer.of({"error": {"code": 404, "message": "Not Found"}}, 404)


def kept(body):
    return {word: str(body.get(word, 0)) for word in ("prio", "geozone_id")}


def shown(row):
    return {
        "id": row.id,
        "domain": row.zone,
        "host": row.owner or "@",
        "ttl": str(row.ttl),
        "prio": "0",
        "geozone_id": "0",
        "type": row.type,
        "rdata": row.content,
        "last_mod": "2026-11-21 10:00:00",
        **row.extra,
    }
