"""Infomaniak's API v2 for zones and records, as other clients know it."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "not_authorized", "Not authorized."),
    Fault.GONE: (404, "object_not_found", "Object not found"),
    Fault.INVALID: (422, "validation_failed", "Validation failed"),
    Fault.THROTTLED: (429, "too_many_requests", "Too many requests"),
}


class Fake(ZoneFake):
    """Zones by name; the apex is a dot; a zone that is not there is an object that is not there, as a record is."""

    secret = "ik-t0ken-4f7Xq"
    ttl = (300, 2**31 - 1)
    is_unique = False

    def settings(self, **others):
        return {"token": self.secret, "base_url": self.url, "zone": self.zone, **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.ZONE and detail:
            return self.refusal(Fault.GONE, detail)
        if fault not in WORDS:
            return None
        status, code, description = WORDS[fault]
        error = {"code": code, "description": f"{description} {detail}".strip()}
        return Answer.of({"result": "error", "error": error}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.removeprefix("/2/").split("/"):
            case "GET", ["zones", zone, "records"]:
                found = self.find(zone=self.zone_named(zone))
                page = int(request.query.get("page", 1))
                some, pages = self.paged(found, page)
                rest = {"total": len(found), "page": page, "pages": pages, "items_per_page": self.page}
                return _done([_shown(row) for row in some], **rest)
            case "POST", ["zones", zone, "records"]:
                body = request.json
                if body["source"] in ("", "@"):
                    raise Refusal(Fault.INVALID, "source")
                name = self.whole(body["source"], self.zone_named(zone), ".")
                return _done(_shown(self.create(name, body["type"], body["target"], body["ttl"])))
            case "PUT", ["zones", zone, "records", id_]:
                self.zone_named(zone)
                body = request.json
                return _done(_shown(self.change(id_, content=body["target"], ttl=body["ttl"])))
            case "DELETE", ["zones", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return _done(True)
        raise Refusal(Fault.GONE, "route")


def _done(data, **others):
    return Answer.of({"result": "success", "data": data, **others})


def _shown(row):
    return {
        "id": int(row.id),
        "source": row.owner or ".",
        "type": row.type,
        "ttl": row.ttl,
        "target": row.content,
        "updated_at": 1760000000,
    }
