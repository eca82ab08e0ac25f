"""GoDaddy's domains API v1, from its Swagger description."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (
        401,
        "UNABLE_TO_AUTHENTICATE",
        "Unauthorized : Could not authenticate API key/secret",
    ),
    Fault.ZONE: (404, "UNKNOWN_DOMAIN", "The given domain is not registered, or does not have a zone file"),
    Fault.EXISTS: (422, "DUPLICATE_RECORD", "Another record with the same attributes already exists"),
    Fault.GONE: (404, "NOT_FOUND", "Not Found : The requested resource was not found"),
    Fault.INVALID: (422, "INVALID_BODY", "Request body doesn't fulfill schema, see details in `fields`"),
    Fault.THROTTLED: (429, "TOO_MANY_REQUESTS", "Too many requests received within interval"),
}
MOST = 500  # records of one answer
TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"}


class Fake(ZoneFake):
    """Domains of one account; records have no ids, and those of one type and name are replaced together."""

    secret = "gd-S3cret-4f7Xq"
    key = "gd-key-1f"
    ttl = (600, 604800)

    def settings(self, **others):
        return {"key": self.key, "secret": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, code, message = WORDS[fault]
        body = {"code": code, "message": f"{message} {detail}"}
        if fault is Fault.THROTTLED:
            body["retryAfterSec"] = 30
        return Answer.of(body, status)

    def authenticate(self, request):
        sent = request.headers.get("authorization")
        if sent != f"sso-key {self.key}:{self.secret}":
            raise Refusal(Fault.CREDENTIALS, sent)

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["v1", "domains"]:
                return self._domains(request.query)
            case "GET", ["v1", "domains", zone]:
                return Answer.of({"domain": self.zone_named(zone), "domainId": 1, "status": "ACTIVE"})
            case "GET", ["v1", "domains", zone, "records", *wanted]:
                return self._records(zone, wanted, int(request.query.get("limit", 100)))
            case "PUT", ["v1", "domains", zone, "records", type_, name] if type_ in TYPES:
                records = request.json
                if not records or any("ttl" not in each for each in records):
                    raise Refusal(Fault.INVALID, "records")
                ttl = records[0]["ttl"]
                owner = self.whole(name, self.zone_named(zone))
                self.replace(owner, type_, [each["data"] for each in records], ttl)
                return Answer()
            case "PUT", ["v1", "domains", zone, "records", type_] if type_ in TYPES and request.json:
                self._replace_type(self.zone_named(zone), type_, request.json)
                return Answer()
            case "DELETE", ["v1", "domains", zone, "records", type_, name]:
                return self._delete(self.whole(name, self.zone_named(zone)), type_)
        raise Refusal(Fault.GONE)

    def _domains(self, query):
        names = sorted(self.zones.values())
        later = [name for name in names if name > query.get("marker", "")]
        some = later[: int(query.get("limit", 100))]
        return Answer.of([{"domain": name, "status": "ACTIVE"} for name in some])

    def _records(self, zone, wanted, limit):
        """List a zone, one type of it, or one name of that; how `offset` counts is not known, so it is not there."""
        type_, name = [*wanted, None, None][:2]
        zone = self.zone_named(zone)
        found = self.find(zone=zone, type=type_, name=self.whole(name, zone) if name else None)
        if limit > MOST:
            raise Refusal(Fault.INVALID, "limit")
        return Answer.of([_shown(row) for row in found[:limit]])

    def _replace_type(self, zone, type_, records):
        for row in self.find(zone=zone, type=type_):
            self.remove(row.id)
        for each in records:
            self.create(self.whole(each["name"], zone), type_, each["data"], each["ttl"])

    def _delete(self, name, type_):
        found = self.find(name=name, type=type_)
        if not found:
            raise Refusal(Fault.GONE)
        for row in found:
            self.remove(row.id)
        return Answer(204)


def _shown(row):
    return {"data": row.content, "name": row.owner or "@", "ttl": row.ttl, "type": row.type}
