"""LuaDNS's API, from its reference and the answers recorded in the vendor's own library."""

import base64

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

STATUS = {
    Fault.CREDENTIALS: (401, "Unauthorized"),
    Fault.ZONE: (404, "Not Found"),
    Fault.THROTTLED: (429, "Too Many Requests"),
}


class Fake(ZoneFake):
    """The zones of one account."""

    email = "me@example.com"
    ttl = (300, 2147483647)

    def settings(self, **others):
        return {"email": self.email, "api_key": self.secret, "base_url": f"{self.url}/v1", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.INVALID:
            return Answer.of([{"fieldNames": ["content"], "message": f"invalid IPv4 address {detail}"}], 400)
        if fault not in STATUS:
            return None
        status, words = STATUS[fault]
        headers = {"Retry-After": "300"} if fault is Fault.THROTTLED else {}
        body = {"status": words, "request_id": "apollo/ztHMmU9StQ-000003", "message": f"{words} {detail}"}
        return Answer.of(body, status, **headers)

    def authenticate(self, request):
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(sent).decode().partition(":")
        if (scheme, user, password) != ("Basic", self.email, self.secret):
            raise Refusal(Fault.CREDENTIALS, password)
        if request.headers.get("accept") != "application/json":
            raise Refusal(Fault.INVALID, "Accept")

    def route(self, request):
        match request.method, request.path.split("/")[2:]:
            case "GET", ["zones"]:
                wanted = request.query.get("query", "")
                zones = [{"id": int(id_), "name": name} for id_, name in self.zones.items() if wanted in name]
                return self._list(request, zones)
            case "GET", ["zones", zone, "records"]:
                rows = self.find(zone=self.zone_with(zone))
                return self._list(request, [_shown(row) for row in rows])
            case "PATCH", ["zones", zone, "records"]:
                return self._set(self.zone_with(zone), request.json)
            case "POST", ["zones", zone, "records", "delete_many"]:
                return self._delete(self.zone_with(zone), request.json)
        raise Refusal(Fault.ZONE)

    def _list(self, request, found):
        some, pages = self.paged(found, request.query.get("page", 1), request.query.get("limit"))
        return Answer.of(some, **{"X-Total-Count": str(len(found)), "X-Total-Pages": str(pages)})

    def _set(self, zone, records):
        """Let each name and type that is there hold what is there, and nothing else; all or none."""
        before = dict(self.rows)
        try:
            for name, type_ in dict.fromkeys((each["name"], each["type"]) for each in records):
                for row in self.find(zone=zone, name=_bare(name), type=type_):
                    self.remove(row.id)
            made = [self._make(**each) for each in records]
        except Refusal:
            self.rows = before
            raise
        return Answer.of([_shown(row) for row in made])

    def _make(self, name, type, content, ttl):  # noqa: A002 -- the API's own word
        return self.create(_bare(name), type, content, ttl)

    def _delete(self, zone, records):
        gone = []
        for each in records:
            gone += self.find(
                zone=zone,
                name=_bare(each["name"]),
                type=each.get("type"),
                content=each.get("content"),
                ttl=each.get("ttl"),
            )
        for row in gone:
            self.remove(row.id)
        return Answer.of([_shown(row) for row in gone])


def _bare(name):
    if not name.endswith("."):
        raise Refusal(Fault.INVALID, name)
    return name[:-1]


def _shown(row):
    return {
        "id": int(row.id),
        "name": f"{row.name}.",
        "type": row.type,
        "content": row.content,
        "ttl": row.ttl,
        "zone_id": 5,
    }
