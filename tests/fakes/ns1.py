"""NS1's API for zones and records, from what its own client sends and expects."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Unauthorized"),
    Fault.ZONE: (404, "zone not found"),
    Fault.EXISTS: (400, "record already exists"),
    Fault.GONE: (404, "record not found"),
    Fault.INVALID: (400, "invalid input"),
    Fault.THROTTLED: (429, "rate limit exceeded"),
    Fault.MAINTENANCE: (503, "service unavailable"),
}


class Fake(ZoneFake):
    """Zones of one account.

    Attributes:
        beside: name and type mapped to what a record holds beside its answers.
    """

    ttl = (1, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.beside = {}
        self.links = {}

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v1", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, message = WORDS[fault]
        headers = {"X-RateLimit-By": "customer", "X-RateLimit-Limit": "300", "X-RateLimit-Period": "60"}
        return Answer.of({"message": f"{message} {detail}".strip()}, status, **headers)

    def authenticate(self, request):
        if request.headers.get("x-nsone-key") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("x-nsone-key"))

    def route(self, request):
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "GET", ["zones"]:
                return self._listed(
                    request, [{"id": id_, "zone": zone, "name": zone} for id_, zone in self.zones.items()]
                )
            case "GET", ["zones", zone]:
                return self._listed(
                    request, self._records(self.zone_named(zone)), {"zone": zone, "ttl": 3600}
                )
            case method, ["zones", zone, domain, rrtype]:
                self.zone_named(zone)
                return self._record(method, request, zone, domain, rrtype)
        return Answer.of({"message": "not found"}, 404)

    def _listed(self, request, found, around=None):
        """Answer a page, and where the next one begins."""
        start = int(request.query.get("after", 0))
        some = found[start : start + self.page]
        answer = Answer.of({**around, "records": some} if around else some)
        if start + self.page < len(found):
            url = f"https://api.nsone.net{request.path}?after={start + self.page}&limit={self.page}"
            answer.headers["Link"] = f'<{url}>; rel="next"'
        return answer

    def _records(self, zone):
        found = {}
        for row in self.find(zone=zone):
            one = found.setdefault(
                (row.name, row.type), {"domain": row.name, "type": row.type, "ttl": row.ttl}
            )
            one.setdefault("short_answers", []).append(row.content)
            one |= {"id": row.id, "zone": zone, "tier": 1, "link": None}
        linked = [
            {"domain": name, "type": rrtype, "ttl": 300, "short_answers": [], "link": to}
            for (name, rrtype), to in self.links.items()
        ]
        return [*found.values(), *linked]

    def _record(self, method, request, zone, domain, rrtype):
        held = self.find(zone=zone, name=domain, type=rrtype)
        if method == "PUT" and held:
            raise Refusal(Fault.EXISTS)
        if method != "PUT" and not held:
            raise Refusal(Fault.GONE)
        if method == "DELETE":
            self.replace(domain, rrtype, [])
            return Answer.of({})
        if method in ("PUT", "POST"):
            self._write(request.json, zone, domain, rrtype, held)
        return Answer.of(self._whole(zone, domain, rrtype))

    def _write(self, body, zone, domain, rrtype, held):
        if (body["zone"], body["domain"], body["type"]) != (zone, domain, rrtype):
            raise Refusal(Fault.INVALID, "the body names another record")
        if not body["answers"]:
            raise Refusal(Fault.INVALID, "no answers")
        ttl = body.get("ttl") or (held[0].ttl if held else 3600)
        for row in held:
            del self.rows[row.id]
        try:
            for answer in body["answers"]:
                more = {name: value for name, value in answer.items() if name not in ("answer", "id")}
                self.create(domain, rrtype, answer["answer"][0], ttl, **more)
        except Refusal:
            self.rows |= {row.id: row for row in held}
            raise

    def _whole(self, zone, domain, rrtype):
        held = self.find(zone=zone, name=domain, type=rrtype)
        shown = [{"id": row.id, "answer": [row.content], **row.extra} for row in held]
        beside = self.beside.get((domain, rrtype), {"filters": [], "meta": {}})
        return {
            "zone": zone,
            "domain": domain,
            "type": rrtype,
            "ttl": held[0].ttl,
            "answers": shown,
            **beside,
        }
