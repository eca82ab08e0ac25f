"""Dynadot's RESTful API v2, from its reference; it says most of its refusals with a 200 around them."""

import base64
import hmac

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (
        401,
        401,
        "Unauthorized",
        "The provided API key is invalid, expired, or missing. Please verify your key is correct and active.",
    ),
    Fault.ZONE: (200, 404, "Not Found", "Can not find the [domain_name] in the account."),
    Fault.INVALID: (200, 400, "Bad Request", "The value for parameter record_value1 is invalid."),
    Fault.QUOTA: (429, 429, "Too Many Requests", "The Dns Settings reached the upper limit."),
    Fault.THROTTLED: (
        429,
        429,
        "Too Many Requests",
        "Too many requests. Rate limit exceeded. Please try again after 60 seconds.",
    ),
    Fault.MAINTENANCE: (503, 503, "Service Unavailable", "Registry connection busy"),
}
MOST = {"dns_main_list": 20, "dns_sub_list": 100}


class Fake(ZoneFake):
    """Domains of one account. There are no ids; the TTL is the domain's; a POST replaces all unless it appends.

    Attributes:
        ttls: zone mapped to its TTL, 300 where nobody set one.
        glue: what the domains are set to.
    """

    omits = "how Dynadot shows a domain without records is not known"
    secret = "dyn-S3cret-4f7Xq"
    key = "dyn-key-6b"
    is_unique = False

    def __init__(self):
        super().__init__()
        self.ttls = {}
        self.glue = "DNS"

    def settings(self, **others):
        return {"key": self.key, "secret": self.secret, "base_url": f"{self.url}/restful/v2", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, code, message, description = WORDS[fault]
        error = {"description": f"{description} {detail}".strip()}
        return Answer.of({"code": code, "message": message, "error": error}, status)

    def authenticate(self, request):
        headers = request.headers
        if headers.get("authorization") != f"Bearer {self.key}":
            raise Refusal(Fault.CREDENTIALS, headers.get("authorization"))
        said = [self.key, request.target, headers.get("x-request-id", ""), request.body.decode()]
        mac = hmac.new(self.secret.encode(), "\n".join(said).encode(), "sha256").digest()
        if headers.get("x-signature") != base64.b64encode(mac).decode():
            raise Refusal(Fault.CREDENTIALS, "signature")

    def route(self, request):
        match request.method, request.path.removeprefix("/restful/v2/").split("/"):
            case "GET", ["domains"]:
                page, size = request.query["page"], request.query["page_size"]
                some, _ = self.paged(list(self.zones.values()), page, size)
                return _done(
                    {"domain_info_list": [{"domain_name": name, "status": "active"} for name in some]}
                )
            case "GET", ["domains", zone, "records"]:
                return _done({"glue_info": self._glue(self.zone_named(zone))})
            case "POST", ["domains", zone, "records"]:
                return self._set(self.zone_named(zone), request.json)
            case "DELETE", ["domains", zone, "records"]:
                return self._delete(self.zone_named(zone), request.json)
        raise Refusal(Fault.INVALID, "no such command")

    def _glue(self, zone):
        if self.glue != "DNS":
            return {"glue_type": self.glue, "name_server_list": ["ns1.example.net"]}
        rows = self.find(zone=zone)
        return {
            "glue_type": "DNS",
            "ttl": str(self.ttls.get(zone, 300)),
            "dns_main_list": [_shown(row) for row in rows if not row.owner],
            "dns_sub_list": [_shown(row) for row in rows if row.owner],
        }

    def _set(self, zone, body):
        before = dict(self.rows)
        if not body.get("add_dns_to_current_setting"):
            self.rows = {id_: row for id_, row in before.items() if row.zone != zone}
        try:
            for name, type_, value in self._named(zone, body):
                if not self.find(name=name, type=type_, content=value):
                    self.create(name, type_, value, 300)
        except Refusal:
            self.rows = before
            raise
        self.ttls[zone] = body.get("ttl", 86400)
        self.glue = "DNS"
        return _done()

    def _delete(self, zone, body):
        gone = {"main": 0, "sub": 0}
        for name, type_, value in self._named(zone, body):
            for row in self.find(name=name, type=type_, content=value):
                gone["sub" if row.owner else "main"] += 1
                self.remove(row.id)
        return _done({f"{which}_record_removed_count": count for which, count in gone.items()})

    def _named(self, zone, body):
        for word, most in MOST.items():
            if len(body.get(word, [])) > most:
                raise Refusal(Fault.INVALID, word)
            for one in body.get(word, []):
                if (word == "dns_sub_list") is not bool(one.get("sub_host")) or one["record_type"].isupper():
                    raise Refusal(Fault.INVALID, word)
                yield (
                    self.whole(one.get("sub_host", ""), zone),
                    one["record_type"].upper(),
                    one["record_value1"],
                )


def _done(data=None):
    return Answer.of({"code": 200, "message": "Success", **({"data": data} if data else {})})


def _shown(row):
    shown = {"record_type": row.type.lower(), "record_value1": row.content}
    return {**shown, "sub_host": row.owner} if row.owner else shown
