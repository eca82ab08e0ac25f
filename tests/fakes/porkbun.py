"""Porkbun's API v3, from its OpenAPI description."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (400, "INVALID_API_KEYS_001", "Invalid API key. (001)"),
    Fault.ZONE: (400, "INVALID_DOMAIN", "Invalid domain."),
    Fault.EXISTS: (
        400,
        "CREATE_ERROR_WE_WERE_UNABLE_TO_CREATE_THE_DNS_RECORD",
        "Create error: We were unable to create the DNS record.",
    ),
    Fault.GONE: (400, "INVALID_RECORD_ID", "Invalid record ID."),
    Fault.INVALID: (400, "INVALID_TYPE", "Invalid type."),
    Fault.THROTTLED: (429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded."),
}
UNCHANGED = (
    "EDIT_ERROR_WE_WERE_UNABLE_TO_EDIT_THE_DNS_RECORD",
    "Edit error: We were unable to edit the DNS record.",
)
BASE = "/api/json/v3/"


class Fake(ZoneFake):
    """Domains of one account, which lists a thousand of them at a time, and all records at once."""

    secret = "sk1_f6b1c7a2e4f7Xq"
    api_key = "pk1_99aa55bb"
    ttl = (600, 2**31 - 1)

    def is_write(self, request):
        return any(f"/dns/{verb}/" in request.path for verb in ("create", "edit", "delete"))

    def settings(self, **others):
        return {
            "api_key": self.api_key,
            "secret_api_key": self.secret,
            "base_url": f"{self.url}/api/json/v3",
            **others,
        }

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, code, message = WORDS[fault]
        wait = {"ttlRemaining": 8} if fault is Fault.THROTTLED else {}
        return Answer.of({"status": "ERROR", "code": code, "message": f"{message} {detail}", **wait}, status)

    def authenticate(self, request):
        headers, body = request.headers, request.json if request.body else {}
        sent = (headers.get("x-api-key"), headers.get("x-secret-api-key"))
        if "apikey" in body:
            sent = (body["apikey"], body.get("secretapikey"))
        if sent != (self.api_key, self.secret):
            raise Refusal(Fault.CREDENTIALS, sent)

    def route(self, request):
        match request.method, request.path.removeprefix(BASE).split("/"):
            case _, [*asked] if not self.is_write(request):
                return self._reading(asked, request.query)
            case "POST", ["dns", "create", zone]:
                row = self.create(*self._wanted(zone, body := request.json), **_rest(body))
                return _done(id=int(row.id))
            case "POST", ["dns", "edit", zone, id_]:
                return self._edit(self.zone_named(zone), id_, request.json)
            case "POST", ["dns", "delete", zone, id_]:
                self.zone_named(zone)
                self.remove(id_)
                return _done()
        return _unknown()

    def _reading(self, asked, query):
        match asked:
            case ["ping"]:
                return _done(yourIp="192.0.2.1", credentialsValid=True)
            case ["domain", "listAll"]:
                start = int(query.get("start", 0))
                names = list(self.zones.values())[start : start + 1000]
                return _done(domains=[{"domain": name, "status": "ACTIVE"} for name in names])
            case ["dns", "retrieve", zone]:
                found = self.find(zone=self.zone_named(zone))
                return _done(cloudflare="enabled", records=[_shown(row) for row in found])
        return _unknown()

    def _wanted(self, zone, body):
        if body.get("name", "").endswith(zone):
            raise Refusal(Fault.INVALID, "the name is relative to the domain")
        return self.whole(body.get("name", ""), self.zone_named(zone)), body["type"], body["content"]

    def _edit(self, zone, id_, body):
        """Change a record; a field that is not there keeps its value, but a name that is not there is the apex."""
        name, type_, content = self._wanted(zone, body)
        before, rest = self.row(id_), _rest(body)
        if vars(before) == {**vars(before), "name": name, "type": type_, "content": content} and not {
            key: value for key, value in rest.items() if {"ttl": before.ttl, **before.extra}.get(key) != value
        }:
            return Answer.of({"status": "ERROR", "code": UNCHANGED[0], "message": UNCHANGED[1]}, 400)
        self.change(id_, name=name, type=type_, content=content, **rest)
        return _done()


def _rest(body):
    return {key: body[key] for key in ("ttl", "notes") if body.get(key) is not None}


def _unknown():
    return Answer.of({"status": "ERROR", "code": "INVALID_ENDPOINT", "message": "Invalid endpoint."}, 404)


def _done(**fields):
    return Answer.of({"status": "SUCCESS", **fields})


def _shown(row):
    return {
        "id": row.id,
        "name": row.name,
        "type": row.type,
        "content": row.content,
        "ttl": str(row.ttl),
        "prio": None,
        "notes": row.extra.get("notes"),
    }
