"""Spaceship's API for DNS records, from its reference; a PUT saves what it names, a DELETE takes it away."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "unauthorized", "Not authorized"),
    Fault.ZONE: (404, "notFound", "SOA record for domain example.com not found."),
    Fault.INVALID: (422, "validationError", "The given data was invalid."),
    Fault.THROTTLED: (429, "rateLimit", "Too many requests"),
}


class Fake(ZoneFake):
    """Domains of one account.

    Attributes:
        replaces: a PUT also takes away what else is of the same name and type.
    """

    ttl = (60, 3600)
    key = "JdIS8QYFMZpVKupJtdc3"

    def __init__(self):
        super().__init__()
        self.replaces = False

    def settings(self, **others):
        return {"api_key": self.key, "api_secret": self.secret, "base_url": f"{self.url}/api/v1", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.GONE and detail:
            return Answer.of({"detail": f"Resource record not found {detail}"}, 404)
        if fault not in WORDS:
            return None
        status, code, said = WORDS[fault]
        body = {"detail": said, "data": [{"field": "items", "details": str(detail)}]}
        return Answer.of(body, status, **{"spaceship-error-code": code})

    def authenticate(self, request):
        given = (request.headers.get("x-api-key"), request.headers.get("x-api-secret"))
        if given != (self.key, self.secret):
            raise Refusal(Fault.CREDENTIALS, given)

    def route(self, request):
        match request.method, request.path.removeprefix("/api/v1/").split("/"):
            case "GET", ["domains"]:
                return self._listed(
                    request, [{"name": name, "unicodeName": name} for name in self.zones.values()]
                )
            case "GET", ["dns", "records", zone]:
                return self._listed(request, [shown(row) for row in self.find(zone=self.zone_named(zone))])
            case "PUT", ["dns", "records", zone]:
                self._save(self.zone_named(zone), request.json["items"])
                return Answer(204)
            case "DELETE", ["dns", "records", zone]:
                self._forget(self.zone_named(zone), request.json)
                return Answer(204)
        return Answer.of({"detail": "Not found"}, 404)

    def _listed(self, request, found):
        take, skip = int(request.query["take"]), int(request.query["skip"])
        if not 1 <= take <= 100:
            raise Refusal(Fault.INVALID, "take")
        return Answer.of({"items": found[skip : skip + min(take, self.page)], "total": len(found)})

    def _save(self, zone, items):
        before = dict(self.rows)
        if not 1 <= len(items) <= 500:
            raise Refusal(Fault.INVALID, "items")
        try:
            for item in items if self.replaces else ():
                self.replace(self.whole(item["name"], zone), item["type"], [])
            for item in items:
                held = self._row(zone, item)
                if held:
                    self.change(held[0].id, ttl=item["ttl"])
                else:
                    self.create(self.whole(item["name"], zone), item["type"], item["address"], item["ttl"])
        except Refusal:
            self.rows = before
            raise

    def _forget(self, zone, items):
        found = [row for item in items for row in self._row(zone, item)]
        if len(found) < len(items):
            raise Refusal(Fault.GONE, items)
        for row in found:
            self.remove(row.id)

    def _row(self, zone, item):
        return self.find(name=self.whole(item["name"], zone), type=item["type"], content=item["address"])


def shown(row):
    word = "address" if row.type in ("A", "AAAA") else "value"
    return {
        "type": row.type,
        "name": row.owner or "@",
        word: row.content,
        "ttl": row.ttl,
        "group": {"type": "custom"},
    }
