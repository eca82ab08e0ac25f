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
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))

    def route(self, request):
        match request.method, request.path.removeprefix("/v5/livedns/").split("/"):
            case "GET", ["domains"]:
                return self._listed(request, [{"fqdn": name} for name in self.zones.values()])
            case "GET", ["domains", zone, "records"]:
                return self._listed(request, self._rrsets(self.zone_named(zone)))
            case "PUT", ["domains", zone, "records", name, type_]:
                owner, body = self.whole(name, self.zone_named(zone)), request.json
                if not body["rrset_values"] or len(set(body["rrset_values"])) < len(body["rrset_values"]):
                    raise Refusal(Fault.INVALID)
                self.replace(owner, type_, body["rrset_values"], body.get("rrset_ttl", 10800))
                return Answer.of({"message": "DNS Record Created"}, 201)
            case "DELETE", ["domains", zone, "records", name, type_]:
                found = self.find(name=self.whole(name, self.zone_named(zone)), type=type_)
                if not found:
                    raise Refusal(Fault.GONE)
                for row in found:
                    self.remove(row.id)
                return Answer(204)
        raise Refusal(Fault.ZONE)

    def _listed(self, request, found):
        some, _ = self.paged(found, request.query.get("page", 1), request.query.get("per_page"))
        return Answer.of(some, **{"Total-Count": str(len(found))})

    def _rrsets(self, zone):
        groups = {}
        for row in self.find(zone=zone):
            groups.setdefault((row.owner or "@", row.type), []).append(row)
        return [
            {
                "rrset_name": name,
                "rrset_type": type_,
                "rrset_ttl": rows[0].ttl,
                "rrset_values": [row.content for row in rows],
            }
            for (name, type_), rows in groups.items()
        ]
