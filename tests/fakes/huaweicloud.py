"""Huawei Cloud DNS's API: public zones, and record sets that belong to a line each."""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import quote, unquote, unquote_plus

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (
        401,
        "APIGW.0301",
        "Incorrect IAM authentication information:",
    ),
    Fault.ZONE: (404, "DNS.0302", "This zone does not exist."),
    Fault.EXISTS: (400, "DNS.0312", "This record set already exists."),
    Fault.GONE: (404, "DNS.0313", "This record set does not exist."),
    Fault.INVALID: (400, "DNS.0308", "Invalid record set value."),
    Fault.QUOTA: (400, "DNS.0403", "Insufficient record set quota."),
    Fault.THROTTLED: (429, "APIGW.0308", "The throttling threshold has been reached"),
    Fault.MAINTENANCE: (409, "DNS.0314", "The record set is not in a steady state."),
}
GATEWAY = (Fault.CREDENTIALS, Fault.THROTTLED)
PROOF = re.compile(
    r"SDK-HMAC-SHA256 Access=(?P<id>[^,]+), SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)
LINES = ("default_view", "Dianxin", "Liantong", "Yidong", "Abroad")
WINDOW = 900  # seconds by which a date may differ


class Fake(ZoneFake):
    """Rows are addresses; those of one name, type and line, and of one `set`, are a record set.

    What was deleted is listed once more, as `PENDING_DELETE`.
    """

    key_id = "HWAKFAKE7Q"
    secret = "hw-s3cret-4f7Xq"
    ttl = (1, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.page = 500
        self._leaving, self._shown = [], []

    def settings(self, **others):
        return {
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            "base_url": self.url,
            **others,
        }

    def put(self, key, *contents, ttl=300, **extra):
        return super().put(key, *contents, ttl=ttl, **{"line": "default_view", "weight": 1, **extra})

    def refusal(self, fault, detail=""):
        status, code, message = WORDS[fault]
        if fault in GATEWAY:
            body = {"error_msg": f"{message} {detail}", "error_code": code, "request_id": "1f"}
            return Answer.of(body, status)
        return Answer.of({"code": code, "message": f"{message} {detail}"}, status)

    def authenticate(self, request):
        headers = request.headers
        found = PROOF.fullmatch(headers.get("authorization", ""))
        if not found or found["id"] != self.key_id:
            raise Refusal(Fault.CREDENTIALS, headers.get("authorization"))
        stamp, names = headers["x-sdk-date"], found["names"].split(";")
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(moment.timestamp() - self.clock.now()) > WINDOW:
            raise Refusal(
                Fault.CREDENTIALS, f"calc aksk signature fail:signature expired, signature time:{stamp}"
            )
        if not {"host", "x-sdk-date"} <= set(names) or names != sorted(names):
            raise Refusal(Fault.CREDENTIALS, "SignedHeaders are not complete, or not in order")
        told = f"SDK-HMAC-SHA256\n{stamp}\n{hashlib.sha256(_canonical(request, names)).hexdigest()}"
        made = hmac.new(self.secret.encode(), told.encode(), hashlib.sha256).hexdigest()
        if made != found["signature"]:
            raise Refusal(
                Fault.CREDENTIALS, f"verify aksk signature fail, {headers['authorization']} for {told}"
            )

    def route(self, request):
        if request.body and not request.headers.get("content-type", "").startswith("application/json"):
            raise Refusal(Fault.INVALID, "Content-Type")
        match request.path.strip("/").split("/"):
            case ["v2", "zones"] if request.method == "GET":
                zones = [
                    {"id": id_, "name": f"{name}.", "zone_type": "public", "status": "ACTIVE"}
                    for id_, name in self.zones.items()
                ]
                return self._listed(request.query, "zones", zones)
            case ["v2.1", "zones", zone, "recordsets"]:
                return self._all(zone, request)
            case ["v2.1", "zones", zone, "recordsets", id_]:
                return self._each(self._rows(zone, id_), request)
        return _no_such_api()

    def _all(self, zone, request):
        match request.method:
            case "GET":
                return self._listed(request.query, "recordsets", self._sets(zone, request.query))
            case "POST":
                return self._created(self.zone_with(zone), request.json)
            case "PUT":
                return self._batch(zone, request.json["recordsets"])
        return _no_such_api()

    def _each(self, rows, request):
        match request.method:
            case "PUT":
                return self._updated(rows, request.json)
            case "DELETE":
                self._leaving.append({**_one(rows), "status": "PENDING_DELETE"})
                for row in rows:
                    self.remove(row.id)
                return Answer.of(self._leaving[-1], 202)
        return _no_such_api()

    def _listed(self, query, word, found):
        limit, offset = int(query.get("limit", 500)), int(query.get("offset", 0))
        if not 0 <= limit <= 500:
            raise Refusal(Fault.INVALID, "limit")
        some = found[offset : offset + min(limit, self.page)]
        return Answer.of({"links": {}, word: some, "metadata": {"total_count": len(found)}})

    def _sets(self, zone, query):
        """Return the record sets of a zone; a name is searched for anywhere unless the mode is `equal`."""
        if query.get("offset", "0") == "0":
            self._shown, self._leaving = self._leaving, []
        groups = {}
        for row in self.find(zone=self.zone_with(zone), type=query.get("type")):
            groups.setdefault(_id(row), []).append(row)
        found = [_one(rows) for rows in groups.values()] + self._shown
        name = query.get("name", "").rstrip(".")
        exact = query.get("search_mode") == "equal"
        return [
            each for each in found if (each["name"] == f"{name}." if exact and name else name in each["name"])
        ]

    def _rows(self, zone, id_):
        rows = [row for row in self.find(zone=self.zone_with(zone)) if _id(row) == id_]
        if not rows:
            raise Refusal(Fault.GONE, id_)
        return rows

    def _created(self, zone, body):
        name, line = _bare(body["name"]), body.get("line", "default_view")
        if self.zone_of(name) != zone or line not in LINES:
            raise Refusal(Fault.INVALID, f"{name} {line}")
        same = [row for row in self.find(name=name, type=body["type"]) if row.extra.get("line") == line]
        if same:
            raise Refusal(Fault.EXISTS)
        extra = {"line": line, "weight": body.get("weight", 1), "description": body.get("description", "")}
        rows = self._filled([], name, body["type"], body["records"], body.get("ttl", 300), extra)
        return Answer.of({**_one(rows), "status": "PENDING_CREATE"}, 202)

    def _updated(self, before, body):
        old = before[0]
        if (_bare(body.get("name", f"{old.name}.")), body.get("type", old.type)) != (old.name, old.type):
            raise Refusal(Fault.INVALID, "name and type cannot be changed")
        given = {name: body[name] for name in ("weight", "description") if body.get(name) is not None}
        records = body.get("records") or [row.content for row in before]
        rows = self._filled(
            before, old.name, old.type, records, body.get("ttl") or old.ttl, {**old.extra, **given}
        )
        return Answer.of({**_one(rows), "status": "PENDING_UPDATE"}, 202)

    def _batch(self, zone, changed):
        """Change all of them or none; what a change does not name is as in a new record set."""
        if not 1 <= len(changed) <= 50:
            raise Refusal(Fault.INVALID, "the number of record sets")
        kept = dict(self.rows)
        try:
            found = [self._refilled(self._rows(zone, each["id"]), each) for each in changed]
        except Refusal:
            self.rows = kept
            raise
        shown = [{**_one(rows), "status": "PENDING_UPDATE"} for rows in found]
        return Answer.of({"links": {}, "recordsets": shown, "metadata": {"total_count": len(shown)}}, 202)

    def _refilled(self, before, given):
        old = before[0]
        beside = {"weight": given.get("weight"), "description": given.get("description", "")}
        extra = {**old.extra, **beside}
        return self._filled(before, old.name, old.type, given["records"], given.get("ttl", 300), extra)

    def _filled(self, before, name, rrtype, records, ttl, extra):
        """Make a record set of these records in place of those before."""
        kept = dict(self.rows)
        try:
            for row in before:
                self.remove(row.id)
            if not records:
                raise Refusal(Fault.INVALID, "no records")
            return [self.create(name, rrtype, each, ttl, **extra) for each in records]
        except Refusal:
            self.rows = kept
            raise


def _canonical(request, names):
    path = "/".join(quote(part, safe="~") for part in unquote(request.target.partition("?")[0]).split("/"))
    pairs = [pair.partition("=") for pair in filter(None, request.target.partition("?")[2].split("&"))]
    decoded = sorted((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in decoded)
    headers = "".join(f"{name}:{request.headers[name]}\n" for name in names)
    digest = hashlib.sha256(request.body).hexdigest()
    whole = (request.method, f"{path.rstrip('/')}/", query, headers, ";".join(names), digest)
    return "\n".join(whole).encode()


def _no_such_api():
    return Answer.of({"error_code": "APIGW.0101", "error_msg": "The API does not exist"}, 404)


def _bare(name):
    if not name.endswith("."):
        raise Refusal(Fault.INVALID, "a name ends with a dot")
    return name[:-1]


def _id(row):
    told = f"{row.name} {row.type} {row.extra.get('line')} {row.extra.get('set')}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _one(rows):
    row = rows[0]
    return {
        "id": _id(row),
        "name": f"{row.name}.",
        "type": row.type,
        "ttl": row.ttl,
        "records": [each.content for each in rows],
        "status": "ACTIVE",
        "zone_name": f"{row.zone}.",
        "default": False,
        "line": "default_view",
        **row.extra,
    }
