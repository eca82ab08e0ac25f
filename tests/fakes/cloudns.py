"""ClouDNS's HTTP API, from its help pages: forms in, status 200 out, whatever happened."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: "Invalid authentication, incorrect auth-id or auth-password.",
    Fault.ZONE: "Missing domain-name",
    Fault.GONE: "Invalid record-id param.",
    Fault.INVALID: "Invalid record value.",
}
TTLS = {60, 300, 900, 1800, 3600, 21600, 43200, 86400, 172800, 259200, 604800, 1209600, 2592000}


class Fake(ZoneFake):
    """One account; `user` is the parameter by which its API user says who it is."""

    is_unique = False

    def __init__(self):
        super().__init__()
        self.user = {"auth-id": "4711"}

    def settings(self, **others):
        return {"auth_id": "4711", "auth_password": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        return Answer.of({"status": "Failed", "statusDescription": f"{WORDS[fault]} {detail}".strip()})

    def is_write(self, request):
        return request.path not in ("/dns/list-zones.json", "/dns/records.json")

    def authenticate(self, request):
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Refusal(Fault.CREDENTIALS)
        form = request.form
        who = {name: form[name] for name in ("auth-id", "sub-auth-id", "sub-auth-user") if name in form}
        if (who, form.get("auth-password")) != (self.user, self.secret):
            raise Refusal(Fault.CREDENTIALS, form.get("auth-password"))

    def route(self, request):
        form = request.form
        match request.path.removeprefix("/dns/").removesuffix(".json"):
            case "list-zones":
                return self._zones(form)
            case "records":
                found = self.find(zone=self.zone_named(form["domain-name"]))
                return Answer.of({row.id: shown(row) for row in found} or [])
            case "add-record":
                name = self.whole(form["host"], self.zone_named(form["domain-name"]), apex="")
                row = self.create(name, form["record-type"], form["record"], ttl(form))
                said = {"status": "Success", "statusDescription": "The record was added successfully."}
                return Answer.of({**said, "data": {"id": int(row.id)}})
            case "mod-record":
                name = self.whole(form["host"], self.zone_named(form["domain-name"]), apex="")
                self.change(form["record-id"], name=name, content=form["record"], ttl=ttl(form))
                return Answer.of(
                    {"status": "Success", "statusDescription": "The record was modified successfully."}
                )
            case "delete-record":
                self.zone_named(form["domain-name"])
                self.remove(form["record-id"])
                return Answer.of(
                    {"status": "Success", "statusDescription": "The record was deleted successfully."}
                )
        return Answer.text("Not Found", 404)

    def _zones(self, form):
        if int(form["rows-per-page"]) not in (10, 20, 30, 50, 100):
            raise Refusal(Fault.INVALID, "rows-per-page")
        some, _ = self.paged(list(self.zones.values()), form["page"], form["rows-per-page"])
        return Answer.of([{"name": name, "type": "master", "zone": "domain", "status": "1"} for name in some])


def ttl(form):
    if int(form["ttl"]) not in TTLS:
        raise Refusal(Fault.INVALID, "Invalid TTL.")
    return form["ttl"]


def shown(row):
    return {
        "id": row.id,
        "type": row.type,
        "host": row.owner,
        "record": row.content,
        "ttl": str(row.ttl),
        "status": 1,
        "dynamicurl_status": 0,
        "failover": "0",
    }
