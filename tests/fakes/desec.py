"""deSEC's API, from its documentation: domains with a least TTL, and RRsets that are patched all or none."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Invalid token."),
    Fault.ZONE: (404, "Not found."),
    Fault.THROTTLED: (429, "Request was throttled. Expected available in 58 seconds."),
}


class Fake(ZoneFake):
    """Domains of one account; a record that is there or gone is no fault, for RRsets are put whole.

    Attributes:
        least: seconds, the least TTL of a domain; 3600 for those that are not named.
    """

    def __init__(self):
        super().__init__()
        self.page = 500
        self.least = {"example.net": 60}

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/api/v1", **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.INVALID:
            return Answer.of(
                [{"ttl": [f"Ensure this value is greater than or equal to 3600. {detail}"]}], 400
            )
        if fault not in WORDS:
            return None
        status, words = WORDS[fault]
        headers = {"Retry-After": "58"} if fault is Fault.THROTTLED else {}
        return Answer.of(
            {"detail": words if fault is not Fault.CREDENTIALS else f"{words} {detail}"}, status, **headers
        )

    def authenticate(self, request):
        sent = request.headers.get("authorization")
        if sent != f"Token {self.secret}":
            raise Refusal(Fault.CREDENTIALS, sent)

    def route(self, request):
        match request.method, request.path.split("/")[3:]:
            case "GET", ["domains", ""]:
                owner = request.query.get("owns_qname")
                names = [self.zone_of(owner)] if owner else sorted(self.zones.values())
                return self._list(
                    request, [{"name": name, "minimum_ttl": self._least(name)} for name in names]
                )
            case "GET", ["domains", zone, "rrsets", ""]:
                return self._list(request, self._rrsets(self.zone_named(zone)))
            case "PATCH", ["domains", zone, "rrsets", ""]:
                return self._patch(self.zone_named(zone), request.json)
        raise Refusal(Fault.ZONE)

    def _least(self, zone):
        return self.least.get(zone, 3600)

    def _list(self, request, found):
        """Answer a page; more than one page is only given to those who ask for pages."""
        cursor = request.query.get("cursor")
        if cursor is None and len(found) > self.page:
            return Answer.of({"detail": f"Pagination required. You can query up to {self.page} items"}, 400)
        start = int(cursor.removeprefix("a=") or 0) if cursor else 0
        here = f"{self.url}{request.path}?cursor"
        links = [f'<{here}=>; rel="first"']
        if start + self.page < len(found):
            links.append(f'<{here}=a%3D{start + self.page}>; rel="next"')
        return Answer.of(found[start : start + self.page], Link=", ".join(links))

    def _rrsets(self, zone):
        sets = {}
        for row in self.find(zone=zone):
            sets.setdefault((row.owner, row.type), []).append(row)
        return [
            {
                "domain": zone,
                "subname": owner,
                "name": f"{some[0].name}.",
                "type": type_,
                "ttl": some[0].ttl,
                "records": [row.content for row in some],
            }
            for (owner, type_), some in sets.items()
        ]

    def _patch(self, zone, body):
        """Make all of it so, or nothing."""
        before = dict(self.rows)
        try:
            for each in body:
                self._put(zone, each)
        except Refusal:
            self.rows = before
            raise
        return Answer.of(
            [each for each in self._rrsets(zone) if each["subname"] in {b["subname"] for b in body}]
        )

    def _put(self, zone, wanted):
        name, ttl = self.whole(wanted["subname"], zone, apex=""), wanted.get("ttl")
        is_new = not self.find(name=name, type=wanted["type"])
        if wanted["subname"] == "@" or (is_new and wanted["records"] and ttl is None):
            raise Refusal(Fault.INVALID, "ttl: This field is required.")
        if ttl is not None and not self._least(zone) <= ttl <= 604800:
            raise Refusal(Fault.INVALID)
        self.replace(name, wanted["type"], wanted["records"], ttl or self._least(zone))
