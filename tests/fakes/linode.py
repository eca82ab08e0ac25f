"""Linode's API v4 for domains, from its reference; a TTL that it does not have becomes the nearest one that it has."""

import json

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Invalid Token"),
    Fault.ZONE: (404, "Not found"),
    Fault.INVALID: (400, "target is invalid"),
    Fault.THROTTLED: (429, "Too many requests"),
    Fault.MAINTENANCE: (503, "Linode is down for maintenance"),
}
TTLS = (300, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 345600, 604800, 1209600, 2419200)


class Fake(ZoneFake):
    """Domains with ids, of which one is a copy of somebody else's; a record that is gone is `Not found`, too."""

    ttl = (0, 2419200)
    secret = "lin-t0ken-4f7Xq"
    is_unique = False
    plain = True

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v4", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.GONE and detail:
            return self.refusal(Fault.ZONE, detail)
        if fault not in WORDS:
            return None
        status, reason = WORDS[fault]
        return Answer.of({"errors": [{"reason": f"{reason} {detail}".strip()}]}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.removeprefix("/v4/").split("/"):
            case "GET", ["domains"]:
                return self._domains(request)
            case "GET", ["domains", zone, "records"]:
                return self._list(request, [_shown(row) for row in self.find(zone=self.zone_with(zone))])
            case "POST", ["domains", zone, "records"]:
                body = request.json
                name = self.whole(body.get("name", ""), self.zone_with(zone))
                return Answer.of(_shown(self.create(name, body["type"], body["target"], _ttl(body))))
            case "PUT", ["domains", zone, "records", id_]:
                self.zone_with(zone)
                body = request.json
                fields = {"ttl": _ttl(body)} if "ttl_sec" in body else {}
                return Answer.of(_shown(self.change(id_, content=body["target"], **fields)))
            case "DELETE", ["domains", zone, "records", id_]:
                self.zone_with(zone)
                self.remove(id_)
                return Answer.of({})
        raise Refusal(Fault.ZONE)

    def _domains(self, request):
        found = [{"id": int(id_), "domain": name, "type": "master"} for id_, name in self.zones.items()]
        found.append({"id": 9, "domain": "sub.example.com", "type": "slave"})
        wanted = json.loads(request.headers.get("x-filter", "{}"))
        return self._list(request, [each for each in found if each.items() >= wanted.items()])

    def _list(self, request, found):
        size = int(request.query.get("page_size", 100))
        if not 25 <= size <= 500:
            raise Refusal(Fault.INVALID, "page_size")
        page = int(request.query.get("page", 1))
        some, pages = self.paged(found, page, size)
        return Answer.of({"data": some, "page": page, "pages": pages, "results": len(found)})


def _ttl(body):
    wanted = body.get("ttl_sec", 0)
    return min(TTLS, key=lambda each: abs(each - wanted)) if wanted else 0


def _shown(row):
    return {"id": int(row.id), "type": row.type, "name": row.owner, "target": row.content, "ttl_sec": row.ttl}
