"""Cloudflare's API, enough of it to be believed: zones, records with ids, and the atomic batch."""

import itertools
from ipaddress import IPv4Address, IPv6Address

from fakes.misbehaviour import Answer, HttpFake
from homeport.model.rrset import RRsetKey

ADDRESS = {"A": IPv4Address, "AAAA": IPv6Address}


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Fake(HttpFake):
    """Two zones of one account.

    Attributes:
        secret: the token; `email` with `key` is the older way.
        page: the most records on a page.
    """

    secret = "cf-T0ken-4f7Xq"
    email, key = "me@example.com", "cf-K3y-99"
    zone = "example.com"

    def __init__(self):
        super().__init__()
        self.zones = {"z1": "example.com", "z2": "example.net"}
        self.records = {}
        self.page = 5000
        self.ids = itertools.count(1)

    def settings(self, **others):
        return {"token": self.secret, "base_url": f"{self.url}/client/v4", **others}

    def put(self, key: RRsetKey, *contents, **fields):
        """Write records by hand; return their ids."""
        zone = next(id_ for id_, name in self.zones.items() if str(key.name).endswith(name))
        return [
            self._create(zone, {"type": key.type, "name": str(key.name), "content": content, **fields})
            for content in contents
        ]

    def held(self, key: RRsetKey):
        return {
            record["content"]
            for record in self.records.values()
            if (record["name"], record["type"]) == (str(key.name), key.type)
        }

    def is_write(self, request):
        return request.method != "GET"

    def answer(self, request):
        try:
            self._authenticate(request)
            return self._route(request)
        except Refusal as no:
            errors = [{"code": no.code, "message": no.message}]
            return Answer.of({"success": False, "errors": errors, "result": None}, no.status)

    def _authenticate(self, request):
        headers = request.headers
        if "authorization" in headers:
            if headers["authorization"] != f"Bearer {self.secret}":
                raise Refusal(403, 10000, f"Authentication error {headers['authorization']}")
        elif (headers.get("x-auth-email"), headers.get("x-auth-key")) != (self.email, self.key):
            raise Refusal(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")

    def _route(self, request):
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
                self._check_zone(zone)
                records = [
                    record
                    for record in self.records.values()
                    if record["zone"] == zone
                    and request.query.get("type") in (None, record["type"])
                    and request.query.get("name") in (None, record["name"])
                ]
                return self._listed(request, records, self.page)
            case "POST", ["zones", zone, "dns_records", "batch"]:
                self._check_zone(zone)
                return self._batch(zone, request.json)
        raise Refusal(404, 7003, "Could not route to that place")

    def _check_zone(self, zone):
        if zone not in self.zones:
            raise Refusal(404, 7003, "Could not route to that zone, perhaps the identifier is invalid")

    def _listed(self, request, found, most):
        size = min(int(request.query.get("per_page", 100)), most)
        page = int(request.query.get("page", 1))
        info = {
            "page": page,
            "per_page": size,
            "total_pages": -(-len(found) // size),
            "total_count": len(found),
        }
        result = found[(page - 1) * size : page * size]
        return Answer.of({"success": True, "errors": [], "result": result, "result_info": info})

    def _batch(self, zone, body):
        """Do all of it in Cloudflare's order, or nothing."""
        if sum(map(len, body.values())) > 200:
            raise Refusal(400, 81046, "too many records in one batch")
        before = {id_: dict(record) for id_, record in self.records.items()}
        try:
            for each in body.get("deletes", []):
                self._existing(each["id"])
                del self.records[each["id"]]
            for each in body.get("patches", []):
                self._save({**self._existing(each["id"]), **each})
            for each in body.get("posts", []):
                self._create(zone, each)
        except Refusal:
            self.records = before
            raise
        return Answer.of({"success": True, "errors": [], "result": {}})

    def _existing(self, id_):
        if id_ not in self.records:
            raise Refusal(404, 81044, "Record does not exist.")
        return self.records[id_]

    def _create(self, zone, fields):
        id_ = f"r{next(self.ids)}"
        given = {"ttl": 1, "proxied": False, "comment": None, "tags": []}
        self._save({**given, **fields, "id": id_, "zone": zone})
        return id_

    def _save(self, record):
        if record["type"] in ADDRESS:
            try:
                ADDRESS[record["type"]](record["content"])
            except ValueError:
                raise Refusal(400, 9005, f"Content for {record['type']} record is invalid.") from None
        if record["proxied"]:
            record["ttl"] = 1
        if record["ttl"] != 1 and not 60 <= record["ttl"] <= 86400:
            raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
        for other in self.records.values():
            if other["id"] == record["id"] or other["name"] != record["name"]:
                continue
            if "CNAME" in (other["type"], record["type"]):
                raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
            if (other["type"], other["content"]) == (record["type"], record["content"]):
                raise Refusal(400, 81058, "An identical record already exists.")
        self.records[record["id"]] = record
