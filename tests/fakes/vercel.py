"""Vercel's REST API for domains and their DNS records, from its reference."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (403, "forbidden", "Not authorized"),
    Fault.GONE: (404, "not_found", "Could not find the record"),
    Fault.INVALID: (400, "bad_request", "Invalid request"),
    Fault.THROTTLED: (429, "rate_limited", "The rate limit of 6 exceeded"),
}
BEGINNING = 1_700_000_000_000  # milliseconds since 1970; every entry is made one after the one before it


class Fake(ZoneFake):
    """Domains of one account or team, each with the records of which it was asked for."""

    ttl = (60, 2147483647)
    is_unique = False
    team = None

    def refusal(self, fault, detail=""):
        if fault is Fault.ZONE and detail:
            return Answer.of({"error": {"code": "not_found", "message": f"Domain not found {detail}"}}, 404)
        if fault not in WORDS:
            return None
        status, code, message = WORDS[fault]
        return Answer.of({"error": {"code": code, "message": f"{message} {detail}".strip()}}, status)

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))
        if request.query.get("teamId") != self.team:
            raise Refusal(Fault.CREDENTIALS, request.query.get("teamId"))

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["v5", "domains"]:
                return self._listed(
                    request, "domains", [{"id": id_, "name": name} for id_, name in self.zones.items()]
                )
            case "GET", ["v5", "domains", zone, "records"]:
                found = self.find(zone=self.zone_named(zone))
                return self._listed(request, "records", [shown(row) for row in found])
            case "POST", ["v2", "domains", zone, "records"]:
                body = request.json
                name = self.whole(body["name"], self.zone_named(zone), apex="")
                more = {"comment": body["comment"]} if "comment" in body else {}
                row = self.create(name, body["type"], body["value"], body.get("ttl", 60), **more)
                return Answer.of({"uid": f"rec_{row.id}", "updated": BEGINNING})
            case "PATCH", ["v1", "domains", "records", id_]:
                words = {"value": "content", "ttl": "ttl", "comment": "comment"}
                row = self.change(known(id_), **{words[word]: value for word, value in request.json.items()})
                return Answer.of(shown(row))
            case "DELETE", ["v2", "domains", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(known(id_))
                return Answer.of({})
        return Answer.of({"error": {"code": "not_found", "message": "The page could not be found"}}, 404)

    def _listed(self, request, word, found):
        """Answer the newest entries that are older than asked for."""
        times = {BEGINNING + int(one["id"].removeprefix("rec_")): one for one in found}
        until = int(request.query.get("until", 2**53))
        older = sorted((at for at in times if at < until), reverse=True)
        some = older[: min(int(request.query.get("limit", 20)), self.page)]
        following = some[-1] if len(some) < len(older) else None
        pagination = {"count": len(some), "next": following, "prev": some[0] if some else None}
        return Answer.of({word: [times[at] for at in some], "pagination": pagination})


def known(id_):
    """Return a row's id from a record's."""
    if not id_.startswith("rec_"):
        raise Refusal(Fault.GONE, id_)
    return id_.removeprefix("rec_")


def shown(row):
    beside = {"comment": row.extra.get("comment", ""), "creator": "usr_1", "domain": row.zone}
    return {
        "id": f"rec_{row.id}",
        "slug": "",
        "name": row.owner,
        "type": row.type,
        "value": row.content,
        "ttl": row.ttl,
        **beside,
    }
