"""The REST API of PowerDNS Authoritative Server as 4.7 was seen to speak it; the real one is in tests/peers."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Unauthorized"),
    Fault.ZONE: (404, "Not Found"),
    Fault.INVALID: (422, "RRset home.example.com. IN A: "),
}


class Fake(ZoneFake):
    """A server with native zones; errors are JSON for those who accept JSON, and text for the others."""

    server = "localhost"

    def settings(self, **others):
        return {"api_key": self.secret, "base_url": f"{self.url}/api/v1", **others}

    def answer(self, request):
        answer = super().answer(request)
        return self._as_accepted(request, answer)

    def _said(self, request):
        return self._as_accepted(request, super()._said(request))

    def _as_accepted(self, request, answer):
        is_json = "application/json" in request.headers.get("accept", "") or answer.status == 422
        if answer.status < 400 or is_json:
            return answer
        return Answer.text("Not Found" if answer.status == 404 else "Unauthorized", answer.status)

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, words = WORDS[fault]
        return Answer.of({"error": f"{words}{detail}" if status == 422 else words}, status)

    def authenticate(self, request):
        if request.headers.get("x-api-key") != self.secret:
            raise Refusal(Fault.CREDENTIALS)

    def route(self, request):
        match request.method, request.path.split("/")[3:]:
            case "GET", ["servers", self.server, "zones"]:
                wanted = request.query.get("zone")
                names = [f"{name}." for name in self.zones.values()]
                return Answer.of([self._zone(name) for name in names if wanted in (None, name)])
            case "GET", ["servers", self.server, "zones", zone]:
                name = self.zone_named(_bare(zone))
                wanted = request.query.get("rrset_name")
                sets = [each for each in self._rrsets(name) if wanted in (None, each["name"])]
                return Answer.of({**self._zone(zone), "rrsets": sets})
            case "PATCH", ["servers", self.server, "zones", zone]:
                return self._patch(self.zone_named(_bare(zone)), request.json["rrsets"])
        raise Refusal(Fault.ZONE)

    def _zone(self, name):
        return {"id": name, "name": name, "kind": "Native", "serial": 2026112101, "dnssec": False}

    def _rrsets(self, zone):
        sets = {}
        for row in self.find(zone=zone):
            sets.setdefault((row.name, row.type), []).append(row)
        return [
            {
                "name": f"{name}.",
                "type": type_,
                "ttl": some[0].ttl,
                "comments": [],
                "records": [
                    {"content": row.content, "disabled": row.extra.get("disabled", False)} for row in some
                ],
            }
            for (name, type_), some in sets.items()
        ]

    def _patch(self, zone, sets):
        """Make all of it so, or nothing."""
        before = dict(self.rows)
        try:
            for each in sets:
                self._change(zone, each)
        except Refusal:
            self.rows = before
            raise
        return Answer(204)

    def _change(self, zone, each):
        name, records = _bare(each["name"]), each.get("records", [])
        if self.zone_of(name) != zone:
            raise Refusal(Fault.INVALID, "Name is out of zone")
        contents = [record["content"] for record in records]
        if len(contents) != len(set(contents)):
            raise Refusal(Fault.INVALID, "Duplicate record in RRset")
        if each["changetype"] not in ("REPLACE", "DELETE") or (each["changetype"] == "DELETE" and records):
            raise Refusal(Fault.INVALID, "records")
        rows = self.replace(name, each["type"], contents, each.get("ttl", 0))
        for row, record in zip(rows, records, strict=True):
            row.extra["disabled"] = record["disabled"]


def _bare(name):
    if not name.endswith("."):
        raise Refusal(Fault.INVALID, f"DNS Name '{name}' is not canonical")
    return name[:-1]
