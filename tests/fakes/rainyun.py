"""Rainyun's API for domains, as other clients know it."""

import json

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

LINES = {"DEFAULT", "LTEL", "LCNC", "LMOB", "LEDU", "LSEO", "LFOR"}
NEEDED = {"host", "type", "value", "line", "ttl", "level", "record_id"}


class Fake(ZoneFake):
    """Domains of one account; only the word for a wrong key is known, so all others are one word."""

    secret = "rEfgC7ghT5iJkl2mNop8QrsT4uVw"
    ttl = (600, 86400)
    line = "LTEL"
    beside = (("level", 3),)

    def settings(self, **others):
        return {"api_key": self.secret, "base_url": self.url, **others}

    def put(self, key, *contents, ttl=600, line="DEFAULT", **extra):
        return super().put(key, *contents, ttl=ttl, line=line, **extra)

    def refusal(self, fault, detail=""):
        if fault is Fault.CREDENTIALS:
            return Answer.of({"code": 30039, "message": f"密钥认证错误或已失效 {detail}".strip()}, 403)
        if fault is Fault.INVALID or detail:
            return Answer.of({"code": 30001, "message": f"参数错误 {detail}".strip()}, 400)
        return None

    def authenticate(self, request):
        if request.headers.get("x-api-key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("x-api-key"))

    def route(self, request):
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["product", "domain"]:
                return self._domains(json.loads(request.query["options"]))
            case "GET", ["product", "domain", zone, "dns"]:
                found = [_shown(row) for row in self.find(zone=self.zone_with(zone))]
                some, _ = self.paged(found, request.query["page_no"], request.query["limit"])
                return _list(some, len(found))
            case "POST", ["product", "domain", zone, "dns"]:
                name, fields = self._given(request, self.zone_with(zone))
                self.create(name, fields.pop("type"), fields.pop("content"), **fields)
                return _done()
            case "PATCH", ["product", "domain", zone, "dns"]:
                name, fields = self._given(request, self.zone_with(zone))
                self.change(request.json["record_id"], name=name, **fields)
                return _done()
            case "DELETE", ["product", "domain", zone, "dns"]:
                self.zone_with(zone)
                self.remove(request.json["record_id"])
                return _done()
        return Answer.of({"code": 404, "message": "not found"}, 404)

    def _domains(self, options):
        found = [{"id": int(id_), "domain": name} for id_, name in self.zones.items()]
        some, _ = self.paged(found, options["page"], options["perPage"])
        return _list(some, len(found))

    def _given(self, request, zone):
        body = request.json
        if set(body) != NEEDED or body["line"] not in LINES:
            raise Refusal(Fault.INVALID, f"{sorted(body)}")
        fields = {"type": body["type"], "content": body["value"], "ttl": body["ttl"]}
        return self.whole(body["host"], zone), {**fields, "line": body["line"], "level": body["level"]}


def _done():
    return Answer.of({"code": 200, "data": "ok"})


def _list(some, total):
    return Answer.of({"code": 200, "data": {"TotalRecords": total, "Records": some}})


def _shown(row):
    return {
        "record_id": int(row.id),
        "host": row.owner or "@",
        "type": row.type,
        "value": row.content,
        "line": row.extra.get("line", "DEFAULT"),
        "ttl": row.ttl,
        "level": row.extra.get("level", 10),
    }
