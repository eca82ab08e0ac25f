"""DNS.LA's API, as other clients know it: numbers for types, whole names with a dot, ids that are long."""

from base64 import b64encode

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, 401, "认证失败"),
    Fault.ZONE: (200, 500, "域名不存在"),
    Fault.EXISTS: (200, 500, "与已有记录冲突"),
    Fault.GONE: (200, 500, "记录不存在"),
    Fault.INVALID: (200, 500, "记录值格式错误"),
    Fault.THROTTLED: (429, 429, "请求过于频繁"),
}
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
FIELDS = {"domainId", "id", "host", "type", "data", "ttl", "lineId", "weight", "preference", "groupId"}
ZERO = 85369994254480000  # ids of domains are long


class Fake(ZoneFake):
    """Domains of a free plan."""

    secret = "d1j2fdo4dee3948c9a7e"
    id = "85068081529119744"
    ttl = (600, 86400)
    line = "84613316902921216"
    beside = (("weight", 3),)

    def settings(self, **others):
        return {"api_id": self.id, "api_secret": self.secret, "base_url": f"{self.url}/api", **others}

    def put(self, key, *contents, ttl=600, line="", **extra):
        return super().put(key, *contents, ttl=ttl, line=line, **extra)

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, code, message = WORDS[fault]
        return Answer.of({"code": code, "msg": f"{message} {detail}".strip(), "data": None}, status)

    def authenticate(self, request):
        given = request.headers.get("authorization", "")
        if given != f"Basic {b64encode(f'{self.id}:{self.secret}'.encode()).decode()}":
            raise Refusal(Fault.CREDENTIALS, given)

    def route(self, request):
        match request.method, request.path:
            case "GET", "/api/domainList":
                zones = [
                    {
                        "id": str(ZERO + int(id_)),
                        "domain": f"{name}.",
                        "displayDomain": f"{name}.",
                        "state": 1,
                    }
                    for id_, name in self.zones.items()
                ]
                return self._listed(request, zones)
            case "GET", "/api/recordList":
                found = self.find(zone=self._zone(request.query["domainId"]))
                return self._listed(request, [_shown(row) for row in found])
            case "POST", "/api/record":
                body = self._body(request)
                name = self.whole(body["host"], self._zone(body["domainId"]))
                row = self.create(
                    name, NAMES[body["type"]], body["data"], body.get("ttl", 600), line=body.get("lineId", "")
                )
                return _said({"id": row.id})
            case "PUT", "/api/record":
                return self._changed(self._body(request))
            case "DELETE", "/api/record":
                self.remove(request.query["id"])
                return _said(None)
        return Answer.text("", 404)

    def _changed(self, body):
        """Change a record; what is left out of it becomes what it is by default."""
        before = self.row(body["id"])
        fields = {"content": body["data"], "ttl": body.get("ttl", 600), "type": NAMES[body["type"]]}
        beside = {"line": body.get("lineId", ""), "weight": body.get("weight")}
        self.change(before.id, name=self.whole(body["host"], before.zone), **fields, **beside)
        return _said({"id": before.id})

    def _listed(self, request, found):
        some, _ = self.paged(found, request.query["pageIndex"], request.query["pageSize"])
        return _said({"total": len(found), "results": some})

    def _body(self, request):
        body = request.json
        if not request.headers["content-type"].startswith("application/json") or not set(body) <= FIELDS:
            raise Refusal(Fault.INVALID, f"{set(body) - FIELDS}")
        return body

    def _zone(self, id_):
        return self.zone_with(int(id_) - ZERO)


def _said(data):
    return Answer.of({"code": 200, "msg": "", "data": data})


def _shown(row):
    return {
        "id": row.id,
        "host": row.owner or "@",
        "displayHost": row.owner or "@",
        "type": TYPES[row.type],
        "data": row.content,
        "ttl": row.ttl,
        "lineId": row.extra.get("line", ""),
        "weight": row.extra.get("weight"),
        "disable": False,
        "updatedAt": 1692856597,
    }
