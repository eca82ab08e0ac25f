"""DigitalOcean's API for domain records, from its reference."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "unauthorized", "Unable to authenticate you."),
    Fault.ZONE: (404, "not_found", "The resource you were accessing could not be found."),
    Fault.INVALID: (422, "unprocessable_entity", "Data needs to be a valid address."),
    Fault.THROTTLED: (429, "too_many_requests", "API Rate limit exceeded."),
    Fault.MAINTENANCE: (503, "service_unavailable", "Service Unavailable"),
}


class Fake(ZoneFake):
    """Domains of one account; a record that is gone is `not_found`, as everything is."""

    ttl = (30, 2**31 - 1)
    is_unique = False
    plain = True

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v2", **others}

    def refusal(self, fault, detail=""):
        said = (
            Fault.ZONE if fault is Fault.GONE else fault
        )  # and of a record's URL it means that, whatever is gone
        if said not in WORDS or (fault is Fault.ZONE and not detail):
            return None
        status, id_, message = WORDS[said]
        return Answer.of({"id": id_, "message": f"{message} {detail}", "request_id": "4d9d"}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.split("/")[2:]:
            case "GET", ["domains"]:
                return self._list(request, "domains", [{"name": name} for name in self.zones.values()])
            case "GET", ["domains", zone, "records"]:
                found = self.find(zone=self.zone_named(zone))
                return self._list(request, "domain_records", [_shown(row) for row in found])
            case "POST", ["domains", zone, "records"]:
                body = request.json
                name = self.whole(body["name"], self.zone_named(zone))
                row = self.create(name, body["type"], body["data"], body.get("ttl") or 1800)
                return Answer.of({"domain_record": _shown(row)}, 201)
            case "PATCH", ["domains", zone, "records", id_]:
                self.zone_named(zone)
                body = request.json
                fields = {"content": body.get("data"), "ttl": body.get("ttl")}
                row = self.change(id_, **{name: value for name, value in fields.items() if value is not None})
                return Answer.of({"domain_record": _shown(row)})
            case "DELETE", ["domains", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer(204)
        raise Refusal(Fault.ZONE)

    def _list(self, request, word, found):
        some, _ = self.paged(found, request.query.get("page", 1), request.query.get("per_page", 20))
        return Answer.of({word: some, "links": {}, "meta": {"total": len(found)}})


def _shown(row):
    return {
        "id": int(row.id),
        "type": row.type,
        "name": row.owner or "@",
        "data": row.content,
        "ttl": row.ttl,
    }
