"""Baidu AI Cloud DNS's API: zones, and records of the basic edition, which never change their line.

What it calls a record that is there already is not documented; `RecordAlreadyExist` is this fake's word.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (403, "SignatureDoesNotMatch", "The request signature we calculated does not match."),
    Fault.ZONE: (404, "NoSuchObject", "The zone does not exist."),
    Fault.EXISTS: (409, "RecordAlreadyExist", "The record exists already."),
    Fault.GONE: (404, "NoSuchObject", "The record does not exist."),
    Fault.INVALID: (400, "InappropriateJSON", "The JSON is not appropriate for this operation."),
}
PROOF = re.compile(
    r"(?P<prefix>bce-auth-v1/(?P<id>[^/]+)/(?P<stamp>[^/]+)/(?P<lasting>\d+))/(?P<names>[^/]*)/(?P<signature>[0-9a-f]{64})"
)
ALWAYS = ("content-length", "content-md5", "content-type", "host")  # signed where no list is given
LINES = ("default", "ct", "cnc", "cmnet", "edu", "search")


class Fake(ZoneFake):
    """Lists go on after a marker, the id of the last one shown."""

    key_id = "BCEAKFAKE7Q"
    secret = "bce-s3cret-4f7Xq"
    line = "ct"
    beside = (("description", "the NAS"),)
    ttl = (300, 86400)

    def __init__(self):
        super().__init__()
        self.page = 1000

    def settings(self, **others):
        return {
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            "base_url": self.url,
            **others,
        }

    def put(self, key, *contents, ttl=300, **extra):
        return super().put(key, *contents, ttl=ttl, **{"line": "default", **extra})

    def refusal(self, fault, detail=""):
        if fault not in WORDS or (fault is Fault.ZONE and not detail):
            return None  # a zone that is missing has no word of its own: the URL tells it from a record
        status, code, message = WORDS[fault]
        return self.error(status, code, f"{message} {detail}")

    def error(self, status, code, message):
        return Answer.of({"code": code, "message": message, "requestId": "c4abab14"}, status)

    def answer(self, request):
        found = PROOF.fullmatch(request.headers.get("authorization", ""))
        if found:
            signed = datetime.strptime(found["stamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
            if not -300 <= self.clock.now() - signed <= int(found["lasting"]):
                return self.error(400, "RequestExpired", "Request has expired.")
        return super().answer(request)

    def authenticate(self, request):
        headers = request.headers
        found = PROOF.fullmatch(headers.get("authorization", ""))
        if not found or found["id"] != self.key_id or "x-bce-date" not in headers:
            raise Refusal(Fault.CREDENTIALS, headers.get("authorization"))
        names = found["names"].split(";") if found["names"] else _default(headers)
        if "host" not in names:
            raise Refusal(Fault.CREDENTIALS, "host is not signed")
        key = hmac.new(self.secret.encode(), found["prefix"].encode(), hashlib.sha256).hexdigest()
        told = _canonical(request, names)
        if hmac.new(key.encode(), told.encode(), hashlib.sha256).hexdigest() != found["signature"]:
            raise Refusal(Fault.CREDENTIALS, f"{headers['authorization']} is not for {told}")

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["v1", "dns", "zone"]:
                zones = [
                    {"id": id_, "name": name, "status": "RUNNING", "productVersion": "FREE"}
                    for id_, name in self.zones.items()
                ]
                return self._listed(request.query, "zones", zones)
            case "GET", ["v1", "dns", "zone", zone, "record"]:
                rr = request.query.get("rr") or None  # empty where it is not asked for
                found = [_shown(row) for row in self.find(zone=self.zone_named(zone))]
                return self._listed(
                    request.query, "records", [one for one in found if rr in (None, one["rr"])]
                )
            case "POST", ["v1", "dns", "zone", zone, "record"]:
                body = _body(request)
                line = body.get("line", "default")
                if line not in LINES:
                    raise Refusal(Fault.INVALID, "line")
                name = self.whole(body["rr"], self.zone_named(zone))
                extra = {"line": line, "description": body.get("description", "")}
                self.create(name, body["type"], body["value"], body.get("ttl", 300), **extra)
                return Answer(200)
            case "PUT", ["v1", "dns", "zone", zone, "record", id_]:
                body = _body(request)
                self.zone_named(zone)
                if {"line", "recordId"} & set(body):
                    raise Refusal(Fault.INVALID, "a record keeps its line")
                fields = {
                    "name": self.whole(body["rr"], zone),
                    "type": body["type"],
                    "content": body["value"],
                }
                extra = {"ttl": body.get("ttl", 300), "description": body.get("description", "")}
                self.change(id_, **fields, **extra)
                return Answer(200)
            case "DELETE", ["v1", "dns", "zone", zone, "record", id_]:
                self.zone_named(zone)
                self.remove(id_)
                return Answer(200)
        return self.error(404, "InvalidURI", "Could not parse the specified URI.")

    def _listed(self, query, word, found):
        most, marker = int(query.get("maxKeys", 1000)), query.get("marker", "")
        if not 1 <= most <= 1000:
            raise Refusal(Fault.INVALID, "maxKeys")
        start = [each["id"] for each in found].index(marker) + 1 if marker else 0
        some = found[start : start + min(most, self.page)]
        body = {"marker": marker, "maxKeys": most, "isTruncated": start + len(some) < len(found), word: some}
        return Answer.of(body | ({"nextMarker": some[-1]["id"]} if body["isTruncated"] else {}))


def _body(request):
    """Return what a request carries; Baidu's own client for Python leaves its type out."""
    if not request.headers.get("content-type", "application/json").startswith("application/json"):
        raise Refusal(Fault.INVALID, "Content-Type")
    return request.json


def _default(headers):
    return sorted(name for name in headers if name in ALWAYS or name.startswith("x-bce-"))


def _canonical(request, names):
    path, _, query = request.target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    encoded = sorted(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    headers = sorted(f"{name}:{quote(request.headers[name], safe='')}" for name in names)
    return "\n".join((request.method, path, "&".join(encoded), "\n".join(headers)))


def _shown(row):
    return {
        "id": row.id,
        "rr": row.owner or "@",
        "status": "RUNNING",
        "type": row.type,
        "value": row.content,
        "ttl": row.ttl,
        "line": row.extra.get("line", "default"),
        "description": row.extra.get("description", ""),
        "priority": 0,
    }
