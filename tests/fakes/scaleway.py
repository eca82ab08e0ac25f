"""Scaleway's API for DNS zones, from its reference and its SDK: names in Unicode, changes all or none.

Types are taken in capitals, as the reference has them, and small, as the SDK for Python sends them.
"""

import idna

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (401, "denied_authentication", "authentication is denied", ""),
    Fault.ZONE: (404, "not_found", "resource is not found", "domain"),
    Fault.GONE: (404, "not_found", "resource is not found", "record"),
    Fault.EXISTS: (409, "already_exists", "resource already exists", "record"),
    Fault.INVALID: (400, "invalid_arguments", "invalid argument(s)", ""),
    Fault.QUOTA: (403, "quotas_exceeded", "quota(s) exceeded for this resource", ""),
    Fault.THROTTLED: (429, "too_many_requests", "too many requests", ""),
    Fault.MAINTENANCE: (409, "transient_state", "resource is in a transient state", ""),
}


class Fake(ZoneFake):
    """The zones of one project."""

    ttl = (60, 2592000)

    def settings(self, **others):
        return {"secret_key": self.secret, "base_url": self.url, **others}

    def refusal(self, fault, detail=""):
        status, type_, message, resource = WORDS[fault]
        body = {"type": type_, "message": f"{message} {detail}"}
        return Answer.of(body | ({"resource": resource} if resource else {}), status)

    def authenticate(self, request):
        if request.headers.get("x-auth-token") != self.secret:
            raise Refusal(Fault.CREDENTIALS, request.headers.get("x-auth-token"))

    def route(self, request):
        match request.method, request.path.split("/")[1:]:
            case "GET", ["domain", "v2beta1", "dns-zones"]:
                zones = [_zone(name) for name in self.zones.values()]
                return self._listed(request, "dns_zones", zones)
            case "GET", ["domain", "v2beta1", "dns-zones", zone, "records"]:
                rows = self.find(zone=self.zone_named(_ascii(zone)))
                return self._listed(request, "records", [_shown(row) for row in rows])
            case "PATCH", ["domain", "v2beta1", "dns-zones", zone, "records"]:
                return self._patch(self.zone_named(_ascii(zone)), request.json)
        raise Refusal(Fault.ZONE)

    def _listed(self, request, word, found):
        some, _ = self.paged(found, request.query.get("page", 1), request.query.get("page_size", 20))
        return Answer.of({"total_count": len(found), word: some})

    def _patch(self, zone, body):
        """Make all the changes in their order, or none."""
        before = dict(self.rows)
        try:
            for change in body["changes"]:
                ((action, wanted),) = change.items()
                getattr(self, f"_{action}")(zone, **wanted)
        except Refusal:
            self.rows = before
            raise
        return Answer.of({"records": []})

    def _add(self, zone, records):
        for each in records:
            fields = {
                name: value for name, value in each.items() if name not in ("id", "name", "type", "data")
            }
            self.create(self._name(zone, each), each["type"].upper(), each["data"], **fields)

    def _set(self, zone, id, records):  # noqa: A002 -- the API's own word
        (each,) = records
        if "updated_at" in each:
            raise Refusal(Fault.INVALID, "updated_at")
        before = self.row(id)
        if (self._name(zone, each), each["type"].upper()) != (before.name, before.type):
            raise Refusal(Fault.INVALID, "name or type")
        plain = ("id", "name", "type", "data", "ttl")
        fields = {name: value for name, value in each.items() if name not in plain}
        before.extra.clear()  # what is not sent is lost
        self.change(id, content=each["data"], ttl=each["ttl"], **fields)

    def _delete(self, zone, id):  # noqa: A002 -- the API's own word
        self.remove(id)

    def _name(self, zone, each):
        if not each["name"].isascii() or "xn--" not in each["name"]:
            return self.whole(_ascii(each["name"]), zone, apex="")
        raise Refusal(Fault.INVALID, "names are in Unicode")


def _zone(name):
    labels = name.split(".")
    return {"domain": _unicode(".".join(labels[-2:])), "subdomain": ".".join(labels[:-2]), "status": "active"}


def _shown(row):
    return {
        "id": row.id,
        "name": _unicode(row.owner),
        "type": row.type,
        "data": row.content,
        "ttl": row.ttl,
        "priority": 0,
        "comment": None,
        "updated_at": "2026-11-21T10:00:00Z",
        **row.extra,
    }


def _ascii(name):
    labels = name.split(".")
    return ".".join(label if label.isascii() else idna.encode(label).decode() for label in labels)


def _unicode(name):
    return ".".join(idna.decode(label) if label.startswith("xn--") else label for label in name.split("."))
