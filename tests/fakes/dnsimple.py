"""DNSimple's API, version 2, from its documentation and its own client."""

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "Authentication failed"),
    Fault.ZONE: (404, "Zone `example.com` not found"),
    Fault.GONE: (404, "Record `5` not found"),
    Fault.EXISTS: (400, "Validation failed"),
    Fault.INVALID: (400, "Validation failed"),
    Fault.QUOTA: (402, "Your account is not subscribed or is in trial"),
    Fault.THROTTLED: (429, "API rate limit exceeded"),
}


class Fake(ZoneFake):
    """One account.

    Attributes:
        is_users: the token is a user's, and of no one account.
    """

    ttl = (60, 604800)
    account = 1010

    def __init__(self):
        super().__init__()
        self.is_users = False

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/v2", **others}

    def refusal(self, fault, detail=""):
        if fault not in WORDS:
            return None
        status, message = WORDS[fault]
        errors = {
            Fault.EXISTS: {"base": ["Zone record already exists"]},
            Fault.INVALID: {"content": [str(detail)]},
        }
        body = {"message": f"{message} {detail}".strip(), "errors": errors.get(fault, {})}
        return Answer.of(body, status, **self._rate())

    def _rate(self):
        reset = str(int(self.clock.now()) + 900)
        return {"X-RateLimit-Limit": "2400", "X-RateLimit-Remaining": "2399", "X-RateLimit-Reset": reset}

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            raise Refusal(Fault.CREDENTIALS, request.headers.get("authorization"))
        if "application/json" not in request.headers.get("accept", ""):
            raise Refusal(Fault.INVALID, "Accept")

    def route(self, request):
        parts = request.path.split("/")[2:]
        if (request.method, parts) == ("GET", ["whoami"]):
            account = None if self.is_users else {"id": self.account, "email": "homer@example.com"}
            return self._answer({"data": {"user": None, "account": account}})
        if parts[0] != str(self.account):
            raise Refusal(Fault.CREDENTIALS, "the account")
        return self._account(request, parts[1:])

    def _account(self, request, parts):
        match request.method, parts:
            case "GET", ["zones"]:
                found = [
                    {"id": int(id_), "account_id": self.account, "name": name}
                    for id_, name in self.zones.items()
                ]
                return self._listed(request, found)
            case "GET", ["zones", zone, "records"]:
                return self._listed(request, [shown(row) for row in self.find(zone=self.zone_named(zone))])
            case "POST", ["zones", zone, "records"]:
                body = request.json
                name = self.whole(body["name"], self.zone_named(zone), apex="")
                regions = body.get("regions", ["global"])
                row = self.create(name, body["type"], body["content"], body.get("ttl", 3600), regions=regions)
                return self._answer({"data": shown(row)}, 201)
            case "PATCH", ["zones", zone, "records", id_]:
                self.zone_named(zone)
                return self._answer({"data": shown(self.change(id_, **request.json))})
            case "DELETE", ["zones", zone, "records", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer(204, headers=self._rate())
        return self._answer({"message": "Not found"}, 404)

    def _listed(self, request, found):
        page, size = int(request.query.get("page", 1)), min(int(request.query.get("per_page", 30)), 100)
        some, pages = self.paged(found, page, size)
        pagination = {
            "current_page": page,
            "per_page": size,
            "total_entries": len(found),
            "total_pages": pages,
        }
        return self._answer({"data": some, "pagination": pagination})

    def _answer(self, value, status=200):
        return Answer.of(value, status, **self._rate())


def shown(row):
    return {
        "id": int(row.id),
        "zone_id": row.zone,
        "parent_id": None,
        "name": row.owner,
        "content": row.content,
        "ttl": row.ttl,
        "priority": None,
        "type": row.type,
        "regions": row.extra.get("regions", ["global"]),
        "system_record": False,
    }
