"""Cloudflare's API, enough of it to be believed: zones, records with ids, and the atomic batch."""

from dns.exception import DNSException
from dns.rdata import from_text

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (403, 10000, "Authentication error"),
    Fault.ZONE: (404, 7003, "Could not route to that zone, perhaps the identifier is invalid"),
    Fault.EXISTS: (400, 81058, "An identical record already exists."),
    Fault.GONE: (404, 81044, "Record does not exist."),
    Fault.INVALID: (400, 9005, "Content for the record is invalid."),
    Fault.QUOTA: (400, 81045, "Record quota exceeded."),
    Fault.THROTTLED: (429, 971, "Please wait and consider throttling your request speed"),
    Fault.MAINTENANCE: None,
}


class Fake(ZoneFake):
    """Two zones of one account; `secret` is the token, `email` with `key` is the older way."""

    secret = "cf-T0ken-4f7Xq"
    email, key = "me@example.com", "cf-K3y-99"
    ttl = (1, 86400)

    def __init__(self):
        super().__init__()
        self.zones = {"z1": "example.com", "z2": "example.net"}
        self.page = 5000

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/client/v4", **others}

    def refusal(self, fault, detail=""):
        if WORDS[fault] is None:
            return None
        status, code, message = WORDS[fault]
        errors = [{"code": code, "message": f"{message} {detail}"}]
        return Answer.of({"success": False, "errors": errors, "result": None}, status)

    def authenticate(self, request):
        headers = request.headers
        if "authorization" in headers:
            if headers["authorization"] != f"Bearer {self.secret}":
                raise Refusal(Fault.CREDENTIALS, headers["authorization"])
        elif (headers.get("x-auth-email"), headers.get("x-auth-key")) != (self.email, self.key):
            raise Refusal(Fault.CREDENTIALS)

    def route(self, request):
        match request.method, request.path.removeprefix("/client/v4/").split("/"):
            case "GET", ["zones"]:
                named = request.query.get("name")
                zones = [
                    {"id": id_, "name": name, "status": "active"}
                    for id_, name in self.zones.items()
                    if named in (None, name)
                ]
                return self._listed(request, zones, 50)
            case "GET", ["zones", zone, "dns_records"]:
                found = self.find(zone=self.zone_with(zone), type=request.query.get("type"))
                return self._listed(request, [_shown(row) for row in found], self.page)
            case "POST", ["zones", zone, "dns_records", "batch"]:
                return self._batch(self.zone_with(zone), request.json)
            case "POST", ["zones", zone, "dns_records"]:
                self.zone_with(zone)
                return _envelope(_shown(self._created(request.json)))
            case method, ["zones", zone, "dns_records", id_]:
                self.zone_with(zone)
                return _envelope(self._one(method, id_, request))
        raise Refusal(Fault.ZONE)

    def _listed(self, request, found, most):
        size = min(int(request.query.get("per_page", 100)), most)
        page = int(request.query.get("page", 1))
        result, pages = found[(page - 1) * size : page * size], max(1, -(-len(found) // size))
        info = {"page": page, "per_page": size, "total_pages": pages, "total_count": len(found)}
        return Answer.of({"success": True, "errors": [], "result": result, "result_info": info})

    def _batch(self, zone, body):
        """Do all of it in Cloudflare's order, or nothing."""
        if sum(map(len, body.values())) > 200:
            raise Refusal(Fault.INVALID, "too many records in one batch")
        before = dict(self.rows)
        try:
            for each in body.get("deletes", []):
                self.remove(each["id"])
            for each in body.get("patches", []):
                fields = {name: value for name, value in each.items() if name != "id"}
                self._proxied(self.change(each["id"], **self._content(self.row(each["id"]).type, fields)))
            for each in body.get("posts", []):
                self._created(each)
        except Refusal:
            self.rows = before
            raise
        return Answer.of({"success": True, "errors": [], "result": {}})

    def _one(self, method, id_, request):
        """Do with one record what the method says; return what is shown of it."""
        match method:
            case "PUT" | "PATCH":
                nothing = {"proxied": False, "comment": None, "tags": []} if method == "PUT" else {}
                fields = self._content(self.row(id_).type, {**nothing, **request.json})
                self._proxied(self.change(id_, **fields))
            case "DELETE":
                self.remove(id_)
                return {"id": id_}
        return _shown(self.row(id_))

    def _created(self, body):
        fields = {"ttl": 1, **body}
        fields = self._content(fields["type"], fields)
        row = self.create(fields.pop("name"), fields.pop("type"), fields.pop("content"), **fields)
        self._proxied(row)
        return row

    def _content(self, rrtype, fields):
        """Make the content of a service of its components; nobody else may write it."""
        if rrtype not in ("HTTPS", "SVCB"):
            return fields
        if "content" in fields:
            raise Refusal(Fault.INVALID, "content is read-only")
        data = fields["data"]
        if type(data["priority"]) is not int or set(data) != {"priority", "target", "value"}:
            raise Refusal(Fault.INVALID, "data")
        text = f"{data['priority']} {data['target']} {data['value']}"
        rest = {name: value for name, value in fields.items() if name != "data"}
        try:
            return {**rest, "content": from_text("IN", rrtype, text).to_text()}
        except DNSException as error:
            raise Refusal(Fault.INVALID, str(error)) from None

    def _proxied(self, row):
        if row.extra.get("proxied") and row.type not in ("A", "AAAA", "CNAME"):
            raise Refusal(Fault.INVALID, "This record type cannot be proxied.")
        if row.extra.get("proxied"):
            row.ttl = 1
        elif row.ttl != 1 and not 60 <= row.ttl <= 86400:
            raise Refusal(
                Fault.INVALID, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic."
            )


def _envelope(result):
    return Answer.of({"success": True, "errors": [], "messages": [], "result": result})


def _shown(row):
    given = {"proxied": False, "comment": None, "tags": [], **row.extra}
    ttl = 1 if given["proxied"] else row.ttl
    return {"id": row.id, "name": row.name, "type": row.type, "content": row.content, "ttl": ttl, **given}
