"""name.com's API, version 4, from its documentation: JSON without what is empty."""

import base64

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Unauthenticated"),
    Fault.GONE: (404, "Not Found"),
    Fault.INVALID: (400, "Parameter Value Error"),
    Fault.THROTTLED: (429, "Too Many Requests"),
}


class Fake(ZoneFake):
    """Domains of one account.

    Attributes:
        apex: what the apex is called in lists; the documentation takes both that and "@".
    """

    omits = "name.com leaves out a list that is empty"
    ttl = (300, 2147483647)
    is_unique = False
    apex = ""

    def settings(self, **others):
        return {"username": "homer", "token": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        if fault is Fault.ZONE and detail:
            return self.refusal(Fault.GONE, detail)
        if fault not in WORDS:
            return None
        status, message = WORDS[fault]
        return Answer.of({"message": message, **({"details": str(detail)} if detail else {})}, status)

    def authenticate(self, request):
        expected = base64.b64encode(f"homer:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            given = request.headers.get("authorization", "").removeprefix("Basic ")
            raise Refusal(Fault.CREDENTIALS, base64.b64decode(given).decode())
        if request.method in ("POST", "PUT") and request.headers.get("content-type") != "application/json":
            raise Refusal(Fault.CREDENTIALS, "content type")

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["v4", "domains"]:
                return self._listed(
                    request, "domains", [{"domainName": name} for name in self.zones.values()]
                )
            case "GET", ["v4", "domains", zone, "records"]:
                found = self.find(zone=self.zone_named(zone))
                return self._listed(request, "records", [shown(row, self.apex) for row in found])
            case "POST", ["v4", "domains", zone, "records"]:
                body = request.json
                name = self.whole(body["host"], self.zone_named(zone))
                return Answer.of(shown(self.create(name, body["type"], body["answer"], body["ttl"])))
            case "PUT", ["v4", "domains", zone, "records", id_]:
                body = request.json
                name = self.whole(body["host"], self.zone_named(zone))
                fields = {"type": body["type"], "content": body["answer"], "ttl": body["ttl"]}
                return Answer.of(shown(self.change(id_, name=name, **fields)))
            case "DELETE", ["v4", "domains", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer.of({})
        return Answer.of({"message": "Not Found"}, 404)

    def _listed(self, request, word, found):
        page = int(request.query.get("page", 1))
        some, pages = self.paged(found, page, request.query.get("perPage", 1000))
        more = {"nextPage": page + 1, "lastPage": pages} if page < pages else {}
        return Answer.of({**({word: some} if some else {}), **more})


def shown(row, apex=""):
    whole = {
        "id": int(row.id),
        "domainName": row.zone,
        "host": row.owner or apex,
        "fqdn": f"{row.name}.",
        "type": row.type,
        "answer": row.content,
        "ttl": row.ttl,
    }
    return {word: value for word, value in whole.items() if value not in ("", 0)}
