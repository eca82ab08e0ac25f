"""Gandi's LiveDNS API v5, from its reference."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "HTTPUnauthorized", "Invalid Token", "The access token provided is invalid."),
    Fault.ZONE: (404, "HTTPNotFound", "Not Found", "The resource could not be found."),
    Fault.GONE: (404, "dns-record", "Not Found", "Can't find the DNS record in the zone"),
    Fault.THROTTLED: (429, "HTTPTooManyRequests", "Too Many Requests", "Too many requests."),
    Fault.MAINTENANCE: (503, "HTTPServiceUnavailable", "Service Unavailable", "Try again later."),
}


class Fake(ZoneFake):
    """Domains and their RRsets; `Total-Count` says how many there are on all pages."""

    secret = "pat_9f8e7d6c5b4a"
    ttl = (300, 2592000)

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v5/livedns", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.INVALID:
            error = {"location": "body", "name": "rrset_values", "description": f"invalid value {detail}"}
            return Answer.of({"status": "error", "errors": [error]}, 400)
        if fault not in WORDS:
            return None
        status, kind, cause, message = WORDS[fault]
        return Answer.of(
            {"object": kind, "cause": cause, "code": status, "message": f"{message} {detail}"}, status
        )

    def authenticate(self, request):
        schemes = ("Bearer", "Apikey")  # the older one is still taken
        if request.headers.get("authorization") not in [f"{each} {self.secret}" for each in schemes]:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.path.removeprefix("/v5/livedns/").split("/"):
            case ["domains"]:
                return self._listed(request, [{"fqdn": name} for name in self.zones.values()])
            case ["domains", zone]:
                return Answer.of({"fqdn": self.zone_named(zone), "automatic_snapshots": True})
            case ["domains", zone, "records"]:
                return self._listed(request, self._rrsets(self.zone_named(zone)))
            case ["domains", zone, "records", name, *rest]:
                return self._records(request, self.whole(name, self.zone_named(zone)), *rest)
        raise Refusal(Fault.ZONE)

    def _records(self, request, name, type_=None):
        """Do something with one RRset; or, when it goes, with all of a name."""
        found = self.find(name=name, type=type_)
        if request.method in ("PUT", "POST") and type_:
            values = request.json["rrset_values"]
            if not values or len(set(values)) < len(values) or (request.method == "POST" and found):
                raise Refusal(Fault.INVALID)
            self.replace(name, type_, values, request.json.get("rrset_ttl", 10800))
            return Answer.of({"message": "DNS Record Created"}, 201)
        if not found:
            raise Refusal(Fault.GONE)
        if request.method == "GET":
            return Answer.of(_shown(found))
        for row in found:
            self.remove(row.id)
        return Answer(204)

    def _listed(self, request, found):
        some, _ = self.paged(found, request.query.get("page", 1), request.query.get("per_page"))
        return Answer.of(some, **{"Total-Count": str(len(found))})

    def _rrsets(self, zone):
        groups = {}
        for row in self.find(zone=zone):
            groups.setdefault((row.name, row.type), []).append(row)
        return [_shown(rows) for rows in groups.values()]


def _shown(rows):
    return {
        "rrset_name": rows[0].owner or "@",
        "rrset_type": rows[0].type,
        "rrset_ttl": rows[0].ttl,
        "rrset_values": [row.content for row in rows],
    }
