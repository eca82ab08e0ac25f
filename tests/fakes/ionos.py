"""IONOS's hosting DNS API, from its OpenAPI description; an error is a list of errors."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "UNAUTHORIZED", "The customer is not authorized to do this operation."),
    Fault.ZONE: (404, "ZONE_NOT_FOUND", "Zone does not exist."),
    Fault.GONE: (404, "RECORD_NOT_FOUND", "Record does not exist."),
    Fault.INVALID: (400, "INVALID_RECORD", "Record is invalid."),
}


class Fake(ZoneFake):
    """Zones with ids, of which one is a copy of somebody else's; a record may be switched off."""

    secret = "pre.s3cretPart4f7Xq"
    ttl = (60, 86400)
    is_unique = False

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/dns", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, code, message = WORDS[fault]
        return Answer.of([{"code": code, "message": f"{message} {detail}".strip()}], status)

    def authenticate(self, request):
        if request.headers.get("x-api-key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("x-api-key"))

    def route(self, request):
        match request.method, request.path.removeprefix("/dns/v1/").split("/"):
            case "GET", ["zones"]:
                zones = [{"id": id_, "name": name, "type": "NATIVE"} for id_, name in self.zones.items()]
                return Answer.of([*zones, {"id": "9", "name": "sub.example.com", "type": "SLAVE"}])
            case "GET", ["zones", zone]:
                types = request.query.get("recordType")
                named = self.find(zone=self.zone_with(zone), name=request.query.get("recordName"))
                found = [row for row in named if types is None or row.type in types.split(",")]
                return Answer.of({"id": zone, "type": "NATIVE", "records": [_shown(row) for row in found]})
            case "POST", ["zones", zone, "records"]:
                self.zone_with(zone)
                rows = [
                    self.create(each["name"], each["type"], each["content"], each.get("ttl", 3600))
                    for each in request.json
                ]
                return Answer.of([_shown(row) for row in rows], 201)
            case "PUT", ["zones", zone, "records", id_]:
                self.zone_with(zone)
                body = request.json
                row = self.change(
                    id_,
                    content=body["content"],
                    ttl=body.get("ttl", 3600),
                    disabled=body.get("disabled", False),
                )
                return Answer.of(_shown(row))
            case "DELETE", ["zones", zone, "records", id_]:
                self.zone_with(zone)
                self.remove(id_)
                return Answer()
        raise Refusal(Fault.INVALID, "no such operation")


def _shown(row):
    plain = {"id": row.id, "name": row.name, "rootName": row.zone, "type": row.type, "content": row.content}
    return {**plain, "ttl": row.ttl, "prio": 0, "disabled": row.extra.get("disabled", False)}
